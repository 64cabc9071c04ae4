"""Events come over from the driver's thread: all of them, in order, and a few milliseconds of them at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Thread

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.desktop.bridge import Bridge
from tests.desktop.people import message


class Taker(QObject):
    """Takes a millisecond for each event."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[e.Event] = []
        self.turns: list[float] = []
        self.since = 0.0
        self.bridge = Bridge(self.take, self.settle, self)

    def take(self, events: Sequence[e.Event]) -> None:
        self.since = self.since or time.monotonic()
        until = time.monotonic() + 0.001 * len(events)
        while time.monotonic() < until:
            pass
        self.taken += events

    def settle(self) -> None:
        self.turns.append(time.monotonic() - (self.since or time.monotonic()))
        self.since = 0.0


def test_a_flood_comes_in_slices(qtbot: QtBot) -> None:
    taker = Taker()
    marks = [e.Mark(number) for number in range(400)]
    thread = Thread(
        target=lambda: [taker.bridge.deliver(list(marks[at : at + 50])) for at in range(0, 400, 50)]
    )
    thread.start()
    qtbot.waitUntil(lambda: len(taker.taken) == 400, timeout=10_000)
    thread.join()
    assert taker.taken == marks
    assert len(taker.turns) >= 400 * 0.001 / 0.05  # none of them took all


def test_what_is_remembered_comes_in_pieces(qtbot: QtBot) -> None:
    taker = Taker()
    lines = tuple(message("alice", f"line {number}", f"m{number}") for number in range(250))
    taker.bridge.deliver([e.Remembered(lines), e.Mark(1)])
    qtbot.waitUntil(lambda: e.Mark(1) in taker.taken, timeout=10_000)
    pieces = [each.lines for each in taker.taken if isinstance(each, e.Remembered)]
    assert [len(piece) for piece in pieces] == [100, 100, 50]
    assert sum(pieces, ()) == lines
    taker.bridge.close()
    taker.bridge.deliver([e.Mark(2)])
    qtbot.wait(50)
    assert e.Mark(2) not in taker.taken
