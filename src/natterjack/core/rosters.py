"""What lasts of a channel: its settings, and its roster: which accounts belong to it, and what rank they have in it.

A channel lasts if its maker was logged in, as long as some account belongs to it; such a one has a roster, and others
have none. Its maker is its owner or, where the configuration wants that, its operator, who may make it his own
(:func:`claim`). Owners alone make and unmake owners, and once there was one there always is, whether he is there or
not. Belonging is the account's, being there the session's: leaving the server ends the one, PART and KICK end the
other. A rank stays with the account until somebody takes it. Guests belong nowhere, and a channel that a guest made
goes with its last user. The default channels last too, but belong to nobody; only their settings are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct, structs

from natterjack.core import actions, bans, changes, pace
from natterjack.core.channel import Channel, Keep, ListEntry, Recent, Seat, Topic
from natterjack.core.context import Context
from natterjack.core.delivery import Gated, Line
from natterjack.core.policy import FORMER_FOR
from natterjack.core.replies import shown
from natterjack.core.state import User
from natterjack.ports.effects import Happened
from natterjack.ports.events import Now
from natterjack.ports.records import ChannelGoneRecord, ChannelRecord, MaskRecord, SeatRecord, Snapshot
from natterjack.proto import extbans, modes
from natterjack.proto.casemap import fold
from natterjack.proto.modes import Change
from natterjack.proto.numerics import ERR_NOSUCHNICK, ERR_USERNOTINCHANNEL

#: Owners that a channel may have: they can't put each other right, so they should know each other.
OWNERS = 4
#: Channels that last though they have no owner: guests made them and talked there. A few kilobytes each, at least.
OWNERLESS = 1000
#: Channels that one account may have made, and own still, unless it need not keep the pace: each stays for a month when
#: it is left, and all who log in have it looked at.
OWNED = 100
_ENOUGH = "you {what} {most} channels already, which is the most here: give one to somebody else"
#: What an owner is, and what whoever makes a channel is in it who may not own it (yet).
_OWNER = modes.OWNER | modes.OP
_GUEST_MAKER = modes.OP


class Holder(Struct, frozen=True):
    """Whoever has ``ranks`` in a channel: one user or, with an ``account`` on its roster, all of that who are there."""

    account: str
    users: tuple[User, ...]
    ranks: int

    @property
    def names(self) -> Iterable[str]:
        """What MODE calls him: his nicks, or where none of his is there, his account."""
        return [user.nick for user in self.users] or [self.account]


def restore(ctx: Context, snapshot: Snapshot) -> None:
    """Make the default channels, and those that the store had. The default ones stay the server's own."""
    world, now = ctx.world, ctx.now
    default = {world.create(name, now.wall, lasting=True).folded for name in ctx.policy.lobby}
    for record in snapshot.channels:
        channel = world.channel(record.name) or world.create(record.name, now.wall, lasting=True)
        channel.created = record.created
        channel.conversation = record.conversation
        world.set_flags(channel, frozenset(record.flags))
        channel.key = record.key
        channel.limit = record.limit
        channel.forward = record.forward
        channel.set_slow(record.slow)
        channel.topic = Topic(record.topic, record.topic_by, record.topic_time) if record.topic else None
        for mask in record.masks:
            world.enlist(channel, mask.letter, _entry(mask, now))
    numbered = {channel.conversation: channel for channel in world.channels.values()}
    for former in snapshot.former:
        age = max(now.wall - former.time, 0.0)
        known = numbered.get(former.conversation)
        if known is not None and fold(former.name) != known.folded and age < FORMER_FOR:
            world.remember_former(known, fold(former.name), now.mono - age)
    for seat in snapshot.seats:
        found = world.channel(seat.channel)
        if found is not None and found.folded not in default:
            world.sit(found, Seat(seat.account, seat.ranks, seat.member, seat.since))
    for name in ctx.policy.lobby:
        if world.channel(name) is None:
            world.create(name, ctx.now.wall, lasting=True)
    ctx.metadata.restore(world.channels.values())
    keeps = {record.conversation: Keep(record.seconds, record.rows) for record in snapshot.keeps}
    for channel in world.channels.values():
        channel.keep = keeps.get(channel.conversation, channel.keep)
        if not channel.conversation:  # new, or stored before there was a history
            channel.conversation = ctx.next_id()
            if ctx.policy.history:
                keep(ctx, channel)


