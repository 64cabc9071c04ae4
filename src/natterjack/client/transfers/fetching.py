"""The errand of a download."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from msgspec import structs

from natterjack.client.transfers import parts
from natterjack.client.transfers.connection import Cut
from natterjack.client.transfers.downloading import Download
from natterjack.client.transfers.naming import local_name
from natterjack.client.transfers.parts import Part
from natterjack.client.transfers.sources import typed_path
from natterjack.client.transfers.steps import Check, End, Fetch, Look, Place, Renew, Rest
from natterjack.client.transfers.uploading import PATH
from natterjack.client.transfers.values import State
from natterjack.client.transfers.words import Trouble
from natterjack.client.transfers.worker import PIECE, Digest, Over, Worker

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


class NoPlace(Exception):  # noqa: N818 - named for what there is
    """It cannot be saved there, as ``trouble`` says."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.trouble = Trouble(code, text)


class Fetching:
    """``typed`` is the path that a person has named, ``""`` for none: then it goes to ``downloads``."""

    def __init__(self, typed: str, downloads: Path, chance: Callable[[], float] = random.random) -> None:
        self._typed = typed
        self._downloads = downloads
        self._chance = chance
        self._part: Part | None = None
        self._digest = Digest()
        self._buffer = memoryview(bytearray(PIECE))

    def run(self, worker: Worker) -> Over:
        row = worker.row
        if not row.part and self._typed:
            try:
                _place(self._typed, self._downloads, "")  # before anything is asked
            except NoPlace as error:
                return Over(State.FAILED, error.trouble)
        self._part = _reopened(row.part, row.mark)
        if self._part is None and row.mark:
            over = self._found(worker)
            if over is not None:
                return over
        download = Download(
            row.name or row.file_id, self._chance, row.size, row.sha256, placed=self._part is not None
        )
        if self._part is not None:
            if not row.mark:
                worker.keep(structs.replace(row, mark=self._part.mark))
            download.placed(self._part.size)
        while not isinstance(step := download.next(), End):
            worker.check()
            try:
                self._step(worker, download, step)
            except Cut as error:
                worker.connection.close()
                worker.check()
                download.broke(str(error))
            except NoPlace as error:
                return Over(State.FAILED, error.trouble)
            except OSError as error:
                worker.connection.close()
                download.failed_here(*self._why(error, download))
        return self._over(worker, download, step.trouble)

    def _found(self, worker: Worker) -> Over | None:
        """An earlier run ended when the file had its name, and that was not written down yet: it is only looked at."""
        row = worker.row
        try:
            part = parts.settled(Path(row.path), row.mark)
            if part is None:
                return None
            with closing(part):
                if part.size != row.size:
                    return None
                self._read_all(worker, part, row.size)
        except OSError:
            return None  # whatever it is, it cannot be read: the file is fetched again
        if self._digest.text() != row.sha256:
            return None
        return Over(State.DONE, None, os.fspath(part.path), row.sha256, row.size)

    def _step(self, worker: Worker, download: Download, step: object) -> None:
        match step:
            case Renew():
                worker.renew()
            case Rest():
                if worker.rest(step):
                    download.reconnected()
            case Look():
                worker.connection.ask("HEAD", f"{PATH}{worker.row.file_id}", worker.headers())
                download.looked(worker.connection.answer())
            case Place():
                self._find_place(worker, download)
            case Fetch():
                self._fetch(worker, download, step)
            case Check():
                assert self._part is not None
                self._read_all(worker, self._part, download.have)
                download.checked(self._digest.text())

    def _find_place(self, worker: Worker, download: Download) -> None:
        row = worker.row
        path = Path(row.path) if row.path else _place(self._typed, self._downloads, row.name or download.name)
        _room(path.parent, download.size)
        row = structs.replace(
            row,
            name=row.name or download.name or path.name,
            path=os.fspath(path),
            size=download.size,
            sha256=download.sha256,
        )
        part = self._part = parts.begin(
            path, lambda name: worker.keep(structs.replace(row, part=os.fspath(name), mark=""))
        )
        worker.keep(structs.replace(worker.row, mark=part.mark))
        download.placed(0)

    def _fetch(self, worker: Worker, download: Download, step: Fetch) -> None:
        part = self._part
        assert part is not None
        self._read_all(worker, part, download.have)
        fields: list[tuple[str, str]] = []
        if step.offset:
            fields = [("Range", f"bytes={step.offset}-"), ("If-Range", f'"{step.sha256}"')]
        connection = worker.connection
        connection.ask("GET", f"{PATH}{worker.row.file_id}", worker.headers(*fields))
        head = connection.head()
        if head.status not in (200, 206):
            download.began(connection.rest(head))
            return
        known = download.sha256
        if not download.began(connection.told(head)):
            connection.close()
            return
        if download.sha256 != known:
            worker.keep(structs.replace(worker.row, size=download.size, sha256=download.sha256))
        part.cut(download.have)
        if download.have < self._digest.size:
            self._digest = Digest()
        worker.begin(State.RUNNING, download.have, download.size)
        for piece in connection.body():
            offset = download.have
            if not download.received(len(piece)):
                connection.close()
                return
            try:
                part.write(offset, piece)
            except OSError:
                part.cut(offset)  # a piece of a piece: hashed and told is only what is whole
                raise
            self._digest.add(offset, memoryview(piece))
            worker.moved(download.have, download.size)
        download.ended()

    def _read_all(self, worker: Worker, part: Part, have: int) -> None:
        """Have the hash of the ``have`` bytes of ``part``: what an earlier run has fetched is read once more."""
        if self._digest.size > have:
            self._digest = Digest()
        if self._digest.size < have:
            worker.begin(State.CHECKING, self._digest.size, have)
        while self._digest.size < have:
            room = min(PIECE, have - self._digest.size)
            count = part.read(self._digest.size, self._buffer[:room])
            if not count:
                raise OSError(errno.EIO, "it has become shorter")
            self._digest.add(self._digest.size, self._buffer[:count])
            worker.moved(self._digest.size, have)

    def _over(self, worker: Worker, download: Download, trouble: Trouble | None) -> Over:
        part = self._part
        if trouble is not None:
            if part is not None and not trouble.again:
                part.discard()
            return Over(State.FAILED, trouble, done=download.have)
        assert part is not None
        try:
            path = part.settle(Path(worker.row.path))
        except OSError as error:
            code, text = self._why(error, download)
            return Over(State.FAILED, Trouble(code, f"{worker.row.name} was fetched: {text}", again=True))
        return Over(State.DONE, None, os.fspath(path), download.sha256, download.size)

    def _why(self, error: OSError, download: Download) -> tuple[str, str]:
        where = self._part.path if self._part else self._downloads
        if error.errno in _FULL:
            kept = f"{download.have:,} of {download.size:,} bytes are kept in {where}"
            return "disk_full", f"the disk is full. {kept}: make room, and resume it."
        if isinstance(error, PermissionError):
            return "no_rights", f"you may not write in {where.parent if self._part else where}."
        return "unwritable", f"{where}: {(error.strerror or 'it cannot be written').lower()}."

    def cancel(self, worker: Worker) -> None:
        if self._part is not None:
            with suppress(OSError):  # it is told that it was cancelled all the same
                self._part.discard()
        elif worker.row.part:
            with suppress(OSError):
                parts.discard(Path(worker.row.part), worker.row.mark)

    def close(self) -> None:
        if self._part is not None:
            self._part.close()


def _reopened(part: str, mark: str) -> Part | None:
    try:
        return parts.reopen(Path(part), mark) if part else None
    except OSError:
        return None  # it cannot be had any more: another one is made, and says why if that cannot be either


def _place(typed: str, downloads: Path, name: str) -> Path:
    """Where a file goes that its sender calls ``name``. Raises :class:`NoPlace`, and ``OSError``."""
    if not typed:
        downloads.mkdir(parents=True, exist_ok=True)
        return downloads / local_name(name)
    path = typed_path(typed)
    if path.is_dir():
        return path / local_name(name)
    if os.path.lexists(path):
        text = f"There is something at {path} already, and nothing is ever overwritten: give another path."
        raise NoPlace("exists", text)
    if not path.parent.is_dir():
        raise NoPlace(
            "no_directory", f"There is no directory {path.parent}: make it first, or give another path."
        )
    return path


def _room(directory: Path, size: int) -> None:
    """Raises :class:`NoPlace` where there is certainly not enough."""
    free = shutil.disk_usage(directory).free
    if size > free:
        text = f"It has {size:,} bytes, and only {free:,} are free in {directory}: nothing was fetched."
        raise NoPlace("disk_full", text)
