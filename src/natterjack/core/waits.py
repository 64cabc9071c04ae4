"""Handlers that have to wait, for a password to be derived or for the disk.

Such a handler is a generator: it yields a question (:mod:`natterjack.ports.questions`) and gets the answer when that
is there. Meanwhile its session waits: what else it says is kept in order, and nothing more is read from it. Everybody
else goes on.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from msgspec import Struct

from natterjack.core.context import Context, Suspended
from natterjack.core.registry import Steps
from natterjack.core.state import Session
from natterjack.ports.effects import Ask, Pause
from natterjack.ports.questions import Delay, DeriveKey
from natterjack.wire.message import Message

#: Keys that are derived at a time. Few, so that whoever hangs up has his question forgotten rather than answered.
_AT_A_TIME = 4


class _Wait(Struct, frozen=True):
    """A handler under way: for which session and message, and what was collected for its label."""

    session: Session
    message: Message
    steps: Steps
    suspended: Suspended


class Waits:
    """All handlers that wait."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._asked: dict[int, _Wait] = {}
        self._queued: deque[tuple[int, DeriveKey]] = deque()  # not yet asked
        self._under_way = 0
        self._delays: list[tuple[float, int]] = []  # a heap: monotonic time and number
        self._last = 0

    def due(self, now: float) -> list[int]:
        """The numbers of the delays that are over; each is answered with nothing."""
        over = []
        while self._delays and self._delays[0][0] <= now:
            over.append(heappop(self._delays)[1])
        return over

    def begin(self, session: Session, message: Message, steps: Steps) -> bool:
        """Start a handler that may wait. Whether it is done already."""
        return self._advance(session, message, steps, None)

    def derived(self) -> None:
        """One key less is being derived: ask for the next that somebody still waits for."""
        self._under_way -= 1
        self._ask_next()

    def answer(self, ask: int, answer: bytes) -> Session | None:
        """The answer to ``ask`` is there: go on. The session whose handler is done by that, if it is still here."""
        wait = self._asked.pop(ask)
        session = wait.session
        if session.sid not in self._ctx.world.sessions:
            wait.steps.close()
            return None
        self._ctx.begin(session, wait.message)
        self._ctx.resume(wait.suspended)
        return session if self._advance(session, wait.message, wait.steps, answer) else None

    def _advance(self, session: Session, message: Message, steps: Steps, answer: bytes | None) -> bool:
        try:
            question = next(steps) if answer is None else steps.send(answer)
        except StopIteration:
            if session.waiting is not None:
                self._ctx.delivery.tell(Pause(session.sid, paused=False))
            return True
        self._last += 1
        self._asked[self._last] = _Wait(session, message, steps, self._ctx.suspend())
        if isinstance(question, Delay):
            heappush(self._delays, (self._ctx.now.mono + question.seconds, self._last))
        else:
            self._queued.append((self._last, question))
            self._ask_next()
        if session.waiting is None:
            session.waiting = deque()
            self._ctx.delivery.tell(Pause(session.sid, paused=True))
        return False

    def _ask_next(self) -> None:
        """Have as many keys derived as may be at a time; nobody derives for those who have gone meanwhile."""
        while self._queued and self._under_way < _AT_A_TIME:
            number, question = self._queued.popleft()
            wait = self._asked[number]
            if wait.session.sid in self._ctx.world.sessions:
                self._under_way += 1
                self._ctx.delivery.tell(Ask(number, question))
            else:
                del self._asked[number]
                wait.steps.close()
