"""Bytes and seconds as people read them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")


def size_words(count: float) -> str:
    """``3.1 MB``: thousands, as on the boxes of disks and in most file managers."""
    if count < 1000:
        whole = int(count)
        return "1 byte" if whole == 1 else f"{whole} bytes"
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count /= 1000
        unit += 1
    return f"{count:.1f} {_UNITS[unit]}" if count < 99.95 else f"{count:.0f} {_UNITS[unit]}"


def time_words(seconds: float) -> str:
    """``12 s``, ``3 min 5 s``, ``2 h 4 min``, ``3 d 1 h``: two units at most."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
