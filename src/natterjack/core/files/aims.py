"""For whom an upload is. It says so by a name when it begins; from then on it is that person, whatever he is called.

An upload takes hours, and nicks change hands. What is kept beside it says who had the name: an account, which stays
who it is also over the end of the server, or a guest, who does until he leaves.
"""

from __future__ import annotations

from natterjack.core import conversations
from natterjack.core.context import Context
from natterjack.proto.casemap import fold
from natterjack.proto.names import is_channel

_ACCOUNT, _GUEST = "account", "guest"


def whom(ctx: Context, target: str) -> str:
    """Who ``target`` is; ``""`` for a channel, and for nobody."""
    if not target or is_channel(target):
        return ""
    account = conversations.account_of(ctx, target)
    if account:
        return f"{_ACCOUNT} {fold(account)}"
    user = ctx.world.find(target)
    return f"{_GUEST} {user.uid} {_run(ctx)}" if user is not None else ""


def called(ctx: Context, target: str, bound: str) -> str | None:
    """What he who was ``target`` once, of whom :func:`whom` said ``bound``, is called now; None: he is gone."""
    kind, _, who = bound.partition(" ")
    if kind == _ACCOUNT:
        record = ctx.accounts.get(who)
        if record is None or record.revoked:
            return None
        nicks = {fold(user.nick): user.nick for user in ctx.world.users_of(record.name)}
        return nicks.get(fold(target)) or next(iter(nicks.values()), record.name)
    if kind == _GUEST:
        uid, _, run = who.partition(" ")
        user = ctx.world.users.get(int(uid)) if run == _run(ctx) else None
        return user.nick if user is not None else None
    return target


def _run(ctx: Context) -> str:
    """Numbers of users begin anew with each run of the server."""
    return repr(ctx.started.wall)
