"""Channels: plain data, like sessions and users. See :mod:`natterjack.core.state`."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.core.state import Groups, Session, User, group
from natterjack.ports.events import Now
from natterjack.ports.questions import StoredLine
from natterjack.proto.casemap import fold
from natterjack.proto.extbans import Mask

if TYPE_CHECKING:
    from natterjack.core.rolls import Manner, Roll


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
        "former",
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
        self.former: tuple[str, ...] = ()  # names that it had, folded, which lead here; the newest last
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
