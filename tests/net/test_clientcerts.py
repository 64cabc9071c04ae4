"""Client certificates: whoever has one shows it, whoever has none gets in, and where Python can't, nothing is asked."""

from __future__ import annotations

import hashlib
import importlib.util
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509

from natterjack.net import clientcerts, openssl
from natterjack.net.reactor import WRITE
from natterjack.net.tls import TlsContext, TlsSocket
from tests.support.tls import client_context, make_certificate

_found = openssl.library
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

pytestmark = pytest.mark.skipif(
    openssl.library() is None, reason="this Python's OpenSSL is not to be had through ctypes"
)


class Meeting:
    """Handshakes between two ends of a pair of sockets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        certificate, key, _ = make_certificate(directory, "server")
        self.context = TlsContext(certificate, key, ask=True)
        self.socks: list[Any] = []

    def client(self, version: ssl.TLSVersion, *files: Path) -> ssl.SSLContext:
        context = client_context()
        context.minimum_version = context.maximum_version = version
        if files:
            context.load_cert_chain(files[0], files[1])
        return context

    def shake(
        self, context: ssl.SSLContext, session: ssl.SSLSession | None = None
    ) -> tuple[TlsSocket, ssl.SSLSocket]:
        """Both ends, through the handshake, and a byte through after it (which brings tickets). Raises ``OSError``."""
        ours, theirs = socket.socketpair()
        self.socks += [ours, theirs]
        for sock in (ours, theirs):
            sock.setblocking(False)
        server = self.context.wrap(ours)
        client = context.wrap_socket(theirs, do_handshake_on_connect=False, session=session)
        self.socks += [server, client]
        done = [False, False]
        while not all(done):
            if not done[0]:
                try:
                    client.do_handshake()
                    done[0] = True
                except ssl.SSLWantReadError:
                    pass  # it is the server's turn
            if not done[1]:
                want = server.handshake()
                assert want != WRITE
                done[1] = not want
        server.send(b"x")
        assert client.recv(1) == b"x"
        return server, client

    def close(self) -> None:
        for sock in self.socks:
            sock.close()


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    meeting = Meeting(tmp_path)
    yield meeting
    meeting.close()


def fingerprint(certificate: Path) -> str:
    """As OpenSSL would show it, without colons."""
    data = ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii"))
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_nobody_vouches_for_is_shown(meeting: Meeting, version: ssl.TLSVersion) -> None:
    for days in (30, -1):  # one of them ran out yesterday
        certificate, key, _ = make_certificate(meeting.directory, f"client{days}", days=days, from_days=-3)
        server, _ = meeting.shake(meeting.client(version, certificate, key))
        assert server.fingerprint() == fingerprint(certificate)


@pytest.mark.parametrize("version", VERSIONS)
def test_who_has_none_gets_in(meeting: Meeting, version: ssl.TLSVersion) -> None:
    context = meeting.client(version)
    server, client = meeting.shake(context)
    assert server.fingerprint() == ""
    server, client = meeting.shake(context, client.session)
    assert client.session_reused
    assert server.fingerprint() == ""


@pytest.mark.parametrize("version", VERSIONS)
def test_whoever_comes_back_by_ticket_still_has_it(meeting: Meeting, version: ssl.TLSVersion) -> None:
    certificate, key, _ = make_certificate(meeting.directory, "client")
    context = meeting.client(version, certificate, key)
    _, client = meeting.shake(context)
    for _ in range(2):
        server, client = meeting.shake(context, client.session)
        assert client.session_reused
        assert server.fingerprint() == fingerprint(certificate)


def test_without_tickets_nothing_is_kept_for_resuming(meeting: Meeting) -> None:
    context = meeting.client(ssl.TLSVersion.TLSv1_2)
    context.options |= ssl.OP_NO_TICKET
    _, client = meeting.shake(context)
    _, client = meeting.shake(context, client.session)
    assert not client.session_reused


@pytest.mark.parametrize("version", VERSIONS)
def test_a_heap_of_certificates_is_refused(meeting: Meeting, version: ssl.TLSVersion) -> None:
    names = tuple(x509.DNSName(f"{number}.{'x' * 60}.example") for number in range(300))
    certificate, key, _ = make_certificate(meeting.directory, "client", hosts=names)
    with pytest.raises(OSError, match="excessive message size"):
        meeting.shake(meeting.client(version, certificate, key))


def test_where_it_is_not_wanted_nothing_is_asked(meeting: Meeting) -> None:
    meeting.context = TlsContext(meeting.directory / "server.pem", meeting.directory / "server.key")
    assert not meeting.context.asks
    certificate, key, _ = make_certificate(meeting.directory, "client")
    server, _ = meeting.shake(meeting.client(ssl.TLSVersion.TLSv1_3, certificate, key))
    assert server.fingerprint() == ""


# -- where something does not fit


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The library is looked for again, and once more afterwards."""
    _found.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    _found.cache_clear()


def refuses() -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return not clientcerts.ask(context) and context.verify_mode == ssl.CERT_NONE


def test_another_python(anew: pytest.MonkeyPatch) -> None:
    anew.setattr(openssl, "sys", SimpleNamespace(implementation=SimpleNamespace(name="pypy")))
    assert refuses()


def test_a_python_without_ctypes(anew: pytest.MonkeyPatch) -> None:
    anew.setattr(openssl, "_HAS_CTYPES", False)
    assert refuses()


@pytest.mark.parametrize("module", ["sys", "_struct", "natterjack"])
def test_a_library_that_is_linked_in_or_is_none(anew: pytest.MonkeyPatch, module: str) -> None:
    found = importlib.util.find_spec(module)
    anew.setattr(importlib.util, "find_spec", lambda _name: found)
    assert refuses()


def test_a_library_of_another_version(anew: pytest.MonkeyPatch) -> None:
    anew.setattr(ssl, "OPENSSL_VERSION_NUMBER", 0x10101000)
    assert refuses()


@pytest.mark.parametrize("mode", [0, 1])
def test_a_place_that_does_not_follow_what_python_sets(anew: pytest.MonkeyPatch, mode: int) -> None:
    functions = SimpleNamespace(SSL_CTX_get_verify_mode=lambda _pointer: mode)
    anew.setattr(openssl, "library", lambda: SimpleNamespace(functions=functions))
    assert refuses()
