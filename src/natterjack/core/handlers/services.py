"""NICKSERV, CHANSERV, and their short forms: as PRIVMSG to them, for apps that turn /ns into a command."""

from __future__ import annotations

from natterjack.core import services
from natterjack.core.context import Context
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.services import chanserv, nickserv


@command(
    "NICKSERV",
    "<verb> [<word>...]",
    "Says something to NickServ, about accounts: NICKSERV help.",
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def nickserv_(ctx: Context) -> Steps | None:
    """What stands in several parameters is one sentence."""
    return services.heard(ctx, nickserv.SERVICE, " ".join(ctx.params))


@command(
    "NS",
    "<verb> [<word>...]",
    "The same as NICKSERV.",
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def ns(ctx: Context) -> Steps | None:
    """Short."""
    return nickserv_(ctx)


@command(
    "CHANSERV",
    "<verb> [<word>...]",
    "Says something to ChanServ, about channels: CHANSERV help.",
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def chanserv_(ctx: Context) -> Steps | None:
    """What stands in several parameters is one sentence."""
    return services.heard(ctx, chanserv.SERVICE, " ".join(ctx.params))


@command(
    "CS",
    "<verb> [<word>...]",
    "The same as CHANSERV.",
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def cs(ctx: Context) -> Steps | None:
    """Short."""
    return chanserv_(ctx)
