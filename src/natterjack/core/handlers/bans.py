"""TBAN: bans with an end and a reason, which MODE has no words for.

A command of our own; to everybody else it looks like ``MODE +b``, and ``MODE -b`` at the end. ``MODE +b`` for the same
mask takes the end away and keeps the reason. The command alone shows what ``MODE b`` can't.
"""

from __future__ import annotations

from natterjack.core import bans, changes, rosters
from natterjack.core.channel import Channel, ListEntry
from natterjack.core.context import Context
from natterjack.core.registry import command
from natterjack.core.replies import shown
from natterjack.proto import durations, modes
from natterjack.proto.modes import Change
from natterjack.proto.numerics import ERR_CANNOTSENDTOCHAN, ERR_INVALIDMODEPARAM, ERR_NEEDMOREPARAMS
from natterjack.proto.standard_replies import BAN_INFO

#: Seconds. Whoever is to stay out for longer than a year is banned with MODE +b.
LONGEST = 365 * 86400


@command(
    "TBAN",
    "<channel> [<duration, such as 30m, 12h or 7d> <mask> [:<reason>]]",
    "Bans for some time, or shows which bans have an end or a reason.",
    params=1,
    cost=2,
)
def tban(ctx: Context) -> None:
    """Takes the rank that MODE +b takes."""
    channel = ctx.find_channel(ctx.params[0])
    if channel is None or ctx.needs_rank(channel, modes.HALFOP):
        return
    if len(ctx.params) == 1:
        _show(ctx, channel)
    elif len(ctx.params) == 2:
        ctx.reply(ERR_NEEDMOREPARAMS, "TBAN")
    else:
        _ban(ctx, channel)


def _ban(ctx: Context, channel: Channel) -> None:
    if ctx.user.muted:  # mask and reason are shown to others
        ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=ctx.user.muted)
        return
    seconds = durations.read(ctx.params[1])
    if seconds is None or seconds > LONGEST:
        why = "A duration is a number and a unit, such as 30m, 12h or 7d, and at most 365d"
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, "b", shown(ctx.params[1]), why=why)
        return
    mask = bans.read_mask(ctx, channel, "b", ctx.params[2])
    if mask is None:
        return
    new = channel.entry("b", mask.text) is None
    reason = ctx.params[3] if len(ctx.params) > 3 else ""
    entry = bans.add(ctx, channel, "b", mask, seconds, reason)
    if entry is None:
        return
    rosters.keep(ctx, channel, ctx.session)
    if new:
        changes.tell(ctx, channel, [Change(True, "b", mask.text)])
    _show_one(ctx, channel, entry)


def _show(ctx: Context, channel: Channel) -> None:
    found = [entry for entry in channel.lists.get("b", {}).values() if entry.seconds or entry.reason]
    for entry in found:
        _show_one(ctx, channel, entry)
    if not found:
        ctx.note(BAN_INFO, "TBAN", channel.name, words="No ban here has an end or a reason")


def _show_one(ctx: Context, channel: Channel, entry: ListEntry) -> None:
    ctx.note(BAN_INFO, "TBAN", channel.name, entry.mask.text, words=bans.describe(ctx, entry))
