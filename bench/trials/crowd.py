"""G11: over its limits the server turns new work away and keeps the old.

It listens in a network of its own, with its limits as they are by default, and is besieged in turn by

- three times as many guests as each address may have, from several addresses at once;
- connections that never say a first byte, three times as many as may be on their way in;
- TLS handshakes that stop half-way, by the hundreds;
- more connections than it has descriptors.

Meanwhile those who were inside before talk on, and their messages are timed. Besiegers come in waves, which shows
whether anything of them stays behind.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Final

from bench.swarm import LoadError

from . import elsewhere
from .company import Company, Heard, Plan, main_reason
from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, p99_ms, shown, told
from .servers import MIB, Seen, Server, Watch
from .visitor import Visitor

GUESTS_AN_ADDRESS: Final = 32
"""What one address may have by default, of those who are in without an account."""

P99_MS: Final = 100.0
"""What those inside may feel of it at most: nobody notices a tenth of a second in a chat."""

REST_PERCENT: Final = 5.0
"""CPU of the server above what those inside take, while besiegers are there and do nothing."""

MEMORY_MIB: Final = 4.0
"""Growth over the second half of the waves. In the first ones the allocator's heap takes its shape (some 10 MiB, less
each time); what stays behind of each wave would show in the later ones as well."""

RESUME_SECONDS: Final = 5.0
"""From the moment when there is room again until a newcomer is in."""

_ADDRESSES_INSIDE: Final = 10
_BESIEGING: Final = 8
_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    inside: int = option(20, "clients who are in before, and talk, one message a second each")
    silent: int = option(3 * 4096, "connections without a first byte")
    halves: int = option(1000, "handshakes left half-way")
    spare: int = option(64, "descriptors that the server has left in the last siege")
    rest_seconds: float = option(5.0, "how long the server's rest is watched")
    waves: int = option(6, "how often all sieges come")

    @property
    def addresses(self) -> int:
        """Addresses that clients come from."""
        return _ADDRESSES_INSIDE + _BESIEGING + 1

    @property
    def descriptors(self) -> int:
        """What it takes here."""
        return max(self.silent, self.halves, 3 * GUESTS_AN_ADDRESS * _BESIEGING) + 256


@dataclass(slots=True)
class Siege:
    """One kind of siege, over all waves."""

    title: str
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    resting: list[float] = field(default_factory=list)
    """CPU in percent while the besiegers were there and did nothing."""
    facts: Counter[str] = field(default_factory=Counter)
    opened: float = 0.0
    """Seconds until a newcomer was in, after the besiegers had left; the longest."""


def run(settings: Settings) -> Outcome:
    """Moves this process into a network of its own. Raises LoadError, StartError, OSError."""
    elsewhere.move(settings.addresses)
    sieges = [
        Siege("three times the guests"),
        Siege("no first byte"),
        Siege("half a handshake"),
        Siege("no descriptors left"),
    ]
    with Server(
        ("--access", "open"), host="0.0.0.0", environment=dict(settings.setting), cpus=settings.server_cpus
    ) as server:
        server.address = (elsewhere.SERVER, server.address[1])
        plan = Plan(
            server.address,
            settings.inside,
            "i",
            tls=True,
            sources=tuple(elsewhere.client(number) for number in range(_ADDRESSES_INSIDE)),
            cpus=settings.cpus,
        )
        with Company(plan) as company:
            company.talk(settings.inside)
            time.sleep(1.0)
            quiet = Siege("nobody else")
            with _besieged(quiet, server):
                _rest(quiet, server, settings)
            memory = []
            for _ in range(settings.waves):
                for siege, lay in zip(sieges, (_guests, _silent, _halves, _descriptors), strict=True):
                    lay(siege, server, settings)
                memory.append(_settled_memory(server))
            present = company.present()
            heard = company.heard()
        errors = server.errors()
    return Outcome(
        "crowd",
        f"{settings.inside} clients inside, over TLS; default limits; besieged in {settings.waves} waves from "
        f"{_BESIEGING} addresses in a network of its own",
        _findings(settings, quiet, sieges, heard, present=present, memory=memory, errors=errors),
    )


def _findings(
    settings: Settings,
    quiet: Siege,
    sieges: list[Siege],
    heard: Heard,
    *,
    present: int,
    memory: list[int],
    errors: str,
) -> tuple[Finding, ...]:
    many, silent, _, descriptors = sieges
    permitted = GUESTS_AN_ADDRESS * _BESIEGING * settings.waves
    found = [
        exactly("guests let in of three times the permitted", many.facts["in"], permitted),
        exactly("the others turned away, and told why", many.facts["told"], 2 * permitted),
        told("connections without a first byte", f"{settings.silent:,} a wave"),
        told("of them closed at once", f"{silent.facts['closed'] / settings.waves:,.0f} a wave"),
        told("handshakes left half-way", f"{settings.halves:,} a wave"),
        told(
            "connections beyond the descriptors", f"{descriptors.facts['tried'] / settings.waves:,.0f} a wave"
        ),
        exactly("sieges that used all descriptors up", descriptors.facts["exhausted"], settings.waves),
    ]
    for siege in (quiet, *sieges):
        latencies = [
            each
            for start, end in zip(siege.start, siege.end, strict=True)
            for each in heard.between(start, end)
        ]
        found.append(at_most(f"p99 inside: {siege.title}", p99_ms(latencies), P99_MS, "ms"))
    at_rest = max(quiet.resting)
    found.append(told("CPU, nobody else", shown(at_rest, "%")))
    found += [
        at_most(f"CPU above that at rest: {siege.title}", max(siege.resting) - at_rest, REST_PERCENT, "%")
        for siege in sieges
    ]
    found += [
        at_most(f"a newcomer is in after: {siege.title}", siege.opened, RESUME_SECONDS, "s", digits=2)
        for siege in sieges
    ]
    peak = max(seen.memory_peak for siege in sieges for seen in siege.seen)
    grown = (memory[-1] - memory[(len(memory) - 1) // 2]) / MIB
    return (
        *found,
        told(
            "memory: nobody else · at most",
            " · ".join(shown(value / MIB, "MiB") for value in (quiet.seen[0].memory_peak, peak)),
        ),
        told("memory: after each wave, MiB", " · ".join(shown(value / MIB) for value in memory)),
        at_most("memory: growth over the second half of the waves", grown, MEMORY_MIB, "MiB"),
        exactly("still inside", present, settings.inside),
        exactly("messages that did not arrive", heard.missing, 0),
        exactly("errors in the log", errors.count("Traceback") + errors.count(" ERROR "), 0),
        *(
            [told("connections inside that ended", "; ".join(main_reason(heard.ended)))]
            if heard.ended
            else []
        ),
    )


# --- sieges ---------------------------------------------------------------------------------------------


def _guests(siege: Siege, server: Server, _settings: Settings) -> None:
    """Three times as many guests as each address may have; all those who are let in stay until the end."""
    tries = [(f"g{number:05d}", _besieger(number)) for number in range(3 * GUESTS_AN_ADDRESS * _BESIEGING)]
    with _besieged(siege, server):
        with ThreadPoolExecutor(32) as threads:
            guests = list(threads.map(lambda each: Guest(server.address, *each), tries))
        siege.facts["in"] += sum(guest.is_in for guest in guests)
        siege.facts["told"] += sum("too many" in guest.why for guest in guests)
        for guest in guests:
            if not guest.is_in and "too many" not in guest.why:
                siege.facts[guest.why] += 1
        _rest(siege, server, _settings)
        for guest in guests:
            guest.close()
        _newcomer(siege, server)


def _silent(siege: Siege, server: Server, settings: Settings) -> None:
    """Connections that say nothing; they stay until the server has had enough of them."""
    with _besieged(siege, server), _crowd(server.address, settings.silent, b"") as crowd:
        _rest(siege, server, settings)
        siege.facts["closed"] += sum(map(_is_closed, crowd))
        _leave(crowd)
        _newcomer(siege, server)


def _halves(siege: Siege, server: Server, settings: Settings) -> None:
    """TLS handshakes of which only the first half of the first message comes."""
    hello = _client_hello()
    with _besieged(siege, server), _crowd(server.address, settings.halves, hello[: len(hello) // 2]) as crowd:
        _rest(siege, server, settings)
        _leave(crowd)
        _newcomer(siege, server)


def _descriptors(siege: Siege, server: Server, settings: Settings) -> None:
    """As few descriptors as are open, and some; then more connections than that."""
    before = server.limit_descriptors(server.descriptors() + settings.spare)
    tried = settings.spare + 200  # beyond the spare ones they wait in the kernel's queue
    try:
        with _besieged(siege, server), _crowd(server.address, tried, b"") as crowd:
            siege.facts["tried"] += tried
            siege.facts["exhausted"] += _wait_for(lambda: "not accepting connections" in server.errors())
            _rest(siege, server, settings)
            _leave(crowd)
            _newcomer(siege, server)
    finally:
        server.limit_descriptors(before)


@contextlib.contextmanager
def _besieged(siege: Siege, server: Server) -> Iterator[None]:
    siege.start.append(perf_counter_ns())
    with Watch(server) as seen:
        yield
    siege.seen.append(seen)
    siege.end.append(perf_counter_ns())


def _rest(siege: Siege, server: Server, settings: Settings) -> None:
    """Do nothing, and see what the server does meanwhile."""
    time.sleep(0.5)  # what has just been sent
    with Watch(server) as seen:
        time.sleep(settings.rest_seconds)
    siege.resting.append(seen.busy_percent)


def _newcomer(siege: Siege, server: Server) -> None:
    """There is room again: how long it takes until somebody is in, who tries until he is."""
    start = perf_counter_ns()
    while True:
        guest = Guest(server.address, "newcomer", elsewhere.client(_ADDRESSES_INSIDE + _BESIEGING))
        guest.close()
        seconds = (perf_counter_ns() - start) / 1e9
        if guest.is_in:
            break
        if seconds > _PATIENCE:
            raise LoadError(f"after the siege ({siege.title}) nobody is let in: {guest.why}")
        time.sleep(0.1)
    siege.opened = max(siege.opened, seconds)


def _settled_memory(server: Server) -> int:
    """Once it has got rid of those who have left."""
    _wait_for(lambda: server.metrics()["connections"] <= server.metrics()["users"] + 1)
    return server.memory()


def _wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


# --- besiegers ------------------------------------------------------------------------------------------


def _besieger(number: int) -> str:
    return elsewhere.client(_ADDRESSES_INSIDE + number % _BESIEGING)


class Guest:
    """Somebody who comes over TLS and registers: whether he is in, and if not, why."""

    def __init__(self, address: tuple[str, int], nick: str, source: str) -> None:
        self._visitor: Visitor | None = None
        try:
            self._visitor = Visitor(address, source, tls=True)
            self.why = self._visitor.register(nick)
        except OSError as error:
            self.why = str(error) or type(error).__name__
        self.is_in = not self.why

    def close(self) -> None:
        """Leave."""
        if self._visitor is not None:
            self._visitor.close()


@contextlib.contextmanager
def _crowd(address: tuple[str, int], count: int, say: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have said `say` and say no more."""
    crowd: list[socket.socket] = []
    lock = threading.Lock()

    def come(number: int) -> None:
        try:
            sock = socket.create_connection(address, _PATIENCE, source_address=(_besieger(number), 0))
            with lock:
                crowd.append(sock)
            if say:
                sock.sendall(say)
        except OSError:
            return  # turned away, which is as well

    try:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(come, range(count)))
        yield crowd
    finally:
        _leave(crowd)


def _leave(crowd: list[socket.socket]) -> None:
    while crowd:
        crowd.pop().close()


def _is_closed(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _client_hello() -> bytes:
    """The first message of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    stream = tls_context_for_memory().wrap_bio(ssl.MemoryBIO(), outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        stream.do_handshake()
    return outgoing.read()


def tls_context_for_memory() -> ssl.SSLContext:
    """One whose connections are read from memory."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
