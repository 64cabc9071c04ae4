"""What the chat tells, where the screen shows it: most of it is in the model; the rest becomes a note where one looks.

The words are those of :class:`~natterjack.client.chatting.text_view.TextView`, so that both clients say the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from natterjack.client import events as e
from natterjack.client.chatting.older import LOADING, Older
from natterjack.client.chatting.questions import Question
from natterjack.client.chatting.text_view import TextView
from natterjack.client.events import Kind
from natterjack.client.model import Channel, Conversation, Model
from natterjack.client.model.items import Note
from natterjack.proto.casemap import fold

#: The number of signs that one types, for which no line was typed.
TYPING: Final = -11
_OWN: Final = frozenset({LOADING, TYPING})
#: What the rows of the conversations show.
_IN_ROWS: Final = (
    e.Change,
    e.Past,
    e.QuitSeen,
    e.Kept,
    e.StillSending,
    e.Acked,
    e.ChannelRenamed,
    e.TopicChanged,
    e.ModesChanged,
)
#: What they show where it is about others.
_OF_OTHERS: Final = (e.Joined, e.Parted, e.NickChanged, e.Kicked)
#: An attempt to connect that came to nothing: who stays outside can read what went before it.
_OUTSIDE: Final = (e.ConnectFailed, e.Disconnected)
#: Seconds after coming in within which it is settled where one looks: where one was, or a channel that was asked for.
_SETTLING: Final = 10.0


class _Lines:
    """Takes what is written line by line."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self._put = put

    def write(self, text: str, /) -> None:
        self._put(text.removesuffix("\n"))

    def flush(self) -> None:
        """Each line is shown as it is written."""


