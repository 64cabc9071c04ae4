"""PRIVMSG, NOTICE, TAGMSG: what all the rest is for.

Whoever may speak is decided when a message is accepted, and so is who gets it. Typing notices are shown at once and
never stored; everything else goes through :meth:`natterjack.core.delivery.Delivery.store` first.

Source: https://modern.ircdocs.horse/#sending-messages, https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

from collections.abc import Mapping

from natterjack.core import bans
from natterjack.core.context import Context, distinct, shown
from natterjack.core.delivery import Gated, Line
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.registry import command
from natterjack.core.state import Channel, Groups, User, select
from natterjack.ports.records import LineRecord
from natterjack.proto import caps, modes
from natterjack.proto.limits import TARGETS
from natterjack.proto.names import CHANNEL_PREFIX, is_channel
from natterjack.proto.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_INPUTTOOLONG,
    ERR_NEEDMOREPARAMS,
    ERR_NORECIPIENT,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
)
from natterjack.wire.message import NO_TAGS, render_tags

#: Channels have no conversation's number yet.
_NOWHERE = 0
_TYPING = frozenset({"+typing", "+draft/typing"})


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
    if len(targets) > TARGETS:
        if not quiet:
            ctx.reply(ERR_TOOMANYTARGETS, shown(targets[0]), limit=TARGETS)
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
    why = _refusal(channel, user, ranks) if ranks < modes.VOICE else None
    if why is not None:
        if not quiet:
            ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=why)
        return
    target = target[0] + channel.name if rank else channel.name
    line = _line(ctx, verb, target, text)
    if line is None:
        return
    groups = _ranked(ctx, channel, rank) if rank else channel.groups
    owners = (channel, user, ctx.session)
    if ctx.policy.durable and _lasts(line):
        ctx.delivery.store(_record(ctx, line, verb), owners)
    _show(ctx, groups, line, owners, verb, single, heard=ranks >= rank)


def _refusal(channel: Channel, user: User, ranks: int) -> str | None:
    """Why ``user``, who has no voice, may not speak in ``channel``, in words; None where he may."""
    if ranks < 0 and channel.has("n"):
        return "you are not in it"
    if channel.has("m"):
        return "it is moderated (+m) and you have no voice"
    if channel.lists and bans.banned(channel, user):
        return "you are banned"
    return None


def _to_user(ctx: Context, verb: str, target: str, text: str | None, single: bool, quiet: bool) -> None:
    receiver = ctx.world.find(target)
    if receiver is None:
        if not quiet:
            ctx.reply(ERR_NOSUCHNICK, shown(target))
        return
    line = _line(ctx, verb, receiver.nick, text)
    if line is None:
        return
    user = ctx.user
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
    client_tags = _relayed(tags) if tags else NO_TAGS
    return Line(body, ctx.delivery.clock(ctx.now), ctx.msgid(), user.account, "B" in user.modes, client_tags)


def _relayed(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Client-only tags are passed on, except what is for the server alone. All others would be forged."""
    return {key: value for key, value in tags.items() if key[0] == "+" and not key.startswith("+natterjack/")}


def _lasts(line: Line) -> bool:
    return _TYPING.isdisjoint(line.client_tags) if line.client_tags else True


def _record(ctx: Context, line: Line, verb: str) -> LineRecord:
    tags = render_tags(line.client_tags)[1:-1] if line.client_tags else ""
    wall = int(ctx.now.wall * 1000)
    return LineRecord(ctx.messages, (_NOWHERE,), wall, verb != "TAGMSG", line.body, line.account, tags)


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
