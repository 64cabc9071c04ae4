"""Small files that must not be lost: for their owner alone, read whole, replaced whole, by one process at a time."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def read(path: Path, most: int) -> bytes | None:
    """At most ``most`` bytes of ``path``, and one more where it has more; None where it is not there."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        return None


def change(path: Path, most: int, how: Callable[[bytes | None], bytes | None]) -> None:
    """Put in ``path`` what ``how`` makes of what :func:`read` finds there; None leaves it alone.

    Whoever reads, and whatever breaks, sees the old content or the new one. It is on the disk when this returns.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.parent):
        data = how(read(path, most))
        if data is not None:
            _draft(path, data).replace(path)
            _settle(path.parent)


def try_out(path: Path) -> None:
    """Raises the ``OSError`` that :func:`change` would."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.parent):
        _draft(path, b"").unlink()


def _draft(path: Path, data: bytes) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
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
        import fcntl  # does not exist there

        descriptor = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _settle(directory: Path) -> None:
    """A new name lasts once its directory is on the disk."""
    if sys.platform != "win32":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
