"""Queues, bounds, and readers who don't read."""

import socket

import pytest

from natterjack.net.connection import LINGER
from natterjack.net.listener import MOST_UNSENT
from natterjack.net.roles import QueueLimits
from natterjack.net.selecting import READ
from natterjack.net.tls import TlsSocket
from natterjack.ports.effects import Deliver
from tests.support.loop import Loop

LIMITS = QueueLimits()
SMALL = 4096  # asked for as a socket's buffer; the kernel makes it somewhat more


def test_what_is_sent_arrives_and_what_comes_is_read(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"hello")
    loop.until(lambda: loop.stacks[0].data == b"hello")
    loop.hub.send(connection.sid, b"one ")
    loop.hub.send(connection.sid, b"two")
    loop.until(lambda: client.read() == b"one two")
    assert (connection.ip, connection.port) == client.sock.getsockname()
    assert connection.queued == 0


def test_a_short_write_is_completed_in_order_as_the_peer_reads(loop: Loop) -> None:
    loop.send_buffer = SMALL
    client, connection = loop.connect(SMALL)
    pieces = [bytes([number % 256]) * 1000 for number in range(400)]
    for piece in pieces:
        loop.hub.send(connection.sid, piece)
    loop.hub.flush()
    assert 0 < connection.queued < 400_000
    loop.hub.send(connection.sid, b"behind the backlog")
    loop.until(lambda: len(client.read()) >= 400_018)
    assert client.data == b"".join(pieces) + b"behind the backlog"
    assert connection.queued == 0
    assert loop.hub._queued == 0
    assert loop.hub._slow == {}
    client.send(b"still listening")
    loop.until(lambda: loop.stacks[0].data == b"still listening")


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system can't bound what it takes")
def test_the_kernel_takes_only_so_much_for_one_who_does_not_read(loop: Loop) -> None:
    loop.hub.limits = QueueLimits(close=8 * 1024 * 1024)
    _, connection = loop.connect(SMALL)
    for _ in range(40):
        loop.hub.send(connection.sid, b"x" * 100_000)
        loop.hub.flush()
    taken = 4_000_000 - connection.queued
    assert 0 < taken < MOST_UNSENT + 128 * 1024


def test_nothing_is_read_from_one_who_does_not_read(loop: Loop) -> None:
    loop.send_buffer = SMALL
    client, connection = loop.connect(SMALL)
    loop.hub.send(connection.sid, b"x" * (LIMITS.stop_reading + 300_000))
    loop.hub.flush()
    assert connection.queued > LIMITS.stop_reading
    other, _ = loop.connect()
    client.send(b"are you there?")
    other.send(b"I am")
    loop.until(lambda: loop.stacks[1].data == b"I am")
    assert loop.stacks[0].data == b""

    def read_little() -> bool:
        if connection.queued > LIMITS.stop_reading // 2:
            assert loop.stacks[0].data == b""
        client.read()
        return loop.stacks[0].data == b"are you there?"

    loop.until(read_little)
    assert connection.queued <= LIMITS.stop_reading // 2


class Endless:
    """A socket whose peer always has something more to say."""

    def __init__(self, sock: socket.SocketType) -> None:
        self.sock = sock
        self.reads = 0

    def fileno(self) -> int:
        return self.sock.fileno()

    def recv(self, size: int) -> bytes:
        self.reads += 1
        assert self.reads < 10_000, "it would never end"
        return b"x" * size

    def close(self) -> None:
        self.sock.close()


def test_a_peer_who_goes_on_and_on_keeps_nobody_from_closing(loop: Loop) -> None:
    _, connection = loop.connect()
    connection.finish()
    assert connection.lingering
    assert not isinstance(connection.sock, TlsSocket)
    sock = Endless(connection.sock)
    connection.sock = sock  # type: ignore[assignment]
    connection.close()
    assert connection.closed
    assert 1 < sock.reads <= 64


def test_a_slow_reader_is_cut_and_nobody_else_notices(loop: Loop) -> None:
    loop.send_buffer = SMALL
    slow, connection = loop.connect(SMALL)
    quick, other = loop.connect()
    sids = (connection.sid, other.sid)
    sent = 0
    while not connection.closed:
        loop.hub.deliver(Deliver(sids, b"y" * 50_000))
        sent += 50_000
        loop.hub.flush()
        loop.until(lambda wanted=sent: len(quick.read()) == wanted)  # type: ignore[misc]
        assert sent < 2 * LIMITS.close + 500_000
    assert loop.stacks[0].reasons == ["Send queue exceeded: too slow in reading"]
    assert loop.stacks[1].reasons == []
    assert sent > LIMITS.close
    assert len(loop.hub) == 1
    assert loop.hub._queued == 0
    slow.read()
    assert slow.ended


