"""A conversation: a channel, or the talk with one person, with its lines and with what is unread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
        self._past = (-1, 0)  # where the last item of the past was put, and what it answered
        self._older = 0  # what answers that is older than all
        self._messages: dict[str, Message] = {}  # by id
        self._spoke: dict[str, int] = {}  # folded nick -> the how-many-eth message his last one was
        self._count = 0
        self._typing: dict[str, tuple[str, str, float]] = {}  # folded nick -> nick, state, until when

    # -- lines -----------------------------------------------------------------------------------------------------

    def message(self, msgid: str) -> Message | None:
        """The message of that id, as far as it is here."""
        return self._messages.get(msgid) if msgid else None

    def last_own(self) -> Message | None:
        """Our last message that was not taken back, and has an id."""
        found = (item for item in reversed(self.items) if isinstance(item, Message) and item.own)
        return next((item for item in found if item.msgid and item.redacted is None), None)

    def last_of_others(self) -> Message | None:
        """The last message of somebody else, alike."""
        found = (item for item in reversed(self.items) if isinstance(item, Message) and not item.own)
        return next((item for item in found if item.msgid and item.redacted is None), None)

    def add(self, item: Item, *, looking: bool, past: bool = False, ref: int = 0) -> bool:
        """Put ``item`` where it belongs; False for a message that is here already.

        ``looking``: the person sees it as it comes. ``past``: it happened before now, and goes by its time; all else
        goes to the end. ``ref`` is the number of the request that it answers, whose answers come in order.
        """
        if isinstance(item, Message):
            if item.msgid:
                if item.msgid in self._messages:
                    return False
                self._messages[item.msgid] = item
            self._count += 1
            self._spoke[fold(item.nick)] = self._count
            self._typing.pop(fold(item.nick), None)
            self._tally(item, 1)
        place = len(self.items)
        if past and self.items and self.items[-1].time >= item.time:
            place = self._place_of_past(item, ref)
        self.items.insert(place, item)
        if past:
            self._past = (place, ref)
        self.journal.inserted(place, len(self.items))
        behind = len(self.items) - place
        if behind <= self.new_items:  # among the new ones, or after them
            self.new_items += 1
        elif not looking and self._is_unread(item):
            self.new_items = behind
        self._drop_oldest()
        return True

    def _place_of_past(self, item: Item, ref: int) -> int:
        """Where ``item`` belongs by its time: behind the past one that came before it, if times allow that.

        Of what was said in one millisecond, only the order in which it comes tells what was first.
        """
        items = self.items
        before, of = self._past
        if ref and ref == self._older:
            self._older = 0
            return bisect_left(items, item.time, key=lambda each: each.time)
        fits = 0 <= before < len(items) - 1 and of == ref
        if fits and items[before].time <= item.time <= items[before + 1].time:
            return before + 1
        return bisect_right(items, item.time, key=lambda each: each.time)

    def change(self, item: Message, **changes: object) -> None:
        """``item`` is another one from now on."""
        changed = structs.replace(item, **changes)
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
        self._past = (-1, 0)
        self.journal.drop(over)
        self.new_items = min(self.new_items, len(self.items))

    def expect_older(self, ref: int) -> None:
        """What was said before all that is here has been asked for by the request ``ref``."""
        self._older = ref

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


class Member:
    """``prefixes`` are the signs of his ranks in one channel, highest first."""

    __slots__ = ("nick", "prefixes")

    def __init__(self, nick: str, prefixes: str = "") -> None:
        self.nick = nick
        self.prefixes = prefixes


class Channel(Conversation):
    """``joined`` is false after we left, or lost the server: the lines stay. ``key`` is what let us in, or ``""``."""

    def __init__(self, name: str, most: int = MOST_ITEMS) -> None:
        super().__init__(name, most)
        self.joined = False
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

    def close(self) -> None:
        """We are out of it."""
        self.joined = False
        self._members.clear()
