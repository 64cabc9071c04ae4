"""Small files that must not be lost: for their owner alone, read whole, replaced whole, by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

#: Seconds to wait for another process that writes in the same directory; a stopped one would never be done.
PATIENCE: Final = 3.0
#: Between two looks whether it is.
_NAP: Final = 0.01


def read(path: Path, most: int) -> bytes | None:
    """At most ``most`` bytes of ``path``, and one more where it has more; None where it is not there."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        return None


def change(
    path: Path, most: int, how: Callable[[bytes | None], bytes | None], *, lasting: bool = True
) -> None:
    """Put in ``path`` what ``how`` makes of what :func:`read` finds there; None leaves it alone.

    Whoever reads, and whatever breaks, sees the old content or the new one. It is on the disk when this returns, unless
    it need not be ``lasting``: then the disk is not waited for, and a machine without power may lose it.
    Raises ``OSError``; a ``TimeoutError`` where another process does not let us in.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.parent):
        data = how(read(path, most))
        if data is not None:
            _draft(path, data, lasting=lasting).replace(path)
            if lasting:
                _settle(path.parent)


def try_out(path: Path) -> None:
    """Raises the ``OSError`` that :func:`change` would."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.parent):
        _draft(path, b"", lasting=True).unlink()


def _draft(path: Path, data: bytes, *, lasting: bool) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
    except OSError:  # no room, say: half a draft is of no use
        draft.unlink()
        raise
    return draft


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """No other process changes what is in ``directory`` meanwhile. The system takes the lock back when we die."""
    if sys.platform == "win32":
        import msvcrt  # exists there only

        # a directory cannot be opened there
        with (directory / "lock").open("a+b") as file:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            until = time.monotonic() + PATIENCE
            while not _taken(descriptor):
                if time.monotonic() >= until:
                    raise TimeoutError(errno.ETIMEDOUT, "Another program writes there, and does not finish")
                time.sleep(_NAP)
            yield
        finally:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Whether the lock is ours now; nobody waits for it here."""
    import fcntl  # does not exist on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _settle(directory: Path) -> None:
    """A new name lasts once its directory is on the disk."""
    if sys.platform != "win32":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
