"""Masks such as ``*!*@10.0.0.*``: ``*`` is any run, ``?`` any one character, a backslash takes the next literally.

Matching takes time in proportion to mask times text and never more (no regular expressions, whose backtracking a
hostile mask could use), and folds case as names do.

Source: https://modern.ircdocs.horse/#wildcard-expressions
"""

from __future__ import annotations

from functools import lru_cache

from natterjack.proto.casemap import fold


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
    pattern = _tokens(fold(mask))
    subject = fold(text)
    at = place = 0
    star = -1
    star_place = 0
    while place < len(subject):
        token = pattern[at] if at < len(pattern) else None
        if token == "*":
            star, star_place = at, place
            at += 1
        elif token is not None and (token == "?" or token[1:] == subject[place]):
            at += 1
            place += 1
        elif star >= 0:
            star_place += 1
            at, place = star + 1, star_place
        else:
            return False
    return all(token == "*" for token in pattern[at:])


@lru_cache(maxsize=4096)
def _tokens(mask: str) -> list[str]:
    """``mask`` in pieces: ``*`` and ``?`` alone, every literal as a backslash and itself, runs of stars as one."""
    tokens: list[str] = []
    letters = iter(mask)
    for letter in letters:
        if letter == "\\":
            tokens.append("\\" + next(letters, "\\"))
        elif letter == "?":
            tokens.append(letter)
        elif letter == "*":
            if tokens[-1:] != ["*"]:
                tokens.append(letter)
        else:
            tokens.append("\\" + letter)
    return tokens
