"""What is spoken on a connection, and whose turn it is."""

import pytest

from natterjack.net.stacks import FIRST_BYTE, LINES_A_TURN, SniffingStack
from natterjack.ports.events import Closed, Opened, Received
from natterjack.wire.message import Message, WireError
from tests.support.loop import Loop


@pytest.fixture(autouse=True)
def sniffing(loop: Loop) -> None:
    loop.sniffs = True


def items(loop: Loop, sid: int) -> list[Message | WireError]:
    return [
        item
        for event in loop.events
        if isinstance(event, Received) and event.sid == sid
        for item in event.items
    ]


def test_irc_is_opened_received_and_closed(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"NICK alice\r\n")
    loop.until(lambda: len(loop.events) == 2)
    client.sock.close()
    loop.until(lambda: len(loop.events) == 3)
    assert loop.events == [
        Opened(connection.sid, "127.0.0.1", connection.port, "irc"),
        Received(connection.sid, [Message("NICK", ("alice",))]),
        Closed(connection.sid, "Connection closed"),
    ]


def test_one_byte_at_a_time_is_the_same(loop: Loop) -> None:
    client, connection = loop.connect()
    for byte in b"PATIENCE x\r\nPING :y\r\n":
        before = loop.turns
        client.send(bytes([byte]))
        loop.until(lambda before=before: loop.turns > before)  # type: ignore[misc]
    loop.until(lambda: len(items(loop, connection.sid)) == 2)
    assert items(loop, connection.sid) == [Message("PATIENCE", ("x",)), Message("PING", ("y",))]


def test_bad_lines_stand_in_their_place(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"A\r\nB \xff\r\n" + b"c" * 600 + b"\r\nD \0\r\n\r\nE\r\n")
    loop.until(lambda: len(items(loop, connection.sid)) == 6)
    words = [item.command if isinstance(item, Message) else item.code for item in items(loop, connection.sid)]
    assert words == ["A", "INVALID_UTF8", "INPUT_TOO_LONG", "INVALID_LINE", "EMPTY_LINE", "E"]


@pytest.mark.parametrize("newlines", [False, True])
def test_a_flood_of_lines_keeps_nobody_waiting(loop: Loop, newlines: bool) -> None:
    flood, noisy = loop.connect()
    other, quiet = loop.connect()
    other.send(b"NICK b\r\n")
    loop.until(lambda: items(loop, quiet.sid))
    data = b"\n" * 10_000 if newlines else b"PING x\n" * 10_000
    left = data[flood.send(data) :]
    asked = False

    def go_on() -> bool:
        nonlocal left, asked
        left = left[flood.send(left) :] if left else left
        if not asked and len(items(loop, noisy.sid)) > 1000:
            asked = True
            other.send(b"PING :me too\r\n")
        return len(items(loop, noisy.sid)) == 10_000

    loop.until(go_on)
    assert max(len(event.items) for event in loop.events if isinstance(event, Received)) == LINES_A_TURN
    order = [event.sid for event in loop.events if isinstance(event, Received)]
    answered = len(order) - 1 - order[::-1].index(quiet.sid)
    assert answered < len(order) - 50, "long before the flood was over"


def test_no_line_of_a_flood_is_lost_or_out_of_order(loop: Loop) -> None:
    client, connection = loop.connect()
    data = b"".join(b"PING %d\r\n" % number for number in range(3000))
    left = data[client.send(data) :]

    def go_on() -> bool:
        nonlocal left
        left = left[client.send(left) :] if left else left
        return len(items(loop, connection.sid)) == 3000

    loop.until(go_on)
    assert [item.params for item in items(loop, connection.sid) if isinstance(item, Message)] == [
        (str(number),) for number in range(3000)
    ]


def turns(loop: Loop, count: int) -> None:
    """So many turns, whether anything happens in them or not."""
    last = loop.turns + count
    loop.until(lambda: loop.turns >= last or loop.reactor.soon(lambda: None))


def pausing(loop: Loop, sid: int) -> None:
    """From now on the core pauses ``sid`` at the end of each turn in which it gets something."""
    seen = len(items(loop, sid))

    def pause() -> None:
        nonlocal seen
        if len(items(loop, sid)) > seen:
            seen = len(items(loop, sid))
            loop.hub.pause(sid, True)

    loop.after_turn = pause


