"""What this program tells of itself: what it keeps, and how it stands with the connection."""

from __future__ import annotations

from natterjack.client.errors import ClientError, ConnectError
from natterjack.client.events.base import Event
from natterjack.client.events.people import MessageReceived, Reacted


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

    ``ref`` is that of the request for history that this answers, 0 where nobody asked. ``reactions`` are those to them.
    """

    ref: int
    lines: tuple[MessageReceived, ...]
    reactions: tuple[Reacted, ...] = ()


class Remembered(Event, frozen=True):
    """What was shown in earlier runs: for the model, which counts from it what is unread; news to nobody."""

    lines: tuple[MessageReceived, ...]
    reactions: tuple[Reacted, ...] = ()


class KeepingFailed(Event, frozen=True):
    """What should be kept on this computer cannot be, or not any more; ``text`` says why and what that means."""

    text: str


class Mark(Event, frozen=True):
    """Everything before this has a number: once it is shown, ``Driver.shown`` is to be called with that."""

    number: int


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
    """No connection to ``where`` (``host:port`` as asked for) came about."""

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
