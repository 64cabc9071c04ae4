"""Who may have a nick: whoever comes first, unless it is an account's name; then only who is logged in to that.

While a session introduces itself it usually names its nick before it logs in. A nick that takes a login, and one that
somebody has who is logged in, are therefore kept as *wanted*, and decided when registration is complete; all others are
claimed at once. Sessions of one account share a nick, unless the account wants them not to (``alone``).
"""

from __future__ import annotations

from natterjack.core.context import Context
from natterjack.core.state import Registration, User
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import ERR_NICKNAMEINUSE

IN_USE = "Nick is already in use"
RESERVED = "Nick belongs to an account: log in to it, or take another"


def taken(ctx: Context, nick: str, besides: User | None, account: str) -> str | None:
    """Why somebody logged in to ``account`` (``""``: nobody) can't have ``nick``, in words; None where he can.

    ``besides`` is the user who may have it already.
    """
    if ctx.world.holder(nick, besides=besides) is not None:
        return IN_USE
    reserving = ctx.accounts.reserving(nick)
    if reserving is not None and fold(reserving.name) != fold(account):
        return RESERVED
    return None


def take_early(ctx: Context, registration: Registration, nick: str) -> None:
    """NICK before registration is complete."""
    session = ctx.session
    own = ctx.world.users.get(session.uid)
    why = taken(ctx, nick, own, registration.account)
    if why is None:
        ctx.act()
        registration.wanted = ""
        if own is None:
            ctx.user = ctx.world.claim(session, nick, ctx.cloak(session.ip))
        elif own.nick != nick:
            ctx.world.rename(own, nick)
    elif ctx.accounts.reserving(nick) is not None or _may_be_shared(ctx, registration, nick):
        ctx.act()
        registration.wanted = nick
        ctx.world.unclaim(session)
        ctx.refresh_user()
    else:
        ctx.reply(ERR_NICKNAMEINUSE, nick, why=why)


def settle(ctx: Context, registration: Registration) -> User | None:
    """The end of registration: the user that the session comes in as, or None where it still has no nick.

    That may be a user who is here already, through another session of the same account.
    """
    session = ctx.session
    wanted = registration.wanted
    if wanted:
        registration.wanted = ""
        holder = ctx.world.holder(wanted)
        if holder is not None and _shares(ctx, holder, registration.account):
            ctx.world.attach(session, holder)
            return holder
        why = taken(ctx, wanted, None, registration.account)
        if why is not None:
            ctx.reply(ERR_NICKNAMEINUSE, wanted, why=why)
            return None
        ctx.world.claim(session, wanted, ctx.cloak(session.ip))
    return ctx.world.users.get(session.uid)


def _may_be_shared(ctx: Context, registration: Registration, nick: str) -> bool:
    """Whether it is known only at the end if the session may have ``nick``, under which somebody is here already."""
    holder = ctx.world.holder(nick)
    if holder is None or not holder.registered or not holder.account:
        return False
    return registration.negotiating or _shares(ctx, holder, registration.account)


def _shares(ctx: Context, holder: User, account: str) -> bool:
    """Whether a session of ``account`` (``""``: of none) comes in as one more of ``holder``."""
    if not holder.registered or not account or fold(holder.account) != fold(account):
        return False
    record = ctx.accounts.get(account)
    return record is not None and not (record.alone and holder.sessions)
