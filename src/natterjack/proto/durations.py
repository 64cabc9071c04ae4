"""How long something is to last, as people type it: a number and a unit, ``30m``, ``12h``, ``7d``."""

from __future__ import annotations

import re
from typing import Final

_SHAPE: Final = re.compile(r"([0-9]{1,6})([smhdw])", re.IGNORECASE)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def show(seconds: int) -> str:
    """The shortest text that means ``seconds``."""
    letter = max((letter for letter, unit in _UNITS.items() if not seconds % unit), key=_UNITS.__getitem__)
    return f"{seconds // _UNITS[letter]}{letter}"


def read(text: str) -> int | None:
    """The seconds that ``text`` means; None where it means none, or no time at all."""
    found = _SHAPE.fullmatch(text)
    return int(found[1]) * _UNITS[found[2].lower()] or None if found else None
