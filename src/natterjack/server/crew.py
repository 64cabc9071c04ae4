"""Threads for what waits for disks and peers: as many as there is work at a time, up to a bound.

Those of :mod:`natterjack.server.workers` are few, since they calculate; these wait. They end with the process, even
where one still waits for a disk.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from natterjack.server.workers import be_nice

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


class Crew:
    """``call`` does something on the loop's thread; ``most`` threads at a time."""

    def __init__(self, most: int, call: Callable[[Callable[[], None]], None]) -> None:
        self._most = most
        self._call = call
        self._jobs: deque[Callable[[], None]] = deque()
        self._wanted = threading.Condition()
        self._idle = self._count = 0
        self._closed = False

    def do(self, job: Callable[[], _T], then: Callable[[_T], object]) -> None:
        """``job`` in a thread, and ``then`` with its result on the loop's. What ``job`` raises is raised there too."""
        with self._wanted:
            self._jobs.append(lambda: self._do(job, then))
            if self._idle < len(self._jobs) and self._count < self._most:
                self._hire()
            self._wanted.notify()

    def _hire(self) -> None:
        """One more thread. If the system has none to give, the work waits for one that is done, or for the next try."""
        try:
            threading.Thread(target=self._work, name="files", daemon=True).start()
        except RuntimeError as error:
            _log.warning("no further thread for files, so they wait: %s", error)
        else:
            self._count += 1

    def close(self) -> None:
        """Begin nothing more."""
        with self._wanted:
            self._closed = True
            self._jobs.clear()
            self._wanted.notify_all()

    def _work(self) -> None:
        be_nice()
        while True:
            with self._wanted:
                self._idle += 1
                while not self._jobs and not self._closed:
                    self._wanted.wait()
                self._idle -= 1
                if self._closed:
                    return
                job = self._jobs.popleft()
            job()
            del job  # with all that it holds, before the wait for the next

    def _do(self, job: Callable[[], _T], then: Callable[[_T], object]) -> None:
        try:
            result = job()
        except Exception as error:
            failure = error
            self._call(lambda: _fail(failure))
        else:
            self._call(lambda: _ignore(then(result)))


def _fail(error: Exception) -> None:
    raise error


def _ignore(_result: Any) -> None:
    """Callbacks answer nothing."""
