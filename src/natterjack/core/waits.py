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
from natterjack.ports.questions import Answer, Delay, DeriveKey, Question
from natterjack.wire.message import Message

#: Questions of a kind that are under way at a time. Few, so that whoever hangs up has his forgotten rather than
#: answered: a key takes a processor for a quarter of a second, a look into the history some of the disk's time.
_KEYS, _READS = 4, 16


class _Wait(Struct, frozen=True):
    """A handler under way: for which session and message, what it asked, and what was collected for its label."""

    session: Session
    message: Message
    steps: Steps
    question: Question
    suspended: Suspended


class _Lane:
    """Questions of one kind: so many at a time, the others in their order."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.under_way = 0
        self.queued: deque[int] = deque()


class Waits:
    """All handlers that wait."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._asked: dict[int, _Wait] = {}
        self._keys = _Lane(_KEYS)
        self._reads = _Lane(_READS)
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
        return self._advance(session, message, steps, None, first=True)

    def answer(self, ask: int, answer: Answer) -> Session | None:
        """The answer to ``ask`` is there: go on. The session whose handler is done by that, if it is still here."""
        wait = self._asked.pop(ask)
        if not isinstance(wait.question, Delay):
            lane = self._lane(wait.question)
            lane.under_way -= 1
            self._ask_next(lane)
        session = wait.session
        if session.sid not in self._ctx.world.sessions:
            wait.steps.close()
            return None
        self._ctx.begin(session, wait.message)
        self._ctx.resume(wait.suspended)
        return session if self._advance(session, wait.message, wait.steps, answer) else None

    def _advance(
        self, session: Session, message: Message, steps: Steps, answer: Answer, first: bool = False
    ) -> bool:
        try:
            question = next(steps) if first else steps.send(answer)
        except StopIteration:
            if session.waiting is not None:
                self._ctx.delivery.tell(Pause(session.sid, paused=False))
            return True
        self._last += 1
        self._asked[self._last] = _Wait(session, message, steps, question, self._ctx.suspend())
        if isinstance(question, Delay):
            heappush(self._delays, (self._ctx.now.mono + question.seconds, self._last))
        else:
            lane = self._lane(question)
            lane.queued.append(self._last)
            self._ask_next(lane)
        if session.waiting is None:
            session.waiting = deque()
            self._ctx.delivery.tell(Pause(session.sid, paused=True))
        return False

    def _lane(self, question: Question) -> _Lane:
        return self._keys if isinstance(question, DeriveKey) else self._reads

    def _ask_next(self, lane: _Lane) -> None:
        """Ask as much as may be at a time; nothing is found out for those who have gone meanwhile.

        A question comes after all that its session waits for: what it has said before is stored by then.
        """
        while lane.queued and lane.under_way < lane.most:
            number = lane.queued.popleft()
            wait = self._asked[number]
            assert not isinstance(wait.question, Delay)
            if wait.session.sid in self._ctx.world.sessions:
                lane.under_way += 1
                self._ctx.delivery.do(wait.session, Ask(number, wait.question))
            else:
                del self._asked[number]
                wait.steps.close()
