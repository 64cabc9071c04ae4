"""What is selected of the messages: from a place in one row to a place in another. No Qt in here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from natterjack.desktop.messages.texts import length16, slice16

_NOWHERE: Final = (-1, 0)


class Selection:
    """Places are (row, place in its text as Qt counts)."""

    def __init__(self) -> None:
        self._from = _NOWHERE
        self._to = _NOWHERE
        self.begun = False

    @property
    def is_empty(self) -> bool:
        return self._from == self._to

    def clear(self) -> None:
        self._from = self._to = _NOWHERE
        self.begun = False

    def begin(self, row: int, place: int) -> None:
        self._from = self._to = (row, place)
        self.begun = True

    def reach(self, row: int, place: int) -> None:
        self._to = (row, place)

    def end(self) -> None:
        self.begun = False

    def choose(self, row: int, start: int, end: int) -> None:
        """That part of one row."""
        self._from, self._to = (row, start), (row, end)

    def shifted(self, rows: int) -> None:
        """There are so many rows more before those that there were."""
        if self._from != _NOWHERE:
            self._from = (self._from[0] + rows, self._from[1])
            self._to = (self._to[0] + rows, self._to[1])

    def part(self, row: int) -> tuple[int, int] | None:
        """What is selected in ``row``: from where to where, -1 for its end."""
        if self.is_empty:
            return None
        first, last = sorted((self._from, self._to))
        if not first[0] <= row <= last[0]:
            return None
        start = first[1] if row == first[0] else 0
        return start, (last[1] if row == last[0] else -1)

    def text(self, line_of: Callable[[int], tuple[str, str]]) -> str:
        """All of it; ``line_of`` tells what stands before a row where there are several, and the row's text."""
        if self.is_empty:
            return ""
        first, last = sorted((self._from, self._to))
        lines = []
        for row in range(first[0], last[0] + 1):
            before, text = line_of(row)
            start, end = self.part(row) or (0, 0)
            chosen = slice16(text, start, length16(text) if end < 0 else end)
            if first[0] == last[0]:
                return chosen
            if text:
                lines.append(f"{before}{chosen}")
        return "\n".join(lines)
