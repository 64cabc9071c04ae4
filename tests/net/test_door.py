"""The door: who is let through how, who is turned away, and that a crowd before it does not hold up those inside."""

from __future__ import annotations

import gc
import socket
import ssl
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natterjack.net import door as door_module
from natterjack.net.connection import Connection
from natterjack.net.door import Door, DoorLimits
from natterjack.net.http import HttpStack
from natterjack.net.listener import Listener, open_tcp
from natterjack.net.origin import Origin, Proxies
from natterjack.net.stacks import SniffingStack, Waiting
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.ports.events import Closed, Opened, Received
from natterjack.wire.http import Response
from tests.support.loop import Client, Loop
from tests.support.tls import client_context, make_certificate, shown_pin


class TlsClient:
    """The other end of TLS: non-blocking, turned by the test."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None = None) -> None:
        self.sock = (context or client_context()).wrap_socket(sock, do_handshake_on_connect=False)
        self.data = b""
        self.ended = self.done = False

    def shake(self) -> bool:
        """Whether the handshake is done by now."""
        if not self.done:
            try:
                self.sock.do_handshake()
            except ssl.SSLWantReadError:
                return False
            self.done = True
        return True

    def read(self, most: int = 1 << 30) -> bytes:
        """What has come by now, about ``most`` bytes of it."""
        while not self.ended and most > 0:
            try:
                data = self.sock.recv(65536)
            except ssl.SSLWantReadError:
                break
            self.data += data
            self.ended = not data
            most -= len(data)
        return self.data


class Hall:
    """A loop with a door before it."""

    def __init__(self, loop: Loop, directory: Path) -> None:
        self.loop = loop
        certificate, key, self.pin = make_certificate(directory)
        self.door = Door(loop.reactor, TlsContext(certificate, key), self.enter)
        self.waiting: Waiting = {}
        self.let_in: list[Connection] = []
        (sock,) = open_tcp(["127.0.0.1"], 0)
        (further,) = open_tcp(["127.0.0.1"], 0)
        self.addresses = sock.getsockname(), further.getsockname()
        self.listeners = [
            Listener(loop.reactor, sock, self.door.take),
            Listener(loop.reactor, further, lambda new, peer: self.door.take(new, peer, irc_only=True)),
        ]
        self.clients: list[Any] = []
        self.send_buffer = 0

    def enter(self, sock: socket.socket | TlsSocket, origin: Origin, irc_only: bool) -> SniffingStack:
        if self.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)

        def http(connection: Connection, waiting: Waiting) -> HttpStack:
            return HttpStack(
                connection, waiting, lambda request, peer: Response(200, (), repr(peer.secure).encode())
            )

        make_http = None if irc_only else http
        connection = self.loop.hub.adopt(
            sock, origin, lambda new: SniffingStack(new, self.loop.events.append, self.waiting, make_http)
        )
        self.let_in.append(connection)
        assert isinstance(connection.stack, SniffingStack)
        return connection.stack

    def plain(self, listener: int = 0, receive_buffer: int = 0) -> Client:
        client = Client(self.addresses[listener], receive_buffer)
        self.clients.append(client)
        return client

    def tls(
        self, listener: int = 0, context: ssl.SSLContext | None = None, receive_buffer: int = 0
    ) -> TlsClient:
        client = TlsClient(self.plain(listener, receive_buffer).sock, context)
        self.clients[-1] = client
        return client

    def shaken(self, **options: Any) -> tuple[TlsClient, Connection]:
        """A client through its handshake, and the server's end."""
        count = len(self.let_in)
        client = self.tls(**options)
        self.loop.until(lambda: client.shake() and len(self.let_in) > count)
        return client, self.let_in[-1]

    def accepted(self, count: int) -> None:
        self.loop.until(lambda: self.door.accepted == count)

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()
        self.door.close()
        for client in self.clients:
            client.sock.close()


