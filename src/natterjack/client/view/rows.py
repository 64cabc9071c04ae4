"""A conversation's items as the rows that are shown: days, the "new" line, groups, joins and parts condensed.

Theory of operation. :meth:`Rows.update` asks the conversation's journal from where on something is different, drops
the rows from there on and makes them anew; a message that is said last costs one row, however many there are. What is
put in before the others costs the rows up to there, until they meet the old ones. Each row knows the first item that it
stands for by its absolute place, as :class:`~natterjack.client.model.journal.Journal` has it, and how things stood
before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct, structs

from natterjack.client.events import Kind
from natterjack.client.model.conversations import Channel, Conversation
from natterjack.client.model.items import (
    Arrival,
    Departure,
    Item,
    Message,
    Note,
    Renaming,
)
from natterjack.client.view.happenings import condensed, happened
from natterjack.proto.casemap import fold

#: Seconds from the first message of a group within which nick and time are not shown again.
GROUP: Final = 300.0
#: In a channel of more people than this nobody wants to read who comes and goes.
CROWD: Final = 100
#: Comings and goings in one row; then another begins.
_MOST_CONDENSED: Final = 50

DayOf = Callable[[float], date]


class Row(Struct, frozen=True, gc=False):  # as the items are
    """The base of all of them."""


class Day(Row, frozen=True):
    """What follows was said on ``date``."""

    date: date


class New(Row, frozen=True):
    """What follows came while the person looked elsewhere."""


class Said(Row, frozen=True):
    """A message. ``first``: of a group, with nick and time."""

    item: Message
    first: bool


class Happened(Row, frozen=True):
    """What people did, ``text`` in words; several comings and goings may be one row."""

    items: tuple[Item, ...]
    text: str


class Told(Row, frozen=True):
    """What the program says."""

    item: Note


def items_of(row: Row) -> tuple[Item, ...]:
    """The items that ``row`` stands for, oldest first; a day, and the beginning of what is new, stand for none."""
    if isinstance(row, Said | Told):
        return (row.item,)
    return row.items if isinstance(row, Happened) else ()


class _State(Struct, frozen=True, gc=False):
    """How things stand before a row: the absolute place of its first item, the day, who is speaking since when."""

    place: int
    day: date
    speaker: str
    since: float


def _fresh(place: int) -> _State:
    """How things stand where nothing is known of what was before."""
    return _State(place, date.min, "", 0.0)


def _place_of(state: _State) -> int:
    return state.place


class Rows:
    """The rows of ``conversation``. ``day_of`` tells the day of a time, where the person lives.

    ``last``: begin with so many items, the last ones; :meth:`earlier` makes the rows of those before them.
    """

    def __init__(self, conversation: Conversation, day_of: DayOf, last: int | None = None) -> None:
        self.conversation = conversation
        self.rows: list[Row] = []
        self._states: list[_State] = []  # one for each row
        self._now = _fresh(0)
        self._day_of = day_of
        self._revision = -1
        self._new_at: int | None = None
        self._crowded = False
        self._last = last
        self._begin: int | None = None  # the place from which on there are rows
        self._whole = last is None  # whether that is the first one there is

    @property
    def whole(self) -> bool:
        """Whether there are rows for all items."""
        return self._whole

    def update(self) -> int | None:
        """Bring the rows up to date: the first one that is different now, None where none is."""
        conversation = self.conversation
        journal = conversation.journal
        first, end = journal.dropped, journal.dropped + len(conversation.items)
        new_at = end - conversation.new_items if conversation.new_items else None
        crowded = isinstance(conversation, Channel) and conversation.crowd > CROWD
        changed, before = journal.since(self._revision), journal.before(self._revision, end)
        begin = self._where_to_begin(first, end)
        places = [] if changed is None else [changed]
        if new_at != self._new_at:
            places += [place for place in (new_at, self._new_at) if place is not None]
        if crowded != self._crowded or self._begin is None:
            places.append(begin)
        self._revision, self._new_at, self._crowded = journal.revision, new_at, crowded
        touched = None
        if places:
            self._begin = begin if self._begin is None else self._begin
            touched, place = self._cut(max(min(places), self._begin))
            for index in range(max(place - first, 0), len(conversation.items)):
                self._add(conversation.items[index], first + index)
        if begin != self._begin or (before is not None and before >= begin):
            self._join(begin, before)
            touched = 0
        self._whole = begin == first
        return touched

    def earlier(self, count: int) -> int:
        """Make the rows of ``count`` items before those that there are: how many more rows there are now.

        To be called when they are up to date.
        """
        first = self.conversation.journal.dropped
        before = len(self.rows)
        if self._begin is not None and self._begin > first:
            self._join(max(first, self._begin - count), None)
            self._whole = self._begin == first
        return len(self.rows) - before

    def _where_to_begin(self, first: int, end: int) -> int:
        if self._begin is None:
            return first if self._last is None else max(first, end - self._last)
        return first if self._whole else max(first, self._begin)

    def _cut(self, place: int) -> tuple[int, int]:
        """Drop the rows from the item at ``place`` on: how many are left, and from which place on to go on."""
        keep = self._at(place)
        if keep and isinstance(self.rows[keep - 1], Happened):
            keep = self._at(self._states[keep - 1].place)  # it may grow
        if keep == 0:
            place = self._begin or 0
            self._now = _fresh(place)
        elif keep < len(self._states):
            self._now = self._states[keep]
            place = min(place, self._now.place)
        del self.rows[keep:], self._states[keep:]
        return keep, place

    def _join(self, begin: int, upto: int | None) -> None:
        """Make the rows from ``begin`` on anew, past ``upto``, until they meet those that there are.

        They meet where things stand before an item as they did when its row was made: what follows would be the same.
        """
        rows, states, now = self.rows, self._states, self._now
        first, items = self.conversation.journal.dropped, self.conversation.items
        unsure = max(self._begin or 0, begin, upto + 1 if upto is not None else begin)
        self.rows, self._states = [], []
        self._begin, self._now = begin, _fresh(begin)
        for place in range(begin, first + len(items)):
            if place >= unsure:
                met = bisect_left(states, place, key=_place_of)
                if met < len(states) and states[met] == structs.replace(self._now, place=place):
                    ends = self.rows and isinstance(self.rows[-1], Happened)
                    if not (ends and isinstance(rows[met], Happened)):  # else they may be one
                        self.rows += rows[met:]
                        self._states += states[met:]
                        self._now = now
                        return
            self._add(items[place - first], place)

    def _at(self, place: int) -> int:
        return bisect_left(self._states, place, key=_place_of)

    def _put(self, row: Row) -> None:
        self.rows.append(row)
        self._states.append(self._now)

    def _add(self, item: Item, place: int) -> None:
        passing = _is_passing(item)
        if passing and self._crowded:
            return
        now = self._now
        self._now = now = _State(place, now.day, now.speaker, now.since)
        day = self._day_of(item.time)
        if day > now.day:
            self._put(Day(day))
            self._now = now = _State(place, day, "", 0.0)
        if place == self._new_at:
            self._put(New())
            self._now = now = _State(place, now.day, "", 0.0)
        if isinstance(item, Message):
            self._say(item, now)
        else:
            self._happen(item, place, passing=passing)
            self._now = _State(place, now.day, "", 0.0)

    def _say(self, item: Message, now: _State) -> None:
        if item.kind is Kind.ACTION:
            self._put(Said(item, True))
            self._now = _State(now.place, now.day, "", 0.0)
            return
        speaker = fold(item.nick)
        first = speaker != now.speaker or not 0 <= item.time - now.since < GROUP
        self._put(Said(item, first or bool(item.reply_to)))
        if first:
            self._now = _State(now.place, now.day, speaker, item.time)

    def _happen(self, item: Item, place: int, *, passing: bool) -> None:
        if isinstance(item, Note):
            self._put(Told(item))
            return
        last = self.rows[-1] if passing and self.rows else None
        if isinstance(last, Happened) and len(last.items) < _MOST_CONDENSED and _is_passing(last.items[-1]):
            grown = (*last.items, item)
            self.rows[-1] = Happened(grown, condensed(grown))
        else:
            self._put(Happened((item,), condensed((item,)) if passing else happened(item)))


def _is_passing(item: Item) -> bool:
    """Whether it only says who is there."""
    return isinstance(item, Arrival | Departure | Renaming)
