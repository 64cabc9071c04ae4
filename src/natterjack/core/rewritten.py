"""Which lines were given another text lately, or taken back: an answer that was asked for before is of the past.

What a line is has to be looked up, and meanwhile another command may change it. Whoever acts on the answer has to know
of that: else a text that was taken back comes again, or one stays that nobody can name any more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from natterjack.core.delivery import Gated
from natterjack.ports.records import RedactRecord

if TYPE_CHECKING:
    from natterjack.core.context import Context

#: Lines in memory: far more than can change while one is looked up. Were it fewer, some would be looked up once more.
REMEMBERED: Final = 1000


def rewrite(ctx: Context, record: RedactRecord, owners: Collection[Gated]) -> None:
    """The line reads from now on as ``record`` says. What its ``owners``, of which the session is one, say waits."""
    ctx.delivery.keep(record, owners)
    ctx.rewritten.note(record.id, ctx.session.gate, ctx.delivery.stored)


class Rewritten:
    """The owner of that. Its moments are numbers that grow with each line that changes."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, tuple[int, int]] = OrderedDict()  # line -> its moment, and batch
        self._forgotten = 0  # the moment of the latest one that is not remembered any more
        #: The present one.
        self.moment = 0

    def note(self, line: int, batch: int, stored: int) -> None:
        """``line`` has changed, which ``batch`` says to the history. Up to ``stored`` all batches are there by now."""
        self.moment += 1
        self._lines[line] = self.moment, batch
        self._lines.move_to_end(line)
        while len(self._lines) > REMEMBERED:
            moment, waits_for = next(iter(self._lines.values()))
            if waits_for > stored:
                return
            self._forgotten = moment
            self._lines.popitem(last=False)

    def batch(self, line: int) -> int:
        """After which batch the history knows ``line`` as it is now."""
        return self._lines.get(line, (0, 0))[1]

    def since(self, line: int, moment: int) -> bool:
        """Whether ``line`` has changed after ``moment``, or may have."""
        return self._lines.get(line, (self._forgotten, 0))[0] > moment
