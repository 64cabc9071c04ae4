"""A connection in another thread's hands, and back in the loop."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natterjack.net.connection import Connection
from natterjack.net.exchange import Exchange, Later, Peer
from natterjack.net.http import HttpStack
from natterjack.net.loan import Ended, Loan
from natterjack.net.progress import Patience, Stalled
from natterjack.net.roles import Stack
from natterjack.net.stacks import Waiting
from natterjack.wire.http import Request, Response
from tests.support.loop import Client, Loop

GET = b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /slow HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


class Site:
    """``/slow`` is answered when the test says so."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.waiting: Waiting = {}
        self.exchanges: list[Exchange] = []

    def answer(self, request: Request, _peer: Peer) -> Response | Later:
        if request.path == "/slow":
            return Later(self.exchanges.append)
        return Response(200, (), b"now")

    def stack(self, connection: Connection) -> Stack:
        return HttpStack(connection, self.waiting, self.answer)


@pytest.fixture
def site(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(loop)
    monkeypatch.setattr(loop, "_stack", site.stack)
    return site


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 8192)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def in_thread(loop: Loop, job: Callable[[], object]) -> list[object]:
    """The loop turns until ``job`` is done in a thread; what it returned, or raised."""
    result: list[object] = []

    def run() -> None:
        try:
            found = job()
        except OSError as error:
            found = error
        loop.reactor.call(lambda: result.append(found))

    threading.Thread(target=run, daemon=True).start()
    loop.until(lambda: result)
    return result


def begun(loop: Loop, site: Site, data: bytes) -> tuple[Client, Connection, Exchange]:
    client, connection = loop.connect()
    client.send(data)
    loop.until(lambda: site.exchanges)
    return client, connection, site.exchanges.pop()


def body_of(loan: Loan, size: int = 100_000) -> bytes:
    view = memoryview(bytearray(size))
    found = b""
    while got := loan.read_into(view):
        found += bytes(view[:got])
    return found


