"""What TLS costs the server: CPU time per delivery in a saturated channel, beside the same in plain text.

Both have the same number of messages under way and readers that cost the generator the same (see `undeciphered`), and
they take turns, so that the machine's moods hit both. Messages a turn of the loop are told for both: that they are
alike shows that the server gathered as much. It has to be at work all the while: time in the loop's turns is what
counts, whether or not another program had the processor meanwhile.
"""

from __future__ import annotations

import socket
import statistics
from dataclasses import dataclass
from typing import Final

from bench.counters import Word
from bench.fleet import Fleet
from bench.layout import Layout
from bench.shapes import percentiles
from bench.swarm import LoadError, tls_context

from .options import Common, option
from .outcome import Finding, Outcome, at_most, shown, told
from .servers import Server
from .undeciphered import Undeciphered

MOST: Final = 2.0
"""TLS by plain text."""

BUSY_PERCENT: Final = 90.0
"""Below, it was the generator that set the pace, and the two can't be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    clients: int = option(1000, "members of the channel")
    sampled: int = option(4, "of them read what they get, and time it")
    window: int = option(64, "messages under way")
    text_bytes: int = option(64, "text of a message")
    rounds: int = option(7, "of plain text and of TLS each")
    seconds: float = option(3.0, "length of a round")
    warm_up: float = option(0.5, "seconds before it")
    workers: int = option(1, "generator processes")
    cpus: frozenset[int] = frozenset({1})
    server_cpus: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one kind."""

    cpu_us: float
    """CPU time of the server per delivery."""
    busy: float
    per_second: float
    a_turn: float
    """Messages in a turn of its loop."""
    p50_ms: float


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError."""
    plain: list[Round] = []
    secured: list[Round] = []
    cipher = ""
    for number in range(settings.rounds):
        for tls in (False, True) if number % 2 == 0 else (True, False):
            with Server(
                ("--durability", "none", "--no-limits"),
                environment=dict(settings.setting),
                cpus=settings.server_cpus,
            ) as server:
                (secured if tls else plain).append(_round(settings, server, tls))
                cipher = cipher or _cipher(server.address)
    return Outcome(
        "tls-cost",
        f"{settings.clients:,} clients in one channel, {settings.window} messages of {settings.text_bytes} bytes under "
        f"way; {cipher}; {settings.rounds} rounds each, interleaved; median "
        "(minimum–maximum)",
        _findings(plain, secured),
    )


def _round(settings: Settings, server: Server, tls: bool) -> Round:
    layout = Layout(settings.clients, settings.clients, settings.workers, settings.sampled)
    with Fleet(server.address, layout, frozenset(), settings.cpus, tls, Undeciphered) as fleet:
        fleet.connect(64)
        fleet.join(64)
        copies = settings.clients - 1
        if settings.warm_up:
            fleet.flood(settings.warm_up, settings.window, settings.text_bytes, copies)
        before, cpu = server.metrics(), server.cpu_ns()
        latencies = fleet.flood(settings.seconds, settings.window, settings.text_bytes, copies)
        cpu = server.cpu_ns() - cpu
        after = server.metrics()
        deliveries, elapsed = fleet.counters.total(Word.RECEIVED), fleet.counters.span_ns()
        return Round(
            cpu / 1e3 / deliveries,
            100e9 * (after["turn_seconds_total"] - before["turn_seconds_total"]) / elapsed,
            deliveries / (elapsed / 1e9),
            fleet.counters.total(Word.SENT) / (after["turns_total"] - before["turns_total"]),
            percentiles(latencies)["latency_ms_p50"],
        )


def _cipher(address: tuple[str, int]) -> str:
    """What is spoken. Raises LoadError if it is not what `undeciphered` understands."""
    with socket.create_connection(address, timeout=10) as sock, tls_context().wrap_socket(sock) as secured:
        cipher = secured.cipher()
        if secured.version() != "TLSv1.3" or cipher is None:
            raise LoadError(f"TLS 1.3 is needed to count records, not {secured.version()}")
        return f"TLS 1.3 with {cipher[0]}"


def _findings(plain: list[Round], secured: list[Round]) -> tuple[Finding, ...]:
    pairs = [tls.cpu_us / text.cpu_us for text, tls in zip(plain, secured, strict=True)]
    ratio = at_most("TLS by plain text", statistics.median(pairs), MOST, digits=2)
    least = min(each.busy for each in (*plain, *secured))
    busy = Finding(
        "server busy, at least", shown(least, "%", 0), f"≥ {BUSY_PERCENT:g} %", least >= BUSY_PERCENT
    )
    found = [
        Finding(ratio.what, f"{ratio.figure} ({min(pairs):.2f}–{max(pairs):.2f})", ratio.bound, ratio.passed)
    ]
    for name, rounds in (("plain text", plain), ("TLS", secured)):
        found += [
            told(f"{name}: CPU per delivery", _spread([each.cpu_us for each in rounds], "µs", 2)),
            told(f"{name}: deliveries a second", _spread([each.per_second for each in rounds], "", 0)),
            told(f"{name}: messages a turn", _spread([each.a_turn for each in rounds], "", 1)),
            told(f"{name}: p50", _spread([each.p50_ms for each in rounds], "ms", 1)),
        ]
    return (*found, busy)


def _spread(values: list[float], unit: str, digits: int) -> str:
    ends = f"{min(values):,.{digits}f}–{max(values):,.{digits}f}"
    return f"{statistics.median(values):,.{digits}f} ({ends}) {unit}".strip()
