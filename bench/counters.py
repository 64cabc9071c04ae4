"""Numbers that the worker processes and the coordinator share: a few 64-bit words a worker in shared memory.

Each word has one writer, so there are no locks; an aligned 64-bit store is seen whole or not at all.
"""

from __future__ import annotations

import mmap
from enum import IntEnum


class Word(IntEnum):
    """The words of one worker."""

    READY = 0  # clients that are registered
    ENTERED = 1  # clients that have the end of NAMES of their channel
    JOINS = 2  # JOIN lines received
    SENT = 3  # messages sent in this flood
    RECEIVED = 4  # deliveries received in this flood
    FIRST = 5  # monotonic ns of the first event of the phase (message sent, connect begun)
    LAST = 6  # monotonic ns of the last event of the phase
    DONE = 7  # 1: this worker sends no more in this flood


WIDTH = len(Word)


class Counters:
    """A table of `workers` rows and WIDTH columns; make it before the workers are forked."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._map = mmap.mmap(-1, max(workers * WIDTH * 8, mmap.PAGESIZE))
        self.words = memoryview(self._map).cast("q")

    def total(self, word: Word) -> int:
        """Sum over the workers."""
        words = self.words
        return sum(words[row * WIDTH + word] for row in range(self.workers))

    def span_ns(self) -> int:
        """From the first to the last event of any worker, in nanoseconds; 0 if there was none."""
        rows = range(0, self.workers * WIDTH, WIDTH)
        firsts: list[int] = [self.words[row + Word.FIRST] for row in rows if self.words[row + Word.FIRST]]
        lasts: list[int] = [self.words[row + Word.LAST] for row in rows]
        if not firsts:
            return 0
        return max(max(lasts) - min(firsts), 0)

    def clear(self, *which: Word) -> None:
        """Set the words to 0 in all rows. Only while no worker counts them."""
        for row in range(self.workers):
            for word in which:
                self.words[row * WIDTH + word] = 0
