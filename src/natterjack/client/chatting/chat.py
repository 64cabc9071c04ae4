"""Between the keyboard, the server and the screen: what is typed is carried out, and what happens is taken in.

Theory of operation. One thread calls :meth:`Chat.typed`, :meth:`Chat.end_of_input` and :meth:`Chat.happened`; nothing
here waits. A typed line goes to :mod:`.lines`, which has it carried out when it is its turn; a password that it lacks
is asked for by :mod:`.missing_password` before. What it asks of the server carries the number of the line, by which the
answer is shown, and is under way until then (:mod:`.under_way`).

The connection is :mod:`.link`'s; while it is lost, messages go to the outbox all the same. As whom we come in is
decided by :mod:`.arrivals`. :mod:`.here` keeps where one looks, and :mod:`.ending` knows when it is over.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.channels import is_channel
from natterjack.client.chatting import parse
from natterjack.client.chatting.arrivals import OWN, Accounts
from natterjack.client.chatting.commands import Row, held_back, unknown
from natterjack.client.chatting.ending import Ending
from natterjack.client.chatting.faces import Connection, View
from natterjack.client.chatting.file_commands import LOOKING
from natterjack.client.chatting.here import Here
from natterjack.client.chatting.lines import WAITS, Lines
from natterjack.client.chatting.link import Link, Phase, not_now
from natterjack.client.chatting.missing_password import MissingPassword, PasswordQuestion
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.parse import Mistyped
from natterjack.client.chatting.questions import Question
from natterjack.client.chatting.saying_commands import say
from natterjack.client.chatting.services import Services
from natterjack.client.chatting.under_way import UnderWay
from natterjack.client.errors import AccountsUnusable, ConnectError
from natterjack.client.model import Model
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.requests import Request, Say
from natterjack.client.secret import Credentials, Secret
from natterjack.client.transfers.events import TransferChanged
from natterjack.client.transfers.requests import FetchFile, SendFile
from natterjack.client.transfers.values import State
from natterjack.exits import FAILED
from natterjack.proto.casemap import fold


class Chat:
    """See the module. ``finished`` turns true once; then ``exit_code`` is what the program ends with."""

    def __init__(
        self,
        connection: Connection,
        view: View,
        options: Options,
        accounts: Accounts,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        most_items: int = MOST_ITEMS,
    ) -> None:
        self.model = Model(most_items)
        self.line = 0  # the number of the line being carried out
        self.link = Link(self, connection, view, options, accounts, clock, chance)
        self._connection = connection
        self._view = view
        self._options = options
        self._missing = MissingPassword(self, view)
        self._under_way = UnderWay()
        self.lines = Lines(self, self._missing, self._under_way, interactive=options.interactive)
        self.here = Here(self, connection, interactive=options.interactive)
        self.ending = Ending(self, view, self._under_way, interactive=options.interactive)
        self.services = Services(self)
        self.question: Question | None = None  # what the next line answers

    # -- for the loop ----------------------------------------------------------------------------------------------

    @property
    def password(self) -> PasswordQuestion | None:
        """What the next line answers before :attr:`question`."""
        return self._missing.question

    @property
    def finished(self) -> bool:
        return self.ending.finished

    @property
    def exit_code(self) -> int:
        return self.ending.exit_code

    @property
    def prompt(self) -> str:
        asked = self.password or self.question
        if asked is not None:
            return asked.prompt
        here = self.link.phase is Phase.ONLINE or self.link.returning
        return f"{self.model.current}> " if here and self.model.current else "> "

    @property
    def busy(self) -> bool:
        """Whether something typed still waits for an answer, or to be carried out."""
        if self._options.interactive and self.link.returning:
            return bool(self.lines)  # what waits for the connection keeps nobody from typing on
        changing = self.link.phase in (Phase.CONNECTING, Phase.LEAVING)
        return not self.finished and (changing or bool(self.lines or self._under_way))

    @property
    def moving(self) -> bool:
        """Whether a file is on its way."""
        return bool(self.model.transfers.active)

    def typed(self, number: int, text: str) -> None:
        """Line ``number`` (from 1) was typed."""
        self.lines.typed(number, text)
        self.go_on()

    def answer(self, text: str) -> None:
        """``text`` was typed where a password is asked for."""
        self._missing.answer(text)
        self.go_on()

    def bad_line(self, number: int, code: str, text: str) -> None:
        """Line ``number`` cannot be read."""
        self.lines.unreadable()
        self.tell_mistyped(number, Mistyped(text, code))

    def end_of_input(self) -> None:
        """No line will follow."""
        self.ending.end_of_input()
        if self.password is not None:
            self.password.withdraw()
        self.go_on()
        if self._options.interactive and not self.ending.quitting:
            self.info(WAITS.format("This program ends", "Ctrl+C does not wait."))

    def interrupt(self) -> None:
        """Somebody wants out now: what was not carried out yet is not. Where a password is asked for, out of that."""
        if self.password is not None:
            self.password.withdraw()
            return
        if self.ending.quitting:
            self.ending.finish_at_once()
            return
        if self.ending.has_work:
            self.ending.not_all_done()
        self.quit("")
        self.lines.drop()

    def happened(self, events: Sequence[e.Event]) -> None:
        """Take in what the driver told."""
        for event in events:
            self.take_in(event)
        self.go_on()
        self.here.read_along()

    def take_in(self, event: e.Event) -> None:
        self.link.before(event)
        shown = self.link.shown(event)
        self.model.apply(event)
        if shown is not None:
            self._view.event(shown, self.model)
        handler = _EVENTS.get(type(event))
        if handler and not self.finished:
            handler(self, event)

    # -- for the commands ------------------------------------------------------------------------------------------

    def ask(self, request: Request, then: Callable[[], object] | None = None) -> None:
        """Send ``request``, whose number is the present line's; ``then`` is called once it has been done."""
        if not (self._options.interactive and isinstance(request, SendFile | FetchFile)):
            self._under_way.begin(request.ref, message=isinstance(request, Say))
        if then:
            self._under_way.follow(request.ref, then)
        self._connection.send(request)

    @property
    def hides(self) -> bool:
        """Whether a password that is missing is asked for."""
        return self._options.hides

    @property
    def online(self) -> bool:
        """Whether there is a connection, so that what is asked is asked now."""
        return self.link.phase is Phase.ONLINE

    def is_channel(self, name: str) -> bool:
        return is_channel(name)

    def goes_on(self, old: str, new: str) -> bool:
        """Whether what was begun with ``old``, which is called ``new``, goes on there.

        That is so of a channel, into which one may be about to come only now, and of a talk that has gone on.
        """
        there = self.is_channel(new) or self.model.find(new) is not None
        return there and (fold(old) == fold(new) or self.model.find(old) is None)

    def info(self, text: str) -> None:
        self._view.info(text)

    def put(self, question: Question) -> None:
        """Ask the person: what he types next is the answer."""
        self.question = question
        self._view.asks(question)

    def clear(self) -> None:
        self._view.clear()

    def open(self, url: str) -> None:
        self._view.open(url)

    def connect(self, address: Address) -> None:
        self.link.connect(address)

    def disconnect(self, reason: str) -> None:
        if self.link.phase is Phase.OFFLINE:
            raise Mistyped("You are not connected.", "not_connected")
        self.link.disconnect(reason)

    def quit(self, reason: str) -> None:
        self._missing.drop()
        self.ending.begin()
        if self.link.phase is Phase.OFFLINE:
            self.ending.given_up(waited=False)
            self.ending.finish()
        else:
            self.link.disconnect(reason)

    def remember_login(self, account: str, password: Secret) -> None:
        """They have let us in here, and will again when we come back. Nothing is written down."""
        self.link.arrivals.remember(self.link.last_address, Credentials(account, password))

    def renew_login(self, password: Secret) -> None:
        """Our account has the ``password`` from now on."""
        login = Credentials(self.model.account, password)
        self._tell_password(lambda: self.link.arrivals.renew(self.link.last_address, login))

    def _tell_password(self, keep: Callable[[], str]) -> None:
        try:
            text = keep()
        except ConnectError as error:
            self._view.error(0, error.code, f"The new password was not kept. {error.text}")
        else:
            if text:
                self.info(text)

    # -- carrying out ----------------------------------------------------------------------------------------------

    def why_not_now(self, row: Row) -> str:
        """Why ``row`` cannot be carried out without a connection, if there is none and none is being made."""
        if row.online and self.link.phase is Phase.AWAY and not row.kept:
            return not_now(row.name)
        if row.online and not row.reaches and self.link.phase is Phase.OFFLINE:
            return f"{row.name} needs a server. Type: CONNECT"
        return ""

    def go_on(self) -> None:
        """Carry out all lines that need not wait; after the last of a pipe's it is over."""
        self.lines.go_on()
        if self.ending.is_due:
            self.quit("")

    def carry_out(
        self, number: int, meant: parse.Typed, row: Row | None, run: Callable[[], None] | None = None
    ) -> None:
        """Line ``number`` has its turn: it is ``meant``, the command of ``row`` where it is one.

        ``run`` does what it says; None: the row's own function.
        """
        self.line = number
        try:
            self._carry_out(meant, row, run)
        except Mistyped as error:
            self.tell_mistyped(number, error)

    def tell_mistyped(self, number: int, error: Mistyped) -> None:
        """Line ``number`` was not carried out."""
        self._view.error(number, error.code, str(error))
        self.ending.not_all_done()

    def _carry_out(self, meant: parse.Typed, row: Row | None, run: Callable[[], None] | None) -> None:
        if isinstance(meant, parse.Text):
            say(self, self.here.target(), meant.text)
        elif isinstance(meant, parse.Command) and row:
            why = self.why_not_now(row)
            if why:
                raise Mistyped(why, "not_connected")
            if run is not None:
                run()
            else:
                row.run(self, meant.rest)
        elif isinstance(meant, parse.HeldBack):
            raise held_back(meant, connected=self.link.phase is not Phase.OFFLINE)
        elif isinstance(meant, parse.Unknown):
            raise unknown(meant)

    # -- events ----------------------------------------------------------------------------------------------------

    def _on_ready(self, event: e.Ready) -> None:
        returning = self.link.ready()
        self.ending.reached()
        channels = [
            name if self.model.channel(name) else self.link.present_name(name)
            for name in self._options.channels
        ]
        if self._options.interactive:
            channels = list(filter(self.model.channel, channels))
        first = next(iter(channels), None)  # a program's words go there, or nowhere
        if first and not returning:
            self.here.look_at(first)
        try:
            request = self.link.arrivals.arrived(self.model)
        except ConnectError as error:
            self._view.error(0, error.code, f"You are in as a guest. {error.text}")
        else:
            if request is not None:
                self.ask(request)
        self._tell_password(lambda: self.link.arrivals.decided(self.link.last_address, self.model))

    def _on_resuming(self, event: e.Resuming) -> None:
        # as if it had been typed: nobody leaves before it is answered
        self._under_way.begin(event.ref, message=True)

    def _on_recalled(self, event: e.Recalled) -> None:
        if event.ref:
            return  # somebody asked, and is shown it
        channels = [line.target for line in event.lines if self.is_channel(line.target)]
        for name in [*channels[-1:], *self._options.channels[:1]]:
            self.here.look_at(name)

    def _on_transfer(self, event: TransferChanged) -> None:
        if event.transfer.state is State.FAILED:
            self.ending.fail(FAILED)

    def _on_driver_failed(self, event: e.DriverFailed) -> None:
        self.ending.crash()

    def _account_made(self) -> None:
        try:
            text = self.link.arrivals.registered(self.model)
        except AccountsUnusable as error:
            self._view.error(0, error.code, error.text)
        else:
            if text:
                self.info(text)

    def _account_not_made(self, event: e.Refused | e.Unanswered) -> None:
        code = event.code if isinstance(event, e.Refused) else "no_answer"
        try:
            self._view.error(0, code, self.link.arrivals.not_registered(event))
        except AccountsUnusable as error:
            self._view.error(0, error.code, error.text)

    def _on_done(self, event: e.Done) -> None:
        then = self._under_way.then(event.ref)
        self._under_way.answered(event.ref)
        if event.ref == OWN:
            self._account_made()
        if then:
            then()

    def _on_acked(self, event: e.Acked) -> None:
        self._under_way.answered(event.ref, event.left)

    def _on_failed(self, event: e.Refused | e.Unanswered) -> None:
        if event.ref == OWN:
            self._account_not_made(event)
        elif event.ref > 0 or event.ref == LOOKING or self._under_way.is_message(event.ref):
            self.ending.fail(FAILED)
        self._under_way.answered(event.ref, event.left)


_EVENTS: dict[type[e.Event], Callable[..., None]] = {
    e.Connecting: lambda chat, event: chat.link.connecting(event),
    e.Ready: Chat._on_ready,
    e.ConnectFailed: lambda chat, event: chat.link.connect_failed(event),
    e.Disconnected: lambda chat, event: chat.link.disconnected(event),
    e.QuitSeen: lambda chat, event: chat.link.name_is_free(event),
    e.ChannelRenamed: lambda chat, event: chat.link.channel_renamed(event),
    e.NickChanged: lambda chat, event: chat.link.name_is_free(event),
    e.NickKept: lambda chat, event: chat.link.name_kept(event),
    e.Resuming: Chat._on_resuming,
    e.Recalled: Chat._on_recalled,
    e.MessageReceived: lambda chat, event: chat.services.heard(event),
    e.ServerNote: lambda chat, event: chat.services.heard(event),
    e.Mark: lambda chat, event: chat._connection.shown(event.number),
    TransferChanged: Chat._on_transfer,
    e.DriverFailed: Chat._on_driver_failed,
    e.Done: Chat._on_done,
    e.Acked: Chat._on_acked,
    e.Refused: Chat._on_failed,
    e.Unanswered: Chat._on_failed,
}