def _entry(record: MaskRecord, now: Now) -> ListEntry:
    mask = extbans.read_stored(record.mask)
    due = 0.0
    if record.seconds:
        # The clock may have been set since: nothing lasts longer for that than it was meant to.
        due = now.mono + min(max(record.until - now.wall, 0.0), record.seconds)
    return ListEntry(mask, record.by, record.time, due, record.seconds, record.reason)


def may_make(ctx: Context) -> bool:
    """Whether the context's user may make channels."""
    who = ctx.policy.create
    return who == "anyone" or "o" in ctx.user.modes or (who == "members" and bool(ctx.user.account))


def why_not_more(ctx: Context) -> str | None:
    """Why the context's user, who may make channels, can't make one more that lasts, in words; None where he can."""
    rank, what = (modes.OWNER, "own") if ctx.policy.maker == "owner" else (modes.OP, "are an operator of")
    return _ENOUGH.format(what=what, most=OWNED) if _has_enough(ctx, ctx.user.account, rank) else None


def _has_enough(ctx: Context, account: str, rank: int = modes.OWNER) -> bool:
    """Whether ``account`` (``""``: none) has ``rank`` in as many channels as it may."""
    return pace.is_paced(ctx.policy, account) and ctx.world.count_ranked(account, rank) >= OWNED


def found(ctx: Context, name: str) -> None:
    """The context's user makes the channel ``name`` and comes into it; it lasts if he is logged in."""
    account = ctx.user.account
    channel = ctx.world.create(name, ctx.now.wall, ctx.next_id(), lasting=bool(account))
    channel.recent = Recent(ctx.now.mono, ())
    keep(ctx, channel)
    if account:
        ranks = _OWNER if ctx.policy.maker == "owner" else modes.OP
        _sit(ctx, channel, Seat(account, ranks, True, ctx.last_id))
    enter(ctx, channel, 0 if account else _GUEST_MAKER)


def is_full(ctx: Context) -> bool:
    """Whether there are as many channels that last without an owner, beside the server's own, as there may be."""
    lasting = sum(1 for channel in ctx.world.channels.values() if channel.lasting and not channel.roster)
    return lasting >= OWNERLESS + len(ctx.policy.lobby)


def outlast(ctx: Context, channel: Channel) -> None:
    """Something is said in ``channel``, a guest's: from now on it has a history, and stays when it is empty."""
    channel.lasting = True
    keep(ctx, channel)
    for record in ctx.metadata.records_of(channel):
        ctx.delivery.store(record, (channel,))


def keep(ctx: Context, channel: Channel, *owners: Gated) -> None:
    """The settings of ``channel`` have changed: store them, if it lasts. What its ``owners`` say waits for that."""
    if not channel.lasting:
        return
    masks = tuple(
        MaskRecord(
            letter,
            entry.mask.text,
            entry.by,
            entry.time,
            entry.until(ctx.now) if entry.seconds else 0.0,
            entry.seconds,
            entry.reason,
        )
        for letter, entries in channel.lists.items()
        for entry in entries.values()
    )
    topic = channel.topic or Topic("", "", 0.0)
    record = ChannelRecord(
        channel.name,
        channel.created,
        "".join(sorted(channel.flags)),
        channel.key,
        channel.limit,
        channel.slow,
        topic.text,
        topic.by,
        topic.time,
        channel.conversation,
        masks,
        channel.forward,
    )
    ctx.delivery.store(record, (channel, *owners))


def set_topic(
    ctx: Context, channel: Channel, topic: Topic, line: Line, who: str, owners: Collection[Gated]
) -> None:
    """``topic`` (without a text: none) is that of ``channel``; ``line`` says so, which the caller shows."""
    channel.topic = topic if topic.text else None
    keep(ctx, channel)
    ctx.keep(line, (channel,), owners)
    text = f"{who} set the topic of {channel.name}: {topic.text}"
    ctx.delivery.tell(Happened("topic", text, who, channel.name))


