"""Whom a connection deals with: the stack that reads it, what puts its lines into frames, the hub that keeps it; and
within which bounds. See :mod:`natterjack.net.connection`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from natterjack.net.reactor import Reactor

if TYPE_CHECKING:
    from natterjack.net.connection import Connection


class QueueLimits(Struct, frozen=True):
    """Bounds of what waits to be sent, and of what has come and waits to be read."""

    #: Bytes of backlog above which nothing more is read from the peer; at half of it reading goes on.
    stop_reading: int = 64 * 1024
    #: Bytes of backlog above which the connection is closed: a channel of 1,000 at full speed for about ten seconds.
    close: int = 1024 * 1024
    #: Seconds without the peer taking a byte of its backlog.
    no_progress: float = 30.0
    #: Bytes of all backlogs together; above it, whoever has the longest is closed.
    all_together: int = 256 * 1024 * 1024
    #: Bytes read at once, and so the most that is received but unread. Fair to others, and 30 full lines.
    unread: int = 16 * 1024


class Stack(Protocol):
    """What is spoken on a connection, from bytes upward."""

    def receive(self, data: bytes) -> None:
        """The peer sent ``data``."""

    def pending(self) -> bool:
        """Whether something that was received waits for its turn; then nothing more is read for now."""

    def lost(self, reason: str) -> None:
        """The connection is gone, and not because we closed it."""


class Framing(Protocol):
    """What puts lines into something else on their way out; see :mod:`natterjack.net.websocket`."""

    def frame(self, out: list[bytes]) -> bool:
        """Put in place of each item of ``out`` what is to be sent for it; False: there is nothing to send."""

    def farewell(self) -> bytes:
        """What has to be sent last, as an item of ``out``; ``b""``: nothing."""


class Keeper(Protocol):
    """Whoever has all connections: the hub."""

    reactor: Reactor
    limits: QueueLimits
    bytes_in: int
    bytes_out: int

    def send(self, sid: int, data: bytes) -> None:
        """Queue ``data`` for ``sid``."""

    def block(self, connection: Connection) -> None:
        """Something is in the way of writing straight to ``connection``, which had a :meth:`Connection.way`."""

    def touch(self, connection: Connection) -> None:
        """``connection`` has something to send at the end of the turn."""

    def ended(self, connection: Connection, reason: str) -> None:
        """The peer of ``connection`` has gone; it is told (``fail``) when it may close."""

    def forget(self, connection: Connection) -> None:
        """``connection`` has closed."""

    def may_linger(self, connection: Connection) -> bool:
        """Whether ``connection``, all sent, may wait for its peer's end."""

    def count_queued(self, connection: Connection, change: int) -> None:
        """The backlog of ``connection`` grew or shrank by ``change`` bytes."""