@pytest.fixture
def hall(loop: Loop, tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(loop, tmp_path)
    yield hall
    hall.close()


def opened(loop: Loop) -> list[Opened]:
    return [event for event in loop.events if isinstance(event, Opened)]


def lines(loop: Loop) -> list[object]:
    return [item for event in loop.events if isinstance(event, Received) for item in event.items]


def shake_all(clients: list[TlsClient]) -> bool:
    """Each gets his turn, whatever the others do."""
    return sum(client.shake() for client in clients) == len(clients)


# -- who comes in how


def test_plain_and_tls_on_one_port(hall: Hall, loop: Loop) -> None:
    plain = hall.plain()
    plain.send(b"NICK plain\r\n")
    loop.until(lambda: len(opened(loop)) == 1)
    tls, connection = hall.shaken()
    assert shown_pin(tls.sock) == hall.pin
    tls.sock.send(b"NICK tls\r\n")
    loop.until(lambda: len(lines(loop)) == 2)
    assert [event.via for event in opened(loop)] == ["irc", "tls"]
    assert opened(loop)[1].port == tls.sock.getsockname()[1]
    loop.hub.send(connection.sid, b"PING :x\r\n")
    loop.until(lambda: tls.read() == b"PING :x\r\n")


@pytest.mark.parametrize("inside", [False, True])
def test_http_inside_and_outside(hall: Hall, loop: Loop, inside: bool) -> None:
    client: TlsClient | Client = hall.shaken()[0] if inside else hall.plain()
    client.sock.send(b"GET / HTTP/1.0\r\n\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert client.data.startswith(b"HTTP/1.1 200 ")
    assert client.data.endswith(b"\r\n\r\n" + repr(inside).encode())
    assert loop.events == []


def test_the_further_port_speaks_irc_only_and_tls(hall: Hall, loop: Loop) -> None:
    hall.plain(1).send(b"GETTING x\r\n")
    loop.until(lambda: len(opened(loop)) == 1)
    hall.shaken(listener=1)[0].sock.send(b"NICK x\r\n")
    loop.until(lambda: len(opened(loop)) == 2)
    assert [event.via for event in opened(loop)] == ["irc", "tls"]


def test_a_browser_is_shown_out_of_the_further_port(hall: Hall, loop: Loop) -> None:
    client = hall.plain(1)
    client.send(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nNICK evil\r\nUSER e 0 * :e\r\n"
    )
    loop.until(lambda: client.read() and client.ended)
    assert client.data == b"ERROR :Closing link: this port speaks IRC only\r\n"
    assert loop.events == []


def test_protocols_are_negotiated(hall: Hall) -> None:
    for offered, chosen in [(["irc"], "irc"), (["h2", "http/1.1"], "http/1.1"), (["h2"], None)]:
        client, _ = hall.shaken(context=client_context(*offered))
        assert client.sock.selected_alpn_protocol() == chosen


def test_a_handshake_byte_by_byte(hall: Hall, loop: Loop) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    speaker = client_context().wrap_bio(incoming, outgoing)
    client = hall.plain()
    while True:
        try:
            speaker.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        for byte in outgoing.read():
            turns = loop.turns
            client.send(bytes([byte]))
            loop.until(lambda turns=turns: loop.turns > turns)  # type: ignore[misc]
        if done:
            break
        client.data = b""
        loop.until(client.read)
        incoming.write(client.data)
    loop.until(lambda: hall.let_in)
    assert hall.let_in[0].via == "tls"
    assert hall.door.shaken == 1


def test_nobody_spins_while_a_newcomer_is_slow(hall: Hall, loop: Loop) -> None:
    half = hall.plain()
    half.send(b"\x16\x03\x01")
    hall.accepted(1)
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)
    before = loop.turns, loop.ticks
    loop.until(lambda: loop.ticks > before[1])
    assert loop.turns - before[0] <= 3


# -- who does not


def test_garbage_behind_the_first_byte(hall: Hall, loop: Loop) -> None:
    client = hall.plain()
    client.send(b"\x16" + b"garbage" * 20)
    loop.until(lambda: (client.read() or True) and client.ended)
    assert (hall.door.failed, len(hall.door), hall.let_in) == (1, 0, [])


def test_nothing_of_a_failed_handshake_stays_until_a_collection(
    hall: Hall, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[ssl.SSLSocket]] = []
    wrap = TlsContext.wrap

    def noted(context: TlsContext, sock: socket.socket) -> TlsSocket:
        secured = wrap(context, sock)
        made.append(weakref.ref(secured._sock))
        return secured

    monkeypatch.setattr(TlsContext, "wrap", noted)
    gc.collect()
    gc.disable()
    try:
        hall.plain().send(b"\x16" + b"GET / HTTP/1.1\r\n\r\n" * 20)
        loop.until(lambda: hall.door.failed == 1)
        assert [kept() for kept in made] == [None]
    finally:
        gc.enable()


def test_one_who_leaves_in_the_middle(hall: Hall, loop: Loop) -> None:
    for head in (b"", b"\x16\x03\x01"):
        hall.plain().send(head)
        hall.accepted(hall.door.accepted + 1)
        hall.clients[-1].sock.close()
        loop.until(lambda: not len(hall.door))
    assert hall.let_in == []


@pytest.mark.parametrize("wanted", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions(hall: Hall, loop: Loop, wanted: ssl.TLSVersion) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = context.maximum_version = wanted
    client = hall.tls(context=context)

    reasons: list[str] = []

    def refused() -> bool:
        try:
            return client.shake()
        except ssl.SSLError as error:
            reasons.append(str(error))
            return True

    loop.until(refused)
    assert "PROTOCOL_VERSION" in reasons[0]
    assert hall.let_in == []


def test_the_slow_are_turned_away(hall: Hall, loop: Loop) -> None:
    silent, half = hall.plain(), hall.plain()
    half.send(b"\x16\x03\x01")
    hall.accepted(2)
    turns = loop.turns
    loop.until(lambda: loop.turns > turns + 1 or loop.ticks)
    now = loop.reactor.now.mono
    hall.door.check(now + DoorLimits().tls_handshake - 0.5)
    assert len(hall.door) == 2
    hall.door.check(now + DoorLimits().tls_handshake + 0.5)
    loop.until(lambda: silent.read() and silent.ended and (half.read() or half.ended))
    assert silent.data == b"ERROR :Closing link: nothing was said for 10 seconds\r\n"
    assert half.data == b""
    assert (len(hall.door), hall.door.failed, loop.events) == (0, 1, [])


def test_times_can_be_changed_for_those_on_their_way(hall: Hall, loop: Loop) -> None:
    silent, half = hall.plain(), hall.plain()
    half.send(b"\x16\x03\x01")
    hall.accepted(2)
    turns = loop.turns
    loop.until(lambda: loop.turns > turns + 1 or loop.ticks)
    now = loop.reactor.now.mono
    hall.door.limits = DoorLimits(first_byte=20, tls_handshake=5)
    hall.door.check(now + 6)
    assert (len(hall.door), hall.door.failed) == (1, 1)
    hall.door.limits = DoorLimits(first_byte=4)
    hall.door.check(now + 6)
    loop.until(lambda: silent.read() and silent.ended)
    assert len(hall.door) == 0


def test_too_many_newcomers(hall: Hall, loop: Loop) -> None:
    hall.door.limits = DoorLimits(newcomers=3)
    clients = [hall.plain() for _ in range(4)]
    hall.accepted(4)
    loop.until(lambda: clients[3].read() == b"" and clients[3].ended)
    assert (len(hall.door), hall.door.refused) == (3, 1)


def test_a_crowd_stands_in_line_and_those_at_it_have_less_time(hall: Hall, loop: Loop) -> None:
    hall.door.limits = DoorLimits(handshakes=2)
    for count in (1, 2):
        hall.plain().send(b"\x16\x03\x01")
        hall.accepted(count)
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)  # by now both are at it
    crowd = [hall.tls() for _ in range(5)]
    hall.accepted(7)
    for client in crowd:
        client.shake()
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)
    assert hall.door.shaken == 0
    hall.door.check(loop.reactor.now.mono + DoorLimits().tls_handshake_crowded + 0.5)
    assert hall.door.failed >= 2
    loop.until(lambda: shake_all(crowd) and hall.door.shaken == 5)
    assert len(hall.door) == 0


