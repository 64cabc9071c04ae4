"""From lines to handlers: what a session says is carried out in its order, as fast as it may go.

Two things make a session wait: its pace (:mod:`natterjack.core.pace`), and a handler of its own that waits for an
answer (:mod:`natterjack.core.waits`). Either way what it says meanwhile is kept in ``session.waiting``, the shell is
asked to read no more from it, and everybody else goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from natterjack.core import pace, welcome
from natterjack.core.context import Context, shown
from natterjack.core.registry import COMMANDS
from natterjack.core.state import Session
from natterjack.core.waits import Waits
from natterjack.ports.effects import Pause
from natterjack.ports.events import Answered, Received
from natterjack.ports.questions import Answer
from natterjack.proto.numerics import (
    ERR_INPUTTOOLONG,
    ERR_NEEDMOREPARAMS,
    ERR_NOTREGISTERED,
    ERR_UNKNOWNCOMMAND,
)
from natterjack.proto.standard_replies import INVALID_LINE, INVALID_UTF8
from natterjack.wire.message import Message, WireError

_NO_LINE = Message("*")

Item = Message | WireError


class Intake:
    """Takes what sessions say."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._waits = Waits(ctx)
        self._slowed: dict[int, Session] = {}  # those that were too fast

    def received(self, event: Received) -> None:
        """Lines from a session."""
        session = self._ctx.world.sessions.get(event.sid)
        if session is None:
            return
        session.seen = self._ctx.now.mono
        session.answer_by = 0.0
        if session.waiting is None:
            self._work(session, event.items)
        else:
            session.waiting.extend(event.items)

    def answered(self, event: Answered) -> None:
        """The shell's answer to a question of a handler that waits."""
        self._waits.make_room(event.ask)
        self._go_on(event.ask, event.answer)

    def _go_on(self, ask: int, answer: Answer) -> None:
        """A handler that waited may be done by this; then comes what its session said meanwhile."""
        session = self._waits.answer(ask, answer)
        if session is None:
            return
        ctx = self._ctx
        ctx.finish()
        waiting, session.waiting = session.waiting, None
        if session.registration is not None:
            ctx.begin(session, _NO_LINE)
            welcome.complete(ctx)
        self._work(session, waiting or ())

    def tick(self) -> None:
        """Time has passed: delays are over, and those that were too fast may go on."""
        for number in self._waits.due(self._ctx.now.mono):
            self._go_on(number, None)
        if not self._slowed:
            return
        slowed, self._slowed = self._slowed, {}
        for sid, session in slowed.items():
            if sid in self._ctx.world.sessions:
                session.seen = self._ctx.now.mono  # he is not silent: we don't listen
                waiting, session.waiting = session.waiting, None
                self._ctx.delivery.tell(Pause(sid, paused=False))
                self._work(session, waiting or ())

    def _work(self, session: Session, items: Iterable[Item]) -> None:
        """Carry out ``items`` until the session has to wait, or is gone; what is left waits with it."""
        ctx = self._ctx
        sessions = ctx.world.sessions
        paced = ctx.policy.limits
        for item in items:
            if session.waiting is not None:
                session.waiting.append(item)
            elif session.sid not in sessions:
                return
            elif paced and not pace.affords(session, item, ctx.now.mono):
                session.waiting = deque((item,))
                self._slowed[session.sid] = session
                ctx.delivery.tell(Pause(session.sid, paused=True))
            else:
                self._take(ctx, session, item)

    def _take(self, ctx: Context, session: Session, item: Item) -> None:
        if isinstance(item, Message):
            ctx.begin(session, item)
            if self._command(ctx, session, item):
                ctx.finish()
        else:
            ctx.begin(session, _NO_LINE)
            _bad_line(ctx, item)

    def _command(self, ctx: Context, session: Session, message: Message) -> bool:
        """Check and carry out one command. Whether it is done; False where its handler has to wait."""
        command = COMMANDS.get(message.command)
        if command is None:
            ctx.reply(ERR_UNKNOWNCOMMAND, shown(message.command))
            return True
        early = session.registration is not None
        if early and not command.early:
            ctx.reply(ERR_NOTREGISTERED)
        elif len(message.params) < command.params:
            ctx.reply(ERR_NEEDMOREPARAMS, command.name)
        else:
            steps = command.handler(ctx)
            if steps is not None and not self._waits.begin(session, message, steps):
                return False
            if early:
                welcome.complete(ctx)
        return True


def _bad_line(ctx: Context, error: WireError) -> None:
    if error.code == "INPUT_TOO_LONG":
        ctx.reply(ERR_INPUTTOOLONG, why=error.text)
    elif error.code == "INVALID_UTF8":
        ctx.fail(INVALID_UTF8, "*")
    elif error.code != "EMPTY_LINE":  # RFC 1459: empty lines are passed over
        ctx.fail(INVALID_LINE, "*", why=error.text)
