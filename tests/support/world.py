"""What holds of the core's state between any two events; see the docstring of ``natterjack.core.world``."""

from collections import Counter

from natterjack.core import actions, bans, moderation
from natterjack.core.channel import SPEAKERS, Channel, Keep
from natterjack.core.context import Context
from natterjack.core.rolls import words_for
from natterjack.core.rosters import OWNERS
from natterjack.core.sanctions import lock_text, mute_text, seen
from natterjack.core.server import Core
from natterjack.core.state import ACCEPTED, User, group, kind_of
from natterjack.core.world import World
from natterjack.proto.casemap import fold
from natterjack.proto.extbans import read
from natterjack.proto.limits import USUAL
from natterjack.proto.modes import OWNER, RANKS
from natterjack.proto.names import check_channel, check_nick, skeleton


def check(core: Core) -> None:
    """Assert all of it."""
    world = core.world
    _check_sessions(world)
    _check_users(core._ctx, world)
    for folded, channel in world.channels.items():
        assert folded == channel.folded
        _check_channel(world, channel)
    _check_counts(world)
    _check_ranked(world)
    _check_ends(world)
    _check_former(world)
    _check_rights(core)
    assert all(any(user.sessions for user in world.users_of(account)) for account in core._ctx.missed)


def check_nothing_is_left(core: Core) -> None:
    """Once all is stored and answered: nobody waits, and nothing is held back."""
    waits, delivery = core._waits, core._ctx.delivery
    assert waits._asked == {}
    assert all(lane.under_way == 0 and lane.next() is None for lane in (waits._keys, waits._reads))
    assert delivery._held == {}
    assert core.take() == []
    assert all(session.waiting is None for session in core.world.sessions.values())


def _check_sessions(world: World) -> None:
    watchers: dict[str, set[int]] = {}
    for sid, session in world.sessions.items():
        assert session.sid == sid
        assert session.kind == kind_of(session.caps)
        batch = session.batch
        assert batch is None or not (batch.refused and batch.lines)
        assert batch is None or len(batch.lines) <= USUAL.multiline_lines
        assert batch is None or batch.size <= USUAL.multiline_bytes or batch.refused
        if session.uid:
            assert session in world.users[session.uid].sessions
        else:
            assert session.registration is not None
        assert len(session.monitoring or ()) <= (USUAL.monitor or 0)
        for folded in session.monitoring or ():
            watchers.setdefault(folded, set()).add(sid)
    assert world.inside == sum(session.registration is None for session in world.sessions.values())
    assert {folded: set(sids) for folded, sids in world.watchers.items()} == watchers


def _check_users(ctx: Context, world: World) -> None:
    for uid, user in world.users.items():
        assert user.uid == uid
        assert user.sessions or actions.stays(ctx, user)
        assert all(world.sessions[session.sid] is session and session.uid == uid for session in user.sessions)
        assert user.registered is all(session.registration is None for session in user.sessions)
        assert user.source == f"{user.nick}!{user.username}@{user.host}"
        assert check_nick(user.nick) is None
        assert user.groups == group(user.sessions)
        assert user.away == (user.absence() if user.registered else "")
        assert all(uid in world.channels[folded].members for folded in user.channels)
        assert len(user.channels) <= (USUAL.channels or 0)
        assert not user.channels or user.registered
        assert len(user.accepted) <= ACCEPTED
        assert len(set(user.invitations)) == len(user.invitations)
        assert all(uid in world.channels[folded].invited for folded in user.invitations)
    assert world._nicks == {fold(user.nick): user for user in world.users.values()}
    assert world._looks == {skeleton(user.nick): user for user in world.users.values()}
    assert len(world._nicks) == len(world._looks) == len(world.users)


def _check_channel(world: World, channel: Channel) -> None:
    assert fold(channel.name) == channel.folded
    assert check_channel(channel.name) is None
    assert channel.members or channel.lasting
    assert channel.came.keys() == channel.members.keys()
    audience: dict[int, set[int]] = {}
    for uid, ranks in channel.members.items():
        assert channel.folded in world.users[uid].channels
        assert 0 <= ranks <= 15
        for session in world.users[uid].sessions:
            audience.setdefault(session.kind, set()).add(session.sid)
    assert {kind: set(sids) for kind, sids in channel.audience.items()} == audience
    assert dict(channel.groups) == {kind: tuple(sids) for kind, sids in channel.audience.items()}
    for manner, roll in channel.rolls.items():
        members = [(world.users[uid], ranks) for uid, ranks in channel.members.items()]
        assert " ".join(roll.lines).split() == words_for(members, manner)
    assert channel.invited.isdisjoint(channel.members)
    assert all(channel.folded in world.users[uid].invitations for uid in channel.invited)
    assert channel.flags <= frozenset("imnstCHMRU")
    assert channel.topic is None or channel.topic.text
    assert 0 <= channel.slow <= 3600
    assert channel.keep == Keep() or channel.lasting
    assert channel.conversation or not channel.lasting
    assert not channel.spoke or (
        channel.slow and list(channel.spoke.values()) == sorted(channel.spoke.values())
    )
    assert len(channel.spoke) <= SPEAKERS
    assert channel.guarded is bool(channel.slow or channel.lists or channel.flags & {"C", "m", "M", "U"})
    _check_lists(channel)
    _check_roster(world, channel)


