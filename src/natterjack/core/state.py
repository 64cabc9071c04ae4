"""What the server knows: sessions, users, and (in :mod:`natterjack.core.channel`) channels.

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

from msgspec import Struct

from natterjack.core.batches import Batch
from natterjack.core.crowds import NEW
from natterjack.ports.records import SanctionRecord
from natterjack.proto import caps, modes
from natterjack.proto.scram import ServerExchange
from natterjack.wire.message import Message, WireError

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
        "since",
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
        self.since = mono  # the same, by the clock that never jumps
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
        # It has much to take of what was sent to it, and nothing that it says is carried out.
        self.full = False
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


def apart(groups: Groups, some: Groups) -> Groups:
    """Those of ``groups`` who are not among ``some``."""
    sids = {sid for _, each in some for sid in each}
    others = ((kind, tuple(sid for sid in each if sid not in sids)) for kind, each in groups)
    return tuple((kind, each) for kind, each in others if each)


def without(groups: Groups, cap: int) -> Groups:
    """Those of ``groups`` whose kind lacks some bit of ``cap``."""
    return tuple((kind, sids) for kind, sids in groups if kind & cap != cap)
