"""Text in columns: how wide it is, and how it is broken into lines.

What is received is made harmless first. Then everything goes that terminals disagree about the width of: joiners and
selectors between emoji, skin colours. What is left has a width that is the same everywhere, mostly.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import partial

from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.utils import _CHAR_SIZES_CACHE, get_cwidth

from natterjack.client.chatting.sanitise import harmless, harmless_lines

#: (style, text)
Piece = tuple[str, str]
Line = list[Piece]

_DISPUTED = re.compile(
    "[\ufe0e\ufe0f\u20e3]|[\U0001f3fb-\U0001f3ff]|(?<=[^\u0000-\u2190])\u200d(?=[\u2190-\U0010ffff])"
)

#: Two of these are a flag, which is two columns wide wherever it is drawn, as one picture or as two letters. What is
#: counted for each by itself is twice that, and everything behind a flag would stand beside its place.
for _letter in range(0x1F1E6, 0x1F200):
    _CHAR_SIZES_CACHE[chr(_letter)] = 1


def shown(text: str) -> str:
    """``text`` as it may go to a terminal, on one line."""
    return text if text.isascii() and text.isprintable() else _DISPUTED.sub("", harmless(text))


def shown_lines(text: str) -> str:
    """The same in as many lines as ``text`` has."""
    return text if text.isascii() and text.isprintable() else _DISPUTED.sub("", harmless_lines(text))


class Undisputed(Processor):
    """What is typed, without what terminals disagree about; it is sent with it."""

    def apply_transformation(self, given: TransformationInput) -> Transformation:
        text = fragment_list_to_text(given.fragments)
        if text.isascii() or not _DISPUTED.search(text):
            return Transformation(given.fragments)
        gone = {place for found in _DISPUTED.finditer(text) for place in range(*found.span())}
        letters = explode_text_fragments(given.fragments)
        kept = [place for place in range(len(text)) if place not in gone]
        return Transformation(
            [letters[place] for place in kept],
            source_to_display=partial(bisect_left, kept),
            display_to_source=lambda place: kept[place] if place < len(kept) else len(text),
        )


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
