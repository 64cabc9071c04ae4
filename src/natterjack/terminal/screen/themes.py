"""How things look: styles by name for each theme, and the colours of nicks.

``default`` leaves back- and foreground to the terminal, ``dark`` and ``light`` say what is behind the text, ``mono``
has no colour: what matters is bold, underlined or reversed in every theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from natterjack.client.view.colours import Ground, hue_of, name_of_16, rgb, rgb_of_256

THEMES: Final = ("default", "dark", "light", "mono")

_MONO: Final = {
    "bar": "reverse",
    "topic": "reverse",
    "nick": "bold",
    "own": "bold underline",
    "mention": "reverse",
    "new": "bold",
    "day": "",
    "dim": "",
    "note": "italic",
    "error": "bold",
    "link": "underline",
    "found": "reverse",
    "chosen": "reverse",
    "unread": "bold",
    "called": "bold reverse",
    "current": "reverse",
    "rule": "",
    "prompt": "bold",
    "panel": "",
    "panel.chosen": "reverse",
    "completion-menu": "noreverse",
    "completion-menu.completion.current": "reverse",
}
_DEFAULT: Final = _MONO | {
    "mention": "bold ansiyellow",
    "new": "bold ansired",
    "day": "ansibrightblack",
    "dim": "ansibrightblack",
    "note": "ansicyan noitalic",
    "error": "ansired bold",
    "called": "bold ansired",
    "rule": "ansibrightblack",
    "prompt": "bold",
}
#: In place of those, where there are 256 colours: these can be read on black and on white.
_READABLE: Final = {
    "mention": "bold #af5f00",
    "day": "#767676",
    "dim": "#767676",
    "note": "#008787 noitalic",
    "rule": "#767676",
}
_DARK: Final = _DEFAULT | {
    "": "#e0e0e0 bg:#1c1c1c",
    "ground": "bg:#1c1c1c",
    "bar": "#ffffff bg:#3a3a3a noreverse",
    "topic": "#ffffff bg:#3a3a3a noreverse",
    "mention": "bold #ffd75f",
    "new": "bold #ff8787",
    "error": "bold #ff8787",
    "called": "bold #ff8787",
    "note": "#87d7d7",
    "dim": "#9e9e9e",
    "day": "#9e9e9e",
    "rule": "#6c6c6c",
    "current": "#ffffff bg:#3a3a3a noreverse",
}
_LIGHT: Final = _DEFAULT | {
    "": "#1c1c1c bg:#ffffff",
    "ground": "bg:#ffffff",
    "bar": "#1c1c1c bg:#d7d7d7 noreverse",
    "topic": "#1c1c1c bg:#d7d7d7 noreverse",
    "mention": "bold #af0000",
    "new": "bold #af0000",
    "error": "bold #af0000",
    "called": "bold #af0000",
    "note": "#005f5f",
    "dim": "#5f5f5f",
    "day": "#5f5f5f",
    "rule": "#9e9e9e",
    "current": "#1c1c1c bg:#d7d7d7 noreverse",
}
_STYLES: Final = {"default": _DEFAULT, "dark": _DARK, "light": _LIGHT, "mono": _MONO}
_GROUNDS: Final = {"default": Ground.UNKNOWN, "dark": Ground.DARK, "light": Ground.LIGHT}


class Theme:
    """One of :data:`THEMES`, for a terminal with so many colours."""

    def __init__(self, name: str, depth: ColorDepth) -> None:
        self.name = "mono" if depth is ColorDepth.DEPTH_1_BIT else name
        self.depth = ColorDepth.DEPTH_1_BIT if self.name == "mono" else depth
        styles = _STYLES[self.name]
        if self.name == "default" and self.depth is not ColorDepth.DEPTH_4_BIT:
            styles = styles | _READABLE
        self.style = Style.from_dict(styles)
        #: The style of what nothing stands on; ``""``: it is left as it is.
        self.ground = "class:ground" if "ground" in styles else ""
        self.nick = lru_cache(maxsize=1000)(self._nick)

    def _nick(self, nick: str) -> str:
        """The style of ``nick``, who is somebody else."""
        ground = _GROUNDS.get(self.name)
        if ground is None:
            return "class:nick"
        hue = hue_of(nick)
        if self.depth is ColorDepth.DEPTH_4_BIT:
            return f"bold {name_of_16(hue)}"
        red, green, blue = (rgb if self.depth is ColorDepth.DEPTH_24_BIT else rgb_of_256)(hue, ground)
        return f"bold #{red:02x}{green:02x}{blue:02x}"


def theme_for(name: str, environment: Mapping[str, str]) -> Theme:
    """The theme called ``name`` on the terminal that ``environment`` tells of. https://no-color.org"""
    if environment.get("NO_COLOR"):
        return Theme("mono", ColorDepth.DEPTH_1_BIT)
    term = environment.get("TERM", "")
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Theme(name, ColorDepth.DEPTH_24_BIT)
    if "256" in term or environment.get("WT_SESSION"):
        return Theme(name, ColorDepth.DEPTH_8_BIT)
    if term.startswith("vt") or term in ("ansi-m", "xterm-mono"):
        return Theme("mono", ColorDepth.DEPTH_1_BIT)
    return Theme(name, ColorDepth.DEPTH_4_BIT)
