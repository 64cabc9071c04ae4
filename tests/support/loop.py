"""A reactor with real loopback sockets on both ends, driven by the test's own thread: no sleeping, no threads."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from natterjack.net.connection import Connection
from natterjack.net.hub import Hub
from natterjack.net.listener import Listener, open_tcp
from natterjack.net.origin import origin_of
from natterjack.net.reactor import Reactor
from natterjack.net.roles import Stack
from natterjack.net.stacks import SniffingStack, Waiting, irc_stack
from natterjack.ports.events import Event, Now


def listening() -> socket.socket:
    """On a port of its own. Whoever comes is accepted before he has said anything, as it is elsewhere than on Linux."""
    (sock,) = open_tcp(["127.0.0.1"], 0)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 0)
    return sock


class Recorder:
    """A stack that notes what comes."""

    def __init__(self) -> None:
        self.data = b""
        self.reasons: list[str] = []
        self.holding = False

    def receive(self, data: bytes) -> None:
        self.data += data

    def pending(self) -> bool:
        return self.holding

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)


class Client:
    """The other end: a non-blocking socket that is read only when the test says so."""

    def __init__(self, address: tuple[str, int], receive_buffer: int = 0, source: str = "") -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if source:
            self.sock.bind((source, 0))
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(address)
        self.sock.setblocking(False)
        self.data = b""
        self.ended = False

    def send(self, data: bytes) -> int:
        """As much of ``data`` as the kernel takes."""
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0

    def read(self) -> bytes:
        """All that has come by now; ``ended`` is set where no more will."""
        while not self.ended:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                break
            except ConnectionResetError:
                data = b""
            self.data += data
            self.ended = not data
        return self.data


class Loop:
    """Turns of the reactor until something is so."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.reactor = self.hub.reactor = Reactor(self._ticked, self._turn_ended)
        self.turns = 0
        self.ticks = 0
        self.rest = 0.0  # what a tick answers
        self.events: list[Event] = []
        self.silent: Waiting = {}
        self.connections: list[Connection] = []
        self.stacks: list[Recorder] = []
        self.after_turn: Callable[[], None] = lambda: None
        self._wanted: Callable[[], object] = lambda: True
        self._clients: list[Client] = []
        sock = listening()
        self.address: tuple[str, int] = sock.getsockname()
        self.listener = Listener(self.reactor, sock, self._accept)
        self.sniffs = False
        self.send_buffer = 0

    def _accept(self, sock: socket.SocketType, address: object) -> None:
        if self.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)
        self.connections.append(self.hub.adopt(sock, origin_of(address), self._stack))

    def _stack(self, connection: Connection) -> Stack:
        if self.sniffs:
            return SniffingStack(connection, self.irc, self.silent, lambda *_: self._recorder())
        return self._recorder()

    def irc(self, connection: Connection) -> Stack:
        return irc_stack(connection, self.events.append)

    def _recorder(self) -> Recorder:
        self.stacks.append(Recorder())
        return self.stacks[-1]

    def _ticked(self) -> float:
        self.ticks += 1
        return self.rest

    def _turn_ended(self) -> None:
        self.turns += 1
        self.after_turn()
        self.hub.flush()
        if self._wanted():
            self.reactor.stop()

    def until(self, wanted: Callable[[], object]) -> None:
        """Turn after turn, and ``wanted()`` asked after each, until it is true."""
        self._wanted = wanted
        self.hub.flush()
        if not wanted():
            self.reactor.run()

    def connect(self, receive_buffer: int = 0) -> tuple[Client, Connection]:
        """A client, and the server's end of it."""
        count = len(self.connections)
        client = Client(self.address, receive_buffer)
        self._clients.append(client)
        self.until(lambda: len(self.connections) > count)
        return client, self.connections[-1]

    def later(self, seconds: float) -> None:
        """The reactor's clock is that much on, until it reads it again."""
        self.reactor.now = Now(self.reactor.now.mono + seconds, self.reactor.now.wall)

    def close(self) -> None:
        """Give everything back."""
        self.listener.close()
        self.hub.close_all()
        self.reactor.close()
        for client in self._clients:
            client.sock.close()


def a_loop() -> Iterator[Loop]:
    """For ``pytest.fixture``."""
    loop = Loop()
    yield loop
    loop.close()


loop_fixture = pytest.fixture(name="loop")(a_loop)
