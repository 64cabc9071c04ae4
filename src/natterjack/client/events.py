"""What a client is told: one frozen type per thing that can happen.

Most come out of the session, which read them off the wire; the last group comes from the driver, which knows the
socket. ``ref`` is the number that the front end gave a request (0: nobody's), so that an answer finds its question.
Every request with a number ends in exactly one of :class:`Acked`, :class:`Done`, :class:`Refused` and
:class:`Unanswered`; a text that had to be cut into several messages in one for each, and ``left`` are still to come.

``time`` is in seconds since 1970; names are as the server writes them, to be compared with ``casemap.fold``.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from natterjack.client.errors import ClientError, ConnectError
from natterjack.client.transfers.values import FileInfo
from natterjack.proto.modes import Change
from natterjack.proto.source import Source


class Event(Struct, frozen=True):
    """The base of all of them."""


class Kind(Enum):
    """How a text was meant."""

    MESSAGE = "message"
    ACTION = "action"  #: ``/me waves``
    NOTICE = "notice"  #: never to be answered automatically


# -- coming in ----------------------------------------------------------------------------------------------------


class Welcomed(Event, frozen=True):
    """The server took us in as ``nick``. More may follow before :class:`Ready`, our own JOINs for one."""

    nick: str
    server: str


class Ready(Event, frozen=True):
    """Everything that the server sends to begin with is here: requests may be made from now on.

    ``ranks`` are the signs that the server puts before nicks and, in targets, before channels, highest first.
    """

    nick: str
    server: str
    network: str
    ranks: str = ""


class NickTaken(Event, frozen=True):
    """The name ``nick`` could not be had on arrival; ``trying`` is asked for instead."""

    nick: str
    trying: str
    text: str


class LoginFailed(Event, frozen=True):
    """Logging in to ``account`` on arrival failed: we come in as a guest."""

    account: str
    code: str
    text: str


class NotWelcome(Event, frozen=True):
    """The server does not take us in. The connection is of no use any more. ``about_name``: under another it might."""

    code: str
    text: str
    about_name: bool = False


class Closing(Event, frozen=True):
    """The server is about to close the connection, and says why."""

    text: str


class Silent(Event, frozen=True):
    """Nothing came for ``seconds``, not even the answer to a PING: the connection is dead."""

    seconds: float


# -- what people say and do ---------------------------------------------------------------------------------------


class MessageReceived(Event, frozen=True):
    """A message, others' or our own (``own``: as the server passed it on, or on servers that do not, as sent).

    ``msgid`` is ``""`` where the server gives none; ``history`` is true for what was said before we came, or while we
    were away. ``ref`` is set where it answers a request for history. ``file``: it announces that file.
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
    file: FileInfo | None = None


class Joined(Event, frozen=True):
    """``account`` and ``realname`` are ``""`` where unknown."""

    who: Source
    channel: str
    account: str
    realname: str
    own: bool
    time: float


class Parted(Event, frozen=True):
    who: Source
    channel: str
    reason: str
    own: bool
    time: float


class QuitSeen(Event, frozen=True):
    """Somebody left the server. ``split``: the servers lost each other, and he may be back at once."""

    who: Source
    reason: str
    split: bool
    time: float


class NickChanged(Event, frozen=True):
    old: str
    new: str
    own: bool
    time: float


class Kicked(Event, frozen=True):
    nick: str
    channel: str
    by: str
    reason: str
    own: bool
    time: float


class TopicChanged(Event, frozen=True):
    """Somebody set it just now; ``""`` takes it away."""

    channel: str
    topic: str
    by: str
    time: float


class ModesChanged(Event, frozen=True):
    """``target`` is a channel, or our own nick. ``prefixes`` shows each rank letter's sign: ``{"o": "@"}``."""

    target: str
    by: str
    changes: tuple[Change, ...]
    prefixes: dict[str, str]
    time: float


class Invited(Event, frozen=True):
    nick: str
    channel: str
    by: str
    own: bool
    time: float


# -- what we learn about them -------------------------------------------------------------------------------------


class TopicTold(Event, frozen=True):
    """What the topic is, on joining or when asked. ``""``: there is none."""

    channel: str
    topic: str


class TopicSetBy(Event, frozen=True):
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
    """``text`` is None for somebody who is back. ``ref``: set where it answers our own AWAY."""

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
    nick: str
    user: str
    host: str


class RealnameChanged(Event, frozen=True):
    nick: str
    realname: str


# -- answers to requests ------------------------------------------------------------------------------------------


class Acked(Event, frozen=True):
    """A message of ours is stored, as safely as the server stores.

    ``msgid`` is ``""`` where the server names none: then it took the message, and more cannot be known. ``late``: the
    person was told, by :class:`Kept` or :class:`StillSending`, that it was not sent yet.
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
    """It was not, and for certain. ``code`` is the numeric, the standard-reply code, or a word of ours."""

    ref: int
    command: str
    target: str
    code: str
    text: str
    left: int = 0


class Unanswered(Event, frozen=True):
    """No answer came: whether it was carried out is unknown."""

    ref: int
    command: str
    target: str
    text: str
    left: int = 0


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

    ``cut``: the server says that it has fewer than were asked for only since they are long.
    """

    ref: int
    target: str
    lines: int
    last: str
    cut: bool = False


class TargetTold(Event, frozen=True):
    """In the conversation with ``target`` something was said, last at ``time``."""

    ref: int
    target: str
    time: float


# -- what is kept here -------------------------------------------------------------------------------------------


class Kept(Event, frozen=True):
    """There is no connection: the message is written down, and goes out as soon as there is one."""

    ref: int
    target: str
    text: str


class Resuming(Event, frozen=True):
    """``count`` messages that an earlier run has left are sent now. Their answers have this ``ref``, a negative one."""

    ref: int
    count: int


class StillSending(Event, frozen=True):
    """It was sent, and no answer has come for a while."""

    ref: int
    target: str
    text: str


class Gap(Event, frozen=True):
    """Of what was said in ``target`` while we were away some is missing here; ``text`` says why."""

    target: str
    text: str


class Recalled(Event, frozen=True):
    """What was shown of a server before, out of what is kept here: the last lines of each conversation.

    ``ref`` is that of the request for history that this answers, 0 where nobody asked.
    """

    ref: int
    lines: tuple[MessageReceived, ...]


class KeepingFailed(Event, frozen=True):
    """What should be kept on this computer cannot be, or not any more; ``text`` says why and what that means."""

    text: str


class Mark(Event, frozen=True):
    """Everything before this has a number: once it is shown, ``Driver.shown`` is to be called with that."""

    number: int


# -- the server's own words ---------------------------------------------------------------------------------------


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


# -- from the driver ----------------------------------------------------------------------------------------------


class Connecting(Event, frozen=True):
    """``where`` is ``host:port`` as asked for. ``known``: it has let us in before, as far as is known here."""

    where: str
    known: bool = False


class Reconnecting(Event, frozen=True):
    """The next attempt is made in ``seconds``; ``why`` there is no connection, ``""`` where that was just told."""

    where: str
    seconds: float
    why: str = ""


class ConnectFailed(Event, frozen=True):
    where: str
    error: ConnectError


class Disconnected(Event, frozen=True):
    """It is over. ``error`` is None where we asked for it. ``again``: we try to come back by ourselves."""

    where: str
    error: ClientError | None
    again: bool = False


class DriverFailed(Event, frozen=True):
    """A mistake of ours ended the driver: nothing will come any more, and it is no use to go on."""

    error: Exception
