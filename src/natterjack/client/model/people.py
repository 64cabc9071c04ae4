"""Who is who: what is known of each person that we share a channel with, or have talked to."""

from __future__ import annotations

from natterjack.proto.casemap import fold
from natterjack.proto.source import Source

#: People remembered. Whoever shares no channel with us any more is forgotten anyhow; this is against a broken server.
_MOST_PEOPLE = 200_000


class Person:
    """``away`` is None for somebody who is there; ``""`` stands for what we were not told."""

    __slots__ = ("account", "away", "host", "nick", "realname", "user")

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.user = ""
        self.host = ""
        self.account = ""
        self.realname = ""
        self.away: str | None = None


class People:
    """Looked up by nick, whatever its case."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def __len__(self) -> int:
        return len(self._people)

    def get(self, nick: str) -> Person | None:
        return self._people.get(fold(nick))

    def meet(self, source: Source) -> Person:
        """The person behind ``source``, made if new, with what it tells of him taken in."""
        person = self._people.get(fold(source.nick))
        if person is None:
            person = Person(source.nick)
            if len(self._people) < _MOST_PEOPLE:
                self._people[fold(source.nick)] = person
        if source.user:
            person.user = source.user
        if source.host:
            person.host = source.host
        return person

    def rename(self, old: str, new: str) -> None:
        person = self._people.pop(fold(old), None)
        if person:
            person.nick = new
            self._people[fold(new)] = person

    def forget(self, nick: str) -> None:
        self._people.pop(fold(nick), None)

    def clear(self) -> None:
        self._people.clear()
