"""How fast a server starts on millions of messages, and how fast it shows pages of them, while others want answers.

The database is made beforehand (`.venv/bin/python -m bench.history make --rows 10000000 --dir DIR`). Somebody is in
channels from the busiest to the quietest, and asks for pages of 100 lines from anywhere, one after the other: the
latest, before, after and around a time or a line. A second client, in a process of its own, asks for a sign of life
all the while. All that is done twice: after the system was made to forget what it had read (its caches, if we may:
root may), and once more with what that has left in them.
"""

from __future__ import annotations

import calendar
import multiprocessing
import os
import random
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bench.shapes import percentiles

from .options import Common, option
from .outcome import Finding, Outcome, at_most, exactly, shown, told
from .servers import MIB, Server

START_SECONDS: Final = 3.0
PAGE_MS: Final = 50.0
PING_MS: Final = 100.0
"""As in G9."""
_PATIENCE: Final = 20.0
_PAGE: Final = 100
_CHANNELS: Final = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 199)
_KINDS: Final = ("LATEST", "BEFORE", "AFTER", "AROUND")
_PAUSE: Final = 0.005
"""Seconds between two PINGs."""
_MSGID: Final = re.compile(rb"msgid=([^; ]+)")
_TIME: Final = re.compile(rb"time=([^; ]+)")
_STAYS: Final = {"NATTERJACK_CHANNELS__KEEP_EMPTY": "0"}
"""What was said in those channels is old, and is to be there next time too."""
_DROP: Final = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    """How much."""

    data: str = option("", "the data directory, as bench.history makes it")
    pages: int = option(2000, "pages that are asked for, each time")
    searches: int = option(100, "searches, each time")


def run(settings: Settings) -> Outcome:
    """Raises ValueError, StartError."""
    data = Path(settings.data)
    if not settings.data or not data.is_dir():
        raise ValueError(
            "--data DIR is missing: make it with .venv/bin/python -m bench.history make --dir DIR"
        )
    size = sum(each.stat().st_size for each in data.iterdir() if each.is_file())
    findings: list[Finding] = []
    server = Server(
        ("--no-limits",),
        environment=_STAYS | dict(settings.setting),
        cpus=settings.server_cpus,
        data=data.resolve(),
    )
    how = forget(data)
    before = time.monotonic()
    with server:
        findings.append(
            at_most("cold: from its start until it listens", time.monotonic() - before, START_SECONDS, "s", 2)
        )
        forget(data)
        findings += _asked("cold", server, settings, random.Random(3))  # noqa: S311
        findings += _asked("warm", server, settings, random.Random(3))  # noqa: S311
        findings.append(told("memory of the server", shown(server.memory() / MIB, "MiB")))
        server.stop()
        before = time.monotonic()
        server.start()
        findings.append(
            at_most("warm: from its start until it listens", time.monotonic() - before, START_SECONDS, "s", 2)
        )
        findings.append(exactly("errors in the log", server.errors().count("ERROR"), 0))
    return Outcome(
        "history",
        f"pages of {_PAGE} lines in {len(_CHANNELS)} channels out of {size / 1e9:.1f} GB, durability power",
        tuple(findings),
        (f"cold: {how}",),
    )


def forget(data: Path) -> str:
    """The system forgets what it has read of files; the answer says how well."""
    os.sync()  # what is not written yet can't be forgotten
    try:
        _DROP.write_text("3")
    except OSError:
        for path in data.glob("*.db"):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return "the database was put out of the page cache (not everything: that takes root)"
    return "the system's caches were dropped before (drop_caches)"


def _asked(name: str, server: Server, settings: Settings, dice: random.Random) -> Iterator[Finding]:
    asker = Asker(server.address, dice)
    here, there = multiprocessing.Pipe()
    pinger = multiprocessing.Process(target=_ping, args=(server.address, there), daemon=True)
    pinger.start()
    here.recv()  # it is in
    for number in range(settings.pages):
        asker.page(_KINDS[number % len(_KINDS)])
    here.send(None)
    pings: list[int] = here.recv()
    pinger.join()
    for number in range(settings.searches):
        asker.search(number)
    asker.close()
    page = _spread(asker.times)
    yield at_most(f"{name}: page, p99", page["p99"], PAGE_MS, "ms")
    yield told(f"{name}: page, median · longest", f"{page['p50']:.1f} · {page['max']:.1f} ms")
    for kind in _KINDS:
        own = _spread(asker.by_kind[kind])
        yield told(f"{name}: {kind}, p99 · longest", f"{own['p99']:.1f} · {own['max']:.1f} ms")
    yield told(f"{name}: lines a page", f"{asker.lines / settings.pages:.1f}")
    ping = _spread(pings)
    yield at_most(f"{name}: another client's PING meanwhile, p99", ping["p99"], PING_MS, "ms")
    yield told(f"{name}: PING, median · longest", f"{ping['p50']:.1f} · {ping['max']:.1f} ms")
    found = _spread(asker.searched)
    yield told(
        f"{name}: search, median · p99 · longest",
        f"{found['p50']:.1f} · {found['p99']:.1f} · {found['max']:.1f} ms",
    )
    yield told(f"{name}: searches that were given up after 2 s", f"{asker.unfinished} of {settings.searches}")


