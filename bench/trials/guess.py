"""100,000 wrong passwords, while ten clients talk: does anybody notice? And does a right password still get in?

With the limits on, the guessers come from many addresses in a network of their own, over TLS, since each address has
few guesses free and any further one waits five seconds for its turn. With `--no-limits` nothing holds them back,
and they come from loopback: then it is the bare work that is tried.

Guesses by PLAIN have the server derive a key, 600,000 rounds of PBKDF2: some four to seven a second are worked
through, so that 100,000 of them would take many hours. By SCRAM the client pays, and these send made-up proofs,
which cost the server as much as honest ones. So most guesses are SCRAM; as many connections as you like guess by PLAIN
all the while, and keep the derivation busy.
"""

from __future__ import annotations

import threading
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from bench.intake import Intake
from bench.registration import split_line
from bench.serverproc import HOST
from bench.swarm import LoadError

from . import elsewhere
from .company import Company, Heard, Plan, main_reason
from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, p99_ms, shown, told
from .pool import Link, Pool
from .remote import Awaited, Remote
from .servers import MIB, Seen, Server, Watch
from .visitor import Visitor

P99_MS: Final = 100.0
"""What those who talk may feel of it at most."""

AN_ADDRESS: Final = 60
"""Connections of guessers from one address; 64 may be under way."""

