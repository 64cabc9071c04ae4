"""The core: one object that takes events and gives effects.

``handle`` may be called many times in a turn; ``take`` ends the turn and gives all that is to be done. Nothing here
waits, reads a clock or opens anything: an event's time comes with it, randomness is the seed handed in at the start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from natterjack.core import (
    admissions,
    batching,
    console,
    conversations,
    leaving,
    moderation,
    nested,
    pace,
    playback,
    pruning,
    rosters,
    staying,
    welcome,
)
from natterjack.core.context import Context
from natterjack.core.crowds import NEW
from natterjack.core.delivery import Delivery
from natterjack.core.files import removing
from natterjack.core.files.desk import FileDesk
from natterjack.core.files.rows import Files
from natterjack.core.handlers import capabilities  # and enters all commands into the registry
from natterjack.core.intake import Intake
from natterjack.core.lasting import Lasting
from natterjack.core.leaving import Going
from natterjack.core.mishaps import Mishaps
from natterjack.core.policy import Policy
from natterjack.core.pruning import Pruner
from natterjack.core.rounds import Teller
from natterjack.core.sanctions import ban_text
from natterjack.core.state import Session
from natterjack.core.timers import Timers
from natterjack.core.waits import Waits
from natterjack.core.world import World
from natterjack.ports.effects import Close, ConsoleReply, Effect, Happened, Send
from natterjack.ports.events import (
    Answered,
    Backlogged,
    Closed,
    Committed,
    ConsoleRequest,
    Draining,
    Event,
    Now,
    Opened,
    Received,
    Reconfigured,
    Refused,
    Stopping,
    Tick,
)
from natterjack.ports.files import FileAbandoned, FileAsked, Holdings
from natterjack.ports.records import CidRecord, RunRecord, Snapshot
from natterjack.ports.sites import is_local, site_of
from natterjack.proto import isupport
from natterjack.proto.caps import EXTENDED_ISUPPORT
from natterjack.proto.limits import clip
from natterjack.proto.names import CONSOLE
from natterjack.proto.numerics import ERR_SASLFAIL, ERR_YOUREBANNEDCREEP
from natterjack.wire.message import Message

_NO_LINE = Message("*")
_OWNER = console.Asker(CONSOLE, console.Right.OWNER)
#: Sessions that are looked at in one tick: a PING takes 10 µs, and whoever came in one second, as after a restart, is
#: due in one second. The rest are looked at in the next ticks, or more at a time where they would not be in a minute.
_LOOKS, _A_MINUTE = 500, 60
#: For what the server does by itself.
_NOBODY = Session(0, "", 0, "server", 0.0, 0.0, 0.0)


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
        self.world = World(started.mono)
        self.policy = policy
        self.delivery = Delivery(policy.store or policy.durable, policy.durable, policy.name)
        self._ctx = Context(
            self.world, Lasting(snapshot, started), policy, self.delivery, seed, entropy, started
        )
        self._waits = Waits(self._ctx)
        self._mishaps = Mishaps(self._ctx)
        self._intake = Intake(self._ctx, self._waits, self._mishaps)
        self._pruner = Pruner(self._ctx, self._waits)
        self._teller = Teller(self._ctx, self._waits)
        self._files = FileDesk(self._ctx, self._waits)
        if policy.store:
            self.delivery.tell(Holdings(self._ctx.files.contents()))
        self._timers: Timers[int] = Timers(started.mono)
        self._due: deque[int] = deque()  # sids to be looked at
        self._began = self._ctx.last_id
        if policy.durable:
            self.delivery.store(RunRecord(self._began + 1, seed), ())
        rosters.restore(self._ctx, snapshot)
        staying.restore(self._ctx)

    def standing_invite(self) -> str:
        """The code that lets others in just now, for the first lines that the operator sees; ``""`` where none does.

        A server that never had an invite gets its first one here.
        """
        ctx = self._ctx
        if self.policy.store and self.policy.access != "open" and not list(ctx.invites):
            admissions.make_invite(ctx, "first run")
        return admissions.standing_invite(ctx)

    def handle(self, event: Event, now: Now) -> None:
        """Take ``event``, which happened at ``now``."""
        ctx = self._ctx
        if ctx.leaving and not _is_end(event):
            leaving.see_off(ctx)
        if now is not ctx.now:
            ctx.at(now)
        if type(event) is Received:  # by far the most frequent
            self._intake.received(event)
        else:
            _HANDLERS[type(event)](self, event)

    def take(self) -> list[Effect]:
        """End the turn: the effects of all events since the last call, in order."""
        if self._ctx.leaving:
            leaving.see_off(self._ctx)
        if self.world.vanished:
            pruning.forget(self._ctx)
        if self._ctx.untold:
            self._teller.go_on()
        return self.delivery.take()

    # -- for whoever looks at it from outside

    @property
    def draining(self) -> str:
        """Why nobody new is let in; ``""`` where they are."""
        return self._ctx.draining

    @property
    def messages(self) -> int:
        """How many lines with a message id were accepted since the start."""
        return self._ctx.last_id - self._began

    @property
    def stuck(self) -> bool:
        """Whether there is no room to store things, so that what does not fit is refused."""
        return self.delivery.stuck

    @property
    def mishaps(self) -> int:
        """How many errors of our own have ended one session and nothing else."""
        return self._mishaps.contained

    @property
    def owed(self) -> int:
        """How many changes hold, and could not be stored yet."""
        return len(self.delivery.owed)

    @property
    def files(self) -> Files:
        """Which files there are."""
        return self._ctx.files

    # -- connections

    def _opened(self, event: Opened) -> None:
        policy, ctx, sid, ip = self.policy, self._ctx, event.sid, event.ip
        home = policy.trust_loopback and is_local(ip, event.proxied)
        site = site_of(ip) if policy.limited and not home else ""
        ban = ctx.sanctions.bans.on_address(ip)
        if ban is not None:
            numeric = f":{policy.name} {ERR_YOUREBANNEDCREEP.code} * :{ban_text(ban)}\r\n"
            self.delivery.tell(Send(sid, numeric.encode()))
        why = (
            self._ctx.draining
            or (ban_text(ban) if ban is not None else "")
            or welcome.refusal(policy, home, event.via)
            or ctx.crowds.refusal(site, NEW)
        )
        if why:
            self.delivery.tell(Send(sid, f"ERROR :Closing link: {why}\r\n".encode()))
            self.delivery.tell(Close(sid))
            text = f"turned away {ip} port {event.port}: {why}"
            self.delivery.tell(Happened("refused", text, ip=ip, port=event.port))
            return
        now, limits = ctx.now, policy.limits
        session = Session(sid, ip, event.port, event.via, now.mono, now.wall, limits.registration)
        session.site = site
        session.paced = policy.limited and pace.is_paced(policy, "")
        session.tokens = policy.pace.introduction
        session.home = home
        session.certfp = event.certfp
        ctx.crowds.enter(site, NEW)
        self.world.sessions[sid] = session
        self._timers.at(now.mono + min(limits.registration, limits.ping_after), sid)

    def _closed(self, event: Closed) -> None:
        session = self.world.sessions.get(event.sid)
        if session is not None:
            leaving.leave(self._ctx, session, Going(clip(event.reason, self.policy.limits.reason), lost=True))

    # -- time

    def awaits(self, until: float) -> bool:
        """Whether anything is due by ``until`` (monotonic seconds) that needs a :class:`Tick` and nothing else.

        What is looked for now and then is not: that can wait for some seconds.
        """
        ctx = self._ctx
        return bool(
            self._due
            or self.stuck
            or self._waits.delays
            or self._intake.slows
            or ctx.exchanges
            or ctx.batches
            or ctx.sanctions.any_by(until)
            or self.world.ends.any_by(until)
            or self._timers.any_by(until)
        )

    def _tick(self, _event: Tick) -> None:
        self.delivery.try_again()
        moderation.expire(self._ctx)
        self._waits.tick()
        self._intake.tick()
        self._pruner.tick()
        self._files.tick()
        self._ctx.begin(_NOBODY, _NO_LINE)
        rosters.lift_due(self._ctx)
        now = self._ctx.now.mono
        for late, exchange in self._ctx.exchanges.late(now, self.world.sessions):
            late.sasl = None
            self._ctx.begin(late, _NO_LINE)
            self._ctx.reply(
                ERR_SASLFAIL, why=f"it took longer than {exchange.patience:g} seconds, begin again"
            )
        for late, batch in self._ctx.batches.late(now, self.world.sessions):
            batching.expire(self._ctx, late, batch)
        self._due.extend(self._timers.due(now))
        for _ in range(min(len(self._due), max(_LOOKS, len(self.world.sessions) // _A_MINUTE))):
            sid = self._due.popleft()
            session = self.world.sessions.get(sid)
            if session is not None and session not in self._ctx.leaving:
                self._check(session, now)

    def _check(self, session: Session, now: float) -> None:
        """Ask a session that has long been silent for a sign of life, or give it up."""
        limits = self.policy.limits
        ctx = self._ctx
        ctx.begin(session, _NO_LINE)
        if session.waiting is not None:
            session.seen = now  # we are not reading from it, so its silence says nothing
        silent = now - session.seen
        if session.registration is not None:
            if now >= session.registration.deadline:
                why = f"registration was not complete within {session.registration.patience:g} seconds"
                leaving.hang_up(ctx, session, why)
                return
            # Not later than when it may have to be asked for a sign of life, since it may be through by then; and soon
            # where its time stands still.
            stands = session.registration.deadline == inf
            latest = now + (1.0 if stands else limits.ping_after)
            self._timers.at(min(session.registration.deadline, latest), session.sid)
        elif silent < limits.ping_after:
            self._timers.at(session.seen + limits.ping_after, session.sid)
        elif not session.answer_by:
            # Half of the time counts from now: where the machine slept, nobody could have answered before.
            session.answer_by = max(
                session.seen + limits.drop_after, now + (limits.drop_after - limits.ping_after) / 2
            )
            self.delivery.send(session, session.sid, f"PING :{self.policy.name}\r\n".encode())
            self._timers.at(session.answer_by, session.sid)
        elif now >= session.answer_by:
            why = f"Ping timeout: {silent:.0f} seconds"
            leaving.leave(ctx, session, Going(why, why, lost=True))
        else:
            self._timers.at(session.answer_by, session.sid)

    # -- the rest

    def _committed(self, event: Committed) -> None:
        self.delivery.committed(event.batch)
        self._waits.settled(event.batch, True)
        removing.tell_unkept(self._ctx)

    def _refused(self, event: Refused) -> None:
        last, given_up = self.delivery.refused(event.batch)
        for record in given_up:
            if isinstance(record, CidRecord):
                self._ctx.cids.forget(record.sender, record.cid)
        self._ctx.files.deferred(event.batch, self.delivery.batch)
        self._waits.settled(last, False)
        removing.tell_unkept(self._ctx)

    def _drain(self, event: Draining) -> None:
        self._ctx.draining = event.reason

    def _stop(self, event: Stopping) -> None:
        self._ctx.draining = event.reason
        playback.ending(self._ctx)
        for session in list(self.world.sessions.values()):
            line = f"ERROR :Closing link: {event.reason}\r\n"
            self.delivery.send(session, session.sid, line.encode())
            self.delivery.close(session, session.sid)
        for user in self.world.users.values():
            conversations.forget_guest(self._ctx, user)

    def _reconfigured(self, event: Reconfigured) -> None:
        ctx = self._ctx
        known, before = ctx.isupport, self.policy.limits
        self.policy = event.policy
        ctx.reconfigure(event.policy)
        self._intake.reconfigured()
        told = isupport.changes(known, ctx.isupport)
        limits = self.policy.limits
        valued = (before.multiline_bytes, before.multiline_lines) != (
            limits.multiline_bytes,
            limits.multiline_lines,
        )
        for session in self.world.sessions.values() if told or valued else ():
            ctx.begin(session, _NO_LINE)
            if valued:
                capabilities.tell_values(ctx)
            if told and (session.registration is None or ctx.has(EXTENDED_ISUPPORT)):
                nested.show_isupport(ctx, told)

    def _console(self, event: ConsoleRequest) -> None:
        verb = console.VERBS.get(event.verb)
        if verb is None:
            text = f"{event.verb} is no verb of the console: try help"
            self.delivery.tell(ConsoleReply(event.request, False, text))
            return
        errand = _AtConsole(self._ctx, event.request, verb)
        errand.resume()
        outcome = console.run(self._ctx, _OWNER, verb, event.args)
        if isinstance(outcome, tuple):
            errand.finish(outcome)
        else:
            self._waits.begin(errand, outcome)


def _is_end(event: Event) -> bool:
    """Whether ``event`` is one more who goes by himself."""
    if type(event) is Received:
        first = event.items[0]
        return isinstance(first, Message) and first.command == "QUIT" and "batch" not in first.tags
    return type(event) is Closed


class _AtConsole:
    """A verb of whoever sits at the console, for whom a session stands in."""

    urgent = True

    def __init__(self, ctx: Context, request: int, verb: console.Verb) -> None:
        self._ctx = ctx
        self._request = request
        self._verb = verb
        self.session = Session(0, "", 0, "console", 0.0, 0.0, 0.0)

    def is_wanted(self) -> bool:
        return True

    def suspend(self) -> None:
        """Nothing is kept: the context is aimed anew when it goes on."""

    def resume(self) -> None:
        self._ctx.begin(self.session, _NO_LINE)

    def contain(self, _error: Exception) -> bool:
        return False  # a verb may have changed anything

    def fail(self) -> None:
        self.finish((False, "the history can't be read just now: see the log, and try again later", ()))

    def finish(self, answer: console.Answer) -> None:
        reply = ConsoleReply(self._request, *answer)
        otherwise = ConsoleReply(self._request, False, self._verb.unstored, reply.rows)
        # Where the verb has changed nothing, the session waits for nothing, and the answer is the first in any case.
        self._ctx.delivery.either(self.session, self.session.gate, reply, otherwise)


_HANDLERS: dict[type, Callable[[Core, Any], None]] = {
    Opened: Core._opened,
    Backlogged: lambda core, event: core._intake.backlogged(event),
    Closed: Core._closed,
    Tick: Core._tick,
    Committed: Core._committed,
    Refused: Core._refused,
    Answered: lambda core, event: core._waits.answered(event.ask, event.answer),
    Draining: Core._drain,
    Stopping: Core._stop,
    Reconfigured: Core._reconfigured,
    ConsoleRequest: Core._console,
    FileAsked: lambda core, event: core._files.asked(event),
    FileAbandoned: lambda core, event: core._files.abandoned(event),
}
