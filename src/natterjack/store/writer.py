"""The one thread that writes: takes all that waits, commits it once, reports back.

While a commit is under way the next batches gather, and go together into the next one: the slower the disk, the larger
the group. Where they pour in, the writer waits a little for still more: what a group costs, here and where it is shown
to thousands, hardly grows with its size. A batch that comes alone never waits. Batches are reported in their order.
After a group the processor belongs to the loop, which has to show it: chores wait until it has had the time.

**Two ways to fail.** Where the database says that a group does not fit (the disk is full) or may not be (a client
message id that is there already), nothing of it was stored, and that is certain: it is tried again in halves, so that
all of it gets in up to the first batch that does not fit alone. That one is reported as refused, and the writer goes
on; but it passes over all batches that were made before the core heard of it (see ``Commit.heard``), so that nothing
gets ahead of what the core may have to store again. Anything else, a failed sync above all, leaves it unknown what the
disk has, and the thread reports that and ends: what was not committed was not acknowledged, and a process that goes on
after a failed sync can't know what it has.

**GIL.** Each statement gives it up and has to get it back, which takes up to 5 ms while the loop is busy. So most
groups are one statement; see :mod:`natterjack.store.messages`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from natterjack.ports.records import CidRecord, LineRecord, Record, Snapshot
from natterjack.store import messages, rows
from natterjack.store.chores import LOCK_PATIENCE, Chores
from natterjack.store.database import (
    StoreError,
    explained,
    give_up,
    has_no_room,
    note_closed,
    note_open,
    open_database,
    transaction,
)
from natterjack.store.placing import NAME
from natterjack.store.readers import Shelf
from natterjack.store.retention import Keep
from natterjack.store.turnstile import Turnstile

_log = logging.getLogger(__name__)

#: Records in a group at most: about 50 ms, and some megabytes.
_GROUP = 5000
#: Records in a group from which on the next one gathers, at least and at most for so many seconds: that is more than a
#: thousand messages a second, or so much work with each that the loop never rests.
_POURING, _GATHER, _GATHER_MOST = 16, 0.016, 0.050
#: Seconds after such a group in which this is no idle moment, though nothing may wait: then the loop is at work, and
#: has the processor and the GIL to itself. And records in a group that make the next one gather meanwhile: a channel of
#: a thousand keeps the loop busy with a dozen.
_LULL, _STILL_POURING = 0.1, 4
#: Seconds for the loop after a group: it shows what was stored, to a thousand people within 8 ms, and chores would take
#: its processor and the GIL. And seconds after which they get a step all the same, though groups never cease.
_BREATH, _PUT_OFF = 0.010, 0.1
#: KiB of pages that the writer keeps: the ends of some thousand conversations, and of the index.
_CACHE = 32_768
#: Bytes that the log's file is cut down to when it begins anew.
_LOG_BYTES = 64 << 20

#: What goes in by one statement.
_INTAKE = frozenset((LineRecord, CidRecord))
#: Number, records, and the last refused batch that whoever made it had heard of.
Batch = tuple[int, Sequence[Record], int]


class Store:
    """Opens the database and reads it; :meth:`start` the writer, then :meth:`submit` batches.

    ``power`` is whether what is committed has to survive a power cut; ``keep`` what of a conversation is kept if
    nothing else was said of it.
    """

    def __init__(self, directory: Path, power: bool = True, keep: Keep = Keep()) -> None:  # noqa: B008 - frozen
        """Raises :class:`~natterjack.store.database.StoreError`."""
        self._connection = open_database(directory)
        self._path = directory / NAME
        found = os.stat(self._path)
        self._identity = (found.st_dev, found.st_ino)
        self._turnstile = Turnstile()
        try:
            with explained(self._path):
                self._connection.set_busy_timeout(LOCK_PATIENCE)
                self._connection.pragma("synchronous", "full" if power else "normal")
                self._connection.pragma("wal_autocheckpoint", 0)  # see Chores
                self._connection.pragma("journal_size_limit", _LOG_BYTES)
                self._connection.pragma("cache_size", -_CACHE)
                self._connection.pragma("secure_delete", "on")  # what is deleted is overwritten
                self.snapshot: Snapshot = rows.read(self._connection)
                self._chores = Chores(self._connection, self._turnstile, keep, relaxed=not power)
                note_open(self._path)
        except BaseException:
            give_up(self._connection, self._path)
            raise
        self._last = self.snapshot.last_id  # the greatest id that is stored
        self._waiting: SimpleQueue[Batch | None] = SimpleQueue()  # None: that was all
        self._closing = threading.Event()
        self._ended = False  # the writer has come to that None
        self._thread: threading.Thread | None = None
        self._committed: Callable[[int], None] = _nobody
        self._refused: Callable[[int, str], None] = _nobody
        self._barrier = 0  # the last batch that did not fit

    def start(
        self,
        committed: Callable[[int], None],
        refused: Callable[[int, str], None],
        failed: Callable[[str], None],
    ) -> None:
        """Start writing. All three are called in the writer's thread.

        ``committed`` gets the number of the last batch that is stored: all before it are stored too, but those that
        were refused. ``refused`` gets the number of a batch of which nothing was stored, and why: nothing is stored
        either of any batch after it that was submitted without having heard of it, which is not reported any more.
        All before it have been reported. ``failed`` gets why the writer ends, after which nobody knows what was stored
        of the batches that were not reported.
        """
        self._committed = committed
        self._refused = refused
        self._thread = threading.Thread(target=self._run, args=(failed,), name="store", daemon=True)
        self._thread.start()

    def shelf(self) -> Shelf:
        """A source of answers for one reader. Raises :class:`~natterjack.store.database.StoreError`."""
        try:
            return Shelf(self._path, self._turnstile)
        except apsw.Error as error:
            raise StoreError(f"can't open {self._path} for reading: {error}") from error

    def is_in_place(self) -> bool:
        """Whether the file that is written is still the one that the next start will read."""
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        return (now.st_dev, now.st_ino) == self._identity

    def submit(self, batch: int, records: Sequence[Record], heard: int = 0) -> None:
        """Commit ``records``, after all batches before. ``heard`` is the last batch known to be refused."""
        self._waiting.put((batch, records, heard))

    def close(self) -> None:
        """Commit what waits, and close."""
        self._closing.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()
        note_closed(self._path)
        self._connection.close()

    # -- in the writer's thread

    def _run(self, failed: Callable[[str], None]) -> None:
        pause = lull = due = 0.0
        try:
            while (group := self._take(pause)) is not None:
                began = time.monotonic()
                if group:
                    self._commit(group)
                many = _POURING if began >= lull else _STILL_POURING
                if sum(len(batch[1]) for batch in group) >= many:
                    self._gather(time.monotonic() - began)
                    pause, lull = 0.0, time.monotonic() + _LULL
                elif group and began < (due := due or began + _PUT_OFF):
                    pause = _BREATH
                else:
                    left = max(0.0, lull - began)
                    busy = self._chores.step(self._last, pressed=not self._waiting.empty() or left > 0)
                    pause = 0.0 if busy else min(left or inf, self._chores.pause)
                    due = 0.0
        except apsw.Error as error:
            failed(f"can't write to the database: {error}")
        except Exception as error:
            _log.critical("internal error, which is our fault, in the store", exc_info=True)
            failed(f"can't write to the database, by an error of our own: {error!r}")
        finally:
            self._turnstile.open()

    def _take(self, pause: float) -> list[Batch] | None:
        """What waits, after ``pause`` seconds at the latest; None once there is nothing and the store is closing."""
        if self._ended:
            return None
        group: list[Batch] = []
        size = 0
        try:
            batch = self._waiting.get(timeout=pause) if pause else self._waiting.get_nowait()
            while batch is not None:
                group.append(batch)
                size += len(batch[1])
                if size >= _GROUP:
                    return group
                batch = self._waiting.get_nowait()
        except Empty:
            return group
        self._ended = True
        return group or None

    def _gather(self, took: float) -> None:
        """Let batches come in, for longer if the last commit ``took`` long: where all is slow, larger groups help most.

        Chores that can't be put off are done meanwhile.
        """
        until = time.monotonic() + min(max(_GATHER, 2 * took), _GATHER_MOST)
        while (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            if not self._chores.step(self._last, pressed=True, spare=left):
                self._closing.wait(left)

    def _commit(self, group: list[Batch]) -> None:
        """Store the group, or as much from its beginning as fits, and report what came of it."""
        group = [batch for batch in group if batch[2] >= self._barrier]
        if not group:
            return
        try:
            self._store(list(chain.from_iterable(records for _, records, _ in group)))
        except apsw.Error as error:
            why = self._why_refused(error, group)
            if not why:
                raise
            if len(group) == 1 or isinstance(error, apsw.BusyError):  # a lock holds up each of them as long
                self._barrier = group[0][0]
                self._refused(self._barrier, why)
            else:
                half = len(group) // 2
                self._commit(group[:half])
                self._commit(group[half:])
            return
        self._committed(group[-1][0])

    def _why_refused(self, error: apsw.Error, group: list[Batch]) -> str:
        """Why the group can't be stored, where it is certain that nothing of it was; else ``""``."""
        if self._connection.in_transaction:
            return ""
        if has_no_room(self._connection, error):
            self._chores.make_room()
            return "the disk is full"
        if isinstance(error, apsw.BusyError):
            return "another program keeps the database locked"
        said = any(isinstance(record, CidRecord) for _, records, _ in group for record in records)
        if isinstance(error, apsw.ConstraintError) and said:
            return f"it contradicts what is stored: {error}"
        return ""

    def _store(self, records: list[Record]) -> None:
        lines: Sequence[Any] = records
        if _INTAKE.issuperset(map(type, records)):
            if lines:
                messages.add(self._connection, lines)
        else:
            lines = [record for record in records if type(record) in _INTAKE]
            others: list[Any] = [record for record in records if type(record) not in _INTAKE]
            with transaction(self._connection):
                if lines:
                    messages.add(self._connection, lines)
                for record in others:
                    rows.write(self._connection, record)
            for record in others:
                self._chores.heed(record)
        for line in reversed(lines):
            if isinstance(line, LineRecord):
                self._last = max(self._last, line.id)
                break


def _nobody(*_: object) -> None:
    raise AssertionError("the writer runs only after start()")