def _check_lists(channel: Channel) -> None:
    assert set(channel.lists) <= set("beI")
    for letter, entries in channel.lists.items():
        assert 0 < len(entries) <= USUAL.list_entries
        for key, entry in entries.items():
            assert key == fold(entry.mask.text)
            assert read(entry.mask.text, mutes=letter != "I") == entry.mask
            assert letter == "b" or not entry.seconds
    assert len(channel.verdicts) <= bans.VERDICTS
    for (question, source, account), found in channel.verdicts.items():
        user = User(0, "nobody", "nowhere")
        user.source, user.account = source, account
        find = bans._first if question in channel.lists else bans._barred
        assert find(channel, user, question) is found


def _check_roster(world: World, channel: Channel) -> None:
    """Those who are there and logged in have what their account has; somebody always owns a channel with a roster."""
    seats = channel.roster.values()
    owners = [seat for seat in seats if seat.ranks & OWNER]
    assert bool(owners) is bool(channel.roster)
    assert len(owners) <= OWNERS
    assert channel.lasting or not channel.roster
    for uid, ranks in channel.members.items():
        account = world.users[uid].account
        if account and channel.roster:
            seat = channel.roster[fold(account)]
            assert (seat.ranks, seat.member) == (ranks, True)
        else:
            assert not ranks & OWNER


def _check_ranked(world: World) -> None:
    """Who has which rank in how many channels is what their rosters say."""
    ranked = Counter(
        (folded, bit)
        for channel in world.channels.values()
        for folded, seat in channel.roster.items()
        for _, _, bit in RANKS
        if seat.ranks & bit
    )
    assert world._ranked == dict(ranked)


def _check_ends(world: World) -> None:
    """Every ban with an end is waited for, and nothing else is."""
    waiting = Counter(key for bucket in world.ends._buckets.values() for key in bucket)
    ending = Counter(
        (channel.folded, key)
        for channel in world.channels.values()
        for entries in channel.lists.values()
        for key, entry in entries.items()
        if entry.seconds
    )
    assert waiting == ending


def _check_former(world: World) -> None:
    """What a channel was called is known of it and here alike."""
    known = {name for channel in world.channels.values() for name in channel.former}
    assert known == world._former.keys()
    for name, (channel, _) in world._former.items():
        assert world.channels[channel.folded] is channel
        assert name in channel.former
        assert name != channel.folded


def _check_counts(world: World) -> None:
    assert world.secret == sum("s" in channel.flags for channel in world.channels.values())
    users = [user for user in world.users.values() if user.registered]
    assert world.registered == len(users) <= world.most_users
    for letter in "BRTio":
        assert world.count(letter) == sum(letter in user.modes for user in users)
    assert not any(user.modes for user in world.users.values() if not user.registered)


def _check_rights(core: Core) -> None:
    """Who may be here, speak and operate is what the lists say; bans and revocations have cut whom they mean."""
    ctx = core._ctx
    sanctions = ctx.sanctions
    for user in core.world.users.values():
        assert ("o" in user.modes) is bool(user.operator)
        assert not user.operator or moderation.may_operate(ctx, user.operator)
        assert not user.operator or not moderation.would_share(user, user.operator)
        if not user.registered:
            assert (user.mute, user.muted) == (None, "")
            continue
        assert user.mute in ([None] if sanctions.mutes.fits(seen(user)) is None else list(sanctions.mutes))
        assert (user.mute is None) is (sanctions.mutes.fits(seen(user)) is None)
        if user.mute is not None:
            assert user.muted == mute_text(user.mute)
        elif sanctions.lock is not None and not user.account:
            assert user.muted == lock_text(sanctions.lock, "do that")
        else:
            assert user.muted == ""
    for session in core.world.sessions.values():
        person = moderation.person_of(ctx, session)
        if session.waiting is None:
            assert sanctions.bans.fits(person) is None
        record = ctx.accounts.get(person.account) if person.account else None
        assert not person.account or (record is not None and not record.revoked)
    assert len(sanctions.bans) == len(list(sanctions.bans))
