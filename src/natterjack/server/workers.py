"""Work that takes a processor for long, away from the loop: deriving keys from passwords."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from natterjack.ports.questions import DeriveKey

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)

#: The kernel gives the loop's thread the processor first.
_NICENESS = 10


class Workers:
    """``answered`` is called in a worker's thread, with the number of the question and its answer."""

    def __init__(self, answered: Callable[[int, bytes], None]) -> None:
        self._answered = answered
        self._pool: ThreadPoolExecutor | None = None

    def ask(self, number: int, question: DeriveKey) -> None:
        """Find out. The core asks for few keys at a time (``core/waits.py``), so no more wait here."""
        if self._pool is None:
            self._pool = _pool()
        try:
            self._pool.submit(self._work, number, question)
        except RuntimeError as error:
            # The system has no thread to give; it waits for one that there is, or the next try.
            _log.warning("no further thread for passwords, so they wait: %s", error)

    def close(self) -> None:
        """Forget what has not begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, number: int, question: DeriveKey) -> None:
        self._answered(number, derive_key(question))


def _pool() -> ThreadPoolExecutor:
    """Made when it is first needed, since a start should not wait for it."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - as said

    count = max(1, (os.cpu_count() or 1) - 1)  # one processor stays with the loop
    return ThreadPoolExecutor(count, "worker", initializer=be_nice)


def derive_key(question: DeriveKey) -> bytes:
    """PBKDF2 with SHA-256; other threads go on meanwhile."""
    return hashlib.pbkdf2_hmac("sha256", question.password, question.salt, question.rounds)


def be_nice() -> None:
    """Take second place; whoever is nicer already stays so, since the way back is not for everybody (EACCES)."""
    if sys.platform != "linux":  # elsewhere this would be the whole process
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
    except OSError as error:  # a filter of system calls may forbid it, which is no reason to turn people away
        _log.warning("work beside the chat gets as much of the processors as the chat: %s", error)
