"""What people did, in words: one thing, or many comings and goings as one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from natterjack.client.model.items import (
    Arrival,
    ChannelRenaming,
    Departure,
    Item,
    ModeChange,
    Removal,
    Renaming,
    TopicChange,
)
from natterjack.proto.casemap import fold

#: Names in one list; the rest is a number.
_MOST_NAMES: Final = 6


def happened(item: Item) -> str:
    """One thing that happened, as a sentence without a full stop."""
    match item:
        case Removal(nick=nick, by=by, reason=reason):
            return f"{nick} was kicked by {by}{because(reason)}"
        case ChannelRenaming(old=old, new=new, by=by, reason=reason):
            return f"{by} gave {old} the name {new}{because(reason)}" if by else f"{old} is called {new} now"
        case TopicChange(topic=topic, by=by):
            return f"{by} set the topic: {topic}" if topic else f"{by} took the topic away"
        case ModeChange(by=by, text=text):
            return f"{by} set mode {text}"
    return condensed((item,))


def condensed(items: Sequence[Item]) -> str:
    """Comings, goings and new names: "alice, bob joined; carol left". What cancels out is told as such."""
    if len(items) == 1 and isinstance(alone := items[0], Departure):
        return f"{alone.nick} {'left the server' if alone.quit else 'left'}{because(alone.reason)}"
    first: dict[str, bool] = {}  # folded nick -> whether the first that he did was to come
    last: dict[str, bool] = {}
    names: dict[str, str] = {}
    renamed: list[str] = []
    for item in items:
        if isinstance(item, Renaming):
            renamed.append(f"{item.old} is now {item.new}")
        elif isinstance(item, Arrival | Departure):
            key = fold(item.nick)
            names[key] = item.nick
            last[key] = isinstance(item, Arrival)
            first.setdefault(key, last[key])
    kinds = ((True, True, "joined"), (False, False, "left"), (True, False, "came and went"))
    parts = [
        _list([names[key] for key in names if (first[key], last[key]) == (came, stayed)], verb)
        for came, stayed, verb in (*kinds, (False, True, "left and came back"))
    ]
    return "; ".join([part for part in parts if part] + renamed[-_MOST_NAMES:])


def _list(names: list[str], verb: str) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"{shown} {verb}" if names else ""


def because(reason: str) -> str:
    """``reason`` as it stands behind what happened."""
    return f" ({reason})" if reason else ""