def test_while_it_is_paused_what_has_come_waits_as_it_came(loop: Loop) -> None:
    client, connection = loop.connect()
    pausing(loop, connection.sid)
    data = b"".join(b"PING %d\r\n" % number for number in range(3000))  # more than is read at once
    assert client.send(data) == len(data)
    loop.until(lambda: items(loop, connection.sid))
    client.sock.close()
    first = len(items(loop, connection.sid))
    assert first <= 2 * LINES_A_TURN  # what comes first, and what had its turn right behind that
    for times in range(5):
        turns(loop, 10)
        assert len(items(loop, connection.sid)) == first + times * LINES_A_TURN
        assert connection.stack.pending()
        loop.hub.pause(connection.sid, False)
        loop.hub.pause(connection.sid, True)  # it was for nothing: one more turn is not taken
        turns(loop, 3)
        assert len(items(loop, connection.sid)) == first + times * LINES_A_TURN
        loop.hub.pause(connection.sid, False)
    loop.after_turn = lambda: None
    loop.hub.pause(connection.sid, False)
    loop.until(lambda: connection.closed)
    assert [item.params for item in items(loop, connection.sid) if isinstance(item, Message)] == [
        (str(number),) for number in range(3000)
    ]
    assert loop.events[-1] == Closed(connection.sid, "Connection closed")


def test_pausing_now_and_then_gives_nobody_two_turns(loop: Loop) -> None:
    client, connection = loop.connect()
    assert client.send(b"PING x\n" * 1000) == 7000
    loop.until(lambda: items(loop, connection.sid))
    for _ in range(5):
        loop.hub.pause(connection.sid, True)
        turns(loop, 1)
        loop.hub.pause(connection.sid, False)
    before, first = len(items(loop, connection.sid)), loop.turns
    turns(loop, 4)
    assert len(items(loop, connection.sid)) - before <= (loop.turns - first) * LINES_A_TURN


def test_what_comes_late_stands_behind_what_waits(loop: Loop) -> None:
    client, connection = loop.connect()
    data = b"".join(b"PING %d\n" % number for number in range(500))
    client.send(data + b"PI")
    loop.until(lambda: items(loop, connection.sid))
    connection.stack.receive(b"NG 500\nPING 501\n")  # as if a read over TLS had ended now
    loop.until(lambda: len(items(loop, connection.sid)) == 502)
    assert [item.params for item in items(loop, connection.sid) if isinstance(item, Message)] == [
        (str(number),) for number in range(502)
    ]


def test_what_waits_and_is_paused_goes_with_its_connection(loop: Loop) -> None:
    client, connection = loop.connect()
    pausing(loop, connection.sid)
    client.send(b"PING x\n" * 500)
    loop.until(lambda: items(loop, connection.sid))
    turns(loop, 2)
    seen = len(items(loop, connection.sid))
    assert connection.parked is not None
    connection.close()
    loop.hub.pause(connection.sid, False)
    turns(loop, 2)
    assert len(items(loop, connection.sid)) == seen < 500
    assert connection.parked is None


def test_what_waits_is_dropped_with_its_connection(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"PING x\n" * 500)
    loop.until(lambda: items(loop, connection.sid))
    connection.finish()
    seen = len(items(loop, connection.sid))
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert len(items(loop, connection.sid)) == seen < 500


def test_http_goes_to_its_own_stack(loop: Loop) -> None:
    client, _ = loop.connect()
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    for byte in request:
        before = loop.turns
        client.send(bytes([byte]))
        loop.until(lambda before=before: loop.turns > before)  # type: ignore[misc]
    loop.until(lambda: loop.stacks and loop.stacks[0].data == request)
    assert loop.events == []
    assert loop.silent == {}


def test_tls_is_turned_away_with_an_alert(loop: Loop) -> None:
    client, _ = loop.connect()
    client.send(bytes.fromhex("1603010200010001fc0303"))
    loop.until(lambda: client.read() and client.ended)
    assert client.data == bytes.fromhex("15030300020228")
    assert loop.events == []
    assert loop.silent == {}


def test_one_who_says_nothing_is_sent_away(loop: Loop) -> None:
    client, connection = loop.connect()
    stack = loop.silent[connection.sid]
    assert 0 < stack.deadline - loop.reactor.now.mono <= FIRST_BYTE
    stack.expire()
    loop.until(lambda: client.read() and client.ended)
    assert client.data == b"ERROR :Closing link: nothing was said for 10 seconds\r\n"
    assert loop.silent == {}
    assert loop.events == []


def test_the_first_bytes_have_the_time_that_they_are_given(loop: Loop) -> None:
    client, connection = loop.connect()
    stack = SniffingStack(connection, loop.irc, loop.silent, patience=4.0)
    assert 0 < stack.deadline - loop.reactor.now.mono <= 4.0
    stack.expire()
    loop.until(lambda: client.read() and client.ended)
    assert client.data == b"ERROR :Closing link: nothing was said for 4 seconds\r\n"


def test_one_who_leaves_before_he_spoke_was_never_there(loop: Loop) -> None:
    client, connection = loop.connect()
    client.send(b"P")
    client.sock.close()
    loop.until(lambda: connection.closed)
    assert loop.events == []
    assert loop.silent == {}
