"""LUSERS, VERSION, ISUPPORT, INFO, TIME, ADMIN, MOTD, HELP: questions about the server.

Source: https://modern.ircdocs.horse/#server-queries-and-commands
"""

from __future__ import annotations

from natterjack.core import welcome
from natterjack.core.context import Context
from natterjack.core.nested import show_supported
from natterjack.core.registry import COMMANDS, Changes, command
from natterjack.core.replies import shown
from natterjack.proto import caps
from natterjack.proto.casemap import fold
from natterjack.proto.masks import matches
from natterjack.proto.numerics import (
    ERR_HELPNOTFOUND,
    ERR_NOSUCHSERVER,
    ERR_NOTREGISTERED,
    RPL_ADMINEMAIL,
    RPL_ADMINLOC1,
    RPL_ADMINLOC2,
    RPL_ADMINME,
    RPL_ENDOFHELP,
    RPL_ENDOFINFO,
    RPL_HELPSTART,
    RPL_HELPTXT,
    RPL_INFO,
    RPL_TIME,
    RPL_VERSION,
)
from natterjack.proto.timestamps import format_time

_INFO = (
    "Natterjack: a self-hosted chat that speaks IRC, in plain Python on sockets.",
    "Everything that you see here was sent by somebody in the channels that you are in.",
    "HELP shows the commands.",
)


def _elsewhere(ctx: Context) -> bool:
    """Whether the question names a server that is not this one; if so a 402 was sent."""
    if not ctx.params or not ctx.params[0]:
        return False
    target = ctx.params[0]
    if matches(target, ctx.policy.name) or fold(target) == fold(ctx.nick):
        return False
    if ctx.world.find(target) is not None:
        return False
    ctx.reply(ERR_NOSUCHSERVER, shown(target))
    return True


@command("LUSERS", "", "Shows how many are here.", cost=2, changes=Changes.NOTHING)
def lusers(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#lusers-message"""
    welcome.show_numbers(ctx)


@command("MOTD", "[<server>]", "Shows the message of the day.", cost=2, changes=Changes.NOTHING)
def motd(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#motd-message"""
    if not _elsewhere(ctx):
        welcome.show_motd(ctx)


@command("VERSION", "[<server>]", "Shows the server's version.", changes=Changes.NOTHING)
def version(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#version-message"""
    if _elsewhere(ctx):
        return
    policy = ctx.policy
    ctx.reply(RPL_VERSION, f"natterjack-{policy.version}", policy.name, "plain Python on sockets")
    show_supported(ctx)


@command(
    "ISUPPORT", "", "Shows what clients are told of the server.", early=True, cost=2, changes=Changes.NOTHING
)
def isupport(ctx: Context) -> None:
    """Before registration is complete, for those who have negotiated it.

    https://ircv3.net/specs/extensions/extended-isupport
    """
    if ctx.session.registration is not None and not ctx.has(caps.EXTENDED_ISUPPORT):
        ctx.reply(ERR_NOTREGISTERED)
        return
    show_supported(ctx)


@command("TIME", "[<server>]", "Shows the server's time.", changes=Changes.NOTHING)
def time(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#time-message"""
    if not _elsewhere(ctx):
        ctx.reply(RPL_TIME, ctx.policy.name, format_time(ctx.now.wall))


@command("ADMIN", "[<server>]", "Shows whom to turn to.", changes=Changes.NOTHING)
def admin(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#admin-message"""
    if _elsewhere(ctx):
        return
    ctx.reply(RPL_ADMINME, ctx.policy.name)
    numerics = (RPL_ADMINLOC1, RPL_ADMINLOC2, RPL_ADMINEMAIL)
    for numeric, text in zip(numerics, ctx.policy.admin, strict=False):
        ctx.reply(numeric, text)


@command("INFO", "[<server>]", "Shows what this is.", cost=2, changes=Changes.NOTHING)
def info(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#info-message"""
    if _elsewhere(ctx):
        return
    for text in (*_INFO, f"Version {ctx.policy.version}, started {format_time(ctx.started.wall)}"):
        ctx.reply(RPL_INFO, text)
    ctx.reply(RPL_ENDOFINFO)


@command("HELP", "[<command>]", "Shows the commands, or one of them.", changes=Changes.NOTHING)
def help_(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#help-message"""
    subject = ctx.params[0].upper() if ctx.params and ctx.params[0] else ""
    if not subject or subject == "*":
        lines = ("The commands of this server. HELP <command> says more.", "", *_columns(sorted(COMMANDS)))
        subject = "*"
    elif subject in COMMANDS:
        lines = COMMANDS[subject].help
    else:
        ctx.reply(ERR_HELPNOTFOUND, shown(subject))
        return
    ctx.reply(RPL_HELPSTART, subject, lines[0])
    for text in lines[1:]:
        ctx.reply(RPL_HELPTXT, subject, text)
    ctx.reply(RPL_ENDOFHELP, subject, "End of HELP")


@command("HELPOP", "[<command>]", "The same as HELP.", changes=Changes.NOTHING)
def helpop(ctx: Context) -> None:
    """Some clients call it so."""
    help_(ctx)


def _columns(words: list[str]) -> list[str]:
    return [
        " ".join(word.ljust(10) for word in words[start : start + 6]).rstrip()
        for start in range(0, len(words), 6)
    ]
