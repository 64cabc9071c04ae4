"""Which items of the conversation a row stands for."""

from __future__ import annotations

from natterjack.client.model.items import Item, Message
from natterjack.client.view import rows
from natterjack.client.view.rows import Row
from natterjack.desktop.sending import Pending


def items_of(row: Row | Pending) -> tuple[Item, ...]:
    """As :func:`natterjack.client.view.rows.items_of`; what is only to be said is none yet."""
    return () if isinstance(row, Pending) else rows.items_of(row)


def same(one: Item, other: Item | None) -> bool:
    """Whether they are one, whatever has been done to it."""
    if isinstance(one, Message) and isinstance(other, Message) and one.msgid:
        return one.msgid == other.msgid
    return one is other


def item_of(row: Row) -> Item | None:
    """The last of them."""
    items = items_of(row)
    return items[-1] if items else None
