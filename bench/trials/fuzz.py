"""G9: no input crashes, hangs or leaks. Garbage of every kind from many connections, and one client who wants answers.

The limits are lifted, for they would turn most of it away before anybody has looked at it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from bench.intake import Intake
from bench.swarm import LoadError

from .garbage import cut, stream
from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, p99_ms, shown, told
from .pool import Link, Pool
from .remote import Awaited, Remote
from .servers import MIB, Server
from .visitor import Visitor

P99_MS: Final = 100.0
"""For the answer to a PING."""
GROWTH_MIB: Final = 4.0
"""Of the server's memory over the second half: what is kept of streams shows there as a slope. Some ten thousand fill
what is remembered up to a bound, and give the heap its shape: so many have to come in the first half."""

_PINGS_A_SECOND: Final = 10
_TURN_SECONDS: Final = 0.002
_LISTENING_NS: Final = 200_000_000
"""How long a thrower stays for what is said to him, once he has thrown all."""
_NICENESS: Final = 5
"""Those who throw come from other machines, whose processors are not ours: here they stand back behind the server."""
_FAULTS: Final = ("Traceback", "internal error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    connections: int = option(50, "that throw at a time; each throws one stream, and the next one comes")
    rate: float = option(250.0, "new connections a second at most")
    seconds: float = option(140.0, "how long")
    baseline_seconds: float = option(10.0, "how long nobody throws, before")
    seed: int = option(1, "where the dice begin")

    def __post_init__(self) -> None:
        if min(self.connections, self.rate, self.seconds) <= 0:
            raise ValueError("there must be connections, and time for them")


@dataclass(slots=True)
class Thrown:
    """What was thrown."""

    streams: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    heard: int = 0


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError, OSError."""
    options = ("--no-limits", "--access", "open")
    with Server(options, environment=dict(settings.setting), cpus=settings.server_cpus) as server:
        with Throwers(settings, server.address) as throwers:
            pinger = Visitor(server.address)
            refused = pinger.register("pinger")
            if refused:
                raise LoadError(f"the pinger is not let in: {refused}")
            before, _ = _ping(settings.baseline_seconds, server, pinger)
            throwers.ask("begin")
            waits, memory = _ping(settings.seconds, server, pinger)
            thrown: Thrown = throwers.ask("end")
            pinger.close()
        lives = server.is_up
        settled = server.metrics() if lives else {}
        server.stop()
        faults = [line for line in server.errors().splitlines() if any(word in line for word in _FAULTS)]
        return Outcome(
            "fuzz",
            f"{settings.connections} connections at most throw garbage for {settings.seconds:g} s, "
            f"{settings.rate:g} new ones a second, limits lifted",
            _findings(settings, thrown, before, waits, memory, (lives, server.status, faults, settled)),
        )


def _ping(seconds: float, server: Server, pinger: Visitor) -> tuple[list[int], list[int]]:
    """Ask at fixed times, whatever became of the last; what the answers took, and the server's memory each second."""
    waits: list[int] = []
    memory: list[int] = []
    begun = perf_counter_ns()
    for number in range(int(seconds * _PINGS_A_SECOND)):
        due = begun + number * 1_000_000_000 // _PINGS_A_SECOND
        time.sleep(max(0.0, (due - perf_counter_ns()) / 1e9))
        sent = min(due, perf_counter_ns())
        try:
            pinger.send(f"PING ping-{number}-")
            pinger.until(f"ping-{number}-")
        except (OSError, LoadError):
            break  # what is missing is counted
        waits.append(perf_counter_ns() - sent)
        if number % _PINGS_A_SECOND == 0:
            memory.append(server.memory())
    return waits, memory


