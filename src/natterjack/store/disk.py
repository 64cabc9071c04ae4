"""Files and folders, made to last a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """What was written to the file ``path``, or which files the folder ``path`` has, lasts. Raises :class:`OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, content: bytes) -> None:
    """A new file for its owner alone, with the folders above it. Raises :class:`OSError`."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def name(part: Path, path: Path) -> None:
    """The finished file ``part`` gets its name, which no other file may have: :class:`FileExistsError`."""
    sync(part)
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)
    else:
        part.unlink()
    sync(path.parent)
