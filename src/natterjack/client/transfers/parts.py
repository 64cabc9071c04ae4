"""A file that is being fetched: partial under a name of its own until it is known to be right.

Theory of operation. Bytes go to ``name.part`` beside the place where the file will be, made so that nothing that is
there is touched or followed (``O_EXCL``). It is known again by device and inode, not by its name alone: somebody may
have put another file there meanwhile. Its name is written down before it is made, so that none is left behind by who is
killed right then: where nothing but the name is known, a file there is ours if it is empty. When all of it is here and
right it gets its name by a hard link, which never overwrites and never follows; then the partial name goes. Killed in
between, the next run finds both to be one file; killed behind that, before anybody was told, it finds the file under
its name (:func:`settled`).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

from natterjack.client.transfers.naming import numbered

_ENDING = ".part"
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_FLAGS = os.O_RDWR | _READ
#: What file systems say that have no hard links.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
#: Names tried one after another.
_MOST_NAMES = 10_000


class Part:
    """The open partial file. ``mark`` knows it again."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self._file = file
        status = os.fstat(file.fileno())
        self.mark = _mark(status)
        self.size = status.st_size

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Raises ``OSError``; what fitted is in it then."""
        self._file.seek(offset)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def read(self, offset: int, buffer: memoryview) -> int:
        """Fill ``buffer`` from ``offset`` on; how many bytes there were."""
        self._file.seek(offset)
        return self._file.readinto(buffer) or 0

    def cut(self, size: int) -> None:
        """Throw away what is behind ``size``."""
        self._file.truncate(size)

    def settle(self, path: Path) -> Path:
        """Give it the name of ``path``, or one with a number where that is taken: which. It is on the disk then.

        Closes it. Raises ``OSError``; it is still there under its partial name then.
        """
        os.fsync(self._file.fileno())
        self._file.close()
        if not _is(self.path, self.mark):
            raise FileNotFoundError(errno.ENOENT, "somebody has taken the partial file away", str(self.path))
        for name in _names(path.name):
            place = path.with_name(name)
            if self._name(place):
                _sync(place.parent)
                return place
        raise FileExistsError(errno.EEXIST, "there are too many files of that name", str(path))

    def _name(self, place: Path) -> bool:
        """Whether it has the name of ``place`` now; False where something else has."""
        if _is(place, self.mark):  # so far we came the last time
            self.path.unlink()
            return True
        try:
            if sys.platform == "win32":
                self.path.rename(place)  # there it never overwrites
                return True
            os.link(self.path, place, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            try:
                os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                return False
            self.path.replace(place)  # only ever over the empty file that was made a moment ago
            return True
        self.path.unlink()
        return True

    def close(self) -> None:
        """It stays."""
        self._file.close()

    def discard(self) -> None:
        """It goes."""
        self._file.close()
        discard(self.path, self.mark)


def begin(place: Path, announce: Callable[[Path], None]) -> Part:
    """A new partial file for what is to be ``place``; ``announce`` is told its name before. Raises ``OSError``."""
    for name in _names(place.name):
        path = place.with_name(name + _ENDING)
        if not os.path.lexists(path):
            announce(path)
            with suppress(FileExistsError):
                return Part(path, FileIO(os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666), "r+b"))
    raise FileExistsError(errno.EEXIST, "there are too many partial files of that name", str(place))


def reopen(path: Path, mark: str) -> Part | None:
    """The partial file of an earlier run; None where it is not there any more. Raises ``OSError``.

    ``mark`` is ``""`` where that run has not come further than to its name.
    """
    if not _is(path, mark):
        return None
    part = Part(path, FileIO(os.open(path, _FLAGS), "r+b"))
    if part.mark != mark if mark else part.size:
        part.close()
        return None
    return part


def settled(place: Path, mark: str) -> Part | None:
    """The file of that mark, to be read, where an earlier run has given it the name of ``place``, or a numbered one.

    It may be somebody else's by now, of which nothing can be said but what is in it. Raises ``OSError``.
    """
    for name in _names(place.name):
        path = place.with_name(name)
        if not os.path.lexists(path):
            return None
        if _is(path, mark):
            _sync(path.parent)
            return Part(path, FileIO(os.open(path, _READ), "rb"))
    return None


def discard(path: Path, mark: str) -> None:
    """Remove a partial file, if it is ours. Raises ``OSError``."""
    if _is(path, mark):
        path.unlink(missing_ok=True)


def _is(path: Path, mark: str) -> bool:
    """Whether the file of that mark is at ``path``; of none: whether one is there in which nothing is."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and (_mark(status) == mark if mark else not status.st_size)


def _mark(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}"


def _names(name: str) -> Iterator[str]:
    for _, each in zip(range(_MOST_NAMES), numbered(name), strict=False):
        yield each


def _sync(directory: Path) -> None:
    """A new name lasts once its directory is on the disk. Some file systems do that in their own time."""
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
