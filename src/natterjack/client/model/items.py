"""What a conversation is made of: the lines that a front end shows, one type per kind of line.

``time`` is in seconds since 1970. None of them can be part of a circle, and there may be hundreds of thousands: the
garbage collector need not look at them (``gc=False``), which it does for 100 ms and more at a time otherwise.
"""

from __future__ import annotations

from msgspec import Struct

from natterjack.client import events as e
from natterjack.client.events import Kind
from natterjack.client.transfers.values import FileInfo
from natterjack.proto.modes import render_changes


class Item(Struct, frozen=True, gc=False):
    """The base of all of them."""

    time: float


class Reaction(Struct, frozen=True, gc=False):
    """``nick`` put ``text`` to a message. ``msgid`` is that of the reaction, by which it can be taken back."""

    nick: str
    text: str
    msgid: str


class Message(Item, frozen=True):
    """``mention``: it names us, and we did not write it. ``msgid`` may be ``""``. ``file``: it announces that file.

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
    file: FileInfo | None = None

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


class ChannelRenaming(Item, frozen=True):
    old: str
    new: str
    by: str
    reason: str


class TopicChange(Item, frozen=True):
    topic: str
    by: str


class ModeChange(Item, frozen=True):
    """``text`` is as on the wire: ``+o alice``."""

    by: str
    text: str


class Note(Item, frozen=True):
    """What this program says to the person. ``error``: something did not work."""

    text: str
    error: bool = False


class Waiting(Struct, frozen=True, gc=False):
    """A message of ours that is not there yet. ``sent``: it is on its way; else it waits for a connection.

    ``ref`` is the number of the request for it.
    """

    ref: int
    text: str
    sent: bool


def item_of(event: e.Event) -> Item:
    """The line that shows what happened, be it now or in the past."""
    match event:
        case e.Joined():
            return Arrival(event.time, event.who.nick)
        case e.Parted():
            return Departure(event.time, event.who.nick, event.reason, False)
        case e.QuitSeen():
            return Departure(event.time, event.who.nick, event.reason, True)
        case e.NickChanged():
            return Renaming(event.time, event.old, event.new)
        case e.Kicked():
            return Removal(event.time, event.nick, event.by, event.reason)
        case e.ChannelRenamed():
            return ChannelRenaming(event.time, event.old, event.new, event.by, event.reason)
        case e.TopicChanged():
            return TopicChange(event.time, event.topic, event.by)
        case e.ModesChanged():
            return ModeChange(event.time, event.by, " ".join(render_changes(event.changes)))
    raise TypeError(f"{event!r} is shown by no line")
