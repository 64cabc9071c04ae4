"""Message ids: a seed of the server's run, and the line's place in the order of all lines.

Places go on over restarts. The seed is new with each start, so that a server that was put back to an older backup, and
counts the same places again, never gives out an id that some client knows already for another message. Ids need no
index: the place is in them.

Source: https://ircv3.net/specs/extensions/message-ids
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

#: Letters of a place at most: 64 bits.
_PLACE_LETTERS = 16
_HEX = frozenset("0123456789abcdef")


class Msgids:
    """``runs`` are ``(first, seed)`` of each start, in their order; all seeds are of one length."""

    def __init__(self, runs: Iterable[tuple[int, str]] = ()) -> None:
        self._firsts: list[int] = []
        self._seeds: list[str] = []
        for first, seed in runs:
            self.begin(first, seed)

    def begin(self, first: int, seed: str) -> None:
        """A new run: lines from ``first`` on have ``seed``. A run that had none before it is forgotten."""
        while self._firsts and self._firsts[-1] >= first:
            self._firsts.pop()
            self._seeds.pop()
        self._firsts.append(first)
        self._seeds.append(seed)

    def of(self, place: int) -> str:
        """The id of the line at ``place``; ``""`` where no run had it."""
        run = bisect_right(self._firsts, place) - 1
        return f"{self._seeds[run]}{place:x}" if run >= 0 else ""

    def place(self, msgid: str) -> int | None:
        """The place that ``msgid`` stands for, or None where it is none of ours."""
        digits = msgid[len(self._seeds[-1]) :] if self._seeds else ""
        if not 0 < len(digits) <= _PLACE_LETTERS or not _HEX.issuperset(digits):
            return None
        place = int(digits, 16)
        return place if self.of(place) == msgid else None
