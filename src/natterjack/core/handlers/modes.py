"""MODE: a channel's settings, lists and ranks, and a user's own flags.

Source: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from natterjack.core import rosters
from natterjack.core.context import Context, shown
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.registry import command
from natterjack.core.state import Channel, ListEntry
from natterjack.ports.effects import Happened
from natterjack.proto import modes
from natterjack.proto.casemap import fold
from natterjack.proto.limits import KEY_LENGTH, LIST_ENTRIES, MASK_LENGTH, MODES_PER_COMMAND
from natterjack.proto.masks import normalise
from natterjack.proto.modes import CHANNEL_MODES, Change, Kind
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import (
    ERR_BANLISTFULL,
    ERR_CANNOTSENDTOCHAN,
    ERR_INVALIDKEY,
    ERR_INVALIDMODEPARAM,
    ERR_NOSUCHNICK,
    ERR_UMODEUNKNOWNFLAG,
    ERR_UNKNOWNMODE,
    ERR_USERNOTINCHANNEL,
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

_LIST_NUMERICS = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVEXLIST, RPL_ENDOFINVEXLIST),
}
#: User modes that a user may set himself; ``o`` he may only give up.
_OWN_MODES = "Bi"


@command(
    "MODE", "<channel or nick> [<letters> [<parameter>...]]", "Shows or changes modes.", params=1, cost=2
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
    done = []
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
            refused = ctx.needs_rank(channel, modes.OP if _for_operators(change) else modes.HALFOP)
            if ctx.user.muted and change.adding and kind in (Kind.LIST, Kind.ALWAYS) and not refused:
                # Masks and keys are shown to all, and can be words.
                ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=ctx.user.muted)
                refused = True
            made = None if refused else _APPLY[kind](ctx, channel, change)
            if made is not None:
                done.append(made)
    if done:
        rosters.keep(ctx, channel)
        _tell(ctx, channel, done)


def _for_operators(change: Change) -> bool:
    """What a half-operator may not: make operators and half-operators, and change how the channel is as a whole."""
    return change.letter not in "vbeI"


def _tell(ctx: Context, channel: Channel, done: list[Change]) -> None:
    head = f":{ctx.user.source} MODE {channel.name} "
    for changes in _portions(done, LINE_LIMIT - 2 - len(head.encode())):
        words = modes.render_changes(changes)
        line = ctx.line(head + " ".join(words))
        ctx.relay(channel.groups, line, (channel, ctx.user, ctx.session), ctx.user.uid in channel.members)
        text = f"{ctx.user.nick} set {' '.join(words)} on {channel.name}"
        ctx.delivery.tell(Happened("mode", text, ctx.user.nick, channel.name))


def _portions(done: list[Change], room: int) -> Iterator[list[Change]]:
    """``done`` in pieces of which each fits a line with ``room`` bytes left for it."""
    piece: list[Change] = []
    for change in done:
        longer = [*piece, change]
        size = len(" ".join(modes.render_changes(longer)).encode())
        if piece and (size > room or len(piece) == MODES_PER_COMMAND):
            yield piece
            longer = [change]
        piece = longer
    if piece:
        yield piece


def _show_list(ctx: Context, channel: Channel, letter: str) -> None:
    entry_numeric, end_numeric = _LIST_NUMERICS[letter]
    if letter != "b" and ctx.needs_rank(channel, modes.HALFOP):
        return
    for entry in channel.lists.get(letter, {}).values():
        ctx.reply(entry_numeric, channel.name, entry.mask, entry.by, str(int(entry.time)))
    ctx.reply(end_numeric, channel.name)


# Each of these makes a change and answers with what is to be told of it, or None where nothing changed.


def _apply_list(ctx: Context, channel: Channel, change: Change) -> Change | None:
    if not change.param or " " in change.param or change.param[0] == ":":
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, change.letter, "*", why="A mask is one word")
        return None
    mask = normalise(change.param)
    if len(mask.encode()) > MASK_LENGTH:
        why = f"A mask has at most {MASK_LENGTH} bytes"
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, change.letter, "*", why=why)
        return None
    entries = channel.lists.get(change.letter, {})
    if not change.adding:
        gone = entries.pop(fold(mask), None)
        if not entries:
            channel.lists.pop(change.letter, None)
        return Change(False, change.letter, gone.mask) if gone is not None else None
    if fold(mask) in entries:
        return None
    if len(entries) >= LIST_ENTRIES:
        ctx.reply(ERR_BANLISTFULL, channel.name, change.letter)
        return None
    entries[fold(mask)] = ListEntry(mask, ctx.user.source, ctx.now.wall)
    channel.lists[change.letter] = entries
    return Change(True, change.letter, mask)


def _apply_key(ctx: Context, channel: Channel, change: Change) -> Change | None:
    if not change.adding:
        old, channel.key = channel.key, ""
        return Change(False, "k", old) if old else None
    key = change.param
    if not key or len(key.encode()) > KEY_LENGTH or key[0] == ":" or set(key) & set(" ,"):
        ctx.reply(ERR_INVALIDKEY, channel.name)
        return None
    if key == channel.key:
        return None
    channel.key = key
    return Change(True, "k", key)


def _apply_limit(ctx: Context, channel: Channel, change: Change) -> Change | None:
    if not change.adding:
        old, channel.limit = channel.limit, 0
        return Change(False, "l") if old else None
    text = change.param or ""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        why = "A limit is a number from 1 on"
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, "l", shown(text), why=why)
        return None
    if channel.limit == int(text):
        return None
    channel.limit = int(text)
    return Change(True, "l", str(channel.limit))


def _apply_flag(_ctx: Context, channel: Channel, change: Change) -> Change | None:
    if change.adding == channel.has(change.letter):
        return None
    channel.flags ^= {change.letter}
    return change


def _apply_rank(ctx: Context, channel: Channel, change: Change) -> Change | None:
    nick = change.param or ""
    target = ctx.world.find(nick)
    if target is None:
        ctx.reply(ERR_NOSUCHNICK, shown(nick))
        return None
    ranks = channel.members.get(target.uid)
    if ranks is None:
        ctx.reply(ERR_USERNOTINCHANNEL, target.nick, channel.name)
        return None
    bit = modes.RANK_OF_LETTER[change.letter]
    if bool(ranks & bit) == change.adding:
        return None
    channel.members[target.uid] = ranks ^ bit
    rosters.promote(ctx, channel, target)
    return Change(change.adding, change.letter, target.nick)


_APPLY: dict[Kind, Callable[[Context, Channel, Change], Change | None]] = {
    Kind.LIST: _apply_list,
    Kind.ALWAYS: _apply_key,
    Kind.WHEN_SET: _apply_limit,
    Kind.FLAG: _apply_flag,
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
        elif letter in _OWN_MODES or not adding:
            (after.add if adding else after.discard)(letter)
    if unknown:
        ctx.reply(ERR_UMODEUNKNOWNFLAG)
    if after != before:
        ctx.world.set_modes(user, "".join(after))
        changes = [Change(True, letter) for letter in sorted(after - before)]
        changes += [Change(False, letter) for letter in sorted(before - after)]
        line = ctx.line(f":{user.source} MODE {user.nick} {modes.render_changes(changes)[0]}")
        ctx.relay(user.groups, line, (user, ctx.session), self_included=True)
