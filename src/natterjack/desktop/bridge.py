"""From the driver's thread to the window's: what happens is taken out in slices, so that nothing waits for long.

Theory of operation. The driver's thread puts lists of events into a mailbox, and is made to wait where that is full. It
wakes the window's thread by a queued signal; there a *turn* takes events out for a few milliseconds, at most one turn
in each frame's time, so that keys and painting come to their right however much is said.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import structs
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from natterjack.client import events as e
from natterjack.client.mailbox import Mailbox

#: Milliseconds between the beginnings of two turns, and seconds that one of them may take.
FRAME: Final = 16
_SLICE: Final = 0.008
#: Events in one piece of a turn; lines of what is remembered at a time.
_PIECE: Final = 20
_LINES: Final = 100


class Bridge(QObject):
    """``take`` is given events, a few at a time; ``settle`` is called at the end of each turn."""

    _woken = Signal()

    def __init__(
        self, take: Callable[[Sequence[e.Event]], None], settle: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._take = take
        self._settle = settle
        self._inbox: Mailbox[Sequence[e.Event]] = Mailbox()
        self._waiting: deque[e.Event] = deque()
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def deliver(self, events: list[e.Event]) -> None:
        """The driver's thread: ``events`` have happened."""
        if self._inbox.put(events):
            self._woken.emit()

    def close(self) -> None:
        """Nothing is taken in any more."""
        self._inbox.close()
        self._timer.stop()

    def _wake(self) -> None:
        if not self._timer.isActive():
            since = (time.monotonic() - self._began) * 1000
            self._timer.start(max(0, round(FRAME - since)))

    def _turn(self) -> None:
        self._began = time.monotonic()
        until = self._began + _SLICE
        while time.monotonic() < until:
            if not self._waiting:
                events = self._inbox.get(0)
                if events is None:
                    break
                self._waiting.extend(piece for event in events for piece in _in_pieces(event))
            some = min(_PIECE, len(self._waiting))
            self._take([self._waiting.popleft() for _ in range(some)])
        else:
            self._timer.start(FRAME)
        self._settle()


def _in_pieces(event: e.Event) -> Iterator[e.Event]:
    """What is remembered comes as one event of thousands of lines: here as several."""
    if not isinstance(event, e.Remembered) or len(event.lines) <= _LINES:
        yield event
        return
    for first in range(0, len(event.lines), _LINES):
        yield structs.replace(event, lines=event.lines[first : first + _LINES], reactions=())
    if event.reactions:
        yield structs.replace(event, lines=())
