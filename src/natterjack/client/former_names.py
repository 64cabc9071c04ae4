"""Channels by the names that they had."""

from __future__ import annotations

from typing import Final

from natterjack.proto.casemap import fold

#: So many are remembered: more than people give, and a server that renames without end fills no memory.
_MOST: Final = 1000


class FormerNames:
    """What was called otherwise, and how it is called now."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}  # by the former name, folded; the latest last

    def rename(self, old: str, new: str) -> None:
        """``old``, which may have had other names before, is called ``new``."""
        before = fold(old)
        earlier = {name: new for name, now in self._now.items() if fold(now) == before}
        self._now.pop(before, None)
        self._now |= {**earlier, before: new}
        self._now.pop(fold(new), None)
        if len(self._now) > _MOST:
            del self._now[next(iter(self._now))]

    def forget(self, old: str) -> None:
        """``old`` leads nowhere any more."""
        self._now.pop(fold(old), None)

    def present(self, name: str) -> str:
        """What ``name`` is called now."""
        return self._now.get(fold(name), name)
