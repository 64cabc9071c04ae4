"""PRIVMSG, NOTICE, TAGMSG: what all the rest is for.

Whoever may speak is decided when a message is accepted, and so is who gets it. What is part of the history is shown
only after it is stored; typing notices and the like are shown at once, and never kept.

Source: https://modern.ircdocs.horse/#sending-messages, https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from natterjack.core import bans
from natterjack.core.context import Context, distinct, shown
from natterjack.core.delivery import Gated, Line
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.registry import command
from natterjack.core.state import Channel, Groups, select
from natterjack.proto import caps, modes
from natterjack.proto.names import CHANNEL_PREFIX, is_channel
from natterjack.proto.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_CANNOTSENDTOUSER,
    ERR_INPUTTOOLONG,
    ERR_NEEDMOREPARAMS,
    ERR_NORECIPIENT,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
)
from natterjack.wire.message import render_tags

_TYPING = frozenset({"+typing", "+draft/typing"})
#: What makes a TAGMSG last: https://ircv3.net/specs/client-tags/react
_REACTIONS = frozenset({"+draft/react", "+draft/unreact"})


@command("PRIVMSG", "<target>[,<target>] :<text>", "Says something in channels or to people.")
def privmsg(ctx: Context) -> None:
    """Errors are told to the sender."""
    _speak(ctx, "PRIVMSG")


@command("NOTICE", "<target>[,<target>] :<text>", "Says something that no program answers.")
def notice(ctx: Context) -> None:
    """Never answered with an error (RFC 1459), lest two programs talk for ever."""
    _speak(ctx, "NOTICE", quiet=True)


@command("TAGMSG", "<target>[,<target>]", "Sends only tags, such as a reaction or a typing notice.", params=1)
def tagmsg(ctx: Context) -> None:
    """Goes only to those with message-tags."""
    if not ctx.has(caps.MESSAGE_TAGS):
        return
    targets = _targets(ctx, ctx.params[0])
    single = len(targets) == 1
    for target in targets:
        _send(ctx, "TAGMSG", target, None, single=single, quiet=False)


def _speak(ctx: Context, verb: str, quiet: bool = False) -> None:
    params = ctx.params
    if not params:
        if not quiet:
            ctx.reply(ERR_NORECIPIENT, command=verb)
        return
    if len(params) < 2 or not params[1]:
        if not quiet:
            ctx.reply(ERR_NOTEXTTOSEND)
        return
    target = params[0]
    if "," not in target:
        _send(ctx, verb, target, params[1], single=True, quiet=quiet)
        return
    targets = _targets(ctx, target, quiet)
    for target in targets:
        _send(ctx, verb, target, params[1], single=len(targets) == 1, quiet=quiet)


def _targets(ctx: Context, text: str, quiet: bool = False) -> list[str]:
    """The targets in ``text``, each once; none after an error."""
    targets = [target for target in distinct(text) if target]
    most = ctx.policy.limits.targets
    if len(targets) > most:
        if not quiet:
            ctx.reply(ERR_TOOMANYTARGETS, shown(targets[0]), limit=most)
        return []
    if not targets and not quiet:
        ctx.reply(ERR_NEEDMOREPARAMS, ctx.message.command)
    return targets


def _send(ctx: Context, verb: str, target: str, text: str | None, single: bool, quiet: bool) -> None:
    if is_channel(target) or (target[:1] in modes.RANK_OF_PREFIX and is_channel(target[1:])):
        _to_channel(ctx, verb, target, text, single, quiet)
    else:
        _to_user(ctx, verb, target, text, single, quiet)


def _to_channel(ctx: Context, verb: str, target: str, text: str | None, single: bool, quiet: bool) -> None:
    user = ctx.user
    rank = 0
    name = target
    if target[0] != CHANNEL_PREFIX:
        rank = modes.RANK_OF_PREFIX[target[0]]
        name = target[1:]
    channel = ctx.world.channel(name)
    ranks = channel.members.get(user.uid, -1) if channel is not None else -1
    if channel is None or (ranks < 0 and channel.has("s")):
        if not quiet:
            ctx.reply(ERR_NOSUCHCHANNEL, shown(name))
        return
    if user.muted:
        if not quiet and text is not None:
            ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=user.muted)
        return
    counts = False
    if ranks < modes.VOICE and (channel.guarded or ranks < 0):
        why = _refusal(ctx, channel, ranks)
        if why is None and channel.slow and not _is_typing(ctx, verb):
            counts = True
            why = _slowed(ctx, channel)
            quiet |= verb == "TAGMSG"
        if why is not None:
            if not quiet:
                ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=why)
            return
    target = target[0] + channel.name if rank else channel.name
    line = _line(ctx, verb, target, text)
    if line is None:
        return
    if counts:
        channel.heard(user, ctx.now.mono)
    groups = _ranked(ctx, channel, rank) if rank else channel.groups
    owners = (channel, user, ctx.session)
    # What is for some ranks only can't be part of what all may read, so it is not kept.
    if ctx.policy.history and not rank and (text is not None or _lasts(ctx)):
        ctx.remember(line, (channel.conversation,), owners, message=text is not None)
    _show(ctx, groups, line, owners, verb, single, heard=ranks >= rank)


def _refusal(ctx: Context, channel: Channel, ranks: int) -> str | None:
    """Why the user, who has no voice, may not speak in ``channel``, in words; None where he may."""
    if ranks < 0 and channel.has("n"):
        return "you are not in it"
    if channel.has("m"):
        return "it is moderated (+m) and you have no voice"
    if channel.has("M") and not ctx.user.account:
        return "only those with an account may speak (+M): log in first"
    ban = bans.barred(channel, ctx.user, speaking=True)
    return None if ban is None else bans.words(ctx, ban)


def _slowed(ctx: Context, channel: Channel) -> str | None:
    """Why slow mode keeps the user silent just now, in words; None where it does not."""
    left = ceil(channel.patience(ctx.user, ctx.now.mono))
    return f"slow mode: wait {left} second{'s' if left > 1 else ''}" if left > 0 else None


def _is_typing(ctx: Context, verb: str) -> bool:
    return verb == "TAGMSG" and not _TYPING.isdisjoint(ctx.message.tags)


def _to_user(ctx: Context, verb: str, target: str, text: str | None, single: bool, quiet: bool) -> None:
    receiver = ctx.world.find(target)
    if receiver is None:
        if not quiet:
            ctx.reply(ERR_NOSUCHNICK, shown(target))
        return
    user = ctx.user
    if user.muted:
        if verb == "PRIVMSG":
            ctx.reply(ERR_CANNOTSENDTOUSER, receiver.nick, why=user.muted)
        return
    line = _line(ctx, verb, receiver.nick, text)
    if line is None:
        return
    owners = (receiver, user, ctx.session)
    cap = caps.MESSAGE_TAGS if verb == "TAGMSG" else 0
    ctx.delivery.relay(select(receiver.groups, cap), line, owners)
    away = receiver.away and verb == "PRIVMSG"
    # The sender's other sessions see what he said; his own gets the echo if it asked for one.
    others = len(user.sessions) > 1 and receiver is not user
    _show(ctx, user.groups if others else (), line, owners, verb, single and not away, heard=others)
    if away:
        ctx.reply(RPL_AWAY, receiver.nick, receiver.away)


def _show(
    ctx: Context, groups: Groups, line: Line, owners: tuple[Gated, ...], verb: str, single: bool, heard: bool
) -> None:
    """Show ``line`` to ``groups``, and the echo to the session; ``heard`` says whether it is among ``groups``."""
    session = ctx.session
    session.active = ctx.now.mono
    if verb == "TAGMSG":
        groups = select(groups, caps.MESSAGE_TAGS)
    own = b""
    if session.caps & caps.ECHO_MESSAGE:
        if ctx.labelled and not single:
            ctx.delivery.relay(groups, line, owners, session if heard else None)
            ctx.answer(line.tags(session.kind), line.body)
            return
        label = ctx.take_label()
        if heard and not label:
            ctx.delivery.relay(groups, line, owners)
            return
        own = line.render(session.kind, label)
    if heard:
        ctx.delivery.relay(groups, line, owners, session, own)
    else:
        ctx.delivery.relay(groups, line, owners)
        if own:
            ctx.delivery.send(session, session.sid, own)


def _line(ctx: Context, verb: str, target: str, text: str | None) -> Line | None:
    """What others get; None, after a 417, where that would be longer than a line may be.

    Cutting the end off silently, as most servers do, would lose something that its writer believes was read.
    """
    user = ctx.user
    body = f":{user.source} {verb} {target}" if text is None else f":{user.source} {verb} {target} :{text}"
    if len(body) > 100:
        over = len(body.encode()) + 2 - LINE_LIMIT
        if over > 0:
            ctx.reply(ERR_INPUTTOOLONG, why=_too_long(over))
            return None
    tags = ctx.message.tags
    extra = _relayed(tags) if tags else ""
    if user.modes and "B" in user.modes:
        extra = f"bot;{extra}" if extra else "bot"
    return ctx.stamp(body, user.account, extra)


def _relayed(tags: Mapping[str, str]) -> str:
    """Client-only tags are passed on, except what is for the server alone. All others would be forged."""
    passed = {
        key: value for key, value in tags.items() if key[0] == "+" and not key.startswith("+natterjack/")
    }
    return render_tags(passed)[1:-1]


def _lasts(ctx: Context) -> bool:
    """Whether a TAGMSG is more than a sign of the moment."""
    return not _REACTIONS.isdisjoint(ctx.message.tags)


def _ranked(ctx: Context, channel: Channel, rank: int) -> Groups:
    """The sessions of those in ``channel`` who rank at least ``rank`` (STATUSMSG)."""
    world = ctx.world
    return tuple(
        (kind, chosen)
        for kind, sids in channel.groups
        if (chosen := tuple(sid for sid in sids if channel.members[world.sessions[sid].uid] >= rank))
    )


def _too_long(over: int) -> str:
    return f"Nothing was sent: with your name before it the line is {over} bytes too long for the others"
