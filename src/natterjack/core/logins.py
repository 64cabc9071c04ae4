"""Being logged in: what changes for a session and those who see its user, once an account is proved."""

from __future__ import annotations

from natterjack.core import actions, conversations, metadata, moderation, pace, playback, rosters
from natterjack.core.context import Context
from natterjack.core.crowds import MEMBER
from natterjack.core.state import User
from natterjack.ports.effects import Happened
from natterjack.proto import caps
from natterjack.proto.numerics import RPL_LOGGEDIN


def may_log_in(ctx: Context) -> bool:
    """Whether the session may log in, if need be to another account than the one that it is logged in to.

    That concerns all sessions of its user, and his nick: so he has but one, and no nick that is an account's own.

    Source: https://ircv3.net/specs/extensions/sasl-3.2#sasl-reauthentication
    """
    registration = ctx.session.registration
    account = registration.account if registration is not None else ctx.user.account
    if not account:
        return True
    if registration is None and len(ctx.user.sessions) > 1:
        return False
    return not ctx.session.uid or ctx.accounts.reserving(ctx.user.nick) is None


def log_in(ctx: Context, account: str) -> bool:
    """The session has proved that it is ``account``. A later login takes the place of an earlier one.

    False where the account is banned; then the session has been cut off.
    """
    ban = ctx.sanctions.bans.on_account(account)
    if ban is not None:
        moderation.expel(ctx, ban, ctx.session)
        return False
    registration = ctx.session.registration
    pace.grant(ctx.session, ctx.policy.pace, ctx.now.mono)
    ctx.session.paced = pace.is_paced(ctx.policy, account)
    ctx.session.sasl = None
    if registration is not None:
        registration.account = account
        source = ctx.user.source if ctx.session.uid else f"*!*@{ctx.cloak(ctx.session.ip)}"
    else:
        if not ctx.crowds.refusal(ctx.session.site, MEMBER):
            ctx.crowds.move(ctx.session.site, ctx.session.standing, MEMBER)
            ctx.session.standing = MEMBER
        user = ctx.user
        source = user.source
        if user.account != account:
            if user.account:
                _leave(ctx, user)
            else:
                conversations.forget_guest(ctx, user)
            own = dict(user.metadata)
            user.metadata.clear()
            former = user.account
            ctx.world.identify(user, account)
            ctx.delivery.follow(ctx.session)
            playback.departed(ctx, former)
            playback.arrived(ctx)
            metadata.adopt(ctx, user, {k: v for k, v in own.items() if k not in ctx.metadata.of(user)})
            actions.tell_peers(
                ctx, user, f":{user.source} ACCOUNT {account}", caps.ACCOUNT_NOTIFY, himself=False
            )
            ctx.sanctions.judge(user)
    ctx.reply(RPL_LOGGEDIN, source, account, account=account)
    if registration is None:
        if moderation.may_operate(ctx, account):
            moderation.grant(ctx, ctx.user, account)
        rosters.come_back(ctx)
    nick = ctx.nick if ctx.nick != "*" else ""
    text = f"{nick or ctx.session.ip} logged in as {account}"
    ctx.delivery.tell(Happened("login", text, nick, ip=ctx.session.ip, port=ctx.session.port))
    return True


def _leave(ctx: Context, user: User) -> None:
    """``user`` is about to log in to another account: what he is by the right of the old one, he is no longer."""
    rosters.step_down(ctx, user)
    moderation.step_down(ctx, user)
