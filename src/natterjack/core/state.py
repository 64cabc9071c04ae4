"""What the server knows: sessions, users, channels. Plain data with the rules that keep each piece right in itself.

A *session* is one connection. A *user* is who is seen under a nick; he may be there through several sessions. A
*channel* has users as members, and for delivery an *audience* of their sessions. They refer to each other by id, and
only :class:`natterjack.core.world.World` changes what concerns more than one of them.

``gate`` in each of them is the number of the last batch that something of theirs waits for; see
:mod:`natterjack.core.delivery`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.core.batches import Batch
from natterjack.core.crowds import NEW
from natterjack.ports.events import Now
from natterjack.ports.questions import StoredLine
from natterjack.ports.records import SanctionRecord
from natterjack.proto import caps, modes
from natterjack.proto.casemap import fold
from natterjack.proto.extbans import Mask
from natterjack.proto.scram import ServerExchange
from natterjack.wire.message import Message, WireError

if TYPE_CHECKING:
    from natterjack.core.rolls import Manner, Roll

#: Capabilities that decide how a line looks to a session, or whether it gets it. Sessions alike in these are a *kind*.
KIND_CAPS = (
    caps.MESSAGE_TAGS
    | caps.SERVER_TIME
    | caps.ACCOUNT_TAG
    | caps.EXTENDED_JOIN
    | caps.INVITE_NOTIFY
    | caps.AWAY_NOTIFY
    | caps.CHGHOST
    | caps.SETNAME
    | caps.ACCOUNT_NOTIFY
    | caps.MESSAGE_REDACTION
    | caps.EDIT
    | caps.MULTILINE
    | caps.CHANNEL_RENAME
    | caps.RELAYMSG
)


def kind_of(negotiated: int) -> int:
    """The kind of a session with the capabilities ``negotiated``. draft/multiline is nothing without batch."""
    kind = negotiated & KIND_CAPS
    return kind if negotiated & caps.BATCH else kind & ~caps.MULTILINE


#: Sessions by kind: ``((kind, (sid, ...)), ...)``. A value: who is in it stays in it.
Groups = tuple[tuple[int, tuple[int, ...]], ...]


class Exchange:
    """A SASL login under way: what came of the message that is not complete, and SCRAM's own state."""

    __slots__ = ("deadline", "mechanism", "parts", "patience", "scram")

    def __init__(self, mechanism: str, mono: float, patience: float) -> None:
        self.mechanism = mechanism
        self.patience = patience  # seconds
        self.deadline = mono + patience  # monotonic seconds
        self.parts: list[str] = []
        self.scram: ServerExchange | None = None


class Registration(Struct, eq=False):
    """What a session has said before it was complete. Dropped with the last step."""

    patience: float  # seconds
    deadline: float  # monotonic seconds; infinite while a handler of the session waits
    negotiating: bool = False  # CAP LS or REQ seen, CAP END not yet
    password: str = ""
    account: str = ""  # logged in to it already
    wanted: str = ""  # a nick that takes an account, to be had at the end if that is proved by then
    username: str = ""
    realname: str = ""
    metadata: dict[str, str] = {}  # what it has set of itself; msgspec makes one for each


class Session:
    """One connection."""

    __slots__ = (
        "active",
        "answer_by",
        "away",
        "away_since",
        "batch",
        "caps",
        "cap_version",
        "certfp",
        "full",
        "gate",
        "granted",
        "home",
        "ip",
        "kind",
        "monitoring",
        "opened",
        "paced",
        "port",
        "refilled",
        "registration",
        "sasl",
        "seen",
        "sid",
        "site",
        "spare",
        "standing",
        "stopped",
        "subscribed",
        "tokens",
        "uid",
        "via",
        "waiting",
    )

    def __init__(
        self, sid: int, ip: str, port: int, via: str, mono: float, wall: float, patience: float
    ) -> None:
        self.sid = sid
        self.ip = ip
        self.port = port
        self.via = via
        self.opened = wall
        self.seen = mono  # when anything came from it
        self.active = mono  # when it last said something to others
        self.answer_by = 0.0  # when it is given up, once it was asked for a sign of life; 0: it was not
        self.caps = 0
        self.kind = 0
        self.cap_version = 0
        self.uid = 0  # 0: no nick yet
        self.registration: Registration | None = Registration(patience, mono + patience)
        self.monitoring: dict[str, str] | None = None  # folded nick -> as asked
        self.subscribed: dict[str, None] | None = None  # the keys of metadata that it follows
        self.gate = 0
        self.certfp = ""  # of its certificate, see ports/events.py
        self.home = False  # it is a program on this machine, and this machine is trusted
        self.site = ""  # see core/crowds.py; "": not counted
        self.standing = NEW
        self.paced = False  # see core/pace.py
        self.tokens = 0.0
        self.spare = 0.0  # tokens that it has for catching up alone
        self.refilled = mono
        self.granted = -inf
        self.away = ""  # what it has said of being away; "": nothing, "*": nobody sits there
        self.away_since = 0.0  # when it said so
        self.sasl: Exchange | None = None  # a login under way
        self.batch: Batch | None = None  # a message of several lines under way
        self.waiting: deque[Message | WireError] | None = None  # what it said while a handler of its waits
        self.full = (
            False  # it has much to take of what was sent to it, and nothing that it says is carried out
        )
        self.stopped = False  # that alone is why there is something in waiting


