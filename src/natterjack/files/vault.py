"""Bytes on the disk. Everything here may wait for it, so it runs in threads beside the loop.

Theory of operation. Two folders::

    incoming/<id>, incoming/<id>.json     what has come of an upload, and what was said of it
    whole/<ab>/<sha256>                   whole files, each content once

An upload grows in ``incoming``. When all of it is there, synced and hashed, it gets its second name in ``whole``
(a link), and the folders are synced; only then is the core asked to make it a file, and only when that is committed
does the first name go. So a file that anybody can see is whole, right and on the disk, wherever the server is killed:
what has two names and no row is found at the next start, loses the second and may be finished again; what has a row
and still both loses the first. Which is which tells the core (:class:`~natterjack.ports.files.Holdings`).

After a power cut a file may have its size without its bytes. So how much was surely on the disk is noted in the
``.json`` each time it was synced, together with the boot of the machine that this was in: in the same boot all bytes
that were written are there, in another only the noted ones count. Where a checksum was said, and the server was killed
before it was looked at, that is so in the same boot too. But what has two names is whole, and a file's bytes
perhaps: nobody waits for the first name to be gone for good, so it may be back.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from natterjack.files.sniffing import HEAD

_log = logging.getLogger(__name__)

#: Where all of it is, under the data directory.
FOLDER = "files"
_HASH = re.compile("[0-9a-f]{64}")
_SUFFIX = ".json"
_PART = ".new"
#: The size counts as data; the time of a change does not. Darwin has only the other.
_fdatasync = getattr(os, "fdatasync", os.fsync)
#: Bytes read at once for hashing what lies on the disk.
_PIECE = 1024 * 1024


class Meta(Struct, frozen=True, kw_only=True):
    """What is known of an upload. ``size`` -1: not said yet; ``said`` its type, as its sender says.

    ``bound``: who the target is, as the core says. ``once``: it can't be resumed.
    """

    id: str
    owner: str
    payer: str
    target: str
    name: str
    said: str
    size: int
    bound: str = ""
    once: bool = False
    boot: str = ""
    synced: int = 0


class Found(Struct, frozen=True):
    """An upload that was there at the start: so many bytes of it, the last at ``touched`` (seconds since 1970)."""

    meta: Meta
    offset: int
    touched: float


class Content(Struct, frozen=True):
    """A whole file: its SHA-256, and its first bytes."""

    sha256: str
    head: bytes


class Vault:
    """``root`` is made if it is not there. Raises ``OSError``, everywhere."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._whole = root / "whole"
        for folder in (root, self._incoming, self._whole):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync_folder(folder.parent)
        self._boot = _boot()
        #: Whose turn it is to wait for the disk, where several uploads grow.
        self.turn = threading.Lock()
        self._growing = 0
        self._counting = threading.Lock()

    # -- at the start

    def uploads(self) -> Iterator[Found]:
        """Those under way; what can't be gone on with is deleted."""
        for path in sorted(self._incoming.glob(f"*{_PART}")):
            path.unlink()
        described = {path.stem: path for path in self._incoming.glob(f"*{_SUFFIX}")}
        for path in self._incoming.iterdir():
            if path.suffix != _SUFFIX and path.name not in described:
                path.unlink()
        for name, path in described.items():
            found = self._found(name, path)
            if found is None:
                self.forget(name)
            else:
                yield found

    def _found(self, name: str, path: Path) -> Found | None:
        try:
            meta = msgspec.json.decode(path.read_bytes(), type=Meta)
        except (msgspec.DecodeError, UnicodeDecodeError):
            _log.warning("an upload was begun over, since %s can't be read", path)
            return None
        if meta.once or meta.id != name:
            return None
        data = self._incoming / name
        if not data.exists():
            return Found(meta, 0, path.stat().st_mtime)
        status = data.stat()
        size = status.st_size
        if meta.boot != self._boot and size > meta.synced and status.st_nlink == 1:
            size = meta.synced
            os.truncate(data, size)
        return Found(meta, size, status.st_mtime)

    def contents(self) -> dict[str, int]:
        """SHA-256 and size of all that is whole; what is called otherwise somebody else has left there."""
        return {
            path.name: path.stat().st_size for path in self._whole.glob("??/*") if _HASH.fullmatch(path.name)
        }

    def room(self) -> tuple[int, int]:
        """Bytes that are free for us, and bytes that the disk has."""
        status = os.statvfs(self._whole)
        return status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize

    # -- uploads

    def describe(self, meta: Meta, synced: int = 0, *, verified: bool = True) -> None:
        """An upload begins, or more is known of it; ``synced`` bytes of it are surely on the disk.

        Not ``verified``: no more than these count at the next start.
        """
        path = self._incoming / f"{meta.id}{_SUFFIX}"
        part = path.with_suffix(_PART)
        described = msgspec.structs.replace(meta, boot=self._boot if verified else "", synced=synced)
        try:
            part.write_bytes(msgspec.json.encode(described))
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def begin_anew(self, meta: Meta) -> None:
        """A sync has failed (see :func:`sync`): what was noted of it before must not count after a power cut either."""
        self.describe(meta)
        descriptor = os.open(self._incoming / f"{meta.id}{_SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _sync_folder(self._incoming)

    def open_upload(self, upload: str) -> int:
        """A descriptor to write its bytes to, and read them."""
        return os.open(self._incoming / upload, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextlib.contextmanager
    def growing(self) -> Iterator[None]:
        """While an upload's bytes come in, in a thread of its own."""
        with self._counting:
            self._growing += 1
        try:
            yield
        finally:
            with self._counting:
                self._growing -= 1

    @property
    def crowded(self) -> bool:
        """Whether more than one upload grows."""
        return self._growing > 1

    def examine(self, upload: str) -> Content:
        """All of it is there: sync it (:func:`sync` says what happens where that fails), and look at it."""
        descriptor = self.open_upload(upload)
        try:
            sync(descriptor)
            return Content(hash_of(descriptor).hexdigest(), os.pread(descriptor, HEAD, 0))
        finally:
            os.close(descriptor)

    def place(self, upload: str, sha256: str) -> None:
        """It gets its name among the whole; its bytes are synced. Nothing happens where the content is there."""
        path, incoming = self.path(sha256), self._incoming / upload
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self._whole)
        try:
            os.link(incoming, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.exists():
                incoming.replace(path)
        _sync_folder(path.parent)

    def forget(self, upload: str) -> None:
        """It is a file now, or given up."""
        (self._incoming / upload).unlink(missing_ok=True)
        (self._incoming / f"{upload}{_SUFFIX}").unlink(missing_ok=True)

    # -- whole files

    def path(self, sha256: str) -> Path:
        """Where a whole file is."""
        return self._whole / sha256[:2] / sha256

    def drop(self, sha256: str) -> int:
        """Nobody has a file with this content any more; it had so many bytes."""
        path = self.path(sha256)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return 0
        path.unlink()
        return size


def sync(descriptor: int) -> None:
    """What was written to an upload lasts. Raises ``OSError``, and then nothing of it is there any more.

    The kernel drops what it could not write, and tells of it once: a second try would say that all is well.
    """
    try:
        _fdatasync(descriptor)
    except OSError:
        os.ftruncate(descriptor, 0)
        raise


def begin_writing(descriptor: int, offset: int, count: int) -> None:
    """Have the kernel put these bytes on the disk, without waiting for it."""
    if hasattr(os, "posix_fadvise"):
        # Linux begins to write what it shall forget; what is not written yet it keeps (mm/fadvise.c).
        os.posix_fadvise(descriptor, offset, count, os.POSIX_FADV_DONTNEED)


def hash_of(descriptor: int) -> hashlib._Hash:
    """The SHA-256 of all that a file has, so far."""
    found = hashlib.sha256()
    buffer = memoryview(bytearray(_PIECE))
    at = 0
    while size := os.preadv(descriptor, [buffer], at):
        found.update(buffer[:size])
        at += size
    return found


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # no Linux: each start counts as another boot
        return os.urandom(8).hex()
