"""Key updates (RFC 8446 section 4.6.3): a peer may send as many as he likes, and holds up nobody by that."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from natterjack.net import openssl
from natterjack.net.tls import TlsSocket
from tests.support.hall import Hall, lines
from tests.support.loop import Loop
from tests.support.tls import client_context, update_keys

pytestmark = pytest.mark.skipif(
    openssl.library() is None, reason="this Python's OpenSSL is not to be had through ctypes"
)

MANY = 200


@pytest.mark.parametrize("wanted", [False, True])
def test_a_read_takes_one_and_the_others_have_their_turns(hall: Hall, loop: Loop, wanted: bool) -> None:
    client, connection = hall.shaken()
    client.sock.send(b"NICK a\r\n")
    loop.until(lambda: lines(loop))
    for _ in range(MANY):
        update_keys(client.sock, wanted)
    client.sock.send(b"NICK b\r\n")
    turns = loop.turns
    loop.until(lambda: len(lines(loop)) == 2)
    assert loop.turns - turns >= MANY
    loop.hub.send(connection.sid, b"PING :x\r\n")
    loop.until(lambda: client.read() == b"PING :x\r\n")


def test_nobody_spins_behind_the_last_and_what_follows_is_read(hall: Hall, loop: Loop) -> None:
    client, _ = hall.shaken()
    for number in range(3):
        client.sock.send(b"NICK a%d\r\n" % number)
        update_keys(client.sock)
        loop.until(lambda number=number: len(lines(loop)) > number)  # type: ignore[misc]
    start = loop.ticks
    loop.until(lambda: loop.ticks > start)
    before = loop.turns, loop.ticks
    loop.until(lambda: loop.ticks > before[1])
    assert loop.turns - before[0] <= 3


def test_where_openssl_is_not_to_be_had_all_is_as_python_has_it(
    hall: Hall, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(openssl, "library", lambda: None)
        client, _ = hall.shaken()
    for _ in range(MANY):
        update_keys(client.sock)
    client.sock.send(b"NICK a\r\n")
    turns = loop.turns
    loop.until(lambda: lines(loop))
    assert loop.turns - turns < MANY // 2, "then this is what nothing can be done about"


def test_a_place_that_is_not_what_python_says_is_left_alone(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, connection = hall.shaken()
    assert isinstance(connection.sock, TlsSocket)
    wrapped = connection.sock._sock
    assert openssl.step_by_step(wrapped)
    other = SimpleNamespace(_sslobj=wrapped._sslobj, context=client_context())  # type: ignore[attr-defined]
    assert not openssl.step_by_step(other)  # type: ignore[arg-type]
    assert not openssl.step_by_step(SimpleNamespace(_sslobj=object()))  # type: ignore[arg-type]
    monkeypatch.setattr(openssl, "context_at", lambda _context: 1)
    assert not openssl.step_by_step(wrapped)
