"""IRC over WebSocket with the real server and another's client, in the open and inside TLS."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.support.process import PATIENCE, Irc, ServerProcess, serving
from tests.support.tls import client_context

TEXT, BINARY = Subprotocol("text.ircv3.net"), Subprotocol("binary.ircv3.net")


@contextmanager
def opened(
    server: ServerProcess,
    path: str = "/ws",
    *kinds: Subprotocol,
    tls: bool = False,
    origin: str = "",
    headers: dict[str, str] | None = None,
) -> Iterator[ClientConnection]:
    with connect(
        f"{'wss' if tls else 'ws'}://127.0.0.1:{server.port}{path}",
        subprotocols=kinds or (TEXT,),
        ssl=client_context() if tls else None,
        origin=Origin(origin) if origin else None,
        additional_headers=headers,
        proxy=None,
        open_timeout=PATIENCE,
    ) as client:
        yield client


def line(client: ClientConnection) -> str:
    message = client.recv(timeout=PATIENCE)
    return message if isinstance(message, str) else message.decode()


def until(client: ClientConnection, text: str) -> list[str]:
    lines = [line(client)]
    while text not in lines[-1]:
        lines.append(line(client))
    return lines


def enter(client: ClientConnection, nick: str) -> None:
    client.send(f"NICK {nick}")
    client.send(f"USER {nick} 0 * :Real {nick}")
    until(client, " 366 ")


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("path", ["/", "/ws"])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
def test_talking(server: ServerProcess, tls: bool, path: str, kind: Subprotocol) -> None:
    with opened(server, path, kind, tls=tls) as client:
        assert client.subprotocol == kind
        enter(client, "web")
        irc = Irc(server.port, "plain")
        until(client, " JOIN #lobby")
        irc.send("PRIVMSG #lobby :grüße\u2028über")
        message = client.recv(timeout=PATIENCE)
        assert isinstance(message, str) is (kind == TEXT)
        text = message if isinstance(message, str) else message.decode()
        assert text.endswith(" PRIVMSG #lobby :grüße\u2028über")
        client.send(b"PRIVMSG plain :hello" if kind == BINARY else "PRIVMSG plain :hello")
        assert irc.until(" PRIVMSG ")[-1].startswith(":web!")
        (row,) = [row for row in server.console("users").stdout.split("\n") if row.startswith("web ")]
        assert ("WSS" if tls else "WS") in row.split()
        irc.send("WHOIS web")
        assert any(" 671 " in each for each in irc.until(" 318 ")) is tls
        client.send("QUIT :done")
        assert until(client, "ERROR ")[-1] == "ERROR :Closing link: Quit: done"
        with pytest.raises(ConnectionClosed) as end:
            line(client)
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1000
        assert irc.until(" QUIT ")[-1].endswith(" QUIT :Quit: done")
        irc.send("QUIT")
        irc.rest()


def test_mistakes_lose_nothing(server: ServerProcess) -> None:
    with opened(server) as client:
        enter(client, "wrong")
        client.send("PRIVMSG #lobby :a\r\nQUIT")
        until(client, " FAIL * INVALID_LINE ")
        client.send("x" * 600)
        assert " 417 wrong " in line(client)
        client.send(b"PRIVMSG #lobby :caf\xe9")
        assert " FAIL PRIVMSG INVALID_UTF8 " in line(client)
        client.send(["PING ", ":in ", "pieces"])
        assert line(client).endswith(" :in pieces")
        assert client.ping().wait(PATIENCE)
        client.send("x" * (16 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as end:
            until(client, "never")
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1009


def test_pages_from_elsewhere_are_told_that_they_may_not(tmp_path: Path) -> None:
    settings = {"NATTERJACK_WEB__ORIGINS": "https://app.example"}
    with serving(tmp_path, env=settings) as server:
        here = f"127.0.0.1:{server.port}"
        for tls, origin in (
            (False, f"http://{here}"),
            (True, f"https://{here}"),
            (True, "https://app.example"),
        ):
            with opened(server, tls=tls, origin=origin) as client:
                enter(client, "page")
        for origin in ("https://evil.example", "null", "http://app.example"):
            with pytest.raises(InvalidStatus) as refused, opened(server, origin=origin):
                raise AssertionError(origin)
            response = refused.value.response
            assert response.status_code == 403
            assert response.body is not None
            assert b"web.origins" in response.body
            assert origin.encode() in response.body


def test_behind_a_proxy(tmp_path: Path) -> None:
    settings = {"NATTERJACK_ACCESS__PROXIES": "127.0.0.1"}
    with serving(tmp_path, "--access", "open", env=settings) as server:
        with opened(server, headers={"X-Forwarded-For": "192.0.2.7"}) as client:
            enter(client, "far")
            users = server.console("users").stdout
            assert "192.0.2.7" in users
            assert "WSS" in users, "a proxy on this machine has taken the TLS off"
        for scheme in ("http", "https"):  # which of them the proxy spoke is not known
            origin = f"{scheme}://chat.example"
            with connect(
                "ws://chat.example/ws",
                sock=socket.create_connection(("127.0.0.1", server.port), PATIENCE),
                origin=Origin(origin),
                additional_headers={"Forwarded": "for=192.0.2.7"},
                proxy=None,
            ) as client:
                assert client.subprotocol is None
        with pytest.raises(InvalidStatus) as refused, opened(server, headers={"Forwarded": "for=;;="}):
            raise AssertionError
        assert refused.value.response.status_code == 400


def test_who_only_says_that_a_proxy_sent_him_is_not_at_home(tmp_path: Path) -> None:
    with serving(tmp_path) as server, opened(server, headers={"X-Forwarded-For": "127.0.0.1"}) as client:
        client.send("NICK a")
        client.send("USER a 0 * :x")
        assert "invite" in until(client, "ERROR ")[-1]


def test_the_server_says_that_it_goes(tmp_path: Path) -> None:
    with serving(tmp_path) as server, opened(server) as client:
        enter(client, "last")
        server.process.send_signal(signal.SIGTERM)
        assert "shutting down" in until(client, "ERROR ")[-1]
        with pytest.raises(ConnectionClosed) as end:
            line(client)
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1001
        assert server.process.wait(PATIENCE) == 0


def test_the_way_in_is_told_to_browsers(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
        sock.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert b"\r\nUpgrade: websocket\r\n" in answer
    assert b"over WebSocket" in answer


def test_other_machines_take_tls_there_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--trust-loopback", "no") as server:
        with opened(server) as client:
            assert "connect with TLS" in until(client, "ERROR ")[-1]
        with opened(server, tls=True) as client:
            client.send("NICK a")
            client.send("USER a 0 * :x")
            assert "invite" in until(client, "ERROR ")[-1]


def test_a_port_for_irc_alone_has_none(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        serving(tmp_path, "--irc-port", str(port)),
        socket.create_connection(("127.0.0.1", port), PATIENCE) as sock,
    ):
        sock.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
        assert sock.recv(65536).startswith(b"ERROR :Closing link: this port speaks IRC only")
