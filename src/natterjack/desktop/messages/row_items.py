"""Which items of the conversation a row stands for."""

from __future__ import annotations

from natterjack.client.model.items import Item, Message
from natterjack.client.view.rows import Happened, Row, Said, Told
from natterjack.desktop.sending import Pending


def items_of(row: Row | Pending) -> tuple[Item, ...]:
    """The items that ``row`` stands for."""
    if isinstance(row, Said | Told):
        return (row.item,)
    return row.items if isinstance(row, Happened) else ()


def same(one: Item, other: Item | None) -> bool:
    """Whether they are one, whatever has been done to it."""
    if isinstance(one, Message) and isinstance(other, Message) and one.msgid:
        return one.msgid == other.msgid
    return one is other


def item_of(row: Row) -> Item | None:
    """The last of them."""
    items = items_of(row)
    return items[-1] if items else None
