"""Logs go to standard error through a thread, so that a terminal that has stopped can't stop the loop. As of what is
printed (:mod:`natterjack.server.output`), so much waits and no more, and it is told how much was lost.

``logging.handlers`` has the like, and loads what it takes to send logs by mail and pickle.
"""

from __future__ import annotations

import logging
import sys
import threading
from queue import SimpleQueue

from natterjack.server.output import MOST_WAITING, put_out


class Logs(logging.Handler):
    """All that is logged in this process, from now on; :meth:`stop` prints what still waits."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._lost = 0  # lines for which there was no room; under the handler's lock
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()
        root = logging.getLogger()
        root.handlers = [self]
        root.setLevel(level.upper())

    def emit(self, record: logging.LogRecord) -> None:
        """Called by ``logging``, in the thread that logs and with the handler's lock."""
        try:
            line = self.format(record)
        except Exception:  # a message that does not fit its arguments is no reason to end
            self.handleError(record)
            return
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put(line)
        else:
            self._lost += 1

    def stop(self) -> None:
        """Print what waits, for at most a second, and end the thread."""
        self._queue.put(None)
        self._thread.join(1.0)

    def _write(self) -> None:
        over = False
        while not over:
            lines = [self._queue.get()]  # waits for one
            lines += [self._queue.get() for _ in range(self._queue.qsize())]
            over = None in lines
            text = "".join([f"{line}\n" for line in lines if line is not None]) + self._told_lost()
            try:
                put_out(sys.stderr, text)
            except (OSError, ValueError):
                continue  # nobody reads it any more, which is no reason to stop serving

    def _told_lost(self) -> str:
        """A line about those that were lost since the last time, behind those for which there was room."""
        self.acquire()
        lost, self._lost = self._lost, 0
        self.release()
        if not lost:
            return ""
        text = f"{lost} lines of the log were lost, since nobody read them"
        return f"{self.format(logging.makeLogRecord({'levelname': 'WARNING', 'msg': text}))}\n"
