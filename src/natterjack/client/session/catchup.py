"""Everything that was said while we were away, once and in order; and how far each conversation has been shown.

Theory of operation. Each conversation has a *position*: the message id of the last line shown. Once a connection stands
it is read up::

    HELD --CHATHISTORY AFTER position--> lines shown --batch as long as the limit--> AFTER the last one ...
                        --shorter batch, and no word of being cut--> what was held and not shown yet --> LIVE

From our own JOIN on (for people: from the beginning) live messages are held until then, so that no line overtakes an
older one. Whatever way a line comes, it is shown once: message ids that were shown are remembered.

- Without a position the latest lines are shown.
- Where the server does not have the line of the position any more, or the history cannot be read, a :class:`Gap` says
  so, and the latest lines follow.
- Which people said something is asked with TARGETS; those whom we know to talk with are read up in any case, since a
  clock that was set back could hide them there. Who is new here has the latest lines of his latest talks.
- Where there is no history to be had, lines are shown as they come.
- Where a channel gets another name, what is known under the old one is known under the new one. Where that happened
  while we were away, the history of a channel that is new here tells it: its latest lines are kept back until it is
  known whether it is one of those that we were in, and are not in any more.
- What else has happened (``draft/event-playback``) is part of the history as the messages are: it counts, is shown in
  its place, and moves the position. What happens while we are there is told at once, also while a conversation is
  being read up, since it says who is there; its id is remembered, so that the history does not bring it again.

https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, structs

from natterjack.client import events as e
from natterjack.client.channels import is_channel
from natterjack.client.requests import AskHistory, AskTargets, Request
from natterjack.proto.casemap import fold
from natterjack.proto.timestamps import format_time

#: Lines shown of a conversation that is new here, and after a gap.
NEW: Final = 50
AFTER_GAP: Final = 100
#: Lines held of one conversation; with more they are left to another request.
_MOST_HELD: Final = 5000
#: Message ids remembered.
MOST_KNOWN: Final = 20_000
#: People read up in any case, and those whom TARGETS may name.
_MOST_TALKS: Final = 10
_MOST_TARGETS: Final = 100
#: People whose latest lines are shown to who is new here.
_FIRST_TALKS: Final = 20
#: Seconds before our last line from which on others' talks are looked for: messages are dated before they are in order.
_SLACK: Final = 60.0
#: https://ircv3.net/specs/extensions/chathistory#errors-and-warnings: how it goes on is not for people to see to.
_LINE_GONE: Final = "MESSAGE_ERROR"
_GONE: Final = "what was shown here last is not in the server's history any more."


class Position(Struct, frozen=True):
    """``name`` is the conversation as it was spelt; ``time`` that of the line, in seconds since 1970."""

    name: str
    msgid: str
    time: float


class Shown(Struct, frozen=True):
    """``event`` is to be shown. ``moves``: with that, the position of ``conversation`` is there.

    ``msgid`` is the event's own, under which it is known from then on; ``conversation`` is ``""`` for what belongs to
    none, or to many.
    """

    conversation: str
    event: e.Event
    moves: bool
    msgid: str = ""
    time: float = 0.0


class _Reading:
    """A conversation that is being read up. ``way`` and ``selector``: how it was asked last, as ``asked``."""

    __slots__ = ("again", "asked", "held", "kept", "lines", "name", "ref", "selector", "way")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ref = 0  # of the request under way
        self.way = self.selector = self.asked = ""
        self.held: list[e.MessageReceived | e.Change] = []
        self.kept: list[_Line] | None = None  # lines of the history that may be of a channel that we know
        self.again = False  # more came than could be held
        self.lines: e.HistoryRead | None = None


class CatchUp:
    """One person's on one server, for many connections one after another.

    :meth:`connected`, then :meth:`heard` for each event, then :meth:`lost`. What is to be asked and shown collects in
    ``requests`` and ``out``, for the caller to take.
    """

    def __init__(self, positions: Iterable[Position], known: Iterable[str], first_ref: int) -> None:
        """``known`` are message ids that were shown; requests get numbers from ``first_ref`` on."""
        self.positions = {fold(each.name): each for each in positions}
        self.out: list[Shown | e.Event] = []
        self.requests: list[Request] = []
        self.renamed: list[e.ChannelRenamed] = []  # what goes by other names from now on; the caller takes it
        self._known: dict[str, None] = dict.fromkeys(known)
        self._first = self._ref = first_ref
        self._readings: dict[str, _Reading] = {}
        self._by_ref: dict[int, _Reading] = {}
        self._channels: set[str] = set()  # those that we are in, folded
        self._limit = 0
        self._events = False  # whether the history has what is no message, too
        self._repeated: dict[str, str] = {}  # conversation -> who said what was shown before and came last
        self._ready = False
        self._keeps_talks = False  # the server, of what people with accounts say to us alone
        self._asking = 0  # the number of the TARGETS under way
        self._talks: list[str] = []
        self._since = ""  # the selector of what was said since we were here; "" where we never were
        self._is_new = not self.positions  # we were shown nothing in earlier runs

    def adopt(self, other: CatchUp) -> None:
        """We are somebody else from now on, who was shown what ``other`` says; where that is nothing, as we were.

        :meth:`connected` follows.
        """
        self._is_new = not other.positions
        self.positions |= other.positions
        self._known |= other._known
        for key in self._channels & other.positions.keys():
            if self._limit:
                self._hold(other.positions[key].name)

    def fresh(self) -> CatchUp:
        """One that knows what was shown, and nothing else."""
        return CatchUp((), self._known, self._first)

    def is_ours(self, ref: int) -> bool:
        """Whether the request ``ref`` was made here: its end is nobody else's business."""
        return ref >= self._first

    # -- the connection --------------------------------------------------------------------------------------------

    def joined(self, channel: str, limit: int) -> None:
        """We are in ``channel``. ``limit`` is that of the server, 0 where it has no history."""
        self._channels.add(fold(channel))
        if limit:
            self._limit = limit
            reading = self._hold(channel)
            if self._ready and reading.ref not in self._by_ref:
                self._start(reading)

    def connected(self, limit: int, *, talks: bool, events: bool = False) -> None:
        """Requests can be made. ``talks``: what people said to us alone is kept too; ``events``: so are events."""
        self._ready, self._limit, self._events = True, limit, events
        self._keeps_talks = bool(limit and talks)
        asks = self._keeps_talks
        for key, reading in list(self._readings.items()):
            if reading.ref in self._by_ref:
                continue
            if key in self._channels:
                self._start(reading)
            elif not asks:
                self._finish(key)
        if asks:
            newest = max((position.time for position in self.positions.values()), default=0.0)
            since = 0.0 if self._is_new else newest - _SLACK
            self._since = "" if self._is_new else f"timestamp={format_time(since)}"
            self._asking = self._next_ref()
            self._talks = self._known_talks()
            many = min(limit, _MOST_TARGETS)
            self.requests.append(AskTargets(self._asking, since, many, newest_first=self._is_new))

    def lost(self) -> None:
        """The connection is over. What was held of channels comes again with their history.

        What was said in private is held on where the server keeps it, so that nothing older comes after it; the rest
        is kept nowhere else, and shown.
        """
        readings, self._readings = self._readings, {}
        self._by_ref.clear()
        self._ready, self._asking, self._talks = False, 0, []
        for key, reading in readings.items():
            if key in self._channels or not reading.held:
                continue
            if self._keeps_talks and all(each.account for each in reading.held):
                self._readings[key] = reading
                continue
            for each in reading.held:
                self._show(key, each, moves=False)
        self._channels.clear()

    # -- events ----------------------------------------------------------------------------------------------------

    def heard(self, event: e.Event) -> None:
        """Take ``event`` in; what of it is to be shown goes to ``out``."""
        if isinstance(event, e.MessageReceived | e.Change):
            self._said(event)
            return
        if isinstance(event, e.Past):
            reading = self._by_ref.get(event.ref) if event.ref else None
            if reading is None:
                self.out.append(event)
            else:
                self._read(reading, event)
            return
        ref = getattr(event, "ref", 0)
        if not self.is_ours(ref):
            if isinstance(event, e.Parted | e.Kicked) and event.own:
                self._channels.discard(fold(event.channel))
                self._finish(fold(event.channel))
            if isinstance(event, e.ChannelRenamed):
                self._rename(event)
            self._happened(event)
        elif ref == self._asking:
            if isinstance(event, e.TargetTold):
                self._talks.append(event.target)
            else:
                self._talks_known()
        elif reading := self._by_ref.get(ref):
            if isinstance(event, e.HistoryRead):
                reading.lines = event
            elif isinstance(event, e.Done):
                self._done(reading)
            elif isinstance(event, e.Refused | e.Unanswered):
                self._failed(reading, event)

    def _happened(self, event: e.Event) -> None:
        """It is told at once. Where it has an id, that is remembered; so is another name of a channel in any case."""
        msgid = getattr(event, "msgid", "")
        if msgid:
            self._know(msgid)
        if not (self._events and msgid) and not isinstance(event, e.ChannelRenamed):
            self.out.append(event)
            return
        name = _channel_of(event)
        key = fold(name)
        moves = key in self._channels and key in self.positions and key not in self._readings
        moves &= self._events and msgid != ""
        time = getattr(event, "time", 0.0)
        if moves:
            self.positions[key] = Position(name, msgid, time)
        self.out.append(Shown(name if moves else "", event, moves, msgid, time))

    def _said(self, event: e.MessageReceived | e.Change) -> None:
        reading = self._by_ref.get(event.ref) if event.ref else None
        if reading is not None:
            self._read(reading, event)
            return
        name = self.conversation(event)
        if not name or (event.ref and not self.is_ours(event.ref)):
            self.out.append(event)  # the server speaks, or somebody asked for it
            return
        reading = self._readings.get(fold(name))
        waits = self._asking or not self._ready
        if reading is None and waits and fold(name) not in self._channels:
            reading = self._hold(name)
        if reading is None:
            self._show(fold(name), event, moves=not event.history)
        elif len(reading.held) < _MOST_HELD:
            reading.held.append(event)
        else:
            reading.held.clear()
            reading.again = True

    def _rename(self, event: e.ChannelRenamed) -> None:
        new = event.new
        before, after = fold(event.old), fold(new)
        self.renamed.append(event)
        if before in self._channels:
            self._channels.discard(before)
            self._channels.add(after)
        position = self.positions.pop(before, None)
        if position is not None:
            self.positions[after] = structs.replace(position, name=new)
        if before in self._repeated:
            self._repeated[after] = self._repeated.pop(before)
        reading = self._readings.pop(before, None)
        if reading is not None:
            reading.name, self._readings[after] = new, reading
            reading.held = [structs.replace(each, target=new) for each in reading.held]

    def conversation(self, event: e.MessageReceived | e.Change) -> str:
        """Where ``event`` belongs: a channel or a person; ``""`` for the server's own words."""
        target = event.target.lstrip("@%+&~!") if event.target[:1] in "@%+~!" else event.target
        if is_channel(target):
            return target
        if not event.sender.user and "." in event.sender.nick:
            return ""
        return target if event.own else event.account or event.sender.nick

    # -- reading up ------------------------------------------------------------------------------------------------

    def _known_talks(self) -> list[str]:
        people = [each for key, each in self.positions.items() if not is_channel(key)]
        newest = sorted(people, key=lambda each: each.time, reverse=True)
        return [each.name for each in newest[:_MOST_TALKS]]

    def _hold(self, name: str) -> _Reading:
        return self._readings.setdefault(fold(name), _Reading(name))

    def _next_ref(self) -> int:
        self._ref += 1
        return self._ref

    def _start(self, reading: _Reading, since: str = "") -> None:
        """Begin to read it up; ``since`` is the selector where there is no position."""
        position = self.positions.get(fold(reading.name))
        if not self._limit:
            self._finish(fold(reading.name))
        elif position is not None and position.msgid:
            self._ask(reading, "AFTER", f"msgid={position.msgid}", self._limit)
        elif since:
            self._ask(reading, "AFTER", since, self._limit)
        else:
            reading.kept = [] if self._events and self._is_channel_missed(reading.name) else None
            self._ask(reading, "LATEST", "*", NEW)

    def _is_channel_missed(self, name: str) -> bool:
        """Whether ``name`` may be another channel's new name: one that we were in, and are not in now."""
        missed = any(is_channel(key) for key in self.positions.keys() - self._channels)
        return missed and fold(name) in self._channels

    def _read(self, reading: _Reading, event: _Line) -> None:
        """A line of its history has come."""
        if reading.kept is None:
            self._show(fold(reading.name), event, moves=True)
        else:
            reading.kept.append(event)

    def _recognise(self, reading: _Reading) -> bool:
        """Whether what was kept back tells that it is a channel that we know; else that is shown."""
        kept, reading.kept = reading.kept or (), None
        for each in kept:
            renamed = each.event if isinstance(each, e.Past) else None
            if not isinstance(renamed, e.ChannelRenamed) or fold(renamed.old) in self._channels:
                continue
            before, after = (self.positions.get(fold(name)) for name in (renamed.old, renamed.new))
            followed = after is not None and after.time >= renamed.time
            if before is not None and before.time <= renamed.time and not followed:
                self._rename(renamed)
                self._happened(renamed)
        known = bool(kept) and fold(reading.name) in self.positions
        for each in () if known else kept:
            self._show(fold(reading.name), each, moves=True)
        return known

    def _ask(self, reading: _Reading, way: str, selector: str, limit: int) -> None:
        self._by_ref.pop(reading.ref, None)
        reading.way, reading.selector, reading.asked, reading.lines = way, selector, reading.name, None
        reading.ref = self._next_ref()
        self._by_ref[reading.ref] = reading
        self.requests.append(AskHistory(reading.ref, reading.name, way, selector, min(limit, self._limit)))

    def _done(self, reading: _Reading) -> None:
        if self._recognise(reading):
            self._start(reading)
            return
        read = reading.lines
        position = self.positions.get(fold(reading.name))
        last = read.last if read and read.last else position.msgid if position else ""
        # a little less than the limit is full too: servers leave lines out that we could not understand
        enough = self._limit - self._limit // 10
        full = read is not None and reading.way == "AFTER" and (read.cut or read.lines >= enough)
        full &= reading.selector != f"msgid={last}"  # else it gets us nowhere, and would for ever
        if last and (full or reading.again):
            reading.again = False
            self._ask(reading, "AFTER", f"msgid={last}", self._limit)
        else:
            self._finish(fold(reading.name))

    def _failed(self, reading: _Reading, event: e.Refused | e.Unanswered) -> None:
        self._recognise(reading)
        position = self.positions.get(fold(reading.name))
        private = fold(reading.name) not in self._channels
        if isinstance(event, e.Refused) and fold(reading.asked) != fold(reading.name):
            self._ask(reading, reading.way, reading.selector, self._limit)  # it was called so no longer
            return
        if isinstance(event, e.Refused) and event.code == "INVALID_TARGET" and private:
            pass  # of talks with guests nothing is kept, by anybody
        elif position is not None and reading.way == "AFTER":
            gone = isinstance(event, e.Refused) and event.code == _LINE_GONE
            self.out.append(e.Gap(reading.name, _GONE if gone else event.text))
            self._ask(reading, "LATEST", "*", AFTER_GAP)
            return
        elif reading.way != "LATEST" or position is None:
            self.out.append(e.Gap(reading.name, event.text))
        self._finish(fold(reading.name))

    def _talks_known(self) -> None:
        """It is known who said something: read those up, and show what others say from now on."""
        self._asking = 0
        wanted = {fold(name): name for name in self._talks if fold(name) not in self._channels}
        people = [name for name in wanted.values() if not is_channel(name)]
        for name in people[:_FIRST_TALKS] if self._is_new else people:
            self._start(self._hold(name), self._since)
        for key in list(self._readings):
            if key not in wanted and key not in self._channels:
                self._finish(key)

    def _finish(self, key: str) -> None:
        """It is read up: show what was held."""
        reading = self._readings.pop(key, None)
        if reading is not None:
            self._by_ref.pop(reading.ref, None)
            for each in reading.held:
                self._show(key, each, moves=not each.history)

    def _show(self, key: str, event: _Line, *, moves: bool) -> None:
        msgid, time = _place(event)
        if isinstance(event, e.Past):
            name = event.channel
            if msgid and (msgid in self._known or not self._know(f"{msgid} {key}")):
                return  # who leaves the server is part of many histories
        else:
            name = self.conversation(event)
            nick = event.sender.nick
            if msgid and not self._know(msgid):
                self._repeated[key] = nick
                return
            if msgid:
                self._repeated.pop(key, None)
            elif self._repeated.get(key) == nick:
                return  # a further line of that message, of which only the first has the id
        position = self.positions.get(key)
        # what is no message is a place in the history where that has events, and only behind a message: a channel in
        # which nothing was said yet may be gone with its server, and there would be no gap to tell of
        may_move = isinstance(event, e.MessageReceived) or (self._events and position is not None)
        moves = moves and bool(msgid) and may_move
        name = (position.name if position else name) or key
        if moves:
            self.positions[key] = Position(name, msgid, time)
        self.out.append(Shown(name, event, moves, msgid, time))

    def _know(self, name: str) -> bool:
        """Remember that it was shown; False where that was known."""
        if name in self._known:
            return False
        self._known[name] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return True


_Line = e.MessageReceived | e.Change | e.Past


def _channel_of(event: e.Event) -> str:
    """The channel in which ``event`` has happened, as it is called by now; ``""`` for none, or many."""
    match event:
        case e.ModesChanged(target=name) | e.ChannelRenamed(new=name):
            return name
    return getattr(event, "channel", "")


def _place(event: _Line) -> tuple[str, float]:
    """The id and the time of the line that told it."""
    if isinstance(event, e.Past):
        return event.event.msgid, event.event.time
    return (event.by if isinstance(event, e.Change) else event.msgid), event.time
