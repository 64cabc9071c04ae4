"""Where everything is on the screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import PasswordProcessor

from natterjack.client.chatting.bars import bars
from natterjack.client.chatting.link import Phase
from natterjack.client.model import Channel
from natterjack.terminal.screen import panels
from natterjack.terminal.screen.cells import Line, Undisputed, cut, shown, width
from natterjack.terminal.screen.help import page

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: Lines of input that are seen at a time.
_MOST_INPUT: Final = 6
#: Transfers that are shown at a time.
_BARS: Final = 6
#: Rows of the switcher's list.
_SWITCHER: Final = 10


class Places:
    """The windows, and what they show. ``layout`` is for prompt_toolkit."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._input = Window(
            BufferControl(screen.input, input_processors=[Undisputed()], focus_on_click=False),
            height=self._input_height,
            wrap_lines=True,
            get_line_prefix=self._prefix,
            dont_extend_height=True,
        )
        self._query = Window(
            BufferControl(screen.query, input_processors=[Undisputed()]),
            height=1,
            get_line_prefix=lambda line, wrapped: self._question(),
        )
        self._secret = Window(
            BufferControl(screen.secret, input_processors=[PasswordProcessor()]),
            height=1,
            get_line_prefix=self._prefix,
        )
        self._messages = Window(screen.messages)
        self.layout = Layout(self._build(), focused_element=self._input)

    def _build(self) -> FloatContainer:
        screen = self._screen
        helping = Condition(lambda: screen.mode == "help")
        switching = Condition(lambda: screen.mode == "switch")
        asking = Condition(lambda: screen.mode in ("switch", "search"))
        secret = Condition(lambda: screen.mode == "secret")
        wide = Condition(lambda: self.columns >= panels.WIDE)
        lists = wide & Condition(lambda: screen.shows_list)
        people = wide & Condition(
            lambda: self.shows_members and isinstance(screen.view.current, Channel) and screen.mode != "help"
        )
        moving = Condition(lambda: bool(screen.chat.model.transfers.active))
        middle = HSplit([
            ConditionalContainer(self._messages, ~helping),
            ConditionalContainer(_window(self._help), helping),
            ConditionalContainer(_window(self._switcher, height=self._switcher_height), switching),
        ])  # fmt: skip
        rule = Window(char="│", width=1, style="class:rule")
        body = VSplit([
            ConditionalContainer(VSplit([_window(self._list, width=panels.LIST), rule]), lists),
            middle,
            ConditionalContainer(VSplit([rule, _window(self._members, width=panels.MEMBERS)]), people),
        ])  # fmt: skip
        rows = [
            _window(self._topic, height=1),
            body,
            ConditionalContainer(_window(self._activity, height=1), ~lists & Condition(self._is_busy)),
            ConditionalContainer(_window(self._transfers, height=self._transfers_height), moving),
            _window(self._status, height=1),
            ConditionalContainer(self._query, asking),
            ConditionalContainer(self._secret, secret),
            ConditionalContainer(self._input, ~asking & ~secret),
        ]
        menu = Float(CompletionsMenu(max_height=8, scroll_offset=1), xcursor=True, ycursor=True)
        return FloatContainer(HSplit(rows, style=screen.theme.ground), [menu])

    def focus(self) -> None:
        """Keys go where the mode says."""
        mode = self._screen.mode
        if mode in ("switch", "search"):
            self.layout.focus(self._query)
        elif mode == "secret":
            self.layout.focus(self._secret)
        elif mode == "chat":
            self.layout.focus(self._input)
        elif mode != "help":
            self.layout.focus(self._messages)

    @property
    def shows_members(self) -> bool:
        """Whether the list of people is there, if there is one."""
        wanted = self._screen.shows_members
        return self.columns >= panels.ROOMY if wanted is None else wanted

    # -- sizes -----------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        return self._screen.output.get_size().columns

    @property
    def rows(self) -> int:
        return self._screen.output.get_size().rows

    def _input_height(self) -> Dimension:
        return Dimension(min=1, max=max(1, min(_MOST_INPUT, self.rows // 3)))

    def _transfers_height(self) -> int:
        return max(1, min(len(self._screen.chat.model.transfers.active), _BARS, self.rows // 4))

    def _switcher_height(self) -> int:
        return max(1, min(_SWITCHER, self.rows - 6, len(self._screen.found) or 1))

    # -- what they show --------------------------------------------------------------------------------------------

    def _topic(self) -> StyleAndTextTuples:
        return [*panels.topic(self._screen.view.current, self._screen.chat.model, self.columns)]

    def _list(self) -> StyleAndTextTuples:
        screen = self._screen
        return [*panels.conversations(screen.chat.model, screen.desk.drafts.begun, max(1, self.rows - 3))]

    def _members(self) -> StyleAndTextTuples:
        screen = self._screen
        model = screen.chat.model
        return [*panels.members(screen.view.current, model, screen.theme, max(2, self.rows - 3))]

    def _is_busy(self) -> bool:
        return len(self._screen.conversations) > 1

    def _transfers(self) -> StyleAndTextTuples:
        return [("", bars(self._screen.chat.model.transfers.active, self.columns, self._transfers_height()))]

    def _activity(self) -> StyleAndTextTuples:
        return [*panels.activity(self._screen.chat.model, self.columns)]

    def _switcher(self) -> StyleAndTextTuples:
        screen = self._screen
        columns = min(40, self.columns)
        return [*panels.chosen(screen.found, screen.chosen, columns, self._switcher_height())]

    def _help(self) -> StyleAndTextTuples:
        screen = self._screen
        room = self.rows - 3
        columns = self.columns - (panels.LIST + 1 if self.columns >= panels.WIDE and screen.shows_list else 0)
        lines = page(columns)
        screen.help_at = min(screen.help_at, max(0, len(lines) - room))
        pieces: StyleAndTextTuples = []
        for line in lines[screen.help_at : screen.help_at + room]:
            pieces += [*line, ("", "\n")]
        return pieces

    def _prefix(self, line: int, wrapped: int) -> StyleAndTextTuples:
        prompt = shown(self._screen.choosing.prompt or self._screen.chat.prompt).rstrip() or ">"
        prompt = f"{cut(prompt[:-1], max(2, self.columns // 2 - 2))}{prompt[-1]} "  # its end is always seen
        return [("class:prompt", prompt)] if line == wrapped == 0 else [("", "  ")]

    def _question(self) -> StyleAndTextTuples:
        return [("class:prompt", "Go to: " if self._screen.mode == "switch" else "Find: ")]

    # -- the state of things ---------------------------------------------------------------------------------------

    def _status(self) -> StyleAndTextTuples:
        screen = self._screen
        hint = {
            "switch": "Enter goes there, Esc back",
            "search": "Enter finds, Esc back",
            "found": f"{'Nothing more. ' if screen.missed else ''}n above, N below, Esc back",
            "help": "Esc back",
            "hits": screen.hits.status,
            "delete": "Take it back for everybody? y yes, Esc no",
            "secret": "Enter gives it, Esc leaves everything as it was",
        }.get(screen.mode, "")
        if screen.mode == "secret" and screen.chat.link.phase is not Phase.ONLINE:
            hint = self._that_fits((f"{self._connection()} · {hint}", self._connection()))
        if screen.mode == "paste":
            hint = self._that_fits(screen.pasting.hints)
        elif screen.mode == "choose":
            hint = self._that_fits(screen.choosing.hints)
        if screen.warned and screen.mode == "chat" and not screen.chat.ending.quitting:
            hint = "Ctrl+C again quits"
        if hint:
            return [*panels.status([hint], "", self.columns)]
        return [*panels.status(self._parts(), "F1 help" if self.columns >= 60 else "F1", self.columns)]

    def _that_fits(self, texts: Sequence[str]) -> str:
        """The first of ``texts`` that there is room for, else the last."""
        return next((text for text in texts if width(text) < self.columns), texts[-1])

    def _parts(self) -> list[str]:
        screen = self._screen
        model = screen.chat.model
        conversation = screen.view.current
        waiting = sum(len(each.waiting) for each in model.conversations)
        below = "" if screen.messages.follows else "more below (Ctrl+End)"
        if below and conversation.unread:
            below = f"{conversation.unread} new below (Ctrl+End)"
        typed = screen.chat.lines.waiting
        return [
            self._connection(),
            f"{typed} typed line{'s' * (typed > 1)} to carry out" if typed else "",
            "away" if model.away is not None else "",
            f"{waiting} not sent yet" if waiting else "",
            below,
            "fetching older lines" if screen.view.older.loading else "",
            panels.typing(conversation, time.time()),
        ]

    def _connection(self) -> str:
        screen = self._screen
        phase = screen.chat.link.phase
        model = screen.chat.model
        if screen.chat.ending.near:
            return "leaving ..."
        if phase is Phase.ONLINE:
            network = model.network or model.server
            return shown(f"{model.nick} at {network}" if self.columns >= 60 and network else model.nick)
        due = screen.view.reconnecting
        if phase is Phase.AWAY and due is not None:
            seconds = max(0, round(due - time.monotonic()))
            return f"reconnecting in {seconds} s"
        words = {Phase.CONNECTING: "connecting ...", Phase.LEAVING: "leaving ..."}
        return words.get(phase, "not connected")


def _window(show: object, **size: object) -> Window:
    """A window that shows what ``show`` answers."""
    return Window(FormattedTextControl(show), **size)  # type: ignore[arg-type]


__all__ = ["Line", "Places"]
