"""In which order conversations are listed, and which is the next one."""

from __future__ import annotations

from collections.abc import Sequence

from natterjack.client.model import Channel, Conversation, Model
from natterjack.proto.casemap import fold


def listed(model: Model) -> list[Conversation]:
    """The conversations that one can go to, in order: not those that we have left, or put away."""
    here = fold(model.current)

    def is_gone(each: Conversation) -> bool:
        left = isinstance(each, Channel) and model.online and not each.joined
        return left or model.is_closed(each.name)

    found = [
        each for each in model.conversations if fold(each.name) == here or each.unread or not is_gone(each)
    ]
    return arranged(found)


def arranged(conversations: Sequence[Conversation]) -> list[Conversation]:
    """Channels, then people, each in the order in which they came up: a place, once learnt, stays."""
    return sorted(conversations, key=lambda each: not isinstance(each, Channel))


def nth(conversations: Sequence[Conversation], number: int) -> Conversation | None:
    """The one that is listed as ``number`` (from 1)."""
    listed = arranged(conversations)
    return listed[number - 1] if 0 < number <= len(listed) else None


def neighbour(
    conversations: Sequence[Conversation], current: str, step: int, *, unread: bool = False
) -> Conversation | None:
    """The next (``step`` 1) or the one before (-1), round the ends; with ``unread`` the next that is."""
    listed = arranged(conversations)
    if not listed:
        return None
    here = next((place for place, each in enumerate(listed) if fold(each.name) == fold(current)), None)
    start = here if here is not None else (-1 if step > 0 else 0)
    for distance in range(1, len(listed) + 1):
        found = listed[(start + step * distance) % len(listed)]
        if fold(found.name) != fold(current) and (found.unread or not unread):
            return found
    return None


def next_unread(conversations: Sequence[Conversation], current: str) -> Conversation | None:
    """Where one is spoken to, first; then where anything is unread."""
    called = [each for each in conversations if each.mentions]
    return neighbour(called, current, 1) or neighbour(conversations, current, 1, unread=True)
