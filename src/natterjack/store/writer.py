"""The one thread that writes: takes all that waits, commits it once, reports back.

While a commit is under way the next batches gather, and go together into the next one: the slower the disk, the larger
the group. Batches are reported in their order. Where the disk fails, the thread reports that and ends: what was not
committed was not acknowledged, and a process that goes on after a failed sync can't know what it has.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from natterjack.ports.records import Record, Snapshot
from natterjack.store import rows
from natterjack.store.database import NAME, StoreError, open_database, transaction


class Store:
    """Opens the database and reads it; :meth:`start` the writer, then :meth:`submit` batches."""

    def __init__(self, directory: Path) -> None:
        """Raises :class:`~natterjack.store.database.StoreError`."""
        self._connection = open_database(directory)
        self._path = directory / NAME
        found = os.stat(self._path)
        self._identity = (found.st_dev, found.st_ino)
        try:
            self.snapshot: Snapshot = rows.read(self._connection)
        except apsw.Error as error:
            self._connection.close()
            raise StoreError(
                f"can't read the database in {directory}: {error}: put a backup in its place"
            ) from error
        self._waiting: deque[tuple[int, Sequence[Record]]] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def start(self, committed: Callable[[int], None], failed: Callable[[str], None]) -> None:
        """Start writing. ``committed`` gets the number of the last batch that is stored, ``failed`` why it ends.

        Both are called in the writer's thread.
        """
        self._thread = threading.Thread(
            target=self._write, args=(committed, failed), name="store", daemon=True
        )
        self._thread.start()

    def is_in_place(self) -> bool:
        """Whether the file that is written is still the one that the next start will read."""
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        return (now.st_dev, now.st_ino) == self._identity

    def submit(self, batch: int, records: Sequence[Record]) -> None:
        """Commit ``records``, after all batches before."""
        with self._ready:
            self._waiting.append((batch, records))
            self._ready.notify()

    def close(self) -> None:
        """Commit what waits, and close."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join()
        self._connection.close()

    def _write(self, committed: Callable[[int], None], failed: Callable[[str], None]) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._closing:
                    self._ready.wait()
                group = list(self._waiting)
                self._waiting.clear()
            if not group:
                return
            try:
                with transaction(self._connection):
                    for _, records in group:
                        for record in records:
                            rows.write(self._connection, record)
            except apsw.Error as error:
                failed(f"can't write to the database: {error}")
                return
            committed(group[-1][0])
