"""Cuts a text into pieces that fit a line, where a reader would.

Never inside a character as people see it (a letter with its accents, a flag, a family of emoji), at a space where there
is one in the last part of the piece, else anywhere. The pieces put together again are the text.

The rules are the common part of https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundaries; a cluster longer
than a whole line is cut after all, since it would never fit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from natterjack.client.events import Kind
from natterjack.client.session.state import LINE_BYTES

#: Bytes of ``nick!user@host`` to reckon with: the longest usual ones. What may be sent again, under whatever nick, has
#: to fit as the others get it and be cut as it was, so that no length depends on the present one.
_SOURCE: Final = 32 + 18 + 64 + len(":!@ ")
_JOINER = "\u200d"
_FLAGS = range(0x1F1E6, 0x1F200)
_SKINS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
#: Of a piece, that much must be used before it is cut at a space.
_LEAST_SHARE = 0.6


def room_for(target: str, kind: Kind = Kind.MESSAGE) -> int:
    """Bytes of text in one line to ``target``, whoever sends it."""
    frame = len("PRIVMSG  :\r\n") + len("\x01ACTION \x01") * (kind is Kind.ACTION)
    return max(LINE_BYTES - _SOURCE - frame - len(target.encode()), 4)


def clusters(text: str) -> Iterator[str]:
    """The characters of ``text`` as people see them."""
    start = 0
    flags = 0
    for place, letter in enumerate(text):
        code = ord(letter)
        is_flag = code in _FLAGS
        flags = flags + 1 if is_flag else 0
        if place == start:
            continue
        if letter == _JOINER or text[place - 1] == _JOINER or _extends(letter, code):
            continue
        if is_flag and flags % 2 == 0:
            continue
        yield text[start:place]
        start = place
    if text:
        yield text[start:]


def _extends(letter: str, code: int) -> bool:
    return unicodedata.category(letter)[0] == "M" or code in _SKINS or code in _TAGS


def split_text(text: str, budget: int) -> list[str]:
    """``text`` in pieces of at most ``budget`` bytes of UTF-8 (at least 4, or a character might never fit)."""
    if len(text.encode()) <= budget:
        return [text]
    pieces: list[str] = []
    under_way: list[str] = []
    size = 0
    for part in _small_enough(text, budget):
        cost = len(part.encode())
        if size + cost > budget:
            keep = _last_space(under_way)
            pieces.append("".join(under_way[:keep]))
            under_way = under_way[keep:]
            size = len("".join(under_way).encode())
        under_way.append(part)
        size += cost
    pieces.append("".join(under_way))
    return pieces


def _last_space(parts: list[str]) -> int:
    """How many of ``parts`` go into the piece: up to and with the last space, or all."""
    for place in range(len(parts) - 1, int(len(parts) * _LEAST_SHARE), -1):
        if parts[place] == " ":
            return place + 1
    return len(parts)


def _small_enough(text: str, budget: int) -> Iterator[str]:
    for cluster in clusters(text):
        if len(cluster.encode()) <= budget:
            yield cluster
        else:
            yield from cluster
