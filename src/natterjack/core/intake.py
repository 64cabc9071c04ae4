"""From lines to handlers: what a session says is carried out in its order, as fast as it may go.

Three things make a session wait: its pace (:mod:`natterjack.core.pace`), a handler of its own that waits for an
answer (:mod:`natterjack.core.waits`), and what it was sent and has not taken yet: whoever asks for the history of
fifty channels in one breath gets it as fast as his line can carry it. Either way what it says meanwhile is kept in
``session.waiting``, the shell is asked to read no more from it, and everybody else goes on. Who is only being shown
something (:class:`_Playing`) is read from until he says something: if he goes, he is gone at once, and so is his nick.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import Any

from natterjack.core import batching, leaving, pace, playback, resending, welcome
from natterjack.core.answering import NOTHING, Suspended
from natterjack.core.context import Context
from natterjack.core.mishaps import Mishaps
from natterjack.core.pace import Pacer
from natterjack.core.registry import COMMANDS
from natterjack.core.replies import shown
from natterjack.core.state import Session
from natterjack.core.waits import Waits
from natterjack.ports.effects import Pause, Release
from natterjack.ports.events import Backlogged, Received
from natterjack.proto.numerics import (
    ERR_INPUTTOOLONG,
    ERR_NEEDMOREPARAMS,
    ERR_NOTREGISTERED,
    ERR_UNKNOWNCOMMAND,
)
from natterjack.proto.standard_replies import INVALID_LINE, INVALID_UTF8, TEMPORARILY_UNAVAILABLE
from natterjack.wire.message import Message, WireError

_NO_LINE = Message("*")
_UNKNOWN = "the history can't be read just now: come back, and send again what has no answer"

Item = Message | WireError


class Intake:
    """Takes what sessions say."""

    def __init__(self, ctx: Context, waits: Waits, mishaps: Mishaps) -> None:
        self._ctx = ctx
        self._waits = waits
        self.mishaps = mishaps
        self._pacer = Pacer(ctx.policy.pace)
        self._slowed: dict[int, Session] = {}  # those that were too fast

    def reconfigured(self) -> None:
        """The context has another policy: its pace is kept from now on."""
        policy = self._ctx.policy
        self._pacer = Pacer(policy.pace)
        for session in self._ctx.world.sessions.values():
            early = session.registration
            account = self._ctx.world.users[session.uid].account if early is None else early.account
            session.paced = pace.is_paced(policy, account)

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
            self._defer(session, event.items)

    def backlogged(self, event: Backlogged) -> None:
        """A session has much to take, or has taken most of it."""
        session = self._ctx.world.sessions.get(event.sid)
        if session is None:
            return
        session.full = event.full
        if not event.full and session.stopped:
            session.stopped = False
            waiting, session.waiting = session.waiting, None
            self._ctx.delivery.tell(Pause(session.sid, paused=False))
            self._work(session, waiting or ())
        elif event.full and session.waiting is None:
            self._stop(session, deque())

    def _stop(self, session: Session, waiting: deque[Item]) -> None:
        """Nothing of what ``session`` has said is carried out until it has taken what it was sent."""
        self._ctx.delivery.tell(Pause(session.sid, paused=True))
        session.waiting = waiting
        session.stopped = True

    def _defer(self, session: Session, items: Iterable[Item]) -> None:
        """Keep ``items``, which ``session`` has said while it waits. It is not seen to go before they are done."""
        assert session.waiting is not None
        if not session.waiting:
            self._ctx.delivery.tell(Pause(session.sid, paused=True))
        session.waiting.extend(items)

    def go_on(self, session: Session) -> None:
        """A handler of ``session`` is done, perhaps after having waited; then comes what was said meanwhile."""
        ctx = self._ctx
        ctx.finish()
        if session.sid not in ctx.world.sessions:
            return
        waiting, session.waiting = session.waiting, None
        if session.registration is not None:
            ctx.begin(session, _NO_LINE)
            welcome.complete(ctx)
        if ctx.arrivals is not None and self._play(session, waiting):
            return
        if waiting is not None:
            if session.full:
                self._stop(session, waiting)
                return
            ctx.delivery.tell(Pause(session.sid, paused=False))
        self._work(session, waiting or ())

    def _play(self, session: Session, waiting: deque[Item] | None) -> bool:
        """``session`` has come into channels, or back: show it what was said before, if it wants that.

        Whether it waits now.
        """
        ctx = self._ctx
        channels, ctx.arrivals = ctx.arrivals or (), None
        if session.sid not in ctx.world.sessions or not playback.is_wanted(ctx, session):
            return False
        session.waiting = waiting
        self._waits.begin(_Playing(self, ctx, session, _NO_LINE), playback.play(ctx, channels))
        return True

    @property
    def slows(self) -> bool:
        """Whether somebody was too fast, and goes on with the next tick."""
        return bool(self._slowed)

    def tick(self) -> None:
        """Time has passed: those that were too fast may go on."""
        if not self._slowed:
            return
        slowed, self._slowed = self._slowed, {}
        for sid, session in slowed.items():
            if sid in self._ctx.world.sessions:
                session.seen = self._ctx.now.mono  # he is not silent: we don't listen
                waiting, session.waiting = session.waiting, None
                if session.full:
                    self._stop(session, waiting or deque())
                    continue
                self._ctx.delivery.tell(Pause(sid, paused=False))
                self._work(session, waiting or ())

    def _work(self, session: Session, items: Iterable[Item]) -> None:
        """Carry out ``items`` until the session has to wait, or is gone; what is left waits with it."""
        ctx = self._ctx
        sessions = ctx.world.sessions
        for item in items:
            if session.waiting is not None:
                self._defer(session, (item,))
            elif session.sid not in sessions:
                return
            elif session.paced and not self._pacer.affords(session, item, ctx.now.mono):
                session.waiting = deque((item,))
                self._slowed[session.sid] = session
                ctx.delivery.tell(Pause(session.sid, paused=True))
            elif isinstance(item, Message):
                ctx.begin(session, item)
                if self._command(ctx, session, item):
                    ctx.finish()
                    if ctx.arrivals is not None:
                        self._play(session, None)
            else:
                ctx.begin(session, Message(item.command, (), item.tags))
                _bad_line(ctx, item)
                ctx.finish()

    def _command(self, ctx: Context, session: Session, message: Message) -> bool:
        """Check and carry out one command. False where its handler takes several steps, and sees to the rest."""
        command = COMMANDS.get(message.command)
        if command is None:
            ctx.reply(ERR_UNKNOWNCOMMAND, shown(message.command))
            return True
        early = session.registration is not None
        if early and not command.early:
            ctx.reply(ERR_NOTREGISTERED)
        elif len(message.params) < command.params:
            ctx.reply(ERR_NEEDMOREPARAMS, command.name)
        elif message.tags and "batch" in message.tags:
            batching.collect(ctx)
        else:
            try:
                steps = command.handler(ctx)
            except Exception as error:
                if not self.mishaps.contain(session, error):
                    raise
                return False
            if steps is not None:
                self._waits.begin(_Handling(self, ctx, session, message), steps)
                return False
            if early:
                welcome.complete(ctx)
        return True


class _Handling:
    """A command whose handler takes several steps. Its session is not listened to until it is done.

    ``listens``: it is until it says something, so that the steps are given up as soon as it goes.
    """

    urgent = False
    listens = False

    def __init__(self, intake: Intake, ctx: Context, session: Session, message: Message) -> None:
        self._intake = intake
        self._ctx = ctx
        self.session = session
        self._message = message
        self._suspended: Suspended = NOTHING
        self._acts = False  # whether a step has changed something already: see `Context.act`
        self._left = 0.0  # seconds for its registration that it has still; what we take is not its own

    def is_wanted(self) -> bool:
        return self.session.sid in self._ctx.world.sessions

    def suspend(self) -> None:
        self._message = self._ctx.message  # a message of several lines is not that of its last line
        self._acts = self._ctx.has_spoken
        self._suspended = self._ctx.suspend()
        session = self.session
        if session.registration is not None:
            self._left = session.registration.deadline - self._ctx.now.mono
            session.registration.deadline = inf
        if session.waiting is None:
            session.waiting = deque()
            if not self.listens:
                self._ctx.delivery.tell(Pause(session.sid, paused=True))

    def resume(self) -> None:
        registration = self.session.registration
        if registration is not None:
            registration.deadline = self._ctx.now.mono + self._left
        self._ctx.begin(self.session, self._message)
        self._ctx.resume(self._suspended)
        if self._acts:
            self._ctx.act()

    def contain(self, error: Exception) -> bool:
        return self._intake.mishaps.contain(self.session, error)

    def finish(self, _result: Any) -> None:
        self._intake.go_on(self.session)

    def fail(self) -> None:
        ctx, message = self._ctx, self._message
        if message.command in resending.COMMANDS and resending.TAG in message.tags:
            # It may have been said before. A FAIL would mean that it certainly is not stored, which nobody knows.
            ctx.take_label()
            leaving.hang_up(ctx, self.session, _UNKNOWN)
        else:
            why = "The history can't be read just now: try again later"
            ctx.fail(TEMPORARILY_UNAVAILABLE, message.command, why=why)
        self._intake.go_on(self.session)


class _Playing(_Handling):
    """What was said before is shown to a session. Where that can't be had, it goes on without."""

    listens = True

    def contain(self, error: Exception) -> bool:
        return self._intake.mishaps.contain_of(self.session, "what was said before, for", error)

    def fail(self) -> None:
        self._ctx.delivery.do(self.session, Release(self.session.sid, b""))
        self._intake.go_on(self.session)


def _bad_line(ctx: Context, error: WireError) -> None:
    if error.code == "INPUT_TOO_LONG":
        ctx.reply(ERR_INPUTTOOLONG, why=error.text)
    elif error.code == "INVALID_UTF8":
        ctx.fail(INVALID_UTF8, error.command)
    elif error.code != "EMPTY_LINE":  # RFC 1459: empty lines are passed over
        ctx.fail(INVALID_LINE, "*", why=error.text)
