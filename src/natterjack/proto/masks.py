"""Masks such as ``*!*@10.0.0.*``: ``*`` is any run, ``?`` any one character, a backslash takes the next literally.

Between its stars a mask has *pieces* of fixed length. The first stands at the beginning of the text and the last at its
end; each other may be taken where it fits first, since what fits there leaves the most to those after it. So nothing is
ever taken back, and a hostile mask gains nothing: a piece of letters alone is found by ``str.find``, and one with a
``?`` in it by one look at each letter of the text, at all places at a time (Shift-And). The steps taken are as many as
letters in mask and text together.

Case is folded as in names.

Source: https://modern.ircdocs.horse/#wildcard-expressions
"""

from __future__ import annotations

from functools import lru_cache

from natterjack.proto.casemap import fold

#: What a letter of a mask stands for: itself, any one, any run.
_LITERAL, _ANY, _RUN = range(3)
_WILD = {"?": _ANY, "*": _RUN}


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
    star, last = kinds.find(_RUN), kinds.rfind(_RUN)
    if star < 0:
        return len(kinds) == len(subject) and _find(letters, kinds, subject, 0, len(subject)) == 0
    end = len(subject) - (len(kinds) - last - 1)
    if end < star:
        return False
    if star and _find(letters[:star], kinds[:star], subject, 0, star) < 0:
        return False
    if end < len(subject) and _find(letters[last + 1 :], kinds[last + 1 :], subject, end, len(subject)) < 0:
        return False
    place = star
    while star < last:
        at = star + 1
        star = kinds.find(_RUN, at)
        place = _find(letters[at:star], kinds[at:star], subject, place, end)
        if place < 0:
            return False
        place += star - at
    return True


def _find(piece: str, kinds: bytes, text: str, begin: int, end: int) -> int:
    """Where ``piece`` first fits into ``text`` between ``begin`` and ``end``; -1: nowhere."""
    if len(piece) > end - begin:
        return -1
    if _ANY not in kinds:
        return text.find(piece, begin, end)
    anywhere = 0
    places: dict[str, int] = {}  # of each letter in the piece, as bits
    for place, (letter, kind) in enumerate(zip(piece, kinds, strict=True)):
        if kind == _ANY:
            anywhere |= 1 << place
        else:
            places[letter] = places.get(letter, 0) | 1 << place
    whole = 1 << len(piece) - 1
    fitting = 0  # bit n: the piece up to its letter n fits what ends here
    for place in range(begin, end):
        fitting = (fitting << 1 | 1) & (places.get(text[place], 0) | anywhere)
        if fitting & whole:
            return place - len(piece) + 1
    return -1


@lru_cache(maxsize=4096)
def _pattern(mask: str) -> tuple[str, bytes]:
    """``mask`` letter by letter, and of which kind each is; of wildcards in a row the star, if any, comes last.

    It means the same so, as one star does as many in a run; and pieces that any letter fits would each be looked for
    anew. A few bytes a letter: whatever people ask with comes in here, so that the most of it is what anybody can fill.
    """
    letters: list[str] = []
    kinds = bytearray()
    rest = iter(mask)
    star = False
    for letter in rest:
        kind = _WILD.get(letter, _LITERAL)
        if kind == _RUN:
            star = True
            continue
        if star and kind == _LITERAL:
            letters.append("*")
            kinds.append(_RUN)
            star = False
        letters.append(next(rest, letter) if letter == "\\" else letter)
        kinds.append(kind)
    if star:
        letters.append("*")
        kinds.append(_RUN)
    return "".join(letters), bytes(kinds)
