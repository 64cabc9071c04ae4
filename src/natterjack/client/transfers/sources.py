"""A file that is to be sent: whether it can be, and whether it stays what it was."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from natterjack.client.transfers.words import Trouble

_QUOTES = "\"'"
#: A pipe without a writer must not hold us up, and Windows must not change line ends.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class NoSource(Exception):  # noqa: N818 - named for what it means
    """It cannot be sent, as ``trouble`` says."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.trouble = Trouble(code, text)


def typed_path(text: str) -> Path:
    """The path that somebody means who types ``text``, or drops a file on his terminal, which puts quotes around it."""
    if len(text) > 2 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1]
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~ of somebody who does not exist
        path = Path(text)
    return Path(os.path.abspath(path))  # resolve() would follow links, and ask the disk


class Source:
    """The open file. ``stamp`` is the time of its last change."""

    def __init__(self, path: Path, file: FileIO, status: os.stat_result) -> None:
        self.path = path
        self.size = status.st_size
        self.stamp = status.st_mtime_ns
        self._file = file

    def read(self, offset: int, buffer: memoryview) -> int:
        """Fill ``buffer`` from ``offset`` on; how many bytes there were. Raises ``OSError``."""
        self._file.seek(offset)
        filled = 0
        while filled < len(buffer):
            count = self._file.readinto(buffer[filled:])
            if not count:
                break
            filled += count
        return filled

    def is_unchanged(self) -> bool:
        """Whether it is what it was when it was opened. Raises ``OSError``."""
        status = os.fstat(self._file.fileno())
        return (status.st_size, status.st_mtime_ns) == (self.size, self.stamp)

    def close(self) -> None:
        self._file.close()


def open_source(path: Path) -> Source:
    """Raises :class:`NoSource`. Never waits for anything but the disk."""
    try:
        status = path.stat()
        _check(path, status)
        file = FileIO(os.open(path, _FLAGS), "rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        raise NoSource(*_why_not(path, error)) from error
    try:
        status = os.fstat(file.fileno())
        _check(path, status)  # it may be another one by now
    except BaseException:
        file.close()
        raise
    return Source(path, file, status)


def _check(path: Path, status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        text = f"{path} is a directory: make one file of it first (zip, or tar), and send that."
        raise NoSource("directory", text)
    if not stat.S_ISREG(mode):
        raise NoSource(
            "no_file", f"{path} is no ordinary file, but a device, a pipe or a socket: it was not sent."
        )


def _why_not(path: Path, error: OSError | ValueError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no_file", f"There is no file {path}. Check the path; nothing was sent."
    if isinstance(error, PermissionError):
        return "no_rights", f"You may not read {path}: nothing was sent."
    why = (error.strerror or "it cannot be read") if isinstance(error, OSError) else "that is no path"
    return "unreadable", f"Cannot read {path}: {why.lower()}. Nothing was sent."
