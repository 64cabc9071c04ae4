"""Threads that answer questions about what is stored, while the loop and the writer go on.

Each has its own source of answers: a read-only connection (:class:`Shelf`), or the ring. A question that takes too long
is interrupted: the loop calls :meth:`Readers.check` about once a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import apsw

from natterjack.ports.questions import (
    FindCid,
    FindLine,
    ReadAnswer,
    ReadFailed,
    ReadHistory,
    ReadQuestion,
    ReadTargets,
)
from natterjack.store import history
from natterjack.store.search import search
from natterjack.store.turnstile import Turnstile

_log = logging.getLogger(__name__)

#: Seconds after which a question is given up.
PATIENCE = 2.0
#: Milliseconds that a reader waits for a lock; SQLite needs one for a moment after a crash.
_LOCK_PATIENCE = 1000
#: KiB of pages that each connection keeps.
_CACHE = 8192


class Source(Protocol):
    """Something that can be asked, by one thread at a time."""

    def answer(self, question: ReadQuestion, until: float) -> ReadAnswer:
        """What is known by ``until`` (monotonic)."""

    def interrupt(self) -> None:
        """The present question takes too long. From any thread."""

    def close(self) -> None:
        """It is asked no more."""


class Shelf:
    """The database, for one reader."""

    def __init__(self, path: Path, turnstile: Turnstile) -> None:
        """Raises :class:`apsw.Error`."""
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.set_busy_timeout(_LOCK_PATIENCE)
        self._connection.pragma("cache_size", -_CACHE)
        self._turnstile = turnstile

    def answer(self, question: ReadQuestion, until: float) -> ReadAnswer:
        """See :class:`Source`."""
        with self._turnstile.reading():
            try:
                return self._answer(question, until)
            except apsw.InterruptError:
                return ReadFailed(f"{type(question).__name__} took longer than {PATIENCE:g} s")
            except apsw.Error as error:
                return ReadFailed(f"can't read the database: {error}")

    def _answer(self, question: ReadQuestion, until: float) -> ReadAnswer:
        connection = self._connection
        match question:
            case ReadHistory():
                return history.read_history(connection, question)
            case FindLine():
                return history.find_line(connection, question)
            case FindCid():
                return history.find_cid(connection, question)
            case ReadTargets():
                return history.read_targets(connection, question)
            case _:
                return search(connection, question, until)

    def interrupt(self) -> None:
        """See :class:`Source`."""
        self._connection.interrupt()

    def close(self) -> None:
        """See :class:`Source`."""
        self._connection.close()


class Readers:
    """``answered`` is called in a reader's thread, with the number of the question and its answer."""

    def __init__(self, answered: Callable[[int, ReadAnswer], None], sources: Sequence[Source]) -> None:
        self._answered = answered
        self._questions: SimpleQueue[tuple[int, ReadQuestion] | None] = SimpleQueue()
        self._readers = [_Reader(source) for source in sources]
        self._threads = [
            threading.Thread(target=self._read, args=(reader,), name="reader", daemon=True)
            for reader in self._readers
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, number: int, question: ReadQuestion) -> None:
        """Find out. The core bounds how many are under way."""
        self._questions.put((number, question))

    def check(self) -> None:
        """Interrupt what takes too long."""
        for reader in self._readers:
            reader.check()

    @property
    def awaits(self) -> bool:
        """Whether one of them is at work, which may have to be interrupted."""
        return any(reader.busy for reader in self._readers)

    def close(self) -> None:
        """Give up what is under way, and everything else."""
        for _ in self._threads:
            self._questions.put(None)
        for reader, thread in zip(self._readers, self._threads, strict=True):
            while thread.is_alive():
                reader.stop()
                thread.join(0.05)
            reader.source.close()

    def _read(self, reader: _Reader) -> None:
        while (asked := self._questions.get()) is not None:
            number, question = asked
            self._answered(number, reader.answer(question))


class _Reader:
    """One source, and since when it has been working on its present question."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._until = 0.0  # monotonic; 0: nothing is being asked
        self._stopped = False

    def answer(self, question: ReadQuestion) -> ReadAnswer:
        until = time.monotonic() + PATIENCE
        with self._lock:
            if self._stopped:
                return ReadFailed("the server is stopping")
            self._until = until
        try:
            answer = self.source.answer(question, until)
        except Exception as error:  # a mistake of ours: the session must not wait for ever
            _log.exception("no answer to %r", question)
            answer = ReadFailed(str(error))
        with self._lock:  # whoever interrupts holds it: never the next question in place of this one
            self._until = 0.0
        if isinstance(answer, ReadFailed):
            _log.error("%s", answer.why)
        return answer

    @property
    def busy(self) -> bool:
        return bool(self._until)

    def check(self) -> None:
        with self._lock:
            if self._until and time.monotonic() > self._until:
                self.source.interrupt()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._until:
                self.source.interrupt()
