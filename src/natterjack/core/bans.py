"""A channel's lists: bans and mutes (``b``), exceptions from them (``e``), and those who need no invitation (``I``).

A ban may have an end. Then the server itself takes it off, at the tick after that
(:func:`natterjack.core.rosters.lift_due`): its end is kept by the clock that never jumps, and stored by the one on the
wall.
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.core.channel import Channel, ListEntry
from natterjack.core.context import Context
from natterjack.core.policy import LISTED_A_DAY
from natterjack.core.state import User
from natterjack.proto.extbans import Mask, MaskError, read
from natterjack.proto.limits import clip
from natterjack.proto.numerics import ERR_BANLISTFULL, ERR_INVALIDMODEPARAM
from natterjack.proto.timestamps import format_time

#: Bytes of a ban's reason: it shares a line with the longest channel's name and nick.
REASON_LENGTH = 200
#: What is remembered of whom a channel's lists mean; some hundred bytes each.
VERDICTS = 1000


# -- whom they mean


def listed(channel: Channel, letter: str, user: User) -> bool:
    """Whether some mask in the list ``letter`` fits ``user``."""
    return letter in channel.lists and _verdict(channel, user, letter, _first) is not None


def barred(channel: Channel, user: User, speaking: bool) -> ListEntry | None:
    """The ban that keeps ``user`` from joining or, if ``speaking``, the ban or mute that keeps him from that.

    None where none fits, or an exception does. Bans don't keep from anything whoever has a rank: the caller asks.
    """
    if "b" not in channel.lists:
        return None
    return _verdict(channel, user, "speaking" if speaking else "joining", _barred)


def _verdict(
    channel: Channel, user: User, question: str, find: Callable[[Channel, User, str], ListEntry | None]
) -> ListEntry | None:
    """What ``find`` says, which is asked once: looking through a hundred masks takes ten times a message's time.

    Nor may the time of a refusal tell how many masks a secret channel has. Any change of the lists forgets it all.
    """
    key = (question, user.source, user.account)
    verdicts = channel.verdicts
    if key in verdicts:
        return verdicts[key]
    if len(verdicts) >= VERDICTS:
        verdicts.clear()
    verdicts[key] = found = find(channel, user, question)
    return found


def _first(channel: Channel, user: User, letter: str) -> ListEntry | None:
    entries = channel.lists[letter].values()
    return next((entry for entry in entries if entry.mask.fits(user.source, user.account)), None)


def _barred(channel: Channel, user: User, question: str) -> ListEntry | None:
    mutes, looked = question == "speaking", False
    for entry in channel.lists["b"].values():
        mask = entry.mask
        if (mask.mute and not mutes) or not mask.fits(user.source, user.account):
            continue
        # Each of these is asked once: a hundred bans times a hundred exceptions would take long.
        if not looked and _excepted(channel, user, mute=False):
            return None
        looked = True
        if not mask.mute or not _excepted(channel, user, mute=True):
            return entry
        mutes = False
    return None


def _excepted(channel: Channel, user: User, mute: bool) -> bool:
    """Whether an exception fits ``user``: one from everything or, if ``mute``, one from mutes alone."""
    return any(
        entry.mask.mute == mute and entry.mask.fits(user.source, user.account)
        for entry in channel.lists.get("e", {}).values()
    )


def words(ctx: Context, entry: ListEntry) -> str:
    """What somebody whom ``entry`` keeps out is told: that, until when, and why."""
    return f"you are {_sentence(ctx, entry, '')}"


def describe(ctx: Context, entry: ListEntry) -> str:
    """What those who ban are told of ``entry``."""
    return f"{entry.mask.text} is {_sentence(ctx, entry, ' without an end')}"


def _sentence(ctx: Context, entry: ListEntry, endless: str) -> str:
    until = f" until {format_time(entry.until(ctx.now))}" if entry.seconds else endless
    reason = f": {entry.reason}" if entry.reason else ""
    return f"{'muted' if entry.mask.mute else 'banned'}{until}{reason}"


# -- putting into them and taking out


def _why_not_more(ctx: Context, channel: Channel, letter: str) -> str | None:
    """Why the context's user can't put one more mask into a list, in words; None where he can, and does."""
    most = ctx.policy.limits.list_entries
    if len(channel.lists.get(letter, ())) >= most:
        return f"Channel list is full: it has {most} entries at the most"
    if ctx.session.paced and not ctx.guard.may_list(ctx.session.site, ctx.now.mono):
        return f"From where you are {LISTED_A_DAY} entries a day can be put into lists, and were: try again tomorrow"
    return None


def read_mask(ctx: Context, channel: Channel, letter: str, text: str | None) -> Mask | None:
    """The mask that ``text`` means in the list ``letter``, or None after a 696."""
    try:
        return read(text or "", mutes=letter != "I")
    except MaskError as error:
        ctx.reply(ERR_INVALIDMODEPARAM, channel.name, letter, "*", why=str(error))
        return None


def add(
    ctx: Context, channel: Channel, letter: str, mask: Mask, seconds: int = 0, reason: str = ""
) -> ListEntry | None:
    """The context's user puts ``mask`` into a list, for ``seconds`` (0: for ever). The answer is None after a 478.

    One that is there already gets this in place of what it had.
    """
    if channel.entry(letter, mask.text) is None:
        why = _why_not_more(ctx, channel, letter)
        if why is not None:
            ctx.reply(ERR_BANLISTFULL, channel.name, letter, why=why)
            return None
    due = ctx.now.mono + seconds if seconds else 0.0
    reason = clip(reason, REASON_LENGTH)
    entry = ListEntry(mask, ctx.user.source, ctx.now.wall, due, seconds, reason)
    ctx.world.enlist(channel, letter, entry)
    return entry
