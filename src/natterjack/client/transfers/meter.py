"""How fast a transfer is, and how long it will take."""

from __future__ import annotations

from collections import deque
from typing import Final

#: Seconds that count for the speed: long enough for a steady figure, short enough to tell of a change.
WINDOW: Final = 5.0
#: Seconds between two reports of mere progress.
STEP: Final = 0.25
#: Measurements kept: those of the window, one a step.
_KEPT: Final = int(WINDOW / STEP) + 1


class Meter:
    """``now`` in seconds of a clock that never jumps, ``done`` in bytes."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque(maxlen=_KEPT)

    def start(self, now: float, done: int) -> None:
        """Moving begins, or begins again: what was before does not count."""
        self._points.clear()
        self._points.append((now, done))

    def note(self, now: float, done: int) -> bool:
        """Whether it is time for a report."""
        if self._points and now < self._points[-1][0] + STEP:
            return False
        self._points.append((now, done))
        return True

    @property
    def speed(self) -> float:
        """Bytes a second of late."""
        if len(self._points) < 2:
            return 0.0
        (then, had), (now, has) = self._points[0], self._points[-1]
        return max(has - had, 0) / (now - then) if now > then else 0.0

    def left(self, size: int) -> float | None:
        """Seconds until ``size`` is reached at that speed; None where nobody can tell."""
        if size < 0 or not self._points or self.speed <= 0:
            return None
        return max(size - self._points[-1][1], 0) / self.speed
