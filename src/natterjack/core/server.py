"""The core: one object that takes events and gives effects.

``handle`` may be called many times in a turn; ``take`` ends the turn and gives all that is to be done. Nothing here
waits, reads a clock or opens anything: an event's time comes with it, randomness is the seed handed in at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import natterjack.core.handlers  # noqa: F401 - enters the commands into the registry
from natterjack.core import actions, admissions, console, rosters, welcome
from natterjack.core.context import Context
from natterjack.core.crowds import Standing, is_local, site_of, too_many
from natterjack.core.delivery import Delivery
from natterjack.core.intake import Intake
from natterjack.core.invites import is_good
from natterjack.core.lasting import Lasting
from natterjack.core.policy import Policy
from natterjack.core.state import Session
from natterjack.core.timers import Timers
from natterjack.core.world import World
from natterjack.ports.effects import Close, ConsoleReply, Effect, Happened, Send
from natterjack.ports.events import (
    Answered,
    Closed,
    Committed,
    ConsoleRequest,
    Draining,
    Event,
    Now,
    Opened,
    Received,
    Reconfigured,
    Stopping,
    Tick,
)
from natterjack.ports.records import Snapshot
from natterjack.proto.limits import QUIT_LENGTH, clip
from natterjack.wire.message import Message

_NO_LINE = Message("*")
#: What an operator types becomes part of IRC lines: no CR, LF or NUL may end them early.
_ONE_LINE = str.maketrans("\r\n\0", "   ")


class Core:
    """``seed`` is random text (letters and digits) that makes the message ids of this run unlike any other's.

    ``snapshot`` is what the store had, ``entropy`` gives so many random bytes; both only matter where there is a store.
    """

    def __init__(
        self,
        policy: Policy,
        seed: str,
        started: Now,
        snapshot: Snapshot = Snapshot(b""),  # noqa: B008 - a frozen value
        entropy: Callable[[int], bytes] = bytes,
    ) -> None:
        self.world = World()
        self.policy = policy
        self.delivery = Delivery(policy.store or policy.durable)
        self._ctx = Context(self.world, Lasting(snapshot), policy, self.delivery, seed, entropy, started)
        self._intake = Intake(self._ctx)
        self._timers = Timers(started.mono)
        self._draining = ""
        for name in policy.lobby:
            self.world.create(name, started.wall, lasting=True)
        rosters.restore(self.world, snapshot)

    def standing_invite(self) -> str:
        """The code that lets others in just now, for the first lines that the operator sees; ``""`` where none does.

        A server that never had an invite gets its first one here.
        """
        ctx = self._ctx
        if not self.policy.store or self.policy.access == "open":
            return ""
        if not list(ctx.invites):
            admissions.make_invite(ctx, "first run")
        good = [record for record in ctx.invites if is_good(record, ctx.now.wall)]
        return good[-1].code if good else ""

    def handle(self, event: Event, now: Now) -> None:
        """Take ``event``, which happened at ``now``."""
        self._ctx.now = now
        if type(event) is Received:  # by far the most frequent
            self._intake.received(event)
        else:
            _HANDLERS[type(event)](self, event)

    def take(self) -> list[Effect]:
        """End the turn: the effects of all events since the last call, in order."""
        return self.delivery.take()

    # -- for whoever looks at it from outside

    @property
    def draining(self) -> str:
        """Why nobody new is let in; ``""`` where they are."""
        return self._draining

    @property
    def messages(self) -> int:
        """How many messages were accepted since the start, notices and invisible ones included."""
        return self._ctx.messages

    # -- connections

    def _opened(self, event: Opened) -> None:
        local = is_local(event.ip, event.proxied)
        site = site_of(event.ip) if self.policy.limits and not local else ""
        why = self._draining or welcome.refusal(self.policy, local, event.via)
        if not why and not self._ctx.crowds.has_room(site, Standing.NEW):
            why = too_many(Standing.NEW)
        if why:
            self.delivery.tell(Send(event.sid, f"ERROR :Closing link: {why}\r\n".encode()))
            self.delivery.tell(Close(event.sid))
            text = f"turned away {event.ip} port {event.port}: {why}"
            self.delivery.tell(Happened("refused", text, ip=event.ip, port=event.port))
            return
        now = self._ctx.now
        patience = self.policy.registration_timeout
        session = Session(event.sid, event.ip, event.port, event.via, now.mono, now.wall, patience)
        session.site = site
        session.local = local
        session.certfp = event.certfp
        self._ctx.crowds.enter(site, Standing.NEW)
        self.world.sessions[event.sid] = session
        self._timers.at(now.mono + patience, event.sid)

    def _closed(self, event: Closed) -> None:
        session = self.world.sessions.get(event.sid)
        if session is not None:
            self._ctx.begin(session, _NO_LINE)
            actions.depart(self._ctx, session, clip(event.reason, QUIT_LENGTH))

    # -- time

    def _tick(self, _event: Tick) -> None:
        self._intake.tick()
        now = self._ctx.now.mono
        for sid in self._timers.due(now):
            session = self.world.sessions.get(sid)
            if session is not None:
                self._check(session, now)

    def _check(self, session: Session, now: float) -> None:
        """Ask a session that has long been silent for a sign of life, or give it up."""
        policy = self.policy
        ctx = self._ctx
        ctx.begin(session, _NO_LINE)
        if session.waiting is not None:
            session.seen = now  # we are not reading from it, so its silence says nothing
        silent = now - session.seen
        if session.registration is not None:
            if now >= session.registration.deadline:
                why = f"registration was not complete within {policy.registration_timeout:g} seconds"
                actions.hang_up(ctx, session, why)
                return
            self._timers.at(session.registration.deadline, session.sid)
        elif silent < policy.ping_after:
            self._timers.at(session.seen + policy.ping_after, session.sid)
        elif not session.answer_by:
            # Half of the time counts from now: where the machine slept, nobody could have answered before.
            session.answer_by = max(
                session.seen + policy.drop_after, now + (policy.drop_after - policy.ping_after) / 2
            )
            self.delivery.send(session, session.sid, f"PING :{policy.name}\r\n".encode())
            self._timers.at(session.answer_by, session.sid)
        elif now >= session.answer_by:
            actions.hang_up(ctx, session, f"Ping timeout: {silent:.0f} seconds")
        else:
            self._timers.at(session.answer_by, session.sid)

    # -- the rest

    def _committed(self, event: Committed) -> None:
        self.delivery.committed(event.batch)

    def _drain(self, event: Draining) -> None:
        self._draining = event.reason

    def _stop(self, event: Stopping) -> None:
        self._draining = event.reason
        for session in list(self.world.sessions.values()):
            line = f"ERROR :Closing link: {event.reason}\r\n"
            self.delivery.send(session, session.sid, line.encode())
            self.delivery.close(session, session.sid)

    def _reconfigured(self, event: Reconfigured) -> None:
        self.policy = self._ctx.policy = event.policy
        self._ctx.motd = event.policy.motd

    def _console(self, event: ConsoleRequest) -> None:
        verb = console.VERBS.get(event.verb)
        if verb is None:
            self.delivery.tell(
                ConsoleReply(event.request, False, f"{event.verb} is no verb of the console: try help")
            )
            return
        self._ctx.begin(_NOBODY_SESSION, _NO_LINE)
        args = tuple(arg.translate(_ONE_LINE) for arg in event.args)
        ok, text, rows = verb.handler(self._ctx, args)
        self.delivery.tell(ConsoleReply(event.request, ok, text, rows))


#: Stands for the operator at the console, who has no session.
_NOBODY_SESSION = Session(0, "", 0, "console", 0.0, 0.0, 0.0)

_HANDLERS: dict[type, Callable[[Core, Any], None]] = {
    Opened: Core._opened,
    Closed: Core._closed,
    Tick: Core._tick,
    Committed: Core._committed,
    Answered: lambda core, event: core._intake.answered(event),
    Draining: Core._drain,
    Stopping: Core._stop,
    Reconfigured: Core._reconfigured,
    ConsoleRequest: Core._console,
}
