"""The colour of a nick: the same everywhere, and easy to read on what is behind it.

Theory of operation. The folded nick is hashed (FNV-1a, the same in every run and program) to one of :data:`HUES` hues.
A hue becomes a colour of exactly the luminance that the background needs, so that all of them contrast alike: see
https://www.w3.org/TR/WCAG22/#contrast-minimum. There is a small window of luminance with 4.5:1 on black *and* white,
for terminals whose background nobody knows.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final

from natterjack.proto.casemap import fold

Rgb = tuple[int, int, int]

#: How many a nick is hashed to.
HUES: Final = 20
_SATURATION: Final = 0.75
#: Names of a terminal's own sixteen that can be told apart and read; the rest of them is for other things.
SIXTEEN: Final = ("ansigreen", "ansiyellow", "ansiblue", "ansimagenta", "ansicyan", "ansired")


class Ground(Enum):
    """What is behind the text: its luminance target, and the backgrounds that it is meant for."""

    DARK = "dark"
    LIGHT = "light"
    UNKNOWN = "unknown"


#: Luminance of the text, and backgrounds on which it has 4.5:1 at least.
GROUNDS: Final[dict[Ground, tuple[float, tuple[Rgb, ...]]]] = {
    Ground.DARK: (0.38, ((0, 0, 0), (0x2B, 0x2B, 0x2B))),
    Ground.LIGHT: (0.135, ((255, 255, 255), (0xF0, 0xF0, 0xF0))),
    Ground.UNKNOWN: (0.179, ((0, 0, 0), (255, 255, 255))),
}


def hue_of(nick: str) -> int:
    """Which of the hues is that of ``nick``."""
    value = 0x811C9DC5
    for byte in fold(nick).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return (value ^ (value >> 15)) % HUES


@lru_cache(maxsize=256)
def rgb(hue: int, ground: Ground) -> Rgb:
    """That hue, as it can be read on ``ground``."""
    target = GROUNDS[ground][0]
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if luminance(_from_hsl(hue / HUES, _SATURATION, middle)) < target:
            low = middle
        else:
            high = middle
    return _from_hsl(hue / HUES, _SATURATION, high)


def least(ground: Ground) -> float:
    """The contrast that each of a terminal's 256 colours has on ``ground``: five have 4.5:1 on black *and* white."""
    return 4.2 if ground is Ground.UNKNOWN else 4.5


@lru_cache(maxsize=256)
def rgb_of_256(hue: int, ground: Ground) -> Rgb:
    """The nearest of a terminal's 256 colours (those of its 6x6x6 cube) that can be read on ``ground``."""
    wanted = rgb(hue, ground)
    steps = (0, 95, 135, 175, 215, 255)
    cube = [(red, green, blue) for red in steps for green in steps for blue in steps]
    grounds = GROUNDS[ground][1]
    readable = [each for each in cube if min(contrast(each, behind) for behind in grounds) >= least(ground)]
    return min(
        readable or cube, key=lambda each: sum((a - b) ** 2 for a, b in zip(each, wanted, strict=True))
    )


def name_of_16(hue: int) -> str:
    """One of the colours that every terminal has, and its owner has chosen."""
    return SIXTEEN[hue % len(SIXTEEN)]


def luminance(colour: Rgb) -> float:
    """Relative luminance, 0 to 1. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 (the same) to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _from_hsl(hue: float, saturation: float, lightness: float) -> Rgb:
    reach = saturation * min(lightness, 1 - lightness)

    def part(offset: int) -> int:
        k = (offset + hue * 12) % 12
        return round(255 * (lightness - reach * max(-1.0, min(k - 3, 9 - k, 1.0))))

    return part(0), part(8), part(4)
