"""Which of our messages are not answered, since when, and of which of them the person was told so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: Seconds until it is told that a message is still on its way, where that is told by a line of its own.
STILL_SENDING: Final = 2.0


class Overdue:
    """Messages by their numbers in the outbox; times are in seconds, by a clock that never jumps."""

    def __init__(self, patience: float = STILL_SENDING) -> None:
        self._patience = patience
        self._typed: dict[int, float] = {}  # when it was, until it is told
        self._told: set[int] = set()

    def typed(self, number: int, now: float) -> None:
        """It was typed now, and nothing was told of it yet."""
        self._typed[number] = now

    def told(self, number: int) -> None:
        """That it is not there yet was told."""
        self._typed.pop(number, None)
        self._told.add(number)

    def replaced(self, old: int, new: Sequence[int]) -> None:
        """In place of the ``old`` one there are these."""
        typed = self._typed.pop(old, None)
        if typed is not None:
            self._typed |= dict.fromkeys(new, typed)
        elif old in self._told:
            self._told.discard(old)
            self._told.update(new)

    def over(self, number: int) -> bool:
        """It is answered, or nobody waits for that any more. Whether the person was told."""
        self._typed.pop(number, None)
        told = number in self._told
        self._told.discard(number)
        return told

    def deadline(self) -> float | None:
        """When :meth:`now` has something, if nothing is answered until then."""
        first = next(iter(self._typed.values()), None)
        return None if first is None else first + self._patience

    def now(self, now: float) -> list[int]:
        """Those of which it is time to be told."""
        overdue = []
        for number, typed in self._typed.items():
            if now < typed + self._patience:
                break
            overdue.append(number)
        return overdue
