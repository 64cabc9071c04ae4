"""A company: clients in one channel, driven by a process of their own, so that nothing else delays their clock.

They talk in turn at a steady pace, whatever becomes of what they say: a server that falters finds the next message
there all the same. Each message carries its time of sending, and each that arrives is compared with it. The process
does as the trial asks it to through a pipe: to talk, to stop reading, to break all connections, to come back.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from bench.intake import Intake
from bench.registration import Registration

from .pool import Link, Pool
from .remote import PATIENCE, Awaited, Remote

_STAMP: Final = re.compile(rb" PRIVMSG \S+ :(\d+) (\d+) ")
_QUIT: Final = re.compile(rb"(?m)^:(\S+?)!\S+ QUIT :([^\r\n]*)")
_ERROR: Final = re.compile(rb"(?m)^ERROR :([^\r\n]*)")
_RETRY_SECONDS: Final = 0.25
"""Before the next attempt of one who wants back and was not let in."""
_TIDY_SECONDS: Final = 5.0
"""For the last messages to arrive."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who they are. `sources`: addresses that they come from, in turn; empty: whatever the system takes."""

    address: tuple[str, int]
    clients: int
    prefix: str
    """First letter of their nicks."""
    channel: str = "#trial"
    tls: bool = False
    sources: tuple[str, ...] = ()
    text_bytes: int = 64
    sampled: int = 32
    """Clients at which latencies are taken, evenly spread."""
    receive_buffer: int = 0
    """Bytes that the kernel holds for each of them; 0: its own choice."""
    batch: int = 64
    """Connections on their way in at a time."""
    cpus: frozenset[int] = frozenset()
    hurry: bool = False
    """Whether all come at once when they come back."""

    def nick(self, index: int) -> str:
        """Of client `index`."""
        return f"{self.prefix}{index:05d}"


@dataclass(slots=True)
class Heard:
    """What a company can tell at its end. Times are perf_counter_ns, which is one clock for all processes."""

    sent: int = 0
    received: int = 0
    """Deliveries, at all clients."""
    expected: int = 0
    stamps: array[int] = field(default_factory=lambda: array("q"))
    latencies: array[int] = field(default_factory=lambda: array("q"))
    """In nanoseconds, each beside the time at which its message was sent."""
    quits: Counter[str] = field(default_factory=Counter)
    """Reasons that the first of them was shown for others' going."""
    ended: Counter[str] = field(default_factory=Counter)
    """How connections of theirs ended that they did not break themselves."""

    @property
    def missing(self) -> int:
        """Deliveries that should have come and did not; negative: more came."""
        return self.expected - self.received

    def between(self, start_ns: int, end_ns: int) -> list[int]:
        """Latencies of what was sent in that time."""
        pairs = zip(self.stamps, self.latencies, strict=True)
        return [latency for stamp, latency in pairs if start_ns <= stamp < end_ns]


