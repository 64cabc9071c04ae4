"""The door: who is let through how, who is turned away, and that a crowd before it does not hold up those inside."""

from __future__ import annotations

import gc
import socket
import ssl
import weakref
from pathlib import Path

import pytest

from natterjack.net import door as door_module
from natterjack.net.door import DoorLimits
from natterjack.net.room import Sharing
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.ports.events import Closed
from tests.support.hall import Hall, TlsClient, lines, opened, shake_all
from tests.support.loop import Client, Loop
from tests.support.tls import client_context, make_certificate, shown_pin

pytestmark = pytest.mark.usefixtures("hasty")

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


@pytest.mark.parametrize("said", [b"NICK a\r\n", b"GET / HTTP/1.0\r\n\r\n"])
def test_whoever_was_heard_already_gets_past_a_crowd_of_silent_ones(
    hall: Hall, loop: Loop, said: bytes
) -> None:
    hall.door.limits = DoorLimits(newcomers=2)
    for count in (1, 2):
        hall.plain()
        hall.accepted(count)
    heard = hall.plain()
    heard.send(said)
    loop.until(lambda: lines(loop) or heard.read())
    assert (len(hall.door), hall.door.refused, len(hall.let_in)) == (2, 0, 1)


#: Addresses of another site than 127.0.0.1 is.
ELSEWHERE = "127.1.0.1", "127.2.0.1"


@pytest.fixture
def counted(hall: Hall) -> Hall:
    """A hall that counts whoever comes from this machine as it counts others."""
    hall.door.sharing = Sharing(trust_loopback=False)
    return hall


def test_a_site_has_a_part_of_the_room_and_is_in_nobody_elses_way(counted: Hall, loop: Loop) -> None:
    counted.door.limits = DoorLimits(newcomers=16)
    clients = [counted.plain() for _ in range(16)]
    counted.accepted(16)
    loop.until(lambda: sum(client.read() == b"" and client.ended for client in clients) == 14)
    assert (len(counted.door), counted.door.refused) == (2, 14)
    other = counted.plain(source=ELSEWHERE[0])
    counted.accepted(17)
    assert len(counted.door) == 3
    assert not other.ended
    clients[0].sock.close()
    clients[1].sock.close()
    loop.until(lambda: len(counted.door) == 1)
    counted.plain()
    counted.accepted(18)
    assert (len(counted.door), counted.door.refused) == (2, 14), "they have room again"


def test_a_private_network_has_more_of_it_and_never_more_than_half(counted: Hall, loop: Loop) -> None:
    counted.door.sharing = Sharing(trust_loopback=False, private_factor=8)
    counted.door.limits = DoorLimits(newcomers=16)
    for _ in range(16):
        counted.plain()
    counted.accepted(16)
    assert (len(counted.door), counted.door.refused) == (8, 8)


def test_where_limits_are_lifted_only_the_whole_is_bounded(counted: Hall, loop: Loop) -> None:
    counted.door.sharing = Sharing(trust_loopback=False, limited=False)
    counted.door.limits = DoorLimits(newcomers=16)
    for _ in range(17):
        counted.plain()
    counted.accepted(17)
    assert (len(counted.door), counted.door.refused) == (16, 1)


def _halves(hall: Hall, many: int) -> None:
    """So many begin a handshake from here and don't go on with it, and the door has seen to each."""
    loop, before = hall.loop, len(hall.door)
    for _ in range(many):
        hall.plain().send(b"\x16\x03\x01")
    loop.until(lambda: len(hall.door) == before + many)
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)


def test_a_site_that_shakes_too_many_hands_waits_for_itself_alone(counted: Hall, loop: Loop) -> None:
    counted.door.limits = DoorLimits(handshakes=16)
    _halves(counted, 20)
    others = [counted.tls(source=source) for source in ELSEWHERE]
    loop.until(lambda: shake_all(others) and counted.door.shaken == 2)
    own = counted.tls()
    counted.accepted(23)
    limits = DoorLimits()
    now = loop.reactor.now.mono
    counted.door.check(now + limits.tls_handshake_crowded + 0.5)
    assert counted.door.failed == 2, "those for whose places others wait have less time"
    counted.door.check(now + limits.first_byte + 0.5)
    assert counted.door.failed >= 18, "nobody stands in line for ever"
    loop.until(lambda: not len(counted.door) or own.shake())


def test_sites_take_turns_in_beginning_their_handshakes(counted: Hall, loop: Loop) -> None:
    counted.door.limits = DoorLimits(handshakes=1)
    _halves(counted, 1)
    crowd = [counted.tls() for _ in range(5)]
    counted.accepted(6)
    for client in crowd:
        client.shake()
    others = [counted.tls(source=source) for source in ELSEWHERE]
    counted.accepted(8)
    for client in others:
        client.shake()
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)  # by now all stand in line
    counted.door.check(loop.reactor.now.mono + DoorLimits().tls_handshake_crowded + 0.5)
    loop.until(lambda: (shake_all(crowd) or True) and shake_all(others))
    assert sum(client.done for client in crowd) <= 2
    loop.until(lambda: shake_all(crowd) and not len(counted.door))


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
