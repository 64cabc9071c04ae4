"""Which lines were given another text lately, or taken back: an answer that was asked for before is of the past.

What a line is has to be looked up, and meanwhile another command may change it. Whoever acts on the answer has to know
of that: else a text that was taken back comes again, or one stays that nobody can name any more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Generator
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from natterjack.core.delivery import Gated
from natterjack.ports.questions import Page, Question
from natterjack.ports.records import RedactRecord

if TYPE_CHECKING:
    from natterjack.core.context import Context

#: Lines in memory: far more than can change while one is looked up. Were it fewer, some would be looked up once more.
REMEMBERED: Final = 1000
#: How often what changes all the time is looked up.
TRIES: Final = 10


def rewrite(ctx: Context, record: RedactRecord, owners: Collection[Gated]) -> None:
    """The line reads from now on as ``record`` says. What its ``owners``, of which the session is one, say waits."""
    ctx.delivery.keep(record, owners)
    ctx.rewritten.note(record.id, ctx.session.gate, ctx.delivery.stored)


def as_now(
    ctx: Context, read: Callable[[], Generator[Question, Any, Page]]
) -> Generator[Question, Any, Page]:
    """What ``read`` finds, read again where a line of it was changed, or taken back, meanwhile.

    The session is told of a change when it is stored, perhaps before the answer comes; who has come since is not told.
    """
    page, asked = Page(()), 0
    for _ in range(TRIES):
        ctx.session.gate = max(ctx.session.gate, ctx.rewritten.latest)
        asked = ctx.rewritten.moment
        page = yield from read()
        if not any(ctx.rewritten.since(line.id, asked) for line in page.lines):
            return page
    lines = tuple(line for line in page.lines if not ctx.rewritten.since(line.id, asked))
    return structs.replace(page, lines=lines)


def answer(question: Question) -> Generator[Question, Any, Page]:
    """To be read by :func:`as_now`: the page that one question brings."""
    page: Page = yield question
    return page


class Rewritten:
    """The owner of that. Its moments are numbers that grow with each line that changes."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, tuple[int, int]] = OrderedDict()  # line -> its moment, and batch
        self._forgotten = 0  # the moment of the latest one that is not remembered any more
        #: The present one.
        self.moment = 0
        #: The batch that says the latest change to the history.
        self.latest = 0

    def note(self, line: int, batch: int, stored: int) -> None:
        """``line`` has changed, which ``batch`` says to the history. Up to ``stored`` all batches are there by now."""
        self.moment += 1
        self.latest = batch
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