class Company(Remote):
    """The trial's side of it. Everybody is in the channel once the `with` begins."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(f"clients {plan.nick(0)} and on", lambda pipe: _Company(plan, pipe), plan.cpus)

    def ready(self) -> None:
        """Come in."""
        self.come_back()

    def talk(self, a_second: float) -> None:
        """From now on say so many messages a second together; 0: be silent."""
        self.ask("talk", a_second)

    def hold(self) -> None:
        """Read nothing any more."""
        self.ask("hold")

    def release(self) -> None:
        """Read on."""
        self.ask("release")

    def cut(self) -> None:
        """Break all connections at once."""
        self.ask("cut")

    def come_back(self, patience: float = PATIENCE) -> float:
        """Let those who have no connection come in and join; the seconds until all have."""
        seconds: float = self.ask("come_back", patience=patience)
        return seconds

    def present(self) -> int:
        """How many are in the channel."""
        count: int = self.ask("present")
        return count

    def gone(self, patience: float) -> int:
        """Wait until nobody has a connection, or `patience` is at its end; how many still have one."""
        count: int = self.ask("gone", patience, patience=patience + PATIENCE)
        return count

    def heard(self) -> Heard:
        """Stop talking, wait for the last messages, and tell everything."""
        heard: Heard = self.ask("heard")
        return heard


class Member:
    """One client: on its way in, or in the channel."""

    __slots__ = ("company", "index", "joined", "link", "registration", "sampled")

    def __init__(self, company: _Company, index: int, sampled: bool) -> None:
        self.company = company
        self.index = index
        self.sampled = sampled
        self.joined = False
        self.link: Link | None = None
        self.registration = Registration("", frozenset())

    def opened(self, link: Link) -> None:
        """Introduce yourself."""
        self.registration = Registration(self.company.plan.nick(self.index), frozenset())
        link.send(self.registration.hello())

    def read(self, link: Link, intake: Intake, length: int) -> None:
        """Whole lines have come."""
        if self.joined:
            self.company.listen(self, link, intake, length)
        else:
            self._come_in(link, intake, length)

    def _come_in(self, link: Link, intake: Intake, length: int) -> None:
        registration = self.registration
        was_ready = registration.ready
        for line in intake.lines(length):
            answer = registration.line(line)
            if answer:
                link.send(answer)
        if registration.refused:
            self.company.turned_away(self, link, registration.refused)
        elif registration.ready and not was_ready:
            link.send(f"JOIN {self.company.plan.channel}\r\n".encode())
        if was_ready and intake.data.find(b" 366 ", 0, length) >= 0:
            self.joined = True
            self.company.came_in()

    def ended(self, link: Link, reason: str) -> None:
        """The connection is gone."""
        was_in, self.joined, self.link = self.joined, False, None
        self.company.lost(self, was_in, reason)


class _Company:
    """The side of it that is in the process of its own."""

    def __init__(self, plan: Plan, pipe: int) -> None:
        self.plan = plan
        self.pool = Pool(plan.tls, pipe)
        count = min(plan.sampled, plan.clients)
        self.members = [
            Member(self, index, (index + 1) * count // plan.clients != index * count // plan.clients)
            for index in range(plan.clients)
        ]
        self.heard = Heard()
        self._outside: list[Member] = []  # those who want in, the next one last
        self._under_way = 0
        self._began = 0
        self._not_before = 0  # ns: the next attempt, after one that failed
        self._period = 0  # ns between messages; 0: silent
        self._due = 0
        self._turn = 0

        self._verbs: dict[str, Callable[..., Awaited]] = {
            "talk": self._talk,
            "hold": self._hold,
            "release": self._release,
            "cut": self._cut,
            "come_back": self._come_back,
            "present": self._present,
            "gone": self._gone,
            "heard": self._tell,
        }

    def step(self) -> float:
        """Let in who waits, say what is due."""
        self._open_some()
        return self._say_what_is_due()

    def asked(self, verb: str, arguments: tuple[Any, ...]) -> Awaited:
        """The trial wants something."""
        return self._verbs[verb](*arguments)

    # --- what the trial asks for ------------------------------------------------------------------------

    def _talk(self, a_second: float) -> Awaited:
        self._period = round(1e9 / a_second) if a_second else 0
        self._due = perf_counter_ns()
        return lambda: True

    def _hold(self) -> Awaited:
        for link in self.pool.links.values():
            self.pool.hold(link)
        return lambda: True

    def _release(self) -> Awaited:
        for link in self.pool.links.values():
            self.pool.release(link)
        return lambda: True

    def _cut(self) -> Awaited:
        for member in self.members:
            if member.link is not None:
                self.pool.close(member.link)
            member.link, member.joined = None, False
        return lambda: True

    def _come_back(self) -> Awaited:
        self._outside = [member for member in self.members if member.link is None][::-1]
        self._under_way = 0
        self._began = perf_counter_ns()

        def all_in() -> float | None:
            if self._outside or self._under_way:
                return None
            return (perf_counter_ns() - self._began) / 1e9

        return all_in

    def _present(self) -> Awaited:
        return lambda: sum(member.joined for member in self.members)

    def _gone(self, patience: float) -> Awaited:
        end = perf_counter_ns() + int(patience * 1e9)

        def nobody_left() -> int | None:
            left = len(self.pool.links)
            return left if left == 0 or perf_counter_ns() > end else None

        return nobody_left

    def _tell(self) -> Awaited:
        self._period = 0
        end = perf_counter_ns() + int(_TIDY_SECONDS * 1e9)
        heard = self.heard

        def complete() -> Heard | None:
            return heard if heard.received >= heard.expected or perf_counter_ns() > end else None

        return complete

    # --- coming in --------------------------------------------------------------------------------------

    def _open_some(self) -> None:
        if not self._outside or perf_counter_ns() < self._not_before:
            return
        plan = self.plan
        room = plan.clients if plan.hurry else plan.batch
        while self._outside and self._under_way < room:
            member = self._outside.pop()
            source = plan.sources[member.index % len(plan.sources)] if plan.sources else ""
            member.link = self.pool.open(plan.address, member, source, plan.receive_buffer)
            self._under_way += 1

    def came_in(self) -> None:
        """One more is in the channel."""
        self._under_way -= 1

    def turned_away(self, member: Member, link: Link, why: str) -> None:
        """The server said no: try again, since what was broken a moment ago may not be gone yet."""
        self.pool.close(link)
        member.ended(link, why)

    def lost(self, member: Member, was_in: bool, reason: str) -> None:
        """A connection ended."""
        self.heard.ended[reason] += 1
        if not was_in:
            self._under_way -= 1
            self._outside.insert(0, member)
            self._not_before = perf_counter_ns() + int(_RETRY_SECONDS * 1e9)

    # --- talking and listening --------------------------------------------------------------------------

    def _say_what_is_due(self) -> float:
        """Say it; the seconds until the next."""
        if not self._period:
            return 0.05
        now = perf_counter_ns()
        while now >= self._due:
            self._say()
            self._due += self._period
            now = perf_counter_ns()
        return min(0.05, (self._due - now) / 1e9)

    def _say(self) -> None:
        present = [member for member in self.members if member.joined]
        if not present:
            return
        member = present[self._turn % len(present)]
        self._turn += 1
        link = member.link
        assert link is not None
        heard = self.heard
        padding = "x" * max(1, self.plan.text_bytes - 24)
        link.send(f"PRIVMSG {self.plan.channel} :{heard.sent} {perf_counter_ns()} {padding}\r\n".encode())
        heard.sent += 1
        heard.expected += len(present) - 1

    def listen(self, member: Member, link: Link, intake: Intake, length: int) -> None:
        """`member` is in the channel, and this has come."""
        heard, data = self.heard, intake.data
        heard.received += data.count(b" PRIVMSG ", 0, length)
        if member.sampled:
            now = perf_counter_ns()
            for _, stamp in _STAMP.findall(data, 0, length):
                heard.stamps.append(int(stamp))
                heard.latencies.append(now - int(stamp))
        if member.index == 0 and data.find(b" QUIT ", 0, length) >= 0:
            heard.quits.update(why.decode(errors="replace") for _, why in _QUIT.findall(data, 0, length))
        if data.find(b"PING ", 0, length) >= 0:
            for answer in intake.pings(length):
                link.send(answer)
        if data.find(b"ERROR :", 0, length) >= 0:
            heard.ended.update(why.decode(errors="replace") for why in _ERROR.findall(data, 0, length))


def main_reason(counts: Counter[str]) -> Sequence[str]:
    """Reasons with their counts, the most frequent first, three at most."""
    return [f"{count} × {reason}" for reason, count in counts.most_common(3)]
