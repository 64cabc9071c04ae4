"""Where a line came from: ``nick!user@host`` for people, a name with a dot (or none) for servers."""

from __future__ import annotations

from msgspec import Struct


class Source(Struct, frozen=True, gc=False):
    """``user`` and ``host`` are ``""`` where the source is a server or says only a nick."""

    nick: str
    user: str = ""
    host: str = ""


def parse_source(text: str) -> Source:
    """The parts of ``text``. Never fails: what is missing is ``""``."""
    rest, _, host = text.partition("@")
    nick, _, user = rest.partition("!")
    return Source(nick, user, host)
