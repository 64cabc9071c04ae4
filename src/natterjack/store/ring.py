"""History in memory, for durability ``none``: the latest lines, up to a number of bytes over all conversations.

It takes the records that would otherwise be lines of the database, and answers the same questions in the same way. It
is filled by the loop and read by a reader's thread; a lock keeps them apart, and is never held for long: what is looked
through is taken a few hundred lines at a time.
"""

from __future__ import annotations

import heapq
import threading
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter

import msgspec

from natterjack.ports.questions import (
    Bound,
    Cid,
    FindCid,
    FindLine,
    Page,
    ReadAnswer,
    ReadHistory,
    ReadQuestion,
    ReadTargets,
    Search,
    StoredLine,
    Targets,
)
from natterjack.ports.records import (
    CidRecord,
    ForgetRecord,
    LineRecord,
    PairRecord,
    Record,
    RedactRecord,
)
from natterjack.store.history import END, page
from natterjack.store.search import SCAN_ROWS
from natterjack.store.texts import matcher, words

#: Bytes that the lines may take together, with what Python needs for them.
BYTES = 64 << 20
#: What a line and what a client message id take besides their text.
_LINE_BYTES, _CID_BYTES = 400, 350
#: Lines that are taken out at a time.
_CHUNK = 500


#: Stands where a line was.
_GONE = LineRecord(0, (), 0, False, "", "", "")
_id = attrgetter("id")


def _size(line: LineRecord) -> int:
    """Bytes that it takes, in one conversation."""
    return _LINE_BYTES + len(line.body) + len(line.tags)


class _Pile:
    """Lines of one conversation and kind, by id. Oldest ones are taken off cheaply."""

    __slots__ = ("_conversation", "_gone", "_lines", "add")

    def __init__(self, conversation: int) -> None:
        self._conversation = conversation
        self._lines: list[LineRecord] = []
        self.add = self._lines.append  # called for each message that there is
        self._gone = 0  # how many at the front count no more

    def __len__(self) -> int:
        return len(self._lines) - self._gone

    def drop_oldest(self) -> LineRecord:
        """The answer is what was dropped."""
        line = self._lines[self._gone]
        self._lines[self._gone] = _GONE
        self._gone += 1
        if self._gone > 1000 and self._gone * 2 > len(self._lines):
            del self._lines[: self._gone]
            self._gone = 0
        return line

    def find(self, number: int) -> int:
        """Where the line ``number`` is; -1: nowhere."""
        index = bisect_left(self._lines, number, self._gone, key=_id)
        return index if index < len(self._lines) and self._lines[index].id == number else -1

    def at(self, index: int) -> StoredLine:
        line = self._lines[index]
        return StoredLine(line.id, self._conversation, line.time, line.body, line.account, line.tags)

    def change(self, index: int, body: str, tags: str) -> int:
        """The answer is how many bytes more it takes now."""
        old = self._lines[index]
        new = self._lines[index] = msgspec.structs.replace(old, body=body, tags=tags)
        return _size(new) - _size(old)

    def latest(self) -> StoredLine | None:
        return self.at(-1) if len(self) else None

    def between(self, above: int, below: int, forward: bool) -> Iterator[StoredLine]:
        """The lines with ids between the two, oldest first or newest first."""
        start = bisect_right(self._lines, above, self._gone, key=_id)
        stop = bisect_left(self._lines, below, start, key=_id)
        places = range(start, stop) if forward else range(stop - 1, start - 1, -1)
        return map(self.at, places)


class _Place:
    """A conversation."""

    __slots__ = ("events", "messages")

    def __init__(self, conversation: int) -> None:
        self.messages = _Pile(conversation)
        self.events = _Pile(conversation)

    def latest(self) -> int:
        """The id of the latest line; 0: there is none."""
        latest = (self.messages.latest(), self.events.latest())
        return max((line.id for line in latest if line is not None), default=0)

    def find(self, number: int) -> tuple[_Pile, int] | None:
        for pile in (self.messages, self.events):
            index = pile.find(number)
            if index >= 0:
                return pile, index
        return None


#: What there is, in the order in which it goes: a line of a pile, or a client message id.
_Held = _Pile | tuple[str, str]


