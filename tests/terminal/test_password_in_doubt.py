"""The connection falls between a new password and the answer to it, at a real server: one comes back all the same."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.support.process import ServerProcess, serving

#: Seconds; nothing here takes that long.
PATIENCE = 30
PASSWD = "MSG NickServ PASSWD old-horses-1 new-horses-2"


class Relay:
    """Passes on what goes between one client and the server at ``port``, until :meth:`swallow`."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._swallows = -1  # which end is not heard any more: the client's (0), the server's (1)
        self._wanted = b""
        self._came = Event()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._swallows = -1
            server = socket.create_connection(("127.0.0.1", self._server))
            self._ends = [client, server]
            for place, end in enumerate(self._ends):
                Thread(target=self._pass, args=(place, end, self._ends[1 - place]), daemon=True).start()

    def _pass(self, place: int, one: socket.socket, other: socket.socket) -> None:
        lost = b""
        try:
            while data := one.recv(65536):
                if place == self._swallows:
                    lost += data
                    if self._wanted in lost:
                        self._came.set()
                else:
                    other.sendall(data)
        except OSError:
            return
        finally:
            _end(other)
            one.close()

    def swallow(self, end: int, text: bytes) -> None:
        """From now on that end is not heard. :meth:`cut` waits for ``text``."""
        self._wanted, self._swallows = text, end

    def cut(self) -> None:
        assert self._came.wait(PATIENCE)
        _end(self._ends[0])  # the other one follows

    def close(self) -> None:
        self._listener.close()


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself
        end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path / "server") as process:
        yield process


@pytest.fixture
def relay(server: ServerProcess) -> Iterator[Relay]:
    made = Relay(server.port)
    yield made
    made.close()


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("taken", [False, True])
def test_one_comes_back(server: ServerProcess, relay: Relay, tmp_path: Path, taken: bool) -> None:
    from tests.terminal.pane import Pane

    where = f"127.0.0.1:{relay.port}"
    with Pane(tmp_path / "kim", where, "--nick", "kim", "--plain", size=(120, 30)) as kim:
        kim.until("as kim.")
        kim.type("REGISTER old-horses-1")
        kim.until("kim is your account now")
        relay.swallow(int(taken), b"has a new password" if taken else b"PASSWD")
        kim.type(PASSWD)
        relay.cut()
        taken_words = "kim has the new password: the server took it before the connection was lost."
        kim.until(taken_words if taken else "kim has the old password: the server has not taken the new one.")
        kim.type("QUIT")
        assert kim.end() == 0
