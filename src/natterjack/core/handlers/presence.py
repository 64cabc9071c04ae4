"""AWAY and SETNAME: what others are told of you.

Source: https://modern.ircdocs.horse/#away-message, https://ircv3.net/specs/extensions/away-notify,
https://ircv3.net/specs/extensions/setname, https://ircv3.net/specs/extensions/pre-away
"""

from __future__ import annotations

from natterjack.core import actions
from natterjack.core.context import Context
from natterjack.core.registry import Changes, command
from natterjack.proto import caps
from natterjack.proto.limits import REALNAME_LENGTH
from natterjack.proto.numerics import ERR_NOTREGISTERED, RPL_NOWAWAY, RPL_UNAWAY
from natterjack.proto.standard_replies import CANNOT_CHANGE, INVALID_REALNAME


@command(
    "AWAY",
    "[:<text>]",
    "Says that you are away; without text, that you are back.",
    early=True,
    changes=Changes.ITSELF_EARLY,
)
def away(ctx: Context) -> None:
    """Others hear of it only where it changes something: who has several sessions is away if all of them are.

    With draft/pre-away it may be said before registration is complete.
    """
    session = ctx.session
    if session.registration is not None and not ctx.has(caps.PRE_AWAY):
        ctx.reply(ERR_NOTREGISTERED)
        return
    text = ctx.params[0] if ctx.params else ""
    if actions.is_overlong(ctx, "an away text", text, ctx.policy.limits.away):
        return
    session.away = actions.away_text(text, bool(ctx.user.muted))
    session.away_since = ctx.now.mono
    ctx.reply(RPL_NOWAWAY if text else RPL_UNAWAY)
    if session.registration is None:
        actions.settle_away(ctx, ctx.user)


@command("SETNAME", ":<real name>", "Changes your real name.", params=1, cost=2)
def setname(ctx: Context) -> None:
    """A name that is too long is refused, not cut."""
    name = ctx.params[0]
    if not name or len(name.encode()) > REALNAME_LENGTH:
        ctx.fail(INVALID_REALNAME, "SETNAME", limit=REALNAME_LENGTH)
        return
    if ctx.user.muted:
        ctx.fail(CANNOT_CHANGE, "SETNAME", why=ctx.user.muted)
        return
    user = ctx.user
    user.realname = name
    actions.tell_realname(ctx, user)
