"""What it costs on this machine to come back to memory after a rest.

On some virtual machines whoever has rested for a second pays for each page that he touches again: then a server at rest
is charged for the machine, not for what it does.
"""

from __future__ import annotations

import mmap
import statistics
import time
from typing import Final

_PAGES: Final = 500
"""As many as a turn of the loop may touch: Python, its modules, the sessions that it looks at."""


def page_us(pause: float, times: int = 5) -> float:
    """Median processor time, in microseconds, of touching a page that is in memory, after `pause` seconds of rest."""
    taken = []
    with mmap.mmap(-1, _PAGES * mmap.PAGESIZE) as memory:
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place] = 1
        for _ in range(times):
            time.sleep(pause)
            began = time.thread_time_ns()
            for place in range(0, len(memory), mmap.PAGESIZE):
                memory[place]
            taken.append((time.thread_time_ns() - began) / 1e3 / _PAGES)
    return statistics.median(taken)
