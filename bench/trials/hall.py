"""How long somebody else waits while all come into one channel, while a message goes to it, and while all leave it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from bench.fleet import Fleet
from bench.layout import Layout

from .outcome import Finding, at_most, shown, told
from .servers import Server
from .visitor import Visitor

WAIT_MS: Final = 30.0
COME_MS: Final = 100.0
LEAVE_MS: Final = 100.0
MESSAGES: Final = 5
"""Of each of the two figures of a message, the median of so many."""

_TOGETHER: Final = 100
"""Clients that are on their way into the channel at a time: each of them is told to all who are in."""

_REACHED: Final = 0.5
"""Seconds within which a message has long reached everybody."""


class Pinger:
    """Somebody in no channel, who asks for a sign of life once a millisecond as long as he is told to."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._visitor = Visitor(address)
        self._visitor.register("pinger")
        self.longest = 0.0
        """Milliseconds that an answer took, within the last :meth:`watching`."""

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Ask, in a thread, from now on until the end of the ``with``."""
        over = threading.Event()
        self.longest = 0.0
        thread = threading.Thread(target=self._ask, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _ask(self, over: threading.Event) -> None:
        while not over.wait(0.001):
            began = time.perf_counter()
            self._visitor.send("PING :1")
            self._visitor.until(" PONG ")
            self.longest = max(self.longest, (time.perf_counter() - began) * 1e3)

    def close(self) -> None:
        """Leave."""
        self._visitor.close()


def look(server: Server, clients: int, cpus: frozenset[int]) -> tuple[Finding, ...]:
    """All come into one channel, somebody speaks there, and all go. Raises LoadError."""
    layout = Layout(clients, clients, workers=1, sampled=2)
    pinger, speaker = Pinger(server.address), Visitor(server.address)
    speaker.register("speaker")
    waits, works = [], []

    def say() -> None:
        speaker.send(f"PRIVMSG {layout.channel(0)} :hello")
        time.sleep(_REACHED)

    with contextlib.ExitStack() as until_gone:
        with Fleet(server.address, layout, frozenset(), cpus) as fleet:
            fleet.connect(64)
            before = server.cpu_ns()
            with pinger.watching():
                fleet.join(_TOGETHER)
            came, coming = pinger.longest, (server.cpu_ns() - before) / 1e6
            speaker.send(f"JOIN {layout.channel(0)}")
            speaker.until(" 366 ")
            time.sleep(_REACHED)
            for _ in range(MESSAGES):
                with pinger.watching():
                    say()
                waits.append(pinger.longest)
            for _ in range(MESSAGES):
                before = server.cpu_ns()
                say()
                works.append((server.cpu_ns() - before) / 1e6)
            speaker.close()
            time.sleep(_REACHED)
            before = server.cpu_ns()
            until_gone.enter_context(pinger.watching())
        took = wait_until_gone(server, but=2)
    leaving = (server.cpu_ns() - before) / 1e6
    pinger.close()
    return (
        at_most(f"PING of another while {clients:,} come, {_TOGETHER} at a time", came, COME_MS, "ms"),
        told("processor time of their coming", f"{coming:,.0f} ms"),
        at_most(f"PING of another while a message goes to {clients:,}", median(waits), WAIT_MS, "ms"),
        told("processor time of that message", shown(median(works), "ms")),
        at_most(f"PING of another while these {clients:,} go at once", pinger.longest, LEAVE_MS, "ms"),
        told("processor time of their going", f"{leaving:,.0f} ms, over after {took:.1f} s"),
    )


def wait_until_gone(server: Server, but: int = 1) -> float:
    """Until the server knows that nobody is there but ``but``; the seconds that it took."""
    began = time.monotonic()
    while server.metrics()["connections"] > but and time.monotonic() < began + 20:
        time.sleep(0.1)
    return time.monotonic() - began
