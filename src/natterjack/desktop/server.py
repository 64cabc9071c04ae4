"""One server as the window has it: its chat, what is on the desk for it, and what a person does there.

Theory of operation. Everything here happens on the window's thread. The driver's events come in by
:class:`~natterjack.desktop.bridge.Bridge`; after each of its turns :attr:`Server.changed` tells that something may look
different now, and whoever shows some of it looks at the model again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from msgspec import structs
from PySide6.QtCore import QObject, QTimer, Signal

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.channels import is_channel
from natterjack.client.chatting import parse
from natterjack.client.chatting.desk import LARGEST, Desk
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.making import make_chat
from natterjack.client.chatting.noting import TYPING, NotingView
from natterjack.client.chatting.older import Older
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.questions import Question
from natterjack.client.chatting.saying_commands import say
from natterjack.client.chatting.typed import lines_typed
from natterjack.client.model import Conversation, Model
from natterjack.client.places import client_directory
from natterjack.client.transfers.events import TransferChanged
from natterjack.client.transfers.values import State as Moving
from natterjack.client.view import order
from natterjack.desktop.aims import Aim
from natterjack.desktop.bridge import Bridge
from natterjack.desktop.sending import PATIENCE, Noted, Sending
from natterjack.desktop.troubles import Troubles
from natterjack.desktop.writing import Writer
from natterjack.proto.casemap import fold

#: Lines of each conversation that are kept; older ones are for the server's history.
MOST_ITEMS: Final = 100_000
_ENOUGH: Final = "This is as far back as the window goes. Searching finds what was said before."
#: Requests for older lines made one after the other for one jump: 20,000 lines.
_MOST_REQUESTS: Final = 200
#: Milliseconds between two looks whether something new is on the desk, which is written down then.
_SAVING: Final = 2_000
#: In letters of different widths columns do not stand below one another.
_BETWEEN_COLUMNS: Final = re.compile(r"(?<=\S) {2,}(?=\S)")
_NOT_IN_FILES = re.compile(r"[^A-Za-z0-9.-]")


def _numbered(say: r.Say, number: int) -> r.Request:
    return structs.replace(say, ref=number)


class _Back:
    """How far back one wants to go in ``conversation``; ``left`` counts the requests that are made for it at most."""

    def __init__(self, conversation: Conversation, seconds: float, then: Callable[[], object]) -> None:
        self.conversation = conversation
        self.seconds = seconds
        self.then = then
        self.left = _MOST_REQUESTS


class _View(NotingView):
    """Shows what failed where it was said, and hands on what the window wants to know."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.rings, server.browse.emit, Older(MOST_ITEMS, _ENOUGH))
        self._server = server

    def event(self, event: e.Event, model: Model) -> None:
        if isinstance(event, e.NickChanged | e.ChannelRenamed):
            self._server.follow(event.old, event.new)
        failed = self._server.sending.heard(event) and self._server.looks_at(event)
        told = self._server.troubles.heard(event)
        self._server.heard.emit(event)
        quiet = isinstance(event, TransferChanged) and event.transfer.state is not Moving.FAILED
        if not (failed or told or quiet or self._server.shown_elsewhere(event)):
            super().event(event, model)

    def info(self, text: str) -> None:
        super().info(_BETWEEN_COLUMNS.sub(" – ", text))

    def error(self, line: int, code: str, text: str) -> None:
        super().error(line, code, text)
        self._server.not_done(line)

    def _waits(self, event: e.Reconnecting) -> None:
        """Why there is no connection is in a banner."""
        self.reconnecting = time.monotonic() + event.seconds

    def asks(self, question: Question) -> None:
        """A banner asks it."""

    def bye(self) -> None:
        super().bye()
        self._server.over()


