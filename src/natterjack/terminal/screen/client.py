"""The full-screen client: the chat, what is typed for it, and when the screen is drawn.

Theory of operation. One thread, that of prompt_toolkit's event loop, owns chat and screen. The driver's thread puts
what happens into the inbox, and wakes the loop; it is taken out in slices of a few milliseconds, between which keys
come to their right, and drawn at most thirty times a second. A key is drawn at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import webbrowser
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, Final

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting import parse
from natterjack.client.chatting.chat import Options
from natterjack.client.chatting.commands import CAPITALS, COMMANDS
from natterjack.client.chatting.desk import Desk
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.making import make_chat
from natterjack.client.chatting.noting import TYPING, NotingView
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Conversation
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.model.items import Note
from natterjack.client.places import client_directory
from natterjack.client.view import order
from natterjack.client.view.completing import completions
from natterjack.client.view.switcher import ranked
from natterjack.proto.casemap import fold
from natterjack.terminal.app import EndOfInput, Interrupted, Item, Line, handle
from natterjack.terminal.screen.cells import shown
from natterjack.terminal.screen.messages import Messages
from natterjack.terminal.screen.output import Links, notify, open_terminal, takes_escapes
from natterjack.terminal.screen.painting import Painter
from natterjack.terminal.screen.panels import listed
from natterjack.terminal.screen.themes import Theme

#: Seconds of work between two looks at the keyboard, and events in one piece of it.
_SLICE: Final = 0.006
_PIECE: Final = 40
#: Seconds between two drawings that nobody's key asked for.
_FRAME: Final = 1 / 30
#: Seconds between two bells, and between two signs that we type.
_BELL: Final = 2.0
_TYPING: Final = 3.0
#: Older lines fetched at a time.
_OLDER: Final = 100
#: Pasted lines from which on it is asked what is meant.
PASTED: Final = 3
#: Seconds after which what is on the desk is written down, if the program has not ended before.
_SAVING: Final = 30.0


class Inbox(Mailbox[Item]):
    """Wakes the loop that empties it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake

    def put(self, item: Item, *, wait: bool = True) -> bool:
        taken = super().put(item, wait=wait)
        self._wake()
        return taken


class _Completer(Completer):
    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Any:
        cursor = document.cursor_position
        found = completions(self._screen.chat.model, document.text, cursor, tuple(COMMANDS), _listing)
        for candidate in found.candidates:
            yield Completion(candidate, found.start - cursor, display=shown(candidate.strip()))