class NotingView:
    """``ring`` is called with nick and text where the person is spoken to; ``browse`` with a link to open.

    ``older`` sees to what was said before. How to fetch a file that comes is not told: the rows have to show it.
    """

    def __init__(
        self,
        ring: Callable[[e.MessageReceived], None],
        browse: Callable[[str], None],
        older: Older,
    ) -> None:
        self.older = older
        self.home = Conversation("")  # shown as long as there is no other
        self._unread: list[Note] = []  # told on the way in: out of sight as soon as one looks elsewhere
        self._told: Conversation = self.home  # where they were told last
        self._settled: float | None = None  # until when we are on the way in; None: until we are in
        self.model: Model | None = None
        self.farewell: list[str] = []  # for the terminal, once the screen is gone
        self.shows_typing = True  # False: the server passes no such signs on
        self.reconnecting: float | None = None  # when the next attempt is due
        self._why = ""  # there is no connection, as last told
        self._taken: e.NickTaken | None = None  # told once we are in, where one looks then
        self._about = ""  # the channel that the next words belong to, if they do not to where one looks
        self._lasting = False  # whether the next words have to be seen on the way in
        self._ring = ring
        self._browse = browse
        self._text = TextView(
            _Lines(self._say),
            _Lines(lambda text: self._say(text, error=True)),
            hints=True,
            bars=True,
            apart=True,
        )

    @property
    def current(self) -> Conversation:
        """The conversation that one looks at."""
        found = self.model.find(self.model.current) if self.model and self.model.current else None
        return found or self.home

    def _say(self, text: str, *, error: bool = False, lasting: bool = False) -> None:
        """``lasting``: on the way in it has to be seen; so has an ``error``."""
        self.take_along()  # what was told before stands before it
        about = self.model.find(self._about) if self.model and self._about else None
        where, note = about or self.current, Note(time.time(), text, error)
        where.note(note)
        if (error or lasting or self._lasting) and self._coming:
            self._unread.append(note)
            self._told = where

    @property
    def _coming(self) -> bool:
        return self._settled is None or time.monotonic() < self._settled

    def take_along(self) -> None:
        """One looks elsewhere perhaps, without having asked for it: what was told on the way in is told there too."""
        here = self.current
        if not self._coming:
            self._unread.clear()
        if here is not self._told and here is not self.home:
            for note in self._unread:
                here.note(note)
            self._told = here

    def seen(self) -> None:
        """The person does something: he has seen what is there."""
        self._unread.clear()

    # -- the view's face -------------------------------------------------------------------------------------------

    def event(self, event: e.Event, model: Model) -> None:
        self.model = model
        if getattr(event, "ref", 0) in _OWN and not isinstance(event, e.MessageReceived):
            self._answered(event)
            return
        if isinstance(event, e.Reconnecting):
            self._waits(event)
            return
        elif isinstance(event, e.NickTaken):
            self._taken = self._taken or event
            return
        elif isinstance(event, e.Ready | e.Connecting | e.ConnectFailed | e.Disconnected):
            self.reconnecting = None
        if isinstance(event, e.Ready):
            self._why = ""
            self.farewell.clear()
            self.older.connected()
        if isinstance(event, e.MessageReceived):
            self._rings(event, model)
            if self._of_server(event, model):
                self._lasting = True  # "This nick is registered: identify"
                self._text.event(event, model)
                self._lasting = False
        elif isinstance(event, e.Recalled):
            self._recalled(event)
        elif isinstance(event, e.HistoryRead) and event.ref > 0 and event.lines:
            self._say("What was said before stands above. PgUp goes there, and fetches more.")
        elif (
            isinstance(event, e.Parted | e.Kicked)
            and event.own
            and fold(event.channel) == fold(model.current)
        ):
            self._text.still_there(event.channel, model)  # the rows show the rest
        elif not (isinstance(event, _IN_ROWS) or (isinstance(event, _OF_OTHERS) and not event.own)):
            self._about = event.channel if isinstance(event, e.NamesListed | e.TopicTold) else ""
            self._text.event(event, model)
            self._about = ""
        if isinstance(event, e.Ready):
            for channel in model.channels:  # each where it belongs: where one looks there may be many of them
                self._about = channel.name
                self._text.topic_of(channel)
            self._about = ""
        self._follow_way_in(event)

    def _follow_way_in(self, event: e.Event) -> None:
        """What was told on it has to be seen where it ends."""
        if isinstance(event, _OUTSIDE):
            self._unread.clear()
        if isinstance(event, e.Connecting):
            self._settled = None
        if isinstance(event, e.Ready | e.Disconnected):
            self.take_along()
            if self._taken is not None and isinstance(event, e.Ready):
                wanted, why = self._taken.nick, self._taken.text
                self._say(f"The name {wanted} cannot be had ({why}): you are {event.nick}.", lasting=True)
            self._taken = None
        if isinstance(event, e.Ready):
            self._settled = time.monotonic() + _SETTLING

    def _answered(self, event: e.Event) -> None:
        """What the screen itself has asked for."""
        if getattr(event, "ref", 0) == TYPING and isinstance(event, e.Refused):
            self.shows_typing = False
        if getattr(event, "ref", 0) == LOADING:
            self.older.heard(event)

    def _rings(self, event: e.MessageReceived, model: Model) -> None:
        conversation = model.find(event.target) or model.find(event.sender.nick)
        message = conversation.message(event.msgid) if conversation else None
        last = conversation.items[-1] if conversation and conversation.items else None
        called = message.mention if message else getattr(last, "mention", False)
        if called and not (event.own or event.history or event.ref or event.kind is Kind.NOTICE):
            self._ring(event)

    @staticmethod
    def _of_server(event: e.MessageReceived, model: Model) -> bool:
        """Whether the server (what its operator has typed, say) or a service says something that is not in the rows."""
        if event.history or not model.is_server_word(event):
            return False
        channel = isinstance(model.find(event.target.lstrip(model.order)), Channel)
        return not channel and model.find(event.sender.nick) is None

    def _waits(self, event: e.Reconnecting) -> None:
        """The status line counts; why there is no connection is told where it is news."""
        if event.why and event.why != self._why:
            self._say(f"Still no connection: {event.why}", error=True)
        self._unread.clear()
        self._why = event.why or self._why
        self.reconnecting = time.monotonic() + event.seconds

    def _recalled(self, event: e.Recalled) -> None:
        if event.ref and not event.lines:
            self._say("Nothing of that is kept on this computer.")
        elif not event.ref and event.lines:
            self._say("From before, as kept on this computer. You are not connected: what you type waits.")

    def error(self, line: int, code: str, text: str) -> None:
        self._say(text, error=True)
        if line:
            self.seen()

    def info(self, text: str) -> None:
        self._say(text)

    def tell(self, where: str, text: str) -> None:
        """The same in the conversation ``where``, whatever one looks at."""
        self._about = where
        self._say(text)
        self._about = ""

    def asks(self, question: Question) -> None:
        self.info(question.words)

    def parting(self, text: str) -> None:
        """What has to be seen when the screen is gone, too."""
        self._say(text)
        self.farewell.append(text)

    def bye(self) -> None:
        before = len(self.current.items)
        self._text.bye()
        self.farewell += [item.text for item in self.current.items[before:] if isinstance(item, Note)]

    def clear(self) -> None:
        self.current.clear()

    def open(self, url: str) -> None:
        self._browse(url)
