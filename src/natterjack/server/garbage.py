"""When Python's collector of cycles runs, so that nobody waits for it.

To look at an object takes it 0.1 to 0.4 µs, and it looks at all of its share in one go. What is there when the server
begins is left out for good. What is new is looked at in small shares; everything else only once a minute, and only
while few are connected: all of 10,000 sessions would take 100 ms. That can wait, since whoever goes leaves no cycle
behind (tests/guard/test_garbage.py).
"""

from __future__ import annotations

import gc

#: When it looks at what is new, and at what was new lately: 3,000 and 6,000 objects take 1 and 2 ms. At everything:
#: never by itself.
_SHARES = (3_000, 1, 1_000_000)
#: Ticks (about seconds) between two looks at everything.
_LOOK = 60
#: Connections with which such a look takes 5 ms.
_FEW = 500


class Garbage:
    """Made when the server begins to serve."""

    def __init__(self) -> None:
        gc.freeze()
        gc.set_threshold(*_SHARES)
        gc.enable()
        self._ticks = 0

    def tick(self, connections: int) -> None:
        """About once a second."""
        self._ticks += 1
        if self._ticks % _LOOK == 0 and connections <= _FEW:
            gc.collect()
