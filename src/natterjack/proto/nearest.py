"""The known word that somebody probably meant.

Distance is counted as people mistype: a letter too many, too few, another one, or two neighbours swapped is one each
(optimal string alignment). Case is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Words are typed by hand: what is longer than this is no mistyped command, and must not cost time.
_LONGEST = 40


def distance(left: str, right: str) -> int:
    """How many slips of the hand make ``right`` out of ``left``. Case counts here."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The one of ``candidates`` closest to ``word``, the first of equals; None where nothing is close.

    Close is: one begins with the other (three letters or more), or no more than a third of the longer one's letters
    are wrong, and at least one may be.
    """
    wanted = word.casefold()
    if not 1 < len(wanted) <= _LONGEST:
        return None
    best: tuple[int, str] | None = None
    for candidate in candidates:
        name = candidate.casefold()
        allowed = max(1, max(len(name), len(wanted)) // 3)
        found = 0 if name == wanted else distance(wanted, name)
        if found > allowed and min(len(name), len(wanted)) >= 3 and _begins(name, wanted):
            found = allowed
        if found <= allowed and (best is None or found < best[0]):
            best = (found, candidate)
    return best[1] if best else None


def _begins(name: str, wanted: str) -> bool:
    return name.startswith(wanted) or wanted.startswith(name)
