"""The message view: a control that makes lines of what is visible, and of nothing else.

Theory of operation. Either the view *follows*, and its last line is the last there is, or it stands: then the item at
its bottom, and how many of that row's lines are below the bottom, say where. Items stay the same when older ones are
loaded above, rows do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl

from natterjack.client.model.conversations import Conversation
from natterjack.client.model.items import Item, Message
from natterjack.client.view.rows import Happened, New, Row, Rows, Said, items_of
from natterjack.terminal.screen.cells import Line
from natterjack.terminal.screen.painting import Painter


class Messages(UIControl):
    """``current`` tells the conversation to show, ``nick`` our own."""

    def __init__(
        self, painter: Painter, current: Callable[[], Conversation], nick: Callable[[], str]
    ) -> None:
        self._painter = painter
        self._current = current
        self._nick = nick
        self._rows = Rows(current(), _day_of)
        self._anchor: tuple[Item, int] | None = None  # None: it follows
        self._columns, self._height = 80, 20
        self._seen: tuple[int, int] = (0, 0)  # the first and the last row on the screen
        self.marked: tuple[str, ...] = ()  # what is searched for
        self.chosen = ""  # the id of a message
        self.near_top = False

    # -- for prompt_toolkit ----------------------------------------------------------------------------------------

    def is_focusable(self) -> bool:
        return True  # so that what is typed while something else is asked goes nowhere

    def create_content(self, width: int, height: int) -> UIContent:
        self._columns, self._height = width, height
        lines = self._visible()
        content: list[StyleAndTextTuples] = [[] for _ in range(height - len(lines))]
        # the blank: prompt_toolkit draws a mark at the very end once more, in a cell of its own
        content += [[*line, ("", " ")] for line in lines]
        return UIContent(get_line=lambda number: content[number], line_count=height, show_cursor=False)

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def follows(self) -> bool:
        """Whether one sees what comes."""
        return self._anchor is None

    def follow(self) -> None:
        """To the end."""
        self._anchor = None

    def update(self) -> list[Row]:
        """The rows of the conversation that is shown, as they are now."""
        conversation = self._current()
        if conversation is not self._rows.conversation:
            self._rows = Rows(conversation, _day_of)
            self._anchor = None
            self._painter.forget()
        before = len(self._rows.rows)
        changed = self._rows.update()
        if changed is not None and changed < before - 1:
            self._painter.forget()  # a quotation may be of what has changed
        return self._rows.rows

    def _begin(self) -> list[Row]:
        rows = self.update()
        self._painter.begin(self._columns, self.marked, self.chosen)
        return rows

    def _visible(self) -> list[Line]:
        rows = self._begin()
        row, skip = self._bottom(rows)
        lines: list[Line] = []
        last = row
        if self._anchor is None:
            lines += self._waiting()
        while row >= 0 and len(lines) < self._height + skip:
            lines[:0] = self._lines(row)
            row -= 1
        self._seen = (row + 1, last)
        end = len(lines) - skip
        return lines[max(0, end - self._height) : end]

    def _lines(self, row: int) -> list[Line]:
        return self._painter.lines(self._rows.rows[row], self._rows.conversation)

    def _waiting(self) -> list[Line]:
        """Those of our messages that are not there yet."""
        waiting = self._rows.conversation.waiting[-self._height :]
        return [line for each in waiting for line in self._painter.waiting(each, self._nick())]

    def _bottom(self, rows: list[Row]) -> tuple[int, int]:
        """The last row that is seen, and how many of its lines are below."""
        if self._anchor is None:
            return len(rows) - 1, 0
        item, skip = self._anchor
        for place in range(len(rows) - 1, -1, -1):
            found = items_of(rows[place])
            if any(each is item for each in found) or (found and found[0].time < item.time):
                return place, min(skip, len(self._lines(place)) - 1)
        self._anchor = None
        return len(rows) - 1, 0

    # -- moving ----------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        return max(1, self._height - 2)

    def scroll(self, lines: int) -> None:
        """Up by so many lines, or down where that is negative."""
        rows = self._begin()
        row, skip = self._bottom(rows)
        if not rows:
            return
        if self._anchor is None and lines > 0:
            # waiting lines are below the last row: they go first
            lines -= min(lines - 1, len(self._waiting()))
        skip += lines
        while row > 0 and skip >= len(self._lines(row)):
            skip -= len(self._lines(row))
            row -= 1
        while skip < 0:
            row += 1
            if row >= len(rows):
                self.follow()
                return
            skip += len(self._lines(row))
        row, skip = self._not_above_the_top(row, skip)
        self.near_top = row <= 2 * self._height
        self._stand(row, skip)

    def _not_above_the_top(self, row: int, skip: int) -> tuple[int, int]:
        """The first place at which the view is full, where there is less above than fits into it."""
        above = -skip
        for place in range(row, -1, -1):
            above += len(self._lines(place))
            if above >= self._height:
                return row, skip
        skip -= self._height - above
        while skip < 0 and row + 1 < len(self._rows.rows):
            row += 1
            skip += len(self._lines(row))
        return row, max(skip, 0)

    def _stand(self, row: int, skip: int) -> None:
        """Stand at ``row``, or at the nearest one below that holds an item."""
        rows = self._rows.rows
        while row < len(rows) and not items_of(rows[row]):
            row, skip = row + 1, 0
        at_end = row >= len(rows) or (row == len(rows) - 1 and skip == 0)
        self._anchor = None if at_end else (items_of(rows[row])[-1], skip)

    def to_new(self) -> bool:
        """Have the "new" line at the top, and below it what is new. Whether there is one."""
        rows = self._begin()
        first = next((place for place, row in enumerate(rows) if isinstance(row, New)), None)
        if first is None:
            return False
        last, room = first, self._height - len(self._lines(first))
        while last + 1 < len(rows) and room > 0:
            last += 1
            room -= len(self._lines(last))
        self.near_top = first <= 2 * self._height
        self._stand(last, max(0, -room))
        return True

    # -- one message -----------------------------------------------------------------------------------------------

    def last_seen(self) -> Message | None:
        """The last message on the screen that something can be done with."""
        rows = self.update()
        for row in reversed(rows[: self._seen[1] + 1]):
            if isinstance(row, Said) and row.item.msgid and row.item.redacted is None:
                return row.item
        return None

    def bring(self, item: Message, *, amid: bool = False) -> None:
        """Move as little as it takes to have ``item`` on the screen; ``amid`` others, with as many lines below it."""
        rows = self._begin()
        place = next((n for n, row in enumerate(rows) if isinstance(row, Said) and row.item is item), None)
        if place is None:
            return
        self.near_top = place <= 2 * self._height
        first, last = self._seen
        if amid:
            room = self._height // 2
            while place + 1 < len(rows) and room > 0:
                place += 1
                room -= len(self._lines(place))
            found = next((n for n in range(place, -1, -1) if items_of(rows[n])), place)
            self._anchor = (items_of(rows[found])[-1], 0)
        elif place <= first and place < len(rows) - 1:
            self._stand(place, 0)
            self.scroll(-max(0, self._height - len(self._lines(place)) - 1))
        elif place >= last:
            self._stand(place, 0)

    # -- searching -------------------------------------------------------------------------------------------------

    def find(self, text: str, step: int) -> bool:
        """Go to the next row above (``step`` -1) or below (1) with ``text`` in it. Whether there is one."""
        wanted = text.casefold()
        self.marked = (text,)
        rows = self._begin()
        follows = self._anchor is None
        place = len(rows) - 1 if follows and step < 0 else self._bottom(rows)[0] + step
        while 0 <= place < len(rows):
            if wanted in _words(rows[place]).casefold():
                self._anchor = (items_of(rows[place])[-1], 0)
                self.near_top = place <= 2 * self._height
                return True
            place += step
        self.near_top = step < 0
        return False


def _words(row: Row) -> str:
    if isinstance(row, Said):
        return f"{row.item.nick} {row.item.text}"
    return row.text if isinstance(row, Happened) else ""


def _day_of(seconds: float) -> date:
    return date(*time.localtime(seconds)[:3])
