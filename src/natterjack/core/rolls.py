"""The names of a channel as NAMES shows them, kept ready: a thousand who join at once would else read half a million.

A channel has a roll for each *manner* of showing its members that somebody has asked for. Whoever joins is put at its
end; after any other change (somebody goes, or has another name or rank) all are dropped, to be made anew when they are
asked for. :class:`~natterjack.core.world.World` sees to both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from natterjack.core.state import User, prefixes
from natterjack.proto import modes

#: Whether with all their prefixes (multi-prefix), and whether with user name and host (userhost-in-names).
Manner = tuple[bool, bool]
#: By that, then by ranks.
_PREFIXES: Final = {
    every: [prefixes(ranks, every) for ranks in range(len(modes.ALL_PREFIXES))] for every in (False, True)
}


def words_for(members: Iterable[tuple[User, int]], manner: Manner) -> list[str]:
    """Each of ``members`` with the ranks that he has there."""
    every, long = manner
    shown = _PREFIXES[every]
    if long:
        return [shown[ranks] + user.source for user, ranks in members]
    return [shown[ranks] + user.nick for user, ranks in members]


class Roll:
    """``words`` joined by spaces, in as few ``lines`` of ``room`` bytes as take them in their order.

    ``fits``: no word is longer than that.
    """

    __slots__ = ("_left", "_room", "fits", "lines")

    def __init__(self, room: int, words: Iterable[str]) -> None:
        self.lines: list[str] = []
        self.fits = True
        self._room = room
        self._left = 0  # bytes of the last line
        self.extend(words)

    def extend(self, words: Iterable[str]) -> None:
        """``words`` at the end. One that is longer than the room has a line of its own."""
        room, left, lines = self._room, self._left, self.lines
        line = [lines.pop()] if lines else []
        for word in words:
            size = len(word.encode())
            if size < left:
                left -= size + 1
            else:
                if line:
                    lines.append(" ".join(line))
                    line = []
                left = room - size
                if left < 0:
                    self.fits = False
            line.append(word)
        if line:
            lines.append(" ".join(line))
        self._left = left
