"""Whether a text calls somebody by name."""

from __future__ import annotations

from natterjack.proto.casemap import fold

_NICK_PUNCTUATION = frozenset("-_[]{}|^\\`")


def mentions(text: str, nick: str) -> bool:
    """Whether ``nick`` stands in ``text`` as a word of its own, in any case: ``kim:`` does for kim, ``kimono`` not."""
    wanted = fold(nick)
    where = fold(text)
    start = where.find(wanted) if wanted else -1
    while start >= 0:
        end = start + len(wanted)
        before = where[start - 1] if start else " "
        after = where[end] if end < len(where) else " "
        if not _in_nick(before) and not _in_nick(after):
            return True
        start = where.find(wanted, start + 1)
    return False


def _in_nick(letter: str) -> bool:
    return letter.isalnum() or letter in _NICK_PUNCTUATION
