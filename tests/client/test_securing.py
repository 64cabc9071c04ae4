"""The driver over TLS: by pin, by what is known, by an authority; and all that may be at the other end instead."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from natterjack.client import errors
from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address, Security
from natterjack.client.driver import Driver
from natterjack.client.trust import Trust
from tests.client.scripted import PATIENCE, Scripted
from tests.client.test_driver import KIM, Ear
from tests.support.tls import make_certificate


class Secured(Scripted):
    """A scripted server behind TLS."""

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.context.set_alpn_protocols(["irc"])
        self.shaken = 0

    def accept(self) -> None:
        super().accept()
        assert self._sock is not None
        self._sock = self.context.wrap_socket(self._sock, server_side=True)
        self.shaken += 1

    def turned_down(self) -> None:
        """Somebody comes, looks at the certificate, and goes without a word."""
        said = ""
        try:
            self.accept()
            said = self.line()
        except (ssl.SSLError, ConnectionError):
            pass  # it goes with an alert, or before we are done
        self.hang_up()
        assert said == ""


class SecureEar(Ear):
    """An ear with a memory of servers of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.driver.close()
        self.driver = Driver(self.mailbox.put, patience=PATIENCE, trust=Trust(directory))


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[SecureEar]:
    ear = SecureEar(tmp_path / "client")
    yield ear
    ear.mailbox.close()
    ear.driver.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Secured]:
    certificate, key, _ = make_certificate(tmp_path)
    with Secured(certificate, key) as server:
        yield server


def pin(tmp_path: Path) -> str:
    """The pin of the server's certificate."""
    key = load_pem_private_key((tmp_path / "test.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return make_certificate(tmp_path, "same-key", key=key)[2]


def failure(ear: Ear) -> errors.ConnectError:
    return ear.wait(e.ConnectFailed).error


def test_by_pin_and_then_without(ear: SecureEar, server: Secured, tmp_path: Path) -> None:
    for address in (
        Address("127.0.0.1", server.port, pin=pin(tmp_path)),
        Address("127.0.0.1", server.port, security=Security.TLS),
    ):
        ear.driver.connect(address, KIM)
        server.let_in()
        ear.wait(e.Ready)
        ear.driver.send(r.Say(1, "#lobby", "hello"))
        assert server.expect("PRIVMSG") == "PRIVMSG #lobby hello"
        server.answer_ping()
        assert ear.wait(e.Acked).ref == 1
        ear.driver.disconnect("bye")
        assert server.expect("QUIT")
        server.hang_up()
        assert ear.wait(e.Disconnected).error is None


def test_a_man_in_the_middle_hears_nothing(ear: SecureEar, server: Secured, tmp_path: Path) -> None:
    _, _, other = make_certificate(tmp_path, "other")
    ear.driver.connect(Address("127.0.0.1", server.port, "invite", other), KIM)
    server.turned_down()
    assert isinstance(failure(ear), errors.WrongKey)


def test_a_key_that_has_changed(ear: SecureEar, server: Secured, tmp_path: Path) -> None:
    ear.driver.connect(Address("127.0.0.1", server.port, pin=pin(tmp_path)), KIM)
    server.let_in()
    ear.wait(e.Ready)
    server.hang_up()
    ear.wait(e.Disconnected)
    server.context.load_cert_chain(*make_certificate(tmp_path, "other")[:2])
    ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
    server.turned_down()
    error = failure(ear)
    assert isinstance(error, errors.KeyChanged)
    assert "--pin SHA256:" in error.text


def test_the_first_time_the_key_is_shown(ear: SecureEar, server: Secured, tmp_path: Path) -> None:
    ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
    server.turned_down()  # no authority vouches for it
    server.turned_down()  # and its key is not known
    error = failure(ear)
    assert isinstance(error, errors.UnknownKey)
    assert error.pin == pin(tmp_path)
    assert error.pin in error.text


@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", True), ("127.0.0.9", False)])
def test_by_authority(
    ear: SecureEar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    authority, _, _ = make_certificate(tmp_path, "authority", key=key, authority=True)
    issuer = x509.load_pem_x509_certificate(authority.read_bytes()), key
    hosts = (x509.IPAddress(ip_address(name)),)
    certificate, private, _ = make_certificate(tmp_path, "leaf", issuer=issuer, hosts=hosts)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with Secured(certificate, private) as server:
        ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
        if trusted:
            server.let_in()
            ear.wait(e.Ready)
            assert not (tmp_path / "client").exists()  # what an authority vouches for need not be kept
        else:
            server.turned_down()
            server.turned_down()
            assert isinstance(failure(ear), errors.UnknownKey)


def test_a_server_without_tls(ear: SecureEar) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
        server.accept()
        server.send("ERROR :what is this?")
        error = failure(ear)
    assert isinstance(error, errors.NoTls)
    assert "--plaintext" in error.text


# ssl.py may lose a socket that is reset while it looks at it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("how", ["closes", "resets"])
def test_a_server_that_leaves(ear: SecureEar, how: str) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
        server.accept()
        server.hang_up(rudely=how == "resets")
        # a reset may be faster than we learn that we are connected
        assert isinstance(failure(ear), (errors.BadTls, errors.ConnectRefused))


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    ear = Ear()
    try:
        with Scripted() as server:
            ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
            server.accept()
            assert isinstance(failure(ear), errors.ConnectTimedOut)
    finally:
        ear.mailbox.close()
        ear.driver.close()


def test_leaving_in_the_middle(ear: SecureEar) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port, security=Security.TLS), KIM)
        server.accept()
        ear.driver.disconnect()
        assert ear.wait(e.Disconnected).error is None


def test_a_damaged_memory_of_servers(ear: SecureEar, tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "known-servers.json").write_text("{")
    ear.driver.connect(Address("192.0.2.1"), KIM)
    assert isinstance(failure(ear), errors.TrustUnreadable)


def test_much_in_both_directions(ear: SecureEar, server: Secured, tmp_path: Path) -> None:
    ear.driver.connect(Address("127.0.0.1", server.port, pin=pin(tmp_path)), KIM)
    server.let_in()
    ear.wait(e.Ready)
    assert server._sock is not None
    server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    count = 2000
    server.send(*(f":alice!a@h PRIVMSG #lobby :{number} {'x' * 300}" for number in range(count)))
    heard = [ear.wait(e.MessageReceived).text.split()[0] for _ in range(count)]
    assert heard == [str(number) for number in range(count)]
    for number in range(400):
        ear.driver.send(r.Say(number, "#lobby", f"{number} {'y' * 300}"))
    for number in range(400):
        assert server.expect("PRIVMSG").startswith(f"PRIVMSG #lobby :{number} ")
