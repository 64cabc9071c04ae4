"""Files and whoever means no good, or does not know better: a clear status, and nothing where it should not be."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.filecore import MOST
from tests.support.fileserver import (
    AUTH,
    LIMITS,
    PATCH,
    TUS,
    Web,
    b64,
    growing,
    read_answer,
    send_part,
    serving,
)
from tests.support.process import PATIENCE, ServerProcess

NEXT = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    limits = {"uploads_of_one": 50, "uploads": 1000, "patience": 0.5, "transfers_of_one": 3, "transfers": 4}
    data = tmp_path_factory.mktemp("files") / "data"
    with serving(data, "--log-level", "warning", env={LIMITS: json.dumps(limits)}) as one:
        yield one
        one.end_well()
        everywhere = {path.name for path in data.parent.rglob("*") if path.is_file()}
        assert not everywhere & {"x", "passwd", "CON", "ab"}


@pytest.fixture
def web(server: ServerProcess) -> Iterator[Web]:
    client = Web(server.port)
    yield client
    client.close()


def raw(web: Web, head: str, body: bytes = b"") -> bytes:
    """All that is answered to these very bytes."""
    with web.raw() as sock:
        sock.sendall(head.encode() + body)
        return read_answer(sock)


def lines(path: str, method: str = "PATCH", **headers: str) -> str:
    named = {"Host": "x", **PATCH, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items())


@pytest.fixture
def path(web: Web) -> Iterator[str]:
    """An upload of ten bytes."""
    made = web.create(10)
    yield made
    web.ask("DELETE", made, **TUS)


def test_lengths_and_offsets_that_lie(web: Web, path: str) -> None:
    for length, status in (
        ("-1", 400),
        ("+1", 400),
        ("1e3", 400),
        ("9223372036854775808", 400),
        ("99999999999999999999999999", 400),
        ("1, 1", 400),
        ("", 400),
        (str(MOST + 1), 413),
        ("999999999999999999", 413),
    ):
        assert web.ask("POST", "/files/", **TUS, Upload_Length=length)[0] == status, length
    for offset, status in (
        ("-1", 400),
        ("", 400),
        ("0x0", 400),
        ("1", 409),
        ("10", 409),
        ("999999999999999999", 409),
        ("18446744073709551616", 400),
    ):
        assert web.ask("PATCH", path, b"", **PATCH, Upload_Offset=offset)[0] == status, offset
    status, headers, _ = web.ask("PATCH", path, b"x", **PATCH, Upload_Offset="5")
    assert (status, headers["Upload-Offset"]) == (409, "0")
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "0"


def test_more_than_was_announced(web: Web, path: str) -> None:
    assert web.ask("PATCH", path, b"x" * 11, **PATCH, Upload_Offset="0")[0] == 413
    web.close()
    status, _, _ = web.ask("PATCH", path, iter([b"x" * 6, b"y" * 6]), **PATCH, Upload_Offset="0")
    assert status == 413
    web.close()
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "10"  # as much as was announced is kept
    with web.raw() as sock:
        sock.sendall(
            f"{lines(path, Upload_Offset='0', Content_Length=str(10**18))}\r\n".encode() + b"x" * 100
        )
        assert read_answer(sock).startswith(b"HTTP/1.1 409 ")


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 50\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: y\r\n Content-Length: 5\r\n",
        "Content-Length: 5\r\n\t0\r\n",
    ],
)
def test_nothing_is_smuggled(web: Web, path: str, headers: str) -> None:
    for body in (b"hello", b"5\r\nhello\r\n0\r\n\r\n"):
        answer = raw(web, f"{lines(path, Upload_Offset='0')}{headers}\r\n", body + NEXT.encode())
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answer
        assert answer.count(b"HTTP/1.1 ") == 1
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "0"


def test_bad_chunks_end_the_connection_and_good_bytes_before_them_stay(web: Web, path: str) -> None:
    head = f"{lines(path, Upload_Offset='0')}Transfer-Encoding: chunked\r\n\r\n"
    answer = raw(web, head, b"3\r\nabc\r\nzz\r\n" + NEXT.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "3"


def test_a_body_where_none_belongs(web: Web, path: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        answer = raw(web, f"{lines(path, method, Content_Length='4')}\r\n", b"body" + NEXT.encode())
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.count(b"HTTP/1.1 ") == 1


def test_what_is_refused_early_is_answered_before_its_body(web: Web, path: str) -> None:
    for head in (
        lines("/files/" + "x" * 22, Upload_Offset="0"),
        lines(path, Upload_Offset="7"),
        lines(path, Upload_Offset="0", Authorization="Bearer wrong"),
        lines(path, Upload_Offset="0", Tus_Resumable="0.1"),
        lines(path, Upload_Offset="0", Content_Type="text/plain"),
    ):
        with web.raw() as sock:
            sock.sendall(f"{head}Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n".encode())
            answer = read_answer(sock)
        assert answer.startswith(b"HTTP/1.1 4"), answer
        assert b"Connection: close\r\n" in answer
        assert b" 100 " not in answer.partition(b"\r\n")[0]


def test_slow_bodies_have_an_end_and_what_came_is_kept(web: Web, path: str) -> None:
    answer = raw(web, f"{lines(path, Upload_Offset='0', Content_Length='10')}\r\n", b"abc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"nothing has moved for 0.5 seconds" in answer
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "3"


def test_slow_readers_have_an_end_and_their_seats_are_taken_meanwhile(web: Web) -> None:
    made = web.upload(bytes(30 << 20))
    socks = []

    def refused() -> bool:
        status, headers, body = web.ask("GET", made, **AUTH, Range="bytes=0-0")
        assert (status, "Retry-After" in headers) in ((206, False), (503, True)), body
        return status == 503

    def begun() -> socket.socket:
        """One who has a seat, and reads no more than that."""
        while True:
            assert time.monotonic() < end
            sock = web.raw()
            sock.sendall(f"{lines(made, 'GET')}\r\n".encode())
            if sock.recv(12) == b"HTTP/1.1 200":
                return sock
            sock.close()

    end = time.monotonic() + PATIENCE
    while not refused():
        socks.append(begun())
    assert len(socks) >= 2  # the seat of what was asked before may be free a moment later
    others = [begun() for _ in socks]  # who have the seats of most of those, or of all
    assert any(len(read_answer(sock)) < 30 << 20 for sock in socks)
    for sock in (*socks, *others):
        sock.close()


def test_a_few_who_are_slow_do_not_keep_out_others(tmp_path: Path) -> None:
    limits = json.dumps({"transfers": 4, "transfers_of_one": 3})
    with serving(tmp_path / "data", env={LIMITS: limits}) as server:
        web = Web(server.port)
        made = web.upload(bytes(30 << 20))
        slow = [web.raw() for _ in range(3)]
        for sock in slow:
            sock.sendall(f"{lines(made, 'GET')}Connection: close\r\n\r\n".encode())
            assert sock.recv(12) == b"HTTP/1.1 200"
        begun = web.create(10)
        with send_part(web, begun, 0, 10, b"abc") as part:
            growing(server, begun)
            assert web.upload(b"of the same payer, who has one seat, and they have three")
            part.sendall(b"defghij")
            assert part.recv(12) == b"HTTP/1.1 204"
        whole = [len(read_answer(sock)) > 30 << 20 for sock in slow]
        assert whole == [False, True, True]
        for sock in slow:
            sock.close()
        web.close()
        server.end_well()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("CON", "_CON"),
        ("a\0b", "ab"),
        ("😀" * 300, "😀" * 63),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie_ b"),
        ('a"; filename="evil.html', "a_; filename=_evil.html"),
        ("", "file"),
        (".", "file"),
    ],
)
def test_names_are_data(web: Web, name: str, shown: str) -> None:
    made = web.upload(b"x", filename=name)
    _, headers, _ = web.ask("GET", made, **AUTH)
    assert "Set-Cookie" not in headers
    value = headers["Content-Disposition"]
    from natterjack.files.disposition import read

    assert read(value) == shown
    web.ask("DELETE", made, **TUS)


@pytest.mark.parametrize("body", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html><script>1</script>"])
def test_nothing_runs_at_our_address(web: Web, body: bytes) -> None:
    for said in ("image/svg+xml", "text/html", "application/xhtml+xml", "image/png"):
        made = web.upload(body, filename="a.svg", filetype=said)
        _, headers, _ = web.ask("GET", made, **AUTH)
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert headers["Content-Disposition"].startswith("attachment;")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("sandbox;")
        web.ask("DELETE", made, **TUS)


@pytest.mark.parametrize(
    "path",
    [
        "/files/../files.json",
        "/files/%2e%2e/files.json",
        "/files/" + "x" * 21,
        "/files/" + "x" * 23,
        "/files/" + "x" * 21 + "%00",
        "/files/" + "x" * 22 + "/short/a",
        "/files/" + "x" * 22 + "/" + "k" * 22 + "/a/b",
        "/files//",
        "/filesystem",
    ],
)
def test_paths_that_are_none(web: Web, path: str) -> None:
    for method in ("GET", "HEAD", "PATCH", "DELETE", "POST"):
        status, _, _ = web.ask(method, path, b"" if method in ("PATCH", "POST") else None, **PATCH)
        assert status == 404, (method, path)


def test_methods_that_are_none(web: Web, path: str) -> None:
    for method, where in (
        ("PUT", path),
        ("GET", "/files/"),
        ("PROPFIND", path),
        ("POST", path),
        ("DELETE", "/files"),
    ):
        status, headers, _ = web.ask(method, where, **TUS)
        assert status == 405, (method, where)
        assert "PATCH" in headers["Allow"]


def test_metadata_that_is_none(web: Web) -> None:
    for said in ("filename !", "filename YQ", f"a {b64('x')},a {b64('y')}", f"filename {b64(bytes([255]))}"):
        assert web.ask("POST", "/files/", **TUS, Upload_Length="1", Upload_Metadata=said)[0] == 400, said
    status, headers, _ = web.ask("POST", "/files/", **AUTH, Tus_Resumable="2.0.0", Upload_Length="1")
    assert (status, headers["Tus-Version"]) == (412, "1.0.0")


def test_many_uploads_begun_and_left(server: ServerProcess, web: Web) -> None:
    begun: dict[int, int] = {}
    for number in range(1100):
        who = f"Bearer token-left{number // 55}"
        headers = {"Authorization": who, "Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        status, answer, _ = web.ask("POST", "/files/", **headers)
        begun[status] = begun.get(status, 0) + 1
        if status == 429:
            assert answer["Retry-After"]
    assert begun == {201: 1000, 429: 100}
    incoming = server.data_dir / "files" / "incoming"
    assert sum(path.stat().st_size for path in incoming.iterdir()) < 1000 * 400
    assert web.ask("POST", "/files/", **TUS, Upload_Length="1")[0] == 429  # all together


def test_from_elsewhere_it_takes_tls(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--trust-loopback", "no") as server:
        plain, tls = Web(server.port), Web(server.port, tls=True)
        for method in ("OPTIONS", "POST", "GET"):
            status, _, body = plain.ask(method, "/files/" + "x" * 22, **AUTH)
            assert (status, b"https://" in body) == (403, True)
        assert plain.ask("POST", "/files/", b"x" * 100, **AUTH)[0] == 403
        assert tls.ask("POST", "/files/", b"x" * 100, **AUTH)[0] == 201
        plain.close()
        tls.close()
