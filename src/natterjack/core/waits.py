"""Steps that have to wait, for a password to be derived or for the disk.

A handler of a command, or of a verb of the console, that can't be done at once is a generator: it yields a question
(:mod:`natterjack.ports.questions`) and gets the answer when that is there. Everybody else goes on meanwhile. What
there is to do around its steps depends on whose they are: that is an :class:`Errand`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any, Protocol

from msgspec import Struct

from natterjack.core.context import Context
from natterjack.ports.effects import Ask
from natterjack.ports.questions import Delay, DeriveKey, Question

#: Keys that are derived at a time. Few, so that whoever hangs up has his question forgotten rather than answered.
_AT_A_TIME = 4

Steps = Generator[Question, bytes, Any]


class Errand(Protocol):
    """What somebody wants done. ``urgent``: not to stand in line behind those who guess passwords."""

    urgent: bool

    def is_wanted(self) -> bool:
        """Whether he is still there. If not, the steps are forgotten where they are."""

    def suspend(self) -> None:
        """The steps have to wait, perhaps not for the first time."""

    def resume(self) -> None:
        """They are about to go on: aim the context."""

    def finish(self, result: Any) -> None:
        """They are done, and this is what they returned."""


class _Wait(Struct, frozen=True):
    errand: Errand
    steps: Steps


class Waits:
    """All steps that wait."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._asked: dict[int, _Wait] = {}
        self._queued: deque[tuple[int, DeriveKey]] = deque()  # not yet asked
        self._under_way = 0
        self._delays: list[tuple[float, int]] = []  # a heap: monotonic time and number
        self._last = 0

    def begin(self, errand: Errand, steps: Steps) -> None:
        """Take the first of ``steps``; the context is aimed already."""
        self._advance(errand, steps, None)

    def tick(self) -> None:
        """Time has passed: delays may be over; each is answered with nothing."""
        while self._delays and self._delays[0][0] <= self._ctx.now.mono:
            self._go_on(heappop(self._delays)[1], b"")

    def answered(self, ask: int, answer: bytes) -> None:
        """The shell's answer to ``ask`` is there."""
        self._under_way -= 1
        self._ask_next()
        self._go_on(ask, answer)

    def _go_on(self, ask: int, answer: bytes) -> None:
        wait = self._asked.pop(ask)
        if wait.errand.is_wanted():
            wait.errand.resume()
            self._advance(wait.errand, wait.steps, answer)
        else:
            wait.steps.close()

    def _advance(self, errand: Errand, steps: Steps, answer: bytes | None) -> None:
        try:
            question = next(steps) if answer is None else steps.send(answer)
        except StopIteration as end:
            errand.finish(end.value)
            return
        self._last += 1
        self._asked[self._last] = _Wait(errand, steps)
        if isinstance(question, Delay):
            heappush(self._delays, (self._ctx.now.mono + question.seconds, self._last))
        else:
            (self._queued.appendleft if errand.urgent else self._queued.append)((self._last, question))
            self._ask_next()
        errand.suspend()

    def _ask_next(self) -> None:
        """Have as many keys derived as may be at a time; nobody derives for those who have gone meanwhile."""
        while self._queued and self._under_way < _AT_A_TIME:
            number, question = self._queued.popleft()
            wait = self._asked[number]
            if wait.errand.is_wanted():
                self._under_way += 1
                self._ctx.delivery.tell(Ask(number, question))
            else:
                del self._asked[number]
                wait.steps.close()
