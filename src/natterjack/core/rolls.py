"""The names of a channel as NAMES shows them, kept ready: a thousand who join at once would else read half a million.

A channel has a roll for each *manner* of showing its members that somebody has asked for. Whoever joins is put at its
end; after any other change (somebody goes, or has another name or rank) all are dropped, to be made anew when they are
asked for. :class:`~natterjack.core.world.World` sees to both.
"""

from __future__ import annotations

from natterjack.core.state import User, prefixes

#: Whether with all their prefixes (multi-prefix), and whether with user name and host (userhost-in-names).
Manner = tuple[bool, bool]


def word_for(user: User, ranks: int, manner: Manner) -> str:
    """``user``, who has ``ranks`` there."""
    every, long = manner
    return prefixes(ranks, every) + (user.source if long else user.nick)


class Roll:
    """Words joined by spaces, in as few ``lines`` of ``room`` bytes as take them in their order."""

    __slots__ = ("_left", "_room", "lines")

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self._room = room
        self._left = 0  # bytes of the last line

    def add(self, word: str) -> None:
        """``word`` at the end. One that is longer than the room has a line of its own."""
        size = len(word.encode())
        if size < self._left:
            self.lines[-1] += f" {word}"
            self._left -= size + 1
        else:
            self.lines.append(word)
            self._left = self._room - size
