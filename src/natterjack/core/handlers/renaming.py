"""RENAME: a channel gets another name, and keeps all else.

Its history stays with it, since that goes by the channel's number. Whoever joins the former name within a day is told
the new one (``core/handlers/membership.py``); another channel can be given it at once.

Source: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from msgspec import structs

from natterjack.core import actions, rosters
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.policy import RENAME_EVERY, RENAME_NAMES
from natterjack.core.registry import command
from natterjack.core.replies import shown
from natterjack.core.state import Groups, select, without
from natterjack.ports.effects import Happened
from natterjack.ports.records import ChannelRenamedRecord
from natterjack.proto import caps
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.limits import clip
from natterjack.proto.names import check_channel


@command("RENAME", "<channel> <new name> [:<reason>]", "Gives a channel another name.", params=2, cost=3)
def rename(ctx: Context) -> None:
    """For the channel's owner; for its operators, where it has none."""
    old, new = ctx.params[:2]
    channel = ctx.own_channel(old)
    if channel is None or ctx.needs_rank(channel, rosters.highest(channel)) or channel.name == new:
        return
    why = _refusal(ctx, channel, new)
    if why:
        ctx.fail(fails.CANNOT_RENAME, "RENAME", channel.name, shown(new), why=why)
    elif ctx.world.channel(new) not in (None, channel):
        ctx.fail(fails.CHANNEL_NAME_IN_USE, "RENAME", channel.name, shown(new))
    else:
        reason = clip(ctx.params[2], ctx.policy.limits.reason) if len(ctx.params) > 2 else ""
        _rename(ctx, channel, new, reason)


def _refusal(ctx: Context, channel: Channel, new: str) -> str:
    """Why ``channel`` can't be called ``new``, in words, whatever channels there are; ``""`` where it can."""
    if channel.folded in map(fold, ctx.policy.lobby):
        return "It is one of the server's own"
    if not rosters.may_make(ctx):
        return "You may not make channels here"
    if ctx.user.muted:  # a name is something said
        return ctx.user.muted
    why = check_channel(new, ctx.policy.limits.channel)
    if why is not None:
        return why
    if ctx.now.mono < channel.renamed + RENAME_EVERY:
        return "It has got a new name just now: wait a minute"
    strangers = sum(len(sids) for _, sids in without(channel.groups, caps.CHANNEL_RENAME))
    if fold(new) != channel.folded and strangers * len(channel.members) > RENAME_NAMES:
        return f"{strangers} are here whose apps would have to come in anew, which are too many"
    return ""


def _rename(ctx: Context, channel: Channel, new: str, reason: str) -> None:
    old = channel.name
    same = fold(old) == fold(new)
    members = [ctx.world.users[uid] for uid in channel.members]
    owners: tuple[Gated, ...] = (
        channel,
        *members,
        *(session for user in members for session in user.sessions),
    )
    line = ctx.line(f":{ctx.user.source} RENAME {old} {new} :{reason}")
    channel.renamed = ctx.now.mono
    ctx.world.rename_channel(channel, new, ctx.now.mono)
    ctx.marks.move(old, new)
    if channel.lasting:
        ctx.delivery.store(ChannelRenamedRecord(old, new), owners)
    for invite in [each for each in ctx.invites if each.channel and fold(each.channel) == fold(old)]:
        ctx.invites.put(structs.replace(invite, channel=new))
        ctx.delivery.store(structs.replace(invite, channel=new), owners)
    for other in ctx.world.channels.values():
        if other.forward == old:  # those that lead to it go on doing so
            other.forward = new
            rosters.keep(ctx, other)
    ctx.keep(line, (channel,), owners)
    knows = ctx.has(caps.CHANNEL_RENAME)
    ctx.relay(select(channel.groups, caps.CHANNEL_RENAME), line, owners, self_included=knows)
    if not same:
        _tell_strangers(ctx, without(channel.groups, caps.CHANNEL_RENAME), channel, old, reason)
    text = f"{ctx.user.nick} renamed {old} to {new}"
    ctx.delivery.tell(Happened("channel-renamed", text, ctx.user.nick, new))


def _tell_strangers(ctx: Context, groups: Groups, channel: Channel, old: str, reason: str) -> None:
    """To those who know no RENAME it is as if they left one channel and came into another."""
    tail = f" :{reason}" if reason else ""
    for _, sids in groups:
        for sid in sids:
            session = ctx.world.sessions[sid]
            with ctx.aimed_at(session):
                parting = ctx.line(f":{ctx.user.source} PART {old}{tail}")
                ctx.answer(parting.tags(session.kind), parting.body)
                actions.show_joined(ctx, channel)