#: How a session says that it runs by itself, and that nobody sits there.
NOBODY_THERE = "*"
#: What is told of whoever has no session.
NOT_HERE = "not here just now"


#: Guests who may write to somebody all the same who takes messages of accounts alone (user mode R).
ACCEPTED = 100


class User:
    """Somebody with a nick. ``registered`` is False while his session is still introducing itself."""

    __slots__ = (
        "_groups",
        "accepted",
        "account",
        "away",
        "channels",
        "gate",
        "host",
        "invitations",
        "left",
        "metadata",
        "modes",
        "mute",
        "muted",
        "nick",
        "operator",
        "realname",
        "registered",
        "sessions",
        "signon",
        "source",
        "uid",
        "username",
    )

    def __init__(self, uid: int, nick: str, host: str) -> None:
        self.uid = uid
        self.nick = nick
        self.username = "user"  # until he has said
        self.host = host
        self.realname = ""
        self.account = ""
        self.away = ""
        self.modes = ""
        self.operator = ""  # the account by which he is an operator of the server; then mode ``o`` is set
        self.mute: SanctionRecord | None = None  # see core/sanctions.py
        self.muted = ""  # why nothing that he says reaches others, in words
        self.registered = False
        self.signon = 0.0
        self.left = 0.0  # when (monotonic) his last session went, where he has none
        self.sessions: tuple[Session, ...] = ()
        self.channels: dict[str, None] = {}  # folded names, in the order of joining
        self.metadata: dict[str, str] = {}  # a guest's; see core/metadata.py
        self.accepted: dict[int, None] = {}  # uids: :data:`ACCEPTED` at most
        self.invitations: tuple[str, ...] = ()  # folded names of channels that count him among their invited
        self.gate = 0
        self._groups: Groups | None = None
        self.source = f"{nick}!user@{host}"

    def refresh_source(self) -> None:
        """After a change of nick, user name or host."""
        self.source = f"{self.nick}!{self.username}@{self.host}"

    def absence(self) -> str:
        """Why he is away; ``""``: he is not, since some session of his is not.

        Of several that say why, the latest counts. One that says ``*`` counts as if it were not there at all, and he
        is away for that alone where no other is. https://ircv3.net/specs/extensions/pre-away
        """
        if len(self.sessions) == 1:
            return self.sessions[0].away
        if not self.sessions:
            return NOT_HERE
        if not all(session.away for session in self.sessions):
            return ""
        said = [session for session in self.sessions if session.away != NOBODY_THERE]
        return max(said, key=lambda session: session.away_since).away if said else NOBODY_THERE

    def regroup(self) -> None:
        """After a change of sessions or of a session's kind."""
        self._groups = None

    @property
    def groups(self) -> Groups:
        """The user's own sessions, for delivery."""
        if self._groups is None:
            self._groups = group(self.sessions)
        return self._groups


class ListEntry(Struct, frozen=True):
    """A mask in one of a channel's lists, with who set it and when (seconds since 1970).

    One that ends does so at ``due`` (monotonic seconds), ``seconds`` after it was set; 0 and 0: it does not.
    """

    mask: Mask
    by: str
    time: float
    due: float = 0.0
    seconds: int = 0
    reason: str = ""

    def until(self, now: Now) -> float:
        """When it ends, by the clock on the wall as that goes now."""
        return now.wall + self.due - now.mono


