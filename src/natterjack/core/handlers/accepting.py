"""ACCEPT: who may write to somebody who takes messages of accounts alone (user mode R).

As Charybdis and Ergo have it. Whoever is spoken to may answer without being named here.
"""

from __future__ import annotations

from natterjack.core.context import Context
from natterjack.core.reception import accept
from natterjack.core.registry import command
from natterjack.core.state import ACCEPTED
from natterjack.proto.names import distinct
from natterjack.proto.numerics import (
    ERR_ACCEPTEXIST,
    ERR_ACCEPTFULL,
    ERR_ACCEPTNOT,
    RPL_ACCEPTLIST,
    RPL_ENDOFACCEPT,
)


@command(
    "ACCEPT", "[-]<nick>[,[-]<nick>] or *", "Says which guests may write to you, though you have set +R."
)
def accept_(ctx: Context) -> None:
    """``*``, or nothing, shows the list; it goes with the user, and what is on it with whom it is about."""
    accepted = ctx.user.accepted
    for uid in [uid for uid in accepted if uid not in ctx.world.users]:
        del accepted[uid]
    words = [word for word in distinct(ctx.params[0]) if word] if ctx.params else []
    if words in ([], ["*"]):
        _show(ctx)
        return
    for word in words:
        user = ctx.find_user(word.removeprefix("-"))
        if user is None:
            continue
        if word.startswith("-"):
            if user.uid not in accepted:
                ctx.reply(ERR_ACCEPTNOT, user.nick)
            accepted.pop(user.uid, None)
        elif user.uid in accepted:
            ctx.reply(ERR_ACCEPTEXIST, user.nick)
        elif len(accepted) >= ACCEPTED:
            ctx.reply(ERR_ACCEPTFULL, limit=ACCEPTED)
        else:
            accept(ctx.user, user)


def _show(ctx: Context) -> None:
    for uid in ctx.user.accepted:
        ctx.reply(RPL_ACCEPTLIST, ctx.world.users[uid].nick)
    ctx.reply(RPL_ENDOFACCEPT)
