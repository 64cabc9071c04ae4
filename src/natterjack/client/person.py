"""What the keeper has of each of us, on each server."""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.former_names import FormerNames
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
        self._former = FormerNames()  # of channels, which the front end still uses

    def rename(self, old: str, new: str) -> list[Entry]:
        """The channel ``old`` is called ``new``: what waits for it, as it is from now on.

        The front end is told of it, and may say something there before it knows: until :meth:`knows`.
        """
        self._former.rename(old, new)
        self.markers.rename(old, new)
        return self.outbox.rename(old, new)

    def knows(self, old: str) -> None:
        """The front end has shown that ``old`` has another name."""
        self._former.forget(old)

    def meant(self, targets: str) -> str:
        """``targets`` (with commas) of the front end's as they are called by now."""
        return ",".join(map(self._former.present, targets.split(",")))


class Marked(Struct, frozen=True):
    """What is told up to the mark of that number: lines, and messages of ours that are answered."""

    number: int
    whose: Whose
    shown: list[Shown]
    done: list[Entry]
