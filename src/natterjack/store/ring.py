"""History in memory, for durability ``none``: the latest lines, up to a number of bytes over all conversations.

It takes the records that would otherwise be lines of the database, and answers the same questions in the same way. It
is filled by the loop and read by a reader's thread; a lock keeps them apart, and is never held for long: a search takes
what it looks through a few hundred messages at a time.
"""

from __future__ import annotations

import heapq
import threading
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

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
#: Messages that a search takes out at a time.
_CHUNK = 500


class _Pile:
    """Lines of one conversation and kind, by id. Oldest ones are taken off cheaply."""

    __slots__ = ("_gone", "_ids", "_lines")

    def __init__(self) -> None:
        self._lines: list[StoredLine] = []
        self._ids: list[int] = []
        self._gone = 0  # how many at the front count no more

    def __len__(self) -> int:
        return len(self._lines) - self._gone

    def add(self, line: StoredLine) -> None:
        self._lines.append(line)
        self._ids.append(line.id)

    def drop_oldest(self) -> None:
        self._gone += 1
        if self._gone > 1000 and self._gone * 2 > len(self._lines):
            del self._lines[: self._gone], self._ids[: self._gone]
            self._gone = 0

    def find(self, number: int) -> int:
        """Where the line ``number`` is; -1: nowhere."""
        index = bisect_left(self._ids, number, self._gone)
        return index if index < len(self._ids) and self._ids[index] == number else -1

    def at(self, index: int) -> StoredLine:
        return self._lines[index]

    def replace(self, index: int, line: StoredLine) -> None:
        self._lines[index] = line

    def latest(self) -> StoredLine | None:
        return self._lines[-1] if len(self) else None

    def between(self, above: int, below: int, forward: bool) -> Iterator[StoredLine]:
        """The lines with ids between the two, oldest first or newest first."""
        start = bisect_right(self._ids, above, self._gone)
        stop = bisect_left(self._ids, below, start)
        places = range(start, stop) if forward else range(stop - 1, start - 1, -1)
        return (self._lines[place] for place in places)


class _Place:
    """A conversation."""

    __slots__ = ("events", "messages")

    def __init__(self) -> None:
        self.messages = _Pile()
        self.events = _Pile()

    def piles(self, events: bool) -> tuple[_Pile, ...]:
        return (self.messages, self.events) if events else (self.messages,)

    def find(self, number: int) -> tuple[_Pile, int] | None:
        for pile in (self.messages, self.events):
            index = pile.find(number)
            if index >= 0:
                return pile, index
        return None


#: What there is, in the order in which it goes: a line of a pile, or a client message id; and its bytes.
_Held = tuple[_Pile | tuple[str, str], int]


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
            rest = tuple(record for record in records if not self._take(record))
            self._make_room()
        return rest

    def _take(self, record: Record) -> bool:
        match record:
            case LineRecord():
                self._add(record)
            case CidRecord(sender, cid, number, digest):
                self._cids[sender, cid] = Cid(number, digest)
                self._hold((sender, cid), _CID_BYTES)
            case RedactRecord(conversation, number, body, tags):
                found = self._place(conversation).find(number)
                if found is not None:
                    pile, index = found
                    old = pile.at(index)
                    if old.body:
                        pile.replace(index, msgspec.structs.replace(old, body=body, tags=tags))
            case PairRecord(account, other, conversation):
                self._pairs.setdefault(account, {})[other] = conversation
                self._pairs.setdefault(other, {})[account] = conversation
            case ForgetRecord(conversation):
                self._places.pop(conversation, None)  # the bytes are given back when their turn comes
            case _:
                return False
        return True

    def _add(self, record: LineRecord) -> None:
        size = _LINE_BYTES + len(record.body) + len(record.tags)
        for conversation in record.conversations:
            place = self._places.get(conversation)
            if place is None:
                place = self._places[conversation] = _Place()
            pile = place.messages if record.message else place.events
            pile.add(
                StoredLine(record.id, conversation, record.time, record.body, record.account, record.tags)
            )
            self._hold(pile, size)

    def _hold(self, what: _Pile | tuple[str, str], size: int) -> None:
        self._held.append((what, size))
        self._left -= size

    def _make_room(self) -> None:
        while self._left < 0 and self._held:
            what, size = self._held.popleft()
            self._left += size
            if isinstance(what, _Pile):
                what.drop_oldest()
            else:
                del self._cids[what]

    def _place(self, conversation: int) -> _Place:
        return self._places.get(conversation) or _Place()

    # -- questions

    def answer(self, question: ReadQuestion, until: float) -> ReadAnswer:
        """See :class:`~natterjack.store.readers.Source`."""
        if isinstance(question, Search):
            return self._search(question, until)
        with self._lock:
            match question:
                case ReadHistory():
                    return self._history(question)
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
        place = self._place(question.conversation)
        lower, upper = question.lower or Bound(time=-1), question.upper or Bound(time=END)
        if any(bound.id and place.find(bound.id) is None for bound in (lower, upper)):
            return Page((), known=False)
        after = -1 if lower.id else lower.time
        before = END if upper.id else upper.time
        found: list[StoredLine] = []
        for pile in place.piles(question.events):
            between = pile.between(max(lower.id, question.since), upper.id or END, question.forward)
            fitting = (line for line in between if after < line.time < before and line.body)
            found += islice(fitting, question.limit)
        found.sort(key=lambda line: line.id)
        return page(found[: question.limit] if question.forward else found[-question.limit :])

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
        return tuple(found[: question.limit])

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
        each = (self._messages(conversation) for conversation in set(conversations))
        return heapq.merge(*each, key=lambda line: -line.id)

    def _messages(self, conversation: int) -> Iterator[StoredLine]:
        below = END
        while True:
            with self._lock:
                pile = self._place(conversation).messages
                chunk = list(islice(pile.between(0, below, forward=False), _CHUNK))
            yield from chunk
            if len(chunk) < _CHUNK:
                return
            below = chunk[-1].id
