"""A conversation: a channel, or the talk with one person, with its lines and with what is unread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import Final

from msgspec import structs

from natterjack.client.model.items import Item, Message, Note, Waiting
from natterjack.client.model.journal import Journal
from natterjack.client.model.mentions import mentions
from natterjack.proto.casemap import fold

#: Lines kept of each conversation, and some more; older ones are for the server's history.
MOST_ITEMS: Final = 5000
#: People who are shown as typing in one conversation: more would be no use.
_MOST_TYPING: Final = 100
#: Seconds that it lasts unless it is said again. https://ircv3.net/specs/client-tags/typing
TYPING_LASTS: Final = {"active": 6.0, "paused": 30.0}


class Conversation:
    """``name`` is a channel or a nick. Changed by the model alone; front ends read.

    ``items`` are in order, oldest first; ``journal`` tells where they have changed. ``waiting`` are messages of ours
    that are not there yet. ``marker`` is the time of the last message that was read, 0 where that is not known;
    ``unread`` and ``mentions`` count what others said after it.
    """

    def __init__(self, name: str, most: int = MOST_ITEMS) -> None:
        self.name = name
        self.items: list[Item] = []
        self.journal = Journal()
        self.waiting: list[Waiting] = []
        self.marker = 0.0
        self.unread = 0
        self.mentions = 0
        #: How many of the last items are new since the person last looked elsewhere: where the "new" line goes.
        self.new_items = 0
        self._most = most
        self._messages: dict[str, Message] = {}  # by id
        self._spoke: dict[str, int] = {}  # folded nick -> the how-many-eth message his last one was
        self._count = 0
        self._typing: dict[str, tuple[str, str, float]] = {}  # folded nick -> nick, state, until when
        self._pages: dict[int, Item] = {}  # those of history that come in, and the last line of each so far

    # -- lines -----------------------------------------------------------------------------------------------------

    def message(self, msgid: str) -> Message | None:
        """The message of that id, as far as it is here."""
        return self._messages.get(msgid) if msgid else None

    def nth_last(self, count: int, *, own: bool) -> Message | None:
        """Of our ``own`` messages, or of all others, the last (1) or one before it: not taken back, and with an id."""
        found = (item for item in reversed(self.items) if isinstance(item, Message) and item.own is own)
        usable = (item for item in found if item.msgid and item.redacted is None)
        return next(islice(usable, count - 1, None), None) if count > 0 else None

    def last_own(self) -> Message | None:
        """Our last message that something can be done with."""
        return self.nth_last(1, own=True)

    def add(
        self, item: Item, *, looking: bool, past: bool = False, page: int = 0, back: bool = False
    ) -> bool:
        """Put ``item`` where it belongs; False for a message that is here already.

        ``looking``: the person sees it as it comes. ``past``: it happened before now, and goes by its time; all else
        goes to the end. Of one ``page``, lines stay in the order in which they come; ``back``: its first one is older
        than what is here of the same time. :meth:`end_page` follows the last one.
        """
        if isinstance(item, Message):
            if item.msgid:
                known = self._messages.get(item.msgid)
                if known is not None:
                    if page:
                        self._pages[page] = known
                    return False
                self._messages[item.msgid] = item
            if not back:
                self._count += 1
                self._spoke[fold(item.nick)] = self._count
            self._typing.pop(fold(item.nick), None)
            self._tally(item, 1)
        place = self._place(item, page, back=back) if past else len(self.items)
        if page:
            self._pages[page] = item
        self.items.insert(place, item)
        self.journal.inserted(place, len(self.items))
        behind = len(self.items) - place
        if behind <= self.new_items:  # among the new ones, or after them
            self.new_items += 1
        elif not looking and self._is_unread(item):
            self.new_items = behind
        self._drop_oldest()
        return True

    def _place(self, item: Item, page: int, *, back: bool) -> int:
        """Where ``item``, which happened before now, goes."""
        before = self._pages.get(page)
        if before is not None:
            start = bisect_left(self.items, before.time, key=_time_of)
            place = next((n + 1 for n in range(start, len(self.items)) if self.items[n] is before), 0)
            if place:
                while place < len(self.items) and self.items[place].time < item.time:
                    place += 1
                return place
        return (bisect_left if back else bisect_right)(self.items, item.time, key=_time_of)

    def end_page(self, page: int) -> None:
        """All lines of a page of history have come, or will not come any more."""
        self._pages.pop(page, None)

    def end_pages(self) -> None:
        """Of none will any more lines come."""
        self._pages.clear()

    def change(self, item: Message, **changes: object) -> None:
        """``item`` is another one from now on."""
        changed = structs.replace(item, **changes)
        for page, last in self._pages.items():
            if last is item:
                self._pages[page] = changed
        place = next(place for place in reversed(range(len(self.items))) if self.items[place] is item)
        self.items[place] = changed
        self.journal.changed(place)
        if item.msgid:
            self._messages[item.msgid] = changed
        self._tally(item, -1)
        self._tally(changed, 1)

    def find_mentions(self, nick: str) -> None:
        """We are called ``nick``."""
        for item in self.items[:]:
            if isinstance(item, Message) and not (item.own or item.mention or self.is_private):
                self.change(item, mention=mentions(item.text, nick))

    def with_reaction(self, msgid: str) -> Message | None:
        """The message to which the reaction of that id was put."""
        found = (item for item in reversed(self.items) if isinstance(item, Message) and item.reactions)
        return next((item for item in found if any(each.msgid == msgid for each in item.reactions)), None)

    def _drop_oldest(self) -> None:
        over = len(self.items) - self._most
        if over > self._most // 10:  # not one at a time: each time, all others move
            self._drop(over)

    def _drop(self, over: int) -> None:
        for item in self.items[:over]:
            if isinstance(item, Message):
                self._tally(item, -1)
                self._messages.pop(item.msgid, None)
        del self.items[:over]
        self.journal.drop(over)
        self.new_items = min(self.new_items, len(self.items))

    def note(self, note: Note) -> None:
        """Something that this program tells the person: it stands where he looks, and counts for nothing."""
        self.add(note, looking=True)

    def clear(self) -> None:
        """Nothing of it is to be seen any more."""
        self._drop(len(self.items))

    # -- reading ---------------------------------------------------------------------------------------------------

    def mark_read(self, upto: float | None = None) -> bool:
        """What was said up to then (None: all of it) has been read. Whether that is news."""
        last = next((item.time for item in reversed(self.items) if isinstance(item, Message)), 0.0)
        upto = max(last, self.marker) if upto is None else upto
        if upto <= self.marker:
            return False
        self.marker = upto
        self.unread = self.mentions = 0
        if upto < last:
            for item in self.items:
                self._tally(item, 1)
        return True

    def line_up(self) -> None:
        """Nobody looks at it any more: new is what is unread."""
        self.new_items, left = 0, self.unread
        for behind, item in enumerate(reversed(self.items), 1):  # from the end: they are all there, mostly
            if not left:
                return
            if self._is_unread(item):
                self.new_items, left = behind, left - 1

    @property
    def first_new(self) -> Item | None:
        """The first line that is new since the person last looked elsewhere."""
        return self.items[-self.new_items] if self.new_items else None

    def _is_unread(self, item: Item) -> bool:
        if not isinstance(item, Message) or item.own or item.redacted is not None:
            return False
        if self.marker:
            return item.time > self.marker
        return not item.history or self.is_private

    def _tally(self, item: Item, count: int) -> None:
        if isinstance(item, Message) and self._is_unread(item):
            self.unread += count
            self.mentions += count * item.mention

    @property
    def is_private(self) -> bool:
        """Whether it is a talk with one person."""
        return True

    # -- people ----------------------------------------------------------------------------------------------------

    def typing(self, now: float) -> list[str]:
        """Who is typing here at ``now`` (seconds since 1970, by this computer's clock)."""
        return [nick for nick, state, until in self._typing.values() if state == "active" and now < until]

    def types(self, nick: str, state: str, time: float) -> None:
        """``nick`` is typing, or not any more."""
        if state == "done":
            self._typing.pop(fold(nick), None)
        elif fold(nick) in self._typing or len(self._typing) < _MOST_TYPING:
            self._typing[fold(nick)] = (nick, state, time + TYPING_LASTS[state])

    def stops_typing(self, nick: str) -> None:
        self._typing.pop(fold(nick), None)

    def spoke(self, nick: str) -> int:
        """The higher, the more recently ``nick`` spoke here; 0: not that we know."""
        return self._spoke.get(fold(nick), 0)

    def rename_speaker(self, old: str, new: str) -> None:
        """What was said under ``old`` counts for ``new``."""
        said = self._spoke.pop(fold(old), None)
        if said is not None:
            self._spoke[fold(new)] = said


def _time_of(item: Item) -> float:
    return item.time


class Member:
    """``prefixes`` are the signs of his ranks in one channel, highest first."""

    __slots__ = ("nick", "prefixes")

    def __init__(self, nick: str, prefixes: str = "") -> None:
        self.nick = nick
        self.prefixes = prefixes


class Channel(Conversation):
    """``joined`` is false after we left, or lost the server: the lines stay. ``key`` is what let us in, or ``""``.

    ``left``: we left it, or were put out, and it was not the server that was lost.
    """

    def __init__(self, name: str, most: int = MOST_ITEMS) -> None:
        super().__init__(name, most)
        self.joined = self.left = False
        self.key = ""
        self.topic = ""
        self.topic_by = ""
        self._members: dict[str, Member] = {}

    @property
    def is_private(self) -> bool:
        return False

    @property
    def members(self) -> list[Member]:
        """Everybody in it, ourselves included, in no particular order."""
        return list(self._members.values())

    @property
    def crowd(self) -> int:
        """How many are in it."""
        return len(self._members)

    def member(self, nick: str) -> Member | None:
        return self._members.get(fold(nick))

    def enter(self, nick: str, prefixes: str = "") -> None:
        """``nick`` is in it now; one who was already keeps his ranks."""
        self._members.setdefault(fold(nick), Member(nick, prefixes))

    def leave(self, nick: str) -> bool:
        """Whether ``nick`` was in it."""
        return self._members.pop(fold(nick), None) is not None

    def rename(self, old: str, new: str) -> bool:
        """Whether ``old`` was in it."""
        member = self._members.pop(fold(old), None)
        if member is None:
            return False
        member.nick = new
        self._members[fold(new)] = member
        return True

    def replace_members(self, members: dict[str, str]) -> None:
        """``members`` maps nicks to the signs of their ranks: these are all that there are."""
        self._members = {fold(nick): Member(nick, prefixes) for nick, prefixes in members.items()}

    def change_rank(self, nick: str, sign: str, *, adding: bool, order: str) -> None:
        """Give or take ``sign``; ``order`` has all signs, highest first."""
        member = self.member(nick)
        if member:
            signs = set(member.prefixes) | {sign} if adding else set(member.prefixes) - {sign}
            member.prefixes = "".join(each for each in order if each in signs)

    def take_in(self, other: Channel) -> None:
        """``other`` is this one under another name, or was called so: its lines are lines of this one."""
        if other.joined:
            self.joined, self.left, self.key = True, False, other.key
            self.topic, self.topic_by, self._members = other.topic, other.topic_by, other._members
            self.waiting += other.waiting
            self.mark_read(other.marker)
        for item in other.items:
            self.add(item, looking=True, past=True, back=True)

    def close(self) -> None:
        """We are out of it."""
        self.joined = False
        self._members.clear()
