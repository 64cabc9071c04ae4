"""What is spoken on a connection, chosen by its first bytes: see :mod:`natterjack.wire.sniffer`.

IRC is spoken. TLS and HTTP have their doors here, and are turned away in their own language until they are built.
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.net.connection import Connection
from natterjack.ports.events import Closed, Event, Opened, Received
from natterjack.wire.framing import CLIENT_TAG_BYTES, LineFramer, TooLong
from natterjack.wire.message import Message, WireError, parse
from natterjack.wire.sniffer import Speech, sniff

#: Seconds for the first bytes to come.
FIRST_BYTE = 10.0
#: Lines that one connection may have handled in a turn; the others' come first then.
LINES_A_TURN = 64

Sink = Callable[[Event], None]

_TOO_LONG = WireError(
    "INPUT_TOO_LONG", "Nothing was done: the line is longer than 512 bytes (or its tags longer than 4094)"
)
#: A TLS alert: fatal, handshake_failure (RFC 8446 section 6).
_NO_TLS = bytes((21, 3, 3, 0, 2, 2, 40))
_HTTP_TEXT = b"This port speaks IRC: connect with an IRC client, or with natterjack chat.\n"
_NO_HTTP = (
    b"HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_HTTP_TEXT), _HTTP_TEXT)
)


class SniffingStack:
    """The first stack of every connection: replaces itself when it knows what is spoken."""

    __slots__ = ("_connection", "_head", "_sink", "_waiting", "deadline")

    def __init__(self, connection: Connection, sink: Sink, waiting: dict[int, SniffingStack]) -> None:
        self._connection = connection
        self._sink = sink
        self._head = b""
        self._waiting = waiting
        self.deadline = connection.hub.reactor.now.mono + FIRST_BYTE
        waiting[connection.sid] = self

    def receive(self, data: bytes) -> None:
        """Look at the first bytes; hand them on."""
        self._head += data
        speech = sniff(self._head)
        if speech is None:
            return
        connection = self._connection
        self._waiting.pop(connection.sid, None)
        if speech is Speech.IRC:
            connection.stack = IrcStack(connection, self._sink)
            self._sink(Opened(connection.sid, connection.ip, connection.port, "irc"))
            connection.stack.receive(self._head)
        else:
            connection.hub.send(connection.sid, _NO_TLS if speech is Speech.TLS else _NO_HTTP)
            connection.finish()

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
        line = f"ERROR :Closing link: nothing was said for {FIRST_BYTE:.0f} seconds\r\n"
        connection.hub.send(connection.sid, line.encode())
        connection.finish()


class IrcStack:
    """Lines of IRC. At most :data:`LINES_A_TURN` are handled in a turn; the rest wait for the next."""

    __slots__ = ("_connection", "_framer", "_sink", "_waiting")

    def __init__(self, connection: Connection, sink: Sink) -> None:
        self._connection = connection
        self._sink = sink
        self._framer = LineFramer(CLIENT_TAG_BYTES)
        self._waiting: list[bytes | TooLong] | None = None

    def receive(self, data: bytes) -> None:
        """Cut ``data`` into lines and pass them on."""
        lines = self._framer.feed(data)
        if len(lines) > LINES_A_TURN:
            self._waiting = lines[LINES_A_TURN:]
            del lines[LINES_A_TURN:]
            self._connection.update_interest()
            self._connection.hub.reactor.soon(self._go_on)
        if lines:
            self._sink(Received(self._connection.sid, [_read(line) for line in lines]))

    def _go_on(self) -> None:
        lines, self._waiting = self._waiting, None
        if lines is None or self._connection.closed or self._connection.closing:
            return
        if len(lines) > LINES_A_TURN:
            self._waiting = lines[LINES_A_TURN:]
            del lines[LINES_A_TURN:]
            self._connection.hub.reactor.soon(self._go_on)
        else:
            self._connection.update_interest()
        self._sink(Received(self._connection.sid, [_read(line) for line in lines]))

    def pending(self) -> bool:
        """Whether lines wait for their turn."""
        return self._waiting is not None

    def lost(self, reason: str) -> None:
        """Tell the core."""
        self._sink(Closed(self._connection.sid, reason))


def _read(line: bytes | TooLong) -> Message | WireError:
    if isinstance(line, TooLong):
        return _TOO_LONG
    try:
        return parse(line)
    except WireError as error:
        return error