def test_what_waits_for_an_answer_is_answered_in_order(loop: Loop, site: Site) -> None:
    client, connection, exchange = begun(loop, site, GET + SLOW + GET + GET)
    loop.until(lambda: client.read().count(b"now") == 1)
    assert site.waiting == {}  # no deadline runs while the answer is ours to give
    exchange.answer(Response(200, (), b"slow"))
    loop.until(lambda: client.read().count(b"now") == 3)
    parts = [part.partition(b"\r\n\r\n")[2] for part in client.data.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert parts == [b"now", b"slow", b"now", b"now"]
    assert not connection.closed
    assert connection.sid in site.waiting


def test_a_body_is_read_elsewhere_and_the_next_request_here(loop: Loop, site: Site) -> None:
    body = os.urandom(1_000_000)
    client, connection, exchange = begun(loop, site, post(body)[:5000])
    loan = exchange.lend(Patience(10.0))
    rest = post(body)[5000:] + GET
    sender = threading.Thread(target=lambda: (client.sock.setblocking(True), client.sock.sendall(rest)))
    sender.start()
    assert in_thread(loop, lambda: body_of(loan)) == [body]
    sender.join()
    client.sock.setblocking(False)
    exchange.take_back(loan, alive=True)
    exchange.answer(Response(200, (), b"slow"))
    loop.until(lambda: client.read().endswith(b"now"))
    assert loop.hub.bytes_in >= len(body)
    assert not connection.closed


def test_whoever_waits_to_go_on_is_told_so(loop: Loop, site: Site) -> None:
    client, _, exchange = begun(loop, site, post(b"hello", b"Expect: 100-continue")[:-5])
    loan = exchange.lend(Patience(10.0))
    client.sock.setblocking(True)
    told: list[bytes] = []

    def peer() -> None:
        told.append(client.sock.recv(1000))
        client.sock.sendall(b"hello")

    threading.Thread(target=peer, daemon=True).start()
    assert in_thread(loop, lambda: body_of(loan)) == [b"hello"]
    assert told[0].startswith(b"HTTP/1.1 100 ")
    exchange.take_back(loan, alive=False)
    exchange.sent()


def test_a_file_is_sent_behind_what_was_queued(loop: Loop, site: Site, file: int) -> None:
    client, connection, exchange = begun(loop, site, GET + SLOW + GET)
    loan = exchange.lend(Patience(10.0))
    size = os.fstat(file).st_size

    def send() -> None:
        loan.begin(Response(206, (), length=size - 10))
        loan.send_file(file, 10, size - 10)
        loan.settle()

    reader = threading.Thread(target=_drain, args=(client, size))
    reader.start()
    in_thread(loop, send)
    exchange.take_back(loan, alive=True)
    exchange.sent()
    loop.until(lambda: not reader.is_alive())
    first, _, rest = client.data.partition(b"HTTP/1.1 206 Partial Content\r\n")
    assert first.endswith(b"now")
    body = rest.partition(b"\r\n\r\n")[2]
    assert body.startswith(os.pread(file, size - 10, 10) + b"HTTP/1.1 200 OK")
    assert not connection.closed


def _drain(client: Client, size: int) -> None:
    client.sock.setblocking(True)
    while client.data.count(b"now") < 2 or len(client.data) < size:
        client.data += client.sock.recv(1 << 16)


@pytest.mark.parametrize("body", [b"", b"hello"])
def test_what_was_queued_goes_first_where_there_was_no_occasion_to_send_it(
    loop: Loop, site: Site, body: bytes
) -> None:
    """The body came with its head; or nobody wanted it, since the disk is full."""
    client, connection, exchange = begun(loop, site, post(body) + GET)
    loop.hub.send(connection.sid, b"before,")
    loan = exchange.lend(Patience(10.0))
    assert in_thread(loop, lambda: body_of(loan)) == [body]
    loop.hub.send(connection.sid, b"since,")
    exchange.take_back(loan, alive=True)
    exchange.answer(Response(200, (), b"slow"))
    loop.until(lambda: client.read().endswith(b"now"))
    assert client.data.startswith(b"before,since,HTTP/1.1 200 OK\r\n")
    assert client.data.count(b"before,") == client.data.count(b"slow") == 1
    assert loop.hub.bytes_out == len(client.data)


@pytest.mark.parametrize("tries", [False, True])
def test_nothing_is_lost_in_the_middle_of_a_backlog(loop: Loop, site: Site, tries: bool) -> None:
    loop.send_buffer = 4096
    client, connection = loop.connect(receive_buffer=4096)
    client.send(SLOW)
    loop.until(lambda: site.exchanges)
    large = os.urandom(900_000)
    loop.hub.send(connection.sid, large)
    loop.until(lambda: connection.queued)
    exchange = site.exchanges.pop()
    loan = exchange.lend(Patience(0.05))
    if tries:
        assert client.read()
        (error,) = in_thread(loop, lambda: loan.write(b"and more,"))
        assert isinstance(error, Stalled)
        assert 0 < loan.bytes_out < len(large)
    exchange.take_back(loan, alive=True)
    exchange.answer(Response(200, (), b"slow"))
    loop.until(lambda: client.read().endswith(b"slow"))
    rest = client.data.removeprefix(large)
    assert rest.startswith(b"and more,HTTP/1.1 200 OK\r\n" if tries else b"HTTP/1.1 200 OK\r\n")
    assert loop.hub.bytes_out == len(client.data)


def test_what_broke_is_not_sent_on(loop: Loop, site: Site) -> None:
    client, connection, exchange = begun(loop, site, SLOW)
    loop.hub.send(connection.sid, b"before,")
    loan = exchange.lend(Patience(10.0))
    exchange.take_back(loan, alive=False)
    exchange.sent()
    loop.until(lambda: client.read() or client.ended)
    assert (client.data, connection.closed) == (b"", True)


def test_a_body_needs_room_to_be_read(loop: Loop, site: Site) -> None:
    """Or its end would never be seen, and all of it held."""
    _, _, exchange = begun(loop, site, post(b"hello")[:-2])
    loan = exchange.lend(Patience(0.05))
    with pytest.raises(ValueError, match="no room"):
        loan.read_into(memoryview(bytearray()))
    exchange.take_back(loan, alive=False)
    exchange.sent()


def test_silence_has_an_end(loop: Loop, site: Site) -> None:
    client, connection, exchange = begun(loop, site, post(b"hello")[:-2])
    loan = exchange.lend(Patience(0.05))
    (error,) = in_thread(loop, lambda: body_of(loan))
    assert isinstance(error, Stalled)
    exchange.take_back(loan, alive=True)
    exchange.answer(Response(408, (), b"slow"))
    loop.until(lambda: client.read() and client.ended)
    assert client.data.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close\r\n" in client.data
    assert connection.closed or connection.closing


def test_one_who_reads_nothing_has_an_end(loop: Loop, site: Site, file: int) -> None:
    _, _, exchange = begun(loop, site, SLOW)
    loan = exchange.lend(Patience(0.05))
    loan.begin(Response(200, (), length=1 << 40))

    def send() -> None:
        while True:
            loan.send_file(file, 0, 1 << 20)

    (error,) = in_thread(loop, send)
    assert isinstance(error, Stalled)
    exchange.take_back(loan, alive=False)
    exchange.sent()


def test_one_who_leaves_is_noticed_and_closed(loop: Loop, site: Site) -> None:
    client, connection, exchange = begun(loop, site, post(b"hello")[:-2])
    loan = exchange.lend(Patience(10.0))
    client.sock.close()
    (error,) = in_thread(loop, lambda: body_of(loan))
    assert isinstance(error, Ended)
    exchange.take_back(loan, alive=False)
    assert connection.closed
    assert exchange.gone
    exchange.answer(Response(200))  # to nobody
    assert len(loop.hub) == 0


@pytest.mark.parametrize("how", ["cut", "finish_all", "close_all"])
def test_the_loop_can_end_it_under_the_threads_hands(loop: Loop, site: Site, how: str) -> None:
    _, connection, exchange = begun(loop, site, post(b"hello")[:-2])
    loan = exchange.lend(Patience(60.0))
    waiting = threading.Event()
    wait = loan._wait

    def told(mask: int, since: float) -> float:
        waiting.set()
        return wait(mask, since)

    loan._wait = told  # type: ignore[method-assign]
    ended: list[object] = []

    def run() -> None:
        try:
            body_of(loan)
        except OSError as error:
            found = error
            loop.reactor.call(lambda: ended.append(found))

    threading.Thread(target=run, daemon=True).start()
    assert waiting.wait(10)
    {"cut": exchange.cut, "finish_all": loop.hub.finish_all, "close_all": loop.hub.close_all}[how]()
    loop.until(lambda: ended)
    assert isinstance(ended[0], Ended | ssl.SSLError)
    assert not connection.closed  # the descriptor is the thread's until it is given back
    exchange.take_back(loan, alive=True)
    assert connection.closed
    assert len(loop.hub) == 0


@pytest.mark.parametrize("behind", [b"", GET])
def test_one_who_leaves_while_his_answer_is_to_come_is_seen_to(loop: Loop, site: Site, behind: bytes) -> None:
    client, connection, exchange = begun(loop, site, SLOW + behind)
    assert not exchange.left
    client.sock.close()
    turns = loop.turns
    loop.reactor.soon(lambda: None)
    loop.until(lambda: loop.turns > turns)
    assert not connection.gone  # nobody reads from it
    assert exchange.left
    exchange.answer(Response(503))
    loop.until(lambda: connection.closed)
    assert exchange.left


def test_what_is_lent_is_watched_by_whoever_has_it(loop: Loop, site: Site) -> None:
    client, _, exchange = begun(loop, site, SLOW)
    loan = exchange.lend(Patience(10.0))
    client.sock.close()
    assert not exchange.left
    exchange.take_back(loan, alive=False)
    exchange.sent()
    assert exchange.left