_TALKERS: Final = 10
_ACCOUNT, _PASSWORD = "honest", "correct horse battery staple".replace(" ", "-")
_NICENESS: Final = 5
"""Guessers come from other machines, whose processors are not ours: here they stand back behind the others."""
_BATCH: Final = 32
_RETRY_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    guesses: int = option(100_000, "wrong passwords, of both kinds together")
    limits: bool = option(True, "the server's limits, with guessers from many addresses")
    scram: int = option(1800, "connections that guess by SCRAM")
    plain: int = option(60, "connections that guess by PLAIN")
    targeted: int = option(20, "of those by SCRAM, so many guess at an account that exists")
    login_seconds: float = option(5.0, "how often somebody logs in with the right password")
    baseline_seconds: float = option(10.0, "how long the ten talk before")
    least_seconds: float = option(60.0, "go on for so long, even if all were worked through before")
    most_seconds: float = option(900.0, "give up after so long")

    @property
    def addresses(self) -> int:
        """Sites: of the guessers, one each of the talkers, one of whoever logs in."""
        return self._first + -(-(self.scram + self.plain) // AN_ADDRESS)

    @property
    def _first(self) -> int:
        return _TALKERS + 1

    def source(self, number: int) -> str:
        """The address of guesser `number`."""
        return elsewhere.client(self._first + number // AN_ADDRESS) if self.limits else ""


def run(settings: Settings) -> Outcome:
    """With limits, this moves the process into a network of its own. Raises LoadError, StartError, OSError."""
    if settings.limits:
        elsewhere.move(settings.addresses)
    options = ("--access", "open") if settings.limits else ("--no-limits",)
    host = "0.0.0.0" if settings.limits else HOST
    with Server(options, host=host, environment=dict(settings.setting), cpus=settings.server_cpus) as server:
        if settings.limits:
            server.address = (elsewhere.SERVER, server.address[1])
        logins = Logins(settings, server.address)
        logins.make_account()
        plan = Plan(
            server.address,
            _TALKERS,
            "t",
            tls=settings.limits,
            sources=tuple(map(elsewhere.client, range(_TALKERS))) if settings.limits else (),
            cpus=settings.cpus,
        )
        with Company(plan) as company, Guessers(settings, server.address) as guessers:
            company.talk(_TALKERS)
            time.sleep(1.0)
            start = perf_counter_ns()
            time.sleep(settings.baseline_seconds)
            memory = server.memory()
            begun = perf_counter_ns()
            with Watch(server) as seen, logins:
                progress = guessers.guess(settings.guesses, settings.least_seconds, settings.most_seconds)
            end = perf_counter_ns()
            heard = company.heard()
    return Outcome(
        "guess" if settings.limits else "guess-no-limits",
        f"{settings.guesses:,} wrong passwords on {settings.scram} connections by SCRAM and {settings.plain} by PLAIN, "
        + (
            f"limits on, over TLS, from {settings.addresses - _TALKERS - 1} addresses"
            if settings.limits
            else "limits lifted, on loopback"
        ),
        _findings(settings, progress, logins, heard, (start, begun, end), memory, seen),
    )


def _findings(
    settings: Settings,
    progress: Progress,
    logins: Logins,
    heard: Heard,
    times: tuple[int, int, int],
    memory: int,
    seen: Seen,
) -> tuple[Finding, ...]:
    start, begun, end = times
    seconds = (end - begun) / 1e9
    done = progress.answered
    enough = done.total() >= settings.guesses
    return (
        Finding("wrong passwords answered", f"{done.total():,}", f"≥ {settings.guesses:,}", enough),
        told("which took", shown(seconds, "s", 0)),
        told("by SCRAM, a second", f"{done['scram']:,} · {done['scram'] / seconds:,.0f}"),
        told("by PLAIN, a second", f"{done['plain']:,} · {done['plain'] / seconds:,.1f}"),
        exactly("guesses that got in", progress.right, 0),
        told("connections opened for it", f"{progress.opened:,}"),
        told("how they ended", "; ".join(main_reason(progress.ended)) or "they did not"),
        told("p99 before", shown(p99_ms(heard.between(start, begun)), "ms")),
        at_most("p99 meanwhile", p99_ms(heard.between(begun, end)), P99_MS, "ms"),
        told("longest meanwhile", shown(max(heard.between(begun, end), default=0) / 1e6, "ms")),
        exactly("messages that did not arrive", heard.missing, 0),
        Finding(
            "right passwords let in meanwhile",
            f"{len(logins.seconds)} of {logins.tried}",
            "all",
            bool(logins.tried) and len(logins.seconds) == logins.tried,
        ),
        *(
            told(f"the longest wait of a right one, {name}", shown(max(waits), "s", 2))
            for name, waits in logins.by_mechanism()
        ),
        *([told("why others were not", "; ".join(main_reason(logins.failures)))] if logins.failures else []),
        told("CPU of the server, derivation included", shown(seen.busy_percent, "%", 0)),
        told("memory of the server above that before", shown((seen.memory_peak - memory) / MIB, "MiB")),
    )


# --- guessers -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Progress:
    """How far the guessers are."""

    answered: Counter[str] = field(default_factory=Counter)
    """Wrong passwords that the server has called wrong, by mechanism."""
    right: int = 0
    opened: int = 0
    ended: Counter[str] = field(default_factory=Counter)


class Guessers(Remote):
    """The trial's side of those who guess."""

    def __init__(self, settings: Settings, address: tuple[str, int]) -> None:
        super().__init__(
            "guessers", lambda pipe: _Guessers(settings, address, pipe), settings.cpus, _NICENESS
        )

    def guess(self, most: int, least_seconds: float, most_seconds: float) -> Progress:
        """Guess until so many were answered and the least time is over, or until the most time is."""
        progress: Progress = self.ask("guess", most, least_seconds, most_seconds, patience=most_seconds + 60)
        return progress


class _Guessers:
    """Their side in the process of their own."""

    def __init__(self, settings: Settings, address: tuple[str, int], pipe: int) -> None:
        self._address = address
        self.pool = Pool(settings.limits, pipe)
        self.progress = Progress()
        kinds: list[Callable[[int], str]] = [lambda number: f"nobody{number:06d}"] * (
            settings.scram - settings.targeted
        )
        kinds += [lambda number: _ACCOUNT] * settings.targeted
        mechanisms = ["SCRAM-SHA-256"] * len(kinds) + ["PLAIN"] * settings.plain
        kinds += [kinds[0]] * settings.plain
        # Mixed, so that each address has some of each kind.
        order = sorted(range(len(kinds)), key=lambda number: number * 7919 % len(kinds))
        self._idle = [
            Guesser(self, mechanisms[number], kinds[number], settings.source(place))
            for place, number in enumerate(order)
        ]
        self._later: list[tuple[int, Guesser]] = []
        self._under_way = 0
        self._guessing = False
        self._number = 0

    def asked(self, verb: str, arguments: tuple[Any, ...]) -> Awaited:
        """The trial wants them to guess."""
        most, least_seconds, most_seconds = arguments
        self._guessing = True
        begun = perf_counter_ns()

        def over() -> Progress | None:
            seconds = (perf_counter_ns() - begun) / 1e9
            if seconds < least_seconds or (self.progress.answered.total() < most and seconds < most_seconds):
                return None
            self._guessing = False
            return self.progress

        return over

    def step(self) -> float:
        """Let some begin."""
        if self._guessing:
            now = perf_counter_ns()
            while self._later and self._later[0][0] <= now:
                self._idle.append(self._later.pop(0)[1])
            while self._idle and self._under_way < _BATCH:
                guesser = self._idle.pop()
                self.pool.open(self._address, guesser, guesser.source)
                guesser.arriving = True
                self._under_way += 1
                self.progress.opened += 1
        return 0.02

    def arrived(self, guesser: Guesser) -> None:
        """He is connected."""
        if guesser.arriving:
            guesser.arriving = False
            self._under_way -= 1

    def lost(self, guesser: Guesser, reason: str) -> None:
        """His connection is gone: he comes again."""
        self.arrived(guesser)
        self.progress.ended[reason] += 1
        self._later.append((perf_counter_ns() + _RETRY_NS, guesser))

    def next_number(self) -> int:
        """Of a guess; no two are alike."""
        self._number += 1
        return self._number


class Guesser:
    """One who guesses, on one connection after the other."""

    def __init__(self, crowd: _Guessers, mechanism: str, name: Callable[[int], str], source: str) -> None:
        self._crowd = crowd
        self._mechanism = mechanism
        self._name = name
        self.source = source
        self.arriving = False
        self._why = ""
        self._sent_proof = False

    def opened(self, link: Link) -> None:
        """Begin."""
        self._crowd.arrived(self)
        self._why = ""
        self._begin(link)

    def _begin(self, link: Link) -> None:
        self._sent_proof = False
        link.send(f"AUTHENTICATE {self._mechanism}\r\n".encode())

    def read(self, link: Link, intake: Intake, length: int) -> None:
        """Answers."""
        progress = self._crowd.progress
        for line in intake.lines(length):
            command, params = split_line(line)
            if command == b"AUTHENTICATE":
                link.send(b"AUTHENTICATE " + self._answer(params[0]) + b"\r\n")
            elif command == b"904" and self._sent_proof:
                progress.answered["plain" if self._mechanism == "PLAIN" else "scram"] += 1
                self._begin(link)
            elif command in (b"900", b"903"):
                progress.right += 1
            elif command == b"ERROR":
                self._why = params[-1].decode(errors="replace")

    def _answer(self, challenge: bytes) -> bytes:
        if challenge != b"+":
            self._sent_proof = True
            nonce = b64decode(challenge).split(b",")[0]
            return b64encode(b"c=biws," + nonce + b",p=" + b64encode(bytes(32)))
        number = self._crowd.next_number()
        name = self._name(number)
        if self._mechanism == "PLAIN":
            self._sent_proof = True
            return b64encode(f"\0{name}\0wrong-{number}".encode())
        return b64encode(f"n,,n={name},r=guess{number}".encode())

    def ended(self, _link: Link, reason: str) -> None:
        """The connection is gone; after thirty seconds it always is."""
        self._crowd.lost(self, self._why or reason)


# --- the right password ---------------------------------------------------------------------------------


class Logins:
    """For the length of a `with`: somebody who logs in with the right password, by one mechanism and the other."""

    def __init__(self, settings: Settings, address: tuple[str, int]) -> None:
        self._settings = settings
        self._address = address
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.tried = 0
        self.seconds: list[tuple[str, float]] = []
        self.failures: Counter[str] = Counter()

    def _visitor(self) -> Visitor:
        source = elsewhere.client(_TALKERS) if self._settings.limits else ""
        return Visitor(self._address, source, tls=self._settings.limits)

    def make_account(self) -> None:
        """Make the account that is guessed at."""
        visitor = self._visitor()
        why = visitor.register(_ACCOUNT)
        if why:
            raise LoadError(why)
        visitor.make_account(_PASSWORD)
        visitor.close()

    def by_mechanism(self) -> list[tuple[str, list[float]]]:
        """Seconds that right passwords waited."""
        names = sorted({name for name, _ in self.seconds})
        return [(name, [seconds for each, seconds in self.seconds if each == name]) for name in names]

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._settings.login_seconds):
            mechanism = ("SCRAM-SHA-256", "PLAIN")[self.tried % 2]
            self.tried += 1
            try:
                visitor = self._visitor()
                self.seconds.append((mechanism, visitor.log_in(mechanism, _ACCOUNT, _PASSWORD)))
                visitor.close()
            except (LoadError, OSError) as error:
                self.failures[f"{mechanism}: {error}"] += 1
