"""How much a test does, and what it leaves to chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Plan:
    """``rounds``: as many as were asked for, or None. ``dice`` is the only source of chance there is."""

    def __init__(self, long: bool, rounds: int | None, seed: int) -> None:
        self.long = long
        self.seed = seed
        self.dice = random.Random(seed)
        self._rounds = rounds

    def rounds(self, short: int, long: int) -> int:
        """How often."""
        return self._rounds or (long if self.long else short)

    def some(self, of: Sequence[_T], short: int) -> list[_T]:
        """All in a long run; otherwise ``short`` (or as many as were asked for), spread, from a random one on."""
        count = self.rounds(short, len(of))
        if count >= len(of):
            return list(of)
        step = len(of) / count
        begin = self.dice.random() * step
        return [of[int(begin + number * step)] for number in range(count)]
