"""What was begun and what was typed, for each conversation.

Lines with passwords are neither kept as drafts nor as typed lines: ``is_secret`` tells them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from natterjack.proto.casemap import fold

#: Typed lines kept of one conversation, and conversations of which any are.
_MOST_LINES: Final = 200
_MOST: Final = 100
#: Letters of one of them; longer ones are pasted files.
_LONGEST: Final = 16_000


class Kept(Struct):
    """As it is kept from run to run. Keys are folded names. ``where``: the server of the ``current`` conversation."""

    current: str = ""
    where: str = ""
    drafts: dict[str, str] = {}
    typed: dict[str, list[str]] = {}
    closed: list[str] = []


def laid(over: Kept, before: Kept, now: Kept) -> Kept:
    """What one program has changed from ``before`` to ``now``, laid over what stands there by now.

    What it has not touched stays as others have left it; what it has finished goes, unless others went on with it.
    """
    drafts = dict(over.drafts)
    for name in before.drafts.keys() | now.drafts.keys():
        if name not in now.drafts:
            if drafts.get(name) == before.drafts[name]:
                drafts.pop(name, None)
        elif now.drafts[name] != before.drafts.get(name):
            drafts.pop(name, None)
            drafts[name] = now.drafts[name]
    typed = dict(over.typed)
    for name, lines in now.typed.items():
        new = _since(before.typed.get(name, []), lines)
        if new:
            others = [line for line in typed.pop(name, []) if line not in new]
            typed[name] = [*others, *new][-_MOST_LINES:]
    opened, put_away = set(before.closed) - set(now.closed), set(now.closed) - set(before.closed)
    closed = [name for name in over.closed if name not in opened | put_away]
    closed += [name for name in now.closed if name in put_away]
    last = now if (now.current, now.where) != (before.current, before.where) else over
    drafts, typed = dict(list(drafts.items())[-_MOST:]), dict(list(typed.items())[-_MOST:])
    return Kept(last.current, last.where, drafts, typed, closed)


def _since(before: list[str], now: list[str]) -> list[str]:
    """The lines of ``now`` that were typed after ``before``, which may have lost some: each stands there once."""
    earlier = iter(before)
    old = next((place for place, line in enumerate(now) if line not in earlier), len(now))
    return now[old:]


class Drafts:
    """``is_secret`` tells lines that are to be forgotten at once."""

    def __init__(self, is_secret: Callable[[str], bool], kept: Kept | None = None) -> None:
        self._is_secret = is_secret
        self._drafts = dict(kept.drafts) if kept else {}
        self._typed = {name: list(lines) for name, lines in kept.typed.items()} if kept else {}
        self._place: int | None = None  # how far back one has gone in the typed lines; None: not at all
        self._begun = ""  # what stood there before

    def kept(self, current: str) -> Kept:
        """All of it, to be kept; ``current`` is the conversation that one looks at."""
        typed = dict(list(self._typed.items())[-_MOST:])
        return Kept(current, "", dict(list(self._drafts.items())[-_MOST:]), typed)

    # -- drafts ----------------------------------------------------------------------------------------------------

    def leave(self, name: str, text: str) -> None:
        """One looks elsewhere, with ``text`` begun."""
        self.begin(name, text)
        self._place = None

    def begin(self, name: str, text: str) -> None:
        """``text`` is begun there, and one goes on with it."""
        self._drafts.pop(fold(name), None)
        if text.strip() and len(text) <= _LONGEST and not self._is_secret(text):
            self._drafts[fold(name)] = text

    def resume(self, name: str) -> str:
        """What was begun there."""
        return self._drafts.get(fold(name), "")

    def rename(self, old: str, new: str) -> None:
        """``old`` is called ``new``: what was begun and typed there goes on, behind what was under that name."""
        before, after = fold(old), fold(new)
        if before == after:
            return
        if before in self._drafts:
            begun = (self._drafts.pop(after, ""), self._drafts.pop(before))
            self._drafts[after] = "\n".join(filter(None, begun))
        if before in self._typed:
            self._typed[after] = [*self._typed.pop(after, []), *self._typed.pop(before)][-_MOST_LINES:]

    @property
    def begun(self) -> set[str]:
        """The folded names of those where something was."""
        return set(self._drafts)

    # -- typed lines -----------------------------------------------------------------------------------------------

    def typed(self, name: str, text: str) -> None:
        """``text`` was typed there, and is being carried out."""
        self._drafts.pop(fold(name), None)
        self._place = None
        if not text.strip() or len(text) > _LONGEST or self._is_secret(text):
            return
        lines = self._typed.pop(fold(name), [])
        self._typed[fold(name)] = [*(line for line in lines if line != text), text][-_MOST_LINES:]

    def back(self, name: str, text: str) -> str | None:
        """The typed line before the one that is shown, ``text``; None where there is none."""
        lines = self._typed.get(fold(name), [])
        place = len(lines) if self._place is None else self._place
        if place == 0:
            return None
        if self._place is None:
            self._begun = text
        self._place = min(place, len(lines)) - 1
        return lines[self._place]

    def forth(self, name: str) -> str | None:
        """The line after it, and after the last what was begun; None where one has not gone back."""
        if self._place is None:
            return None
        lines = self._typed.get(fold(name), [])
        self._place += 1
        if self._place < len(lines):
            return lines[self._place]
        self._place = None
        return self._begun
