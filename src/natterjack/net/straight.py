"""What goes to many at once is written straight to their sockets, without a queue for each.

Of a message to a channel of a thousand nearly all that Python does is repeated a thousand times: find the connection,
put the bytes into its queue, find out that nothing is in the way, take them out again, send. So whoever has nothing in
the way (no backlog, no frames to be made, nothing that holds it back) has a *way* here, which is his socket's ``send``
and nothing else, found when it is first needed. Whatever gets in the way takes it away (:meth:`Straight.block`), and
from then on the connection is asked, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat

from natterjack.net.connection import Connection
from natterjack.ports.effects import Deliver

#: Takes all, or part, of what is to be sent, and says how much; raises ``OSError`` as a socket does.
Way = Callable[[bytes], int]


def _none(_data: bytes) -> int:
    """In place of a way, where there is none: less than nothing is sent."""
    return -1


class Straight:
    """``connections`` by their sids."""

    def __init__(self, connections: Mapping[int, Connection]) -> None:
        self._connections = connections
        self._ways: dict[int, Way] = {}

    def block(self, sid: int) -> None:
        """Something is in the way of ``sid``."""
        self._ways.pop(sid, None)

    def write(self, effect: Deliver) -> None:
        """To each at once. What was queued for any of them before must have been written, or blocks his way."""
        ways = self._ways
        if effect.instead:
            for sid in effect.instead:
                ways[sid] = len  # takes it all, and sends nothing
        self._write(effect.data, effect.to)
        if effect.instead:
            for sid, own in effect.instead.items():
                ways.pop(sid, None)
                if own:
                    self._otherwise(sid, own, -1)

    def _write(self, data: bytes, to: tuple[int, ...]) -> None:
        """This loop is what a message to many costs. It goes on behind whoever makes trouble."""
        size = len(data)
        ways = self._ways
        each = zip(to, map(ways.get, to, repeat(_none)), strict=False)  # found when their turn has come
        sid = 0
        while True:
            try:
                for sid, send in each:
                    sent = send(data)
                    if sent != size:
                        self._otherwise(sid, data, sent)
            except OSError as error:
                self._connections[sid].unsent(data, error)
            else:
                return

    def _otherwise(self, sid: int, data: bytes, sent: int) -> None:
        """``data`` was not sent: not all of it, or (-1) nothing, for want of a way."""
        connection = self._connections.get(sid)
        if connection is None:
            return  # gone
        if sent >= 0:
            connection.sent_partly(data, sent)
            return
        connection.out.append(data)
        connection.flush()
        if (way := connection.way()) is not None:
            self._ways[sid] = way
