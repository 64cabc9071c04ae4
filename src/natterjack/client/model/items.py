"""What a conversation is made of: the lines that a front end shows, one type per kind of line.

``time`` is in seconds since 1970.
"""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.events import Kind


class Item(Struct, frozen=True):
    """The base of all of them."""

    time: float


class Reaction(Struct, frozen=True):
    """``nick`` put ``text`` to a message. ``msgid`` is that of the reaction, by which it can be taken back."""

    nick: str
    text: str
    msgid: str


class Message(Item, frozen=True):
    """``mention``: it names us, and we did not write it. ``msgid`` may be ``""``.

    ``reply_to`` is the id of the message that it answers (``Conversation.message``), or ``""``. ``edited``: the text is
    not the first one. ``redacted`` is None, or who took it back, and why; the text is ``""`` then.
    """

    msgid: str
    nick: str
    text: str
    kind: Kind
    own: bool
    history: bool
    mention: bool
    account: str
    reply_to: str = ""
    edited: bool = False
    redacted: tuple[str, str] | None = None
    reactions: tuple[Reaction, ...] = ()

    @property
    def tally(self) -> dict[str, list[str]]:
        """The reactions, each with the nicks of those who chose it, in the order in which they came."""
        found: dict[str, list[str]] = {}
        for each in self.reactions:
            found.setdefault(each.text, []).append(each.nick)
        return found


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