class Screen:
    """``mode`` says what keys mean: "chat", "switch", "search", "found", "help" or "paste"."""

    def __init__(self, options: Options, theme: Theme, *, seconds: bool, shows_typing: bool) -> None:
        self.theme = theme
        term = os.environ.get("TERM", "")
        self._escapes = takes_escapes(term)
        self.desk = Desk(client_directory(options.data_dir))
        self.view = NotingView(self._ring, self._browse)
        self.view.shows_typing = shows_typing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox = Inbox(self._wake)
        self._events: deque[e.Event] = deque()
        self.chat, self.driver = make_chat(self.view, options, self._inbox.put)
        self.view.model = self.chat.model
        links = Links(enabled=self._escapes)
        painter = Painter(theme, links, self.chat.model.is_me, seconds=seconds)
        self.messages = Messages(painter, lambda: self.view.current, lambda: self.chat.model.nick)
        self.output = open_terminal(links, theme.depth)
        self.input = Buffer(
            multiline=True, completer=_Completer(self), on_text_changed=lambda _: self._types()
        )
        self.query = Buffer(multiline=False, on_text_changed=lambda _: self._asked())
        self.mode = "chat"
        self.chosen = 0  # in the switcher
        self.help_at = 0
        self.pasted = ""
        self.shows_list = True
        self.shows_members: bool | None = None  # None: where there is room
        self.warned = False  # that Ctrl+C once more quits
        self.killed: int | None = None
        self._error: BaseException | None = None
        self._arrived = not options.channels and options.address is None  # whether one is where one was
        self._named = bool(options.channels)
        self._here = ""
        self._number = 0
        self._woken = self._drawing = False
        self._drawn = self._rung = self._typed = self._saved = 0.0
        self.app: Application[None]

    # -- the loop --------------------------------------------------------------------------------------------------

    def run(self, app: Application[None]) -> int:
        """Until it is over. The exit code."""
        self.app = app
        app.ttimeoutlen, app.timeoutlen = 0.05, 0.25
        try:
            app.run(pre_run=self._begin, set_exception_handler=False, handle_sigint=False)
        except (EOFError, OSError):
            if self.killed is None:
                raise  # else: the terminal is gone
        finally:
            self.desk.drafts.leave(self._here, self.input.text)
            self.desk.save(self.chat.model.current)
            self._inbox.close()
            self.driver.close()
        if self._error is not None:
            raise self._error
        return 128 + self.killed if self.killed is not None else self.chat.exit_code

    def _begin(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._broken(context))
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.add_signal_handler(number, self._killed, number)
        self._saved = time.monotonic()
        loop.call_soon(self._tick)
        self._wake()

    def _killed(self, number: int) -> None:
        """The terminal is given back as it was, and what was begun is kept."""
        self.killed = number
        self._exit()

    def _broken(self, context: dict[str, Any]) -> None:
        """A mistake of ours: it is told once the terminal is as it was."""
        self._error = context.get("exception") or RuntimeError(context.get("message"))
        self._exit()

    def _exit(self) -> None:
        if self.app.is_running and not self.app.is_done:
            self.app.exit()

    def _wake(self) -> None:
        """Any thread: there is something in the inbox."""
        if self._loop is not None and not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._take)
            except RuntimeError:
                self._loop = None  # it is over

    def _take(self) -> None:
        """Take in what has happened, for as long as a slice lasts."""
        self._woken = False
        until = time.monotonic() + _SLICE
        while not self.chat.finished:
            if self._events:
                piece = [self._events.popleft() for _ in range(min(_PIECE, len(self._events)))]
                self.chat.happened(piece)
            else:
                item = self._inbox.get(0)
                if item is None:
                    break
                if isinstance(item, Sequence):
                    self._events.extend(item)
                else:
                    handle(self.chat, item)
            if time.monotonic() >= until:
                self._wake()
                break
        self.settle()

    def settle(self) -> None:
        """Something may be different now: see to the input, and draw in a while."""
        if self.chat.finished:
            self._exit()
            return
        self._arrive()
        here = self.chat.model.current
        if here != self._here:
            self._moved(here)
        self.chat.watch(self.messages.follows and self.mode != "help")
        if not self._drawing and self._loop is not None:
            self._drawing = True
            self._loop.call_later(max(0.0, self._drawn + _FRAME - time.monotonic()), self._draw)

    def _draw(self) -> None:
        self._drawing = False
        self._drawn = time.monotonic()
        self.app.invalidate()

    def _tick(self) -> None:
        """Once a second: what depends on the time."""
        assert self._loop is not None
        moving = (
            self.view.reconnecting
            or self.view.current.typing(time.time())
            or self.chat.model.transfers.active
        )
        if moving or self._was_moving:
            self.app.invalidate()
        self._was_moving = bool(moving)
        if time.monotonic() - self._saved > _SAVING:
            self._saved = time.monotonic()
            self.desk.save(self.chat.model.current)
        if self.desk.problem:
            self.view.error(0, "desk", self.desk.problem)
            self.desk.problem = ""
        self._loop.call_later(1.0, self._tick)

    _was_moving = False

    def _arrive(self) -> None:
        """With the first connection one is where one was the last time, unless the command line says otherwise."""
        if self.chat.link.phase is Phase.ONLINE and not self._arrived:
            self._arrived = True
            last = self.desk.last
            if last and not self._named and self.chat.model.find(last):
                self.chat.look_at(last)

    def _moved(self, here: str) -> None:
        """One looks elsewhere now: the draft that belongs there comes up."""
        text = self.input.text
        if self._here:
            self.desk.drafts.leave(self._here, text)
            text = ""
        self._here = here
        self._set(text or self.desk.drafts.resume(here))

    # -- typing ----------------------------------------------------------------------------------------------------

    def _set(self, text: str) -> None:
        self.input.document = Document(text, len(text))

    def enter(self) -> None:
        """What stands in the input is meant."""
        text = self.input.text
        self.input.reset()
        self.desk.drafts.typed(self._here, text)
        for place, line in enumerate(text.split("\n")):
            self._type(self._as_text(line) if place else line)
        self.messages.follow()
        self.settle()

    def _type(self, line: str) -> None:
        self._number += 1
        handle(self.chat, Line(self._number, line))

    def _as_text(self, line: str) -> str:
        """One of several lines, which is no command whatever it looks like: the first of them decides."""
        meant = parse.parse(line, CAPITALS, COMMANDS, connected=True)
        return f"SEND {line}" if isinstance(meant, parse.Command | parse.Unknown) else line

    def paste(self, text: str) -> None:
        """Many lines go nowhere before it is asked what is meant."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text.rstrip("\n").count("\n") >= PASTED:
            self.pasted = text.rstrip("\n")
            self.mode = "paste"
        else:
            self.input.insert_text(text.rstrip("\n") if "\n" in text.rstrip("\n") else text.replace("\n", ""))

    def pasted_goes(self, *, send: bool) -> None:
        """Into the input, and off where ``send``."""
        self.input.insert_text(self.pasted)
        self.cancel()
        if send:
            self.enter()

    def back(self) -> None:
        """What was typed before."""
        found = self.desk.drafts.back(self._here, self.input.text)
        if found is not None:
            self._set(found)

    def forth(self) -> None:
        found = self.desk.drafts.forth(self._here)
        if found is not None:
            self._set(found)

    def up(self) -> None:
        """On an empty line the last message of ours can be changed; else what was typed before."""
        can = (
            self.chat.link.phase is Phase.ONLINE and self.chat.model.account
        )  # guests cannot change anything
        last = self.view.current.last_own() if can and not self.input.text else None
        if last is not None:
            self._set(f"/edit {last.text}")
        else:
            self.back()

    def _types(self) -> None:
        """Others may see that we type: not for commands, and not what."""
        self.warned = False
        now = time.monotonic()
        text = self.input.text
        here = self.chat.model.current
        if not (self.view.shows_typing and here and self.chat.link.phase is Phase.ONLINE and text):
            return
        meant = parse.parse(text, CAPITALS, COMMANDS, connected=True)
        if isinstance(meant, parse.Text) and len(text) > 2 and now - self._typed >= _TYPING:
            self._typed = now
            self.driver.send(r.ShowTyping(TYPING, here))

    def interrupt(self) -> None:
        """Ctrl+C: clear the line; twice on an empty one: out."""
        if self.input.text:
            self.input.reset()
        elif self.warned:
            handle(self.chat, Interrupted())
        else:
            self.warned = True
        self.settle()

    def end(self) -> None:
        """Ctrl+D on an empty line."""
        handle(self.chat, EndOfInput())
        self.settle()

    # -- going -----------------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> list[Conversation]:
        return listed(self.chat.model)

    def go(self, conversation: Conversation | None) -> None:
        if conversation is not None and conversation.name:
            self.chat.look_at(conversation.name)
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

    def load_older(self) -> None:
        """Ask the server for what was said before what is here, if one is near its beginning."""
        conversation = self.view.current
        if (
            not conversation.name
            or self.view.loading
            or fold(conversation.name) in self.view.ended
            or not self.messages.near_top
            or self.chat.link.phase is not Phase.ONLINE
        ):
            return
        if len(conversation.items) >= MOST_ITEMS:
            self.view.ended.add(fold(conversation.name))
            text = "This is as far back as a screen goes. SEARCH finds what was said before."
            conversation.add(Note(conversation.items[0].time, text), looking=True, past=True)
            return
        request = self.view.older(conversation, _OLDER)
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
        self.mode = "chat"
        self.pasted = ""
        self.messages.search = ""
        self.settle()

    @property
    def found(self) -> list[Conversation]:
        """The switcher's list."""
        return ranked(self.conversations, self.query.text)

    def _asked(self) -> None:
        self.chosen = 0

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

    missed = False

    # -- the person ------------------------------------------------------------------------------------------------

    def _ring(self, event: e.MessageReceived) -> None:
        here = self.chat.model.current
        talk = event.target if event.target[:1] in ("#", "&") else event.sender.nick
        if fold(talk) == fold(here) and talk == event.sender.nick and self.messages.follows:
            return  # he is being talked with already
        now = time.monotonic()
        if now - self._rung >= _BELL:
            self._rung = now
            notify(self.output, shown(f"{event.sender.nick}: {event.text[:200]}"), escapes=self._escapes)

    def _browse(self, url: str) -> None:
        """Open ``url``, which is http or https, in the browser, which takes its time and may say things."""
        self.view.info(f"Opening {url}")
        Thread(target=webbrowser.open, args=(url,), name="natterjack-browser", daemon=True).start()


def _listing(directory: str) -> list[str]:
    """What is in ``directory``, for completion."""
    try:
        with os.scandir(Path(directory or ".").expanduser()) as entries:
            return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    except OSError:
        return []  # then there is nothing to offer
