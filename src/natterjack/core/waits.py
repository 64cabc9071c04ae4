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
from natterjack.ports.questions import Answer, Delay, DeriveKey, Question, ReadQuestion
from natterjack.wire.message import Message

#: Keys that are derived at a time. Few, so that whoever hangs up has his question forgotten rather than answered.
_KEYS_AT_A_TIME = 4
#: Questions about history at a time: enough that no reader waits for the loop, and few for the same reason.
_READS_AT_A_TIME = 4


class _Lane:
    """Questions of one kind, of which ``limit`` are asked at a time."""

    __slots__ = ("limit", "queued", "under_way")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.under_way = 0
        self.queued: deque[tuple[int, DeriveKey | ReadQuestion]] = deque()  # not yet asked


class _Wait(Struct, frozen=True):
    """A handler under way: for which session and message, and what was collected for its label."""

    session: Session
    message: Message
    steps: Steps
    suspended: Suspended
    lane: _Lane | None  # None: nobody but the clock is asked


class Waits:
    """All handlers that wait."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._asked: dict[int, _Wait] = {}
        self._keys = _Lane(_KEYS_AT_A_TIME)
        self._reads = _Lane(_READS_AT_A_TIME)
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

    def make_room(self, ask: int) -> None:
        """The question ``ask`` is under way no more: ask the next of its kind that somebody still waits for."""
        lane = self._asked[ask].lane
        assert lane is not None
        lane.under_way -= 1
        self._ask_next(lane)

    def answer(self, ask: int, answer: Answer) -> Session | None:
        """The answer to ``ask`` is there: go on. The session whose handler is done by that, if it is still here."""
        wait = self._asked.pop(ask)
        session = wait.session
        if session.sid not in self._ctx.world.sessions:
            wait.steps.close()
            return None
        self._ctx.begin(session, wait.message)
        self._ctx.resume(wait.suspended)
        return session if self._advance(session, wait.message, wait.steps, answer) else None

    def _advance(self, session: Session, message: Message, steps: Steps, answer: Answer) -> bool:
        try:
            question = steps.send(answer)
        except StopIteration:
            if session.waiting is not None:
                self._ctx.delivery.tell(Pause(session.sid, paused=False))
            return True
        self._last += 1
        lane = self._lane(question)
        self._asked[self._last] = _Wait(session, message, steps, self._ctx.suspend(), lane)
        if isinstance(question, Delay):
            heappush(self._delays, (self._ctx.now.mono + question.seconds, self._last))
        elif lane is not None:
            lane.queued.append((self._last, question))
            self._ask_next(lane)
        if session.waiting is None:
            session.waiting = deque()
            self._ctx.delivery.tell(Pause(session.sid, paused=True))
        return False

    def _lane(self, question: Question) -> _Lane | None:
        if isinstance(question, Delay):
            return None
        return self._keys if isinstance(question, DeriveKey) else self._reads

    def _ask_next(self, lane: _Lane) -> None:
        """Ask as much as may be asked at a time; nobody works for those who have gone meanwhile."""
        while lane.queued and lane.under_way < lane.limit:
            number, question = lane.queued.popleft()
            wait = self._asked[number]
            if wait.session.sid in self._ctx.world.sessions:
                lane.under_way += 1
                self._ctx.delivery.tell(Ask(number, question))
            else:
                del self._asked[number]
                wait.steps.close()
