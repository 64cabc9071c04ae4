"""What keeps somebody from saying something just now, and what counts as saying something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.core import reception, rosters
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.replies import shown
from natterjack.core.silence import FOR_OPERATORS, left, refusal
from natterjack.proto import modes
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import ERR_CANNOTSENDTOCHAN

if TYPE_CHECKING:
    from natterjack.core.speech import Speech

_TYPING = frozenset({"+typing", "+draft/typing"})
#: What makes a TAGMSG last: https://ircv3.net/specs/client-tags/react, and a word of Ergo's that asks for just that.
_LASTING = frozenset({"+draft/react", "+draft/unreact", "+draft/persist"})
FULL = "this server keeps no more channels without an owner: log in to an account and make one of your own"


class Hindrance(Struct, frozen=True, gc=False):
    """Why something can't be said, in words; ``known`` False: as far as whoever asks may know, there is no such target.

    ``seconds``: after which it may be tried again, 0: that would not help.
    """

    text: str
    known: bool = True
    seconds: int = 0


def hindrance(ctx: Context, target: str) -> Hindrance | None:
    """What keeps the context's user from saying something just now to ``target``: somebody, or a channel he is in.

    The same as :func:`natterjack.core.speech.say` would find, which is not told to anybody.
    """
    user = ctx.user
    if not is_channel(target):
        receiver = ctx.world.find(target)
        if receiver is None and not reception.absent(ctx, target):
            return Hindrance(f"there is nobody called {shown(target)}", known=False)
        unwelcome = reception.unwelcome(ctx, receiver, "") if receiver is not None else None
        if user.muted:
            return Hindrance(user.muted)
        return Hindrance(unwelcome[1]) if unwelcome is not None else None
    channel = ctx.peek_channel(target)
    if channel is None:
        return Hindrance(f"there is no channel {shown(target)}", known=False)
    ranks = channel.members.get(user.uid, -1)
    why = user.muted or refusal(ctx, channel, user, ranks) if 0 <= ranks < modes.VOICE else user.muted
    if ranks < 0:
        why = "you are not in it"
    if not why and ctx.policy.history and not channel.lasting and rosters.is_full(ctx):
        why = FULL
    if not why and ranks < modes.VOICE and channel.has("U"):
        why = FOR_OPERATORS  # and what is sent could be fetched by all who are in it
    if why:
        return Hindrance(why)
    seconds = left(ctx, channel, user) if ranks < modes.VOICE else 0
    return Hindrance(_slow_mode(seconds), seconds=seconds) if seconds else None


def is_silenced(ctx: Context, channel: Channel, ranks: int, speech: Speech) -> bool:
    """Whether something keeps the user, who has no voice, from speaking in ``channel``; if so he was told."""
    quiet = speech.quiet
    why = refusal(ctx, channel, ctx.user, ranks, speech.text or "")
    if why is None and speech.edits is not None and channel.has("U"):
        why = FOR_OPERATORS  # who could not tell what was there before
    if why is None and channel.slow and counts(ctx, speech.verb, ranks):
        seconds = left(ctx, channel, ctx.user)
        why = _slow_mode(seconds) if seconds else None
        quiet |= speech.verb == "TAGMSG"
    if why is not None and not quiet:
        ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=why)
    return why is not None


def counts(ctx: Context, verb: str, ranks: int) -> bool:
    """Whether this counts for slow mode: whatever is more than a sign of the moment, and that if it is no typing."""
    signs = verb == "TAGMSG" and not lasts(ctx) and not _TYPING.isdisjoint(ctx.message.tags)
    return ranks < modes.VOICE and not signs


def _slow_mode(seconds: int) -> str:
    return f"slow mode: wait {seconds} second{'s' if seconds > 1 else ''}"


def lasts(ctx: Context) -> bool:
    """Whether a TAGMSG is more than a sign of the moment."""
    return not _LASTING.isdisjoint(ctx.message.tags)
