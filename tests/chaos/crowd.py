"""One loop for everybody who takes part in a test, in the test's own thread: clients, and proxies between them and the
server. Nothing happens but in :meth:`Crowd.turn`."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from typing import Protocol

from tests.support.process import PATIENCE

#: Seconds that a turn waits at most, for those who do something by the clock.
_WAIT = 0.005


class Part(Protocol):
    """Somebody who takes part."""

    def work(self, now: float) -> None:
        """Do what is due; once in each turn."""

    def close(self) -> None:
        """Leave."""


class Crowd:
    """Those who take part."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._parts: list[Part] = []

    def add(self, part: Part) -> None:
        self._parts.append(part)

    def remove(self, part: Part) -> None:
        self._parts.remove(part)
        part.close()

    def watch(self, sock: socket.socket, mask: int, ready: Callable[[int], None]) -> None:
        """Call ``ready`` with what ``sock`` is ready for, from now on for ``mask``; 0: no longer, if it was."""
        if sock.fileno() < 0:
            return
        known = sock in self._selector.get_map()
        if not mask:
            if known:
                self._selector.unregister(sock)
        elif known:
            self._selector.modify(sock, mask, ready)
        else:
            self._selector.register(sock, mask, ready)

    def turn(self) -> None:
        now = time.monotonic()
        for part in tuple(self._parts):
            part.work(now)
        for key, mask in self._selector.select(_WAIT):
            if key.fd in self._selector.get_map():  # nobody before it in this turn has closed it
                key.data(mask)

    def until(self, wanted: Callable[[], object], what: str = "", patience: float = PATIENCE) -> None:
        """Turn after turn until ``wanted()`` is true."""
        deadline = time.monotonic() + patience
        while not wanted():
            assert time.monotonic() < deadline, f"in vain for {patience:g} s: {what or wanted}: {self}"
            self.turn()

    def go_on(self, seconds: float) -> None:
        """Let everybody do what he does for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def __str__(self) -> str:
        return "; ".join(map(str, self._parts))

    def close(self) -> None:
        for part in self._parts:
            part.close()
        self._selector.close()
