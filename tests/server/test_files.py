"""Files over real sockets, plain and by TLS; the core's part is a small one's (tests/support/filecore.py)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.support.filecore import PASSWORD
from tests.support.fileserver import (
    AUTH,
    PATCH,
    TUS,
    Web,
    b64,
    growing,
    held,
    read_answer,
    send_part,
    server_fixture,
    serving,
    web_fixture,
)
from tests.support.process import PATIENCE, ServerProcess

DATA = os.urandom(2_500_000)
server, web = server_fixture, web_fixture


def settled(server: ServerProcess, path: str, there: bool = False) -> None:
    """The upload's bytes are put away in the background; wait for that."""
    end = time.monotonic() + PATIENCE
    name = path.split("/")[2]
    while any(each.startswith(name) for each in held(server)) is not there:
        assert time.monotonic() < end, held(server)


# -- tus


def test_what_is_offered(web: Web) -> None:
    for path in ("/files", "/files/", "/files/" + "x" * 22):
        status, headers, _ = web.ask("OPTIONS", path)
        assert status == 204
        assert headers["Tus-Version"] == "1.0.0"
        assert headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
        assert headers["Accept-Post"] == "*/*"
        assert {"creation", "creation-with-upload", "checksum", "termination", "expiration"} <= set(
            headers["Tus-Extension"].split(",")
        )


def test_up_and_down_and_away(server: ServerProcess, web: Web) -> None:
    path = web.upload(DATA, filename="bild.png", target="#lobby")
    settled(server, path)
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert sha256 in held(server)
    status, headers, body = web.ask("GET", path, **AUTH)
    assert (status, body) == (200, DATA)
    assert headers["ETag"] == f'"{sha256}"'
    assert headers["Content-Disposition"] == 'attachment; filename="bild.png"'
    status, headers, body = web.ask("HEAD", path, **AUTH)
    assert (status, headers["Content-Length"], body) == (200, str(len(DATA)), b"")
    assert web.ask("GET", path, **AUTH, If_None_Match=f'"{sha256}"')[0] == 304
    assert web.ask("GET", path, **AUTH, Range="bytes=99999999-")[0] == 416
    assert web.ask("DELETE", path, **TUS)[0] == 204
    assert web.ask("GET", path, **AUTH)[0] == 404
    end = time.monotonic() + PATIENCE
    while sha256 in held(server):
        assert time.monotonic() < end


def test_in_pieces_on_one_connection(web: Web) -> None:
    path = web.create(len(DATA), filename="a")
    for begin in range(0, len(DATA), 1_000_000):
        piece = DATA[begin : begin + 1_000_000]
        status, headers, _ = web.ask("PATCH", path, piece, **PATCH, Upload_Offset=str(begin))
        assert (status, headers["Upload-Offset"]) == (204, str(begin + len(piece)))
        assert ("Upload-Expires" in headers) is (begin + len(piece) < len(DATA))
    assert web.ask("GET", path, **AUTH)[2] == DATA


def test_ranges_put_together_are_the_file(web: Web) -> None:
    path = web.upload(DATA)
    found = b""
    while len(found) < len(DATA):
        status, headers, body = web.ask(
            "GET", path, **AUTH, Range=f"bytes={len(found)}-{len(found) + 700_000}"
        )
        assert status == 206
        assert headers["Content-Range"].startswith(f"bytes {len(found)}-")
        found += body
    assert found == DATA


def test_the_link_needs_no_credential_and_its_name_is_decoration(web: Web) -> None:
    status, headers, _ = web.ask(
        "POST", "/files/", b"GIF89a...", **AUTH, Content_Disposition="attachment; filename*=UTF-8''%C3%A9.gif"
    )
    link = headers["Location"]
    assert (status, link[30:]) == (201, "k" * 22 + "/%C3%A9.gif")
    for path in (link, link.rpartition("/")[0], link.rpartition("/")[0] + "/other.exe"):
        status, headers, body = web.ask("GET", path)
        assert (status, body) == (200, b"GIF89a...")
        assert headers["Content-Type"] == "image/gif"
        assert headers["Content-Disposition"].startswith("inline;")
    assert web.ask("GET", link.replace("k" * 22, "j" * 22))[0] == 404
    assert web.ask("GET", link + "/further")[0] == 404
    assert web.ask("PATCH", link, b"", **PATCH, Upload_Offset="0")[0] == 405


