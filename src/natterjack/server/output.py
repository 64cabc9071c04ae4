"""What the running server prints. Never blocks the loop: a thread writes, and a reader who doesn't read loses lines."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import Any, TextIO

import msgspec

from natterjack.ports.effects import Happened
from natterjack.wire.jsonlines import escaped, one_line

#: Lines that wait to be printed at most: a terminal that was stopped with Ctrl+S must not fill the memory.
MOST_WAITING = 10_000
#: Seconds in which what happens gathers before it is printed: each time the thread wakes it takes the loop's processor,
#: and when people pour in that would be for each of them.
_GATHER = 0.05
_json = msgspec.json.Encoder().encode


class Output:
    """Standard output: sentences for people, or one JSON object a line."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._lines: deque[str | Happened] = deque()
        self._lost = 0
        self._ready = threading.Condition()
        self._closing = False
        self._hurried = False  # there is a line that must not wait
        self._gathering = False
        self._thread = threading.Thread(target=self._write, name="output", daemon=True)
        self._thread.start()

    def event(self, event: str, **members: Any) -> None:
        """One JSON object; only with ``--json``."""
        if self.as_json:
            self._put(one_line({"event": event, **members}))

    def text(self, text: str) -> None:
        """Lines for people; only without ``--json``."""
        if not self.as_json:
            self._put(text)

    def happened(self, effect: Happened) -> None:
        """Something that goes on in the chat. It is printed soon after :meth:`wake`, with whatever follows it."""
        if self.as_json:
            self._add(effect)  # put into words by the thread
        elif effect.event != "connected":  # joining the default channels follows
            self._add(f"{time.strftime('%H:%M:%S')} {visible(effect.text)}")

    def wake(self) -> None:
        """A turn is over: what has happened in it is to be printed."""
        if self._lines and not self._gathering:
            with self._ready:
                self._ready.notify()

    def close(self) -> None:
        """Print what waits, for at most a second."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join(1.0)

    def _put(self, line: str) -> None:
        """A line that must not wait."""
        self._add(line)
        with self._ready:
            self._hurried = True
            self._ready.notify()

    def _add(self, line: str | Happened) -> None:
        if len(self._lines) < MOST_WAITING:
            self._lines.append(line)
        else:
            with self._ready:
                self._lost += 1

    def _write(self) -> None:
        while True:
            with self._ready:
                while not self._lines and not self._closing:
                    self._ready.wait()
                self._gathering = True
                self._ready.wait_for(lambda: self._hurried or self._closing, _GATHER)
                self._gathering = self._hurried = False
                lost, self._lost = self._lost, 0
            text = self._taken()
            if not text:
                return
            if lost and not self.as_json:
                text += f"({lost} lines were lost, since nobody read them)\n"
            try:
                put_out(sys.stdout, text)
            except (OSError, ValueError):
                return  # nobody reads standard output any more, which is no reason to stop serving

    def _taken(self) -> str:
        """All that waits, each in a line. More may be added meanwhile."""
        taken = [self._lines.popleft() for _ in range(len(self._lines))]
        text = "".join([f"{line if isinstance(line, str) else _json(line).decode()}\n" for line in taken])
        return escaped(text) if self.as_json else text


def put_out(stream: TextIO, text: str) -> None:
    """Write ``text`` past the buffer of ``stream``, with what it has no letters for escaped.

    Raises ``OSError``, or ``ValueError`` where it is closed.

    A thread that waits here for a reader who does not read holds the buffer's lock otherwise, without which Python
    does not end: it hangs, or aborts.
    """
    left = memoryview(text.encode(stream.encoding, "backslashreplace"))
    file = getattr(stream.buffer, "raw", stream.buffer)
    while left:
        count = file.write(left)
        if count is None:
            raise BlockingIOError("there is no room just now")
        left = left[count:]


def visible(text: str) -> str:
    """``text`` from a client for the operator's terminal, which must not take any of it for a command."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
