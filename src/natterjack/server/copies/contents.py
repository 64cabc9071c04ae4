"""The bytes of files, beside a backup: a folder that has each content once, and may serve any number of backups.

It is laid out as the server's own (``<ab>/<sha256>``). A content never changes, so what a folder has already is not
copied again. What is copied is hashed on the way, and has its name only once it is right and on the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from natterjack.files.vault import FOLDER
from natterjack.proto.sizes import in_words
from natterjack.store import disk
from natterjack.store.backup import Stop, StoppedError
from natterjack.store.database import StoreError

#: Bytes copied at once, and bytes after which they are sent to the disk: what waits for it holds up the chat's commits.
_PIECE, _SYNC = 1 << 20, 4 << 20
#: How many are named that could not be copied.
_NAMED = 5


class Copied(Struct, frozen=True):
    """``absent`` are the hashes of those that are not there, or not what they should be."""

    count: int
    bytes: int
    there: int
    absent: tuple[str, ...]


def whole(data: Path) -> Path:
    """Where a server has them, under its data directory."""
    return data / FOLDER / "whole"


def copy(wanted: Mapping[str, int], source: Path, target: Path, stop: Stop) -> Copied:
    """Those that are ``wanted`` (hash and size) from one folder to another.

    Raises :class:`~natterjack.store.database.StoreError` where nothing can be written,
    :class:`~natterjack.store.backup.StoppedError`.
    """
    count = size = there = 0
    absent = []
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        for sha256, length in wanted.items():
            to = target / sha256[:2] / sha256
            if to.exists() and to.stat().st_size == length:
                there += 1
            elif _copy(source / sha256[:2] / sha256, target / f"{sha256}.part", to, stop):
                count += 1
                size += length
            else:
                absent.append(sha256)
    except OSError as error:
        text = (
            f"can't write to {error.filename or target}: {error.strerror}: name another folder, or make room"
        )
        raise StoreError(text) from error
    return Copied(count, size, there, tuple(absent))


def bytes_of(count: int) -> str:
    """Of how many files, in words."""
    return "The bytes of 1 file" if count == 1 else f"The bytes of {count} files"


def told(copied: Copied, target: Path) -> str:
    """What came of it, in words."""
    text = f"{bytes_of(copied.count)} ({in_words(copied.bytes)}) were copied to {target}, each checked"
    if copied.there:
        text += f"; {copied.there} {'was' if copied.there == 1 else 'were'} there already"
    if copied.absent:
        are = "is" if len(copied.absent) == 1 else "are"
        text += (
            f". {len(copied.absent)} {are} missing or damaged, and can't be fetched: {_named(copied.absent)}"
        )
    return text


def _named(absent: Iterable[str]) -> str:
    found = list(absent)
    return ", ".join(found[:_NAMED]) + (" ..." if len(found) > _NAMED else "")


def _copy(source: Path, part: Path, to: Path, stop: Stop) -> bool:
    """Whether it was there, and right. Raises ``OSError`` where it can't be written."""
    try:
        read = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    to.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        write = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            right = _pour(read, write, stop) == to.name
            os.fsync(write)
        finally:
            os.close(write)
        if right:
            part.replace(to)
            disk.sync(to.parent)
        return right
    finally:
        os.close(read)
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _pour(read: int, write: int, stop: Stop) -> str:
    """All of it; the answer is its hash, ``""`` where it can't be read."""
    hasher = hashlib.sha256()
    view = memoryview(bytearray(_PIECE))
    done = 0
    while True:
        try:
            size = os.readv(read, [view])
        except OSError:  # a bad disk under one file is no reason to give up the others
            return ""
        if not size:
            return hasher.hexdigest()
        if stop():
            raise StoppedError
        hasher.update(view[:size])
        rest = view[:size]
        while rest:
            rest = rest[os.write(write, rest) :]
        done += size
        if done % _SYNC == 0:
            os.fsync(write)
