"""What goes to many at once is written straight to their sockets, without a queue for each.

Of a message to a channel of a thousand nearly all that Python does is repeated a thousand times: find the connection,
put the bytes into its queue, find out that nothing is in the way, take them out again, send. So whoever has nothing in
the way (no backlog, no frames to be made, nothing that holds it back) has a *way* here, which is his socket's ``send``
and nothing else, found when it is first needed. Whatever gets in the way takes it away (:meth:`Straight.block`), and
from then on the connection is asked, as ever.

The ways of those who hear the same are a *route*. The next message to them finds it ready, and nothing is looked up for
each: in a busy channel what is not touched need not come into the processor's cache either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import length_hint
from typing import TypeAlias

from natterjack.net.connection import Connection
from natterjack.ports.effects import Deliver

#: Takes all, or part, of what is to be sent, and says how much; raises ``OSError`` as a socket does.
Way: TypeAlias = Callable[[bytes], int]

#: Routes kept at a time; where more are in use, they are found anew.
_ROUTES = 64


class Route:
    """The ways ``to`` some sids, in their order."""

    __slots__ = ("_places", "to", "ways")

    def __init__(self, to: tuple[int, ...], ways: list[Way]) -> None:
        self.to = to
        self.ways = ways
        self._places: dict[int, int] = {}

    def place(self, sid: int) -> int | None:
        """Where ``sid`` is in it; None: nowhere."""
        if not self._places:
            self._places = {each: place for place, each in enumerate(self.to)}
        return self._places.get(sid)


class Straight:
    """``connections`` by their sids."""

    def __init__(self, connections: Mapping[int, Connection]) -> None:
        self._connections = connections
        self._ways: dict[int, Way] = {}
        self._routes: dict[int, Route] = {}  # by the identity of those whom they lead to

    def block(self, sid: int) -> None:
        """Something is in the way of ``sid``."""
        if self._ways.pop(sid, None) is not None:
            self._routes.clear()

    def write(self, effect: Deliver) -> None:
        """To each at once. What was queued for any of them before must have been written, or blocks his way."""
        route = self._route(effect.to)
        if not effect.instead:
            self._write(effect.data, route)
            return
        ways = route.ways
        theirs = {place: ways[place] for sid in effect.instead if (place := route.place(sid)) is not None}
        for place in theirs:
            ways[place] = len  # takes it all, and sends nothing
        self._write(effect.data, route)
        for place, way in theirs.items():
            ways[place] = way
        for sid, own in effect.instead.items():
            if own:
                self._around(sid, own)

    def _route(self, to: tuple[int, ...]) -> Route:
        route = self._routes.get(id(to))
        if route is None or route.to is not to:
            get = self._ways.get
            route = Route(to, [get(sid) or partial(self._around, sid) for sid in to])
            if len(self._routes) >= _ROUTES:
                self._routes.clear()
            self._routes[id(to)] = route
        return route

    def _write(self, data: bytes, route: Route) -> None:
        """This loop is what a message to many costs. It goes on behind whoever makes trouble."""
        size, to = len(data), route.to
        each = iter(route.ways)
        while True:
            try:
                for send in each:
                    sent = send(data)
                    if sent != size:
                        self._connections[to[-1 - length_hint(each)]].sent_partly(data, sent)
            except OSError as error:
                connection = self._connections.get(to[-1 - length_hint(each)])
                if connection is not None:  # else another's backlog was too much, and ended him on the way
                    connection.unsent(data, error)
            else:
                return

    def _around(self, sid: int, data: bytes) -> int:
        """``sid`` has no way: whatever is in it is seen to, and he gets one if nothing is in it any more."""
        connection = self._connections.get(sid)
        if connection is not None:
            connection.out.append(data)
            connection.flush()
            if sid not in self._ways and (way := connection.way()) is not None:
                self._ways[sid] = way
                self._routes.clear()
        return len(data)
