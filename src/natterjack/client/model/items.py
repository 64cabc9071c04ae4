"""What a conversation is made of: the lines that a front end shows, one type per kind of line.

``time`` is in seconds since 1970.
"""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.events import Kind
from natterjack.client.transfers.values import FileInfo


class Item(Struct, frozen=True):
    """The base of all of them."""

    time: float


class Message(Item, frozen=True):
    """``mention``: it names us, and we did not write it. ``msgid`` may be ``""``. ``file``: it announces that file."""

    msgid: str
    nick: str
    text: str
    kind: Kind
    own: bool
    history: bool
    mention: bool
    account: str
    file: FileInfo | None = None


class Arrival(Item, frozen=True):
    nick: str


class Departure(Item, frozen=True):
    """Left the channel, or with ``quit`` the whole server."""

    nick: str
    reason: str
    quit: bool


class Removal(Item, frozen=True):
    """``nick`` was kicked out."""

    nick: str
    by: str
    reason: str


class Renaming(Item, frozen=True):
    old: str
    new: str


class TopicChange(Item, frozen=True):
    topic: str
    by: str


class ModeChange(Item, frozen=True):
    """``text`` is as on the wire: ``+o alice``."""

    by: str
    text: str
