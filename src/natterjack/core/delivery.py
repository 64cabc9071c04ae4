"""How lines leave the core: rendered once per kind of recipient, in the order in which they were accepted.

**Rendering.** A :class:`Line` is said once; each *kind* of session (those that negotiated the same capabilities)
gets one bytes object of it, whatever their number.

**Runs.** Lines that go to the same groups, as in a busy channel, are joined before they are queued: a thousand sessions
then get one piece for the whole run instead of one for each line. Whoever gets something else in place of a line (the
sender, mostly) gets his own copy of the run. Several runs are open at a time, so what is said in a channel, or to
somebody, joins what was said there before, and passes what others say elsewhere: an order between channels is not
promised. Everything else ends them all and comes after them, and so does what somebody says who has said something
elsewhere in them: what one session is told, and what it says, keeps its order.

**Who comes** is told of to those who have been there as a line of a run; he himself, and who came in between, are told
at once. As long as all that follows is for people who don't hear that run, as the names are that he gets, it stays
open: so where a hundred come to a channel of ten thousand in one turn, each of those gets one piece, not a hundred.

**The gate.** A message that must last is shown only after it is committed, and what follows it must not overtake it:
not in its channel, and not in the answers to the session that sent it. So every session, user and channel carries the
number of the last batch that something of theirs waits for. What is said is held until the highest number among the
*owners* it concerns is committed, and pulls the others up to that number. Numbers only grow and are committed in
order, so releasing batch after batch, each in its order of arrival, keeps every owner's order. Without a store the
commit is instant, and nothing is ever held.

**Refusals.** Where a batch can't be stored (the disk is full), what was said in it has not been said: a held line that
is (part of) it carries a :data:`Loss`, goes to nobody, and whoever said it is told once. Everything else that waited is
shown as ever, and what it changed is *owed* (:mod:`natterjack.core.owed`): it goes in front of the next batch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import ClassVar, Final, Protocol

from msgspec import Struct

from natterjack.core.owed import Owed, is_given_up
from natterjack.core.state import Groups, Session
from natterjack.ports.effects import Ask, Close, Commit, Deliver, Effect, Hold, Release, Remember, Send
from natterjack.ports.records import HistoryRecord, Record, RoomRecord
from natterjack.proto import caps
from natterjack.proto.standard_replies import STORAGE_FULL
from natterjack.wire.message import escape

_TAG_CAPS = caps.MESSAGE_TAGS | caps.SERVER_TIME | caps.ACCOUNT_TAG


class Gated(Protocol):
    """Whatever has an order of its own: a session, a user, a channel."""

    gate: int


class Line(Struct, frozen=True, gc=False):
    """One line to be shown: ``body`` is everything but tags and CR LF, ``time`` a server-time value.

    ``id`` is its place in the order of all lines (0: it has none, and no ``msgid``); ``extra`` are further tags as they
    stand on the wire, joined by semicolons, which go to those with message-tags.
    """

    body: str
    time: str
    id: int = 0
    msgid: str = ""
    account: str = ""
    extra: str = ""

    #: The capabilities that make a difference to how it looks.
    LOOKS: ClassVar[int] = _TAG_CAPS

    def render(self, kind: int, label: str = "") -> bytes:
        """The whole line as sessions of ``kind`` get it; with ``label`` (escaped), as the answer to that command."""
        if not (kind & self.LOOKS or label):
            return f"{self.body}\r\n".encode()
        tags = self.tags(kind)
        if label:
            tags = f"label={label};{tags}" if tags else f"label={label}"
        return f"@{tags} {self.body}\r\n".encode() if tags else f"{self.body}\r\n".encode()

    def parts(self, kind: int) -> list[tuple[str, str]]:
        """Tags and body of each line on the wire that this is for ``kind``: here one."""
        return [(self.tags(kind), self.body)]

    def tags(self, kind: int) -> str:
        """The tags for ``kind``, joined by semicolons."""
        text = f";time={self.time}" if kind & caps.SERVER_TIME else ""
        if kind & caps.MESSAGE_TAGS:
            if self.msgid:
                text += f";msgid={self.msgid}"
            if self.extra:
                text += f";{self.extra}"
        if self.account and kind & caps.ACCOUNT_TAG:
            text += f";account={escape(self.account)}"
        return text[1:]

    def pieces(self, groups: Groups) -> list[bytes]:
        """The line for each of ``groups``, rendered once for those that see it alike."""
        if len(groups) == 1:
            return [self.render(groups[0][0])]
        made: dict[int, bytes] = {}
        matters = self.LOOKS
        for kind, _ in groups:
            looks = kind & matters
            if looks not in made:
                made[looks] = self.render(looks)
        return [made[kind & matters] for kind, _ in groups]


#: Whom to tell if something said can't be stored (a sid; 0: nobody, since he is told otherwise), which command that
#: was, to whom, and its label (escaped).
Loss = tuple[int, str, str, str]
UNTOLD: Final[Loss] = (0, "", "", "")

#: A line on its way: to whom, how it looks to each of those groups, and who (kind and sid, as they are now; a
#: capability may change before it leaves) gets what in its place. Kind -1: nobody. With a loss, it is shown only if it
#: is stored. The last is the sid of who says it, where it is a message as it is; else 0.
_Item = tuple[Groups, list[bytes], int, int, bytes, Loss | None, int]
_NOBODY = -1


class _Either(Struct, frozen=True, gc=False):
    """``effect`` if ``batch`` is stored, ``otherwise`` if it was refused; None: nothing."""

    batch: int
    effect: Effect | None
    otherwise: Effect | None


class _Arrival(Struct, frozen=True):
    """Somebody comes: what that is to those who were there, and what to all others."""

    settled: _Item
    newcomers: tuple[Deliver, ...]


def unstored(server: str, command: str, target: str) -> str:
    """What whoever said something is told in its place, if it can't be stored."""
    return f":{server} FAIL {command} {STORAGE_FULL.code} {target} :{STORAGE_FULL.text}"


