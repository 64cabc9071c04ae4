"""A bad connection: between clients and the server, it passes everything on until so many bytes have gone one way.

Then it cuts (both sides see an end), resets (both see an error), or stalls: nothing goes on, nobody is told, and what
was on its way to the server arrives there late, when the test says so.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable

from tests.chaos.crowd import Crowd

UP, DOWN = "up", "down"
CUT, RESET, STALL = "cut", "reset", "stall"
WAYS = (UP, DOWN)
FAULTS = (CUT, RESET, STALL)

_ABORT = b"\1\0\0\0\0\0\0\0"  # struct linger: on, for no time


class Proxy:
    """``server`` says where the server is just now, or 0."""

    def __init__(self, crowd: Crowd, server: Callable[[], int]) -> None:
        self.fired = False
        #: Bytes that went each way, over all connections.
        self.passed = {UP: 0, DOWN: 0}
        self._crowd = crowd
        self._server = server
        self._links: list[Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._port: int = self._listener.getsockname()[1]
        crowd.watch(self._listener, selectors.EVENT_READ, self._accept)
        crowd.add(self)

    def at(self) -> int:
        """Where clients go; 0 while there is no server."""
        return self._port if self._server() else 0

    def arm(self, way: str, after: int, fault: str) -> None:
        """From now on ``after`` more bytes go that ``way``; then comes the ``fault``. On the newest connection."""
        self.fired = False
        self._links[-1].arm(way, after, fault)

    def deliver_late(self) -> None:
        """What is left in stalled connections goes to the server, and then they end."""
        for link in tuple(self._links):
            if link.stalled:
                link.end(late=True)

    def _accept(self, _mask: int) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._server()), 1.0)
        except OSError:
            client.close()
            return
        self._links.append(Link(self._crowd, client, server, self))

    def ended(self, link: Link) -> None:
        """``link`` is no more."""
        self._links.remove(link)

    def work(self, now: float) -> None:
        """Nothing is done by the clock."""

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        for link in tuple(self._links):
            link.end()
        self._crowd.watch(self._listener, 0, self._accept)
        self._listener.close()

    def __str__(self) -> str:
        return f"{len(self._links)} connections through the proxy"


class Link:
    """One connection. What can't be sent at once is kept; both ends are on this machine, so that is little."""

    def __init__(self, crowd: Crowd, client: socket.socket, server: socket.socket, proxy: Proxy) -> None:
        self.stalled = False
        self._crowd = crowd
        self._ends = {UP: server, DOWN: client}  # where what goes that way is sent
        self._kept = {UP: b"", DOWN: b""}
        self._way = self._fault = ""
        self._left = 0
        self._proxy = proxy
        self._over = False
        for way in WAYS:
            self._ends[way].setblocking(False)
            self._ends[way].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._watch(way)

    def arm(self, way: str, after: int, fault: str) -> None:
        self._way, self._left, self._fault = way, after, fault

    def _watch(self, way: str) -> None:
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._kept[way] else 0)
        self._crowd.watch(self._ends[way], mask, lambda mask: self._ready(way, mask))

    def _ready(self, way: str, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._send(way)
        if mask & selectors.EVENT_READ and not self._over:
            self._read(DOWN if way == UP else UP)

    def _read(self, way: str) -> None:
        """Something that goes this way."""
        source = self._ends[DOWN if way == UP else UP]
        try:
            data = source.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            if self.stalled:
                self._crowd.watch(source, 0, lambda _: None)  # it has given up; the other end is not told
            else:
                self.end()
            return
        if self.stalled:
            self._kept[way] += data
            return
        mine = way == self._way
        faulty = mine and len(data) >= self._left
        passed = data[: self._left] if faulty else data
        if mine:
            self._left -= len(passed)
        self._proxy.passed[way] += len(passed)
        self._kept[way] += passed
        self._send(way)
        if faulty and not self._over:
            self._fail(data[len(passed) :])

    def _fail(self, late: bytes) -> None:
        self._proxy.fired = True
        if self._fault == STALL:
            self.stalled = True
            self._kept[self._way] += late
            for way in WAYS:
                self._watch(way)
        else:
            self.end(reset=self._fault == RESET)

    def _send(self, way: str) -> None:
        if self.stalled:
            return
        try:
            sent = self._ends[way].send(self._kept[way]) if self._kept[way] else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self.end()
            return
        self._kept[way] = self._kept[way][sent:]
        self._watch(way)

    def end(self, reset: bool = False, late: bool = False) -> None:
        """Close both ends; with ``late`` the server first gets what was kept for it."""
        self._over = True
        for way in WAYS:
            end = self._ends[way]
            self._crowd.watch(end, 0, lambda _: None)
            if late and way == UP and self._kept[UP]:
                end.setblocking(True)
                try:
                    end.sendall(self._kept[UP])
                except OSError:
                    pass  # the server has gone meanwhile
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            end.close()
        self._proxy.ended(self)
