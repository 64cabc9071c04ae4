"""How far the person has read each conversation, the same on all devices and over the end of the program.

Theory of operation. A marker is the time of the last message read; it only ever moves forward. The front end says what
was read (:meth:`Markers.read`), the server what was read elsewhere (:meth:`Markers.told`). What the server does not
know yet is told to it as soon as there is a connection, about each conversation at most once in :data:`EVERY` seconds
and one at a time; where it does not take it, not again on this connection. What has to be written down goes by the same
beat, so that reading along costs the disk a write a second.

https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, structs

from natterjack.client import events as e
from natterjack.client.channels import is_channel
from natterjack.client.requests import AskMark, MarkRead, Request
from natterjack.proto.casemap import fold

#: Seconds between two markers of the same conversation.
EVERY: Final = 1.0
#: Markers remembered: more conversations than anybody follows. The oldest goes first.
MOST: Final = 1000
#: People whose markers are asked for when we come in: those read last.
_MOST_TALKS: Final = 10


class Marker(Struct, frozen=True):
    """``name`` is read up to ``time``; up to ``known``, the server knows. Seconds since 1970, 0: not that we know."""

    name: str
    time: float = 0.0
    known: float = 0.0


class Markers:
    """One person's on one server. ``requests`` collects what is to be asked, ``changed`` what is to be written down,
    for the caller to take after each call.
    """

    def __init__(self, markers: Iterable[Marker], first_ref: int) -> None:
        """Requests get numbers from ``first_ref`` on."""
        self._markers = {fold(each.name): each for each in markers}
        self.requests: list[Request] = []
        self.changed: list[Marker] = []
        self._ref = first_ref
        self._online = False
        self._unsaved: set[str] = set()
        self._beat: dict[
            str, float
        ] = {}  # conversation -> when its marker was the last to be told or written
        self._flying: dict[
            int, tuple[str, float]
        ] = {}  # number of the request -> conversation, and up to when
        self._refused: set[str] = set()
        self._asked: set[str] = set()

    @property
    def all(self) -> list[e.ReadUpTo]:
        """What is known, as the front end is told."""
        return [e.ReadUpTo(each.name, each.time) for each in self._markers.values() if each.time]

    def adopt(self, other: Markers) -> None:
        """We are somebody else from now on; what we have read we have read."""
        for marker in other._markers.values():
            self._move(marker.name, marker.time)

    def rename(self, old: str, new: str) -> None:
        """The channel ``old`` is called ``new``, and so it is on the server."""
        marker = self._markers.pop(fold(old), None)
        self._unsaved.discard(fold(old))
        there = self._markers.get(fold(new), Marker(new))  # the server may have told it
        if marker is not None:
            time, known = max(marker.time, there.time), max(marker.known, there.known)
            self._markers[fold(new)] = Marker(new, time, known)
            self._unsaved.add(fold(new))

    # -- the connection --------------------------------------------------------------------------------------------

    def connected(self, *, offered: bool) -> None:
        """Requests can be made; ``offered``: about markers too."""
        self._online = offered
        people = [each for key, each in self._markers.items() if not is_channel(key)]
        for each in sorted(people, key=lambda marker: marker.time, reverse=True)[:_MOST_TALKS]:
            self.met(each.name)

    def met(self, name: str) -> None:
        """Something was said in the talk with ``name``: servers tell the markers of channels unasked, but not these."""
        if self._online and fold(name) not in self._asked and len(self._asked) < MOST:
            self._asked.add(fold(name))
            self.requests.append(AskMark(self._next_ref(), name))

    def lost(self) -> None:
        """The connection is over."""
        self._online = False
        self._flying.clear()
        self._refused.clear()
        self._asked.clear()
        self._save(set(self._unsaved))

    # -- what was read ---------------------------------------------------------------------------------------------

    def read(self, name: str, upto: float, now: float) -> None:
        """The person has read ``name`` up to ``upto``."""
        if self._move(name, upto):
            self.tick(now)

    def told(self, event: e.ReadUpTo) -> e.ReadUpTo:
        """The server says how far that was read; the answer is what holds."""
        self._move(event.target, event.time)
        key = fold(event.target)
        marker = self._markers.get(key)
        if marker is None:
            return event
        if event.time != marker.known:
            self._markers[key] = structs.replace(marker, known=event.time)
            self._unsaved.add(key)
        return e.ReadUpTo(event.target, marker.time)

    def ended(self, event: e.Event) -> None:
        """``event`` is the end of a request of ours."""
        key, time = self._flying.pop(getattr(event, "ref", 0), ("", 0.0))
        marker = self._markers.get(key)
        if isinstance(event, e.Refused | e.Unanswered):
            self._refused.add(key)
        elif marker is not None:  # whatever it made of it, it is told
            self._markers[key] = structs.replace(marker, known=max(marker.known, time))
            self._unsaved.add(key)

    def deadline(self) -> float | None:
        """When :meth:`tick` has something to do."""
        return min((self._beat.get(key, 0.0) + EVERY for key in self._unsaved | self._untold()), default=None)

    def tick(self, now: float) -> None:
        """Do what is due by now."""
        due = {key for key in self._unsaved | self._untold() if now >= self._beat.get(key, -EVERY) + EVERY}
        for key in sorted(due & self._untold()):
            marker = self._markers[key]
            ref = self._next_ref()
            self._flying[ref] = (key, marker.time)
            self.requests.append(MarkRead(ref, marker.name, marker.time))
        for key in due:
            self._beat[key] = now
        self._save(due & self._unsaved)

    def _untold(self) -> set[str]:
        if not self._online:
            return set()
        behind = {key for key, marker in self._markers.items() if marker.time > marker.known}
        return behind - self._refused - {key for key, _ in self._flying.values()}

    def _move(self, name: str, time: float) -> bool:
        """Whether that is news."""
        key = fold(name)
        marker = self._markers.get(key) or Marker(name)
        if time <= marker.time:
            return False
        if key not in self._markers and len(self._markers) >= MOST:
            oldest = min(self._markers, key=lambda each: self._markers[each].time)
            del self._markers[oldest]
            self._unsaved.discard(oldest)
        self._markers[key] = structs.replace(marker, time=time)
        self._unsaved.add(key)
        return True

    def _save(self, keys: set[str]) -> None:
        self.changed += [self._markers[key] for key in sorted(keys)]
        self._unsaved -= keys

    def _next_ref(self) -> int:
        self._ref += 1
        return self._ref
