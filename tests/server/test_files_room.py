"""Uploads and the room that there is for them: what is on its way takes it already, so that nobody gets more.

Over real sockets; how much room there is says the test, by a file (tests/support/filecore.py).
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fileserver import AUTH, PATCH, TUS, Web, read_answer, serving
from tests.support.process import PATIENCE, ServerProcess

#: Bytes in the chunk of a body that is on its way: more than is taken from a connection at once.
PART = 300_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("room") / "data", "--log-level", "warning") as one:
        yield one
        assert "rror" not in one.end_well()


@pytest.fixture
def web(server: ServerProcess) -> Iterator[Web]:
    client = Web(server.port)
    yield client
    client.close()


@pytest.fixture
def room(server: ServerProcess) -> Iterator[Path]:
    """The file that says it: a million bytes, until it says something else."""
    path = server.data_dir / "files.room"
    path.write_text("1000000")
    yield path
    path.unlink()


@pytest.fixture
def begin(web: Web, room: Path) -> Iterator[Begin]:
    made = Begin(web)
    yield made
    for path in made.paths:
        web.ask("DELETE", path, **TUS)


class Begin:
    """Uploads, which are given up in the end."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.paths: list[str] = []

    def status(self, **headers: str) -> int:
        """Of beginning one."""
        status, answer, _ = self._web.ask("POST", "/files/", **TUS, **headers)
        if status == 201:
            self.paths.append(answer["Location"])
        return status

    def deferred(self) -> str:
        """One whose length is not said yet; its path."""
        assert self.status(Upload_Defer_Length="1") == 201
        return self.paths[-1]


def patch(path: str, offset: int, *headers: str) -> bytes:
    """The head of a request."""
    named = "".join(f"{name}: {value}\r\n" for name, value in PATCH.items())
    lines = "".join(f"{line}\r\n" for line in (f"Upload-Offset: {offset}", *headers))
    return f"PATCH {path} HTTP/1.1\r\nHost: x\r\n{named}{lines}\r\n".encode()


def part_of(server: ServerProcess, web: Web, path: str, head: bytes) -> socket.socket:
    """A request with the first bytes of its body, when they are on the disk."""
    sock = web.raw()
    sock.sendall(head + b"x" * PART)
    file = server.data_dir / "files" / "incoming" / path.split("/")[2]
    end = time.monotonic() + PATIENCE
    while not (file.exists() and file.stat().st_size == PART):
        assert time.monotonic() < end
    return sock


def offset_of(web: Web, path: str) -> int:
    return int(web.ask("HEAD", path, **TUS)[1]["Upload-Offset"])


def refused(web: Web, data: bytes) -> bytes:
    """The whole answer to these very bytes, which is that there is no room."""
    with web.raw() as sock:
        with contextlib.suppress(ConnectionError):  # it need not be read to its end
            sock.sendall(data)
        answer = read_answer(sock)
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:1000]
    return answer


def test_a_body_on_its_way_has_its_room(server: ServerProcess, web: Web, begin: Begin) -> None:
    path = begin.deferred()
    with part_of(server, web, path, patch(path, 0, "Content-Length: 400000")):
        assert begin.status(Upload_Length="600001") == 413
        assert begin.status(Upload_Length="600000") == 201
    assert offset_of(web, path) == PART
    assert begin.status(Upload_Length="100001") == 413
    assert begin.status(Upload_Length="100000") == 201  # what did not come is free again


CHUNKED = "Transfer-Encoding: chunked"
CHUNK = f"{PART:x}\r\n".encode()
LAST = b"\r\n0\r\n\r\n"


def ended(sock: socket.socket, *more: bytes) -> bytes:
    """The answer to a body in chunks of which a part is there, and then ``more`` and its end."""
    for data in more:
        sock.sendall(b"\r\n%x\r\n" % len(data) + data)
    sock.sendall(LAST)
    return sock.recv(65536)


