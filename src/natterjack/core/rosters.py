"""What lasts of a channel: its settings, and its roster: which accounts belong to it, and what rank they have in it.

A channel lasts if its maker was logged in, as long as some account belongs to it. He is its owner, and its operator
whenever he is there. Belonging is the account's, being there the session's: leaving the server ends the one, PART and
KICK end the other. A rank stays with the account until somebody takes it. Guests belong nowhere, and a channel that a
guest made goes with its last user. The default channels last too, but belong to nobody; only their settings are kept.
"""

from __future__ import annotations

from natterjack.core import actions
from natterjack.core.context import Context
from natterjack.core.state import Channel, ListEntry, Seat, Topic, User
from natterjack.ports.records import ChannelGoneRecord, ChannelRecord, MaskRecord, SeatRecord, Snapshot
from natterjack.proto import modes
from natterjack.proto.casemap import fold


def restore(ctx: Context, snapshot: Snapshot) -> None:
    """Make the channels that the store had, and the default ones."""
    world = ctx.world
    for record in snapshot.channels:
        channel = world.create(record.name, record.created, record.conversation, lasting=True)
        channel.owner = record.owner
        channel.flags = frozenset(record.flags)
        channel.key = record.key
        channel.limit = record.limit
        channel.topic = Topic(record.topic, record.topic_by, record.topic_time) if record.topic else None
        for mask in record.masks:
            entries = channel.lists.setdefault(mask.letter, {})
            entries[fold(mask.mask)] = ListEntry(mask.mask, mask.by, mask.time)
    for seat in snapshot.seats:
        found = world.channel(seat.channel)
        if found is not None:
            found.roster[fold(seat.account)] = Seat(seat.account, seat.ranks, seat.member)
    for name in ctx.policy.lobby:
        if world.channel(name) is None:
            world.create(name, ctx.now.wall, lasting=True)
    for channel in world.channels.values():
        if not channel.conversation:  # new, or stored before there was a history
            channel.conversation = ctx.next_id()
            if ctx.policy.history:
                keep(ctx, channel)


def make(ctx: Context, name: str) -> Channel:
    """A new channel, made by the context's user; it lasts if he is logged in."""
    account = ctx.user.account
    channel = ctx.world.create(name, ctx.now.wall, ctx.next_id(), lasting=bool(account))
    channel.owner = account
    keep(ctx, channel)
    return channel


def keep(ctx: Context, channel: Channel) -> None:
    """The settings of ``channel`` have changed: store them, if it lasts."""
    if not channel.lasting:
        return
    masks = tuple(
        MaskRecord(letter, entry.mask, entry.by, entry.time)
        for letter, entries in channel.lists.items()
        for entry in entries.values()
    )
    topic = channel.topic or Topic("", "", 0.0)
    record = ChannelRecord(
        channel.name,
        channel.created,
        channel.owner,
        "".join(sorted(channel.flags)),
        channel.key,
        channel.limit,
        topic.text,
        topic.by,
        topic.time,
        masks,
        channel.conversation,
    )
    ctx.delivery.store(record, (channel,))


def belongs(channel: Channel, user: User) -> bool:
    """Whether the account of ``user`` belongs to ``channel``, or owns it: then nothing keeps him from coming in."""
    seat = channel.roster.get(fold(user.account)) if user.account else None
    return (seat is not None and seat.member) or _owns(channel, user)


def enter(ctx: Context, channel: Channel, ranks: int = 0) -> None:
    """The context's user comes into ``channel``, with ``ranks`` or those that his account has there."""
    user = ctx.user
    if user.account and channel.owner:
        seat = channel.roster.get(fold(user.account))
        ranks |= (seat.ranks if seat is not None else 0) | (modes.OP if _owns(channel, user) else 0)
        _sit(ctx, channel, Seat(user.account, ranks, member=True))
    actions.join(ctx, channel, ranks)


def leave(ctx: Context, channel: Channel, user: User, put_out: bool = False) -> None:
    """``user`` goes, or is ``put_out``: his account belongs to ``channel`` no longer.

    Unless it is still there under another nick. And an owner who was put out stays the owner: only he gives it up.
    """
    seat = channel.roster.get(fold(user.account)) if user.account else None
    if seat is None or _is_there_twice(ctx, channel, user):
        return
    _sit(ctx, channel, Seat(seat.account, seat.ranks, member=False))
    kept = put_out and _owns(channel, user)
    if channel.owner and not kept and not any(each.member for each in channel.roster.values()):
        _abandon(ctx, channel)


def _is_there_twice(ctx: Context, channel: Channel, user: User) -> bool:
    others = (ctx.world.users[uid] for uid in channel.members if uid != user.uid)
    return any(fold(other.account) == fold(user.account) for other in others)


def _abandon(ctx: Context, channel: Channel) -> None:
    """No account belongs to ``channel`` any more: it is an ordinary one from now on, and goes with its last user."""
    channel.owner = ""
    channel.lasting = False
    channel.roster.clear()
    ctx.delivery.store(ChannelGoneRecord(channel.name), (channel,))


def promote(ctx: Context, channel: Channel, user: User) -> None:
    """The ranks of ``user`` in ``channel`` have changed; so have those of his account."""
    if user.account and channel.owner:
        _sit(ctx, channel, Seat(user.account, channel.members[user.uid], member=True))


def come_back(ctx: Context) -> None:
    """The context's user has logged in: he is in all channels that his account belongs to."""
    user = ctx.user
    most = ctx.policy.limits.channels
    for channel in list(ctx.world.channels.values()):
        if channel.roster and user.uid not in channel.members:
            seat = channel.roster.get(fold(user.account))
            if seat is not None and seat.member and (most is None or len(user.channels) < most):
                enter(ctx, channel)


def _owns(channel: Channel, user: User) -> bool:
    return bool(user.account) and fold(channel.owner) == fold(user.account)


def _sit(ctx: Context, channel: Channel, seat: Seat) -> None:
    old = channel.roster.get(fold(seat.account))
    if old == seat:
        return
    channel.roster[fold(seat.account)] = seat
    ctx.delivery.store(SeatRecord(channel.name, seat.account, seat.ranks, seat.member), (channel,))