def test_a_storm_of_handshakes_leaves_turns_short(
    hall: Hall, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "STEPS_A_TURN", 3)
    steps: list[int] = []
    handshake = TlsSocket.handshake

    def counted(sock: TlsSocket) -> int:
        steps.append(loop.turns)
        return handshake(sock)

    monkeypatch.setattr(TlsSocket, "handshake", counted)
    clients = [hall.tls() for _ in range(20)]
    loop.until(lambda: shake_all(clients) and hall.door.shaken == 20)
    assert max(map(steps.count, steps)) <= 3


def test_closing_turns_everybody_away(hall: Hall, loop: Loop) -> None:
    client = hall.plain()
    hall.accepted(1)
    hall.door.close()
    loop.until(lambda: client.read() == b"" and client.ended)
    assert len(hall.door) == 0


# -- through a proxy

LINE = b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 7667\r\n"
#: Version 2, the same address, and that the client came by TLS.
BLOCK = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x14\xc0\x00\x02\x07\x0a\0\0\1\x0f\xa0\x1d\xf3\x20\x00\x05\1\0\0\0\0"
)
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"


@pytest.fixture
def lobby(hall: Hall) -> Hall:
    """A hall with a proxy before it, which is at 127.0.0.1."""
    hall.door.proxies = Proxies(("10.9.0.0/16", "127.0.0.1"))
    return hall


