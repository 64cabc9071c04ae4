"""Message ids and the numbers behind them.

Lines are numbered by one counter that goes on over restarts; rows in the store have the number alone. A message id is
the *seed* of the run that gave it out and the number in hexadecimal. A server that was restored from a backup counts on
from an older number, but with a new seed: so no message id is ever given out twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

#: Characters of a seed: hexadecimal digits.
SEED_LENGTH = 10
#: Numbers are below this, for SQLite's integers have 63 bits; and so many digits are enough for them.
_END = 1 << 63
_DIGITS = 16
_HEX = frozenset("0123456789abcdef")


class Msgids:
    """Between numbers and message ids, for all ``runs`` (first number, seed) in the order in which they were.

    All seeds have the same length.
    """

    __slots__ = ("_firsts", "_seeds")

    def __init__(self, runs: Iterable[tuple[int, str]]) -> None:
        self._firsts: list[int] = []
        self._seeds: list[str] = []
        for first, seed in runs:
            self.begin(first, seed)

    def begin(self, first: int, seed: str) -> None:
        """Another run. It owns all numbers from ``first`` on, whatever earlier ones gave out."""
        while self._firsts and self._firsts[-1] >= first:
            self._firsts.pop()
            self._seeds.pop()
        self._firsts.append(first)
        self._seeds.append(seed)

    def of(self, number: int) -> str:
        """The message id of the line ``number``. Raises :class:`LookupError` for one that is before all runs."""
        index = bisect_right(self._firsts, number) - 1
        if index < 0:
            raise LookupError(f"line {number} is of no known run")
        return f"{self._seeds[index]}{number:x}"

    def parse(self, msgid: str) -> int | None:
        """The number in ``msgid``; None where it is none that a line of the store can have."""
        digits = msgid[len(self._seeds[-1]) :] if self._seeds else ""
        if not 0 < len(digits) <= _DIGITS or not _HEX.issuperset(digits):
            return None
        number = int(digits, 16)
        if number >= _END:
            return None
        index = bisect_right(self._firsts, number) - 1
        return number if index >= 0 and msgid == f"{self._seeds[index]}{number:x}" else None
