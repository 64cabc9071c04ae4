"""Between a session and its front end: nothing that was typed is lost, nothing that was said missed or shown twice.

Theory of operation. The driver hands the keeper what the front end asks for (:meth:`Keeper.submit`) and what the
session tells (:meth:`Keeper.heard`), and gets back a :class:`~natterjack.client.keeping.Step`: what to ask the session
for, and what to tell. In between, messages go through the outbox (:mod:`natterjack.client.session.outbox`), which is on
the disk before the session sees them, and what comes through the catch-up (:mod:`natterjack.client.session.catchup`).

What is told and has to be remembered ends in a :class:`~natterjack.client.events.Mark`. Once the front end has shown
all of it, it says so (:meth:`Keeper.shown`), and the lines and positions are kept, and the answered messages leave the
outbox: never before, or a line or an answer could be lost by a crash in between.

Everything belongs to a server and to who we are there: what one account has typed is not sent as another.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import structs

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.channels import PREFIXES, is_channel
from natterjack.client.database import LocalStoreError
from natterjack.client.errors import NotKept
from natterjack.client.keeping import Direct, Step
from natterjack.client.local_store import Lines, Whose
from natterjack.client.overdue import STILL_SENDING, Overdue
from natterjack.client.person import Marked, Person
from natterjack.client.requests import AskHistory, Deliver, Recall, Request, Say
from natterjack.client.session.catchup import CatchUp, Position, Shown
from natterjack.client.session.config import SessionConfig
from natterjack.client.session.markers import Marker, Markers
from natterjack.client.session.multiline import Limits
from natterjack.client.session.outbox import Draft, Entry, Outbox, cut, drafts
from natterjack.client.shelf import Shelf
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.session import Session

T = TypeVar("T")

#: Messages that may wait at the same time.
_MOST_WAITING: Final = 10_000
#: The numbers of our own requests: those of the outbox, above them those of the catch-up, and of the read markers.
_OUTBOX: Final = 1 << 40
_CATCHUP: Final = 1 << 60
_MARKERS: Final = 1 << 61
#: The ``ref`` of messages that an earlier run has left: no line of this one's.
EARLIER: Final = -1000
#: What the model is given of earlier runs when we come in: lines of each conversation, and conversations.
_REMEMBERED_LINES: Final = 200
_REMEMBERED: Final = 100
#: What is recalled without a connection: the same.
_RECALLED_LINES: Final = 10
_RECALLED: Final = 5
_UNKNOWN = "No answer came, and this server cannot tell whether it arrived: {}"


class Keeper(Direct):
    """See the module. What is kept is in ``directory``, and opened with the first connection.

    Where it cannot be used, that is told, and everything else goes on with what is in memory.
    """

    def __init__(self, directory: Path, patience: float = STILL_SENDING) -> None:
        """``patience``: seconds until it is told that a message is still on its way."""
        self._shelf = Shelf(directory)
        self._online = False
        self._people: dict[Whose, Person] = {}
        self._me: Person | None = None
        self._count = count(1)  # numbers of messages where there is no store
        self._overdue = Overdue(patience)
        self._marks: deque[Marked] = deque()
        self._marked = 0
        self._known: set[str] = set()  # servers that have let us in
        self._limits: dict[str, Limits | None] = {}  # what they take as one message, as they said last

    # -- coming and going ------------------------------------------------------------------------------------------

    def begin(self, address: Address, config: SessionConfig) -> tuple[SessionConfig, list[e.Event], bool]:
        # where nothing is kept yet, nothing is made before there is something to keep
        told = self._shelf.open() if self._shelf.exists else []
        me, failed = self._person(address.name, fold(config.login.account) if config.login else "")
        self._me = me
        told += [*failed, *me.markers.all]
        seen = address.name in self._known
        known, failed = self._shelf.attempt(lambda store: seen or store.is_known(address.name), seen)
        told += failed
        if not config.login:
            # a guest is in no channel before he joins it, and what waits is for these
            channels = dict.fromkeys([*config.channels, *(entry.target for entry in me.outbox.entries)])
            names = tuple(name for name in channels if is_channel(name))
            config = structs.replace(config, channels=names)
        return config, told, known

    def _person(self, server: str, identity: str) -> tuple[Person, list[e.Event]]:
        whose = Whose(server, identity)
        found = self._people.get(whose)
        if found is not None:
            return found, []
        waiting, first = self._shelf.attempt(lambda store: store.take_over(whose), _none(Entry))
        positions, second = self._shelf.attempt(lambda store: store.positions(whose), _none(Position))
        msgids, third = self._shelf.attempt(lambda store: store.msgids(whose), _none(str))
        markers, fourth = self._shelf.attempt(lambda store: store.markers(whose), _none(Marker))
        past = CatchUp(positions, msgids, _CATCHUP)
        person = Person(whose, Outbox(), past, Markers(markers, _MARKERS))
        for entry in waiting:
            person.outbox.add(structs.replace(entry, ref=EARLIER))
            self._overdue.told(entry.number)
        self._people[whose] = person
        return person, [*first, *second, *third, *fourth]

    def lost(self, events: list[e.Event]) -> list[e.Event]:
        self._online = False
        told = [event for event in events if getattr(event, "ref", 0) < _OUTBOX]
        for person in self._people.values():
            told += self._give_up(person, person.outbox.lost())
            person.past.lost()
            person.markers.lost()
            told += [*self._take_out(person), *self._save_markers(person)]
        return told

    def close(self) -> None:
        for person in self._people.values():
            person.markers.lost()
            self._save_markers(person)
        self._shelf.close()

    # -- what is asked for -----------------------------------------------------------------------------------------

    def submit(self, request: Request, session: Session | None, now: float) -> Step:
        me = self._me
        if me is None:
            return Step([request], [])
        told = self._fit(me, session) if self._online and session is not None else []
        step = self._submit(me, request, session, now)
        return Step(step.requests, [*told, *step.events])

    def _submit(self, me: Person, request: Request, session: Session | None, now: float) -> Step:
        if isinstance(request, Say):
            return self._say(me, structs.replace(request, target=me.meant(request.target)), now)
        if isinstance(request, Recall):
            lines, failed = self._shelf.attempt(
                lambda store: store.last_lines(me.whose, _RECALLED_LINES, _RECALLED), Lines([], [])
            )
            return Step([], [*failed, lines.recalled(request.ref)])
        if isinstance(request, AskHistory) and not (self._online and session and session.history_limit):
            lines, failed = self._shelf.attempt(
                lambda store: store.lines(me.whose, request.target, request.limit, request.ref), Lines([], [])
            )
            answer: list[e.Event] = [lines.recalled(request.ref), e.Done(request.ref, "HISTORY")]
            return Step([], [*failed, *answer])
        return Step([request], [])

    def read(self, target: str, upto: float, session: Session | None, now: float) -> Step:
        me = self._me
        if me is None:
            return Step([], [])
        me.markers.read(me.meant(target), upto, now)
        return self._after_markers(me)

    def _after_markers(self, me: Person) -> Step:
        requests, me.markers.requests = me.markers.requests, []
        return Step(requests, self._save_markers(me))

    def _save_markers(self, person: Person) -> list[e.Event]:
        changed, person.markers.changed = person.markers.changed, []
        if not changed:
            return []
        return self._shelf.attempt(lambda store: store.mark(person.whose, changed), None)[1]

    def _say(self, me: Person, request: Say, now: float) -> Step:
        limits = self._limits.get(me.whose.server, Limits())  # where nobody has said yet: as usual
        made = drafts(request.target, request.text, request.kind, request.reply_to, limits)
        if not made:
            return Step([request], [])  # the session says what is missing
        if len(me.outbox) + len(made) > _MOST_WAITING:
            text = "Too much is waiting to be sent already: this was not taken. Try again later."
            return Step([], [e.Refused(request.ref, "PRIVMSG", request.target, "TOO_MANY", text)])
        named = [(secrets.token_urlsafe(16), draft) for draft in made]
        told = self._shelf.open()
        try:
            entries = self._write_down(me, named, request.ref)
        except NotKept as error:
            return Step([], [e.Refused(request.ref, "PRIVMSG", request.target, error.code, error.text)])
        for entry in entries:
            me.outbox.add(entry)
            self._overdue.typed(entry.number, now)
        if self._online:
            due = self._due(me, noted=True)
            return Step(due.requests, told + due.events)
        return Step([], told + self._tell_late(entries))

    def _write_down(self, me: Person, named: list[tuple[str, Draft]], ref: int) -> list[Entry]:
        """Raises :class:`NotKept`."""
        store = self._shelf.store
        if store is None:
            return [self._numbered(cid, draft, ref) for cid, draft in named]
        try:
            # the time is for people who look into the file
            return store.add(me.whose, named, time.time(), ref, tried=self._online)
        except LocalStoreError as error:
            raise NotKept(str(store.path), str(error)) from error

    def _numbered(self, cid: str, draft: Draft, ref: int) -> Entry:
        """One that is kept in memory alone."""
        return Entry(
            next(self._count),
            cid,
            draft.target,
            draft.kind,
            draft.text,
            ref=ref,
            reply_to=draft.reply_to,
        )

    def _fit(self, me: Person, session: Session, *, anew: bool = False) -> list[e.Event]:
        """Cut what waits as the server takes it, where that is not as before, or ``anew``."""
        limits = session.limits
        if not anew and self._limits.get(me.whose.server, limits) == limits:
            return []
        self._limits[me.whose.server] = limits
        unknown, whole = me.outbox.misfits(limits)
        told = self._give_up(me, unknown)
        cuts = [
            (entry, [(secrets.token_urlsafe(16), draft) for draft in cut(entry, limits)]) for entry in whole
        ]
        if not cuts:
            return told
        store = self._shelf.store
        if store is None:
            made = [[self._numbered(cid, draft, entry.ref) for cid, draft in named] for entry, named in cuts]
        else:
            try:
                made = store.cut(me.whose, cuts, time.time())
            except LocalStoreError as error:
                return told + self._put_off(me, whole, error)
        me.outbox.replace(whole, [entry for entries in made for entry in entries])
        for old, entries in zip(whole, made, strict=True):
            self._overdue.replaced(old.number, [entry.number for entry in entries])
        return told

    def _put_off(self, me: Person, entries: list[Entry], error: LocalStoreError) -> list[e.Event]:
        """They cannot be cut now: they stay on the disk as they are, for the next run."""
        me.outbox.replace(entries, [])
        why = f"Not sent: this computer cannot keep it as the server takes it ({error}). It waits until you come back"
        return self._stays(entries, why)

    # -- what is heard ---------------------------------------------------------------------------------------------

    def heard(self, events: list[e.Event], session: Session, now: float) -> Step:
        me = self._me
        if me is None:
            return Step([], events)
        told: list[e.Event] = []
        done: list[Entry] = []
        for event in events:
            if _OUTBOX <= getattr(event, "ref", 0) < _CATCHUP:
                me.past.out += self._answer(event, done)
                continue
            if getattr(event, "ref", 0) >= _MARKERS:
                me.markers.ended(event)
                continue
            if isinstance(event, e.ReadUpTo):
                event = me.markers.told(event)
            elif isinstance(event, e.MessageReceived) and _is_talk(event):
                me.markers.met(event.target if event.own else event.sender.nick)
            me.past.heard(event)
            told += self._rename(me)
            if isinstance(event, e.Joined) and event.own:
                me.past.joined(event.channel, session.history_limit)
            elif isinstance(event, e.Ready) or (self._online and _is_login(event)):
                told += self._take_out(me)
                me, more = self._become(me, session)
                told += more + self._arrive(me, session)
        if self._online:
            told += self._fit(me, session)
        if done and not session.resends:  # else once it is told: a resend before that is harmless
            told += self._shelf.attempt(lambda store: store.remove(done), None)[1]
            done = []
        told += self._take_out(me, done)
        me.markers.tick(now)
        marked = self._after_markers(me)
        requests, me.past.requests = me.past.requests, []
        due = self._due(me, noted=False)
        return Step([*requests, *marked.requests, *due.requests], [*told, *marked.events, *due.events])

    def _rename(self, me: Person) -> list[e.Event]:
        """What waits for a channel that has another name goes to it; its lines and position follow once shown."""
        renamed, me.past.renamed = me.past.renamed, []
        redirected = [entry for each in renamed for entry in me.rename(each.old, each.new)]
        return self._redirect(redirected) if redirected else []

    def _redirect(self, entries: list[Entry]) -> list[e.Event]:
        return self._shelf.attempt(lambda store: store.redirect(entries), None)[1]

    def _arrive(self, me: Person, session: Session) -> list[e.Event]:
        """Requests can be made, as ``me``."""
        told = self._shelf.open()
        if not self._online:
            told += self._leave_others(me)
        self._online = True
        self._known.add(me.whose.server)
        unknown = me.outbox.connected(resends=session.resends)
        me.past.connected(session.history_limit, talks=bool(session.account), events=session.plays_events)
        me.markers.connected(offered=session.marks)
        told += self._give_up(me, unknown)
        told += self._fit(me, session, anew=True)
        told += self._remind(me)
        left = me.outbox.left(EARLIER)
        return [*told, e.Resuming(EARLIER, left)] if left else told

    def _remind(self, me: Person) -> list[e.Event]:
        """What ``me`` was shown in earlier runs, once."""
        if me.remembered:
            return []
        me.remembered = True
        kept, failed = self._shelf.attempt(
            lambda store: store.last_lines(me.whose, _REMEMBERED_LINES, _REMEMBERED), Lines([], [])
        )
        lines = tuple(
            line for line in kept.lines if line.msgid
        )  # without, nobody could tell them from new ones
        return [*failed, e.Remembered(lines, tuple(kept.reactions))] if lines else failed

    def _become(self, was: Person, session: Session) -> tuple[Person, list[e.Event]]:
        """We are another one on this server. What no connection has seen yet goes along if a guest typed it."""
        now, told = self._person(was.whose.server, fold(session.account))
        if now is was:
            return was, told
        self._me = now
        now_kept, now.past = now.past, was.past
        now.past.adopt(now_kept)
        was.past = now.past.fresh()
        untried = was.outbox.take_untried()
        told += now.markers.all
        if was.whose.identity:
            return now, told + self._leave(was, untried)
        now.markers.adopt(was.markers)
        for entry in untried:
            now.outbox.add(entry)
        if untried:
            told += self._shelf.attempt(lambda store: store.move(untried, now.whose), None)[1]
        return now, told

    def _leave_others(self, me: Person) -> list[e.Event]:
        """We have come in as ``me``: what others of us on this server have on their way stays where it is."""
        told: list[e.Event] = []
        others = [each for each in self._people.values() if each is not me]
        for each in [each for each in others if each.whose.server == me.whose.server]:
            told += self._leave(each, each.outbox.entries)
            del self._people[each.whose]  # read again when it is needed
        return told

    def _leave(self, person: Person, entries: list[Entry]) -> list[e.Event]:
        """They stay in the outbox on the disk: nobody sends them but ``person``."""
        who = person.whose.identity or "a guest"
        return self._stays(entries, f"Not sent: it was written as {who}, and waits until you are that again")

    def _stays(self, entries: list[Entry], why: str) -> list[e.Event]:
        told: list[e.Event] = []
        lefts: dict[int, int] = {}
        for entry in reversed(entries):
            self._overdue.over(entry.number)
            left = lefts.setdefault(entry.ref, 0)
            lefts[entry.ref] += 1
            text = f"{why}: {entry.text}"
            told.append(e.Unanswered(entry.ref, "PRIVMSG", entry.target, text, left, entry.text, stays=True))
        return told[::-1]

    def _answer(self, event: e.Event, done: list[Entry]) -> Iterable[e.Event]:
        """An answer to a message of the outbox, as the front end knows it."""
        number = getattr(event, "ref", 0) - _OUTBOX
        for person in self._people.values():
            if isinstance(event, e.Unanswered):
                entry = person.outbox.again(number)
                if entry:
                    yield from self._give_up(person, [entry])
                continue
            again = person.outbox.redirected(number) if isinstance(event, e.Refused) else None
            if again is not None:
                yield from self._redirect([again])
                return
            answered = person.outbox.answered(number) if isinstance(event, e.Acked | e.Refused) else None
            if answered is None:
                continue
            entry, left = answered
            done.append(entry)
            late = self._overdue.over(number)
            if isinstance(event, e.Acked):
                yield structs.replace(
                    event, ref=entry.ref, target=entry.target, text=entry.text, left=left, late=late
                )
            elif isinstance(event, e.Refused):
                # what an earlier run has left stands nowhere else any more
                text = f"{event.text} (It was: {entry.text})" if entry.ref == EARLIER else event.text
                yield structs.replace(event, ref=entry.ref, text=text, left=left, said=entry.text)

    def _give_up(self, person: Person, entries: list[Entry]) -> list[e.Event]:
        """Nobody can know what became of these: they are not sent again by themselves."""
        told: list[e.Event] = []
        for entry in entries:
            self._overdue.over(entry.number)
            left = person.outbox.left(entry.ref)
            text = _UNKNOWN.format(entry.text)
            told.append(e.Unanswered(entry.ref, "PRIVMSG", entry.target, text, left, entry.text))
        if entries:
            told += self._shelf.attempt(lambda store: store.remove(entries), None)[1]
        return told

    def _due(self, me: Person, *, noted: bool) -> Step:
        """What the outbox sends now. ``noted``: it is written down that this was tried."""
        entries = me.outbox.due() if self._online else []
        fresh = [entry for entry in entries if not entry.tried]
        told: list[e.Event] = []
        if fresh and not noted:
            told = self._shelf.attempt(lambda store: store.note_tried(fresh), None)[1]
        return Step(
            [
                Deliver(_OUTBOX + entry.number, entry.to, entry.text, entry.kind, entry.cid, entry.reply_to)
                for entry in entries
            ],
            told,
        )

    # -- what is told ----------------------------------------------------------------------------------------------

    def _take_out(self, person: Person, done: Sequence[Entry] = ()) -> list[e.Event]:
        """What the catch-up has to tell, with a mark behind it where it has to be remembered."""
        out, person.past.out = person.past.out, []
        shown = [each for each in out if isinstance(each, Shown)]
        told = [each.event if isinstance(each, Shown) else each for each in out]
        if shown or done:
            self._marked += 1
            self._marks.append(Marked(self._marked, person.whose, shown, list(done)))
            told.append(e.Mark(self._marked))
        return told

    def shown(self, number: int) -> list[e.Event]:
        told: list[e.Event] = []
        while self._marks and self._marks[0].number <= number:
            marked = self._marks.popleft()
            while self._marks and self._marks[0].number <= number and self._marks[0].whose == marked.whose:
                more = self._marks.popleft()
                marked.shown.extend(more.shown)
                marked.done.extend(more.done)
            told += self._remember(marked)
        return told

    def _remember(self, marked: Marked) -> list[e.Event]:
        person = self._people.get(marked.whose)
        for each in marked.shown:
            if person is not None and isinstance(each.event, e.ChannelRenamed):
                person.knows(each.event.old)
        return self._shelf.attempt(lambda store: store.show(marked.whose, marked.shown, marked.done), None)[1]

    def deadline(self) -> float | None:
        moments = [self._overdue.deadline()]
        moments += [self._me.markers.deadline()] if self._me else []
        return min((moment for moment in moments if moment is not None), default=None)

    def tick(self, now: float) -> Step:
        if self._me is None:
            return Step([], self._tell_overdue(now))
        self._me.markers.tick(now)
        marked = self._after_markers(self._me)
        return Step(marked.requests, [*marked.events, *self._tell_overdue(now)])

    def _tell_overdue(self, now: float) -> list[e.Event]:
        overdue = self._overdue.now(now)
        found = [person.outbox.find(number) for number in overdue for person in self._people.values()]
        return self._tell_late([entry for entry in found if entry is not None])

    def _tell_late(self, entries: list[Entry]) -> list[e.Event]:
        for entry in entries:
            self._overdue.told(entry.number)
        kind = e.StillSending if self._online else e.Kept
        return [kind(entry.ref, entry.target, entry.text) for entry in entries]


def _is_login(event: e.Event) -> bool:
    return isinstance(event, e.AccountChanged) and event.own


def _is_talk(event: e.MessageReceived) -> bool:
    """Whether it was said to a person, and not by a server."""
    return event.target[:1] not in (*PREFIXES, "@", "+") and bool(event.own or event.sender.user)


def _none(_: type[T]) -> list[T]:
    """An empty list of things of that type."""
    return []
