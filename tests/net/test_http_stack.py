"""HTTP on a connection: pipelining within bounds, keeping alive, and heads that never end."""

from __future__ import annotations

import pytest

from natterjack.net.connection import Connection, Stack
from natterjack.net.http import HEAD_SECONDS, REQUESTS_A_TURN, HttpStack, Peer
from natterjack.net.stacks import Waiting, check_deadlines
from natterjack.wire.http import Request, Response
from tests.support.loop import Client, Loop

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


class Site:
    """Answers with the path, and notes the turn."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.waiting: Waiting = {}
        self.turns: list[int] = []
        self.patience: list[float] = []  # the usual

    def answer(self, request: Request, _peer: Peer) -> Response:
        self.turns.append(self.loop.turns)
        return Response(200, (), request.path.encode())

    def stack(self, connection: Connection) -> Stack:
        return HttpStack(connection, self.waiting, self.answer, *self.patience)


@pytest.fixture
def site(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(loop)
    monkeypatch.setattr(loop, "_stack", site.stack)
    return site


def heard(client: Client) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in client.read().split(b"HTTP/1.1 200 OK\r\n")[1:]]


def test_a_pipeline_is_answered_in_order_a_few_in_a_turn(loop: Loop, site: Site) -> None:
    client, connection = loop.connect()
    client.send(b"".join(GET % number for number in range(100)))
    loop.until(lambda: len(heard(client)) == 100)
    assert heard(client) == [b"/%d" % number for number in range(100)]
    # twice: what was put off in the turn of the first bytes comes at that turn's end
    assert max(map(site.turns.count, site.turns)) <= 2 * REQUESTS_A_TURN
    client.send(GET % 100)
    loop.until(lambda: len(heard(client)) == 101)
    assert not connection.closed


def test_what_follows_a_bad_request_is_not_read(loop: Loop, site: Site) -> None:
    client, _ = loop.connect()
    client.send(GET % 1 + b"nonsense\r\n\r\n" + GET % 2)
    loop.until(lambda: client.read() and client.ended)
    assert client.data.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 400 Bad Request\r\n" in client.data
    assert len(site.turns) == 1
    assert site.waiting == {}


@pytest.mark.parametrize(("head", "answer"), [(b"GET / HT", b"HTTP/1.1 408 "), (b"", b"")])
def test_a_head_has_its_time(loop: Loop, site: Site, head: bytes, answer: bytes) -> None:
    client, connection = loop.connect()
    client.send(GET % 1)
    loop.until(lambda: len(heard(client)) == 1)
    before = len(client.data)
    client.send(head)
    turns = loop.turns
    loop.until(lambda: not head or loop.turns > turns)
    check_deadlines(site.waiting, loop.reactor.now.mono + HEAD_SECONDS - 1)
    assert not connection.closing
    check_deadlines(site.waiting, loop.reactor.now.mono + HEAD_SECONDS + 1)
    loop.until(lambda: client.read() and client.ended)
    assert client.data[before:].startswith(answer)
    assert site.waiting == {}


def test_a_head_has_the_time_that_it_is_given(loop: Loop, site: Site) -> None:
    site.patience = [3.0]
    client, connection = loop.connect()
    client.send(b"GET / HT")
    loop.until(lambda: site.waiting)
    turns = loop.turns
    loop.until(lambda: loop.turns > turns)
    check_deadlines(site.waiting, loop.reactor.now.mono + 2)
    assert not connection.closing
    check_deadlines(site.waiting, loop.reactor.now.mono + 4)
    loop.until(lambda: client.read() and client.ended)
    assert b"the request was not complete within 3 seconds" in client.data


def test_one_who_leaves_is_not_waited_for(loop: Loop, site: Site) -> None:
    client, connection = loop.connect()
    client.send(b"GET ")
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert site.waiting == {}
