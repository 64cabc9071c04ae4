"""Logs go to standard error through a thread, so that a terminal that has stopped can't stop the loop.

``logging.handlers`` has the like, and loads what it takes to send logs by mail and pickle.
"""

from __future__ import annotations

import logging
import sys
import threading
from queue import SimpleQueue


class Logs(logging.Handler):
    """All that is logged in this process, from now on; :meth:`stop` prints what still waits."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()
        root = logging.getLogger()
        root.handlers = [self]
        root.setLevel(level.upper())

    def emit(self, record: logging.LogRecord) -> None:
        """Called by ``logging``, in the thread that logs."""
        try:
            self._queue.put(self.format(record))
        except Exception:  # a message that does not fit its arguments is no reason to end
            self.handleError(record)

    def stop(self) -> None:
        """Print what waits, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (line := self._queue.get()) is not None:
            try:
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()
            except (OSError, ValueError):
                continue  # nobody reads it any more, which is no reason to stop serving
