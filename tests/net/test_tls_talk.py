"""What TLS says for itself: a peer may have it say as much as he likes, and holds up nobody by that."""

from __future__ import annotations

import ctypes
import hmac
import socket
import ssl
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from natterjack.net import openssl
from natterjack.net.tls import TlsSocket
from tests.support.hall import Hall, lines
from tests.support.loop import Loop
from tests.support.tls import client_context, ssl_at, update_keys

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


class Records:
    """The records of a client of TLS 1.2 whose handshake is done: what no client would say can be said with them.

    They are those of ``ECDHE-ECDSA-AES128-GCM-SHA256`` (RFC 5246 section 6.3, RFC 5288 section 3).
    """

    def __init__(self, sock: ssl.SSLSocket, key_log: Path) -> None:
        library = openssl.library()
        assert library is not None
        randoms = b"key expansion"
        for name in ("SSL_get_server_random", "SSL_get_client_random"):
            get = getattr(library.functions, name)
            get.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
            random = ctypes.create_string_buffer(32)
            get(ssl_at(sock), random, 32)
            randoms += random.raw
        master = bytes.fromhex(key_log.read_text("ascii").split()[-1])
        keys, chain = b"", randoms
        while len(keys) < 40:
            chain = hmac.digest(master, chain, "sha256")
            keys += hmac.digest(master, chain + randoms, "sha256")
        self._cipher, self._salt = AESGCM(keys[:16]), keys[32:36]
        self._last = 0  # its Finished
        self.sock = socket.socket(fileno=sock.detach())

    def say(self, kind: int, data: bytes) -> None:
        self._last += 1
        number = struct.pack(">Q", self._last)
        sealed = self._cipher.encrypt(
            self._salt + number, data, number + struct.pack(">BHH", kind, 0x303, len(data))
        )
        self.sock.sendall(struct.pack(">BHH", kind, 0x303, 8 + len(sealed)) + number + sealed)


def test_a_read_refuses_one_renegotiation_and_the_others_have_their_turns(
    hall: Hall, loop: Loop, tmp_path: Path
) -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    context.keylog_filename = str(tmp_path / "keys")
    client, _ = hall.shaken(context=context)
    records = Records(client.sock, tmp_path / "keys")
    hall.clients.append(records)
    for _ in range(MANY):
        records.say(22, b"\x01\0\0\0")  # ClientHello, and nothing in it
    records.say(23, b"NICK a\r\n")
    turns = loop.turns
    loop.until(lambda: lines(loop))
    assert loop.turns - turns >= MANY


@pytest.mark.usefixtures("hasty")
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