class Server(QObject):
    """``options.address`` is where it is. ``watched``: the person sees what comes where he looks."""

    #: Something may look different: at most once in each turn of the bridge.
    changed = Signal()
    #: Another conversation is the current one.
    moved = Signal()
    #: A message speaks to the person: the event, and the name of its conversation.
    called = Signal(object, str)
    #: Something else is asked now (``chat.question``, ``chat.password``), or nothing.
    asked = Signal()
    #: Every event, as it is shown: for panels that wait for an answer.
    heard = Signal(object)
    #: What was typed there by hand was not carried out: where, and the text.
    mistyped = Signal(str, str)
    #: Whom one talks with, or a channel, has another name, as told before ``moved``: the old one, and the new one.
    renamed = Signal(str, str)
    #: A link is to be opened.
    browse = Signal(str)
    finished = Signal()

    def __init__(self, options: Options, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.options = options
        self.sending = Sending()
        self.troubles = Troubles()
        self.shows_typing = True
        self.by_choice = False  # whether ``moved`` tells of what the person has chosen just now
        self.view = _View(self)
        directory = client_directory(options.data_dir)
        place = options.address.name if options.address else "none"
        self.desk = Desk(directory, f"window-{_NOT_IN_FILES.sub('_', place)}.json")
        self._writer = Writer(self.desk.path, LARGEST)
        self._writer.failed.connect(self._not_kept)
        self._bridge = Bridge(self._take, self.settle, self)
        self.aims: dict[
            str, Aim
        ] = {}  # by the folded names of conversations: what is typed there is meant for
        self._number = 0
        self._elsewhere: set[int] = set()  # requests whose answers are not shown among the messages
        self._by_hand = (0, "", "")  # the last line that was typed: its number, where, and what
        self._here = ""
        self._question: Question | None = None  # as last told
        self._arrived = bool(options.channels)  # whether one is where one was
        self._over = self._closed = False
        self._watched = True  # so it is to begin with
        self._back: _Back | None = None
        self.chat, self.driver = make_chat(
            self.view,
            structs.replace(options, hides=True),
            self._bridge.deliver,
            most_items=MOST_ITEMS,
            between=lambda driver: Noted(driver, self.sending),
        )
        self.view.model = self.chat.model
        for name in self.desk.closed:
            self.model.close(name)
        self._saving = QTimer(self)
        self._saving.timeout.connect(self._keep)
        self._saving.start(_SAVING)
        QTimer.singleShot(0, self.settle)

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def model(self) -> Model:
        return self.chat.model

    @property
    def name(self) -> str:
        """For people."""
        return self.model.network or self.model.server or self.place

    @property
    def place(self) -> str:
        """Host and port."""
        address = self.chat.link.last_address if self.online else self.options.address
        return str(address) if address else "no server"

    @property
    def queued(self) -> int:
        """How many lines that were typed wait until they can be carried out."""
        return self.chat.lines.waiting

    def at(self, address: Address) -> bool:
        """Whether this is the server there."""
        return self.options.address is not None and self.options.address.name == address.name

    @property
    def online(self) -> bool:
        return self.chat.link.phase is Phase.ONLINE

    @property
    def current(self) -> Conversation:
        """The conversation that one looks at."""
        return self.view.current

    @property
    def was_put_out(self) -> bool:
        """Whether one looks at a channel in which one is not any more."""
        here = self.model.current
        return self.online and self.chat.is_channel(here) and self.model.channel(here) is None

    @property
    def conversations(self) -> list[Conversation]:
        """Those that one can go to, in order."""
        return order.listed(self.model)

    # -- what the person does --------------------------------------------------------------------------------------

    def type(self, text: str, *, by_hand: bool = False) -> None:
        """``text`` was typed, a command perhaps; of several lines the first decides what it is.

        Where a password is asked for, nothing else is done before that. ``by_hand``: ``mistyped`` brings it back.
        """
        if self.chat.password is not None:
            self.tell(parse.Mistyped("A password is asked for above: nothing was done.", "password"))
            return
        self.desk.drafts.typed(self._here, text)
        self.view.seen()
        lines = lines_typed(text)
        self._by_hand = (self._number + 1 if by_hand and len(lines) == 1 else 0, self._here, text)
        for line in lines:
            self._number += 1
            self.chat.typed(self._number, line)
        self._said()

    def say(self, text: str, *, target: str = "", reply_to: str = "") -> None:
        """Say ``text``, whatever it looks like: to ``target``, or where one looks."""
        self._number += 1
        self.chat.line = self._number
        try:
            say(self.chat, target or self.chat.here.target(), text, reply_to=reply_to)
        except parse.Mistyped as error:
            self.view.error(self._number, error.code, str(error))
        self._said()

    def not_done(self, number: int) -> None:
        """The line of that number was not carried out."""
        typed, where, text = self._by_hand
        if number and number == typed:
            self._by_hand = (0, "", "")
            self.mistyped.emit(where, text)

    def tell(self, problem: parse.Mistyped) -> None:
        """Show what was wrong with something typed that was not carried out."""
        self.view.error(0, problem.code, str(problem))
        self.settle()

    def _said(self) -> None:
        """What is still on its way in a moment is to be seen."""
        self.settle()
        QTimer.singleShot(round(PATIENCE * 1000) + 10, self.settle)

    def ask(
        self,
        make: Callable[[int], r.Request],
        then: Callable[[], object] | None = None,
        *,
        elsewhere: bool = False,
    ) -> int:
        """Ask for what ``make`` makes of the request's number, which is answered; ``then`` follows once it is done.

        ``elsewhere``: the answer is shown by who asks, and not among the messages.
        """
        self._number += 1
        if elsewhere:
            self._elsewhere.add(self._number)
        self.chat.ask(make(self._number), then)
        self.settle()
        return self._number

    def shown_elsewhere(self, event: e.Event) -> bool:
        """Whether it answers a request whose answers are."""
        number = getattr(event, "ref", 0)
        found = number in self._elsewhere
        if found and isinstance(event, e.Done | e.Refused | e.Unanswered):
            self._elsewhere.discard(number)
        return found

    def look_at(self, name: str) -> None:
        """The person has chosen to."""
        self.by_choice = True
        self.view.seen()
        self.chat.here.look_at(name)
        self.settle()
        self.by_choice = False

    def watch(self, watched: bool) -> None:
        """Whether the person sees what comes where he looks."""
        if watched != self._watched:
            self._watched = watched
            self.chat.here.watch(watched)
            if watched:
                QTimer.singleShot(0, self, self._read)

    def _read(self) -> None:
        """What was unread may be read by looking there."""
        if not self._over:
            self.settle()

    def shows_that_one_types(self, state: str) -> None:
        """``state`` as in ``requests.ShowTyping``."""
        here = self.model.current
        if self.shows_typing and self.view.shows_typing and here and self.online:
            self.driver.send(r.ShowTyping(TYPING, here, state))

    def load_older(self) -> None:
        """Ask the server for what was said before what is here."""
        request = self.view.older.request(self.current, online=self.online)
        if request is not None:
            self.driver.send(request)

    def _pass_by(self) -> None:
        """Go on where the last lines that came are none that are shown."""
        request = self.view.older.pass_by(self.current, online=self.online)
        if request is not None:
            self.driver.send(request)

    def load_back_to(self, seconds: float, then: Callable[[], object]) -> None:
        """Ask for older lines until those of that time are here, and do ``then``; or when there are no more."""
        self._back = _Back(self.current, seconds, then)
        self.settle()

    def _go_back(self) -> None:
        """Ask for some more of them."""
        back = self._back
        if back is None or self.view.older.loading:
            return
        conversation = self.current
        if conversation is not back.conversation or not self.online:
            self._back = None
            return
        items = conversation.items
        reached = bool(items) and items[0].time <= back.seconds
        if reached or back.left == 0 or self.view.older.has_ended(conversation):
            self._back = None
            if not reached and back.left == 0:
                self.view.info(
                    "That was said longer ago than can be fetched at once. Once more goes further back."
                )
            back.then()
            return
        back.left -= 1
        self.load_older()

    def retry(self, key: str) -> None:
        """Say once more what has failed: that alone, as the messages that it was."""
        for failed in self.sending.take(key):
            self.ask(partial(_numbered, failed))

    def discard(self, key: str) -> None:
        """What has failed is not shown any more."""
        self.sending.take(key)
        self.settle()

    def leave(self, name: str) -> None:
        """Out of a channel; a talk with a person is put aside."""
        if self.chat.is_channel(name) and not self.online:
            self.tell(parse.Mistyped("To leave a channel you have to be connected.", "not_connected"))
        elif self.chat.is_channel(name) and self.model.channel(name) is None:
            self.chat.here.look_elsewhere(name)  # one was put out of it
            self.settle()
        elif self.chat.is_channel(name):
            self.ask(lambda number: r.Part(number, name))
        else:
            self.chat.here.close(name)
            self.settle()

    def quit(self) -> None:
        """Leave the server in order; ``finished`` follows."""
        self.save()
        if not self._over:
            self.chat.quit("")

    def close(self) -> None:
        """It is over, whatever is under way; nothing is told any more."""
        if self._closed:
            return
        self._closed = True
        self.save()
        self._saving.stop()
        self._bridge.close()
        self.driver.close()

    @property
    def _kept_place(self) -> str:
        """Where one is. Until one is where one was the last time, that is still the last place: ``""``."""
        return self.chat.here.place if self._arrived else ""

    @property
    def _where(self) -> str:
        return self.chat.link.last_address.name

    def _keep(self) -> None:
        """Have what is new on the desk written down, off the window's thread."""
        if self._writer.succeeded:
            self.desk.succeeded()
        news = self.desk.news(self._kept_place, self.model.closed, self._where)
        if news is not None:
            self._writer.have(lambda: self.desk.lay(news))
        self._tell_of_desk()

    def _not_kept(self, why: str) -> None:
        self.desk.failed(why)
        self._tell_of_desk()

    def save(self) -> None:
        """Write down what is on the desk: the program is about to end."""
        why = self._writer.wait()
        if why:
            self.desk.failed(why)
        self.desk.save(self._kept_place, self.model.closed, self._where)
        self._tell_of_desk()

    def _tell_of_desk(self) -> None:
        if self.desk.problem:
            self.view.error(0, "desk", self.desk.problem)
            self.desk.problem = ""

    # -- what happens ----------------------------------------------------------------------------------------------

    def _take(self, events: Sequence[e.Event]) -> None:
        if self.chat.finished:
            return
        self.chat.happened(events)
        if self.chat.finished and not self._over:
            text = "A mistake in this program has ended this connection. Leave this server, and connect anew."
            self.view.error(0, "internal", text)

    def settle(self) -> None:
        """Something may be different now: tell those who show it."""
        if self._closed:
            return
        self._go_back()
        self._pass_by()
        if not self._arrived and self.online:
            self._arrived = True
            self.chat.here.go_back(self.desk.last, self.desk.where)
        if self.model.current != self._here:
            self._here = self.model.current
            self.view.take_along()
            self.moved.emit()
        asked = self.chat.password or self.chat.question
        if asked is not self._question:
            self._question = asked
            self.asked.emit()
        self.changed.emit()

    def rings(self, event: e.MessageReceived) -> None:
        """The person is spoken to."""
        in_channel = is_channel(event.target)
        self.called.emit(event, event.target if in_channel else event.sender.nick)

    def looks_at(self, event: e.Event) -> bool:
        """Whether the person sees what is shown in the conversation that ``event`` is about."""
        return fold(getattr(event, "target", "")) == fold(self.model.current)

    def follow(self, old: str, new: str) -> None:
        """What was begun with ``old`` goes on with ``new``, if the conversation does."""
        if not self.chat.goes_on(old, new):
            return
        self.renamed.emit(old, new)
        self.desk.drafts.rename(old, new)
        self.sending.rename(old, new)
        aim = self.aims.pop(fold(old), None)
        if aim is not None:
            self.aims[fold(new)] = aim

    def over(self) -> None:
        """The chat has ended."""
        if not self._over:
            self._over = True
            self.finished.emit()
