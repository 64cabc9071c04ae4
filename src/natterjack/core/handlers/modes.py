"""MODE: a channel's settings, lists and ranks, and a user's own flags.

Source: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.core import bans, changes, rosters
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.proto import modes
from natterjack.proto.limits import KEY_LENGTH, MODES_PER_COMMAND
from natterjack.proto.modes import CHANNEL_MODES, Change, Kind
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_INVALIDKEY,
    ERR_INVALIDMODEPARAM,
    ERR_UMODEUNKNOWNFLAG,
    ERR_UNKNOWNMODE,
    ERR_USERSDONTMATCH,
    RPL_BANLIST,
    RPL_CHANNELMODEIS,
    RPL_CREATIONTIME,
    RPL_ENDOFBANLIST,
    RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVEXLIST,
    RPL_EXCEPTLIST,
    RPL_INVEXLIST,
    RPL_UMODEIS,
)
from natterjack.proto.standard_replies import BAN_INFO

_LIST_NUMERICS = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVEXLIST, RPL_ENDOFINVEXLIST),
}


@command(
    "MODE",
    "<channel or nick> [<letters> [<parameter>...]]",
    "Shows or changes modes.",
    params=1,
    cost=2,
    changes=Changes.ONCE_IT_ACTS,
)
def mode(ctx: Context) -> None:
    """Hands on by the kind of target."""
    if is_channel(ctx.params[0]):
        _channel_mode(ctx)
    else:
        _user_mode(ctx)


def _channel_mode(ctx: Context) -> None:
    channel = ctx.find_channel(ctx.params[0])
    if channel is None:
        return
    if len(ctx.params) == 1:
        ctx.reply(RPL_CHANNELMODEIS, channel.name, *channel.mode_params(ctx.user.uid in channel.members))
        ctx.reply(RPL_CREATIONTIME, channel.name, str(int(channel.created)))
        return
    done: list[Change] = []
    shown_lists: set[str] = set()  # each once, or one line would bring a megabyte
    refused = False
    for change in modes.parse_changes(ctx.params[1], ctx.params[2:])[: 4 * MODES_PER_COMMAND]:
        kind = CHANNEL_MODES.get(change.letter)
        if kind is None:
            ctx.reply(ERR_UNKNOWNMODE, shown(change.letter))
        elif kind is Kind.LIST and change.param is None:
            if change.letter not in shown_lists:
                shown_lists.add(change.letter)
                _show_list(ctx, channel, change.letter)
        elif not refused:
            refused = ctx.needs_rank(channel, _rank_for(channel, change.letter))
            if ctx.user.muted and change.adding and kind in (Kind.LIST, Kind.ALWAYS) and not refused:
                # Masks and keys are shown to all, and can be words.
                ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=ctx.user.muted)
                refused = True
            if not refused:
                done += _APPLY[kind](ctx, channel, change)
    if done:
        rosters.keep(ctx, channel)
        changes.tell(ctx, channel, done)


def _rank_for(channel: Channel, letter: str) -> int:
    """The rank that it takes to change ``letter``.

    What a half-operator may not: make operators and half-operators, and change how the channel is as a whole. What an
    operator may not, where there is an owner: say who owns the channel, and who reads what was said in it.
    """
    if letter == "q":
        return modes.OWNER
    if letter == "H":
        return rosters.highest(channel)
    return modes.HALFOP if letter in "vbeI" else modes.OP


def _show_list(ctx: Context, channel: Channel, letter: str) -> None:
    entry_numeric, end_numeric = _LIST_NUMERICS[letter]
    if letter != "b" and ctx.needs_rank(channel, modes.HALFOP):
        return
    for entry in channel.lists.get(letter, {}).values():
        ctx.reply(entry_numeric, channel.name, entry.mask.text, entry.by, str(int(entry.time)))
    ctx.reply(end_numeric, channel.name)


# Each of these makes a change and answers with what is to be told of it: nothing where nothing changed. It says that it
# acts (`ctx.act`) right before.


def _apply_list(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    letter = change.letter
    mask = bans.read_mask(ctx, channel, letter, change.param)
    if mask is None:
        return []
    ctx.act()
    if not change.adding:
        gone = ctx.world.strike(channel, letter, mask.text)
        return [Change(False, letter, gone.mask.text)] if gone is not None else []
    old = channel.entry(letter, mask.text)
    if old is None:
        return [Change(True, letter, mask.text)] if bans.add(ctx, channel, letter, mask) is not None else []
    if old.seconds:
        # Whoever says +b means a ban that stays. Nothing changes for the others, so only he is told.
        entry = bans.add(ctx, channel, letter, mask, reason=old.reason) or old
        rosters.keep(ctx, channel, ctx.session)
        ctx.note(BAN_INFO, "MODE", channel.name, mask.text, words=bans.describe(ctx, entry))
    return []


def _apply_key(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    if not change.adding:
        ctx.act()
        old, channel.key = channel.key, ""
        return [Change(False, "k", old)] if old else []
    key = change.param
    if not key or len(key.encode()) > KEY_LENGTH or key[0] == ":" or set(key) & set(" ,"):
        ctx.reply(ERR_INVALIDKEY, channel.name)
        return []
    if key == channel.key:
        return []
    ctx.act()
    channel.key = key
    return [Change(True, "k", key)]


def _apply_when_set(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    return (_apply_forward if change.letter == "f" else _apply_number)(ctx, channel, change)


def _apply_forward(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    """Whoever leads people into another channel is its operator too."""
    if not change.adding:
        ctx.act()
        old, channel.forward = channel.forward, ""
        return [Change(False, "f")] if old else []
    name = change.param or ""
    other = ctx.peek_channel(name)
    if other is None or other is channel:
        ctx.reply(
            ERR_INVALIDMODEPARAM,
            channel.name,
            "f",
            shown(name) or "*",
            why="Name another channel",
        )
        return []
    if ctx.needs_rank(other, modes.OP) or other.name == channel.forward:
        return []
    ctx.act()
    channel.forward = other.name
    return [Change(True, "f", other.name)]


def _apply_number(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    letter = change.letter
    number = changes.read_number(change)
    if number is None:
        why = changes.NUMBERS[letter][1]
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, letter, shown(change.param or ""), why=why)
        return []
    return changes.put_number(ctx, channel, letter, number)


def _apply_rank(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    nick = change.param or ""
    holder = rosters.find_holder(ctx, channel, nick)
    if holder is None:
        return []
    bit = modes.RANK_OF_LETTER[change.letter]
    if holder.ranks & modes.OWNER and ctx.needs_rank(channel, modes.OWNER):
        return []
    if bool(holder.ranks & bit) == change.adding:
        return []
    why = rosters.why_not_owner(ctx, channel, holder, change.adding) if bit == modes.OWNER else None
    if why is not None:
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, "q", shown(nick), why=why)
        return []
    ctx.act()
    rosters.set_ranks(ctx, channel, holder, holder.ranks ^ bit)
    return [Change(change.adding, change.letter, name) for name in holder.names]


_APPLY: dict[Kind, Callable[[Context, Channel, Change], list[Change]]] = {
    Kind.LIST: _apply_list,
    Kind.ALWAYS: _apply_key,
    Kind.WHEN_SET: _apply_when_set,
    Kind.FLAG: changes.put_flag,
    Kind.RANK: _apply_rank,
}


def _user_mode(ctx: Context) -> None:
    target = ctx.find_user(ctx.params[0])
    if target is None:
        return
    if target is not ctx.user:
        ctx.reply(ERR_USERSDONTMATCH)
        return
    user = ctx.user
    if len(ctx.params) == 1:
        ctx.reply(RPL_UMODEIS, f"+{user.modes}")
        return
    before = set(user.modes)
    after = set(before)
    adding = True
    unknown = False
    for letter in ctx.params[1]:
        if letter in "+-":
            adding = letter == "+"
        elif letter not in modes.USER_MODES:
            unknown = True
        elif letter in modes.OWN_USER_MODES or not adding:
            (after.add if adding else after.discard)(letter)
    if unknown:
        ctx.reply(ERR_UMODEUNKNOWNFLAG)
    if after != before:
        ctx.act()
        ctx.world.set_modes(user, "".join(after))
        made = [Change(True, letter) for letter in sorted(after - before)]
        made += [Change(False, letter) for letter in sorted(before - after)]
        line = ctx.line(f":{user.source} MODE {user.nick} {modes.render_changes(made)[0]}")
        ctx.relay(user.groups, line, (user, ctx.session), self_included=True)
