"""PASS, NICK, USER, PING, PONG, QUIT: coming in, staying, going.

Registration is complete when a session has a nick and a user name and is not negotiating capabilities; the core calls
:func:`natterjack.core.welcome.complete` after every early command to see whether it is.

Source: https://modern.ircdocs.horse/#connection-messages
"""

from __future__ import annotations

from msgspec import structs

from natterjack.core import actions, leaving, nicks
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.core.sanctions import ban_text, seen
from natterjack.core.silence import barred, silent
from natterjack.ports.effects import Happened
from natterjack.proto.casemap import fold
from natterjack.proto.limits import NICK_BYTES, REALNAME_LENGTH, clip
from natterjack.proto.names import check_nick, normalise_nick, tidy_user
from natterjack.proto.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_BANONCHAN,
    ERR_ERRONEUSNICKNAME,
    ERR_NEEDMOREPARAMS,
    ERR_NICKNAMEINUSE,
    ERR_NONICKNAMEGIVEN,
    ERR_NOORIGIN,
    ERR_UNAVAILRESOURCE,
)


@command(
    "PASS",
    "<password>",
    "Gives the server's password, before NICK and USER.",
    params=1,
    early=True,
    changes=Changes.ITSELF,
)
def password(ctx: Context) -> None:
    """Kept until registration is complete."""
    if ctx.session.registration is None:
        ctx.reply(ERR_ALREADYREGISTERED)
        return
    ctx.session.registration.password = ctx.params[0]


@command(
    "USER",
    "<user name> 0 * :<real name>",
    "Introduces you, once.",
    params=4,
    early=True,
    changes=Changes.ITSELF,
)
def user(ctx: Context) -> None:
    """User name and real name; the two parameters between them mean nothing today."""
    registration = ctx.session.registration
    if registration is None or registration.username:
        ctx.reply(ERR_ALREADYREGISTERED)
        return
    if not ctx.params[3]:
        ctx.reply(ERR_NEEDMOREPARAMS, "USER")
        return
    registration.username = tidy_user(ctx.params[0])
    registration.realname = clip(ctx.params[3], REALNAME_LENGTH)


@command(
    "NICK",
    "<nick>",
    "Takes a nick, or another one.",
    early=True,
    cost=2,
    changes=Changes.ONCE_IT_ACTS,
)
def nick(ctx: Context) -> None:
    """The first nick, or a new one."""
    if not ctx.params or not ctx.params[0]:
        ctx.reply(ERR_NONICKNAMEGIVEN)
        return
    wanted = normalise_nick(ctx.params[0])
    why = check_nick(wanted, ctx.policy.limits.nick)
    if why is None and ctx.policy.nicks == "ascii" and not wanted.isascii():
        why = "on this server nicks are of ASCII letters, digits and signs"
    if why is not None and ctx.accounts.get(wanted) is not None:
        # An account keeps its name, even where new nicks may not be so long any more.
        why = check_nick(wanted, NICK_BYTES)
    if why is not None:
        ctx.reply(ERR_ERRONEUSNICKNAME, shown(wanted), why=why)
        return
    if ctx.session.registration is not None:
        nicks.take_early(ctx, ctx.session.registration, wanted)
        return
    if ctx.user.muted and fold(wanted) != fold(ctx.user.nick):
        # A nick is a word that all see; and a mute of a nick would end with it.
        ctx.reply(ERR_UNAVAILRESOURCE, wanted, why=ctx.user.muted)
        return
    why = nicks.taken(ctx, wanted, ctx.user, ctx.user.account)
    ban = ctx.sanctions.bans.fits(structs.replace(seen(ctx.user), nick=wanted))
    if why is not None:
        ctx.reply(ERR_NICKNAMEINUSE, wanted, why=why)
    elif ban is not None:
        ctx.reply(ERR_ERRONEUSNICKNAME, wanted, why=f"with it {ban_text(ban)}")
    elif (channel := _closed(ctx, wanted)) is not None:
        ctx.reply(ERR_BANONCHAN, wanted, channel.name)
    elif wanted != ctx.user.nick:
        _rename(ctx, wanted)


def _closed(ctx: Context, wanted: str) -> Channel | None:
    """A channel in which the user is and banned or muted, so that he can't be ``wanted`` now; None where he can.

    His account's own name he may have all the same, and it another way of writing what he has. So it is with Charybdis
    and those after it, and services there.
    """
    user = ctx.user
    if user.operator or fold(wanted) in (fold(user.nick), fold(user.account)):
        return None
    return barred(ctx, user)


def _rename(ctx: Context, wanted: str) -> None:
    ctx.act()
    user = ctx.user
    old = user.nick
    ctx.world.remember(user, ctx.now.wall)
    # Said under the old name, before anything changes.
    actions.tell_peers(ctx, user, f":{user.source} NICK {wanted}", cap=0, monitored=False, kept=True)
    ctx.world.rename(user, wanted)
    ctx.sanctions.judge(user)
    ctx.delivery.tell(Happened("renamed", f"{old} is now {wanted}", wanted))
    if fold(old) != fold(wanted):
        actions.announce(ctx, old, None)
        actions.announce(ctx, wanted, user)


@command(
    "PING", "<token>", "Asks for a sign of life; the token comes back.", early=True, changes=Changes.NOTHING
)
def ping(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#ping-message"""
    if not ctx.params or not ctx.params[0]:
        ctx.reply(ERR_NOORIGIN)
        return
    ctx.say("PONG", ctx.policy.name, ctx.params[0])


@command("PONG", "<token>", "Answers a PING.", early=True, cost=0, changes=Changes.NOTHING)
def pong(_ctx: Context) -> None:
    """Any line counts as a sign of life, so there is nothing left to do."""


@command("QUIT", "[:<reason>]", "Leaves the server.", early=True, cost=0)
def quit_(ctx: Context) -> None:
    """The server answers with ERROR and closes, once the others know."""
    reason = clip(ctx.params[0], ctx.policy.limits.reason) if ctx.params else ""
    said = f"{leaving.WORDLESS}: {reason}" if reason and not ctx.user.muted else leaving.WORDLESS
    if ctx.session.registration is not None:
        leaving.hang_up(ctx, ctx.session, said)
        return
    mute = silent(ctx, ctx.user) if reason else ()
    leaving.leave(ctx, ctx.session, leaving.Going(said, said, frozenset(each.folded for each in mute)))


@command("ERROR", "", "For servers; from a client it means nothing.", early=True, changes=Changes.NOTHING)
def error(_ctx: Context) -> None:
    """Passed over, as RFC 1459 has it."""
