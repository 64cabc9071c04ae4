"""STATS, LINKS, REHASH, WALLOPS, and what RFC 1459 has and nobody offers: the server as a machine.

What else operators of the server do is CONSOLE's.

Source: https://modern.ircdocs.horse/#server-queries-and-commands, https://modern.ircdocs.horse/#operator-messages
"""

from __future__ import annotations

from natterjack.core.context import Context
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replies import shown
from natterjack.core.sanctions import day
from natterjack.core.state import group
from natterjack.ports.questions import Reload, Reloaded
from natterjack.proto.limits import clip
from natterjack.proto.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOPRIVILEGES,
    ERR_SUMMONDISABLED,
    ERR_USERSDISABLED,
    RPL_ENDOFLINKS,
    RPL_ENDOFSTATS,
    RPL_REHASHING,
    RPL_STATSKLINE,
    RPL_STATSOLINE,
    RPL_STATSUPTIME,
)
from natterjack.proto.standard_replies import ANSWER, REFUSED

#: The user mode of those who want to be told what WALLOPS says.
_LISTENS = "w"
#: The name of what is read again: which file that is, is nobody's business who is not at the machine.
_CONFIGURATION = "configuration"
#: Bytes of what comes of that, in one NOTE.
_TEXT_BYTES = 350


@command(
    "STATS",
    "[u | o | k]",
    "Shows since when the server is up; to operators, who they are and who is banned.",
    changes=Changes.NOTHING,
)
def stats(ctx: Context) -> None:
    """Letters that mean nothing here have no lines. https://modern.ircdocs.horse/#stats-message"""
    letter = ctx.params[0][:1] if ctx.params else ""
    if letter == "u":
        seconds = int(ctx.now.mono - ctx.started.mono)
        days, rest = divmod(seconds, 86400)
        clock = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
        ctx.reply(RPL_STATSUPTIME, days=days, clock=clock)
    elif letter and letter in "okOK":
        if ctx.user.operator:
            (_show_operators if letter in "oO" else _show_bans)(ctx)
        else:
            ctx.reply(ERR_NOPRIVILEGES)
    ctx.reply(RPL_ENDOFSTATS, shown(letter))


def _show_operators(ctx: Context) -> None:
    for record in ctx.accounts:
        if record.operator and not record.revoked:
            ctx.reply(RPL_STATSOLINE, "O", "*", "*", record.name)


def _show_bans(ctx: Context) -> None:
    for ban in ctx.sanctions.bans:
        until = f"until {day(ban.until)}" if ban.until else "without an end"
        text = f"{until}, by {ban.by}: {ban.reason}" if ban.reason else f"{until}, by {ban.by}"
        ctx.reply(RPL_STATSKLINE, "K", shown(ban.target), "*", text)


@command("LINKS", "", "Shows the servers that this one is linked to.", changes=Changes.NOTHING)
def links(ctx: Context) -> None:
    """It is linked to none. https://www.rfc-editor.org/rfc/rfc2812 section 3.4.5"""
    ctx.reply(RPL_ENDOFLINKS, "*")


@command("REHASH", "", "Reads the configuration again; for operators of the server.", cost=3)
def rehash(ctx: Context) -> Steps | None:
    """As SIGHUP does: what is not valid changes nothing. https://modern.ircdocs.horse/#rehash-message"""
    if not ctx.user.operator:
        ctx.reply(ERR_NOPRIVILEGES)
        return None
    return _rehash(ctx)


def _rehash(ctx: Context) -> Steps:
    ctx.record(ctx.user.operator, "rehash", ctx.user.nick, (ctx.session,))
    ctx.reply(RPL_REHASHING, _CONFIGURATION)
    answer: Reloaded = yield Reload()
    text = clip(" ".join(answer.text.split()), _TEXT_BYTES)
    if answer.done:
        ctx.note(ANSWER, "REHASH", text=text)
    else:
        ctx.fail(REFUSED, "REHASH", why=text)


@command("WALLOPS", ":<text>", "Tells everybody who has the mode w; for operators of the server.", cost=3)
def wallops(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#wallops-message"""
    if not ctx.user.operator:
        ctx.reply(ERR_NOPRIVILEGES)
        return
    text = ctx.params[0] if ctx.params else ""
    if not text:
        ctx.reply(ERR_NEEDMOREPARAMS, "WALLOPS")
        return
    line = ctx.line(f":{ctx.user.source} WALLOPS :{text}")
    listening = [user for user in ctx.world.users.values() if _LISTENS in user.modes]
    groups = group(session for user in listening for session in user.sessions)
    ctx.record(ctx.user.operator, "wallops", clip(text, _TEXT_BYTES), (ctx.session,))
    ctx.relay(groups, line, (ctx.user, ctx.session), self_included=_LISTENS in ctx.user.modes)


@command(
    "USERS",
    "",
    "Would show who is logged in to the machine; nobody offers that.",
    changes=Changes.NOTHING,
)
def users(ctx: Context) -> None:
    """https://www.rfc-editor.org/rfc/rfc2812 section 4.6: a server that does not answer says so."""
    ctx.reply(ERR_USERSDISABLED)


@command(
    "SUMMON",
    "<user>",
    "Would call somebody at the machine; nobody offers that.",
    changes=Changes.NOTHING,
)
def summon(ctx: Context) -> None:
    """https://www.rfc-editor.org/rfc/rfc2812 section 4.5: the same."""
    ctx.reply(ERR_SUMMONDISABLED)