@pytest.mark.parametrize(("head", "via"), [(LINE, "irc"), (BLOCK, "tls")])
def test_a_head_says_whose_connection_it_is(lobby: Hall, loop: Loop, head: bytes, via: str) -> None:
    client = lobby.plain()
    client.send(head + b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    assert opened(loop) == [Opened(lobby.let_in[0].sid, "192.0.2.7", 4000, via, proxied=True)]
    assert len(lines(loop)) == 1


@pytest.mark.parametrize("head", [LINE, BLOCK, LOCAL])
def test_a_head_byte_by_byte_and_what_follows_is_left_alone(lobby: Hall, loop: Loop, head: bytes) -> None:
    client = lobby.plain()
    lobby.accepted(1)
    for byte in head:
        turns = loop.turns
        client.send(bytes([byte]))
        loop.until(lambda turns=turns: loop.turns > turns)  # type: ignore[misc]
    assert len(lobby.door) == 1
    tls = TlsClient(client.sock)
    lobby.clients[-1] = tls
    loop.until(lambda: tls.shake() and lobby.let_in)
    tls.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    assert (opened(loop)[0].via, opened(loop)[0].proxied) == ("tls", True)
    assert opened(loop)[0].ip == ("127.0.0.1" if head == LOCAL else "192.0.2.7")


@pytest.mark.parametrize("head", [LINE, BLOCK])
def test_head_and_tls_hello_in_one_packet(lobby: Hall, loop: Loop, head: bytes) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    speaker = client_context().wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        speaker.do_handshake()
    client = lobby.plain()
    client.send(head + outgoing.read())
    loop.until(client.read)
    incoming.write(client.data)
    speaker.do_handshake()
    client.send(outgoing.read())
    loop.until(lambda: lobby.let_in)
    assert (lobby.let_in[0].ip, lobby.let_in[0].via, lobby.door.shaken) == ("192.0.2.7", "tls", 1)


@pytest.mark.parametrize(("head", "secure"), [(LINE, b"False"), (BLOCK, b"True")])
def test_http_behind_a_head(lobby: Hall, loop: Loop, head: bytes, secure: bytes) -> None:
    client = lobby.plain()
    client.send(head + b"GET / HTTP/1.0\r\n\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert client.data.endswith(b"\r\n\r\n" + secure)


@pytest.mark.parametrize("first", [b"NICK a\r\n", b"PASS a\r\n", b"P", b"\r\nNICK a\r\n", b"PROXYING\r\n"])
def test_a_proxy_without_a_head_is_a_peer(lobby: Hall, loop: Loop, first: bytes) -> None:
    client = lobby.plain()
    for byte in first + b"ING x\r\n" * (first == b"P"):
        turns = loop.turns
        client.send(bytes([byte]))
        loop.until(lambda turns=turns: loop.turns > turns)  # type: ignore[misc]
    loop.until(lambda: lines(loop))
    assert [(event.ip, event.proxied) for event in opened(loop)] == [("127.0.0.1", True)]
    assert {getattr(item, "command", "NICK") for item in lines(loop)} <= {
        "NICK",
        "PASS",
        "PING",
        "PROXYING",
        "*",
    }


def test_a_proxy_without_a_head_may_speak_tls(lobby: Hall, loop: Loop) -> None:
    client, connection = lobby.shaken()
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    assert (connection.via, connection.origin.proxied) == ("tls", True)


@pytest.mark.parametrize("head", [LINE, BLOCK])
def test_whoever_is_no_proxy_is_not_believed(hall: Hall, loop: Loop, head: bytes) -> None:
    for inside in (False, True):
        client: TlsClient | Client = hall.shaken()[0] if inside else hall.plain()
        client.sock.send(head + b"NICK a\r\n")
        loop.until(lambda client=client: client.read() and client.ended)  # type: ignore[misc]
        assert client.data.startswith(
            b"ERROR :Closing link: PROXY protocol heads are taken from those in access."
        )
    assert loop.events == []


def test_one_head_only(lobby: Hall, loop: Loop) -> None:
    client = lobby.plain()
    client.send(LINE + LINE.replace(b".7", b".8") + b"NICK a\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert client.data.startswith(b"ERROR :Closing link: PROXY protocol heads")
    assert loop.events == []


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"PROXY TCP4 nonsense\r\nNICK a\r\n", "its line is not"),
        (b"PROXY " + b"x" * 200, "longer than 107"),
        (BLOCK[:12] + b"\x21\x11\xff\xff", "65551 bytes, and 4096"),
    ],
)
def test_a_bad_head_is_closed_with_a_word_in_the_log(
    lobby: Hall, loop: Loop, caplog: pytest.LogCaptureFixture, head: bytes, why: str
) -> None:
    client = lobby.plain()
    client.send(head)
    loop.until(lambda: client.read() == b"" and client.ended)
    assert f"from the proxy 127.0.0.1: bad PROXY protocol head: {why}"[:40] in caplog.text
    assert why in caplog.text
    assert (len(lobby.door), lobby.door.bad_heads, lobby.door.failed, loop.events) == (0, 1, 0, [])


