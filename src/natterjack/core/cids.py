"""Client message ids that were used lately: what was said under them, and what that waits for."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from msgspec import Struct

from natterjack.core.delivery import Line
from natterjack.ports.questions import Cid

#: Ids in memory: those of some minutes of a busy server. The history knows the others.
REMEMBERED: Final = 20_000


class Said(Struct, frozen=True, gc=False):
    """What was said under an id: its place and content, the line, and the batch that it waits for or waited for."""

    cid: Cid
    line: Line
    gate: int


class Cids:
    """The owner of the ids of late."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str], Said] = OrderedDict()

    def get(self, sender: str, cid: str) -> Said | None:
        """What ``sender`` has said under ``cid``, as far as it is remembered."""
        return self._said.get((sender, cid))

    def add(self, sender: str, cid: str, said: Said, committed: int) -> None:
        """``sender`` has said something under ``cid``. Batches up to ``committed`` are in the history by now.

        What is not there yet stays, however much there is: the history could not know it, and it would be said twice.
        """
        self._said[sender, cid] = said
        while len(self._said) > REMEMBERED and next(iter(self._said.values())).gate <= committed:
            self._said.popitem(last=False)

    def forget(self, sender: str, cid: str) -> None:
        """What was said under it could not be stored: it is free again."""
        self._said.pop((sender, cid), None)
