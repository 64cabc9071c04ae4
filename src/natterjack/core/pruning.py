"""Channels that nobody needs any more go, with their history.

One that does not last is gone as its last user leaves it, and nobody can read any more what happened there: it is
forgotten with the same batch that has him leave. One that lasts is not needed if nobody is there, no account belongs to
it, and nothing was said for ``channels.keep_empty``. The server's own stay. About once an hour the server looks for
such; when something was said last, the history is asked, some channels at a time, and a second later the next ones.
"""

from __future__ import annotations

from typing import Final

from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.files import removing
from natterjack.core.files.removing import today
from natterjack.core.waits import OwnErrand, Steps, Waits
from natterjack.ports.effects import Happened
from natterjack.ports.questions import LATE, Delay, ReadTargets, Targets
from natterjack.ports.records import ChannelGoneRecord, ForgetRecord
from natterjack.proto.casemap import fold

#: Seconds between two looks.
EVERY: Final = 3600.0
#: Channels that are looked at in one go: about a millisecond here, and some in the store.
PORTION: Final = 100


class Pruner(OwnErrand):
    """Looks for channels that nobody needs."""

    def __init__(self, ctx: Context, waits: Waits) -> None:
        super().__init__(ctx, waits)
        self._next = ctx.now.mono + EVERY

    def tick(self) -> None:
        """Time has passed: it may be time for a look."""
        ctx = self._ctx
        if ctx.now.mono < self._next or not ctx.policy.history:
            return
        self._next = ctx.now.mono + EVERY
        if ctx.policy.keep_empty:
            self.start(_prune(ctx))


def _prune(ctx: Context) -> Steps:
    left = [channel for channel in ctx.world.channels.values() if _is_left(ctx, channel)]
    while left:
        portion, left = left[:PORTION], left[PORTION:]
        gates = [channel.gate for channel in portion]
        # What was said there just now is stored, before that is asked.
        ctx.session.gate = max(ctx.session.gate, *gates)
        since = today(ctx) - ctx.policy.keep_empty
        conversations = tuple(channel.conversation for channel in portion)
        spoken: Targets = yield ReadTargets(conversations, "", int(since * 1000), LATE, PORTION)
        alive = {conversation for conversation, _, _ in spoken}
        for channel, gate in zip(portion, gates, strict=True):
            untouched = channel.gate == gate and _touched(channel) < since
            if untouched and channel.conversation not in alive and _is_left(ctx, channel):
                _remove(ctx, channel)
        if left:
            yield Delay(1.0)


def _is_left(ctx: Context, channel: Channel) -> bool:
    """Whether nobody is in ``channel``, nor belongs to it."""
    return (
        not channel.members
        and ctx.world.channels.get(channel.folded) is channel
        and channel.folded not in map(fold, ctx.policy.lobby)
        and not any(seat.member for seat in channel.roster.values())
    )


def _touched(channel: Channel) -> float:
    """When ``channel`` was made or got its topic: seconds since 1970."""
    return max(channel.created, channel.topic.time if channel.topic is not None else 0.0)


def _remove(ctx: Context, channel: Channel) -> None:
    ctx.world.remove(channel)
    ctx.marks.drop(channel.name)
    ctx.delivery.store(ChannelGoneRecord(channel.name), ())
    text = f"{channel.name} is gone, with its history: nobody belonged to it, and nothing was said for long"
    ctx.delivery.tell(Happened("channel-gone", text, channel=channel.name))


def forget(ctx: Context) -> None:
    """The channels that have gone in this turn, however they went, are gone with what was kept of them."""
    vanished, ctx.world.vanished = ctx.world.vanished, []
    for conversation in vanished:
        if ctx.policy.history:
            ctx.delivery.keep(ForgetRecord(conversation), ())
        removing.forgotten(ctx, conversation)
