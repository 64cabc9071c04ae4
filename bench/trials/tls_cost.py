"""What TLS costs the server: CPU time per delivery in a saturated channel, beside the same in plain text.

The messages come in volleys, to readers that cost the generator the same either way (see `undeciphered`). Plain text
and TLS take turns, so that the machine's moods hit both, and each ratio is of two rounds next to each other. Messages a
turn of the server's loop are told for both: that they are alike shows that it gathered as much.
"""

from __future__ import annotations

import socket
import statistics
from dataclasses import dataclass
from typing import Final

from bench.counters import Word
from bench.fleet import Fleet
from bench.layout import Layout
from bench.swarm import LoadError, tls_context

from .options import Common, option
from .outcome import Finding, Outcome, told
from .servers import Server
from .undeciphered import Undeciphered

MOST: Final = 2.0
"""TLS by plain text."""

ALIKE: Final = 0.1
"""By how much the messages a turn may differ between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    clients: int = option(1000, "members of the channel")
    volleys: str = option("64,8,1", "messages at a time, comma-separated; the first is what the bound is for")
    text_bytes: int = option(64, "text of a message")
    rounds: int = option(7, "of plain text and of TLS each, for each size of volleys")
    seconds: float = option(2.0, "length of a round")
    warm_up: float = option(0.3, "seconds before it")
    cpus: frozenset[int] = frozenset({1})
    server_cpus: frozenset[int] = frozenset({0})

    @property
    def sizes(self) -> list[int]:
        """Of volleys. Raises ValueError."""
        sizes = [int(size) for size in self.volleys.split(",")]
        if not all(1 <= size <= 64 for size in sizes):
            raise ValueError(
                "a volley has 1 to 64 messages: as many as one client may have handled in a turn"
            )
        return sizes


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one kind."""

    cpu_us: float
    """CPU time of the server per delivery."""
    a_turn: float
    """Messages in a turn of its loop."""


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError, ValueError."""
    rounds: dict[tuple[int, bool], list[Round]] = {}
    cipher = ""
    for number in range(settings.rounds):
        for size in settings.sizes:
            for tls in (False, True) if number % 2 == 0 else (True, False):
                with Server(
                    ("--durability", "none", "--no-limits"),
                    environment=dict(settings.setting),
                    cpus=settings.server_cpus,
                ) as server:
                    rounds.setdefault((size, tls), []).append(_round(settings, server, size, tls))
                    cipher = cipher or _cipher(server.address)
    first, *others = settings.sizes
    return Outcome(
        "tls-cost",
        f"{settings.clients:,} clients in one channel, messages of {settings.text_bytes} bytes; {cipher}; "
        f"{settings.rounds} rounds each, interleaved; median (minimum–maximum)",
        (
            *_findings(first, rounds[first, False], rounds[first, True], bound=True),
            *(each for size in others for each in _findings(size, rounds[size, False], rounds[size, True])),
        ),
    )


def _round(settings: Settings, server: Server, size: int, tls: bool) -> Round:
    layout = Layout(settings.clients, settings.clients, workers=1, sampled=2)
    with Fleet(server.address, layout, frozenset(), settings.cpus, tls, Undeciphered) as fleet:
        fleet.connect(64)
        fleet.join(64)
        copies = settings.clients - 1
        if settings.warm_up:
            fleet.flood(settings.warm_up, size, settings.text_bytes, copies)
        turns, cpu = server.metrics()["turns_total"], server.cpu_ns()
        fleet.flood(settings.seconds, size, settings.text_bytes, copies)
        cpu = server.cpu_ns() - cpu
        turns = server.metrics()["turns_total"] - turns
        counters = fleet.counters
        return Round(cpu / 1e3 / counters.total(Word.RECEIVED), counters.total(Word.SENT) / turns)


def _cipher(address: tuple[str, int]) -> str:
    """What is spoken. Raises LoadError if it is not what `undeciphered` understands."""
    with socket.create_connection(address, timeout=10) as sock, tls_context().wrap_socket(sock) as secured:
        cipher = secured.cipher()
        if secured.version() != "TLSv1.3" or cipher is None:
            raise LoadError(f"TLS 1.3 is needed to count records, not {secured.version()}")
        return f"TLS 1.3 with {cipher[0]}"


def _findings(size: int, plain: list[Round], secured: list[Round], bound: bool = False) -> list[Finding]:
    pairs = [tls.cpu_us / text.cpu_us for text, tls in zip(plain, secured, strict=True)]
    middle = statistics.median(pairs)
    what = f"{size} at a time" if size > 1 else "one at a time"
    ratio = f"{middle:.2f} ({min(pairs):.2f}–{max(pairs):.2f})"
    turns = [statistics.median(each.a_turn for each in rounds) for rounds in (plain, secured)]
    alike = abs(turns[1] / turns[0] - 1) <= ALIKE
    return [
        Finding(
            f"{what}: TLS by plain text", ratio, f"≤ {MOST:.2f}" if bound else "", middle <= MOST or not bound
        ),
        told(f"{what}: CPU per delivery, plain text", _spread([each.cpu_us for each in plain])),
        told(f"{what}: CPU per delivery, TLS", _spread([each.cpu_us for each in secured])),
        Finding(f"{what}: messages a turn", f"{turns[0]:.1f} · {turns[1]:.1f}", "alike", alike),
    ]


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f}) µs"
