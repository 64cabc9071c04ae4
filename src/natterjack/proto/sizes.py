"""Numbers of bytes as people read them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("KiB", "MiB", "GiB", "TiB")


def in_words(size: float) -> str:
    """``size`` bytes: ``1 byte``, ``999 bytes``, ``1.4 MiB``, ``23 GiB``."""
    if size < 1000:
        return "1 byte" if int(size) == 1 else f"{int(size)} bytes"
    amount, index = size / 1024, 0
    while amount >= 999.5 and index < len(_UNITS) - 1:
        amount /= 1024
        index += 1
    unit = _UNITS[index]
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