def test_several_in_chunks_share_the_room(server: ServerProcess, web: Web, begin: Begin) -> None:
    paths = begin.deferred(), begin.deferred()
    one, two = (part_of(server, web, path, patch(path, 0, CHUNKED) + CHUNK) for path in paths)
    with one, two:
        assert web.ask("POST", "/files/", iter([b"plain"]), **AUTH)[0] == 201
        assert ended(one).startswith(b"HTTP/1.1 204 ")
        assert ended(two).startswith(b"HTTP/1.1 204 ")
    assert [offset_of(web, path) for path in paths] == [PART, PART]


def test_what_has_no_room_beside_others_ends_and_they_go_on(
    server: ServerProcess, web: Web, begin: Begin
) -> None:
    path, other = begin.deferred(), begin.deferred()
    with part_of(server, web, path, patch(path, 0, CHUNKED) + CHUNK) as sock:
        answer = refused(web, patch(other, 0, CHUNKED) + b"aae61\r\n" + b"y" * 0xAAE61)
        assert b"wait for your other uploads" in answer
        kept = offset_of(web, other)
        assert PART < kept <= 1_000_000 - PART
        assert web.ask("DELETE", other, **TUS)[0] == 204
        assert ended(sock, b"x" * (700_000 - PART)).startswith(b"HTTP/1.1 204 ")
    assert offset_of(web, path) == 700_000
    assert begin.status(Upload_Length="300001") == 413


def test_one_in_chunks_alone_may_have_all_the_room(web: Web, begin: Begin) -> None:
    path = begin.deferred()
    data = b"y" * 1_000_000
    assert web.ask("PATCH", path, iter([data]), **PATCH, Upload_Offset="0")[0] == 204
    assert offset_of(web, path) == 1_000_000
    assert b"You have no room" in refused(web, patch(path, 1_000_000, CHUNKED) + b"1\r\nz" + LAST)
    assert begin.status(Upload_Length="1") == 413


@pytest.mark.parametrize(("size", "status"), [(700_000, b"204"), (700_001, b"413")])
def test_what_became_a_file_meanwhile_counts(
    server: ServerProcess, web: Web, begin: Begin, room: Path, size: int, status: bytes
) -> None:
    path = begin.deferred()
    with part_of(server, web, path, patch(path, 0, CHUNKED) + CHUNK) as sock:
        assert web.ask("POST", "/files/", b"z" * PART, **AUTH)[0] == 201
        answer = ended(sock, b"x" * (size - PART))
        assert answer.split()[1] == status, answer
    room.write_text("1000000")


def test_more_than_there_is_room_for_is_refused_before_it_comes(web: Web, begin: Begin) -> None:
    path = begin.deferred()
    refused(web, patch(path, 0, "Content-Length: 1000001"))
    assert offset_of(web, path) == 0
    assert web.ask("PATCH", path, b"hello", **PATCH, Upload_Offset="0")[0] == 204
    refused(web, patch(path, 5, "Content-Length: 999996"))
    refused(web, patch(path, 5, "Content-Length: 999999999999999999"))
    assert web.ask("PATCH", path, b"", **PATCH, Upload_Offset="5", Upload_Length="1000001")[0] == 413
    assert web.ask("PATCH", path, b" you", **PATCH, Upload_Offset="5", Upload_Length="9")[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == b"hello you"


@pytest.mark.parametrize("over", [1, 1000, 262_143, 262_144, PART])
def test_where_more_is_there_than_may_be_nothing_more_is_taken_in(
    server: ServerProcess, web: Web, begin: Begin, room: Path, over: int
) -> None:
    """It ends at once, too, however much is said to come: without a byte of that being held or kept."""
    path = begin.deferred()
    with part_of(server, web, path, patch(path, 0, "Content-Length: 400000")):
        pass
    assert offset_of(web, path) == PART
    room.write_text(str(PART - over))
    body = b"y" * PART
    refused(web, patch(path, PART, "Content-Length: 999999999999") + body)
    refused(web, patch(path, PART, "Transfer-Encoding: chunked") + f"{PART:x}\r\n".encode() + body)
    assert offset_of(web, path) == PART
    room.write_text("1000000")
    sent = web.ask("PATCH", path, b"z", **PATCH, Upload_Offset=str(PART), Upload_Length=str(PART + 1))
    assert sent[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == b"x" * PART + b"z"
