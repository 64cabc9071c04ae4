"""Where a list has changed since somebody last looked at it, so that he need not look at all of it again."""

from __future__ import annotations

from bisect import bisect_right

#: Places remembered; who has looked at it longer ago looks at everything.
_MOST = 256


class Journal:
    """Places are *absolute*: counted from the first item that there ever was. ``dropped`` are gone from the beginning.

    Theory of operation. ``_places`` rises, and so does the revision of each: a change makes those behind it needless,
    since who has not seen them has not seen this one either.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.dropped = 0
        self._revisions: list[int] = []
        self._places: list[int] = []
        self._oldest = 0  # what came up to that revision is not known any more

    def changed(self, index: int) -> None:
        """From the item that is now at ``index`` on, all may be different."""
        place = self.dropped + index
        self.revision += 1
        while self._places and self._places[-1] >= place:
            self._places.pop()
            self._revisions.pop()
        self._places.append(place)
        self._revisions.append(self.revision)
        if len(self._places) > _MOST:
            half = _MOST // 2
            self._oldest = self._revisions[half - 1]
            del self._places[:half], self._revisions[:half]

    def drop(self, count: int) -> None:
        """``count`` items are gone from the beginning."""
        self.dropped += count

    def since(self, revision: int) -> int | None:
        """The absolute place from which on something has changed after ``revision``; None: nothing has."""
        if revision == self.revision:
            return None
        if revision < self._oldest:
            return self.dropped
        return max(self.dropped, self._places[bisect_right(self._revisions, revision)])
