"""IRC over WebSocket on a connection: what is shared, whose turn it is, and what comes last."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from natterjack.net import websocket
from natterjack.net.connection import Connection
from natterjack.net.exchange import Peer, Switch
from natterjack.net.http import HttpStack
from natterjack.net.origin import Origin
from natterjack.net.roles import QueueLimits, Stack
from natterjack.net.stacks import Waiting
from natterjack.net.websocket import FRAMES_A_TURN, WebSockets
from natterjack.ports.effects import Deliver
from natterjack.ports.events import Closed, Opened, Received
from natterjack.wire.http import Request, Response
from natterjack.wire.message import Message, WireError
from natterjack.wire.websocket import WebSocketCodec, accept
from tests.support.loop import Client, Loop
from tests.wire.test_websocket import HEADERS, heard, said

HEAD = (
    b"GET /ws HTTP/1.1\r\n"
    + b"".join(f"{name}: {text}\r\n".encode() for name, text in HEADERS.items())
    + b"sec-websocket-protocol: %b.ircv3.net\r\n\r\n"
)


class Site:
    """Takes all to be WebSockets."""

    def __init__(self, loop: Loop) -> None:
        self.waiting: Waiting = {}
        self.sockets = WebSockets(loop.events.append)

    def answer(self, request: Request, _peer: Peer) -> Response | Switch:
        codec = accept(request)
        assert isinstance(codec, WebSocketCodec)
        return self.sockets.switch(codec, lambda connection: Origin(connection.ip, connection.port), False)

    def stack(self, connection: Connection) -> Stack:
        return HttpStack(connection, self.waiting, self.answer)


@pytest.fixture(autouse=True)
def site(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(loop)
    monkeypatch.setattr(loop, "_stack", site.stack)
    return site


def connect(
    loop: Loop, kind: bytes = b"text", more: bytes = b"", buffer: int = 0
) -> tuple[Client, Connection]:
    client, connection = loop.connect(buffer)
    client.send(HEAD % kind + more)
    loop.until(lambda: b"\r\n\r\n" in client.read())
    client.data = client.data.partition(b"\r\n\r\n")[2]
    return client, connection


def items(loop: Loop, sid: int) -> list[Message | WireError]:
    return [
        item
        for event in loop.events
        if isinstance(event, Received) and event.sid == sid
        for item in event.items
    ]


def test_it_is_opened_received_and_closed(loop: Loop, site: Site) -> None:
    client, connection = connect(loop, more=said(b"NICK alice"))
    client.sock.close()
    loop.until(lambda: len(loop.events) == 3)
    assert loop.events == [
        Opened(connection.sid, "127.0.0.1", connection.port, "ws"),
        Received(connection.sid, [Message("NICK", ("alice",))]),
        Closed(connection.sid, "Connection closed"),
    ]
    assert site.waiting == {}


def test_one_object_is_framed_once_for_all(loop: Loop) -> None:
    alike = [connect(loop)[1] for _ in range(3)]
    other, _ = connect(loop, b"binary")
    last = loop.connections[-1]
    plain, _ = loop.connect()
    sent: list[list[bytes]] = []
    for connection in alike:
        framing = connection.framing
        assert framing is not None
        sent.append([b"PING :1\r\nPING :2\r\n"])
        assert framing.frame(sent[-1])
    assert sent[0][0] is sent[1][0] is sent[2][0]
    assert [frame.data for frame in heard(sent[0][0])] == [b"PING :1", b"PING :2"]
    loop.hub.deliver(Deliver((last.sid, loop.connections[-1].sid), b"PING :3\r\n"))
    loop.until(lambda: other.read() and plain.read())
    assert heard(other.data) == [Frame(Opcode.BINARY, b"PING :3")]
    assert plain.data == b"PING :3\r\n"


def test_after_a_turn_that_had_too_much_frames_are_kept_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_KEPT_BYTES", 100)
    renderer = websocket.Renderer(binary=False)
    renderer.render([b"x" * 200 + b"\r\n"], 1)
    one, other = [b"PING :1\r\n"], [b"PING :1\r\n"]
    renderer.render(one, 2)
    renderer.render(other, 2)
    assert one[0] is other[0]


def test_an_answer_of_ones_own_and_what_was_held(loop: Loop) -> None:
    client, connection = connect(loop)
    hub, sid = loop.hub, connection.sid
    hub.deliver(Deliver((sid,), b"A\r\n", {sid: b"B\r\n"}))
    hub.hold(sid)
    hub.send(sid, b"D\r\n")
    hub.flush()
    hub.release(sid, b"C\r\n")
    loop.until(lambda: len(heard(client.read())) == 3)
    assert [frame.data for frame in heard(client.data)] == [b"B", b"C", b"D"]


@pytest.mark.parametrize(("leaving", "code"), [(False, 1000), (True, 1001)])
def test_our_end_is_the_line_then_the_close(loop: Loop, site: Site, leaving: bool, code: int) -> None:
    client, connection = connect(loop)
    site.sockets.leaving = leaving
    loop.hub.send(connection.sid, b"ERROR :bye\r\n")
    loop.hub.close(connection.sid)
    loop.hub.send(connection.sid, b"NOTICE :too late\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert heard(client.data) == [
        Frame(Opcode.TEXT, b"ERROR :bye"),
        Frame(Opcode.CLOSE, code.to_bytes(2, "big")),
    ]
    assert Closed not in map(type, loop.events)


def test_behind_the_answer_to_a_close_comes_nothing(loop: Loop) -> None:
    client, connection = connect(loop)

    def answer() -> None:
        if items(loop, connection.sid) and not client.ended:
            loop.hub.send(connection.sid, b"ERROR :too late\r\n")

    loop.after_turn = answer
    client.send(said(b"QUIT") + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True) + said(b"NICK b"))
    loop.until(lambda: client.read() and client.ended)
    assert heard(client.data) == [Frame(Opcode.CLOSE, b"\x03\xe8")]
    assert items(loop, connection.sid) == [Message("QUIT")]
    assert loop.events[-1] == Closed(connection.sid, "Connection closed")


def test_behind_a_close_that_has_to_wait_comes_nothing_either(loop: Loop) -> None:
    loop.send_buffer = 4096
    client, connection = connect(loop, buffer=4096)
    lines = 0
    while connection.queued < 32_000:
        loop.hub.send(connection.sid, b"NOTICE a :" + b"x" * 400 + b"\r\n")
        loop.hub.flush()
        lines += 1
    client.send(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    loop.until(lambda: connection.closing)
    assert connection.queued
    loop.hub.send(connection.sid, b"ERROR :too late\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert len(heard(client.data)) == lines + 1
    assert client.data.endswith(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False))


def test_who_closes_is_gone_when_what_he_said_before_is_carried_out(loop: Loop) -> None:
    client, connection = connect(loop)

    def pause() -> None:
        if items(loop, connection.sid) and not connection.paused:
            loop.hub.pause(connection.sid, True)

    loop.after_turn = pause
    client.send(said(b"NICK a") + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    loop.until(lambda: heard(client.read()))
    assert heard(client.data) == [Frame(Opcode.CLOSE, b"\x03\xe8")], "it is answered at once"
    for _ in range(3):
        turn = loop.turns + 3
        loop.until(lambda turn=turn: loop.turns >= turn or loop.reactor.soon(lambda: None))  # type: ignore[misc]
        assert items(loop, connection.sid) == [Message("NICK", ("a",))]
        assert not client.ended
        loop.hub.pause(connection.sid, False)  # for this turn; at its end it has to wait again
    loop.after_turn = lambda: None
    loop.hub.pause(connection.sid, False)
    loop.until(lambda: client.read() and client.ended)
    assert loop.events[-1] == Closed(connection.sid, "Connection closed")


def test_what_is_no_frame_is_answered_with_a_close(loop: Loop) -> None:
    client, _ = connect(loop)
    client.send(b"NICK alice\r\n")
    loop.until(lambda: client.read() and client.ended)
    (close,) = heard(client.data)
    assert bytes(close.data[:2]) == (1002).to_bytes(2, "big")
    closed = loop.events[-1]
    assert isinstance(closed, Closed)
    assert closed.reason.startswith("WebSocket error: ")


@pytest.mark.parametrize(
    "frame", [said(b"", Opcode.PING), said(b"PING 1"), said(b"")], ids=["pings", "lines", "nothing"]
)
def test_a_flood_of_frames_keeps_nobody_waiting(loop: Loop, frame: bytes) -> None:
    flood, noisy = connect(loop)
    other, quiet = connect(loop)
    count = 1000
    other.send(said(b"NICK b"))
    flood.send(frame * count + said(b"QUIT"))
    loop.until(lambda: Message("QUIT") in items(loop, noisy.sid))
    assert items(loop, quiet.sid) == [Message("NICK", ("b",))]
    order = [event.sid for event in loop.events if isinstance(event, Received)]
    most = max((len(event.items) for event in loop.events if isinstance(event, Received)), default=0)
    assert most <= FRAMES_A_TURN + 128 // 6
    assert order.index(quiet.sid) <= 3
    if frame == said(b"", Opcode.PING):
        loop.until(lambda: len(heard(flood.read())) == count)


def test_while_it_is_paused_what_has_come_waits_as_it_came(loop: Loop) -> None:
    client, connection = connect(loop)
    seen = 0

    def pause() -> None:
        nonlocal seen
        if len(items(loop, connection.sid)) > seen:
            seen = len(items(loop, connection.sid))
            loop.hub.pause(connection.sid, True)

    def turns(count: int) -> None:
        last = loop.turns + count
        loop.until(lambda: loop.turns >= last or loop.reactor.soon(lambda: None))

    loop.after_turn = pause
    client.send(b"".join(said(b"PING %d" % number) for number in range(1000)))
    loop.until(lambda: items(loop, connection.sid))
    client.sock.close()
    for _ in range(5):
        turns(10)
        assert len(items(loop, connection.sid)) == seen < 1000
        assert connection.stack.pending()
        before = seen
        loop.hub.pause(connection.sid, False)
        loop.hub.pause(connection.sid, True)  # it was for nothing: no more is taken
        turns(3)
        assert len(items(loop, connection.sid)) == before
        loop.hub.pause(connection.sid, False)
        loop.until(lambda before=before: seen > before)  # type: ignore[misc]
    loop.after_turn = lambda: None
    loop.hub.pause(connection.sid, False)
    loop.until(lambda: connection.closed)
    assert items(loop, connection.sid) == [Message("PING", (str(number),)) for number in range(1000)]
    assert loop.events[-1] == Closed(connection.sid, "Connection closed")


def test_who_does_not_read_is_closed_as_anybody(loop: Loop) -> None:
    loop.send_buffer = 4096
    loop.hub.limits = QueueLimits(stop_reading=8192, close=64 * 1024)
    _, connection = connect(loop, buffer=4096)
    line = b"PRIVMSG #a :" + b"x" * 400 + b"\r\n"

    def more() -> None:
        for _ in range(50):
            loop.hub.send(connection.sid, line)

    loop.after_turn = more
    more()
    loop.until(lambda: connection.closed or loop.reactor.soon(lambda: None))
    loop.after_turn = lambda: None
    assert loop.events[-1] == Closed(connection.sid, "Send queue exceeded: too slow in reading")
