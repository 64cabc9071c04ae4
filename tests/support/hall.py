"""A house with a door, for tests: ports that take everybody in, and clients that shake hands."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

from natterjack.net.connection import Connection
from natterjack.net.door import Door
from natterjack.net.http import HttpStack
from natterjack.net.listener import Listener
from natterjack.net.origin import Origin
from natterjack.net.stacks import SniffingStack, Waiting
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.ports.events import Opened, Received
from natterjack.wire.http import Response
from natterjack.wire.sniffer import Speech, sniff
from tests.support.loop import Client, Loop, listening
from tests.support.tls import client_context, make_certificate


class TlsClient:
    """The other end of TLS: non-blocking, turned by the test."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None = None) -> None:
        self.sock = (context or client_context()).wrap_socket(sock, do_handshake_on_connect=False)
        self.data = b""
        self.ended = self.done = False

    def shake(self) -> bool:
        """Whether the handshake is done by now."""
        if not self.done:
            try:
                self.sock.do_handshake()
            except ssl.SSLWantReadError:
                return False
            self.done = True
        return True

    def read(self, most: int = 1 << 30) -> bytes:
        """What has come by now, about ``most`` bytes of it."""
        while not self.ended and most > 0:
            try:
                data = self.sock.recv(65536)
            except ssl.SSLWantReadError:
                break
            self.data += data
            self.ended = not data
            most -= len(data)
        return self.data


class Hall:
    """A loop with a door before it."""

    def __init__(self, loop: Loop, directory: Path) -> None:
        self.loop = loop
        certificate, key, self.pin = make_certificate(directory)
        self.door = Door(loop.reactor, TlsContext(certificate, key), self.enter)
        self.waiting: Waiting = {}
        self.let_in: list[Connection] = []
        sock, further = listening(), listening()
        self.addresses = sock.getsockname(), further.getsockname()
        self.listeners = [
            Listener(loop.reactor, sock, self.door.take),
            Listener(loop.reactor, further, lambda new, peer: self.door.take(new, peer, irc_only=True)),
        ]
        self.clients: list[Any] = []
        self.send_buffer = 0

    def enter(
        self, sock: socket.SocketType | TlsSocket, origin: Origin, irc_only: bool, head: bytes
    ) -> Connection:
        if self.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)

        def http(connection: Connection, waiting: Waiting) -> HttpStack:
            return HttpStack(
                connection, waiting, lambda request, peer: Response(200, (), repr(peer.secure).encode())
            )

        make_http = None if irc_only else http

        def undecided(connection: Connection) -> SniffingStack:
            return SniffingStack(connection, self.loop.irc, self.waiting, make_http)

        make = self.loop.irc if sniff(head) is Speech.IRC else undecided
        connection = self.loop.hub.adopt(sock, origin, make)
        self.let_in.append(connection)
        return connection

    def plain(self, listener: int = 0, receive_buffer: int = 0, source: str = "") -> Client:
        client = Client(self.addresses[listener], receive_buffer, source)
        self.clients.append(client)
        return client

    def tls(
        self,
        listener: int = 0,
        context: ssl.SSLContext | None = None,
        receive_buffer: int = 0,
        source: str = "",
    ) -> TlsClient:
        client = TlsClient(self.plain(listener, receive_buffer, source).sock, context)
        self.clients[-1] = client
        return client

    def shaken(self, **options: Any) -> tuple[TlsClient, Connection]:
        """A client through its handshake, and the server's end."""
        count = len(self.let_in)
        client = self.tls(**options)
        self.loop.until(lambda: client.shake() and len(self.let_in) > count)
        return client, self.let_in[-1]

    def accepted(self, count: int) -> None:
        self.loop.until(lambda: self.door.accepted == count)

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()
        self.door.close()
        for client in self.clients:
            client.sock.close()


def opened(loop: Loop) -> list[Opened]:
    return [event for event in loop.events if isinstance(event, Opened)]


def lines(loop: Loop) -> list[object]:
    return [item for event in loop.events if isinstance(event, Received) for item in event.items]


def shake_all(clients: list[TlsClient]) -> bool:
    """Each gets his turn, whatever the others do."""
    return sum(client.shake() for client in clients) == len(clients)
