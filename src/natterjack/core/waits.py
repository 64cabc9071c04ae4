"""Steps that have to wait, for a password to be derived or for the disk.

A handler of a command, or of a verb of the console, that can't be done at once is a generator: it yields a question
(:mod:`natterjack.ports.questions`) and gets the answer when that is there. Everybody else goes on meanwhile. What
there is to do around its steps depends on whose they are: that is an :class:`Errand`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Generator
from heapq import heapify, heappop, heappush
from typing import Any, Protocol

from msgspec import Struct

from natterjack.core.context import Context
from natterjack.core.state import Session
from natterjack.ports.effects import Ask
from natterjack.ports.questions import (
    Answer,
    Delay,
    DeriveKey,
    NextTurn,
    Question,
    ReadFailed,
    Reload,
    Search,
    Stored,
)
from natterjack.wire.message import Message

#: Questions of a kind that are under way at a time. Few, so that whoever hangs up has his forgotten rather than
#: answered: a key takes a processor for a quarter of a second, a look into the history some of the disk's time.
_KEYS, _READS = 4, 4
#: Searches among them: each may take seconds, and whoever searches must not keep all threads that read from those who
#: only want to know whether their message was said already, as every client of ours does with every message.
_SEARCHES = 1
#: One turn has one slice of one long answer in it, however many are asked for one.
_SLICES = 1

#: Stands in place of a site for those who are not to wait behind others.
_URGENT = "urgent"

_NO_LINE = Message("*")

Steps = Generator[Question, Any, Any]


class Errand(Protocol):
    """What somebody wants done. ``urgent``: not to stand in line behind those who guess passwords.

    ``session`` is whose order it keeps: what that has said before is stored before a question is asked.
    """

    urgent: bool
    session: Session

    def is_wanted(self) -> bool:
        """Whether he is still there. If not, the steps are forgotten where they are."""

    def suspend(self) -> None:
        """The steps have to wait, perhaps not for the first time."""

    def resume(self) -> None:
        """They are about to go on: aim the context."""

    def finish(self, result: Any) -> None:
        """They are done, and this is what they returned."""

    def contain(self, error: Exception) -> bool:
        """The steps have raised ``error``. Whether that is dealt with; else it is raised on."""

    def fail(self) -> None:
        """The history could not be asked, so they are given up. The context is aimed."""


class OwnErrand:
    """One of the server's own, about nobody's session. What it does next is given to :meth:`start`."""

    urgent = False

    def __init__(self, ctx: Context, waits: Waits) -> None:
        self._ctx = ctx
        self._waits = waits
        self.session = Session(0, "", 0, "server", 0.0, 0.0, 0.0)

    def start(self, steps: Steps) -> None:
        """The first of ``steps`` is done now."""
        self.resume()
        self._waits.begin(self, steps)

    def is_wanted(self) -> bool:
        return True

    def suspend(self) -> None:
        """Nothing is to be kept."""

    def resume(self) -> None:
        self._ctx.begin(self.session, _NO_LINE)

    def finish(self, result: Any) -> None:
        """Until the next time."""

    def contain(self, _error: Exception) -> bool:
        return False

    def fail(self) -> None:
        """What the history was to tell is not done, until the next time."""


class _Wait(Struct, frozen=True):
    errand: Errand
    steps: Steps
    question: Question


class _Lane:
    """Questions of one kind: so many under way at a time. Of the others one of each site in turn, in their order:

    whoever guesses passwords by the hundred waits behind his own.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self._queued: OrderedDict[str, deque[int]] = OrderedDict()  # by site

    def add(self, number: int, errand: Errand) -> None:
        """One more that waits; an urgent one comes next."""
        site = _URGENT if errand.urgent else errand.session.site
        self._queued.setdefault(site, deque()).append(number)
        if errand.urgent:
            self._queued.move_to_end(site, last=False)

    def next(self) -> int | None:
        """The number of the next one, if it may be asked now."""
        if not self._queued or self.under_way >= self.most:
            return None
        site, numbers = self._queued.popitem(last=False)
        number = numbers.popleft()
        if numbers:
            self._queued[site] = numbers
            if site == _URGENT:
                self._queued.move_to_end(site, last=False)
        return number