class Ring:
    """A :class:`~natterjack.store.readers.Source`. ``size`` in bytes."""

    def __init__(self, size: int = BYTES) -> None:
        self._left = size
        self._held: deque[_Held] = deque()
        self._places: dict[int, _Place] = {}
        self._cids: dict[tuple[str, str], Cid] = {}
        self._pairs: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()

    def take(self, records: Iterable[Record]) -> tuple[Record, ...]:
        """Keep what belongs here; the rest, which is for the database all the same, is the answer."""
        with self._lock:
            rest = []
            for record in records:
                if type(record) is LineRecord:  # nearly all are
                    self._add(record)
                elif not self._take(record):
                    rest.append(record)
            if self._left < 0:
                self._make_room()
        return tuple(rest)

    def _take(self, record: Record) -> bool:
        match record:
            case CidRecord(sender, cid, number, digest):
                self._cids[sender, cid] = Cid(number, digest)
                self._held.append((sender, cid))
                self._left -= _CID_BYTES
            case RedactRecord(conversation, number, body, tags):
                found = self._place(conversation).find(number)
                if found is not None:
                    pile, index = found
                    if pile.at(index).body:
                        self._left -= pile.change(index, body, tags)
            case PairRecord(account, other, conversation):
                self._pairs.setdefault(account, {})[other] = conversation
                self._pairs.setdefault(other, {})[account] = conversation
            case ForgetRecord(conversation):
                self._places.pop(conversation, None)  # the bytes are given back when their turn comes
            case _:
                return False
        return True

    def _add(self, record: LineRecord) -> None:
        for conversation in record.conversations:
            place = self._places.get(conversation)
            if place is None:
                place = self._places[conversation] = _Place(conversation)
            pile = place.messages if record.message else place.events
            pile.add(record)
            self._held.append(pile)
            self._left -= _LINE_BYTES + len(record.body) + len(record.tags)  # _size(), without the call

    def _make_room(self) -> None:
        while self._left < 0 and self._held:
            what = self._held.popleft()
            if isinstance(what, _Pile):
                self._left += _size(what.drop_oldest())
            else:
                self._left += _CID_BYTES
                del self._cids[what]

    def _place(self, conversation: int) -> _Place:
        return self._places.get(conversation) or _Place(conversation)

    # -- questions

    def answer(self, question: ReadQuestion, until: float) -> ReadAnswer:
        """See :class:`~natterjack.store.readers.Source`."""
        if isinstance(question, Search):
            return self._search(question, until)
        if isinstance(question, ReadHistory):
            return self._history(question)
        with self._lock:
            match question:
                case FindLine(conversation, number):
                    found = self._place(conversation).find(number)
                    return found[0].at(found[1]) if found is not None else None
                case FindCid(sender, cid):
                    return self._cids.get((sender, cid))
                case ReadTargets():
                    return self._targets(question)

    def interrupt(self) -> None:
        """Nothing here takes long but a search, which looks at the clock itself."""

    def close(self) -> None:
        """Nothing to give back."""

    def _history(self, question: ReadHistory) -> Page:
        number, limit = question.conversation, question.limit
        lower, upper = question.lower or Bound(time=-1), question.upper or Bound(time=END)
        with self._lock:
            place = self._place(number)
            if any(bound.id and place.find(bound.id) is None for bound in (lower, upper)):
                return Page((), known=False)
            # What is said from now on is none of it: of that there would be events without the messages before them.
            below = min(upper.id or END, place.latest() + 1)
        above = max(lower.id, question.since)
        after = -1 if lower.id else lower.time
        before = END if upper.id else upper.time
        found: list[StoredLine] = []
        for events in (False, True) if question.events else (False,):
            between = self._between(number, events, above, below, question.forward, limit)
            fitting = (line for line in between if after < line.time < before and line.body)
            found += islice(fitting, limit)
        found.sort(key=lambda line: line.id)
        return page(found[:limit] if question.forward else found[-limit:])

    def _targets(self, question: ReadTargets) -> Targets:
        since = dict(zip(question.conversations, question.since, strict=False))
        asked = [(conversation, "") for conversation in question.conversations]
        asked += ((place, other) for other, place in self._pairs.get(question.account, {}).items())
        found = []
        for conversation, other in dict.fromkeys(asked):
            latest = self._place(conversation).messages.latest()
            if latest is None or latest.id <= since.get(conversation, 0):
                continue
            if question.after < latest.time < question.before:
                found.append((conversation, other, latest.time))
        found.sort(key=lambda target: (target[2], target[0]))
        return tuple(found[-question.limit :] if question.latest else found[: question.limit])

    def _search(self, question: Search, until: float) -> Page:
        wanted = words(question.text)
        since = dict(zip(question.conversations, question.since, strict=False))
        matches = matcher(wanted, question.account, question.after, question.before)
        found: list[StoredLine] = []
        if not wanted or question.limit <= 0:
            return Page(())
        for number, line in enumerate(self._newest(question.conversations)):
            if number >= SCAN_ROWS or time.monotonic() > until:
                return page(found, complete=False)
            if matches(line.time, line.body, line.account) and line.id > since.get(line.conversation, 0):
                found.append(line)
                if len(found) == question.limit:
                    break
        return page(found)

    def _newest(self, conversations: tuple[int, ...]) -> Iterator[StoredLine]:
        """All messages of ``conversations``, newest first."""
        each = (
            self._between(conversation, False, 0, END, False, _CHUNK) for conversation in set(conversations)
        )
        return heapq.merge(*each, key=lambda line: -line.id)

    def _between(
        self, conversation: int, events: bool, above: int, below: int, forward: bool, size: int
    ) -> Iterator[StoredLine]:
        """The lines of ``conversation`` with ids between the two: ``size`` at first, then some hundred at a time."""
        while True:
            with self._lock:
                place = self._place(conversation)
                pile = place.events if events else place.messages
                chunk = list(islice(pile.between(above, below, forward), size))
            yield from chunk
            if len(chunk) < size:
                return
            if forward:
                above = chunk[-1].id
            else:
                below = chunk[-1].id
            size = _CHUNK
