"""A conversation: a channel, or the talk with one person, with its lines and with what is unread."""

from __future__ import annotations

from collections import deque

from natterjack.client.model.items import Item, Message
from natterjack.proto.casemap import fold

#: Lines kept of each conversation; older ones are for the server's history.
MOST_ITEMS = 5000


class Conversation:
    """``name`` is a channel or a nick. Changed by the model alone; front ends read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: deque[Item] = deque(maxlen=MOST_ITEMS)
        self.unread = 0
        self.mentions = 0
        #: How many of the last items came since the person last looked elsewhere: where the "new" line goes.
        self.new_items = 0
        self._msgids: set[str] = set()
        self._spoke: dict[str, int] = {}  # folded nick -> the how-many-eth message his last one was
        self._count = 0

    def add(self, item: Item, *, looking: bool) -> bool:
        """Put ``item`` at the end; False for a message that is here already. ``looking``: it is read at once."""
        if isinstance(item, Message):
            if item.msgid:
                if item.msgid in self._msgids:
                    return False
                self._forget_oldest()
                self._msgids.add(item.msgid)
            self._count += 1
            self._spoke[fold(item.nick)] = self._count
            if not (looking or item.own or item.history):
                self.unread += 1
                self.mentions += item.mention
        self.items.append(item)
        if self.new_items or not looking:
            self.new_items += 1
        return True

    def mark_read(self) -> None:
        self.unread = self.mentions = 0

    def spoke(self, nick: str) -> int:
        """The higher, the more recently ``nick`` spoke here; 0: not that we know."""
        return self._spoke.get(fold(nick), 0)

    def rename_speaker(self, old: str, new: str) -> None:
        """What was said under ``old`` counts for ``new``."""
        said = self._spoke.pop(fold(old), None)
        if said is not None:
            self._spoke[fold(new)] = said

    def _forget_oldest(self) -> None:
        # the deque drops its first item by itself: its id must go too, or the set grows for ever
        if len(self.items) == MOST_ITEMS and isinstance(first := self.items[0], Message):
            self._msgids.discard(first.msgid)


class Member:
    """``prefixes`` are the signs of his ranks in one channel, highest first."""

    __slots__ = ("nick", "prefixes")

    def __init__(self, nick: str, prefixes: str = "") -> None:
        self.nick = nick
        self.prefixes = prefixes


class Channel(Conversation):
    """``joined`` is false after we left, or lost the server: the lines stay."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.joined = False
        self.topic = ""
        self.topic_by = ""
        self._members: dict[str, Member] = {}

    @property
    def members(self) -> list[Member]:
        """Everybody in it, ourselves included, in no particular order."""
        return list(self._members.values())

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