class Waits:
    """All steps that wait."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._asked: dict[int, _Wait] = {}
        self._keys = _Lane(_KEYS)
        self._reads = _Lane(_READS)
        self._searches = _Lane(_SEARCHES)
        self._reloads = _Lane(1)
        self._slices = _Lane(_SLICES)
        self._delays: list[tuple[float, int]] = []  # a heap: monotonic time and number
        self._stores: deque[tuple[int, int]] = deque()  # batch and number, in order
        self._last = 0

    def begin(self, errand: Errand, steps: Steps) -> None:
        """Take the first of ``steps``; the context is aimed already."""
        self._advance(errand, steps, None, first=True)

    @property
    def delays(self) -> bool:
        """Whether a step waits for nothing but time."""
        return bool(self._delays)

    def tick(self) -> None:
        """Time has passed: delays may be over; each is answered with nothing. Those of who has gone are forgotten."""
        self._forget_gone()
        while self._delays and self._delays[0][0] <= self._ctx.now.mono:
            number = heappop(self._delays)[1]
            self._go_on(self._asked.pop(number), None)

    def _forget_gone(self) -> None:
        """Else they would be as many as can come and go while one waits, rather than as many as can be here."""
        gone = [number for _, number in self._delays if not self._asked[number].errand.is_wanted()]
        if gone:
            for number in gone:
                self._asked.pop(number).steps.close()
            self._delays = [delay for delay in self._delays if delay[1] in self._asked]
            heapify(self._delays)

    def settled(self, batch: int, stored: bool) -> None:
        """What came of all batches up to ``batch`` that was not known before."""
        while self._stores and self._stores[0][0] <= batch:
            self._go_on(self._asked.pop(self._stores.popleft()[1]), stored)

    def answered(self, ask: int, answer: Answer) -> None:
        """The shell's answer to ``ask`` is there."""
        wait = self._asked.pop(ask)
        lane = self._lane(wait.question)
        lane.under_way -= 1
        self._ask_next(lane)
        self._go_on(wait, answer)

    def _go_on(self, wait: _Wait, answer: Answer) -> None:
        if not wait.errand.is_wanted() and not isinstance(wait.question, Stored):
            wait.steps.close()
            return
        wait.errand.resume()
        if isinstance(answer, ReadFailed):
            wait.steps.close()
            wait.errand.fail()
        else:
            self._advance(wait.errand, wait.steps, answer)

    def _advance(self, errand: Errand, steps: Steps, answer: Answer, first: bool = False) -> None:
        try:
            question = next(steps) if first else steps.send(answer)
        except StopIteration as end:
            errand.finish(end.value)
            return
        except Exception as error:
            if not errand.contain(error):
                raise
            return
        self._last += 1
        self._asked[self._last] = _Wait(errand, steps, question)
        if isinstance(question, Delay):
            heappush(self._delays, (self._ctx.now.mono + question.seconds, self._last))
        elif isinstance(question, Stored):
            batch = self._ctx.delivery.attempt(question.records, (errand.session,))
            if not batch:
                self._advance(errand, self._asked.pop(self._last).steps, True)
                return
            self._stores.append((batch, self._last))
        else:
            lane = self._lane(question)
            lane.add(self._last, errand)
            self._ask_next(lane)
        errand.suspend()

    def _lane(self, question: Question) -> _Lane:
        if isinstance(question, DeriveKey):
            return self._keys
        if isinstance(question, NextTurn):
            return self._slices
        if isinstance(question, Reload):
            return self._reloads
        return self._searches if isinstance(question, Search) else self._reads

    def _ask_next(self, lane: _Lane) -> None:
        """Ask as much as may be at a time; nothing is found out for those who have gone meanwhile."""
        while (number := lane.next()) is not None:
            wait = self._asked[number]
            assert not isinstance(wait.question, Delay | Stored)
            if wait.errand.is_wanted():
                lane.under_way += 1
                self._ctx.delivery.do(wait.errand.session, Ask(number, wait.question))
            else:
                del self._asked[number]
                wait.steps.close()
