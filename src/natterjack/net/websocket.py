"""IRC over WebSocket: one line a message, on a connection that has begun as HTTP.

Theory of operation. To the core such a session is like any other: lines come from it, and lines are queued for it, the
same bytes object for all who see a line alike. They become frames when the connection's queue is written, at the end of
the turn: :class:`Renderer` does it once for each such object, whoever gets it. So a thousand browsers cost a look into
a dict each, and connections without frames nothing. What waits in a backlog is frames already, and counted as such.

What is no line (an answer to a ping, a close) stands in the queue as :class:`Ready`, in its place among the lines, and
behind the close nothing is sent.

At most :data:`FRAMES_A_TURN` frames are taken in a turn, and one piece of data beyond that; none while the core has
paused the connection. Nor does the peer's close end it before what was said ahead of that is carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs

from natterjack.net.connection import Connection
from natterjack.net.exchange import Switch
from natterjack.net.origin import Origin
from natterjack.net.stacks import Sink, read
from natterjack.ports.events import Closed, Received
from natterjack.wire.frames import GOING_AWAY, NORMAL, frames
from natterjack.wire.message import Message, WireError

if TYPE_CHECKING:
    from natterjack.wire.websocket import WebSocketCodec

#: Frames of one connection taken in a turn; then the others' come first. One takes 4 microseconds, and what it does.
FRAMES_A_TURN = 32
#: Bytes that are decoded at once: 21 of the smallest frames, and about one line.
_PIECE = 128
#: Bytes of frames kept for others who get the same in this turn.
_KEPT_BYTES = 1024 * 1024


class Ready(bytes):
    """Goes out as it is."""

    __slots__ = ()


class Renderer:
    """Lines as frames of one kind. What was made is kept for the turn, for whoever is sent the same."""

    def __init__(self, binary: bool) -> None:
        self._binary = binary
        self._made: dict[bytes, bytes] = {}
        self._size = 0
        self._turn: object = None

    def render(self, out: list[bytes], turn: object) -> None:
        """Put frames in place of the lines in ``out``. ``turn`` is a value that is another one in each turn."""
        if turn is not self._turn or self._size > _KEPT_BYTES:
            self._turn = turn
            self._made = {}
            self._size = 0
        made = self._made
        for index, data in enumerate(out):
            if type(data) is Ready:
                continue
            frame = made.get(data)
            if frame is None:
                frame = made[data] = frames(data, self._binary)
                self._size += len(data) + len(frame)
            out[index] = frame


class WebSockets:
    """What all connections of a server have in common. ``sink`` takes their events.

    Set ``leaving`` when the server ends: who is closed from then on is told so.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.leaving = False
        self.renderers = {binary: Renderer(binary) for binary in (False, True)}

    def switch(
        self, codec: WebSocketCodec, identify: Callable[[Connection], Origin], passed_on: bool
    ) -> Switch:
        """From HTTP to this. ``identify`` says who it is; ``passed_on``: a proxy has brought the request, so that what
        TLS tells of the connection is the proxy's.
        """
        return Switch(
            codec.answer,
            lambda connection: WebSocketStack(connection, self, codec, identify(connection), passed_on),
        )


class WebSocketStack:
    """One connection."""

    __slots__ = ("_codec", "_connection", "_held", "_last", "_left", "_more", "_renderer", "_sockets")

    def __init__(
        self,
        connection: Connection,
        sockets: WebSockets,
        codec: WebSocketCodec,
        origin: Origin,
        passed_on: bool,
    ) -> None:
        self._connection = connection
        self._sockets = sockets
        self._codec = codec
        self._renderer = sockets.renderers[codec.binary]
        self._held = b""  # what has come and waits for its turn
        self._more = False
        self._last: Ready | None = None  # our close, which nothing is sent behind
        self._left = False  # that is on its way
        connection.framed_by(self)
        connection.comes_from(origin)
        opened = connection.opened()
        sockets.sink(structs.replace(opened, certfp="") if passed_on else opened)

    # -- what comes

    def receive(self, data: bytes) -> None:
        """Take in ``data``, and pass on the lines that are complete with it."""
        self._held += data
        if not self._more:
            self._go_on()

    def _go_on(self) -> None:
        connection, codec = self._connection, self._codec
        if connection.closed or connection.closing:
            return
        if connection.paused:
            self._more = True
            connection.parked = self._go_on
            return
        waited, self._more = self._more, False
        enough = codec.frames + FRAMES_A_TURN
        items: list[Message | WireError] = []
        held, at = self._held, 0
        while at < len(held) and codec.frames < enough and not codec.over:
            piece = held[at : at + _PIECE]
            at += _PIECE
            items += [item if isinstance(item, WireError) else read(item) for item in codec.feed(piece)]
        self._held = held[at:]
        if items:
            self._sockets.sink(Received(connection.sid, items))
        self._reply()
        if codec.over:
            self._more = True  # nothing more is read
            self._end(connection.hub.reactor.now)
            return
        self._more = bool(self._held)
        if self._more:
            connection.hub.reactor.soon(self._go_on)
        if self._more or waited:
            connection.update_interest()

    def _end(self, turn: object) -> None:
        """The peer has said in ``turn`` that it goes. It is gone once all is carried out that it has said before:
        whether that has to wait is known at the end of that turn.
        """
        connection = self._connection
        if connection.closed or connection.closing:
            return
        reactor = connection.hub.reactor
        if connection.paused:
            connection.parked = lambda: self._end(turn)
        elif turn is reactor.now:
            reactor.soon(lambda: self._end(turn))
        else:
            self._sockets.sink(Closed(connection.sid, self._codec.why))
            connection.finish()

    def _reply(self) -> None:
        reply = Ready(self._codec.take())
        if reply:
            self._connection.hub.send(self._connection.sid, reply)
        if self._codec.over:
            self._last = reply

    def pending(self) -> bool:
        """Whether something waits for its turn."""
        return self._more

    def lost(self, reason: str) -> None:
        """Tell the core."""
        self._sockets.sink(Closed(self._connection.sid, reason))

    # -- what goes

    def frame(self, out: list[bytes]) -> bool:
        """Lines become frames; what was queued behind our close is dropped. False: nothing is left."""
        if self._left:
            out.clear()
            return False
        last = self._last
        if last is not None:
            for index, item in enumerate(out):
                if item is last:
                    del out[index + 1 :]
                    self._left = True
                    break
        self._renderer.render(out, self._connection.hub.reactor.now)
        return True

    def farewell(self) -> bytes:
        """A close, unless there was one."""
        if self._codec.over:
            return b""
        self._last = Ready(self._codec.close(GOING_AWAY if self._sockets.leaving else NORMAL))
        return self._last
