"""What one message costs, stage by stage, without a network. Needs natterjack itself:

    .venv/bin/python -m bench.path                        # µs of CPU and instructions of bytecode for each stage
    .venv/bin/python -m bench.path --shape saturated --durability none --caps "message-tags server-time"

Fixed rounds of messages go through the real connections, core and hub, whose sockets take and give everything at once,
and through the real statements of the store, on a database whose syncs are off. So what is left out is what the kernel
takes for sockets and syncs, and what threads take from one another. A round is a turn of the loop in which as many have
said something as the shape has messages under way; it is committed as one group. Times are the best of many rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.net.connection import Connection
from natterjack.net.hub import Hub
from natterjack.net.origin import Origin
from natterjack.net.reactor import READ
from natterjack.net.stacks import irc_stack
from natterjack.ports.effects import Commit, Deliver, Effect, Remember, Send
from natterjack.ports.events import Committed, Event, Now
from natterjack.ports.records import LineRecord, Record
from natterjack.store import messages
from natterjack.store.database import open_database
from natterjack.store.index import Index
from natterjack.store.ring import Ring

from .layout import Layout

#: Clients, members of a channel, messages in a round. `pairs`: everybody writes to his neighbour.
SHAPES: Final = {
    "rooms": (500, 10, 450),
    "saturated": (1000, 1000, 64),
    "one": (1000, 1000, 1),
    "pairs": (500, 2, 450),
}
#: Characters of a message, as in `bench compare`.
_TEXT: Final = 64
_STAGES: Final = ("read", "handle", "end of turn", "release", "queue", "send", "store", "index")


class _Wire:
    """A socket whose peer has said `inbox` and takes everything."""

    def __init__(self) -> None:
        self.inbox = b""
        self.sent = 0
        self.sends = 0

    def fileno(self) -> int:
        return -1

    def recv(self, _most: int) -> bytes:
        return self.inbox

    def send(self, data: bytes) -> int:
        self.sent += len(data)
        self.sends += 1
        return len(data)


class _Clock:
    """In place of the reactor: nobody is waited for."""

    def __init__(self) -> None:
        self.now = Now(1000.0, 1795379462.5)

    def register(self, *_: object) -> None:
        """All are ready when they are called."""

    modify = register

    def soon(self, action: Callable[[], None]) -> None:
        """The next turn is now."""
        action()


class Rig:
    """A server without a loop: `round` takes one round of messages through it."""

    def __init__(self, shape: str, durability: str, caps: str, directory: Path) -> None:
        clients, size, self.window = SHAPES[shape]
        self.layout = Layout(clients, size)
        self.pairs = shape == "pairs"
        durable = durability != "none"
        self.policy = Policy(version="1", lobby=(), store=True, durable=durable, history=True, limited=False)
        self.hub = Hub()
        self.clock = _Clock()
        self.hub.reactor = self.clock  # type: ignore[assignment]
        self.core = Core(self.policy, "0123456789", self.clock.now, entropy=bytes)
        self.events: list[Event] = []
        self.commits: list[Commit] = []
        self.ring = Ring()
        self.database = open_database(directory)
        self.database.pragma("synchronous", "off")
        self.database.pragma("wal_autocheckpoint", 4000)
        self.database.pragma("cache_size", -32_768)
        self.index = Index(self.database)
        self.speaking = 0
        self.last = 0
        self.connections = [self._enter(index, caps) for index in range(clients)]
        self.speakers = [self.connections[index] for index in self.layout.speakers(0)]
        self._said = {
            connection.sid: f"PRIVMSG {self._target(index)} :".encode()
            for index, connection in enumerate(self.connections)
        }

    def _target(self, index: int) -> str:
        return self.layout.nick(index ^ 1) if self.pairs else self.layout.channel(index)

    def _enter(self, index: int, caps: str) -> Connection:
        wire = _Wire()
        connection = self.hub.adopt(
            wire,  # type: ignore[arg-type]
            Origin("127.0.0.1", 1),
            lambda new: irc_stack(new, self.events.append),
        )
        hello = [f"NICK {self.layout.nick(index)}", "USER u 0 * :u"]
        if caps:
            hello = [f"CAP REQ :{caps}", *hello, "CAP END"]
        if not self.pairs:
            hello.append(f"JOIN {self.layout.channel(index)}")
        wire.inbox = "".join(f"{line}\r\n" for line in hello).encode()
        connection.ready(READ)
        self._handle()
        while effects := self.core.take():
            self._perform(effects)
            for commit in self.commits:
                self.core.handle(Committed(commit.batch), self.clock.now)
            self.commits.clear()
        while self.hub.flush():  # more than a turn can bear to write to are written in several
            pass
        return connection

    def _handle(self) -> None:
        handle, now = self.core.handle, self.clock.now
        for event in self.events:
            handle(event, now)
        self.events.clear()

    def _perform(self, effects: list[Effect]) -> None:
        """As the server does at the end of a turn."""
        hub = self.hub
        for effect in effects:
            if isinstance(effect, Deliver):
                hub.deliver(effect)
            elif isinstance(effect, Send):
                hub.send(effect.sid, effect.data)
            elif isinstance(effect, Commit):
                self.commits.append(effect)
            elif isinstance(effect, Remember):
                self.ring.take(effect.records)

    def load(self) -> list[Connection]:
        """Let the next speakers have said something; the answer is who."""
        speaking = [self.speakers[(self.speaking + n) % len(self.speakers)] for n in range(self.window)]
        for connection in speaking:
            self.speaking += 1
            head = b"%d %d " % (self.speaking, 1000000000 + self.speaking)
            text = head + b"x" * (_TEXT - len(head))
            connection.sock.inbox = self._said[connection.sid] + text + b"\r\n"  # type: ignore[union-attr]
        return speaking

    def stages(self, speaking: list[Connection]) -> list[tuple[str, Callable[[], object]]]:
        """What is done for one round, in this order."""
        held: dict[str, Any] = {"records": [], "effects": []}

        def read() -> None:
            for connection in speaking:
                connection.ready(READ)

        def end_of_turn() -> None:
            held["effects"] = self.core.take()
            if self.policy.durable:
                self._perform(held["effects"])
                held["effects"] = []

        def store() -> None:
            records: list[Record] = [record for commit in self.commits for record in commit.records]
            lines = [record for record in records if isinstance(record, LineRecord)]
            if lines:
                messages.add(self.database, lines)
                self.last = lines[-1].id

        def release() -> None:
            for commit in self.commits:
                self.core.handle(Committed(commit.batch), self.clock.now)
            self.commits.clear()
            held["effects"] += self.core.take()

        def index() -> None:
            while self.index.is_due(self.last):
                self.index.step(self.last, large=True)

        def pass_on() -> None:
            self._perform(held["effects"])

        return [
            ("read", read),
            ("handle", self._handle),
            ("end of turn", end_of_turn),
            ("store", store),
            ("release", release),
            ("queue", pass_on),
            ("send", self.hub.flush),
            ("index", index if self.policy.durable else lambda: None),
        ]


def measure(rig: Rig, rounds: int) -> dict[str, float]:
    """µs of each stage a message: the best of all rounds; the index, which comes in steps, on average."""
    found: dict[str, list[float]] = {stage: [] for stage in _STAGES}
    clock = time.perf_counter
    for _ in range(rounds):
        for name, do in rig.stages(rig.load()):
            began = clock()
            do()
            found[name].append((clock() - began) / rig.window * 1e6)
    average = sum(found["index"]) / rounds
    return {
        name: round(min(times), 3) if name != "index" else round(average, 3) for name, times in found.items()
    }


def bytecodes(rig: Rig) -> dict[str, float]:
    """Instructions of bytecode of each stage a message, in one round."""
    found = {}
    for name, do in rig.stages(rig.load()):
        count = 0

        def trace(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal count
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            count += event == "opcode"
            return trace

        sys.settrace(trace)
        try:
            do()
        finally:
            sys.settrace(None)
        found[name] = round(count / rig.window, 1)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.path", description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=tuple(SHAPES), default="rooms")
    parser.add_argument("--durability", choices=("power", "none"), default="power")
    parser.add_argument("--caps", default="")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="path-") as directory:
        rig = Rig(options.shape, options.durability, options.caps, Path(directory))
        measure(rig, 5)
        counts = bytecodes(rig)
        times = measure(rig, options.rounds)
    if options.json:
        print(json.dumps({"us": times, "bytecodes": counts}))
        return 0
    print(f"{options.shape}, {options.durability}, a message of {rig.window}:")
    for stage in _STAGES:
        print(f"{stage:12} {times[stage]:8.3f} µs {counts[stage]:8.1f} instructions")
    print(f"{'all':12} {sum(times.values()):8.3f} µs {sum(counts.values()):8.1f} instructions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