def lift_due(ctx: Context) -> None:
    """Take off the bans whose end has come, and tell their channels."""
    over: dict[str, list[Change]] = {}
    for folded, key in ctx.world.ends.due(ctx.now.mono):
        channel = ctx.world.channels.get(folded)
        entry = channel.entry("b", key) if channel is not None else None
        if channel is not None and entry is not None and entry.seconds and entry.due <= ctx.now.mono:
            ctx.world.strike(channel, "b", key)
            over.setdefault(folded, []).append(Change(False, "b", entry.mask.text))
    for folded, lifted in over.items():
        channel = ctx.world.channels[folded]
        keep(ctx, channel)
        changes.tell_own(ctx, channel, lifted)


def belongs(channel: Channel, user: User) -> bool:
    """Whether the account of ``user`` belongs to ``channel``, or owns it: then nothing keeps him from coming in."""
    seat = _seat(channel, user)
    return seat is not None and (seat.member or bool(seat.ranks & modes.OWNER))


def ranks_of(ctx: Context, channel: Channel, account: str) -> int:
    """What ``account`` is in ``channel``, whether somebody who is logged in to it is there or not."""
    seat = channel.roster.get(fold(account))
    if seat is not None:
        return seat.ranks
    return max((channel.members[user.uid] for user in _present(ctx, channel, account)), default=0)


def highest(channel: Channel) -> int:
    """The highest rank that there is in ``channel``: only those with an account own one."""
    return modes.OWNER if owners(channel) else modes.OP


def owners(channel: Channel) -> list[str]:
    """The accounts that own ``channel``."""
    return [seat.account for seat in channel.roster.values() if seat.ranks & modes.OWNER]


def why_not_claim(ctx: Context, channel: Channel) -> str | None:
    """Why the context's user can't make ``channel``, which he is in, his own, in words; None where he can."""
    owned = owners(channel)
    if not ctx.user.account:
        return "whoever owns a channel has an account: log in first"
    if channel.folded in map(fold, ctx.policy.lobby):
        return f"{channel.name} is the server's own"
    if owned:
        return f"{channel.name} belongs to {' and '.join(owned)} already"
    if channel.members[ctx.user.uid] < modes.OP:
        return f"you are no operator of {channel.name}"
    return _ENOUGH.format(what="own", most=OWNED) if _has_enough(ctx, ctx.user.account) else None


def claim(ctx: Context, channel: Channel) -> None:
    """The context's user owns ``channel`` from now on, which nobody does: it lasts, and has a roster."""
    user = ctx.user
    if not channel.lasting:
        outlast(ctx, channel)
    was = dict(channel.members)
    for uid in channel.members:
        member = ctx.world.users[uid]
        if member.account:
            here = _present(ctx, channel, member.account)
            ranks = 0
            for each in here:
                ranks |= was[each.uid]
            if member.account == user.account:
                ranks |= _OWNER
            seat = _seat(channel, member)
            since = seat.since if seat is not None and seat.member else channel.came[uid]
            _sit(ctx, channel, Seat(member.account, ranks, True, since))
            set_ranks(ctx, channel, Holder(member.account, here, ranks), ranks)
    risen = [
        Change(True, letter, ctx.world.users[uid].nick)
        for uid, ranks in channel.members.items()
        for letter, _, bit in modes.RANKS
        if ranks & bit & ~was[uid]
    ]
    changes.tell(ctx, channel, risen)


def enter(ctx: Context, channel: Channel, ranks: int = 0) -> None:
    """The context's user comes into ``channel``, with ``ranks`` or those that his account has there."""
    user = ctx.user
    if user.account and channel.roster:
        seat = _seat(channel, user)
        ranks = seat.ranks if seat is not None else 0
        since = seat.since if seat is not None and seat.member else ctx.last_id
        _sit(ctx, channel, Seat(user.account, ranks, True, since))
    actions.join(ctx, channel, ranks)


