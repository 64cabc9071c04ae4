"""Makes received text harmless on a terminal.

Whoever writes a message decides on its characters, and some of them are orders: to a terminal (move the cursor, change
the window's title, answer back as if typed), or to whatever lays out the text (show it backwards, hide it). None of
them may get through; what people write in any script must, emoji and right-to-left included.

Sources: https://www.unicode.org/reports/tr36/, https://modern.ircdocs.horse/formatting.html
"""

from __future__ import annotations

import re
import unicodedata

#: mIRC's colours and emphasis: with their numbers they are taken out, since without meaning they are noise.
_FORMATTING = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
#: Invisible orders to the layout: directions (embedding, override, isolate, marks), interlinear notes, invisible
#: operators, fillers, tags. Kept of that kind: the joiners U+200C and U+200D, which scripts and emoji are spelt with,
#: and the variation selectors, which are marks.
_LAYOUT = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u115f\u1160\u3164\uffa0\u180e\u00ad"
    "\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Marks on one letter; more of them climb over the lines above.
_MOST_MARKS = 6


def harmless(text: str) -> str:
    """``text`` on one line, with nothing in it that a terminal obeys. Controls show as a picture of themselves.

    Where it has several lines, a blank parts them.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _FORMATTING.sub("", text)
    text = _LAYOUT.sub("", text)
    return _few_marks(_CONTROL.sub(_picture, text))


def harmless_lines(text: str) -> str:
    """The same in as many lines as ``text`` has, with LF between them."""
    return "\n".join(map(harmless, text.split("\n"))) if "\n" in text else harmless(text)


def encodable(text: str) -> str:
    """``text`` with a question mark for each half of a character and each byte that was none: of UTF-8 after that."""
    return text.encode("utf-8", "replace").decode()


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code in (0x09, 0x0A):
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    kept = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)