@pytest.mark.parametrize("chunked", [False, True])
def test_the_plain_post_of_filehost(web: Web, chunked: bool) -> None:
    basic = b64(f"ann:{PASSWORD}")
    body = iter([DATA[:1_000_000], DATA[1_000_000:]]) if chunked else DATA
    status, headers, _ = web.ask(
        "POST",
        "/files/",
        body,
        Authorization=f"Basic {basic}",
        Content_Type="text/plain; charset=utf-8",
        Content_Disposition='attachment; filename="notes.txt"',
    )
    assert status == 201
    status, headers, found = web.ask("GET", headers["Location"])
    assert (status, found == DATA) == (200, True)
    assert headers["Content-Type"] == "application/octet-stream"  # as its bytes say


def test_creation_with_upload(web: Web) -> None:
    headers = {**PATCH, "Upload-Length": "10"}
    status, answer, _ = web.ask("POST", "/files/", b"01234", **headers)
    assert (status, answer["Upload-Offset"]) == (201, "5")
    path = answer["Location"]
    assert web.ask("PATCH", path, b"56789", **PATCH, Upload_Offset="5")[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == b"0123456789"
    status, answer, _ = web.ask("POST", "/files/", b"0123456789", **headers)
    assert web.ask("GET", answer["Location"], **AUTH)[2] == b"0123456789"


def test_nothing_is_a_file_too(web: Web) -> None:
    path = web.create(0, filename="empty")
    status, headers, body = web.ask("GET", path, **AUTH)
    assert (status, headers["Content-Length"], body) == (200, "0", b"")
    assert web.ask("POST", "/files/", b"", **AUTH)[0] == 201


def test_a_length_that_is_said_later(web: Web) -> None:
    status, headers, _ = web.ask("POST", "/files/", **TUS, Upload_Defer_Length="1")
    assert status == 201
    path = headers["Location"]
    assert web.ask("PATCH", path, b"01234", **PATCH, Upload_Offset="0")[0] == 204
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Defer-Length"] == "1"
    other = web.ask("POST", "/files/", **TUS, Upload_Defer_Length="1")[1]["Location"]
    assert web.ask("PATCH", other, b"", **PATCH, Upload_Offset="0", Upload_Length="3")[0] == 204
    assert web.ask("HEAD", other, **TUS)[1]["Upload-Length"] == "3"
    assert web.ask("PATCH", other, b"", **PATCH, Upload_Offset="0", Upload_Length="4")[0] == 400
    assert web.ask("PATCH", path, b"", **PATCH, Upload_Offset="5", Upload_Length="4")[0] == 400
    assert web.ask("PATCH", path, b"56789", **PATCH, Upload_Offset="5", Upload_Length="10")[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == b"0123456789"


def test_checksums(web: Web) -> None:
    path = web.create(10)
    for digest, status in (
        (hashlib.sha256(b"other").digest(), 460),
        (hashlib.sha256(b"01234").digest(), 204),
    ):
        checksum = f"sha256 {base64.b64encode(digest).decode()}"
        found = web.ask("PATCH", path, b"01234", **PATCH, Upload_Offset="0", Upload_Checksum=checksum)
        assert found[0] == status
    assert web.ask("HEAD", path, **TUS)[1]["Upload-Offset"] == "5"


def test_what_is_said_of_an_upload(web: Web) -> None:
    path = web.create(10, filename="../\u202ex.txt", target="#lobby", filetype="text/plain")
    status, headers, _ = web.ask("HEAD", path, **TUS)
    assert (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "0", "10")
    assert headers["Cache-Control"] == "no-store"
    said = f"filename {b64('x.txt')},filetype {b64('text/plain')},target {b64('#lobby')}"
    assert headers["Upload-Metadata"] == said
    assert web.ask("GET", path, **AUTH)[0] == 404  # not before it is whole
    assert web.ask("HEAD", path, **AUTH)[0] == 404
    assert web.ask("HEAD", path, Authorization="Bearer token-ben", Tus_Resumable="1.0.0")[0] == 404
    assert web.ask("DELETE", path, **TUS)[0] == 204
    assert web.ask("HEAD", path, **TUS)[0] == 404


def test_a_method_in_a_header(web: Web) -> None:
    path = web.create(5)
    override = {**PATCH, "X-HTTP-Method-Override": "PATCH"}
    assert web.ask("POST", path, b"hello", **override, Upload_Offset="0")[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == b"hello"
    assert web.ask("POST", path, **TUS, X_HTTP_Method_Override="HEAD")[0] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_never_follows_by_a_method_in_a_header(web: Web, method: str) -> None:
    """Nor is it told of: what comes behind the head would be taken for it, which is the next answer."""
    path = web.upload(b"hello")
    if method == "HEAD":
        path = f"{path}/{'k' * 22}"
    status, _, body = web.ask("POST", path, **TUS, X_HTTP_Method_Override=method)
    assert (status, body) == (405, b"That can't be done here.\n")
    assert web.ask("GET", path, **AUTH)[2] == b"hello"


def test_after_it_is_finished_a_client_that_missed_that_is_told(web: Web) -> None:
    path = web.upload(b"hello")
    status, headers, _ = web.ask("HEAD", path, **TUS)
    assert (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "5", "5")
    assert web.ask("PATCH", path, b"", **PATCH, Upload_Offset="5")[0] == 204
    assert web.ask("PATCH", path, b"x", **PATCH, Upload_Offset="4")[0] == 409


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


def statuses(answers: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d+) ", answers)]


def test_answers_come_in_order_where_a_body_came_with_its_head(web: Web) -> None:
    post = b"POST /files/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-ann\r\nContent-Length: 5\r\n\r\nhello"
    with web.raw() as sock:
        sock.sendall(HEALTH + b"\r\n" + post + post + HEALTH + b"Connection: close\r\n\r\n")
        assert statuses(read_answer(sock)) == [200, 201, 201, 200]


@pytest.mark.parametrize(
    ("header", "expected"), [("Connection: close", [204]), ("Upgrade: h2c", [204, 200, 200])]
)
def test_chunks_have_an_end_whatever_comes_of_the_connection(
    web: Web, header: str, expected: list[int]
) -> None:
    path = web.create(5)
    named = {**PATCH, "Host": "x", "Upload-Offset": "0", "Transfer-Encoding": "chunked"}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    body = b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    with web.raw() as sock:
        sock.sendall(f"PATCH {path} HTTP/1.1\r\n{head}{header}\r\n\r\n".encode() + body)
        sock.sendall(HEALTH + b"\r\n" + HEALTH + b"Connection: close\r\n\r\n")
        assert statuses(read_answer(sock)) == expected
    assert web.ask("GET", path, **AUTH)[2] == b"hello"


# -- pages of other origins

PAGE = "https://web.example.org"


def test_a_page_of_a_named_origin_can_do_all_of_it(tmp_path: Path) -> None:
    env = {"NATTERJACK_FILES__ORIGINS": PAGE}
    with serving(tmp_path / "data", env=env) as server:
        web = Web(server.port)
        asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
        status, headers, _ = web.ask("OPTIONS", "/files/", **asked)
        assert (status, headers["Accept-Post"], headers["Tus-Version"]) == (204, "*/*", "1.0.0")
        assert "PATCH" in headers["Access-Control-Allow-Methods"]
        here = {"Origin": PAGE}
        status, headers, _ = web.ask("POST", "/files/", b"hello", **AUTH, **here)
        assert status == 201
        link = headers["Location"]
        answers = [
            headers,
            web.ask("GET", link, **here, Range="bytes=1-2")[1],
            web.ask("HEAD", link, **here)[1],
            web.ask("GET", link, **here, If_None_Match="*")[1],
            web.ask("GET", "/files/nothing", **here)[1],
            web.ask("POST", "/files/", b"hello", **here)[1],
            web.ask("PATCH", "/files/" + "x" * 22, b"", **here)[1],
        ]
        path = web.create(10, filename="a")
        with contextlib.closing(send_part(web, path, 0, 10, b"hello")):
            growing(server, path)
        answers.append(web.ask("HEAD", path, **TUS, **here)[1])
        answers.append(web.ask("PATCH", path, b"x", **PATCH, **here, Upload_Offset="9")[1])
        answers.append(web.ask("PATCH", path, b"world", **PATCH, **here, Upload_Offset="5")[1])
        for headers in answers:
            assert headers.get_all("Access-Control-Allow-Origin") == [PAGE], headers
            assert "Origin" in headers.get_all("Vary", [])
            assert "Upload-Offset" in headers["Access-Control-Expose-Headers"]
        for other in ({}, {"Origin": "https://evil.example"}):  # on the same connection
            status, headers, _ = web.ask("GET", link, **other)
            assert (status, headers["Access-Control-Allow-Origin"]) == (200, None)
        web.close()


def test_a_page_of_no_named_origin_can_do_none_of_it(web: Web) -> None:
    other = {"Origin": "https://evil.example"}
    status, headers, _ = web.ask("OPTIONS", "/files/", **other, Access_Control_Request_Method="POST")
    assert (status, headers["Access-Control-Allow-Origin"], headers["Accept-Post"]) == (204, None, "*/*")
    status, _, body = web.ask("POST", "/files/", b"hello", **AUTH, **other)
    assert (status, b"files.origins" in body) == (403, True)
    assert web.ask("POST", "/files/", b"hello", **AUTH, Origin=f"http://127.0.0.1:{web.port}")[0] == 201


# -- who may


def test_who_may_not(web: Web) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic !"}, 401),
        ({"Authorization": f"Basic {b64('ann:wrong')}"}, 401),
    ):
        answer = web.ask("POST", "/files/", **headers, Tus_Resumable="1.0.0", Upload_Length="1")
        assert answer[0] == status
        assert answer[1].get_all("WWW-Authenticate") == [
            'Basic realm="files", charset="UTF-8"',
            'Bearer realm="files"',
        ]
    closed = {"Upload-Metadata": f"target {b64('#closed')}"}
    status, _, body = web.ask("POST", "/files/", **TUS, Upload_Length="1", **closed)
    assert (status, body) == (403, b"You can't send files there.\n")
    path = web.upload(b"hello")
    assert web.ask("DELETE", path, Authorization="Bearer token-ben", Tus_Resumable="1.0.0")[0] == 404
    assert web.ask("GET", path, Authorization="Bearer token-ben")[0] == 200
    assert web.ask("GET", path)[0] == 401


def test_whoever_may_not_any_more_is_cut_off_within_seconds(server: ServerProcess, web: Web) -> None:
    path = web.upload(os.urandom(24 << 20))  # more than all buffers on the way take
    sock = web.raw()
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-ann\r\n\r\n".encode())
    got = len(sock.recv(1000))
    (server.data_dir / "files.no").touch()
    try:
        end = time.monotonic() + PATIENCE
        while web.ask("GET", path, **AUTH)[0] == 200:
            assert time.monotonic() < end
        # Nothing was read meanwhile, so nothing more can have been sent; the core has said no at the next tick.
        with socket.create_connection(("127.0.0.1", server.port)) as other:
            other.sendall(b"NICK x\r\n")
            time.sleep(2.5)  # not for something to happen, but for the promise: it has happened by then
        got += len(read_answer(sock))
    finally:
        (server.data_dir / "files.no").unlink()
        sock.close()
    assert got < 24 << 20


def test_the_same_content_is_there_until_the_last_file_with_it_goes(server: ServerProcess, web: Web) -> None:
    data = os.urandom(1000)
    sha256 = hashlib.sha256(data).hexdigest()
    one, other = web.upload(data), web.upload(data)
    settled(server, other)
    assert web.ask("DELETE", one, **TUS)[0] == 204
    assert web.ask("GET", other, **AUTH)[2] == data
    assert web.ask("DELETE", other, **TUS)[0] == 204
    end = time.monotonic() + PATIENCE
    while sha256 in held(server):
        assert time.monotonic() < end


# -- figures, and the start


def test_figures(web: Web) -> None:
    web.upload(b"counted")
    text = web.ask("GET", "/metrics")[2].decode()
    found = dict(line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    assert int(found["natterjack_files_taken_total"]) > 0
    assert int(found["natterjack_files_sent_total"]) >= 0
    assert int(found["natterjack_files_disk_bytes"]) >= 7
    assert "natterjack_file_transfers" in found


def test_what_nobody_has_goes_at_the_start(tmp_path: Path) -> None:
    whole = tmp_path / "data" / "files" / "whole" / "ab"
    with serving(tmp_path / "data") as server:
        web = Web(server.port)
        path = web.upload(b"kept")
        web.close()
        assert server.end()[0] == 0
    whole.mkdir(parents=True)
    (whole / ("ab" * 32)).write_bytes(b"orphan")
    with serving(tmp_path / "data") as server:
        end = time.monotonic() + PATIENCE
        while (whole / ("ab" * 32)).exists():
            assert time.monotonic() < end
        web = Web(server.port)
        assert web.ask("GET", path, **AUTH)[2] == b"kept"
        web.close()


def test_who_closes_his_half_behind_his_request_is_answered(web: Web) -> None:
    """As ``nc -N`` does, and programs that have nothing more to say (RFC 9112 section 9.6)."""

    def asked(head: str, body: bytes = b"") -> bytes:
        named = "".join(f"{name}: {value}\r\n" for name, value in AUTH.items())
        with web.raw() as sock:
            sock.sendall(
                f"{head} HTTP/1.1\r\nHost: x\r\n{named}Content-Length: {len(body)}\r\n\r\n".encode() + body
            )
            if isinstance(sock, ssl.SSLSocket):
                socket.socket.shutdown(sock, socket.SHUT_WR)  # its own would take the TLS off
            else:
                sock.shutdown(socket.SHUT_WR)
            return read_answer(sock)

    data = os.urandom(500_000)
    assert asked("GET /").startswith(b"HTTP/1.1 200 ")
    answer = asked("POST /files/", data)
    assert answer.startswith(b"HTTP/1.1 201 ")
    found = re.search(rb"Location: (\S+)", answer)
    assert found is not None
    answer = asked(f"GET {found[1].decode()}")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(data)
