"""A real server in this process, without its loop: connections are pairs of sockets, and each turn is asked for.

Nothing here measures time. What is counted for each script is

- ``bytecode``: instructions of Python carried out in ``src/natterjack``,
- ``calls``: what goes to the kernel (methods of sockets and of the selector),
- ``bytes``: the most memory that was under way at a time, above what there was before.

A script is played twice before it is counted, since the first time is different (caches, first uses).
"""

from __future__ import annotations

import gc
import select
import socket
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from msgspec import Struct

from natterjack.net.connection import Connection
from natterjack.net.reactor import READ
from natterjack.ports.effects import Commit
from natterjack.ports.events import Committed, Now
from natterjack.server.app import Server
from natterjack.server.config.table import build
from natterjack.server.datadir import DataDir
from natterjack.server.output import Output
from natterjack.store.writer import Store
from tests.support.counting import bytecode

KERNEL = (
    socket.SocketType,
    *(kind for name in ("epoll", "kqueue") if (kind := getattr(select, name, None))),
)
#: Methods of those that don't go to the kernel.
HARMLESS = frozenset({"fileno", "gettimeout", "timeout", "detach"})
#: A moment like any other; time stands still.
NOW = Now(1000.0, 1795379462.5)


class Quiet(Output):
    """Prints nothing."""

    def _put(self, line: str) -> None:
        """Nothing hurries here."""

    def wake(self) -> None:
        """What has gathered is forgotten."""
        self._lines.clear()


class Scene:
    """``stored``: messages wait for a commit, which comes at once. Close it in the end."""

    def __init__(self, directory: Path, stored: bool = False) -> None:
        values = {
            ("storage", "data_dir"): str(directory),
            ("storage", "durability"): "power" if stored else "none",
            ("channels", "lobby"): (),
            ("limits", "enabled"): False,
            ("console", "enabled"): False,
        }
        config = build(values)
        self._output = Quiet(True)
        self._data = DataDir(directory)
        self._store = Store(directory)
        self.server = Server(config, self._output, self._data, self._store, lambda: config)
        self.server._reactor.now = NOW
        self.server._perform[Commit] = self._commit
        self._peers: list[socket.socket] = []

    def _commit(self, effect: Commit) -> None:
        self.server._take(Committed(effect.batch))

    def close(self) -> None:
        """Give everything back."""
        self.server.hub.close_all()
        for peer in self._peers:
            peer.close()
        self.server._reactor.close()
        self.server._entry.close()
        self.server._workers.close()
        self.server._readers.close()
        self.server._files.close()
        self.server._copies.close()
        self._store.close()
        self._output.close()
        self._data.close()

    # -- people

    def arrive(self) -> Member:
        """Somebody at the door, whom :meth:`let_in` lets in."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._peers.append(theirs)
        return Member(ours, theirs)

    def let_in(self, *members: Member) -> None:
        """Through the door; what they have said by then is read."""
        entry, hub = self.server._entry, self.server.hub
        for member in members:
            entry._take_irc(member.ours, ("127.0.0.1", 50000))
            for newcomer in list(entry.door._newcomers):
                newcomer.ready(READ)
            member.connection = hub._connections[hub._last_sid]

    def people(self, count: int, caps: str, room: Callable[[int], str]) -> list[Member]:
        """``count`` who are in, each in the channel that ``room`` names (``""``: none); all is read."""
        members = [self.arrive() for _ in range(count)]
        for number, member in enumerate(members):
            member.greet(f"n{number:04d}", caps)
        self.let_in(*members)
        self.turn()
        for number, member in enumerate(members):
            if room(number):
                member.say(f"JOIN {room(number)}\r\n")
        self.turn(*members)
        while self.server.hub._put_off or self.server.hub._share:
            self.turn()
        assert len(self.server._core.world.sessions) == count
        drain(members)
        return members

    def turn(self, *members: Member) -> None:
        """What these have sent is read, and all that follows from it is done."""
        for member in members:
            member.connection.ready(READ)
        later = self.server._reactor._later
        for _ in range(len(later)):
            later.popleft()()
        self.server._end_turn()


class Member:
    """One connection, from both its ends; ``connection`` once it is let in."""

    connection: Connection

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self.ours = ours
        self.theirs = theirs

    def say(self, lines: str) -> None:
        """From the client's end."""
        self.theirs.sendall(lines.encode())

    def greet(self, nick: str, caps: str) -> None:
        """All that it takes to come in."""
        ask = f"CAP LS 302\r\nCAP REQ :{caps}\r\nCAP END\r\n" if caps else ""
        self.say(f"{ask}NICK {nick}\r\nUSER x 0 * :x\r\n")

    def read(self) -> bytes:
        """All that has come."""
        parts = []
        try:
            while part := self.theirs.recv(1 << 18):
                parts.append(part)
        except BlockingIOError:
            pass  # that was all
        return b"".join(parts)


def drain(members: Sequence[Member]) -> bytes:
    """All that has come to any of them."""
    return b"".join([member.read() for member in members])


class Script(Struct):
    """``play`` is what is counted, with what goes before it and after it; ``parts`` is by how many it is divided."""

    before: Callable[[], object]
    play: Callable[[], object]
    after: Callable[[], object]
    parts: int


def count(script: Script) -> dict[str, float]:
    """What it takes to play it, for each part."""
    figures = {}
    for name, counter in (("", _nothing), ("", _nothing), *COUNTERS.items()):
        script.before()
        figures[name] = round(counter(script.play) / script.parts, 2)
        script.after()
    del figures[""]
    return figures


def _nothing(play: Callable[[], object]) -> int:
    play()
    return 0


def _calls(play: Callable[[], object]) -> int:
    counted = 0

    def profile(_frame: FrameType, event: str, arg: Any) -> None:
        nonlocal counted
        if event == "c_call" and isinstance(getattr(arg, "__self__", None), KERNEL):
            counted += arg.__name__ not in HARMLESS

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        play()
    finally:
        sys.setprofile(before)
    return counted


def _bytes(play: Callable[[], object]) -> int:
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        play()
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()
        gc.enable()


COUNTERS = {"bytecode": bytecode, "calls": _calls, "bytes": _bytes}