def _findings(
    settings: Settings,
    thrown: Thrown,
    before: list[int],
    waits: list[int],
    memory: list[int],
    end: tuple[bool, int, list[str], dict[str, float]],
) -> tuple[Finding, ...]:
    lives, status, faults, settled = end
    half = memory[len(memory) // 2 :] or [0]
    return (
        told("streams", f"{thrown.streams.total():,}"),
        told("of these", "; ".join(f"{count:,} × {kind}" for kind, count in thrown.streams.most_common())),
        told("thrown, and answered", f"{thrown.sent / MIB:,.1f} MiB · {thrown.heard / MIB:,.1f} MiB"),
        exactly("PINGs that were not answered", int(settings.seconds * _PINGS_A_SECOND) - len(waits), 0),
        told("p99 of an answer to a PING, nobody throwing", shown(p99_ms(before), "ms")),
        at_most("p99 of an answer to a PING", p99_ms(waits), P99_MS, "ms"),
        at_most("longest answer to a PING", max(waits, default=0) / 1e6, P99_MS, "ms"),
        exactly("the server has ended", int(not lives), 0),
        exactly("errors of its own in the log", len(faults), 0),
        told(
            "memory: at the beginning · at the end", f"{memory[0] / MIB:.1f} MiB · {memory[-1] / MIB:.1f} MiB"
        ),
        at_most("memory: growth over the second half", (half[-1] - half[0]) / MIB, GROWTH_MIB, "MiB"),
        told("connections left", shown(settled.get("connections", 0), digits=0)),
        exactly("exit status at SIGTERM", status, 0),
    )


class Throwers(Remote):
    """The trial's side of those who throw."""

    def __init__(self, settings: Settings, address: tuple[str, int]) -> None:
        super().__init__(
            "throwers", lambda pipe: _Throwers(settings, address, pipe), settings.cpus, _NICENESS
        )


class _Thrower:
    """One connection, and what is left of its stream."""

    __slots__ = ("_dice", "_owner", "_until", "pieces")

    def __init__(self, owner: _Throwers, dice: random.Random, pieces: list[bytes]) -> None:
        self._owner = owner
        self._dice = dice
        self._until = 0
        self.pieces = pieces[::-1]

    def opened(self, link: Link) -> None:
        """It throws at its next turn."""

    def read(self, _link: Link, _intake: Intake, length: int) -> None:
        """What is said to it matters to nobody."""
        self._owner.thrown.heard += length

    def ended(self, _link: Link, _reason: str) -> None:
        """The server has had enough."""

    def turn(self, link: Link, now: int) -> bool:
        """Throw a piece; whether there is more to come, or something to be heard."""
        if not link.up:
            return True
        if self.pieces:
            piece = self.pieces.pop()
            try:
                sent = link.sock.send(piece)
            except BlockingIOError:
                sent = 0
            except OSError:
                return False
            self._owner.thrown.sent += sent
            if sent < len(piece):
                self.pieces.append(piece[sent:])
            self._until = now + (_LISTENING_NS if self._dice.random() < 0.5 else 0)
            return True
        return now < self._until


class _Throwers:
    """The side of it that is in the process of its own."""

    def __init__(self, settings: Settings, address: tuple[str, int], pipe: int) -> None:
        self.pool = Pool(pipe=pipe)
        self.thrown = Thrown()
        self._settings = settings
        self._address = address
        self._dice = random.Random(settings.seed)  # noqa: S311 - dice, not secrets
        self._begun = 0
        self._count = 0

    def step(self) -> float:
        """A piece of each stream, and new connections as they are due."""
        now = perf_counter_ns()
        for link in list(self.pool.links.values()):
            guest = link.guest
            assert isinstance(guest, _Thrower)
            if not guest.turn(link, now):
                self.pool.close(link, reset=self._dice.random() < 0.5)
        if not self._begun:
            return 1.0
        due = (now - self._begun) / 1e9 * self._settings.rate
        while len(self.pool.links) < self._settings.connections and self._count < due:
            self._count += 1
            kind, data = stream(self._dice, self._count)
            self.thrown.streams[kind] += 1
            self.pool.open(self._address, _Thrower(self, self._dice, cut(self._dice, data)))
        return _TURN_SECONDS

    def asked(self, verb: str, _arguments: tuple[Any, ...]) -> Awaited:
        """`begin`, or `end`."""
        if verb == "begin":
            self._begun = perf_counter_ns()
            return lambda: True
        self._begun = 0
        for link in list(self.pool.links.values()):
            self.pool.close(link)
        return lambda: self.thrown
