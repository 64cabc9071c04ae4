"""What follows from sanctions and rights for those who are here: who is cut off, silenced, made an operator."""

from __future__ import annotations

from natterjack.core import leaving, staying
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.sanctions import MUTE, Person, Targets, ban_text, seen
from natterjack.core.state import Groups, Session, User, group
from natterjack.ports.records import SanctionGoneRecord, SanctionRecord
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import ERR_YOUREBANNEDCREEP, RPL_YOUREOPER
from natterjack.proto.standard_replies import OPER_ENDED

# -- bans and mutes


def person_of(ctx: Context, session: Session) -> Person:
    """Whom ``session`` is, as far as it has said."""
    user = ctx.world.users.get(session.uid)
    registration = session.registration
    if registration is None:
        assert user is not None
        return Person(user.account, user.nick, user.username, user.host, (session.ip,))
    nick = registration.wanted or (user.nick if user is not None else "")
    if not nick or not registration.username:
        return Person(registration.account, "", "", "", (session.ip,))
    return Person(registration.account, nick, registration.username, ctx.cloak(session.ip), (session.ip,))


def expel(ctx: Context, ban: SanctionRecord, *sessions: Session) -> None:
    """``sessions`` are cut off because of ``ban``: 465, ERROR, and a QUIT for the others."""
    why = ban_text(ban)
    for session in sessions:
        with ctx.aimed_at(session):
            ctx.reply(ERR_YOUREBANNEDCREEP, why=why)
    leaving.hang_up_all(ctx, sessions, why, f"Banned: {ban.reason}" if ban.reason else "Banned")


def cut(ctx: Context, ban: SanctionRecord) -> int:
    """``ban`` holds from now on: cut off those whom it means. How many sessions that were."""
    alone = Targets([ban])
    hit = [session for session in ctx.world.sessions.values() if alone.fits(person_of(ctx, session))]
    expel(ctx, ban, *hit)
    recheck_operators(ctx)
    staying.recheck(ctx)
    return len(hit)


def rejudge(ctx: Context, mute: SanctionRecord) -> int:
    """``mute`` holds from now on, or no longer: see to those whom it means. How many users those are."""
    alone = Targets([mute])
    meant = [user for user in ctx.world.users.values() if user.registered and alone.fits(seen(user))]
    for user in meant:
        ctx.sanctions.judge(user)
    return len(meant)


def expire(ctx: Context) -> None:
    """Time has passed: what was to end by now is over."""
    for record in ctx.sanctions.expired(ctx.now.mono):
        ctx.delivery.store(SanctionGoneRecord(record.kind, record.target), ())
        if record.kind == MUTE:
            rejudge(ctx, record)


# -- accounts


def sessions_of(ctx: Context, account: str) -> list[Session]:
    """The sessions that are logged in to ``account``, those that are still introducing themselves included."""
    return [
        session for session in ctx.world.sessions.values() if fold(_account(ctx, session)) == fold(account)
    ]


def _account(ctx: Context, session: Session) -> str:
    if session.registration is not None:
        return session.registration.account
    return ctx.world.users[session.uid].account


def put_off(ctx: Context, user: User, reason: str, shown: str) -> None:
    """``user`` has to go, with all his sessions; he can come back."""
    leaving.hang_up_all(ctx, user.sessions, reason, shown)
    if user.uid in ctx.world.users:  # he would be seen without any
        leaving.dismiss(ctx, user, shown)


# -- operators of the server


def may_operate(ctx: Context, account: str) -> bool:
    """Whether whoever is logged in to ``account`` is an operator."""
    record = ctx.accounts.get(account) if account else None
    return (
        record is not None
        and record.operator
        and not record.revoked
        and ctx.sanctions.bans.on_account(account) is None
    )


def grant(ctx: Context, user: User, account: str) -> None:
    """``user`` is an operator from now on, by the right of ``account``; his sessions are told."""
    new = not user.operator
    ctx.world.make_operator(user, account)
    if new:
        _tell_mode(ctx, user, "+o", user.groups)
    for session in user.sessions:
        with ctx.aimed_at(session):
            ctx.reply(RPL_YOUREOPER)


def withdraw(ctx: Context, account: str) -> None:
    """Nobody is an operator by the right of ``account`` any more."""
    for user in ctx.world.users.values():
        if user.operator and fold(user.operator) == fold(account):
            _end(ctx, user, user.groups)


def step_down(ctx: Context, user: User) -> None:
    """``user`` is about to be somebody else: the right of his account is his no longer."""
    if user.operator and fold(user.operator) == fold(user.account):
        _end(ctx, user, user.groups)


def would_share(user: User, account: str) -> bool:
    """Whether the right of ``account`` would be others' too if ``user`` had it.

    Each of his sessions has what he has, and has proved his own account alone: see 0061 of docs/decisions.
    """
    return len(user.sessions) > 1 and fold(user.account) != fold(account)


def joined(ctx: Context, user: User) -> None:
    """The context's session is one more of ``user``: a right that it would share, and must not, is his no longer.

    It is not told so itself, since its greeting comes after this.
    """
    if not user.operator or not would_share(user, user.operator):
        return
    others = [session for session in user.sessions if session is not ctx.session]
    _end(ctx, user, group(others))
    for session in others:
        with ctx.aimed_at(session):
            ctx.note(OPER_ENDED, "OPER")


def recheck_operators(ctx: Context) -> None:
    """After a change of accounts or bans."""
    for account in {user.operator for user in ctx.world.users.values() if user.operator}:
        if not may_operate(ctx, account):
            withdraw(ctx, account)


def _end(ctx: Context, user: User, told: Groups) -> None:
    """``user`` is no operator any more, as those of his sessions are told that are in ``told``."""
    ctx.world.set_modes(user, user.modes.replace("o", ""))
    _tell_mode(ctx, user, "-o", told)


def _tell_mode(ctx: Context, user: User, change: str, told: Groups) -> None:
    owners: tuple[Gated, ...] = (user, *user.sessions)
    line = ctx.server_line(f"MODE {user.nick} {change}")
    own = any(ctx.session.sid in sids for _, sids in told)
    ctx.relay(told, line, owners, self_included=own)
