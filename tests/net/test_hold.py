"""Connections that are sent nothing for a while, and then something before what has waited."""

from natterjack.net.roles import QueueLimits
from tests.support.loop import Loop


def test_what_is_released_comes_before_what_has_waited(loop: Loop) -> None:
    client, connection = loop.connect()
    loop.hub.send(connection.sid, b"before ")
    loop.hub.hold(connection.sid)
    loop.hub.send(connection.sid, b"after ")
    loop.hub.flush()
    loop.hub.send(connection.sid, b"later")
    loop.hub.flush()
    assert client.read() == b""
    loop.hub.release(connection.sid, b"in between ")
    loop.hub.flush()
    loop.until(lambda: client.read() == b"before in between after later")
    loop.hub.send(connection.sid, b"!")
    loop.hub.flush()
    loop.until(lambda: client.read().endswith(b"later!"))


def test_a_second_hold_and_a_release_of_nobody_change_nothing(loop: Loop) -> None:
    client, connection = loop.connect()
    loop.hub.release(connection.sid, b"never ")
    loop.hub.hold(connection.sid)
    loop.hub.send(connection.sid, b"waits")
    loop.hub.hold(connection.sid)
    loop.hub.release(connection.sid, b"")
    loop.hub.release(99, b"never")
    loop.hub.flush()
    loop.until(lambda: client.read() == b"waits")


def test_whoever_is_closed_while_he_is_held_gets_his_last_lines(loop: Loop) -> None:
    client, connection = loop.connect()
    loop.hub.hold(connection.sid)
    loop.hub.send(connection.sid, b"last words")
    loop.hub.close(connection.sid)
    loop.hub.flush()
    loop.until(lambda: client.read() == b"last words" and client.ended)
    assert loop.hub._held == {}


def test_what_waits_is_bounded(loop: Loop) -> None:
    loop.hub.limits = QueueLimits(close=1000)
    _client, connection = loop.connect()
    loop.hub.hold(connection.sid)
    loop.hub.send(connection.sid, b"x" * 999)
    loop.hub.check_progress()
    assert not connection.closed
    loop.hub.send(connection.sid, b"xx")
    loop.hub.check_progress()
    assert connection.closed
    assert loop.hub._held == {}
