"""The owner of the state: every change that concerns more than one session, user or channel goes through here.

Invariants (the stateful tests check them after every step): a uid is in ``channel.members`` exactly if the channel is
in ``user.channels``; a channel's audience is the sessions of its members, each under its kind; every nick in use is
found under its folded form and its skeleton; an empty channel exists only if it lasts; the mode ``o`` is set exactly
where ``user.operator`` names an account; an account is counted once for each rank in each seat that it has;
a former name leads to a channel that knows it as one of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from natterjack.core.channel import Channel, ListEntry, Seat
from natterjack.core.policy import FORMER_FOR, FORMER_NAMES, FORMER_OF_ONE, WHOWAS_ENTRIES
from natterjack.core.rolls import words_for
from natterjack.core.state import Groups, Session, User, kind_of, select
from natterjack.core.timers import Timers
from natterjack.proto import modes
from natterjack.proto.casemap import fold
from natterjack.proto.names import skeleton


class Gone(Struct, frozen=True, gc=False):
    """What WHOWAS remembers of a user; ``time`` in seconds since 1970."""

    nick: str
    username: str
    host: str
    realname: str
    account: str
    time: float


class World:
    """All sessions, users and channels."""

    def __init__(self, start: float) -> None:
        """``start`` in monotonic seconds."""
        self.sessions: dict[int, Session] = {}
        self.users: dict[int, User] = {}
        self.channels: dict[str, Channel] = {}  # by folded name
        self.watchers: dict[str, dict[int, None]] = {}  # folded nick -> sids that MONITOR it
        self.gone: deque[Gone] = deque(maxlen=WHOWAS_ENTRIES)  # oldest first
        self.ends: Timers[tuple[str, str]] = Timers(start)  # of bans: folded channel and folded mask
        self.vanished: list[int] = []  # conversations of channels that are gone, until somebody sees to them
        self.secret = 0  # channels that are
        self.most_users = 0
        self.registered = 0  # users that are through registration
        self.inside = 0  # sessions that are
        self._nicks: dict[str, User] = {}
        self._looks: dict[str, User] = {}
        self._ranked: dict[tuple[str, int], int] = {}  # folded account, rank -> channels in which it has that
        self._by_account: dict[str, dict[int, User]] = {}  # folded account -> uid -> user
        self._former: dict[str, tuple[Channel, float]] = {}  # folded name -> whose, until then; oldest first
        self._last_uid = 0
        self._with_mode: dict[str, int] = {}

    # -- nicks

    def holder(self, nick: str, besides: User | None = None) -> User | None:
        """Who else than ``besides`` has ``nick``, or one that looks like it, registered or not."""
        user = self._nicks.get(fold(nick))
        if user is None or user is besides:
            user = self._looks.get(skeleton(nick))
        return user if user is not besides else None

    def find(self, nick: str) -> User | None:
        """The registered user with ``nick``."""
        user = self._nicks.get(nick) or self._nicks.get(fold(nick))
        return user if user is not None and user.registered else None

    def claim(self, session: Session, nick: str, host: str) -> User:
        """The first nick of ``session``: a user comes to be, not yet registered."""
        user = self.appear(nick, host)
        user.sessions = (session,)
        session.uid = user.uid
        return user

    def appear(self, nick: str, host: str) -> User:
        """A user comes to be, without a session, not yet registered."""
        self._last_uid += 1
        user = User(self._last_uid, nick, host)
        self.users[user.uid] = user
        self._index(user)
        return user

    def unclaim(self, session: Session) -> None:
        """``session``, not yet registered, has no nick any more."""
        user = self.users.pop(session.uid, None)
        if user is not None:
            self._unindex(user)
        session.uid = 0

    def attach(self, session: Session, user: User) -> None:
        """``session`` comes in as one more of ``user``, and hears what he hears."""
        session.uid = user.uid
        user.sessions = (*user.sessions, session)
        user.regroup()
        for channel in self.channels_of(user):
            channel.hear(session)

    def rename(self, user: User, nick: str) -> None:
        """``user`` is ``nick`` from now on; the caller has made sure that it is free."""
        self._unindex(user)
        user.nick = nick
        self._renamed(user)
        self._index(user)

    def move(self, user: User, username: str, host: str) -> None:
        """``user`` is shown with ``username`` and ``host`` from now on."""
        user.username, user.host = username, host
        self._renamed(user)

    def _renamed(self, user: User) -> None:
        user.refresh_source()
        for channel in self.channels_of(user):
            channel.rolls.clear()

    def _index(self, user: User) -> None:
        self._nicks[fold(user.nick)] = user
        self._looks[skeleton(user.nick)] = user

    def _unindex(self, user: User) -> None:
        del self._nicks[fold(user.nick)]
        del self._looks[skeleton(user.nick)]

    # -- sessions and users

    def let_in(self, session: Session) -> None:
        """``session`` is through registration."""
        session.registration = None
        self.inside += 1

    def admit(self, user: User, wall: float) -> None:
        """``user`` is through registration."""
        user.registered = True
        user.signon = wall
        self.registered += 1
        self.most_users = max(self.most_users, self.registered)

    def remember(self, user: User, wall: float) -> None:
        """Keep for WHOWAS under which nick ``user`` was known until now."""
        self.gone.append(Gone(user.nick, user.username, user.host, user.realname, user.account, wall))

    def remove_session(self, session: Session, wall: float, stays: bool = False) -> User | None:
        """Forget ``session``. Its user goes with his last one, unless he ``stays``, and is then the answer."""
        del self.sessions[session.sid]
        self.inside -= session.registration is None
        self.watch(session, ())
        user = self.users.get(session.uid)
        if user is None:
            return None
        for channel in self.channels_of(user):
            channel.deafen(session)
        user.sessions = tuple(each for each in user.sessions if each is not session)
        user.regroup()
        if user.sessions or stays:
            return None
        self.remove_user(user, wall)
        return user

    def remove_user(self, user: User, wall: float) -> None:
        """Forget ``user``, who has no session any more; his channels are left."""
        for channel in list(self.channels_of(user)):
            self.part(channel, user)
        if user.registered:
            self.registered -= 1
            self.set_modes(user, "")
            for folded in user.invitations:
                inviting = self.channels.get(folded)
                if inviting is not None:
                    inviting.invited.discard(user.uid)
            self.remember(user, wall)
        self._unindex(user)
        self._forget_account(user)
        del self.users[user.uid]

    def set_modes(self, user: User, letters: str) -> None:
        """``user`` has the user modes ``letters`` from now on."""
        if letters == user.modes:
            return
        if "o" not in letters:
            user.operator = ""
        for letter in user.modes:
            self._with_mode[letter] -= 1
        user.modes = "".join(sorted(letters))
        for letter in user.modes:
            self._with_mode[letter] = self.count(letter) + 1

    def make_operator(self, user: User, account: str) -> None:
        """``user`` is an operator of the server, by the right of ``account``, until the mode ``o`` is taken off."""
        user.operator = account
        self.set_modes(user, "".join({*user.modes, "o"}))

    def count(self, mode: str) -> int:
        """How many registered users have the user mode ``mode``."""
        return self._with_mode.get(mode, 0)

    def set_caps(self, session: Session, caps: int) -> None:
        """``session`` has negotiated ``caps``; move it to its new kind wherever it listens."""
        kind = kind_of(caps)
        session.caps = caps
        if kind == session.kind:
            return
        user = self.users.get(session.uid)
        listening = list(self.channels_of(user)) if user is not None else []
        for channel in listening:
            channel.deafen(session)
        session.kind = kind
        for channel in listening:
            channel.hear(session)
        if user is not None:
            user.regroup()

    def watch(self, session: Session, nicks: Iterable[str]) -> None:
        """Set ``session``'s MONITOR list to ``nicks``."""
        for folded in session.monitoring or ():
            watchers = self.watchers[folded]
            del watchers[session.sid]
            if not watchers:
                del self.watchers[folded]
        session.monitoring = {fold(nick): nick for nick in nicks} or None
        for folded in session.monitoring or ():
            self.watchers.setdefault(folded, {})[session.sid] = None

    # -- channels

    def channel(self, name: str) -> Channel | None:
        """The channel ``name``, whoever may know of it."""
        return self.channels.get(name) or self.channels.get(fold(name))

    def create(self, name: str, wall: float, conversation: int = 0, lasting: bool = False) -> Channel:
        """A new channel without members."""
        channel = Channel(name, fold(name), wall, conversation, lasting)
        self.channels[channel.folded] = channel
        return channel

    def set_flags(self, channel: Channel, flags: frozenset[str]) -> None:
        """``channel`` has the flags ``flags`` from now on."""
        self.secret += ("s" in flags) - channel.has("s")
        channel.flags = flags
        channel.regard()

    def enlist(self, channel: Channel, letter: str, entry: ListEntry) -> None:
        """Put ``entry`` into the list ``letter`` of ``channel``, in place of one with the same mask."""
        self.strike(channel, letter, entry.mask.text)
        key = fold(entry.mask.text)
        channel.lists.setdefault(letter, {})[key] = entry
        channel.regard()
        if entry.seconds:
            self.ends.at(entry.due, (channel.folded, key))

    def strike(self, channel: Channel, letter: str, text: str) -> ListEntry | None:
        """Take the entry with the mask ``text`` out of the list ``letter`` of ``channel``; it is the answer."""
        entries = channel.lists.get(letter, {})
        key = fold(text)
        entry = entries.pop(key, None)
        if entry is not None:
            if entry.seconds:
                self.ends.cancel(entry.due, (channel.folded, key))
            if not entries:
                del channel.lists[letter]
            channel.regard()
        return entry

    def invite(self, channel: Channel, user: User) -> None:
        """``user`` may come into ``channel`` once, whatever stands in the way."""
        if user.uid not in channel.invited:
            channel.invited.add(user.uid)
            user.invitations = (*user.invitations, channel.folded)

    def join(self, channel: Channel, user: User, ranks: int, last_id: int) -> None:
        """Make ``user``, who is not in yet, a member of ``channel``, after the line ``last_id``."""
        channel.members[user.uid] = ranks
        channel.came[user.uid] = last_id
        for manner, roll in channel.rolls.items():
            roll.extend(words_for(((user, ranks),), manner))
        if user.uid in channel.invited:
            channel.invited.discard(user.uid)
            _disinvite(channel, user)
        user.channels[channel.folded] = None
        for session in user.sessions:
            channel.hear(session)

    def rank(self, channel: Channel, user: User, ranks: int) -> None:
        """``user``, who is in ``channel``, has ``ranks`` there from now on."""
        channel.members[user.uid] = ranks
        channel.rolls.clear()

    def part(self, channel: Channel, user: User) -> None:
        """Take ``user`` out of ``channel``, and the channel away if it is empty and doesn't last."""
        del channel.members[user.uid], channel.came[user.uid]
        channel.rolls.clear()
        del user.channels[channel.folded]
        for session in user.sessions:
            channel.deafen(session)
        if not channel.members and not channel.lasting:
            self.remove(channel)

    def sit(self, channel: Channel, seat: Seat) -> None:
        """From now on ``seat`` is what its account is to ``channel``."""
        folded = fold(seat.account)
        old = channel.roster.get(folded)
        self._count_ranks(folded, old.ranks if old is not None else 0, seat.ranks)
        channel.roster[folded] = seat

    def clear_roster(self, channel: Channel) -> None:
        """No account is anything to ``channel`` any more."""
        for folded, seat in channel.roster.items():
            self._count_ranks(folded, seat.ranks, 0)
        channel.roster.clear()

    def _count_ranks(self, folded: str, old: int, new: int) -> None:
        for _, _, bit in modes.RANKS:
            change = bool(new & bit) - bool(old & bit)
            if change:
                key = folded, bit
                count = self._ranked.pop(key, 0) + change
                if count:
                    self._ranked[key] = count

    def count_ranked(self, account: str, rank: int) -> int:
        """In how many channels ``account`` has ``rank``, one of :data:`modes.RANKS`, whether it is there or not."""
        return self._ranked.get((fold(account), rank), 0)

    def remove(self, channel: Channel) -> None:
        """``channel``, in which nobody is, is gone; so is, from now on, what was said there."""
        del self.channels[channel.folded]
        for name in channel.former:
            self._forget_former(name)
        self.vanished.append(channel.conversation)
        self.clear_roster(channel)
        self.secret -= channel.has("s")
        for key, entry in _ending(channel):
            self.ends.cancel(entry.due, (channel.folded, key))
        for uid in channel.invited:
            _disinvite(channel, self.users[uid])

    def rename_channel(self, channel: Channel, name: str, now: float) -> None:
        """``channel`` is called ``name`` from ``now`` (monotonic) on; the caller has made sure that it is free."""
        old, new = channel.folded, fold(name)
        channel.name = name
        channel.rolls.clear()
        if new == old:
            return
        channel.folded = new
        del self.channels[old]
        self.channels[new] = channel
        self.remember_former(channel, old, now)
        for key, entry in _ending(channel):
            self.ends.cancel(entry.due, (old, key))
            self.ends.at(entry.due, (new, key))
        for uid in channel.members:
            user = self.users[uid]
            user.channels = {new if each == old else each: None for each in user.channels}
        for uid in channel.invited:
            user = self.users[uid]
            user.invitations = tuple(new if each == old else each for each in user.invitations)

    def remember_former(self, channel: Channel, old: str, now: float) -> None:
        """``channel`` was called ``old`` (folded) until ``now`` (monotonic)."""
        for name in (channel.folded, old):
            self._forget_former(name)
        if len(channel.former) == FORMER_OF_ONE:
            self._forget_former(channel.former[0])
        channel.former += (old,)
        self._former[old] = channel, now
        for name, (_, ended) in list(self._former.items()):
            if ended > now - FORMER_FOR and len(self._former) <= FORMER_NAMES:
                break
            self._forget_former(name)

    def _forget_former(self, name: str) -> None:
        known = self._former.pop(name, None)
        if known is not None:
            known[0].former = tuple(each for each in known[0].former if each != name)

    def renamed_from(self, name: str, now: float) -> tuple[Channel | None, float]:
        """The channel that was called ``name`` not long ago, and until when; None: there is none, or now another is."""
        channel, ended = self._former.get(fold(name), (None, 0.0))
        leads = now - ended < FORMER_FOR and self.channel(name) is None
        return channel if leads else None, ended

    def channels_of(self, user: User) -> Iterator[Channel]:
        """The channels that ``user`` is in."""
        return (self.channels[folded] for folded in user.channels)

    def identify(self, user: User, account: str) -> None:
        """``user`` is logged in to ``account`` (``""``: to none) from now on."""
        if account == user.account:
            return
        self._forget_account(user)
        user.account = account
        if account:
            self._by_account.setdefault(fold(account), {})[user.uid] = user

    def _forget_account(self, user: User) -> None:
        users = self._by_account.get(fold(user.account)) if user.account else None
        if users is not None and users.pop(user.uid, None) is not None and not users:
            del self._by_account[fold(user.account)]

    def users_of(self, account: str) -> tuple[User, ...]:
        """Those who are logged in to ``account``."""
        return tuple(self._by_account.get(fold(account), {}).values())

    def sessions_of(self, user: User) -> list[Session]:
        """The sessions of ``user``, and those that are logged in to his account under other nicks."""
        users = self.users_of(user.account) if user.account else (user,)
        return [session for each in users for session in each.sessions]

    def shares_channel(self, one: User, other: User) -> bool:
        """Whether both are in some channel."""
        return not one.channels.keys().isdisjoint(other.channels)

    def visible(self, channel: Channel, user: User) -> bool:
        """Whether ``user`` may know that ``channel`` exists."""
        return user.uid in channel.members or not channel.has("s")

    def peers(self, user: User, cap: int = 0) -> Groups:
        """Every session that shares a channel with ``user`` (his own included), each once.

        With ``cap``, only those of the kinds that negotiated it.
        """
        return select(self.listeners(self.channels_of(user)) or user.groups, cap)

    def listeners(self, channels: Iterable[Channel]) -> Groups:
        """Every session that hears what is said in one of ``channels``, each once.

        Where one channel has them all, as a lobby does, it is that channel's own groups: what goes to the same people
        is then seen to (see runs in core/delivery.py).
        """
        largest, *others = sorted(channels, key=_size, reverse=True) or (None,)
        if largest is None:
            return ()
        members = largest.members.keys()
        if all(channel.members.keys() <= members for channel in others):
            return largest.groups
        kinds: dict[int, dict[int, None]] = {}
        for channel in (largest, *others):
            for kind, sids in channel.audience.items():
                kinds.setdefault(kind, {}).update(sids)
        return tuple((kind, tuple(sids)) for kind, sids in kinds.items())


def _size(channel: Channel) -> int:
    return len(channel.members)


def _ending(channel: Channel) -> list[tuple[str, ListEntry]]:
    return [(key, entry) for key, entry in channel.lists.get("b", {}).items() if entry.seconds]


def _disinvite(channel: Channel, user: User) -> None:
    user.invitations = tuple(folded for folded in user.invitations if folded != channel.folded)
