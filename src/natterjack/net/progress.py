"""Whether a peer that has a thread of ours moves on: not a byte for too long, or too few in a while, ends it.

What counts is time spent waiting for him, and bytes that he has sent or taken: while our own disk is slow nothing runs
against him, and what lies in the kernel's buffer is not with him yet.
"""

from __future__ import annotations

import errno

from msgspec import Struct


class Patience(Struct, frozen=True):
    """``still``: seconds without a byte. ``least``: bytes a second, over each ``window`` of seconds; 0: any will do."""

    still: float = 30.0
    least: int = 0
    window: float = 60.0

    @property
    def glance(self) -> float:
        """Seconds for which to wait at once; the kernel gets a page a second to a peer who is just fast enough."""
        page = _PAGE / self.least if self.least else self.still
        return max(min(self.still, self.window, 4 * page) / 4, 0.01)


_PAGE = 4096


class Stalled(TimeoutError):  # noqa: N818 - says what happened
    """The peer sent nothing, or took nothing, for too long; or too little."""


class Progress:
    """One peer's; ``bytes`` are counted from 0 and never fewer than before."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._moved = self._before = 0
        self._still = self._time = 0.0

    def waited(self, seconds: float, moved: int, stirred: bool = False) -> None:
        """So long was waited, and so many bytes have moved altogether.

        ``stirred``: the wait ended since there are more, which are not counted yet.

        Raises :class:`Stalled`.
        """
        patience = self._patience
        self._time += seconds
        self._still = 0.0 if stirred or moved > self._moved else self._still + seconds
        self._moved = max(moved, self._moved)
        if self._still >= patience.still:
            raise Stalled(errno.ETIMEDOUT, f"nothing has moved for {patience.still:g} seconds")
        if self._time < patience.window:
            return
        counted = self._time - seconds if stirred else self._time
        if self._moved - self._before < patience.least * counted:
            text = f"too slow: fewer than {patience.least} bytes a second, for {patience.window:g} seconds"
            raise Stalled(errno.ETIMEDOUT, text)
        self._time, self._before = 0.0, self._moved
