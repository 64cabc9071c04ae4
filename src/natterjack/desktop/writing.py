"""Writes small files off the window's thread: a disk may take longer than the window may stand still."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from natterjack.client import files

#: One thread for all of them, so that nothing overtakes. Python waits for it at its end.
_THREAD: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="natterjack-writing")


class Writer(QObject):
    """For the file at ``path``, of at most ``most`` bytes. ``failed`` tells why it could not be written."""

    failed = Signal(str)
    _ended = Signal(str)

    def __init__(self, path: Path, most: int) -> None:
        super().__init__()
        self.path = path
        self._most = most
        self._last: Future[str] | None = None
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def write(self, data: bytes) -> None:
        """Have ``data`` in the file, soon."""
        self.have(lambda: self._write(data))

    def have(self, written: Callable[[], str]) -> None:
        """Have ``written`` write the file, soon and in the other thread: it tells why it cannot, ``""`` if it could."""
        self._last = _THREAD.submit(written)
        self._last.add_done_callback(self._done)

    def wait(self) -> str:
        """Until all that was written is on the disk; what went wrong last, ``""`` for nothing."""
        return self._last.result() if self._last is not None else ""

    @property
    def succeeded(self) -> bool:
        """Whether what was written last is on the disk."""
        return self._last is not None and self._last.done() and not self._last.result()

    def _write(self, data: bytes) -> str:
        try:
            files.change(self.path, self._most, lambda _: data)
        except OSError as error:
            return error.strerror or "it cannot be written"
        return ""

    def _done(self, future: Future[str]) -> None:
        """In the other thread."""
        if future.result() and shiboken6.isValid(self):
            self._ended.emit(future.result())

    def _tell(self, why: str) -> None:
        self.failed.emit(why)
