"""HTTP on a connection: pipelining within bounds, keeping alive, and heads that never end."""

from __future__ import annotations

import socket

import pytest

from natterjack.net.connection import Connection
from natterjack.net.http import HEAD_SECONDS, REQUESTS_A_TURN, HttpStack, Kept, Peer, Stay
from natterjack.net.roles import Stack
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
        self.stay: Stay | None = None

    def answer(self, request: Request, _peer: Peer) -> Response:
        self.turns.append(self.loop.turns)
        return Response(200, (), request.path.encode())

    def stack(self, connection: Connection) -> Stack:
        return HttpStack(connection, self.waiting, self.answer, *self.patience, stay=self.stay)


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


def test_who_has_closed_his_half_gets_every_answer(
    loop: Loop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "answer", lambda *_: Response(200, (), b"x" * 100_000))
    loop.send_buffer = 4096
    client, connection = loop.connect(4096)
    client.send(b"".join(GET % number for number in range(5)))
    client.sock.shutdown(socket.SHUT_WR)
    loop.until(lambda: client.read() and client.ended)
    assert [len(body) for body in heard(client)] == [100_000] * 5
    assert connection.closed
    assert site.waiting == {}


def test_one_who_leaves_is_not_waited_for(loop: Loop, site: Site) -> None:
    client, connection = loop.connect()
    client.send(b"GET ")
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert site.waiting == {}


def test_of_one_site_so_many_stay_open(loop: Loop, site: Site) -> None:
    kept = Kept()
    site.stay = Stay(kept, "192.0.2.9/32", 2)
    clients = []
    for number in range(3):
        client, connection = loop.connect()
        client.send(GET % number + GET % number)
        clients.append((client, connection))
    loop.until(lambda: all(client.read() for client, _ in clients))
    assert b"Connection: close" in clients[2][0].data
    loop.until(lambda: clients[2][0].read() and clients[2][0].ended)
    assert [len(heard(client)) for client, _ in clients] == [2, 2, 1]
    assert [b"Connection: close" in client.data for client, _ in clients] == [False, False, True]
    site.stay = Stay(kept, "198.51.100.7/32", 2)
    other, _ = loop.connect()
    other.send(GET % 3)
    loop.until(other.read)
    assert b"Connection: close" not in other.data
    clients[0][0].sock.close()
    loop.until(lambda: clients[0][1].closed)
    site.stay = Stay(kept, "192.0.2.9/32", 2)
    again, connection = loop.connect()
    again.send(GET % 4)
    loop.until(again.read)
    assert b"Connection: close" not in again.data
    check_deadlines(site.waiting, loop.reactor.now.mono + HEAD_SECONDS + 1)
    assert kept._counts == {}


def test_what_is_not_counted_stays_as_it_likes(loop: Loop, site: Site) -> None:
    site.stay = Stay(Kept(), "", 0)
    client, _ = loop.connect()
    client.send(GET % 1)
    loop.until(client.read)
    assert b"Connection: close" not in client.data