def test_a_slow_head_spins_nobody_and_has_its_time(
    lobby: Hall, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    silent, slow = lobby.plain(), lobby.plain()
    slow.send(LINE[:20])
    lobby.accepted(2)
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)
    before = loop.turns, loop.ticks
    loop.until(lambda: loop.ticks > before[1])
    assert loop.turns - before[0] <= 3
    lobby.door.check(loop.reactor.now.mono + lobby.door.limits.first_byte + 0.5)
    loop.until(lambda: silent.read() and silent.ended and (slow.read() or slow.ended))
    assert silent.data == b"ERROR :Closing link: nothing was said for 10 seconds\r\n"
    assert slow.data == b""
    assert "the rest of it did not come in time" in caplog.text


def test_a_proxy_that_leaves_in_its_head(lobby: Hall, loop: Loop) -> None:
    for head in (b"", LINE[:9]):
        lobby.plain().send(head)
        lobby.accepted(lobby.door.accepted + 1)
        lobby.clients[-1].sock.close()
        loop.until(lambda: not len(lobby.door))
    assert lobby.let_in == []


# -- inside TLS


def test_a_slow_reader_gets_all_in_order_and_holds_nobody_up(hall: Hall, loop: Loop) -> None:
    hall.send_buffer = 8 * 1024
    client, connection = hall.shaken(receive_buffer=8 * 1024)
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    wanted = b"".join(b"%06d %s\r\n" % (number, b"x" * 200) for number in range(4000))
    sent = 0
    for size in [1, 5000, 16384, 16385, 40000, 1, 2] * 100:
        loop.hub.send(connection.sid, wanted[sent : sent + size])
        sent += size
        loop.hub.flush()
        if sent >= len(wanted):
            break
    assert connection.queued > 64 * 1024
    loop.until(lambda: len(client.read(3000)) >= len(wanted))
    assert client.data == wanted
    assert connection.queued == loop.hub.queued == 0


