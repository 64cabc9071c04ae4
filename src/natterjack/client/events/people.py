"""What people say and do, and what we learn about them."""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.events.base import Event, Kind
from natterjack.client.transfers.values import FileInfo
from natterjack.proto import modes
from natterjack.proto.source import Source


class MessageReceived(Event, frozen=True):
    """A message, others' or our own (``own``: as the server passed it on, or on servers that do not, as sent).

    ``msgid`` is ``""`` where the server gives none; ``history`` is true for what was said before we came, or while we
    were away. ``ref`` is set where it answers a request for history; ``back``: one for what may be older than all that
    is known of the same time.

    ``reply_to`` is the id of the message that it answers, ``""`` where it answers none. ``edited``: its text is not
    the first one; ``redacted``: it was taken back, and has none any more. ``file``: it announces that file.
    """

    msgid: str
    time: float
    sender: Source
    target: str
    text: str
    kind: Kind
    own: bool
    history: bool = False
    account: str = ""
    ref: int = 0
    reply_to: str = ""
    edited: bool = False
    redacted: bool = False
    file: FileInfo | None = None
    back: bool = False


class Change(Event, frozen=True):
    """Something was done to the message ``msgid``. ``by`` is the id of the line that says so.

    ``history`` and ``ref`` are as for :class:`MessageReceived`; ``own`` is about ``sender``, who did it.
    """

    msgid: str
    by: str
    time: float
    sender: Source
    target: str
    own: bool
    account: str = ""
    history: bool = False
    ref: int = 0


class Edited(Change, frozen=True, kw_only=True):
    """It reads ``text`` from now on."""

    text: str
    kind: Kind = Kind.MESSAGE


class Redacted(Change, frozen=True, kw_only=True):
    """It was taken back. ``msgid`` may also be that of a reaction."""

    reason: str = ""


class Reacted(Change, frozen=True, kw_only=True):
    """``reaction`` (an emoji, a word) was put to it, or with ``adding`` false taken away."""

    reaction: str
    adding: bool = True


class Typing(Event, frozen=True):
    """``sender`` types something for ``target``. ``time`` is when that came here, whatever the server's clock says.

    ``state`` is ``active``, ``paused`` or ``done``. https://ircv3.net/specs/client-tags/typing
    """

    time: float
    sender: Source
    target: str
    state: str
    account: str = ""


class Joined(Event, frozen=True):
    """``account`` and ``realname`` are ``""`` where unknown. ``key`` is the one that let us in, ``""`` for none."""

    who: Source
    channel: str
    account: str
    realname: str
    own: bool
    time: float
    msgid: str = ""
    key: str = ""


class Parted(Event, frozen=True):
    """``asked``: we did, on this connection. Else we were taken out: by another device of ours, or with a new name."""

    who: Source
    channel: str
    reason: str
    own: bool
    time: float
    msgid: str = ""
    asked: bool = False


class QuitSeen(Event, frozen=True):
    """Somebody left the server. ``split``: the servers lost each other, and he may be back at once."""

    who: Source
    reason: str
    split: bool
    time: float
    msgid: str = ""


class NickChanged(Event, frozen=True):
    """``own``: we are called ``new`` from now on."""

    old: str
    new: str
    own: bool
    time: float
    msgid: str = ""


class Kicked(Event, frozen=True):
    """``nick`` was put out of ``channel``. ``own``: that was us."""

    nick: str
    channel: str
    by: str
    reason: str
    own: bool
    time: float
    msgid: str = ""


class ChannelRenamed(Event, frozen=True):
    """The channel ``old``, in which we are, is called ``new`` from now on, and is the same otherwise.

    ``by`` is ``""`` where it happened while we were not there, and nobody knows.
    """

    old: str
    new: str
    by: str
    reason: str
    time: float
    msgid: str = ""


class TopicChanged(Event, frozen=True):
    """Somebody set it just now; ``""`` takes it away."""

    channel: str
    topic: str
    by: str
    time: float
    msgid: str = ""


class ModesChanged(Event, frozen=True):
    """``target`` is a channel, or our own nick. ``prefixes`` shows each rank letter's sign: ``{"o": "@"}``."""

    target: str
    by: str
    changes: tuple[modes.Change, ...]
    prefixes: dict[str, str]
    time: float
    msgid: str = ""


class Past(Event, frozen=True):
    """``event`` happened in ``channel`` before we came, or while we were away: nothing follows from it for now.

    It is told as it was then. ``ref`` and ``back`` as for :class:`MessageReceived`.
    """

    channel: str
    event: Joined | Parted | QuitSeen | NickChanged | Kicked | ChannelRenamed | TopicChanged | ModesChanged
    ref: int = 0
    back: bool = False


class ReadUpTo(Event, frozen=True):
    """What was said in ``target`` up to ``time`` has been read, on this device or another. 0: that is not known."""

    target: str
    time: float


class Invited(Event, frozen=True):
    """``nick`` is invited into ``channel``. ``own``: that is us. https://ircv3.net/specs/extensions/invite-notify"""

    nick: str
    channel: str
    by: str
    own: bool
    time: float


class TopicTold(Event, frozen=True):
    """What the topic is, on joining or when asked. ``""``: there is none."""

    channel: str
    topic: str


class TopicSetBy(Event, frozen=True):
    """Who set the topic that was told just before, and when; 0 where the server does not say."""

    channel: str
    by: str
    time: float


class Named(Struct, frozen=True):
    """One of a channel's members. ``prefixes`` are the signs of his ranks, highest first."""

    nick: str
    prefixes: str = ""
    user: str = ""
    host: str = ""


class NamesListed(Event, frozen=True):
    """All the members of ``channel`` that we may see. ``ref`` is 0 where nobody asked."""

    ref: int
    channel: str
    members: tuple[Named, ...]


class AwayChanged(Event, frozen=True):
    """``text`` is None for somebody who is back. ``own``: we ourselves."""

    nick: str
    text: str | None
    own: bool


class AwayTold(Event, frozen=True):
    """Whom we wrote to, or asked about, is away."""

    nick: str
    text: str


class AccountChanged(Event, frozen=True):
    """``account`` is ``""`` for somebody who has logged out. ``own``: we ourselves, perhaps before we are in."""

    nick: str
    account: str
    own: bool = False


class HostChanged(Event, frozen=True):
    """``nick`` is shown with these from now on. https://ircv3.net/specs/extensions/chghost"""

    nick: str
    user: str
    host: str


class RealnameChanged(Event, frozen=True):
    """Somebody's, or ours. https://ircv3.net/specs/extensions/setname"""

    nick: str
    realname: str
