"""The full-screen client: the chat, what is typed for it, where one goes in it, and what stands in the input meanwhile.

When which of it happens is :mod:`.loop`'s; what it looks like, :mod:`.layout`'s.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from threading import Thread
from typing import Final

from msgspec import structs
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import ClipboardData
from prompt_toolkit.document import Document

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.channels import is_channel
from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, not_said
from natterjack.client.chatting.desk import Desk
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.making import make_chat
from natterjack.client.chatting.noting import TYPING
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.sanitise import encodable
from natterjack.client.chatting.typed import is_talk, lines_typed
from natterjack.client.model import Conversation
from natterjack.client.places import client_directory
from natterjack.client.view import order
from natterjack.client.view.switcher import ranked
from natterjack.proto.casemap import fold
from natterjack.terminal.app import EndOfInput, Interrupted, Line, handle
from natterjack.terminal.screen.browsing import open_in_browser
from natterjack.terminal.screen.cells import shown
from natterjack.terminal.screen.choosing import Choosing
from natterjack.terminal.screen.coming_back import TypedLines
from natterjack.terminal.screen.hits import Hits
from natterjack.terminal.screen.inbox import ScreenCompleter
from natterjack.terminal.screen.loop import Loop
from natterjack.terminal.screen.messages import Messages
from natterjack.terminal.screen.output import Links, notify, open_terminal, takes_escapes
from natterjack.terminal.screen.painting import Painter
from natterjack.terminal.screen.pasting import Pastes, Pasting
from natterjack.terminal.screen.place import Place
from natterjack.terminal.screen.themes import Theme
from natterjack.terminal.screen.view import ScreenView

#: Seconds between two bells.
_BELL: Final = 2.0
#: Seconds until a message is shown as on its way: most are there by then, and nothing flickers.
_ON_ITS_WAY: Final = 0.3
#: Seconds in which a second Ctrl+C quits.
_WARNED: Final = 3.0


class Screen:
    """``mode`` says what keys mean: "chat", "switch", "search", "found", "hits", "choose", "delete", "help", "paste" or
    "secret": a password is asked for, and typed into a field of its own.

    ``around`` is None, or what was said around something that a search has found, shown instead of where one is.
    """

    def __init__(self, options: Options, theme: Theme, *, seconds: bool, shows_typing: bool) -> None:
        self.theme = theme
        term = os.environ.get("TERM", "")
        self._escapes = takes_escapes(term)
        self.desk = Desk(client_directory(options.data_dir))
        self.pasting = Pasting(self, Pastes(client_directory(options.data_dir)))
        self.view = ScreenView(self._ring, self.browse, self._not_done, self.pasting.pastes)
        self.around: Conversation | None = None
        self.choosing = Choosing(self)
        self.hits = Hits(self)
        self.view.shows_typing = shows_typing
        self.loop = Loop(self)
        self.chat, self.driver = make_chat(
            self.view, structs.replace(options, hides=True), self.loop.inbox.put, patience=_ON_ITS_WAY
        )
        self.view.model = self.chat.model
        for name in self.desk.closed:
            self.chat.model.close(name)
        links = Links(enabled=self._escapes)
        painter = Painter(theme, links, self.chat.model.is_me, seconds=seconds)
        self.messages = Messages(
            painter, lambda: self.around or self.view.current, lambda: self.chat.model.nick
        )
        self.output = open_terminal(links, theme.depth)
        self.input = Buffer(
            multiline=True,
            completer=ScreenCompleter(self.chat.model),
            on_text_changed=lambda _: self._types(),
        )
        self.query = Buffer(multiline=False, on_text_changed=lambda _: self._asked())
        self.secret = Buffer(multiline=False)
        self._clipboard = ClipboardData()  # what was cut out before there was a password in the input
        self.mode = "chat"
        self.chosen = 0  # in the switcher
        self.help_at = 0
        self.shows_list = True
        self.shows_members: bool | None = None  # None: where there is room
        self.warned = False  # that Ctrl+C once more quits
        self._lines = TypedLines()
        self.focused: bool | None = None  # None: the terminal has not told
        self.place = Place(self, options)
        self._number = 0
        self._last = (0, "")  # of what was typed last, the number of its first line, and where
        self._undone = ""  # where that was not carried out, and can be had back
        self._was_moving = False
        self.missed = False  # there was no more to find
        self._rung = self._typed = self._warned = 0.0
        self.app: Application[None]

    # -- for the loop ----------------------------------------------------------------------------------------------

    def run(self, app: Application[None], parent: int = -1) -> int:
        """Until it is over, or ``parent`` (-1: none) can be read. The exit code."""
        self.app = app
        try:
            self.loop.run(app, parent)
        finally:
            if self.choosing.verb != "edit":
                self.place.keep_draft()
            try:
                self.place.keep(lasting=True)
            finally:
                self.loop.inbox.close()
                self.driver.close()
        return 128 + self.loop.killed if self.loop.killed is not None else self.chat.exit_code

    def happened(self, events: Sequence[e.Event]) -> None:
        """Take in what the driver told."""
        self.chat.happened([event for event in events if not self.hits.heard(event)])
        for event in events:
            if isinstance(event, e.NickChanged | e.ChannelRenamed):
                self._rename(event.old, event.new)
            if isinstance(event, e.Acked | e.Refused | e.Unanswered):
                self.answered(event)

    def _rename(self, old: str, new: str) -> None:
        """A conversation may have another name: what was typed for it belongs to it all the same."""
        self.place.rename(old, new)
        self._lines.rename(old, new)
        number, where = self._last
        self._last = (number, new if where == old else where)
        self._undone = new if self._undone == old else self._undone

    def settle(self) -> None:
        """Something may be different now: see to the input, and draw in a while."""
        if self.chat.finished:
            self.loop.end()
            return
        self._follow_password()
        self.place.follow()
        self._pass_by()
        self.chat.here.watch(self._sees_all and self.mode != "help")
        self.loop.draw_soon()

    def tick(self) -> bool:
        """A second has passed: write down what is new. Whether something is shown that depends on the time."""
        self.place.look()
        if self.desk.problem:
            self.view.error(0, "desk", self.desk.problem)
            self.desk.problem = ""
        was_moving = self._was_moving or self.warned
        if time.monotonic() - self._warned > _WARNED:
            self.warned = False
        self._was_moving = bool(
            self.view.reconnecting
            or self.view.current.typing(time.time())
            or self.chat.model.transfers.active
        )
        return self._was_moving or was_moving

    # -- typing ----------------------------------------------------------------------------------------------------

    def set_input(self, text: str) -> None:
        """``text`` stands in the input."""
        self.input.document = Document(text, len(text))

    def give_back(self, text: str) -> None:
        """``text`` stands in the input, selected: who types on without looking types over it, not behind it."""
        self.set_input(text)
        buffer = self.input
        buffer.cursor_position = 0
        buffer.start_selection()
        if buffer.selection_state is not None:
            buffer.selection_state.enter_shift_mode()
        buffer.cursor_position = len(text)

    def enter(self) -> None:
        """What stands in the input is meant."""
        text = line = self.input.text
        verb = self.choosing.verb
        held = not_said(text, chosen=bool(verb))
        if held is not None:
            self.view.error(0, held.code, str(held))
            if "\n" in text:  # some work perhaps: it stays, to be mended
                self.settle()
                return
        draft = ""
        if verb:
            draft = self.desk.drafts.resume(self.place.here) if verb == "edit" else ""
            line = self.choosing.line(text)
            self.cancel()
            if not text.strip():
                return
        self.view.seen()
        self.set_input(draft)
        self.desk.drafts.typed(self.place.here, text)
        self._last = (self._number + 1, "" if parse.is_secret(text) else self.place.here)
        self._undone = ""
        self.place.changed()  # it is no draft any more, and soon not on the disk
        for each in lines_typed(line) if held is None else ():
            self.type(each)
        self.messages.follow()
        self.settle()

    def type(self, line: str) -> None:
        """``line`` is carried out, as if it had been typed where one is."""
        self._number += 1
        meant = parse.parse(line, CAPITALS, COMMANDS, connected=True)
        if isinstance(meant, parse.Command) and meant.name == "SEARCH":
            self.hits.begin(meant.rest)
        self._lines.note(self._number, self.place.here, line)
        handle(self.chat, Line(self._number, line))

    def give(self) -> None:
        """What was typed is the password that is asked for."""
        text = encodable(self.secret.text)
        self.secret.reset()
        self.chat.answer(text)
        self.messages.follow()
        self.settle()

    def withdraw(self) -> None:
        """The password that is asked for is not given."""
        if self.chat.password is not None:
            self.chat.password.withdraw()
        self.settle()

    def _follow_password(self) -> None:
        """While one is asked for, keys go nowhere else; then nothing is left of it, in what was cut out either."""
        asked = self.chat.password is not None
        if asked == (self.mode == "secret"):
            return
        if asked:
            self._clipboard = self.app.clipboard.get_data()
        else:
            self.app.clipboard.set_data(self._clipboard)
        self.secret.reset()
        self.mode = "secret" if asked else "chat"

    def answered(self, event: e.Acked | e.Refused | e.Unanswered) -> None:
        """What was not sent comes back, where it was typed, unless something else has been begun there."""
        here, line, elsewhere = self._lines.take(event)
        if elsewhere:
            self.view.tell(here, f"Said to {elsewhere}.")
        if line and here == self.place.here and not self.input.text:
            self.give_back(line)
        elif line and here != self.place.here and not self.desk.drafts.resume(here):
            self.desk.drafts.leave(here, line)

    def back(self) -> None:
        """What was typed before."""
        found = self.desk.drafts.back(self.place.here, self.input.text)
        if found is not None:
            self.set_input(found)

    def forth(self) -> None:
        found = self.desk.drafts.forth(self.place.here)
        if found is not None:
            self.set_input(found)

    def _not_done(self, number: int) -> None:
        """The line of that number was not carried out."""
        first, where = self._last
        if first <= number:
            self._undone = where

    def up(self) -> None:
        """On an empty line the last message of ours can be changed, unless what was typed last was not carried out:
        then that comes up, as what was typed before does otherwise."""
        held = bool(self._undone) and self._undone == self.place.here
        online = self.chat.link.phase is Phase.ONLINE
        can = online and self.chat.model.account and not held  # guests cannot change anything
        last = self.view.current.last_own() if can and not self.input.text else None
        if last is not None:
            self.set_input(f"/edit {last.text}")
        else:
            self.back()

    def _types(self) -> None:
        """Others may see that we type: not for commands, and not what."""
        self.warned = False
        now = time.monotonic()
        text = self.input.text
        clean = encodable(text)
        if clean != text:  # a byte that is no UTF-8: a terminal with another character set
            self.input.document = Document(clean, self.input.cursor_position)  # which calls this once more
            return
        here = self.chat.model.current
        if not (self.view.shows_typing and here and self.chat.link.phase is Phase.ONLINE and text):
            return
        if now - self._typed >= r.TYPING_EVERY and is_talk(text):
            self._typed = now
            self.driver.send(r.ShowTyping(TYPING, here))

    def interrupt(self) -> None:
        """Ctrl+C: clear the line; twice on an empty one: out."""
        if self.input.text:
            self.input.reset()
            if self.choosing.verb != "edit":  # then the draft is laid aside
                self.desk.drafts.leave(self.place.here, "")
        elif self.warned or self.chat.ending.quitting:
            handle(self.chat, Interrupted())
        else:
            self.warned, self._warned = True, time.monotonic()
        self.settle()

    def end(self) -> None:
        """Ctrl+D on an empty line."""
        handle(self.chat, EndOfInput())
        self.settle()

    # -- going -----------------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> list[Conversation]:
        return order.listed(self.chat.model)

    def go(self, conversation: Conversation | None) -> None:
        if conversation is not None and conversation.name:
            self.view.seen()
            self.chat.here.look_at(conversation.name)
            self.place.follow(chosen=True)
            self.messages.follow()
            self.settle()

    def go_next(self, step: int, *, unread: bool = False) -> None:
        self.go(order.neighbour(self.conversations, self.chat.model.current, step, unread=unread))

    def go_unread(self) -> None:
        self.go(order.next_unread(self.conversations, self.chat.model.current))

    def go_to(self, number: int) -> None:
        self.go(order.nth(self.conversations, number))

    # -- reading back ----------------------------------------------------------------------------------------------

    def scroll(self, lines: int) -> None:
        if self.mode == "help":
            self.help_at = max(0, self.help_at - lines)
            return
        self.messages.scroll(lines)
        if lines > 0:
            self.load_older()
        self.settle()

    def to_end(self) -> None:
        self.messages.follow()
        self.settle()

    def to_new(self) -> None:
        """To the first line that is new since one last looked here."""
        if not self.messages.to_new():
            self.view.info("Nothing here is new since you last looked.")
        self.settle()

    def load_older(self) -> None:
        """Ask the server for what was said before what is here, if one is near its beginning."""
        if self.around is None and self.messages.near_top:
            online = self.chat.link.phase is Phase.ONLINE
            request = self.view.older.request(self.view.current, online=online)
            if request is not None:
                self.driver.send(request)

    def _pass_by(self) -> None:
        """Go on where the last lines that came are none that are shown."""
        online = self.chat.link.phase is Phase.ONLINE
        request = self.view.older.pass_by(self.view.current, online=online)
        if request is not None:
            self.driver.send(request)

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, mode: str) -> None:
        """Switch, search, help."""
        self.mode = mode
        self.help_at = self.chosen = 0
        self.query.reset()

    def cancel(self) -> None:
        """Back to the chat."""
        if self.choosing.verb == "edit":
            self.set_input(self.desk.drafts.resume(self.place.here))
        self.mode = "chat"
        self.around = None
        self.hits.leave()
        self.choosing.leave()
        self.messages.marked = ()
        self.messages.chosen = ""
        self.settle()

    @property
    def found(self) -> list[Conversation]:
        """The switcher's list."""
        return ranked(self.conversations, self.query.text)

    def _asked(self) -> None:
        self.chosen = 0
        clean = encodable(self.query.text)
        if clean != self.query.text:
            self.query.document = Document(clean, self.query.cursor_position)

    def choose(self, step: int) -> None:
        self.chosen = min(max(0, self.chosen + step), max(0, len(self.found) - 1))

    def take_chosen(self) -> None:
        found = self.found
        self.cancel()
        if found:
            self.go(found[min(self.chosen, len(found) - 1)])

    def find(self, step: int) -> None:
        """The next place above or below with what is searched for."""
        text = self.query.text
        if not text:
            self.cancel()
            return
        self.mode = "found"
        self.missed = not self.messages.find(text, step)
        if step < 0:
            self.load_older()
        self.settle()

    # -- the person ------------------------------------------------------------------------------------------------

    @property
    def _sees_all(self) -> bool:
        """Whether the person sees what comes where he is, as far as the terminal tells."""
        return self.messages.follows and self.around is None and self.focused is not False

    def _ring(self, event: e.MessageReceived) -> None:
        here = self.chat.model.current
        talk = event.target if is_channel(event.target) else event.sender.nick
        seen = fold(talk) == fold(here) and self._sees_all
        if seen and (self.focused or talk == event.sender.nick):
            return  # the person looks at it; where that is not known, he is being talked with at least
        now = time.monotonic()
        if now - self._rung >= _BELL:
            self._rung = now
            notify(self.output, shown(f"{event.sender.nick}: {event.text[:200]}"), escapes=self._escapes)

    def focus(self, *, focused: bool) -> None:
        """The person looks at this window now, or does not."""
        self.focused = focused
        self.settle()

    def browse(self, url: str) -> None:
        """Open ``url``, which is http or https, in the browser, which takes its time."""
        self.view.info(f"Opening {url}")
        Thread(target=open_in_browser, args=(url,), name="natterjack-browser", daemon=True).start()
