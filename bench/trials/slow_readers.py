"""G8: a slow reader hurts only himself. A quarter of a channel stops reading for a minute.

All read for a minute before, and for a minute after: a message is shown once it is stored, so latency has the time of
the disk in it, and that changes by itself from one minute to the next. What it changes by stands beside the figure.
"""

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
"""The others' p99 by that with all reading, at most: medians, if there is more than one."""

_CUT_REASONS: Final = ("Send queue exceeded", "Took nothing of what was sent", "Send queues are full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large. The usual 90 KB a second to each reader fill what the kernel takes for one, and then his queue, in
    some twenty seconds."""

    clients: int = option(300, "members of the channel")
    slow: int = option(75, "of them stop reading")
    rate: float = option(200.0, "messages a second, of all others together")
    text_bytes: int = option(400, "text of a message")
    slow_seconds: float = option(60.0, "how long they don't read; before and after all read for as long")
    rounds: int = option(1, "how often they stop")
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
        if min(self.slow_seconds, self.rounds) <= 0:
            raise ValueError("times and rounds must be more than nothing")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time for which all read, or some don't. Times are perf_counter_ns."""

    start: int
    end: int
    memory_before: int
    kernel_before: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Found:
    """`controls` is one longer than `slow`, since all read before and after each time that some don't."""

    controls: list[Stretch]
    slow: list[Stretch]
    back: list[tuple[float, int]]
    """After each time: the seconds that it took the slow ones, and how many of them are there again."""
    heard: Heard

    def p99s(self, stretches: list[Stretch]) -> list[float]:
        """The others' p99 in each, in milliseconds."""
        return [p99_ms(self.heard.between(each.start, each.end)) for each in stretches]

    @property
    def cut_with_reason(self) -> int:
        """Slow ones of whom the others were told why they went."""
        return sum(count for why, count in self.heard.quits.items() if why.startswith(_CUT_REASONS))


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError."""
    kind = "TLS" if settings.tls else "plain text"
    times = f", {settings.rounds} times" if settings.rounds > 1 else ""
    return Outcome(
        "slow-readers",
        f"{settings.clients} clients in one channel over {kind}, {settings.rate:g} messages of {settings.text_bytes} "
        f"bytes a second; {settings.slow} of them stop reading for {settings.slow_seconds:g} s{times}, and all read "
        "for as long before and after",
        findings(settings, _found(settings)),
    )


def _found(settings: Settings) -> Found:
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
            controls, held, back = [_after_a_while(server, settings.slow_seconds)], [], []
            for _ in range(settings.rounds):
                lazy.hold()
                held.append(_stretch(server, settings.slow_seconds))
                lazy.release()
                lazy.gone(10.0)
                back.append((lazy.come_back(), lazy.present()))
                controls.append(_after_a_while(server, settings.slow_seconds))
            return Found(controls, held, back, quick.heard())


def _after_a_while(server: Server, seconds: float) -> Stretch:
    time.sleep(min(2.0, seconds / 4))  # until everything has run once, or those who came back are at rest
    return _stretch(server, seconds)


def _stretch(server: Server, seconds: float) -> Stretch:
    """Watched whether all read or not: looking at the server's memory costs it a little time, too."""
    memory, kernel = server.memory(), kernel_bytes()
    start = perf_counter_ns()
    with Watch(server) as seen:
        time.sleep(seconds)
    return Stretch(start, perf_counter_ns(), memory, kernel, seen)


def findings(settings: Settings, found: Found) -> tuple[Finding, ...]:
    """The figures, and what they should be."""
    middle = statistics.median
    control, during = found.p99s(found.controls), found.p99s(found.slow)
    grown = max(each.seen.memory_peak - each.memory_before for each in found.slow)
    kernel = max(each.seen.kernel_peak - each.kernel_before for each in found.slow)
    return (
        told("p99, all reading", _spread(control)),
        told("the others' p99 while a quarter does not read", _spread(during)),
        at_most(
            "the others' p99 by that with all reading", middle(during) / middle(control), SLOWDOWN, "×", 2
        ),
        told("p99 with all reading, the greatest by the least", shown(max(control) / min(control), "×", 2)),
        exactly("messages that did not reach one of the others", found.heard.missing, 0),
        at_most("the server's memory, above that before", grown / MIB, BUDGET / MIB, "MiB"),
        at_most("the kernel's buffers, above those before", kernel / MIB, settings.slow * KERNEL_MIB, "MiB"),
        told("the server's memory before", shown(found.slow[0].memory_before / MIB, "MiB")),
        told("the server's CPU, all reading", _busy(found.controls)),
        told("the server's CPU while a quarter does not read", _busy(found.slow)),
        exactly(
            "slow readers cut, and the others told why",
            found.cut_with_reason,
            settings.slow * settings.rounds,
        ),
        told("reasons", "; ".join(main_reason(found.heard.quits))),
        exactly("back in the channel afterwards", min(there for _, there in found.back), settings.slow),
        told("which took them", shown(max(seconds for seconds, _ in found.back), "s", 2)),
    )


def _spread(values: list[float]) -> str:
    """The median, and the least and greatest."""
    middle = shown(statistics.median(values), "ms", 2)
    return f"{middle} ({min(values):.2f}–{max(values):.2f})" if len(values) > 1 else middle


def _busy(stretches: list[Stretch]) -> str:
    return shown(statistics.median(each.seen.busy_percent for each in stretches), "%", 0)
