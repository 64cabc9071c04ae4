"""A bad connection that also dies one way only: what goes that way is lost from then on, and nobody is told."""

from __future__ import annotations

import socket

from tests.chaos.proxy import DOWN, UP, Link, Proxy

HALF = "half-open"


class BadConnection(Proxy):
    """With one more fault, :data:`HALF`. One client's."""

    #: A fault for the next connection: way, bytes that go before, which; as for :meth:`arm`.
    to_come: tuple[str, int, str] | None = None

    @property
    def is_bad(self) -> bool:
        """Whether there is a connection that stalls or is half-open."""
        return any(link.stalled or link.dead for link in self._links if isinstance(link, BadLink))

    def gone(self, reset: bool) -> None:
        """What stalls or is half-open ends; of what stalls the server first gets what was on its way."""
        self.deliver_late()
        for link in tuple(self._links):
            if isinstance(link, BadLink) and link.dead:
                link.end(reset)

    def _accept(self, _mask: int) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._server()), 1.0)
        except OSError:
            client.close()
            return
        self._links.append(BadLink(self._crowd, client, server, self))
        if self.to_come is not None:
            self._links[-1].arm(*self.to_come)
            self.to_come = None


class BadLink(Link):
    """``dead``: the way on which nothing goes any more."""

    dead = ""

    def _read(self, way: str) -> None:
        if not self.dead or self.stalled:
            super()._read(way)
            return
        source = self._ends[DOWN if way == UP else UP]
        try:
            data = source.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # it has given up; the other end is not told
            self.stalled = True
            self._crowd.watch(source, 0, lambda _: None)
        elif way != self.dead:
            self._proxy.passed[way] += len(data)
            self._kept[way] += data
            self._send(way)

    def _fail(self, late: bytes) -> None:
        if self._fault == HALF:
            self._proxy.fired = True
            self.dead = self._way
        else:
            super()._fail(late)
