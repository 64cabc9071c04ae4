"""1,000 clients lose their connections at once, and come back over TLS while messages flow.

First all connections break (a router restarts): the server sees 1,000 ends and 1,000 newcomers at once, none of whom
waits a moment before he tries. A few others keep theirs and talk on. Then the server itself is restarted, and everybody
comes back as soon as it listens again. Who is back has shaken hands, is registered, and has all names of the channel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Final

from .company import Company, Plan
from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, p99_ms, shown, told
from .servers import MIB, Seen, Server, Watch

BACK_SECONDS: Final = 10.0
"""Until all are back, on two processors, those of the clients included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    clients: int = option(1000, "those who lose their connections")
    talkers: int = option(40, "those who keep theirs, and say one message a second each")
    baseline_seconds: float = option(10.0, "how long they talk before")
    restart: bool = option(True, "restart the server, too")


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError."""
    with Server(environment=dict(settings.setting), cpus=settings.server_cpus) as server:
        crowd = Plan(
            server.address, settings.clients, "c", tls=True, sampled=0, cpus=settings.cpus, hurry=True
        )
        few = Plan(server.address, settings.talkers, "t", tls=True, cpus=settings.cpus, hurry=True)
        with Company(few) as talkers, Company(crowd) as clients:
            findings = [*_cut(settings, server, talkers, clients)]
            if settings.restart:
                findings += _restart(server, talkers, clients)
    return Outcome(
        "reconnect",
        f"{settings.clients:,} clients in one channel over TLS, {settings.talkers} more who talk",
        tuple(findings),
    )


def _cut(settings: Settings, server: Server, talkers: Company, clients: Company) -> list[Finding]:
    """All but the talkers lose their connections."""
    talkers.talk(settings.talkers)
    time.sleep(1.0)
    start = perf_counter_ns()
    time.sleep(settings.baseline_seconds)
    cut = perf_counter_ns()
    with Watch(server) as seen:
        clients.cut()
        seconds = clients.come_back()
    end = perf_counter_ns()
    heard = talkers.heard()
    return [
        at_most("all cut: back after", seconds, BACK_SECONDS, "s"),
        exactly("all cut: back in the channel", clients.present(), settings.clients),
        told("p99 of the talkers' messages before", shown(p99_ms(heard.between(start, cut)), "ms")),
        told("p99 of the talkers' messages meanwhile", shown(p99_ms(heard.between(cut, end)), "ms")),
        exactly("messages that did not reach one of the talkers", heard.missing, 0),
        *_costs("all cut", seen),
    ]


def _restart(server: Server, talkers: Company, clients: Company) -> list[Finding]:
    """The server is stopped and started; everybody comes back, as soon as it listens."""
    began = perf_counter_ns()
    server.stop()
    stopped = perf_counter_ns()
    server.start()
    started = perf_counter_ns()
    everybody = talkers.plan.clients + clients.plan.clients
    left = clients.gone(10.0) + talkers.gone(10.0)
    with Watch(server) as seen:
        again = clients.come_back()
        talkers.come_back()
    return [
        told("restart: until it had stopped", shown((stopped - began) / 1e9, "s")),
        told("restart: from there until it listened", shown((started - stopped) / 1e9, "s")),
        exactly("restart: who was not told of the end", left, 0),
        at_most("restart: back after it listened", again, BACK_SECONDS, "s"),
        exactly("restart: back in the channel", clients.present() + talkers.present(), everybody),
        *_costs("restart", seen),
    ]


def _costs(what: str, seen: Seen) -> list[Finding]:
    return [
        told(f"{what}: CPU time of the server for it", shown(seen.cpu_ns / 1e9, "s")),
        told(f"{what}: memory of the server, at most", shown(seen.memory_peak / MIB, "MiB")),
    ]
