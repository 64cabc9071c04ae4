"""Which names are those of channels, as the client knows them without asking a server.

What is kept, typed and shown has to be told apart while there is no connection, and of servers that are not there any
more. So these are the two that have always been (RFC 1459 section 1.3), whatever a server announces as CHANTYPES:
that is :class:`~natterjack.client.session.state.ServerInfo`'s, for what comes from it.
"""

from __future__ import annotations

from typing import Final

#: What the name of a channel begins with.
PREFIXES: Final = "#&"


def is_channel(name: str) -> bool:
    """Whether ``name``, of which the case does not matter, is a channel's; else it is a nick, or ``""``."""
    return bool(name) and name[0] in PREFIXES
