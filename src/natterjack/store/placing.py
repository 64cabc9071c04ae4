"""Another database takes the place of the one that is there, as a whole or not at all, wherever it is interrupted.

The new files are gathered in the folder ``restoring.part``, which counts for nothing. Once they are complete it is
renamed to ``restoring-TIME``: from that moment on they are the ones, and whoever opens the database next
(:func:`finish`) moves the old ones to ``replaced-TIME`` and the new ones into their places, one after the other, as far
as that has not happened yet. Nothing is ever deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from natterjack.store.disk import sync

NAME = "natterjack.db"
#: What belongs to a database file besides itself: its log, and the note that it is open (see ``store/database.py``).
COMPANIONS = ("-wal", "-shm", ".open")
_PART = "restoring.part"
_NEXT = "restoring-"
_KEPT = "replaced-"


def place(directory: Path, stamp: str, fill: Callable[[Path], None]) -> Path | None:
    """What ``fill`` puts into the folder that it is given, takes the place of what ``directory`` has of the same names.

    The answer is where the old files are now, None where there were none. ``stamp`` is for the names of folders.
    Whoever calls has the directory's lock. Raises :class:`OSError`, and what ``fill`` raises: then nothing has changed.
    """
    finish(directory)
    part = directory / _PART
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        fill(part)
        for folder in (part, *(entry for entry in part.iterdir() if entry.is_dir())):
            sync(folder)
        part.rename(directory / f"{_NEXT}{_free(directory, stamp)}")
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    sync(directory)
    return finish(directory)


def finish(directory: Path) -> Path | None:
    """Put into place what :func:`place` has prepared, if it was interrupted. Raises :class:`OSError`."""
    kept = None
    for ready in sorted(directory.glob(f"{_NEXT}*")):
        kept = directory / (_KEPT + ready.name.removeprefix(_NEXT))
        for new in sorted(ready.iterdir()):
            names = [new.name]
            if new.name == NAME:  # the old log first: it must never lie beside the new database
                names = [*(NAME + companion for companion in COMPANIONS), NAME]
            for name in names:
                _set_aside(directory / name, kept)
            new.rename(directory / new.name)
            sync(directory)
        ready.rmdir()
        sync(directory)
    return kept if kept is not None and kept.exists() else None


def _set_aside(old: Path, kept: Path) -> None:
    if old.exists():
        kept.mkdir(mode=0o700, exist_ok=True)
        old.rename(kept / old.name)
        sync(kept)
        sync(old.parent)


def _free(directory: Path, stamp: str) -> str:
    """``stamp``, or with a number behind it where that is taken."""
    number = 1
    free = stamp
    while any((directory / f"{prefix}{free}").exists() for prefix in (_NEXT, _KEPT)):
        number += 1
        free = f"{stamp}-{number}"
    return free
