"""Text in columns: how wide it is, and how it is broken into lines.

What is received is made harmless first. Then everything goes that terminals disagree about the width of: joiners and
selectors between emoji, skin colours. What is left has a width that is the same everywhere, mostly.
"""

from __future__ import annotations

import re

from prompt_toolkit.utils import get_cwidth

from natterjack.client.chatting.sanitise import harmless, harmless_lines

#: (style, text)
Piece = tuple[str, str]
Line = list[Piece]

_DISPUTED = re.compile(
    "[\ufe0e\ufe0f\u20e3]|[\U0001f3fb-\U0001f3ff]|(?<=[^\u0000-\u2190])\u200d(?=[\u2190-\U0010ffff])"
)


def shown(text: str) -> str:
    """``text`` as it may go to a terminal, on one line."""
    return text if text.isascii() and text.isprintable() else _DISPUTED.sub("", harmless(text))


def shown_lines(text: str) -> str:
    """The same in as many lines as ``text`` has."""
    return text if text.isascii() and text.isprintable() else _DISPUTED.sub("", harmless_lines(text))


def width(text: str) -> int:
    """Columns."""
    return len(text) if text.isascii() else get_cwidth(text)


def cut(text: str, columns: int) -> str:
    """``text``, or as much of its beginning as goes into so many columns, with a sign that there is more."""
    if width(text) <= columns:
        return text
    taken, used = "", 0
    for letter in text:
        used += get_cwidth(letter)
        if used > columns - 1:
            break
        taken += letter
    return f"{taken}…" if columns > 0 else ""


def fit(text: str, columns: int) -> str:
    """``text`` in exactly so many columns."""
    text = cut(text, columns)
    return text + " " * (columns - width(text))


def wrap(pieces: Line, columns: int) -> list[Line]:
    """Break at line ends, and at spaces where that is possible, else anywhere; at least one line.

    Marks stay with their letters.
    """
    columns = max(columns, 2)
    lines: list[Line] = [[]]
    used = 0
    for style, text in pieces:
        for word in re.findall(r"\n| +|[^ \n]+", text):
            wide = width(word)
            if word == "\n":
                lines.append([])
                used = 0
            elif used + wide <= columns:
                lines[-1].append((style, word))
                used += wide
            elif word[0] == " ":
                lines.append([])  # the spaces at which a line breaks are not shown
                used = 0
            else:
                if used and (wide <= columns or used > columns // 2):
                    lines.append([])
                    used = 0
                used = _break(lines, style, word, columns, used)
    return lines


def _break(lines: list[Line], style: str, word: str, columns: int, used: int) -> int:
    """Put ``word`` letter by letter; how many columns of the last line are used then."""
    start = 0
    for place, letter in enumerate(word):
        wide = get_cwidth(letter)
        if used + wide > columns:
            lines[-1].append((style, word[start:place]))
            lines.append([])
            start, used = place, 0
        used += wide
    lines[-1].append((style, word[start:]))
    return used
