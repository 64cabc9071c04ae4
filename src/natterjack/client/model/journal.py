"""Where a list has changed since somebody last looked at it, so that he need not look at all of it again."""

from __future__ import annotations

from bisect import bisect_right

#: Places remembered; who has looked at it longer ago looks at somewhat more than he need.
_MOST = 2048


class _Steps:
    """Places, each with the revision in which it changed.

    Theory of operation. ``_places`` rises, and so does the revision of each: a change makes those behind it needless,
    since who has not seen them has not seen this one either. Where there are too many, two of the older ones become
    one, of the later revision and of the lower place.
    """

    def __init__(self) -> None:
        self._revisions: list[int] = []
        self._places: list[int] = []

    def note(self, revision: int, place: int) -> None:
        while self._places and self._places[-1] >= place:
            self._places.pop()
            self._revisions.pop()
        self._places.append(place)
        self._revisions.append(revision)
        if len(self._places) > _MOST:
            half = _MOST // 2
            self._places[:half] = self._places[:half:2]
            self._revisions[:half] = self._revisions[1:half:2]

    def since(self, revision: int, everything: int) -> int | None:
        """The lowest place that has changed after ``revision``, or a lower one; None: none has.

        ``everything`` is for a revision below 0.
        """
        if not self._revisions or revision >= self._revisions[-1]:
            return None
        if revision < 0:
            return everything
        return self._places[bisect_right(self._revisions, revision)]


class Journal:
    """Places are *absolute*: what is put in or taken away before an item does not change its place.

    So the first item is at ``dropped``, which rises when items are gone from the beginning, and falls, below 0 too,
    when older ones are put there.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.dropped = 0
        self._behind = _Steps()
        self._before = _Steps()  # the places of these with their sign changed

    def changed(self, index: int) -> None:
        """From the item that is now at ``index`` on, all may be different."""
        self.revision += 1
        self._behind.note(self.revision, self.dropped + index)

    def inserted(self, index: int, length: int) -> None:
        """There is a new item at ``index``; there are ``length`` now. The fewer others have moved to make room."""
        if 2 * index >= length:
            self.changed(index)
            return
        self.dropped -= 1
        self.revision += 1
        self._before.note(self.revision, -(self.dropped + index))

    def drop(self, count: int) -> None:
        """``count`` items are gone from the beginning."""
        self.dropped += count

    def since(self, revision: int) -> int | None:
        """The absolute place from which on something has changed after ``revision``; None: nothing has."""
        found = self._behind.since(revision, self.dropped)
        return None if found is None else max(self.dropped, found)

    def before(self, revision: int, end: int) -> int | None:
        """The absolute place up to which something has changed after ``revision``; None: nothing has.

        ``end`` is that behind the last item.
        """
        found = self._before.since(revision, -end)
        return None if found is None else -found
