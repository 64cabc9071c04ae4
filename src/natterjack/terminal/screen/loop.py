"""The loop of the full screen: when what has happened is taken in, when the screen is drawn, and what ends it.

Theory of operation. One thread, that of prompt_toolkit's event loop, owns chat and screen. The driver's thread puts
what happens into the inbox, and wakes the loop; it is taken out in slices of a few milliseconds, between which keys
come to their right, and drawn at most thirty times a second. A key is drawn at once.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from prompt_toolkit.application import Application

from natterjack.client import events as e
from natterjack.terminal.app import handle
from natterjack.terminal.screen.inbox import Inbox
from natterjack.terminal.screen.watch import ENDING

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: Seconds of work between two looks at the keyboard, and events in one piece of it.
_SLICE: Final = 0.006
_PIECE: Final = 40
#: Seconds between two drawings that nobody's key asked for.
_FRAME: Final = 1 / 30


class Loop:
    """``inbox`` is for any thread. ``killed`` is the number of the signal that has ended it, None where none did."""

    def __init__(self, screen: Screen) -> None:
        self.inbox = Inbox(self._wake)
        self.killed: int | None = None
        self._screen = screen
        self._events: deque[e.Event] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._parent = -1
        self._error: BaseException | None = None
        self._woken = self._drawing = False
        self._drawn = 0.0
        self._app: Application[None]

    def run(self, app: Application[None], parent: int) -> None:
        """Until it is over, or ``parent`` (-1: none) can be read. Raises what a mistake of ours has raised in it."""
        self._app = app
        self._parent = parent
        app.ttimeoutlen, app.timeoutlen = 0.05, 0.25
        try:
            app.run(pre_run=self._begin, set_exception_handler=False, handle_sigint=False)
        except (EOFError, OSError):
            if self.killed is None:
                raise  # else: the terminal is gone
        if self._error is not None:
            raise self._error

    def _begin(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._broken(context))
        if sys.platform != "win32":
            for name in ENDING:
                signal.signal(getattr(signal, name), lambda number, _: self._signalled(number))
            if self._parent >= 0:
                loop.add_reader(self._parent, self._end_by, signal.SIGTERM)
        loop.call_soon(self._tick)
        self._wake()

    # -- what has happened -----------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Any thread: there is something in the inbox."""
        if self._loop is not None and not self._woken:
            self._woken = True
            self._soon(self._take)

    def _soon(self, call: Callable[..., None], *given: object) -> None:
        """Any thread: have the loop do that, unless it is over."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(call, *given)
            except RuntimeError:
                self._loop = None

    def _take(self) -> None:
        """Take in what has happened, for as long as a slice lasts."""
        self._woken = False
        until = time.monotonic() + _SLICE
        while not self._screen.chat.finished:
            if self._events:
                piece = [self._events.popleft() for _ in range(min(_PIECE, len(self._events)))]
                self._screen.happened(piece)
            else:
                item = self.inbox.get(0)
                if item is None:
                    break
                if isinstance(item, Sequence):
                    self._events.extend(item)
                else:
                    handle(self._screen.chat, item)
            if time.monotonic() >= until:
                self._wake()
                break
        self._screen.settle()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw_soon(self) -> None:
        """Something may look different now."""
        if not self._drawing and self._loop is not None:
            self._drawing = True
            self._loop.call_later(max(0.0, self._drawn + _FRAME - time.monotonic()), self._draw)

    def _draw(self) -> None:
        self._drawing = False
        self._drawn = time.monotonic()
        self._app.invalidate()

    def _tick(self) -> None:
        """Once a second: what depends on the time."""
        assert self._loop is not None
        if self._screen.tick():
            self._app.invalidate()
        self._loop.call_later(1.0, self._tick)

    # -- the end ---------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """It is over."""
        if self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _signalled(self, number: int) -> None:
        """Between any two steps of the main thread. A terminal that is closed tells us more than once (the kernel, the
        shell, our parent), and a handler of the loop's would fall back to the default, which kills, when it is taken
        back: nothing may keep us from writing down what was begun."""
        for name in ENDING:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        self.killed = number
        self._soon(self._end_by, number)

    def _end_by(self, number: int) -> None:
        """The terminal is given back as it was, and what was begun is kept."""
        self.killed = number
        assert self._loop is not None
        if self._parent >= 0:
            self._loop.remove_reader(self._parent)
        self.end()

    def _broken(self, context: dict[str, Any]) -> None:
        """A mistake of ours: it is told once the terminal is as it was."""
        self._error = context.get("exception") or RuntimeError(context.get("message"))
        self.end()