def _joined(run: list[_Item]) -> Iterable[Deliver]:
    """What to do for lines that all go to the same groups."""
    for index, (kind, sids) in enumerate(run[0][0]):
        lines = [item[1][index] for item in run]
        swapped: dict[int, list[bytes]] = {}
        for place, item in enumerate(run):
            if item[2] == kind:
                sid = item[3]
                if sid not in swapped:
                    swapped[sid] = lines.copy()
                swapped[sid][place] = item[4]
        instead = {sid: b"".join(mine) for sid, mine in swapped.items()} if swapped else None
        yield Deliver(sids, b"".join(lines), instead, index)


class Delivery:
    """Collects a turn's effects. ``durable``: there is a store; ``lines_too``: it keeps lines, not only the rest.

    ``server`` is the name that answers to sessions come from.
    """

    def __init__(self, durable: bool, lines_too: bool = True, server: str = "") -> None:
        self._durable = durable
        #: Whether lines are stored, so that one might not get to be shown.
        self.keeps_lines = durable and lines_too
        self._server = server
        self._remembered: list[HistoryRecord] = []
        self._effects: list[Effect] = []
        self._runs: dict[int, list[_Item]] = {}  # by the identity of their groups, in order
        self._speakers: dict[int, int] = {}  # who says something in them (sid), and in which
        self._arrival: _Arrival | None = None  # the latest in this turn
        self._hearers: frozenset[int] = frozenset()  # who was there, once somebody wants to know
        self._records: list[Record] = []
        self._batch = 1  # the number that the turn's records will have
        self._committed = 0  # up to here it is known what came of the batches
        self._held: dict[int, list[_Item | _Arrival | _Either | Effect]] = {}
        self._under_way: dict[int, tuple[Record, ...]] = {}
        self._attempts: dict[int, list[Record]] = {}  # by batch: what is not owed if it can't be stored
        self._heard = 0  # the last batch that is known to be refused
        self._stuck = False
        self._probe = 0  # the last batch that told, or will tell, whether there is room
        self.owed = Owed()

    # -- saying

    @property
    def stored(self) -> int:
        """Up to which batch everything is committed."""
        return self._committed

    def follow(self, owner: Gated) -> None:
        """``owner``, who is not among those who hear what is on its way, waits until the history has it."""
        owner.gate = max(owner.gate, self._batch if self._records else self._batch - 1)

    def relay(
        self,
        groups: Groups,
        line: Line,
        owners: Collection[Gated],
        but: Session | None = None,
        own: bytes = b"",
        loss: Loss | None = None,
        speaker: int = 0,
    ) -> None:
        """Show ``line`` to ``groups``. ``but``, which must be among them, gets ``own`` (or nothing) in its place.

        With a ``loss`` it is part of what was just kept, for the same owners: if that can't be stored, nobody gets it.
        ``speaker`` is the sid of whose message it is, where ``groups`` are all that get it: it may pass what others say
        elsewhere.
        """
        kind, sid = (_NOBODY, 0) if but is None else (but.kind, but.sid)
        item = (groups, line.pieces(groups), kind, sid, own, loss, speaker)
        if self._records or self._committed < self._batch - 1:
            # What was just kept has its owners wait for this very batch.
            gate = self._gate(owners) if loss is None else self._batch
            if gate > self._committed:
                self._held.setdefault(gate, []).append(item)
                return
        self._relay(item)

    def arrive(
        self,
        settled: Groups,
        newcomers: Groups,
        line: Line,
        owners: Collection[Gated],
        but: Session | None = None,
    ) -> None:
        """Show ``line``, by which somebody comes, to those who were there (``settled``) and to ``newcomers``: himself,

        and who came since then. ``but``, one of those, gets nothing.
        """
        shown = []
        for (kind, sids), data in zip(newcomers, line.pieces(newcomers), strict=True):
            instead = {but.sid: b""} if but is not None and but.kind == kind else None
            shown.append(Deliver(sids, data, instead))
        item = (settled, line.pieces(settled), _NOBODY, 0, b"", None, 0)
        arrival = _Arrival(item, tuple(shown))
        gate = self._gate(owners)
        if gate > self._committed:
            self._held.setdefault(gate, []).append(arrival)
        else:
            self._come(arrival)

    def send(self, owner: Gated, sid: int, data: bytes) -> None:
        """Queue ``data`` for the session ``sid``, whose order ``owner`` keeps."""
        self.do(owner, Send(sid, data))

    def close(self, owner: Gated, sid: int) -> None:
        """Close the session ``sid`` after all that was queued for it."""
        self.do(owner, Close(sid))

    def do(self, owner: Gated, effect: Effect) -> None:
        """Have ``effect`` done in the order that ``owner`` keeps, so after what it waits for."""
        if owner.gate > self._committed:
            self._held.setdefault(owner.gate, []).append(effect)
        else:
            self._release(effect)

    def either(self, owner: Gated, batch: int, effect: Effect | None, otherwise: Effect | None) -> None:
        """As :meth:`do`, but if ``batch``, which ``owner`` waits for, can't be stored, do ``otherwise``."""
        if owner.gate > self._committed:
            self._held.setdefault(owner.gate, []).append(_Either(batch, effect, otherwise))
        elif effect is not None:
            self.do(owner, effect)

    def tell(self, effect: Effect) -> None:
        """Add an effect that concerns no session."""
        self._effects.append(effect)

    def store(self, record: Record, owners: Collection[Gated]) -> None:
        """``record`` is to be committed with this turn's batch; what its ``owners`` say from now on waits for that."""
        if self._durable:
            self._records.append(record)
            for owner in owners:
                owner.gate = self._batch

    def attempt(self, records: Iterable[Record], owners: Collection[Gated]) -> int:
        """As :meth:`store`, but if they can't be stored, ``records`` are forgotten rather than owed.

        The answer is the batch that decides it; 0: there is no store.
        """
        if not self._durable:
            return 0
        for record in records:
            self.store(record, owners)
            self._attempts.setdefault(self._batch, []).append(record)
        return self._batch

    def keep(self, record: HistoryRecord, owners: Collection[Gated]) -> None:
        """``record`` is for the history: stored as :meth:`store` does, or remembered where lines are not stored."""
        if self.keeps_lines:
            self.store(record, owners)
        else:
            self._remembered.append(record)

    @property
    def batch(self) -> int:
        """The batch that takes what is stored now."""
        return self._batch

    @property
    def pending(self) -> int:
        """How many records that has already."""
        return len(self._records)

    @property
    def stuck(self) -> bool:
        """Whether something was refused, and there has not been room since; what is small may fit all the same."""
        return self._stuck

    # -- turns and batches

    def take(self) -> list[Effect]:
        """The end of a turn: all effects since the last one."""
        self._end_runs()
        if self._arrival is not None:
            self._arrival, self._hearers = None, frozenset()
        if self._records:
            records = tuple(self._records)
            if self.owed:
                records = (*self.owed.take(), *records)
            self._under_way[self._batch] = records
            self._effects.append(Commit(self._batch, records, self._heard))
            self._records = []
            self._batch += 1
        if self._remembered:
            # First, so that whoever asks in this turn finds it there.
            self._effects.insert(0, Remember(tuple(self._remembered)))
            self._remembered = []
        effects, self._effects = self._effects, []
        return effects

    def committed(self, batch: int) -> None:
        """Everything up to ``batch`` is stored: release what waited for it."""
        if self._heard < self._probe <= batch:
            self._stuck = False
        for number in range(self._committed + 1, batch + 1):
            self._committed = number
            del self._under_way[number]
            self._attempts.pop(number, None)
            for item in self._held.pop(number, ()):
                if isinstance(item, tuple):
                    self._relay(item)
                elif isinstance(item, _Arrival):
                    self._come(item)
                else:
                    self._release(item.effect if isinstance(item, _Either) else item)

    def refused(self, batch: int) -> tuple[int, list[Record]]:
        """Nothing of ``batch`` is stored, nor of any that was handed over since: release what waited for those.

        The answer is the last one of them, and what is given up.
        """
        last = self._batch - 1
        self._stuck = True
        self._heard = last
        given_up: list[Record] = []
        for number in range(batch, last + 1):
            attempts = {id(record) for record in self._attempts.pop(number, ())}
            for record in self._under_way.pop(number):
                if is_given_up(record):
                    given_up.append(record)
                elif id(record) not in attempts:
                    self.owed.add(record)
        for number in range(batch, last + 1):
            self._committed = number
            self._give_up(batch, self._held.pop(number, []))
        # Who waits for more than that hears of it when he is done with waiting.
        for held in self._held.values():
            for place, item in enumerate(held):
                if isinstance(item, _Either) and batch <= item.batch <= last:
                    held[place] = _Either(item.batch, item.otherwise, item.otherwise)
        return last, given_up

    def try_again(self) -> None:
        """If something was refused, see whether there is room again; what is owed goes along. About once a second."""
        if self._stuck and self._probe <= self._committed:
            self.store(RoomRecord(), ())
            self._probe = self._batch

    # -- inside

    def _give_up(self, batch: int, held: list[_Item | _Arrival | _Either | Effect]) -> None:
        """Release ``held`` without what was said; all batches from ``batch`` on were refused."""
        told = set()
        for item in held:
            if isinstance(item, tuple):
                loss = item[5]
                if loss is None:
                    self._relay(item)
                elif loss[0] and id(loss) not in told:  # several lines may show the same loss
                    told.add(id(loss))
                    self._release(self._sorry(loss))
            elif isinstance(item, _Arrival):
                self._come(item)
            elif isinstance(item, _Either):
                self._release(item.otherwise if item.batch >= batch else item.effect)
            else:
                self._release(item)

    def _sorry(self, loss: Loss) -> Send:
        sid, command, target, label = loss
        tags = f"@label={label} " if label else ""
        return Send(sid, f"{tags}{unstored(self._server, command, target)}\r\n".encode())

    def _release(self, effect: Effect | None) -> None:
        if effect is not None:
            if self._runs and not self._passes(effect):
                self._end_runs()
            self._effects.append(effect)

    def _come(self, arrival: _Arrival) -> None:
        item, before = arrival.settled, self._arrival
        if item[0]:
            self._relay(item)  # and no other run is open now
        else:
            self._end_runs()  # newcomers may hear what waits in them
        if before is not None and before.settled[0] is not item[0]:
            self._hearers = frozenset()
        self._arrival = arrival
        self._effects += arrival.newcomers

    def _passes(self, effect: Effect) -> bool:
        """Whether the one run that is open is one to which somebody has come, and ``effect`` is for nobody in it."""
        arrival = self._arrival
        if arrival is None or len(self._runs) > 1 or id(arrival.settled[0]) not in self._runs:
            return False
        if isinstance(effect, Ask):
            return True
        if not isinstance(effect, Send | Hold | Release | Close):
            return False
        for newcomers in arrival.newcomers:  # mostly it is for one of these
            if effect.sid in newcomers.to:
                return True
        if not self._hearers:
            self._hearers = frozenset(chain.from_iterable(sids for _, sids in arrival.settled[0]))
        return effect.sid not in self._hearers

    def _gate(self, owners: Collection[Gated]) -> int:
        gate = 0
        for owner in owners:  # a generator, or a call for each, would take twice as long
            if owner.gate > gate:  # noqa: PLR1730
                gate = owner.gate
        for owner in owners:
            owner.gate = gate
        return gate

    def _relay(self, item: _Item) -> None:
        groups, speaker = item[0], item[6]
        if not groups:
            return
        runs, key = self._runs, id(groups)
        fits = self._speakers.setdefault(speaker, key) == key if speaker else len(runs) == 1 and key in runs
        if not fits and runs:
            self._end_runs()
            if speaker:
                self._speakers[speaker] = key
        run = runs.get(key)
        if run is None:
            runs[key] = [item]
        else:
            run.append(item)

    def _end_runs(self) -> None:
        if not self._runs:
            return
        for run in self._runs.values():
            if len(run) > 1:
                self._effects += _joined(run)
                continue
            groups, pieces, own_kind, own_sid, own, *_ = run[0]
            for part, (kind, sids) in enumerate(groups):
                instead = {own_sid: own} if kind == own_kind else None
                self._effects.append(Deliver(sids, pieces[part], instead, part))
        self._runs.clear()
        self._speakers.clear()
