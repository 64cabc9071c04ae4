"""Who may say nothing in a channel that he is in: what of him, or of the channel, keeps him silent.

Source: https://modern.ircdocs.horse/#channel-modes
"""

from __future__ import annotations

from math import ceil
from typing import Final

from natterjack.core import bans, multiline, pace
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.policy import MASKS
from natterjack.core.state import User
from natterjack.proto import modes

FOR_OPERATORS: Final = "what those without a voice say is shown to its operators alone (+U)"


def refusal(ctx: Context, channel: Channel, user: User, ranks: int, text: str = "") -> str | None:
    """Why ``user``, who has no voice, may not say ``text`` in ``channel``, in words; None where he may."""
    if ranks < 0 and channel.has("n"):
        return "you are not in it"
    if channel.has("m"):
        return "it is moderated (+m) and you have no voice"
    if channel.has("M") and not user.account:
        return "only those with an account may speak (+M): log in first"
    if channel.has("C") and multiline.has_ctcp(text):
        return "it takes no CTCP but /me (+C)"
    ban = bans.barred(channel, user, speaking=True)
    return None if ban is None else bans.words(ctx, ban)


def left(ctx: Context, channel: Channel, user: User) -> int:
    """For how many seconds more slow mode keeps ``user``, who has no voice, silent in ``channel``."""
    return max(ceil(channel.patience(user, ctx.now.mono)), 0) if channel.slow else 0


def is_silent(ctx: Context, channel: Channel, user: User) -> bool:
    """Whether ``user`` could say nothing just now to all in ``channel``, where he is: nor then in other ways."""
    ranks = channel.members[user.uid]
    if user.muted or ranks >= modes.VOICE or not channel.guarded:
        return bool(user.muted)
    return channel.has("U") or left(ctx, channel, user) > 0 or refusal(ctx, channel, user, ranks) is not None


def silent(ctx: Context, user: User) -> tuple[Channel, ...]:
    """The channels of ``user`` in which he :func:`is_silent`."""
    return tuple(channel for channel in ctx.world.channels_of(user) if is_silent(ctx, channel, user))


def barred(ctx: Context, user: User) -> Channel | None:
    """A channel in which ``user`` is, without a rank, though one of its bans or mutes means him.

    With each nick all masks are looked at anew; where they are many, the context's session has to wait for that.
    """
    masks = sum(len(channel.lists["b"]) for channel in ctx.world.channels_of(user) if "b" in channel.lists)
    pace.owe(ctx.session, ctx.policy.pace, masks // MASKS)
    for channel in ctx.world.channels_of(user):
        ranks = channel.members[user.uid]
        if ranks < modes.VOICE and bans.barred(channel, user, speaking=True) is not None:
            return channel
    return None
