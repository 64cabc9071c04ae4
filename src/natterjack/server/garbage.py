"""When Python's collector of cycles runs, so that nobody waits for it.

To look at an object takes it 0.1 to 0.4 µs, and it looks at all of its share in one go. What is there when the server
begins is left out for good. What is new is looked at once, at the end of a turn, when all that it brought is sent;
everything else only once a minute, and only while few are connected: all of 10,000 sessions would take 100 ms. That can
wait, since whoever goes leaves no cycle behind (tests/guard/test_garbage.py).
"""

from __future__ import annotations

import gc

#: New objects that are worth a look, which takes 0.1 to 1 ms.
_SHARE = 1_000
#: The two young generations together: so what was looked at once is with the old ones, and not looked at again.
_NEW = 1
#: Ticks between two looks at everything: a second each, or five where nothing happens.
_LOOK = 60
#: Connections with which such a look takes 5 ms.
_FEW = 500


class Garbage:
    """Made when the server begins to serve. From then on the collector never runs by itself."""

    def __init__(self) -> None:
        gc.disable()
        gc.freeze()
        self._ticks = 0

    def turn(self) -> None:
        """At the end of each turn."""
        if gc.get_count()[0] >= _SHARE:
            gc.collect(_NEW)

    def tick(self, connections: int) -> None:
        """About once a second."""
        self._ticks += 1
        if self._ticks % _LOOK == 0 and connections <= _FEW:
            gc.collect()