def test_one_who_takes_nothing_for_long_is_cut(loop: Loop) -> None:
    loop.send_buffer = SMALL
    _, stuck = loop.connect(SMALL)
    reader, slow = loop.connect(SMALL)
    for connection in (stuck, slow):
        loop.hub.send(connection.sid, b"x" * 500_000)
    loop.hub.flush()
    loop.later(LIMITS.no_progress - 1)
    loop.hub.check_progress()
    assert not stuck.closed
    before = slow.queued
    mono = loop.reactor.now.mono

    def took_something() -> bool:
        loop.later(mono - loop.reactor.now.mono)  # the turn has read the clock anew
        reader.read()
        return slow.queued < before

    loop.until(took_something)
    slow.progress = mono
    loop.later(mono + 2 - loop.reactor.now.mono)
    loop.hub.check_progress()
    assert stuck.closed
    assert not slow.closed
    assert loop.stacks[0].reasons == ["Took nothing of what was sent for 30 seconds"]
    assert loop.stacks[1].reasons == []


def test_no_more_is_received_at_once_than_may_lie_unread(loop: Loop) -> None:
    loop.hub.limits = QueueLimits(unread=1024)
    client, connection = loop.connect()
    pieces: list[int] = []
    receive = loop.stacks[0].receive
    loop.stacks[0].receive = lambda data: (pieces.append(len(data)), receive(data))[1]  # type: ignore[method-assign]
    assert client.send(b"x" * 5000) == 5000
    loop.until(lambda: len(loop.stacks[0].data) == 5000)
    assert max(pieces) == 1024
    assert not connection.closed


def test_all_backlogs_together_have_a_bound_and_the_longest_goes(loop: Loop) -> None:
    loop.hub.limits = QueueLimits(all_together=900_000)
    loop.send_buffer = SMALL
    connections = [loop.connect(SMALL)[1] for _ in range(3)]
    for size, connection in zip((200_000, 700_000, 400_000), connections, strict=True):
        loop.hub.send(connection.sid, b"x" * size)
    loop.hub.flush()
    assert [connection.closed for connection in connections] == [False, True, False]
    assert loop.stacks[1].reasons == ["Send queues are full, and this one is the longest"]
    assert loop.hub._queued == sum(connection.queued for connection in connections)


def test_a_connection_ends_when_all_is_sent(loop: Loop) -> None:
    loop.send_buffer = SMALL
    client, connection = loop.connect(SMALL)
    loop.hub.send(connection.sid, b"x" * 300_000 + b"bye")
    loop.hub.close(connection.sid)
    loop.hub.flush()
    client.send(b"too late")
    loop.until(lambda: client.read() and client.ended)
    assert client.data.endswith(b"xbye")
    assert loop.stacks[0].data == b""
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert loop.stacks[0].reasons == [], "whoever closed it need not be told"
    assert len(loop.hub) == 0


def test_last_words_are_not_lost_though_the_peer_goes_on_talking(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"much that nobody will read")
    loop.hub.send(connection.sid, b"goodbye")
    loop.hub.close(connection.sid)
    loop.until(lambda: client.read() and client.ended)
    assert client.data == b"goodbye"
    assert client.send(b"more") == 4
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert loop.stacks[0].data == b""
    loop.later(LINGER + 1)
    loop.hub.check_progress()  # when its time would be up, it is nobody's any more
    assert not loop.hub.awaits


def test_one_who_does_not_hang_up_in_return_is_closed_after_a_while(loop: Loop) -> None:
    _, connection = loop.connect()
    loop.hub.close(connection.sid)
    assert not connection.closed
    loop.later(LINGER - 0.1)
    loop.hub.check_progress()
    assert not connection.closed
    loop.later(0.2)
    loop.hub.check_progress()
    assert connection.closed
    loop.hub.send(connection.sid, b"nobody")
    loop.hub.close(connection.sid)
    assert len(loop.hub) == 0


def test_the_stack_is_told_why_a_peer_went(loop: Loop) -> None:
    client, connection = loop.connect()
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert loop.stacks[0].reasons == ["Connection closed"]


def test_a_stack_that_has_enough_is_not_read_for(loop: Loop) -> None:
    client, connection = loop.connect()
    loop.stacks[0].holding = True
    connection.update_interest()
    client.send(b"wait")
    other, _ = loop.connect()
    other.send(b"x")
    loop.until(lambda: loop.stacks[1].data == b"x")
    assert loop.stacks[0].data == b""
    loop.stacks[0].holding = False
    connection.update_interest()
    loop.until(lambda: loop.stacks[0].data == b"wait")
    assert loop.stacks[0].reasons == []


def test_those_in_instead_get_their_own_or_nothing(loop: Loop) -> None:
    ends = [loop.connect() for _ in range(3)]
    sids = tuple(connection.sid for _, connection in ends)
    loop.hub.send(sids[1], b"before ")
    loop.hub.deliver(Deliver((*sids, 999), b"all ", {sids[0]: b"", sids[1]: b"own ", 999: b"x"}))
    loop.hub.deliver(Deliver(sids, b"end", None))
    wanted = [b"end", b"before own end", b"all end"]
    loop.until(lambda: [client.read() for client, _ in ends] == wanted)
    assert [client.data for client, _ in ends] == wanted


def test_what_another_ended_in_the_same_turn_hears_nothing_more(loop: Loop) -> None:
    _, connection = loop.connect()
    connection.close()
    connection.ready(READ)
    assert connection.closed
    assert not loop.hub._ended
