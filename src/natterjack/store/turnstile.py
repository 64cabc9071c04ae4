"""Lets the writer wait, without standing still, until nobody reads.

What was written goes first into SQLite's log (WAL), and a checkpoint carries it over into the database. The log begins
anew only when no reader stands in it: where there is always one, it would grow for ever. So when it is too long the
writer closes the turnstile, goes on with its work until the last reader is out, makes a checkpoint, and opens it again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """For any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._inside = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read inside; waits while it is closed."""
        with self._changed:
            while self._closed:
                self._changed.wait()
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if self._closed:
                    self._changed.notify_all()

    def close(self) -> None:
        """Nobody else gets in."""
        with self._changed:
            self._closed = True

    def open(self) -> None:
        """Whoever waits may go in."""
        with self._changed:
            self._closed = False
            self._changed.notify_all()

    def is_empty(self, patience: float) -> bool:
        """Whether nobody is inside, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._inside, patience)