def _spread(latencies_ns: list[int]) -> dict[str, float]:
    figures = percentiles(latencies_ns)
    return {name: figures.get(f"latency_ms_{name}", float("nan")) for name in ("p50", "p99", "max")}


class Client:
    """A plain client that waits for each answer."""

    def __init__(self, address: tuple[str, int], nick: str, caps: str = "") -> None:
        self._sock = socket.create_connection(address, timeout=_PATIENCE)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        hello = f"CAP REQ :{caps}\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END"
        self.ask(hello, b" 422 ")

    def ask(self, line: str, end: bytes) -> bytes:
        """What comes up to the line with `end` in it."""
        self._sock.sendall(line.encode() + b"\r\n")
        data, self._rest = self._rest, b""
        while True:
            place = data.find(end)
            stop = data.find(b"\n", place) if place >= 0 else -1
            if stop >= 0:
                self._rest = data[stop + 1 :]
                return data[:stop]
            more = self._sock.recv(1 << 18)
            if not more:
                raise ValueError(f"the server hung up: {data[-300:]!r}")
            data += more

    def close(self) -> None:
        """Hang up."""
        self._sock.close()


@dataclass
class Asker:
    """Asks for pages from anywhere, and for words that it has seen."""

    address: tuple[str, int]
    dice: random.Random
    times: list[int] = field(default_factory=list)
    by_kind: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    searched: list[int] = field(default_factory=list)
    lines: int = 0
    unfinished: int = 0

    def __post_init__(self) -> None:
        self._client = Client(
            self.address, "asker", "batch message-tags server-time draft/chathistory soju.im/search"
        )
        self._ends: dict[int, tuple[str, str]] = {}  # by channel: the times of its first and its last line
        self._seen: list[tuple[int, str]] = []  # channels and message ids
        self._words: list[str] = ["none"]
        self._client.ask(
            "JOIN " + ",".join(f"#c{place}" for place in _CHANNELS), f" 366 asker #c{_CHANNELS[-1]} ".encode()
        )
        for place in _CHANNELS:
            first = self._batch(f"CHATHISTORY AFTER #c{place} timestamp=2001-01-01T00:00:00.000Z 1")
            last = self._batch(f"CHATHISTORY LATEST #c{place} * 1")
            self._ends[place] = _TIME.findall(first)[0].decode(), _TIME.findall(last)[0].decode()

    def page(self, kind: str) -> None:
        """One page; every other one that is not the latest is by a line that was seen before."""
        place = self.dice.choice(_CHANNELS)
        selector = "*"
        if kind != "LATEST":
            if self._seen and self.dice.random() < 0.5:
                place, name = self.dice.choice(self._seen)
                selector = f"msgid={name}"
            else:
                selector = f"timestamp={self._moment(place)}"
        began = time.perf_counter_ns()
        data = self._batch(f"CHATHISTORY {kind} #c{place} {selector} {_PAGE}")
        took = time.perf_counter_ns() - began
        self.times.append(took)
        self.by_kind[kind].append(took)
        names = _MSGID.findall(data)
        self.lines += len(names)
        if names:
            self._seen.append((place, self.dice.choice(names).decode()))
            self._words += [word for word in data.rpartition(b" :")[2].decode().split() if len(word) > 2]

    def search(self, number: int) -> None:
        """One or two words, in one channel or in all; now and then what is nowhere."""
        words = self.dice.sample(self._words, 1 + number % 2) if number % 10 else ["xyzzyx"]
        where = f"in=#c{self.dice.choice(_CHANNELS)};" if number % 3 else ""
        began = time.perf_counter_ns()
        text = "\\s".join(words)
        data = self._batch(f"SEARCH {where}limit=50;text={text}")
        self.searched.append(time.perf_counter_ns() - began)
        self.unfinished += data.count(b"too long")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _batch(self, line: str) -> bytes:
        data = self._client.ask(line, b" BATCH -")
        if b" FAIL " in data:
            raise ValueError(f"{line}: {data[:300]!r}")
        return data

    def _moment(self, place: int) -> str:
        low, high = (_seconds(each) for each in self._ends[place])
        moment = low + self.dice.random() * (high - low)
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))


def _seconds(text: str) -> float:

    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def _ping(address: tuple[str, int], pipe: Connection[Any, Any]) -> None:
    """In a process of its own: one PING after the other until something comes through `pipe`."""
    client = Client(address, "pinger")
    pipe.send(None)
    times = []
    while not pipe.poll(_PAUSE):
        began = time.perf_counter_ns()
        client.ask("PING :you", b"PONG ")
        times.append(time.perf_counter_ns() - began)
    client.close()
    pipe.send(times)
