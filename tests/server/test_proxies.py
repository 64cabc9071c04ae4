"""``serve`` behind proxies: heads of the PROXY protocol and headers, and who is believed."""

from __future__ import annotations

import signal
import socket
import ssl
from pathlib import Path

from tests.support.process import PATIENCE, ServerProcess, serving
from tests.support.tls import client_context

HEAD = b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 7667\r\n"
#: Version 2, the same address, and that the client came by TLS.
TLS_HEAD = bytes.fromhex(
    "0d0a0d0a000d0a515549540a 21 11 0014 c0000207 0a000001 0fa0 1df3 20 0005 01 00000000"
)
HELLO = b"NICK far\r\nUSER far 0 * :far\r\nPING end\r\n"


def proxies(*entries: str) -> dict[str, str]:
    return {"NATTERJACK_ACCESS__PROXIES": ",".join(entries)}


def connect(server: ServerProcess, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), PATIENCE, source_address=(source, 0))


def answer(sock: socket.socket, *said: bytes) -> bytes:
    """All that comes up to the answer to PING, or to the end."""
    with sock:
        sock.sendall(b"".join(said))
        data = b""
        while b" PONG " not in data and (piece := sock.recv(65536)):
            data += piece
    return data


def by_tls(sock: socket.socket) -> ssl.SSLSocket:
    return client_context().wrap_socket(sock)


def test_a_proxy_tells_who_comes_and_users_shows_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--access", "open", env=proxies("127.0.0.2")) as server:
        assert answer(connect(server, "127.0.0.2"), HEAD, HELLO).startswith(
            b"ERROR :Closing link: this server takes plain text from its own machine only"
        )
        with connect(server, "127.0.0.2") as sock:
            sock.sendall(TLS_HEAD + HELLO)
            with sock.makefile("rb") as lines:
                assert any(b" PONG " in line for line in lines)
                table = server.console("users").stdout
        assert "192.0.2.7" in table
        assert "4000" in table
        assert "TLS" in table
        behind = connect(server, "127.0.0.2")
        behind.sendall(HEAD)
        assert b" 001 far " in answer(by_tls(behind), HELLO)
        assert b" 001 far " in answer(connect(server), HELLO), "programs here are trusted as before"
        assert answer(connect(server), HEAD, HELLO).startswith(b"ERROR :Closing link: PROXY protocol heads")


def test_the_setting_is_in_force_after_sighup(tmp_path: Path) -> None:
    config = tmp_path / "nj.toml"
    config.write_text("[access]\n")
    with serving(tmp_path / "data", "--config", str(config)) as server:
        get = b"GET /metrics HTTP/1.0\r\n\r\n"
        assert answer(connect(server), get).startswith(b"HTTP/1.1 200 ")
        config.write_text('[access]\nproxies = ["127.0.0.0/8"]\n')
        server.signal(signal.SIGHUP)
        assert server.process.stderr is not None
        assert any("now in force: access.proxies" in line for line in server.process.stderr)
        assert answer(connect(server), get).startswith(b"HTTP/1.1 403 ")
        assert answer(by_tls(connect(server)), get).startswith(b"HTTP/1.1 401 ")
        assert answer(connect(server), HEAD, get).startswith(b"HTTP/1.1 403 ")
        assert answer(connect(server), b"PROXY nonsense\r\n") == b""
        assert any("its line is not: PROXY TCP4|TCP6" in line for line in server.process.stderr)
