"""Whom a channel's lists mean: bans (``b``), exceptions from them (``e``), and those who need no invitation (``I``)."""

from __future__ import annotations

from natterjack.core.state import Channel, User
from natterjack.proto.masks import matches


def listed(channel: Channel, letter: str, user: User) -> bool:
    """Whether some mask in the list ``letter`` fits ``user``."""
    entries = channel.lists.get(letter)
    return entries is not None and any(matches(entry.mask, user.source) for entry in entries.values())


def banned(channel: Channel, user: User) -> bool:
    """Whether ``user`` is kept from joining and speaking: a ban fits and no exception does."""
    return "b" in channel.lists and listed(channel, "b", user) and not listed(channel, "e", user)
