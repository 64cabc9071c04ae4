"""Who is to be looked at when: buckets of one second, so that ten thousand sessions cost nothing while they talk.

A session is in one bucket at a time. Talking does not move it; when its bucket comes up it is looked at, found to
have talked, and put where it is due next. Bans that end are kept in the same way, and taken out if they are lifted.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """Monotonic seconds; answers never come early, and up to a second late."""

    __slots__ = ("_buckets", "_next")

    def __init__(self, start: float) -> None:
        self._next = int(start)
        self._buckets: dict[int, list[T]] = {}

    def at(self, when: float, what: T) -> None:
        """Have ``what`` in an answer of :meth:`due` at ``when``, or at the next one if that is past."""
        second = max(int(when) + 1, self._next)
        bucket = self._buckets.get(second)
        if bucket is None:
            self._buckets[second] = [what]
        else:
            bucket.append(what)

    def cancel(self, when: float, what: T) -> None:
        """``what``, which was to come at ``when``, is to come no more."""
        bucket = self._buckets.get(int(when) + 1)
        if bucket is not None and what in bucket:
            bucket.remove(what)
            if not bucket:
                del self._buckets[int(when) + 1]

    def any_by(self, when: float) -> bool:
        """Whether :meth:`due` would have anything to answer at ``when``."""
        return any(second in self._buckets for second in range(self._next, int(when) + 1))

    def due(self, now: float) -> list[T]:
        """Those whose time has come, each once for every time that it was asked for."""
        found: list[T] = []
        if self._next + len(self._buckets) < now:  # the clock stood still for long, as in a suspended machine
            for second in sorted(second for second in self._buckets if second <= now):
                found += self._buckets.pop(second)
            self._next = int(now) + 1
        while self._next <= now:
            found += self._buckets.pop(self._next, ())
            self._next += 1
        return found
