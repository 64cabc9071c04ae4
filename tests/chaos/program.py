"""The real client, ``natterjack chat --json``, as somebody who takes part: it comes back and catches up by itself."""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Entry, Ledger
from tests.chaos.stage import DEFECTIVE
from tests.support.process import PATIENCE, command

#: Bytes that a client that nobody reads from can get rid of.
_PIPE = 4096


class Program:
    """``home`` is where it keeps what lasts; ``defect`` one in ``defective.py``."""

    def __init__(
        self, crowd: Crowd, ledger: Ledger, nick: str, port: Callable[[], int], home: Path, defect: str = ""
    ) -> None:
        self.nick = nick
        self.inside = False
        #: What it was told to say and has not said to be stored, in order.
        self.unanswered: dict[int, Entry] = {}
        self.returns = -1
        self.errors: list[str] = []
        self._crowd = crowd
        self._ledger = ledger
        self._rest = b""
        self._reading = False
        self._lines = 0
        program = [sys.executable, DEFECTIVE, defect] if defect else command()
        place = f"127.0.0.1:{port()}"
        self._process = subprocess.Popen(
            [*program, "chat", "--json", "--nick", nick, "--data-dir", str(home), place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _PIPE)
        os.set_blocking(self._out.fileno(), False)
        self.read(True)
        crowd.add(self)

    def say(self, target: str = "#lobby", filling: str = "") -> Entry:
        """Whether it is connected just now or not."""
        entry = self._ledger.enter(self.nick, target, filling)
        entry.attempts = 1
        entry.named = False
        self.type(f"MSG {target} {entry.text}")
        self.unanswered[self._lines] = entry
        return entry

    def type(self, line: str) -> None:
        self._in.write(f"{line}\n".encode())
        self._in.flush()
        self._lines += 1

    def read(self, reading: bool) -> None:
        """Whether anybody reads what it prints."""
        self._reading = reading
        self._crowd.watch(self._out, selectors.EVENT_READ if reading else 0, self._ready)

    def _ready(self, _mask: int) -> None:
        data = self._out.read(1 << 16)
        if not data:
            if data == b"":
                self.read(False)
                self.inside = False
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "message" if not event["self"]:
                self._ledger.saw(self.nick, event["to"], event["msgid"], event["text"])
            case "ack":
                entry = self.unanswered.pop(event["line"] or 0, None)
                if entry is not None:
                    entry.msgids.append(event["msgid"])
            case "error":
                self.errors.append(event["text"])
                entry = self.unanswered.pop(event["line"] or 0, None)
                if entry is not None:
                    entry.refusal = f"{event['code']} {event['text']}"
            case "ready":
                self.inside = True
                self.returns += 1
            case "disconnected":
                self.inside = False

    def kill(self) -> None:
        """SIGKILL; what it has printed by then is read, but for half a line."""
        self._process.kill()
        self._process.wait(PATIENCE)
        os.set_blocking(self._out.fileno(), True)
        self.read(False)
        while self._out.peek(1):  # type: ignore[attr-defined]
            self._ready(selectors.EVENT_READ)
        self.close()

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        if self._out.closed:
            return
        self.read(False)
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._out, self._in):
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # what it was told last never got there

    def __str__(self) -> str:
        where = "in" if self.inside else "out"
        return f"{self.nick} (the program) {where}, {len(self.unanswered)} unanswered, errors {self.errors}"
