"""Where one can go in a window with several servers, in the order of its list, and what the servers are called."""

from __future__ import annotations

from collections.abc import Sequence

from natterjack.client.model import Conversation
from natterjack.client.view import order
from natterjack.desktop.server import Server
from natterjack.proto.casemap import fold

Place = tuple[Server, Conversation]


def listed(servers: Sequence[Server]) -> list[Place]:
    """All that is listed, from top to bottom."""
    return [(server, each) for server in servers for each in server.conversations]


def beside(
    servers: Sequence[Server], here: Server | None, step: int, *, unread: bool = False
) -> Place | None:
    """The next place (``step`` 1) or the one before (-1), round the ends; with ``unread`` the next that is."""
    places = listed(servers)
    current = fold(here.model.current) if here is not None else ""
    at = [server is here and fold(each.name) == current for server, each in places]
    start = at.index(True) if True in at else (-1 if step > 0 else 0)
    for distance in range(1, len(places) + 1):
        number = (start + step * distance) % len(places)
        if not at[number] and (places[number][1].unread or not unread):
            return places[number]
    return None


def unread(servers: Sequence[Server], here: Server | None) -> Place | None:
    """Where something is unread, here or on another server."""
    first = servers.index(here) if here in servers else 0
    for server in [*servers[first:], *servers[:first]]:
        found = order.next_unread(server.conversations, server.model.current if server is here else "")
        if found is not None:
            return server, found
    return None


def names(servers: Sequence[Server]) -> list[str]:
    """What ``servers`` are called: with their address where two call themselves the same."""
    given = [server.name for server in servers]
    return [
        f"{name} ({server.place})" if given.count(name) > 1 and name != server.place else name
        for name, server in zip(given, servers, strict=True)
    ]
