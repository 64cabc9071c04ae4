"""Where one is in a conversation whose rows have no heights before they are seen.

Theory of operation. The view either *follows*, and the last row ends where the view does, or it *stands*: then
``row`` and ``offset`` say which row is at the top, and where its upper edge is. Only rows that come into sight are laid
out, so that nothing depends on how many there are. No Qt in here: heights come from outside.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

HeightOf = Callable[[int], float]


class Seen(Struct, frozen=True):
    """Row ``row`` is in sight, its upper edge at ``y``."""

    row: int
    y: float


class Scroller:
    """``height_of`` tells the height of a row, at least 1."""

    def __init__(self, height_of: HeightOf) -> None:
        self._height_of = height_of
        self.count = 0
        self.height = 100.0
        self.follows = True
        self.row = 0
        self.offset = 0.0

    def seen(self) -> list[Seen]:
        """The rows in sight, from top to bottom. Where there are few of them, they stand at the bottom."""
        if not self.follows:
            row, y = self.row, self.offset
            while y > 0 and row > 0:  # what stands may be a little below the top
                row -= 1
                y -= self._height_of(row)
            found = self._down_from(row, y)
            end = found[-1].y + self._height_of(found[-1].row) if found else 0.0
            if found and (end > self.height or found[-1].row < self.count - 1):
                return found
            self.follows = True
        return self._up_from_the_end()

    def follow(self) -> None:
        """To the end, and stay there."""
        self.follows = True

    def stand_at(self, row: int, offset: float = 0.0) -> None:
        """Have ``row`` at the top, ``offset`` below the view's edge."""
        self.follows = False
        self.row = max(0, min(row, self.count - 1))
        self.offset = offset
        self._settle()

    def stand(self) -> None:
        """Stay where one is, whatever comes."""
        if self.follows:
            seen = self._up_from_the_end()
            if seen:
                self.follows, self.row, self.offset = False, seen[0].row, seen[0].y

    def move(self, pixels: float) -> None:
        """Up by so many pixels, or down where that is negative."""
        if not self.count:
            return
        was_at_end = self.follows
        self.stand()
        if was_at_end and pixels <= 0:
            self.follows = True
            return
        self.offset += pixels
        self._settle()

    def shifted(self, rows: int) -> None:
        """There are so many rows more before those that there were."""
        self.row += rows

    @property
    def at_top(self) -> bool:
        """Whether the first row is in sight."""
        seen = self.seen()
        return not seen or seen[0].row == 0

    @property
    def place(self) -> float:
        """How many rows are above."""
        seen = self.seen()
        if not seen:
            return 0.0
        return seen[0].row + max(0.0, -seen[0].y) / self._height_of(seen[0].row)

    def _settle(self) -> None:
        """Have the row that is at the top be the one that stands."""
        while self.offset > 0 and self.row > 0:
            self.row -= 1
            self.offset -= self._height_of(self.row)
        if self.row == 0 and self.offset > 0:
            self.offset = 0.0
        while self.row < self.count - 1 and self.offset + self._height_of(self.row) <= 0:
            self.offset += self._height_of(self.row)
            self.row += 1
        self.seen()  # where one is at the end now, one follows

    def _down_from(self, row: int, y: float) -> list[Seen]:
        found = []
        while row < self.count and y < self.height:
            found.append(Seen(row, y))
            y += self._height_of(row)
            row += 1
        return found

    def _up_from_the_end(self) -> list[Seen]:
        found = []
        y = self.height
        for row in range(self.count - 1, -1, -1):
            y -= self._height_of(row)
            found.append(Seen(row, y))
            if y <= 0:
                break
        return found[::-1]
