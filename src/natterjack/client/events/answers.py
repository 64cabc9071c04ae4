"""Answers to what was asked, and the server's own words."""

from __future__ import annotations

from natterjack.client.events.base import Event, Kind
from natterjack.proto.source import Source


class Acked(Event, frozen=True):
    """A message of ours is stored, as safely as the server stores.

    ``msgid`` is ``""`` where the server names none: then it took the message, and more cannot be known. ``late``: the
    person was told, by :class:`.ours.Kept` or :class:`.ours.StillSending`, that it was not sent yet.
    """

    ref: int
    msgid: str
    target: str
    text: str
    time: float
    left: int = 0
    late: bool = False


class Done(Event, frozen=True):
    """The request was carried out; what it answered has come before this."""

    ref: int
    command: str


class Refused(Event, frozen=True):
    """It was not, and for certain. ``code`` is the numeric, the standard-reply code, or a word of ours.

    Of a request that went as several messages, ``said`` is the one that this is about; ``""`` where it is about all.
    """

    ref: int
    command: str
    target: str
    code: str
    text: str
    left: int = 0
    said: str = ""


class Unanswered(Event, frozen=True):
    """No answer came: whether it was carried out is unknown. ``said`` as in :class:`Refused`.

    ``stays``: none will come now. It was not sent, but waits in the outbox, and is sent by itself once that can be.
    """

    ref: int
    command: str
    target: str
    text: str
    left: int = 0
    said: str = ""
    stays: bool = False


class Registered(Event, frozen=True):
    """``account`` is made. ``complete`` is False where the server wants more first; its ``text`` says what."""

    ref: int
    account: str
    complete: bool
    text: str


class NickKept(Event, frozen=True):
    """We are logged in, but ``wanted``, the account's own name, cannot be had now; ``text`` says why."""

    nick: str
    wanted: str
    text: str


class WhoLine(Event, frozen=True):
    """``oper``: operator of the server. ``""`` stands for what the server did not tell."""

    ref: int
    channel: str
    nick: str
    user: str
    host: str
    server: str
    prefixes: str
    away: bool
    oper: bool
    account: str
    realname: str


class WhoisLine(Event, frozen=True):
    """One line about ``nick``; ``code`` says which, ``params`` are what follows the nick."""

    ref: int
    nick: str
    code: str
    params: tuple[str, ...]


class ChannelLine(Event, frozen=True):
    """One channel of an answer to LIST."""

    ref: int
    channel: str
    members: int
    topic: str


class Found(Event, frozen=True):
    """One message of an answer to SEARCH."""

    ref: int
    msgid: str
    time: float
    sender: Source
    target: str
    text: str
    kind: Kind


class HistoryRead(Event, frozen=True):
    """An answer to a request for history is complete: ``lines``, of whatever kind; ``last`` is the last msgid.

    ``first`` is the first one: before that there may be more, even where nothing of this is shown.

    ``cut``: the server says that it has fewer than were asked for only since they are long.
    """

    ref: int
    target: str
    lines: int
    last: str
    cut: bool = False
    first: str = ""


class TargetTold(Event, frozen=True):
    """In the conversation with ``target`` something was said, last at ``time``."""

    ref: int
    target: str
    time: float


class ServerText(Event, frozen=True):
    """A line for people: the message of the day, help, and any numeric without a type of its own.

    ``params`` are its parameters without our nick.
    """

    ref: int
    code: str
    params: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.params)


class ServerError(Event, frozen=True):
    """An error that answers no request of ours."""

    code: str
    text: str


class ServerNote(Event, frozen=True):
    """A standard reply WARN or NOTE: ``level`` says which. ``ref`` is 0 where it answers no request of ours."""

    level: str
    code: str
    text: str
    ref: int = 0