class Topic:
    """A channel's topic, with who set it and when (seconds since 1970)."""

    __slots__ = ("by", "text", "time")

    def __init__(self, text: str, by: str, time: float) -> None:
        self.text = text
        self.by = by
        self.time = time


class Recent(Struct, frozen=True, eq=False):
    """The latest lines of a channel, as they were when they were ``read`` (monotonic seconds).

    None: they are being read just now.
    """

    read: float
    lines: tuple[StoredLine, ...] | None = None


class Seat(Struct, frozen=True):
    """What an account is to a channel: its ranks there, and whether it belongs to it, and ``since`` which line.

    Whoever is in the channel and logged in to that account has these ranks, no more and no less.
    """

    account: str
    ranks: int
    member: bool
    since: int = 0  # the id of the last line before it did


class Keep(Struct, frozen=True):
    """How long what was said is kept, and how many messages; 0: no limit of that kind; both: as the server has it."""

    seconds: int = 0
    rows: int = 0


#: Who spoke last in a channel with slow mode: its entries are dropped as soon as they mean nothing. This many at most.
SPEAKERS = 10_000


class Channel:
    """``members`` maps uid to rank bits; ``lasting`` ones stay when they are empty.

    ``guarded`` says whether somebody in it who has no rank may have to be silent; see :meth:`regard`.
    """

    __slots__ = (
        "_groups",
        "_newcomers",
        "_settled",
        "audience",
        "came",
        "conversation",
        "created",
        "flags",
        "folded",
        "forward",
        "gate",
        "guarded",
        "invited",
        "keep",
        "key",
        "lasting",
        "limit",
        "lists",
        "members",
        "metadata",
        "name",
        "recent",
        "renamed",
        "rolls",
        "roster",
        "slow",
        "spoke",
        "topic",
        "verdicts",
    )

    def __init__(
        self, name: str, folded: str, created: float, conversation: int = 0, lasting: bool = False
    ) -> None:
        self.conversation = conversation  # under which its history is kept, whatever it is called
        self.name = name
        self.folded = folded
        self.created = created
        self.renamed = -inf  # when it got its name (monotonic), if it had another before
        self.lasting = lasting
        self.roster: dict[str, Seat] = {}  # by folded account; see core/rosters.py
        self.recent: Recent | None = None  # what whoever joins is shown; None: ask the history
        self.members: dict[int, int] = {}
        self.rolls: dict[Manner, Roll] = {}  # the members as text; see core/rolls.py
        self.metadata: dict[str, str] = {}  # see core/metadata.py
        self.came: dict[int, int] = {}  # uid -> the id of the last line before he came
        self.audience: dict[int, dict[int, None]] = {}  # kind -> sids
        self._groups: Groups | None = None
        self._settled: Groups | None = None
        self._newcomers: list[Session] = []  # who has come since those were all
        self.flags = frozenset("nt")
        self.keep = Keep()
        self.key = ""
        self.forward = ""  # the channel that those are led to who can't come in; "": none
        self.limit = 0  # 0: none
        self.slow = 0  # seconds between two messages of one; 0: none
        self.spoke: dict[str | int, float] = {}  # account or uid -> when (monotonic), the longest ago first
        self.guarded = False
        self.topic: Topic | None = None
        self.lists: dict[str, dict[str, ListEntry]] = {}  # letter -> folded mask -> entry; none is empty
        self.verdicts: dict[tuple[str, str, str], ListEntry | None] = {}  # what core/bans.py found out
        self.invited: set[int] = set()  # uids
        self.gate = 0

    @property
    def groups(self) -> Groups:
        """The members' sessions, for delivery. Made anew only after a change."""
        if self._groups is None:
            self._groups = tuple((kind, tuple(sids)) for kind, sids in self.audience.items())
        return self._groups

    def settled(self) -> Groups:
        """Those who are here, before one more comes: while people only come, mostly the very same value.

        Those who came since are :attr:`newcomers`; both together are all. To tell k of them one by one takes k/2 each
        time, and to tell n others each k times n/k; it is least where k is the root of 2n.
        """
        few = len(self._newcomers) ** 2 < 2 * len(self.members)
        if self._groups is not None or self._settled is None or not few:
            self._settled = self.groups
            self._newcomers.clear()
        return self._settled

    @property
    def newcomers(self) -> Groups:
        """Those who hear what is said here, and are not among the :meth:`settled`."""
        return group(self._newcomers)

    def hear(self, session: Session) -> None:
        """Count ``session`` among those that get what is said here."""
        self.audience.setdefault(session.kind, {})[session.sid] = None
        self._groups = None
        if self._settled is not None:
            self._newcomers.append(session)

    def deafen(self, session: Session) -> None:
        """The opposite; before ``session.kind`` changes."""
        sids = self.audience[session.kind]
        del sids[session.sid]
        if not sids:
            del self.audience[session.kind]
        self._groups = self._settled = None
        self._newcomers.clear()

    def has(self, flag: str) -> bool:
        """Whether the mode ``flag`` (one of ``imnstCHMRU``) is set."""
        return flag in self.flags

    def since(self, user: User) -> int:
        """The id of the last line here that ``user``, who is in, may not read; 0: he may read all.

        With the mode ``H`` whoever comes reads on from there: an account from when it began to belong here, others
        from when they came.
        """
        if "H" not in self.flags:
            return 0
        seat = self.roster.get(fold(user.account)) if user.account else None
        return seat.since if seat is not None and seat.member else self.came[user.uid]

    def regard(self) -> None:
        """After a change of flags, lists or slow mode: one look at ``guarded`` spares every message all of these."""
        self.guarded = bool(self.slow or self.lists or not self.flags.isdisjoint("CmMU"))
        self.verdicts.clear()

    def set_slow(self, seconds: int) -> None:
        """Everybody may say one message in so many ``seconds``; 0: as many as he likes."""
        self.slow = seconds
        if not seconds:
            self.spoke.clear()
        self.regard()

    def entry(self, letter: str, text: str) -> ListEntry | None:
        """The entry with the mask ``text`` in the list ``letter``."""
        return self.lists.get(letter, {}).get(fold(text))

    def patience(self, user: User, now: float) -> float:
        """For how many seconds slow mode keeps ``user`` silent still; 0 or less: not at all."""
        last = self.spoke.get(_speaker(user))
        return 0.0 if last is None else last + self.slow - now

    def heard(self, user: User, now: float) -> None:
        """``user`` said something that counts for slow mode. He can't get rid of that by leaving and coming back."""
        spoke = self.spoke
        speaker = _speaker(user)
        spoke.pop(speaker, None)
        spoke[speaker] = now
        while (oldest := next(iter(spoke))) and (spoke[oldest] + self.slow <= now or len(spoke) > SPEAKERS):
            del spoke[oldest]

    def mode_params(self, inside: bool) -> list[str]:
        """``["+fklntw", forward, key, limit, slow]`` for 324; key and forward show as ``*`` to those outside."""
        letters = set(self.flags)
        params = []
        if self.forward:
            letters.add("f")
            params.append(self.forward if inside else "*")
        if self.key:
            letters.add("k")
            params.append(self.key if inside else "*")
        if self.limit:
            letters.add("l")
            params.append(str(self.limit))
        if self.slow:
            letters.add("w")
            params.append(str(self.slow))
        return ["+" + "".join(sorted(letters)), *params]


def _speaker(user: User) -> str | int:
    return fold(user.account) if user.account else user.uid


def group(sessions: Iterable[Session]) -> Groups:
    """``sessions`` by their kind."""
    kinds: dict[int, list[int]] = {}
    for session in sessions:
        kinds.setdefault(session.kind, []).append(session.sid)
    return tuple((kind, tuple(sids)) for kind, sids in kinds.items())


def prefixes(ranks: int, every: bool) -> str:
    """The prefixes that ``ranks`` show: all of them (multi-prefix), or the highest."""
    found = modes.ALL_PREFIXES[ranks]
    return found if every else found[:1]


def select(groups: Groups, cap: int) -> Groups:
    """Those of ``groups`` whose kind has all bits of ``cap``."""
    return tuple((kind, sids) for kind, sids in groups if kind & cap == cap) if cap else groups


def without(groups: Groups, cap: int) -> Groups:
    """Those of ``groups`` whose kind lacks some bit of ``cap``."""
    return tuple((kind, sids) for kind, sids in groups if kind & cap != cap)
