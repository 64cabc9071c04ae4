"""A queue between two threads with a bound and an end: full, it makes the writer wait; closed, it lets all go on."""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")

#: Items that may wait. The writer is the thread that reads the socket: when it waits, the server is told to by TCP.
MOST_WAITING = 10_000
#: Longest sleep in one piece: on Windows, Ctrl+C is only noticed between two of them.
_NAP = 0.25


class Mailbox(Generic[T]):
    """First in, first out."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._items: deque[T] = deque()
        self._most = most
        self._closed = False
        self._changed = Condition()

    def put(self, item: T, *, wait: bool = True) -> bool:
        """False where the mailbox is closed, and the item thrown away. ``wait`` false: in however full it is."""
        with self._changed:
            while wait and len(self._items) >= self._most and not self._closed:
                self._changed.wait(_NAP)
            if self._closed:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def get(self, seconds: float | None = None) -> T | None:
        """The next item; None after ``seconds`` without one, or once the mailbox is closed and empty."""
        left = seconds
        with self._changed:
            while not self._items and not self._closed:
                if left is not None and left <= 0:
                    return None
                nap = _NAP if left is None else min(_NAP, left)
                self._changed.wait(nap)
                left = None if left is None else left - nap
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Nothing comes in any more; what is in can still be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
