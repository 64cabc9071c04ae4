"""What was typed and is not answered yet: what goes next, what an answer means, what a lost connection means.

Theory of operation. A message has a number, its place in the order, and a client message id (*cid*), its name for ever.
It is in one of two states::

    waiting --due--> under way --answered--> gone
       ^                 |
       +----lost, again--+

For each target at most :data:`WINDOW` messages are under way, the oldest ones; the next goes when one of them is
answered. What is lost with a connection waits again, before all that came after it, and goes out under the same cid:
a server that knows client message ids then says what became of the first attempt, and reaches nobody twice. On any
other server nobody can know, and it is not sent again by itself: :meth:`Outbox.lost` and :meth:`Outbox.connected` hand
those back.

Where a channel gets another name, what waits for it goes there. What was tried goes under the former name all the same,
since that is part of the content for which its cid stands; what comes later waits until that is answered. Where the
server says that there is no such channel, it was not said: then it goes under the present name too.

A message goes as one, so that one name stands for one content: what the server takes as one is known only once we are
in, and may be less than when it was typed, or tried. :meth:`Outbox.misfits` finds what has to be cut before it goes.

Here is no database: whoever uses this writes a message down *before* :meth:`Outbox.add`.
"""

from __future__ import annotations

import heapq
from typing import Final

from msgspec import Struct, structs

from natterjack.client.events import Kind
from natterjack.client.session.multiline import Limits, messages_of
from natterjack.client.session.splitting import room_for
from natterjack.client.session.texts import CONTROL
from natterjack.proto.casemap import fold

#: Messages to one target that wait for their answers at the same time.
WINDOW: Final = 16


class Draft(Struct, frozen=True):
    """A message to be, to one target. ``reply_to`` is the id of the message that it answers, or ``""``.

    Its ``text`` may have several lines, and be too long for one.
    """

    target: str
    kind: Kind
    text: str
    reply_to: str = ""


class Entry(Struct, frozen=True):
    """A message of the outbox. ``tried``: it was handed to a connection at least once.

    ``ref`` is the front end's number of the line that it came of, and the same for all that earlier runs have left.
    ``tried_as`` is the name that its ``target`` had when it was tried, ``""`` where it is the same.
    """

    number: int
    cid: str
    target: str
    kind: Kind
    text: str
    tried: bool = False
    ref: int = 0
    reply_to: str = ""
    tried_as: str = ""

    @property
    def to(self) -> str:
        """The target with which it is sent."""
        return self.tried_as or self.target


def drafts(
    targets: str, text: str, kind: Kind, reply_to: str = "", limits: Limits | None = None
) -> list[Draft]:
    """What ``text`` to ``targets`` (with commas) becomes: for each of them as few messages as ``limits`` allow.

    None: a message for each line, cut where it is too long. What somebody does is always told so. The first one for
    each target is the answer to the message ``reply_to``, if that is given.
    """
    text = text.translate(CONTROL)
    limits = None if kind is Kind.ACTION else limits
    return [
        Draft(target, kind, message, "" if place else reply_to)
        for target in targets.split(",")
        if target
        for place, message in enumerate(messages_of(text, room_for(target, kind), limits))
    ]


def cut(entry: Entry, limits: Limits | None) -> list[Draft]:
    """What ``entry`` becomes where ``limits`` are the server's: itself, where it is one message there."""
    return drafts(entry.to, entry.text, entry.kind, entry.reply_to, limits)