def leave(ctx: Context, channel: Channel, user: User) -> None:
    """``user`` goes, as he wants to: his account belongs to ``channel`` no longer.

    Unless it is still there under another nick. One without a session (:mod:`natterjack.core.staying`) does not count
    as that, but goes too: he is there for the account alone.
    """
    seat = _seat(channel, user)
    if seat is None:
        return
    others = [each for each in _present(ctx, channel, user.account) if each is not user]
    if any(each.sessions for each in others):
        return
    _end(ctx, channel, seat)
    for other in others:
        _follow(ctx, channel, other)


def expel(ctx: Context, channel: Channel, holder: Holder, *owners: Gated) -> None:
    """``holder``, all of whose users the caller takes out, is put out: his account belongs to ``channel`` no longer.

    But an owner stays the owner: only he gives it up. What the ``owners`` say waits until that is stored.
    """
    seat = channel.roster.get(fold(holder.account)) if holder.account else None
    if seat is not None:
        _end(ctx, channel, seat, *owners, kept=bool(seat.ranks & modes.OWNER))


def _end(ctx: Context, channel: Channel, seat: Seat, *owners: Gated, kept: bool = False) -> None:
    """The account of ``seat`` belongs to ``channel`` no longer; ``kept``: that lasts even if no other does."""
    _sit(ctx, channel, Seat(seat.account, seat.ranks, member=False), *owners)
    if not kept and not ctx.policy.history and not any(each.member for each in channel.roster.values()):
        _abandon(ctx, channel)


def _follow(ctx: Context, channel: Channel, user: User) -> None:
    line = ctx.line(f":{user.source} PART {channel.name}", user)
    owners: tuple[Gated, ...] = (channel, user, ctx.session)
    ctx.keep(line, (channel,), owners)
    ctx.delivery.relay(channel.groups, line, owners)
    ctx.world.part(channel, user)


def put_out(ctx: Context, channel: Channel, user: User, reason: str) -> None:
    """The server itself puts ``user`` out, and whoever else is there of his account if that belongs to ``channel``."""
    holder = _holder(ctx, channel, user)
    expel(ctx, channel, holder)  # first, since what is shown has to wait for what that stores
    for each in holder.users:
        line = ctx.server_line(f"KICK {channel.name} {each.nick} :{reason}")
        owners: tuple[Gated, ...] = (channel, each, *each.sessions)
        ctx.keep(line, (channel,), owners)
        ctx.delivery.relay(channel.groups, line, owners)
        ctx.world.part(channel, each)
        text = f"{each.nick} was put out of {channel.name} by {ctx.policy.name} ({reason})"
        ctx.delivery.tell(Happened("kicked", text, each.nick, channel.name))


def _present(ctx: Context, channel: Channel, account: str) -> tuple[User, ...]:
    """Those in ``channel`` who are logged in to ``account``."""
    return tuple(user for user in ctx.world.users_of(account) if user.uid in channel.members)


def _abandon(ctx: Context, channel: Channel) -> None:
    """No account belongs to ``channel`` any more: it is an ordinary one from now on, and goes with its last user."""
    channel.lasting = False
    ctx.world.clear_roster(channel)
    ctx.delivery.store(ChannelGoneRecord(channel.name), (channel,))


def find_holder(ctx: Context, channel: Channel, nick: str) -> Holder | None:
    """Who is meant by ``nick`` where ranks are given and taken, or somebody is put out; None after a 401 or 441.

    That is somebody in ``channel`` or, where none there has that nick, the account of that name on its roster.
    """
    user = ctx.world.find(nick)
    if user is not None and user.uid in channel.members:
        return _holder(ctx, channel, user)
    seat = channel.roster.get(fold(nick))
    if seat is not None:
        return Holder(seat.account, _present(ctx, channel, seat.account), seat.ranks)
    if user is None:
        ctx.reply(ERR_NOSUCHNICK, shown(nick))
    else:
        ctx.reply(ERR_USERNOTINCHANNEL, user.nick, channel.name)
    return None


