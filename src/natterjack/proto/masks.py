"""Masks such as ``*!*@10.0.0.*``: ``*`` is any run, ``?`` any one character, a backslash takes the next literally.

Matching takes time in proportion to mask times text and never more (no regular expressions, whose backtracking a
hostile mask could use), and folds case as names do.

Source: https://modern.ircdocs.horse/#wildcard-expressions
"""

from __future__ import annotations

from functools import lru_cache

from natterjack.proto.casemap import fold

#: What a letter of a mask stands for: itself, any one, any run; behind the last one there is nothing.
_LITERAL, _ANY, _RUN, _END = range(4)
_WILD = {"?": _ANY, "*": _RUN}
_STAR = bytes((_RUN,))


def normalise(mask: str) -> str:
    """A ban mask in full: ``nick`` becomes ``nick!*@*``, ``host.name`` and ``user@host`` likewise."""
    nick, bang, rest = mask.partition("!")
    if not bang:
        if "@" in mask:
            nick, rest = "*", mask
        elif "." in mask or ":" in mask:
            nick, rest = "*", f"*@{mask}"
    user, _, host = rest.partition("@")
    return f"{nick or '*'}!{user or '*'}@{host or '*'}"


def matches(mask: str, text: str) -> bool:
    """Whether ``text`` as a whole fits ``mask``."""
    letters, kinds = _pattern(fold(mask))
    subject = fold(text)
    length = len(kinds)
    at = place = 0
    star = -1
    star_place = 0
    while place < len(subject):
        kind = kinds[at] if at < length else _END
        if kind == _RUN:
            star, star_place = at, place
            at += 1
        elif kind == _ANY or (kind == _LITERAL and letters[at] == subject[place]):
            at += 1
            place += 1
        elif star >= 0:
            star_place += 1
            at, place = star + 1, star_place
        else:
            return False
    return kinds.count(_RUN, at) == length - at


@lru_cache(maxsize=4096)
def _pattern(mask: str) -> tuple[str, bytes]:
    """``mask`` letter by letter, and of which kind each is; runs of stars are one.

    A few bytes a letter: whatever people ask with comes in here, so that the most of it is what anybody can fill.
    """
    letters: list[str] = []
    kinds = bytearray()
    rest = iter(mask)
    for letter in rest:
        kind = _WILD.get(letter, _LITERAL)
        if kind == _RUN and kinds[-1:] == _STAR:
            continue
        letters.append(next(rest, letter) if letter == "\\" else letter)
        kinds.append(kind)
    return "".join(letters), bytes(kinds)
