"""G8: a slow reader hurts only himself. A quarter of a channel stops reading for a minute."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Final

from .company import Company, Heard, Plan, main_reason
from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, p99_ms, shown, told
from .servers import MIB, Seen, Server, Watch, kernel_bytes

BUDGET: Final = 256 * MIB
"""Send queues all together, by default."""

MOST_EACH: Final = 1.5
"""Messages a second of one client: a little less than the server's limits let him say."""

KERNEL_MIB: Final = 1.0
"""For each slow reader, in the buffers of the kernel, both ends and the rest of the machine included."""

SLOWDOWN: Final = 1.5
"""The others' p99 by that of the baseline, at most."""

_CUT_REASONS: Final = ("Send queue exceeded", "Took nothing of what was sent", "Send queues are full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large. The usual 90 KB a second to each reader fill what the kernel takes for one, and then his queue, in
    some twenty seconds."""

    clients: int = option(300, "members of the channel")
    slow: int = option(75, "of them stop reading")
    rate: float = option(200.0, "messages a second, of all others together")
    text_bytes: int = option(400, "text of a message")
    baseline_seconds: float = option(20.0, "how long all read, before")
    slow_seconds: float = option(60.0, "how long the slow ones don't")
    rounds: int = option(1, "how often all that")
    tls: bool = option(False, "over TLS")
    cpus: frozenset[int] = frozenset({1})
    server_cpus: frozenset[int] = frozenset({0})

    def __post_init__(self) -> None:
        if not 0 < self.slow < self.clients - 1:
            raise ValueError("there must be slow readers, and others")
        others = self.clients - self.slow
        limited = ("NATTERJACK_LIMITS__ENABLED", "no") not in self.setting
        if limited and self.rate > others * MOST_EACH:
            raise ValueError(f"the limits let {others} clients say {others * MOST_EACH:g} messages a second")
        if min(self.baseline_seconds, self.slow_seconds, self.rounds) <= 0:
            raise ValueError("times and rounds must be more than nothing")


@dataclass(slots=True)
class Round:
    """What one round found."""

    before_ms: float
    during_ms: float
    memory_before: int
    kernel_before: int
    seen: Seen
    still_there: int
    back_seconds: float
    back: int
    heard: Heard

    @property
    def slowdown(self) -> float:
        """The others' p99 by that of the baseline."""
        return self.during_ms / self.before_ms

    @property
    def cut_with_reason(self) -> int:
        """Slow ones of whom the others were told why they went."""
        return sum(count for why, count in self.heard.quits.items() if why.startswith(_CUT_REASONS))


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError."""
    rounds = [_round(settings) for _ in range(settings.rounds)]
    kind = "TLS" if settings.tls else "plain text"
    return Outcome(
        "slow-readers",
        f"{settings.clients} clients in one channel over {kind}, {settings.rate:g} messages of {settings.text_bytes} "
        f"bytes a second; {settings.slow} of them stop reading for {settings.slow_seconds:g} s"
        f"{f'; {settings.rounds} rounds' if settings.rounds > 1 else ''}",
        _findings(settings, rounds),
    )


def _round(settings: Settings) -> Round:
    with Server(environment=dict(settings.setting), cpus=settings.server_cpus) as server:
        others = Plan(
            server.address,
            settings.clients - settings.slow,
            "o",
            tls=settings.tls,
            text_bytes=settings.text_bytes,
            cpus=settings.cpus,
        )
        slow = Plan(
            server.address,
            settings.slow,
            "s",
            tls=settings.tls,
            sampled=0,
            receive_buffer=16 * 1024,
            cpus=settings.cpus,
        )
        with Company(others) as quick, Company(slow) as lazy:
            quick.talk(settings.rate)
            time.sleep(min(2.0, settings.baseline_seconds / 4))  # until everything has run once
            start = perf_counter_ns()
            time.sleep(settings.baseline_seconds)
            memory_before, kernel_before = server.memory(), kernel_bytes()
            lazy.hold()
            stopped = perf_counter_ns()
            with Watch(server) as seen:
                time.sleep(settings.slow_seconds)
            end = perf_counter_ns()
            lazy.release()
            left = lazy.gone(10.0)
            back_seconds = lazy.come_back()
            back = lazy.present()
            heard = quick.heard()
        return Round(
            p99_ms(heard.between(start, stopped)),
            p99_ms(heard.between(stopped, end)),
            memory_before,
            kernel_before,
            seen,
            left,
            back_seconds,
            back,
            heard,
        )


def _findings(settings: Settings, rounds: list[Round]) -> tuple[Finding, ...]:
    middle = statistics.median
    first = rounds[0]
    kernel = max(each.seen.kernel_peak - each.kernel_before for each in rounds)
    grown = max(each.seen.memory_peak - each.memory_before for each in rounds)
    spread = ""
    if len(rounds) > 1:
        spread = f" ({min(r.slowdown for r in rounds):.2f}–{max(r.slowdown for r in rounds):.2f})"
    ratio = at_most(
        "the others' p99 by that of the baseline", middle(r.slowdown for r in rounds), SLOWDOWN, "×", 2
    )
    return (
        told("p99 before, all reading", shown(middle(r.before_ms for r in rounds), "ms", 2)),
        told(
            "the others' p99 while a quarter does not read",
            shown(middle(r.during_ms for r in rounds), "ms", 2),
        ),
        Finding(ratio.what, ratio.figure + spread, ratio.bound, ratio.passed),
        exactly("messages that did not reach one of the others", sum(r.heard.missing for r in rounds), 0),
        at_most("the server's memory, above that before", grown / MIB, BUDGET / MIB, "MiB"),
        at_most("the kernel's buffers, above those before", kernel / MIB, settings.slow * KERNEL_MIB, "MiB"),
        told("the server's memory before", shown(first.memory_before / MIB, "MiB")),
        told("the server's CPU meanwhile", shown(middle(r.seen.busy_percent for r in rounds), "%", 0)),
        exactly(
            "slow readers cut, and the others told why",
            min(r.cut_with_reason for r in rounds),
            settings.slow,
        ),
        told("reasons", "; ".join(main_reason(first.heard.quits))),
        exactly("back in the channel afterwards", min(r.back for r in rounds), settings.slow),
        told("which took them", shown(max(r.back_seconds for r in rounds), "s", 2)),
    )
