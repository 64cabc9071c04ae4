"""What is spoken on a connection, chosen by its first bytes: see :mod:`natterjack.wire.sniffer`.

TLS is off by then, if there was any: see :mod:`natterjack.net.door`. Inside it the choice is made anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from natterjack.net.connection import Connection
from natterjack.net.roles import Stack
from natterjack.ports.events import Closed, Event, Received
from natterjack.wire.framing import CLIENT_TAG_BYTES, LineFramer, TooLong
from natterjack.wire.message import Message, WireError, understand
from natterjack.wire.sniffer import Speech, sniff

_log = logging.getLogger(__name__)

#: Seconds for the first bytes to come, unless another patience is configured.
FIRST_BYTE = 10.0
#: Lines that one connection may have handled in a turn; the others' come first then.
LINES_A_TURN = 64
#: Bytes in which they are looked for, of those that wait.
_PIECE = 16 * 1024

Sink = Callable[[Event], None]

_TOO_LONG = WireError(
    "INPUT_TOO_LONG", "Nothing was done: the line is longer than 512 bytes (or its tags longer than 4094)"
)
#: A TLS alert: fatal, handshake_failure (RFC 8446 section 6).
_NO_TLS = bytes((21, 3, 3, 0, 2, 2, 40))
#: What a browser is told where only IRC is spoken.
_NO_HTTP = b"ERROR :Closing link: this port speaks IRC only\r\n"
#: What a proxy is told that nobody has named, and whoever else tries to pass for another.
_NO_HEAD = b"ERROR :Closing link: PROXY protocol heads are taken from those in access.proxies alone, and one only\r\n"


class Impatient(Protocol):
    """A stack that has to hear something before ``deadline`` (monotonic seconds)."""

    deadline: float

    def expire(self) -> None:
        """It did not."""


#: Session id -> whoever waits there.
Waiting = dict[int, Impatient]
#: Makes the stack for a connection on which IRC is spoken: from then on it is a session.
IrcMaker = Callable[[Connection], Stack]
#: Makes the stack for a connection on which HTTP is spoken.
HttpMaker = Callable[[Connection, Waiting], Stack]


def check_deadlines(waiting: Waiting, now: float) -> None:
    """About once a second: expire those whose time is up."""
    for stack in [stack for stack in waiting.values() if stack.deadline <= now]:
        stack.expire()


def irc_stack(connection: Connection, sink: Sink) -> IrcStack:
    """That of a connection which is one of IRC, from now on."""
    sink(connection.opened())
    return IrcStack(connection, sink)


class SniffingStack:
    """The stack of a connection on which nobody knows yet what is spoken: replaces itself when it does.

    ``make_http`` None: here only IRC is spoken. A browser is shown out even so: any web page can have it send lines to
    a port of this machine (a form is enough), and they must not be taken for what its user says.

    ``patience``: seconds until it has to know.
    """

    __slots__ = ("_connection", "_head", "_make_http", "_make_irc", "_patience", "_waiting", "deadline")

    def __init__(
        self,
        connection: Connection,
        make_irc: IrcMaker,
        waiting: Waiting,
        make_http: HttpMaker | None = None,
        patience: float = FIRST_BYTE,
    ) -> None:
        self._patience = patience
        self._connection = connection
        self._make_irc = make_irc
        self._head = b""
        self._waiting = waiting
        self._make_http = make_http
        self.deadline = connection.hub.reactor.now.mono + patience
        waiting[connection.sid] = self

    def receive(self, data: bytes) -> None:
        """Look at the first bytes; hand them on."""
        self._head += data
        speech = sniff(self._head)
        if speech is None:
            return
        connection = self._connection
        self._waiting.pop(connection.sid, None)
        if speech is Speech.TLS:  # TLS inside TLS, or where there is no certificate
            connection.hub.send(connection.sid, _NO_TLS)
            connection.finish()
            return
        if speech is Speech.PROXY:
            _log.info("%s port %s sent a PROXY protocol head that is not due", connection.ip, connection.port)
            connection.hub.send(connection.sid, _NO_HEAD)
            connection.finish()
            return
        if speech is Speech.HTTP:
            if self._make_http is None:
                connection.hub.send(connection.sid, _NO_HTTP)
                connection.finish()
                return
            connection.stack = self._make_http(connection, self._waiting)
        else:
            connection.stack = self._make_irc(connection)
        connection.stack.receive(self._head)

    def pending(self) -> bool:
        """Never: nothing waits here."""
        return False

    def lost(self, _reason: str) -> None:
        """Nobody knew of it yet."""
        self._waiting.pop(self._connection.sid, None)

    def expire(self) -> None:
        """The first bytes did not come in time."""
        connection = self._connection
        self._waiting.pop(connection.sid, None)
        line = f"ERROR :Closing link: nothing was said for {self._patience:.0f} seconds\r\n"
        connection.hub.send(connection.sid, line.encode())
        connection.finish()


class IrcStack:
    """Lines of IRC. At most :data:`LINES_A_TURN` are handled in a turn; the rest wait for the next.

    They wait as the bytes that came, and while the core has paused the connection none of them is handed on: as values
    they would take many times the room, for hours perhaps.
    """

    __slots__ = ("_at", "_connection", "_framer", "_sink", "_waiting")

    def __init__(self, connection: Connection, sink: Sink) -> None:
        self._connection = connection
        self._sink = sink
        self._framer = LineFramer(CLIENT_TAG_BYTES, LINES_A_TURN)
        self._waiting = b""
        self._at = 0  # how much of that has had its turn

    def receive(self, data: bytes) -> None:
        """Cut ``data`` into lines and pass them on."""
        if self._waiting:  # a read that had to write for TLS has ended late
            self._waiting = self._waiting[self._at :] + data
            self._at = 0
            return
        lines = self._framer.feed(data)
        if len(lines) == 1:  # nearly always
            self._sink(Received(self._connection.sid, [read(lines[0])]))
            return
        self._waiting = self._framer.left()
        if self._waiting:
            self._connection.update_interest()
            self._connection.hub.reactor.soon(self._go_on)
        if lines:
            self._sink(Received(self._connection.sid, list(map(read, lines))))

    def _go_on(self) -> None:
        connection = self._connection
        if connection.closed or connection.closing:
            return
        if connection.paused:
            connection.parked = self._go_on
            return
        end = min(self._at + _PIECE, len(self._waiting))
        lines = self._framer.feed(self._waiting[self._at : end])
        self._at = end - len(self._framer.left())
        if self._at < len(self._waiting):
            connection.hub.reactor.soon(self._go_on)
        else:
            self._waiting = b""
            self._at = 0
            connection.update_interest()
        if lines:
            self._sink(Received(connection.sid, list(map(read, lines))))

    def pending(self) -> bool:
        """Whether lines wait for their turn."""
        return bool(self._waiting)

    def lost(self, reason: str) -> None:
        """Tell the core."""
        self._sink(Closed(self._connection.sid, reason))


def read(line: bytes | TooLong) -> Message | WireError:
    """What the framer's ``line`` says, or why it says nothing."""
    return _TOO_LONG if isinstance(line, TooLong) else understand(line)
