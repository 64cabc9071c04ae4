"""RELAYMSG: a bridge passes on what people say elsewhere, each under a name of his own.

Such a name has a ``/`` in it, which no nick here can have, so that nobody can be taken for somebody else. Only the
channel's operators may; those who want to know (draft/relaymsg) are told who it was.

Source: https://github.com/ircv3/ircv3-specifications/pull/417, as Ergo has it
"""

from __future__ import annotations

from natterjack.core.context import Context
from natterjack.core.registry import Changes, command
from natterjack.core.speech import pass_on
from natterjack.proto import modes
from natterjack.proto import standard_replies as fails
from natterjack.proto.names import check_relayed
from natterjack.proto.numerics import ERR_CANNOTSENDTOCHAN


@command(
    "RELAYMSG",
    "<channel> <name/place> :<text>",
    "Says something in a channel for somebody elsewhere; for its operators.",
    params=3,
    changes=Changes.BY_SPEAKING,
)
def relaymsg(ctx: Context) -> None:
    """With echo-message the session gets it back, and its id, as it would what it says itself."""
    channel = ctx.own_channel(ctx.params[0])
    if channel is None:
        return
    name, text = ctx.params[1], ctx.params[2]
    why = check_relayed(name, ctx.policy.limits.nick)
    if channel.members[ctx.user.uid] < modes.OP:
        ctx.fail(fails.PRIVS_NEEDED, "RELAYMSG")
    elif ctx.user.muted:
        ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=ctx.user.muted)
    elif why is not None:
        ctx.fail(fails.INVALID_NICK, "RELAYMSG", why=why)
    elif not text:
        ctx.fail(fails.BLANK_MSG, "RELAYMSG")
    else:
        pass_on(ctx, channel, name, text)
