"""Sizes, speeds and durations in words."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


def size(count: float) -> str:
    """``count`` bytes: "812 B", "1.4 MiB"."""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count /= 1024
        unit += 1
    digits = 1 if unit and count < 99.95 else 0
    return f"{count:.{digits}f} {_UNITS[unit]}"


def speed(per_second: float) -> str:
    """Bytes a second."""
    return f"{size(per_second)}/s"


def duration(seconds: float) -> str:
    """The two largest units: "4 s", "2 min 5 s", "3 h 20 min", "2 d 4 h"."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole // _MINUTE, "min", whole % _MINUTE, "s")
    if whole < _DAY:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "min")
    return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"
