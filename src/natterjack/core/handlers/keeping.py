"""KEEP, a command of our own: how long the history of a channel is kept. See :mod:`natterjack.core.keeping`."""

from __future__ import annotations

from natterjack.core import keeping
from natterjack.core.context import Context
from natterjack.core.registry import command
from natterjack.proto import modes
from natterjack.proto import standard_replies as fails
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND


@command(
    "KEEP",
    f"<channel> {keeping.USAGE}",
    "Says how long what was said in a channel is kept.",
    params=1,
    cost=2,
)
def keep(ctx: Context) -> None:
    """Whoever is in may ask, its owner may say."""
    if not ctx.policy.history:
        ctx.reply(ERR_UNKNOWNCOMMAND, "KEEP")
        return
    channel = ctx.own_channel(ctx.params[0])
    if channel is None:
        return
    if len(ctx.params) > 1:
        if ctx.needs_rank(channel, modes.OWNER):
            return
        rule = keeping.read(word for param in ctx.params[1:] for word in param.split())
        if isinstance(rule, str):
            ctx.fail(fails.INVALID_PARAMS, "KEEP", channel.name, why=rule)
            return
        if not ctx.policy.durable:
            ctx.fail(fails.CANNOT_CHANGE, "KEEP", channel.name, why=keeping.IN_MEMORY)
            return
        keeping.put(ctx, channel, rule, ctx.user.account, (channel, ctx.user, ctx.session))
    ctx.note(fails.KEPT, "KEEP", channel.name, text=keeping.describe(channel))
