"""A disk that writes down what is done to it, and what may be left of it when the power goes.

:class:`Recorder` is a file system for SQLite (a VFS) that notes each write, truncation and sync. :class:`Aftermath`
goes through these notes up to any place and says what the files may look like if the power went there: what was synced
is there; of everything else, any part may be, in sectors of 512 bytes, whatever the order was in which it was written.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

SECTOR = 512
_BASE = apsw.vfs_names()[0]


class Write(Struct, frozen=True):
    name: str
    offset: int
    data: bytes


class Truncate(Struct, frozen=True):
    name: str
    size: int


class Sync(Struct, frozen=True):
    name: str


class Acknowledged(Struct, frozen=True):
    """All batches up to this one were reported as stored."""

    batch: int


Note = Write | Truncate | Sync | Acknowledged


class Recorder(apsw.VFS):
    """SQLite's default file system until :meth:`unregister`; files in ``folder`` are recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.notes: list[Note] = []
        super().__init__("recording", _BASE, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not path.startswith(self.folder):
            return apsw.VFSFile(_BASE, name, flags)  # type: ignore[arg-type]
        return _File(self, Path(path).name, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, own: str, name: Any, flags: list[int]) -> None:
        self._notes = recorder.notes
        self._own = own
        super().__init__(_BASE, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._notes.append(Write(self._own, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._notes.append(Truncate(self._own, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._notes.append(Sync(self._own))


class Aftermath:
    """``files``: what was there, safely, before the first of ``notes``."""

    def __init__(self, files: dict[str, bytes], notes: list[Note]) -> None:
        self.acknowledged = 0
        self._safe = {name: bytearray(data) for name, data in files.items()}
        self._loose: dict[str, list[Write | Truncate]] = {name: [] for name in files}
        self._notes = notes
        self._place = 0

    def advance(self, place: int) -> None:
        """The power goes after so many notes; not before the place of the last call."""
        for note in self._notes[self._place : place]:
            if isinstance(note, Acknowledged):
                self.acknowledged = note.batch
            elif isinstance(note, Sync):
                for change in self._loose[note.name]:
                    _apply(self._safe[note.name], change)
                self._loose[note.name].clear()
            else:
                self._safe.setdefault(note.name, bytearray())
                self._loose.setdefault(note.name, []).append(note)
        self._place = place

    def files(self, dice: random.Random) -> dict[str, bytes]:
        """One way in which the files may look now."""
        return {
            name: bytes(_survivors(bytearray(safe), self._loose[name], dice))
            for name, safe in self._safe.items()
        }


def _survivors(file: bytearray, changes: list[Write | Truncate], dice: random.Random) -> bytearray:
    """What of ``changes`` has come to the disk: none, all, the first few, any few, or any few sectors of any."""
    way = dice.choice(("none", "all", "first", "any", "torn"))
    if way == "none":
        return file
    if way == "first":
        changes = changes[: dice.randrange(len(changes) + 1)]
    elif way != "all":
        share = dice.random()
        changes = [change for change in changes if dice.random() < share]
    for change in changes:
        if way == "torn" and isinstance(change, Write):
            share = dice.random()
            for at in range(0, len(change.data), SECTOR):
                if dice.random() < share:
                    _apply(file, Write(change.name, change.offset + at, change.data[at : at + SECTOR]))
        else:
            _apply(file, change)
    return file


def _apply(file: bytearray, change: Write | Truncate) -> None:
    """A gap before a write is full of zeros."""
    if isinstance(change, Truncate):
        del file[change.size :]
        file.extend(bytes(change.size - len(file)))
    else:
        file.extend(bytes(max(0, change.offset - len(file))))
        file[change.offset : change.offset + len(change.data)] = change.data
