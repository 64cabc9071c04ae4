"""What the keeper has of each of us, on each server."""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.local_store import Whose
from natterjack.client.session.catchup import CatchUp, Shown
from natterjack.client.session.markers import Markers
from natterjack.client.session.outbox import Entry, Outbox


class Person:
    """What belongs to one of us on one server."""

    def __init__(self, whose: Whose, outbox: Outbox, past: CatchUp, markers: Markers) -> None:
        self.whose = whose
        self.outbox = outbox
        self.past = past
        self.markers = markers
        self.remembered = False  # whether it was told in this run


class Marked(Struct, frozen=True):
    """What is told up to the mark of that number: lines, and messages of ours that are answered."""

    number: int
    whose: Whose
    shown: list[Shown]
    done: list[Entry]
