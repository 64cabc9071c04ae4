"""Bodies in a thread of their own: from the connection to the disk, and back."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from msgspec import Struct

from natterjack.files.limits import Bound
from natterjack.files.sniffing import HEAD
from natterjack.files.tus import Checksum
from natterjack.files.vault import Content, Meta, Vault, begin_writing, hash_of, sync
from natterjack.wire.http import BadRequest, Response

_log = logging.getLogger(__name__)

#: Bytes taken from the connection before they are written: large for Python, and small enough that hashing and writing
#: find them in the processor's cache.
_PIECE = 256 * 1024
#: Bytes after which they begin to go to the disk: what waits for its turn there, a commit of the database on the same
#: disk has to wait for as well, and with it the chat. One upload does not wait for them; several do, one at a time.
_BEGIN = 4 * 1024 * 1024
#: Bytes after which the room on the disk is looked at again.
_LOOK = 64 * 1024 * 1024
#: What a full disk says.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Line(Protocol):
    """The connection, as :class:`natterjack.net.loan.Loan` has it."""

    def read_into(self, view: memoryview) -> int:
        """Some of the request's body; 0 at its end."""

    def begin(self, response: Response) -> None:
        """The head of the answer."""

    def send_file(self, file: int, offset: int, count: int) -> None:
        """The body of the answer."""

    def settle(self) -> None:
        """The last that is done before it is given back."""


class Arriving(Struct, frozen=True):
    """What is to come: from ``offset`` on, and no more than up to ``most``; with ``checksum``, if any.

    ``more``, if there is any, waits for more room, where the upload has come so far; the answer is how far it may come.

    ``hasher`` has seen everything before ``offset``; None: it is not known.
    """

    meta: Meta
    offset: int
    most: int
    checksum: Checksum | None
    hasher: hashlib._Hash | None
    floor: float
    more: Callable[[int], Bound] | None = None


class Arrived(Struct, frozen=True):
    """What came of it: ``offset`` bytes are there now; ``content`` where that is all.

    ``status`` with ``why`` in words, where something is wrong; not ``alive``: the connection is of no use any more.
    """

    offset: int
    hasher: hashlib._Hash | None
    content: Content | None = None
    status: int = 0
    why: str = ""
    alive: bool = True


class _Trouble(Exception):  # noqa: N818 - mostly the peer's
    def __init__(self, status: int, why: str, alive: bool = True) -> None:
        super().__init__(why)
        self.status = status
        self.alive = alive


def receive(vault: Vault, line: Line, job: Arriving) -> Arrived:
    """Take in a body. What came is kept and synced, however it ends; unless its checksum was said, and is another."""
    try:
        file = vault.open_upload(job.meta.id)
    except OSError as error:
        trouble = _disk(error)
        return Arrived(job.offset, job.hasher, None, trouble.status, str(trouble))
    try:
        with vault.growing():
            return _Receiver(vault, line, job, file).run()
    finally:
        os.close(file)


