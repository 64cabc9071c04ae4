"""Kinds of values that a setting can have: how each is written in TOML and as text, and what to say of a wrong one.

``read`` takes a value as TOML gives it, ``read_text`` what stands in an environment variable or behind an option.
Both raise :class:`BadValueError`. Python's own ``int`` is not asked before the text is known to be plain digits: it
would take ``1_000`` and digits of other scripts.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

#: Digits of a number at most: what is longer is no amount of anything here, and would only cost time.
_DIGITS = 15
#: Characters of a wrong value that are shown.
_SHOWN = 60


class BadValueError(ValueError):
    """``wrong`` is what is the matter with a value; ``right`` what would do instead."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(f"{wrong}: {right}")
        self.wrong = wrong
        self.right = right


def shown(value: object) -> str:
    """``value`` as it is quoted in an error."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class Kind(ABC):
    """``right`` says what would do, to follow the word "give"."""

    right = ""

    @abstractmethod
    def read(self, value: object) -> Any:
        """``value`` from TOML, checked."""

    @abstractmethod
    def read_text(self, text: str) -> Any:
        """The same from text."""

    def show(self, value: Any) -> str:
        """``value`` as it is written in TOML."""
        return quoted(value)


def quoted(text: str) -> str:
    """``text`` as a basic string of TOML."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    body = "".join(escapes.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
    return f'"{body}"'


class YesNo(Kind):
    """``true`` or ``false``; as text also ``yes`` and ``no``, ``1`` and ``0``."""

    right = "true or false"
    _TEXTS: ClassVar = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise BadValueError(
                f"{shown(value)} is neither true nor false", "write true or false, without quotes"
            )
        return value

    def read_text(self, text: str) -> bool:
        value = self._TEXTS.get(text.lower())
        if value is None:
            raise BadValueError(f"{shown(text)} is neither yes nor no", "write yes or no")
        return value

    def show(self, value: Any) -> str:
        return "true" if value else "false"


class Choice(Kind):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.right = f"one of {', '.join(words)}"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise BadValueError(f"{shown(value)} is not known", f"give {self.right}")
        return value

    def read_text(self, text: str) -> str:
        return self.read(text)


class Amount(Kind):
    """A whole number from ``least`` to ``most``, plain or with one of ``units`` (name -> how many)."""

    units: Mapping[str, int] = MappingProxyType({})
    example = ""
    plain = "a number"

    def __init__(self, least: int, most: int, what: str = "") -> None:
        self.least = least
        self.most = most
        self.right = what or f"{self.plain} from {self.text(least)} to {self.text(most)}{self.example}"

    def read(self, value: object) -> int:
        if isinstance(value, str) and self.units:
            return self.read_text(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadValueError(f"{shown(value)} is not a whole number", f"give {self.right}")
        return self._bounded(value, str(value) if abs(value) < 10**_DIGITS else "the number")

    def read_text(self, text: str) -> int:
        match = re.fullmatch(r"([0-9]+) ?([A-Za-z]*)", text.strip(" "))
        if match is None or len(match[1]) > _DIGITS:
            kind = "a whole number" if not self.units else "a whole number with or without a unit"
            raise BadValueError(f"{shown(text)} is not {kind}", f"give {self.right}")
        unit = match[2]
        if unit and unit not in self.units:
            known = f"the units are {', '.join(self.units)}" if self.units else "give the number alone"
            raise BadValueError(f"{shown(text)} has a unit that is not known here", known)
        return self._bounded(int(match[1]) * self.units.get(unit, 1), text)

    def _bounded(self, value: int, as_given: str) -> int:
        if value < self.least:
            raise BadValueError(f"{as_given} is less than {self.text(self.least)}", f"give {self.right}")
        if value > self.most:
            raise BadValueError(f"{as_given} is more than {self.text(self.most)}", f"give {self.right}")
        return value

    def text(self, value: int) -> str:
        """``value`` in the largest unit that divides it."""
        for unit, size in reversed(list(self.units.items())):
            if value and value % size == 0:
                return f"{value // size} {unit}"
        return str(value)

    def show(self, value: Any) -> str:
        text = self.text(value)
        return f'"{text}"' if " " in text else text


class Whole(Amount):
    """A number of things."""


class Size(Amount):
    """Bytes; as text or a string also in KiB, MiB, GiB."""

    units = MappingProxyType({"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3})
    plain = "a size"
    example = ', written like "64 KiB" or as bytes'


class Duration(Amount):
    """Seconds; as text or a string also in minutes, hours, days."""

    units = MappingProxyType({"s": 1, "min": 60, "h": 3600, "d": 86400})
    plain = "a time"
    example = ', written like "30 s" or as seconds'


#: Looks at a text: what is wrong with it and what would be right, or None.
TextCheck = Callable[[str], tuple[str, str] | None]


class Text(Kind):
    """A string that ``check`` has nothing against."""

    def __init__(self, right: str, check: TextCheck | None = None) -> None:
        self.right = right
        self._check = check

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise BadValueError(f"{shown(value)} is no text", f"put it in quotes: {self.right}")
        return self.read_text(value)

    def read_text(self, text: str) -> str:
        found = self._check(text) if self._check else None
        if found is not None:
            raise BadValueError(*found)
        return text


class Many(Kind):
    """A list of at most ``most`` texts; outside TOML they are parted by commas."""

    def __init__(self, item: Text, most: int) -> None:
        self.item = item
        self.most = most
        self.right = f"a list of {item.right}, {most} at most"

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise BadValueError(f"{shown(value)} is no list", 'write it in brackets, like ["one", "two"]')
        return self.bounded(tuple(self.item.read(each) for each in value))

    def read_text(self, text: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in text.split(","))
        return self.bounded(tuple(self.item.read_text(word) for word in words if word))

    def bounded(self, items: tuple[str, ...]) -> tuple[str, ...]:
        """``items``, if they are not too many."""
        if len(items) > self.most:
            raise BadValueError(f"it has {len(items)} entries", f"give {self.most} at most")
        return items

    def show(self, value: Any) -> str:
        return f"[{', '.join(map(quoted, value))}]"
