"""``serve`` with TLS as a process: links and pins, stock tools, a certificate swapped, the way in from elsewhere."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from natterjack.client import Client
from natterjack.client.address import Security
from natterjack.proto.joinlink import parse_link
from tests.support.elsewhere import Elsewhere, elsewhere_fixture
from tests.support.process import PATIENCE, ServerProcess, run, serving
from tests.support.tls import client_context, make_certificate, shown_pin

elsewhere = elsewhere_fixture
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


def connect(port: int) -> ssl.SSLSocket:
    """TLS to the server on this machine."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return client_context().wrap_socket(sock)


def s_client(port: int, *options: str, text: str = "") -> str:
    """What openssl's client says when it is fed ``text``."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.stdout + done.stderr


def test_the_first_line_has_link_and_pin(server: ServerProcess) -> None:
    link = parse_link(server.first["link"])
    assert (link.host, link.port, link.pin) == ("127.0.0.1", server.port, server.first["pin"])
    with connect(server.port) as sock:
        assert shown_pin(sock) == link.pin
        assert sock.version() == "TLSv1.3"


def test_the_console_says_who_came_by_tls(server: ServerProcess) -> None:
    with connect(server.port) as sock, sock.makefile("rb") as lines:
        sock.sendall(b"NICK secret\r\nUSER s 0 * :s\r\nPING end\r\n")
        assert any(b" PONG " in line for line in lines)
        table = server.console("users").stdout
        assert "secret" in table
        assert "TLS" in table


@pytest.mark.parametrize("secure", [False, True])
def test_http(server: ServerProcess, secure: bool) -> None:
    connection: http.client.HTTPConnection = (
        http.client.HTTPSConnection("127.0.0.1", server.port, timeout=PATIENCE, context=client_context())
        if secure
        else http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    )
    with contextlib.closing(connection):
        statuses = []
        for path in ("/healthz", "/readyz", "/metrics", "/", "/nothing"):
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            statuses.append(response.status)
            if path == "/metrics":
                assert b"\nnatterjack_tls_handshakes_total " in body
        assert statuses == [200, 200, 200, 200, 404]


def test_readyz_while_draining(server: ServerProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        for words, status in ((("drain",), 503), (("drain", "off"), 200)):
            assert server.console(*words).returncode == 0
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            assert response.status == status
            response.read()


@needs_openssl
def test_nobody_renegotiates(server: ServerProcess) -> None:
    said = s_client(server.port, "-tls1_2", text="R\n")
    assert "RENEGOTIATING" in said
    assert "no renegotiation" in said.lower() or "ssl alert" in said.lower()


@needs_openssl
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_nothing_older_than_tls_1_2(server: ServerProcess, version: str) -> None:
    said = s_client(server.port, version, "-cipher", "ALL:@SECLEVEL=0")
    assert "alert protocol version" in said
    assert "Cipher is (NONE)" in said


@needs_openssl
def test_keys_are_updated_when_asked(server: ServerProcess) -> None:
    """A read that has to write: the peer wants new keys of us as well (RFC 8446 section 4.6.3)."""
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_3"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        for text, awaited in (
            (b"K\n", b"KEYUPDATE"),
            (b"NICK k\nUSER k 0 * :k\n", b" 001 k "),
        ):
            peer.stdin.write(text)
            peer.stdin.flush()
            assert any(awaited in line for line in peer.stdout)
        peer.kill()


def test_sighup_swaps_the_certificate_and_keeps_the_old_where_the_new_is_no_good(tmp_path: Path) -> None:
    certificate, key, pin = make_certificate(tmp_path, "now")
    _, _, next_pin = make_certificate(tmp_path, "next")
    settings = {"NATTERJACK_TLS__CERT": str(certificate), "NATTERJACK_TLS__KEY": str(key)}
    with serving(tmp_path / "data", "--log-level", "info", env=settings) as server:
        assert server.first["pin"] == pin
        assert server.process.stderr is not None
        with connect(server.port) as before:
            for source, said, shown in (
                ("next.pem", "kept the old certificate", pin),
                ("next.key", "its key is another one", next_pin),
            ):
                (tmp_path / source.replace("next", "now")).write_bytes((tmp_path / source).read_bytes())
                server.signal(signal.SIGHUP)
                assert any(said in line for line in server.process.stderr)
                with connect(server.port) as sock:
                    assert shown_pin(sock) == shown
            before.sendall(b"NICK before\r\nUSER b 0 * :b\r\n")
            assert before.recv(1)


def test_one_that_has_run_out_is_shown_all_the_same_and_that_is_said(tmp_path: Path) -> None:
    """The renewal failed, and the machine was started anew: whoever knows the key comes in."""
    certificate, key, pin = make_certificate(tmp_path, "now", days=-1, from_days=-5)
    _, _, next_pin = make_certificate(tmp_path, "next")
    settings = {"NATTERJACK_TLS__CERT": str(certificate), "NATTERJACK_TLS__KEY": str(key)}
    with serving(tmp_path / "data", env=settings) as server:
        log = server.process.stderr
        assert log is not None
        assert f"ERROR {certificate} ran out on 2" in log.readline()
        with Client("127.0.0.1", server.port, pin=pin, security=Security.TLS, data_dir=tmp_path) as chat:
            assert chat.nick == "bot"
        said = server.console("reload")
        assert (said.returncode, "ran out on 2" in said.stdout) == (0, True)
        assert any("ran out on 2" in line for line in log)
        for source in ("next.pem", "next.key"):
            (tmp_path / source.replace("next", "now")).write_bytes((tmp_path / source).read_bytes())
        said = server.console("reload")
        assert (said.returncode, "ran out" in said.stdout) == (0, False)
        with connect(server.port) as sock:
            assert shown_pin(sock) == next_pin
        make_certificate(tmp_path, "now", days=-1, from_days=-5)
        said = server.console("reload")
        assert (said.returncode, "kept the old certificate" in said.stderr) == (1, True)
        with connect(server.port) as sock:
            assert shown_pin(sock) == next_pin


def test_a_damaged_certificate_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "key.pem").write_text("nonsense")
    done = run("serve", "--port", "0", "--data-dir", str(tmp_path))
    assert done.returncode == 78
    assert f"can't use {tmp_path}/tls/key.pem: there is no private key in it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# -- from another machine, which is a network namespace here

HELLO = b"NICK far\r\nUSER far 0 * :far\r\nQUIT\r\n"


def test_from_elsewhere_plain_text_is_refused_in_words(elsewhere: Elsewhere, tmp_path: Path) -> None:
    with serving(tmp_path, "--host", elsewhere.here, "--access", "open") as server:
        said = elsewhere.ask(server.port, "plain", HELLO)
        assert said.startswith(b"ERROR :Closing link: this server takes plain text from its own machine only")
        assert b"001 far" in elsewhere.ask(server.port, "tls", HELLO)
        get = b"GET %s HTTP/1.0\r\n\r\n"
        assert b" 403 " in elsewhere.ask(server.port, "plain", get % b"/")
        assert b" 200 " in elsewhere.ask(server.port, "plain", get % b"/healthz")
        assert b" 200 " in elsewhere.ask(server.port, "tls", get % b"/")
        assert b" 401 " in elsewhere.ask(server.port, "tls", get % b"/metrics")


def test_from_elsewhere_tls_alone_is_not_enough(elsewhere: Elsewhere, tmp_path: Path) -> None:
    with serving(tmp_path, "--host", elsewhere.here) as server:
        said = elsewhere.ask(server.port, "tls", HELLO)
        assert b" 001 far" not in said
        assert b"ERROR :Closing link: " in said