class _Receiver:
    def __init__(self, vault: Vault, line: Line, job: Arriving, file: int) -> None:
        self._vault = vault
        self._line = line
        self._job = job
        self._file = file
        self._offset = job.offset
        self._hasher = hashlib.sha256() if not job.offset else job.hasher
        self._before = self._hasher.copy() if self._hasher is not None and job.checksum else None
        self._part = hashlib.new(job.checksum.algorithm, usedforsecurity=False) if job.checksum else None

    def run(self) -> Arrived:
        trouble = self._tried(self._begin) or self._tried(self._take) or self._tried(self._verify)
        if trouble is not None and self._part is not None:
            trouble = self._tried(self._undo) or trouble
        content: Content | None = None

        def settle() -> None:
            nonlocal content
            content = self._settle(trouble is None)

        trouble = self._tried(settle) or trouble
        alive = trouble is None or trouble.alive
        try:
            self._line.settle()
        except OSError:
            alive = False
        status, why = (trouble.status, str(trouble)) if trouble else (0, "")
        return Arrived(self._offset, self._hasher, content, status, why, alive)

    def _tried(self, step: Callable[[], None]) -> _Trouble | None:
        try:
            step()
        except _Trouble as trouble:
            return trouble
        except OSError as error:  # the line's are troubles already
            return _disk(error)
        except Exception:
            _log.exception("an error of ours while upload %s came in", self._job.meta.id)
            self._hasher = None  # who knows what it has seen; what is on the disk can be hashed
            text = "the server has made a mistake; what came before is kept"
            return _Trouble(HTTPStatus.INTERNAL_SERVER_ERROR, text)
        return None

    def _begin(self) -> None:
        """Wherever this ends, what could not be verified does not count."""
        if self._part is not None:
            self._sync()  # what is there already may have come before the server was killed
            self._vault.describe(self._job.meta, self._offset, verified=False)

    def _take(self) -> None:
        view, more = memoryview(bytearray(_PIECE)), self._job.more
        bound = Bound(self._job.most, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "more came than there was to come")
        look = begun = self._offset
        while True:
            if more is not None and self._offset >= bound.most:
                bound = more(self._offset)
            room = max(0, bound.most - self._offset)
            beyond = more is None or not room  # whether to look if anything comes for which there is none
            if self._offset >= look:
                self._look()
                look = self._offset + _LOOK
            try:
                size = self._line.read_into(view[: room + beyond])
            except BadRequest as error:
                raise _Trouble(error.status, str(error)) from error
            except TimeoutError as error:
                raise _Trouble(HTTPStatus.REQUEST_TIMEOUT, error.strerror or "too slow") from error
            except OSError as error:
                raise _Trouble(0, "", alive=False) from error
            if not size:
                return
            self._keep(view[: min(size, room)])
            if self._offset - begun >= _BEGIN:
                self._write_out(begun)
                begun = self._offset
            if size > room:
                raise _Trouble(bound.status, bound.text)

    def _keep(self, view: memoryview) -> None:
        while view:
            size = os.pwrite(self._file, view, self._offset)
            self._offset += size
            for hasher in (self._hasher, self._part):
                if hasher is not None:
                    hasher.update(view[:size])
            view = view[size:]

    def _write_out(self, begun: int) -> None:
        if self._vault.crowded:
            with self._vault.turn:
                self._sync()
        else:
            begin_writing(self._file, begun, self._offset - begun)

    def _look(self) -> None:
        free, total = self._vault.room()
        if free < total * self._job.floor:
            raise _Trouble(HTTPStatus.INSUFFICIENT_STORAGE, "the disk is nearly full")

    def _verify(self) -> None:
        checksum = self._job.checksum
        if checksum is not None and self._part is not None and self._part.digest() != checksum.digest:
            raise _Trouble(460, f"what came has another {checksum.algorithm} than was said; it was dropped")

    def _undo(self) -> None:
        """What can't be trusted is as if it had never come; where a sync failed there is less than that."""
        if self._offset < self._job.offset:
            return
        os.ftruncate(self._file, self._job.offset)
        self._offset = self._job.offset
        self._hasher = self._before

    def _settle(self, good: bool) -> Content | None:
        meta = self._job.meta
        if good and (meta.once or self._offset == meta.size):
            self._sync()
            hasher = self._hasher or hash_of(self._file)
            return Content(hasher.hexdigest(), os.pread(self._file, HEAD, 0))
        grown = self._offset > self._job.offset
        if grown:
            self._sync()
        if grown or (self._part is not None and self._offset == self._job.offset):
            self._vault.describe(meta, self._offset)
        return None

    def _sync(self) -> None:
        try:
            sync(self._file)
        except OSError as error:
            self._offset, self._hasher = 0, None
            self._vault.begin_anew(self._job.meta)
            text = f"the disk fails, and nothing of this upload is left: {error.strerror}"
            raise _Trouble(HTTPStatus.INTERNAL_SERVER_ERROR, text) from error


def _disk(error: OSError) -> _Trouble:
    if error.errno in _FULL:
        return _Trouble(HTTPStatus.INSUFFICIENT_STORAGE, "the disk is full; what came before is kept")
    return _Trouble(HTTPStatus.INTERNAL_SERVER_ERROR, f"the disk fails: {error.strerror}")


class Sent(Struct, frozen=True):
    """``begun``: whether an answer is under way; if not, there has to be another, since the file can't be read."""

    begun: bool
    alive: bool


def send(vault: Vault, line: Line, sha256: str, response: Response, first: int, count: int) -> Sent:
    """The answer with its body: ``count`` bytes of a whole file from ``first`` on."""
    try:
        file = os.open(vault.path(sha256), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return Sent(begun=False, alive=True)
    try:
        line.begin(response)
        line.send_file(file, first, count)
        line.settle()
    except OSError:
        return Sent(begun=True, alive=False)
    finally:
        os.close(file)
    return Sent(begun=True, alive=True)