def test_a_record_is_taken_whole_and_nothing_is_left_inside(hall: Hall, loop: Loop) -> None:
    client, _ = hall.shaken()
    count = 1000
    data = b"".join(b"PING %d\r\n" % number for number in range(count))
    client.sock.send(data)
    loop.until(lambda: len(lines(loop)) == count)
    for _ in range(200):  # many small records in one go
        client.sock.send(b"P\r\n")
    loop.until(lambda: len(lines(loop)) == count + 200)


def test_pending_bytes_are_read_at_once(hall: Hall, loop: Loop) -> None:
    client, connection = hall.shaken()
    client.sock.send(b"x" * 16_000)
    assert isinstance(connection.sock, TlsSocket)
    for _ in range(1000):
        try:
            data = connection.sock.recv(10)
            break
        except BlockingIOError:
            continue
    else:
        raise AssertionError("nothing came")
    assert len(data) == 16_000


def test_the_end_is_said_on_both_sides(hall: Hall, loop: Loop) -> None:
    client, connection = hall.shaken()
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    client.sock.suppress_ragged_eofs = False  # then an end without close_notify would raise
    loop.hub.send(connection.sid, b"ERROR :bye\r\n")
    loop.hub.close(connection.sid)
    client.sock.send(b"more that nobody reads\r\n")
    loop.until(lambda: client.read() and client.ended)
    assert client.data == b"ERROR :bye\r\n"
    client.sock.close()
    loop.until(lambda: connection.closed)


def test_a_peer_that_ends_with_close_notify_has_ended(hall: Hall, loop: Loop) -> None:
    client, connection = hall.shaken()
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    with pytest.raises(ssl.SSLWantReadError):
        client.sock.unwrap()
    loop.until(lambda: connection.closed)
    assert loop.events[-1] == Closed(connection.sid, "Connection closed")


def test_a_spoilt_record_ends_the_connection(hall: Hall, loop: Loop) -> None:
    client, connection = hall.shaken()
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    raw = socket.socket(fileno=client.sock.detach())
    hall.clients.append(Client.__new__(Client))
    hall.clients[-1].sock = raw
    raw.send(b"\x17\x03\x03\x00\x20" + b"x" * 32)
    loop.until(lambda: connection.closed)
    closed = loop.events[-1]
    assert isinstance(closed, Closed)
    assert closed.reason.startswith("TLS error: ")


def test_a_new_certificate_is_for_those_who_come_now(hall: Hall, loop: Loop, tmp_path: Path) -> None:
    first, inside = hall.shaken()
    certificate, key, pin = make_certificate(tmp_path, "new")
    hall.door.tls = TlsContext(certificate, key)
    second, _ = hall.shaken()
    assert shown_pin(second.sock) == pin != hall.pin
    first.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    assert not inside.closed
