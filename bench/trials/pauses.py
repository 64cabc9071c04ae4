"""How long Python's collector holds the loop up, what ten thousand take who do nothing, and how long long answers are.

Clients come, rest, talk in rooms of ten, and go; and again. Then as many come into one channel (hall.py). Garbage that
the collector finds is a cycle that somebody has forgotten to break.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from typing import Final

from bench import procinfo
from bench.fleet import Fleet
from bench.layout import Layout
from bench.memory import page_us

from . import hall
from .options import Common, option
from .outcome import Finding, Outcome, at_most, told
from .servers import Server

PAUSE_MS: Final = 10.0
CPU_PERCENT: Final = 1.0
KIB: Final = 4.0
_SIZE: Final = 10
_QUESTIONS: Final = (b"WHO *", b"LIST", b"WHO *x* %tcuihsnfdlaor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How large."""

    clients: int = option(10_000, "that are there at a time, in rooms of ten")
    rounds: int = option(2, "in which they come, rest, talk and go")
    rest: float = option(10.0, "seconds of rest in each")
    seconds: float = option(10.0, "seconds of talk in each")
    window: int = option(500, "messages under way")
    hall: int = option(10_000, "that then come into one channel, and go at once; 0: nobody")
    cpus: frozenset[int] = frozenset({1})
    server_cpus: frozenset[int] = frozenset({0})


def run(settings: Settings) -> Outcome:
    """Raises LoadError, StartError."""
    resting: list[float] = []
    memory: list[float] = []
    answers: dict[bytes, float] = {}
    page = page_us(1.0)
    with Server(
        ("--durability", "none", "--no-limits"),
        environment=dict(settings.setting),
        cpus=settings.server_cpus,
        watched=True,
    ) as server:
        for _ in range(settings.rounds):
            before = procinfo.memory_bytes([server.pid])
            layout = Layout(settings.clients, _SIZE, workers=1, sampled=2)
            with Fleet(server.address, layout, frozenset(), settings.cpus) as fleet:
                fleet.connect(64)
                memory.append((procinfo.memory_bytes([server.pid]) - before) / 1024 / settings.clients)
                cpu, began = server.cpu_ns(), time.perf_counter_ns()
                time.sleep(settings.rest)
                resting.append(100 * (server.cpu_ns() - cpu) / (time.perf_counter_ns() - began))
                fleet.join(64)
                fleet.flood(settings.seconds, settings.window, 64, _SIZE - 1)
                answers = _answers(server.address)
            hall.wait_until_gone(server)
        together = hall.look(server, settings.hall, settings.cpus) if settings.hall else ()
        server.stop()
        seen = json.loads((server.directory / "pauses.json").read_text())
    return Outcome(
        "pauses",
        f"{settings.clients:,} clients in rooms of {_SIZE}, {settings.rounds} rounds of {settings.seconds:g} s talk",
        (
            at_most(
                "longest pause of the collector", max(each["longest_ms"] for each in seen), PAUSE_MS, "ms"
            ),
            *(_generation(number, each) for number, each in enumerate(seen)),
            at_most("memory of one who does nothing", max(memory), KIB, "KiB"),
            at_most("CPU at rest", max(resting), CPU_PERCENT, "%", 2),
            told("a page of memory after a second of rest, on this machine", f"{page:.2f} us"),
            *(told(f"{question.decode()}, altogether", f"{ms:.1f} ms") for question, ms in answers.items()),
            *together,
        ),
    )


def _generation(number: int, seen: dict[str, float]) -> Finding:
    took = f"{seen['times']:.0f} times, {seen['ms']:.0f} ms, at most {seen['longest_ms']:.1f}"
    return told(f"generation {number}", f"{took}; {seen['collected']:.0f} found")


def _answers(address: tuple[str, int]) -> dict[bytes, float]:
    """How long each of the questions takes, in milliseconds, until its last line is there."""
    with socket.create_connection(address, timeout=20) as sock:
        sock.sendall(b"NICK asker\r\nUSER asker 0 * :asker\r\n")
        _until(sock, b" 422 ")
        found = {}
        for question in _QUESTIONS:
            began = time.perf_counter_ns()
            sock.sendall(question + b"\r\n")
            _until(sock, b" 315 " if question.startswith(b"WHO") else b" 323 ")
            found[question] = (time.perf_counter_ns() - began) / 1e6
    return found


def _until(sock: socket.socket, word: bytes) -> None:
    came = b""
    while word not in came:
        more = sock.recv(1 << 20)
        if not more:
            raise OSError("the server closed the connection")
        came = came[-len(word) :] + more
