"""``serve`` and client certificates over real TLS: registered by the account's owner, used from then on."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from natterjack.net import openssl
from tests.support.process import PATIENCE, ServerProcess, serving
from tests.support.tls import client_context, make_certificate

pytestmark = pytest.mark.skipif(
    openssl.library() is None, reason="this Python's OpenSSL is not to be had through ctypes"
)


class Person:
    """Somebody with TLS, and a certificate where there are files."""

    def __init__(self, server: ServerProcess, *files: Path) -> None:
        context = client_context()
        if files:
            context.load_cert_chain(files[0], files[1])
        sock = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.sock: ssl.SSLSocket = context.wrap_socket(sock)
        self.lines = self.sock.makefile("rb")

    def ask(self, awaited: str, *said: str) -> str:
        """Say that, and read on to the line with ``awaited`` in it."""
        self.sock.sendall("".join(f"{line}\r\n" for line in said).encode())
        for line in self.lines:
            if awaited.encode() in line:
                return line.decode().rstrip("\r\n")
        raise AssertionError(f"{awaited} did not come")

    def close(self) -> None:
        self.lines.close()
        self.sock.close()


def test_registered_once_a_certificate_logs_in_also_after_a_restart(tmp_path: Path) -> None:
    certificate, key, _ = make_certificate(tmp_path, "alice")
    other = make_certificate(tmp_path, "mallory")[:2]
    with serving(tmp_path / "data") as server:
        alice = Person(server, certificate, key)
        assert "sasl=EXTERNAL,PLAIN," in alice.ask(" sasl=", "CAP LS 302")
        alice.ask(" 001 ", "NICK alice", "USER a 0 * :A", "CAP END")
        assert "REGISTER SUCCESS" in alice.ask("REGISTER", "REGISTER * * correct-horse")
        assert "NOTE CERT ADDED" in alice.ask(" CERT ", "CERT ADD")
        assert "276 alice alice :has client certificate fingerprint" in alice.ask(" 276 ", "WHOIS alice")
        alice.close()
        assert server.end()[0] == 0
    with serving(tmp_path / "data") as server:
        for files, numeric in (((certificate, key), "903"), (other, "904")):
            person = Person(server, *files)
            person.ask(" ACK ", "CAP REQ sasl")
            person.ask("AUTHENTICATE +", "AUTHENTICATE EXTERNAL")
            assert numeric in person.ask(f" {numeric} ", "AUTHENTICATE +")
            person.close()
        nobody = Person(server)
        assert "EXTERNAL" not in nobody.ask(" sasl=", "CAP LS 302")
        nobody.close()


def test_where_the_owner_does_not_want_it_nobody_is_asked(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, "alice")[:2]
    with serving(tmp_path / "data", env={"NATTERJACK_TLS__CLIENT_CERTIFICATES": "no"}) as server:
        person = Person(server, *files)
        assert "sasl=PLAIN," in person.ask(" sasl=", "CAP LS 302")
        person.close()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssls_own_client(tmp_path: Path, version: str) -> None:
    certificate, key, _ = make_certificate(tmp_path, "alice")
    done = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    shown = done.stdout.strip().partition("=")[2]
    with serving(tmp_path / "data") as server:
        words = ["openssl", "s_client", "-quiet", version, "-connect", f"127.0.0.1:{server.port}"]
        said = subprocess.run(
            [*words, "-cert", str(certificate), "-key", str(key)],
            input="NICK alice\r\nUSER a 0 * :A\r\nWHOIS alice\r\nQUIT\r\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        ).stdout
    assert f":has client certificate fingerprint {shown.replace(':', '').lower()}" in said