class Outbox:
    """The messages of one person on one server."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._waiting: dict[str, list[int]] = {}  # folded target -> heap of numbers
        self._under_way: dict[str, set[int]] = {}
        self._left: dict[int, int] = {}  # ref -> messages of it that are not answered
        self._online = self._resends = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> list[Entry]:
        """All that is not answered, in order."""
        return sorted(self._entries.values(), key=lambda entry: entry.number)

    def add(self, entry: Entry) -> None:
        """It has been written down."""
        self._entries[entry.number] = entry
        heapq.heappush(self._waiting.setdefault(fold(entry.target), []), entry.number)
        self._left[entry.ref] = self._left.get(entry.ref, 0) + 1

    def connected(self, *, resends: bool) -> list[Entry]:
        """Requests can be made. ``resends``: the server knows client message ids.

        Where it does not, those that were tried before are taken out and handed back: their fate is unknown.
        """
        self._online, self._resends = True, resends
        return [] if resends else self._take([entry for entry in self.entries if entry.tried])

    def lost(self) -> list[Entry]:
        """No request can be made any more. Hands back those whose fate is unknown from now on, and are taken out."""
        self._online = False
        flying = sorted(number for numbers in self._under_way.values() for number in numbers)
        if not self._resends:
            return self._take([self._entries[number] for number in flying])
        for number in flying:
            self._wait_again(self._entries[number])
        return []

    def misfits(self, limits: Limits | None) -> tuple[list[Entry], list[Entry]]:
        """What cannot go as one message, where ``limits`` are the server's.

        First those that were tried as one: whether that arrived is unknown, and under another cut nobody could tell;
        they are taken out. Then those to be cut, and all behind them to the same target: :meth:`replace` them.
        """
        unknown: list[Entry] = []
        found: list[Entry] = []
        for waiting in self._waiting.values():
            cutting = False
            for number in sorted(waiting):
                entry = self._entries[number]
                fits = len(cut(entry, limits)) <= 1
                cutting |= not (fits or entry.tried)
                if entry.tried:
                    unknown += [] if fits else [entry]
                elif cutting:
                    found.append(entry)
        return self._take(unknown), found

    def replace(self, old: list[Entry], new: list[Entry]) -> None:
        """``new`` are what ``old`` have become."""
        for entry in new:
            self.add(entry)
        self._take(old)

    def due(self) -> list[Entry]:
        """What is to be sent now, in order; it is under way by that."""
        if not self._online:
            return []
        numbers = []
        for target, waiting in self._waiting.items():
            flying = self._under_way.setdefault(target, set())
            while waiting and len(flying) < WINDOW and not self._has_to_wait(waiting[0], flying):
                number = heapq.heappop(waiting)
                flying.add(number)
                numbers.append(number)
        found = [self._entries[number] for number in sorted(numbers)]
        for entry in found:
            self._entries[entry.number] = structs.replace(entry, tried=True)
        return found

    def _has_to_wait(self, number: int, flying: set[int]) -> bool:
        """Whether it is for what had another name when others, which are not answered, were tried."""
        return not self._entries[number].tried_as and any(self._entries[each].tried_as for each in flying)

    def rename(self, old: str, new: str) -> list[Entry]:
        """The channel ``old`` is called ``new``: all that is for it, as it is from now on."""
        before, after = fold(old), fold(new)
        found = [_renamed(entry, new) for entry in self.entries if fold(entry.target) == before]
        self._entries |= {entry.number: entry for entry in found}
        if found and before != after:
            waiting = self._waiting.setdefault(after, [])
            waiting += self._waiting.pop(before, [])
            heapq.heapify(waiting)
            self._under_way.setdefault(after, set()).update(self._under_way.pop(before, ()))
        return found

    def redirected(self, number: int) -> Entry | None:
        """It was refused under a former name of its channel: it waits to go under the present one, as handed back.

        None where that was not so.
        """
        entry = self._entries.get(number)
        if entry is None or not entry.tried_as:
            return None
        entry = self._entries[number] = structs.replace(entry, tried=False, tried_as="")
        self._wait_again(entry)
        return entry

    def find(self, number: int) -> Entry | None:
        return self._entries.get(number)

    def again(self, number: int) -> Entry | None:
        """It got no answer, though the connection stands. Handed back, and taken out, where nobody can know more."""
        entry = self._entries.get(number)
        if entry is None or number not in self._under_way.get(fold(entry.target), ()):
            return None
        if not self._resends:
            return self._take([entry])[0]
        self._wait_again(entry)
        return None

    def answered(self, number: int) -> tuple[Entry, int] | None:
        """It is stored, or certainly not: it is gone from here. With how many of the same ``ref`` are still open.

        None where it was gone before.
        """
        entry = self._entries.get(number)
        if entry is None:
            return None
        self._take([entry])
        return entry, self.left(entry.ref)

    def left(self, ref: int) -> int:
        """How many messages of ``ref`` are not answered."""
        return self._left.get(ref, 0) if ref else 0

    def take_untried(self) -> list[Entry]:
        """Take out all that no connection has seen yet."""
        return self._take([entry for entry in self.entries if not entry.tried])

    def _wait_again(self, entry: Entry) -> None:
        target = fold(entry.target)
        self._under_way[target].discard(entry.number)
        heapq.heappush(self._waiting.setdefault(target, []), entry.number)

    def _take(self, entries: list[Entry]) -> list[Entry]:
        for entry in entries:
            target = fold(entry.target)
            del self._entries[entry.number]
            flying = self._under_way.get(target, set())
            if entry.number in flying:
                flying.discard(entry.number)
            else:
                waiting = self._waiting[target]
                waiting.remove(entry.number)
                heapq.heapify(waiting)
            if not flying and not self._waiting.get(target):
                self._under_way.pop(target, None)
                self._waiting.pop(target, None)
            self._left[entry.ref] -= 1
            if not self._left[entry.ref]:
                del self._left[entry.ref]
        return entries


def _renamed(entry: Entry, new: str) -> Entry:
    tried_as = entry.to if entry.tried and fold(entry.to) != fold(new) else ""
    return structs.replace(entry, target=new, tried_as=tried_as)
