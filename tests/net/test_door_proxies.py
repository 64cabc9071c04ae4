"""The door behind a proxy: whom its head is believed of, and what a bad one leads to."""

from __future__ import annotations

import ssl

import pytest

from natterjack.net.door import DoorLimits
from natterjack.net.origin import Proxies
from natterjack.net.room import Sharing
from natterjack.ports.events import Opened
from tests.support.hall import Hall, TlsClient, lines, opened
from tests.support.loop import Client, Loop
from tests.support.tls import client_context

pytestmark = pytest.mark.usefixtures("hasty")

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


@pytest.mark.parametrize("first", [b"NICK a\r\n", b"PROXY?\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_a_proxy_may_have_to_begin_with_a_head(lobby: Hall, loop: Loop, first: bytes) -> None:
    lobby.door.needs_heads = True
    client = lobby.plain()
    client.send(first)
    loop.until(lambda: client.read() == b"" and client.ended)
    assert (lobby.let_in, lobby.door.bad_heads) == ([], 1)
    other = lobby.plain()
    other.send(LINE + b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    assert lobby.let_in[0].ip == "192.0.2.7"


def test_who_comes_by_a_proxy_is_counted_where_it_says_and_the_proxy_itself_nowhere(
    lobby: Hall, loop: Loop
) -> None:
    lobby.door.sharing = Sharing(trust_loopback=False)
    lobby.door.limits = DoorLimits(newcomers=16)
    clients = [lobby.plain() for _ in range(8)]
    lobby.accepted(8)
    assert (len(lobby.door), lobby.door.refused) == (8, 0)
    for client in clients[:4]:
        client.send(LINE)
    loop.until(lambda: sum(client.read() == b"" and client.ended for client in clients) == 2)
    assert (len(lobby.door), lobby.door.refused) == (6, 2)
    clients[4].send(LINE.replace(b"192.0.2.7", b"1.2.3.4"))
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)
    assert (len(lobby.door), lobby.door.refused) == (6, 2)


def test_a_proxied_origin_that_nobody_bounds_still_counts_in_the_whole(lobby: Hall) -> None:
    lobby.door.limits = DoorLimits(newcomers=16)
    for _ in range(17):
        lobby.plain()
    lobby.accepted(17)
    assert (len(lobby.door), lobby.door.refused) == (16, 1)