def _holder(ctx: Context, channel: Channel, user: User) -> Holder:
    """``user``, who is in ``channel``, with all who are there of his account if that is on the roster."""
    seat = _seat(channel, user)
    if seat is None:
        return Holder("", (user,), channel.members[user.uid])
    return Holder(seat.account, _present(ctx, channel, seat.account), seat.ranks)


def why_not_owner(ctx: Context, channel: Channel, holder: Holder, adding: bool) -> str | None:
    """Why ``holder`` can't become an owner of ``channel`` or, if not ``adding``, cease to be; None where he can."""
    count = len(owners(channel))
    if not adding:
        return "A channel has an owner: give it to somebody else first" if count == 1 else None
    if not holder.account:
        return "An owner has an account: he needs to log in first"
    if _has_enough(ctx, holder.account):
        return f"{holder.account} owns {OWNED} channels already, which is the most here"
    return f"A channel has at most {OWNERS} owners" if count >= OWNERS else None


def set_ranks(ctx: Context, channel: Channel, holder: Holder, ranks: int) -> None:
    """``holder`` has ``ranks`` in ``channel`` from now on."""
    for user in holder.users:
        ctx.world.rank(channel, user, ranks)
    seat = channel.roster.get(fold(holder.account)) if holder.account else None
    if seat is not None:
        _sit(ctx, channel, structs.replace(seat, ranks=ranks))


def step_down(ctx: Context, user: User) -> None:
    """``user`` is about to be somebody else: the ranks of his account are his no longer. They stay the account's."""
    for channel in ctx.world.channels_of(user):
        ranks = channel.members[user.uid]
        if channel.roster and ranks:
            ctx.world.rank(channel, user, 0)
            lost = [Change(False, letter, user.nick) for letter, _, bit in modes.RANKS if ranks & bit]
            changes.tell_own(ctx, channel, lost)


def come_back(ctx: Context) -> None:
    """The context's user has logged in: he is in all channels that his account belongs to, and has its ranks there."""
    user = ctx.user
    most = ctx.policy.limits.channels
    for channel in list(ctx.world.channels.values()):
        if not channel.roster:
            continue
        seat = _seat(channel, user)
        if user.uid in channel.members:
            ban = _unmasked(channel, user)
            if ban is None:
                _recognise(ctx, channel, seat)
            else:
                put_out(ctx, channel, user, bans.words(ctx, ban))
        elif seat is not None and seat.member and (most is None or len(user.channels) < most):
            enter(ctx, channel)


def _unmasked(channel: Channel, user: User) -> ListEntry | None:
    """The ban that would have kept ``user`` out of ``channel``, had it been known which account is his."""
    if channel.members[user.uid] or belongs(channel, user):
        return None
    return bans.barred(channel, user, speaking=False)


def _recognise(ctx: Context, channel: Channel, seat: Seat | None) -> None:
    """The context's user was in ``channel`` before he logged in: what he is there, and what his account is, join."""
    user = ctx.user
    ranks = channel.members[user.uid] | (seat.ranks if seat is not None else 0)
    users = _present(ctx, channel, user.account)
    risen = [
        Change(True, letter, each.nick)
        for each in users
        for letter, _, bit in modes.RANKS
        if ranks & bit & ~channel.members[each.uid]
    ]
    since = seat.since if seat is not None and seat.member else channel.came[user.uid]
    _sit(ctx, channel, Seat(user.account, ranks, True, since))
    set_ranks(ctx, channel, Holder(user.account, users, ranks), ranks)
    changes.tell_own(ctx, channel, risen)


def _seat(channel: Channel, user: User) -> Seat | None:
    return channel.roster.get(fold(user.account)) if user.account else None


def _sit(ctx: Context, channel: Channel, seat: Seat, *owners: Gated) -> None:
    old = channel.roster.get(fold(seat.account))
    if old == seat:
        return
    ctx.world.sit(channel, seat)
    ctx.delivery.store(
        SeatRecord(channel.name, seat.account, seat.ranks, seat.member, seat.since), (channel, *owners)
    )
