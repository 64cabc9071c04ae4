"""Copies of the whole database, made while it is in use, and brought back.

A backup is one file: a database as ours is, complete and checked, with one more table, ``backup_file``, that holds the
files that belong to a server besides (its key). It is copied page by page from a snapshot, by a connection that only
reads; the writer goes on meanwhile, but its log can't begin anew until the copy is done.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from natterjack.store import disk, placing
from natterjack.store.database import APPLICATION_ID, StoreError, explained, newest
from natterjack.store.placing import NAME

#: Pages that are copied in one step (1 MiB), and steps after which they are sent to the disk: a mountain of pages that
#: waits for it would hold up the writer's syncs.
_PAGES, _STEPS = 256, 16
#: Steps of SQLite's machine between two looks whether to stop.
_LOOK = 1_000_000
_ANOTHER = "use another backup"

Files = Mapping[str, bytes]
Stop = Callable[[], bool]


class StoppedError(Exception):
    """It was asked to stop, and has left nothing behind."""


class Restored(Struct, frozen=True):
    """What a backup has brought: the names of the files besides the database, and where the old ones are now."""

    files: tuple[str, ...]
    replaced: Path | None


def never() -> bool:
    """Nobody asks to stop."""
    return False


def back_up(database: Path, files: Files, to: Path, stop: Stop = never) -> int:
    """Make the backup ``to``, which must not exist; the answer is its size in bytes.

    It is complete and has been checked once it has its name; until then it is ``to`` with ``.part`` behind it. Raises
    :class:`~natterjack.store.database.StoreError`, :class:`StoppedError`.
    """
    with new_file(to) as part:
        with explained(database), reading(database) as source:
            _copy(source, part, stop)
        with explained(to), _changing(part, stop) as copy:
            copy.execute("CREATE TABLE backup_file (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT")
            copy.executemany("INSERT INTO backup_file VALUES (?, ?)", files.items())
            _check(copy, database)
    return to.stat().st_size


@contextmanager
def new_file(to: Path) -> Iterator[Path]:
    """The file ``to`` is made by filling the one that this gives; it gets its name if nothing goes wrong inside.

    Raises :class:`~natterjack.store.database.StoreError`.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        if to.exists():
            raise FileExistsError
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield part
            disk.name(part, to)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise StoreError(f"{to} exists already: give another name") from error
    except OSError as error:
        remedy = (
            "make room" if error.errno == errno.ENOSPC else "name a place where the server's user may write"
        )
        raise StoreError(f"can't write {to}: {error.strerror}: {remedy}") from error


def restore(backup: Path, directory: Path, allowed: frozenset[str], stamp: str) -> Restored:
    """Put ``backup`` in the place of the database in ``directory``, whose lock the caller has; the old one is kept.

    Any database of ours is a backup, such as the copies from before a migration; then there are no files in it.
    ``allowed`` are the names that files may have. Raises :class:`~natterjack.store.database.StoreError`, after which
    nothing has changed.
    """
    found: list[str] = []

    def fill(part: Path) -> None:
        to = part / NAME
        os.close(os.open(to, os.O_CREAT | os.O_EXCL, 0o600))
        with explained(backup, _ANOTHER), reading(backup) as source:
            recognise(source, backup)
            _copy(source, to, never)
        with explained(backup, _ANOTHER), _changing(to, never) as copy:
            _check(copy, backup)
            for name, content in _files(copy, backup, allowed):
                disk.write(part / name, content)
                found.append(name)
        disk.sync(to)

    if not backup.is_file():
        raise StoreError(f"there is no file {backup}: name a backup")
    try:
        replaced = placing.place(directory, stamp, fill)
    except OSError as error:
        raise StoreError(
            f"can't restore into {directory}: {error.strerror}: make room, or mend its rights"
        ) from error
    return Restored(tuple(found), replaced)


def check(database: Path) -> list[str]:
    """What is wrong with a database, found by looking at all of it: takes minutes for millions of lines.

    Raises :class:`~natterjack.store.database.StoreError` where it can't even be opened.
    """
    with explained(database), reading(database) as connection:
        recognise(connection, database)
        return _faults(connection)


def contents(database: Path) -> dict[str, int]:
    """The bytes of files that belong to a database, or a backup: SHA-256 and size of each. Raises as :func:`check`."""
    with explained(database, _ANOTHER), reading(database) as connection:
        recognise(connection, database)
        if not connection.table_exists("main", "upload"):  # one from before there were files
            return {}
        rows: list[Any] = connection.execute("SELECT DISTINCT sha256, size FROM upload ORDER BY 1").fetchall()
        return dict(rows)


# -- inside


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """A connection that only reads."""
    # Without a log nobody has it open. SQLite would make one, perhaps where nothing can be written, and leave it there.
    settled = not path.with_name(f"{path.name}-wal").exists()
    name = path.absolute().as_uri() + ("?immutable=1" if settled else "")
    connection = apsw.Connection(name, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        connection.set_busy_timeout(5000)
        yield connection
    finally:
        connection.close()


def recognise(connection: apsw.Connection, path: Path) -> None:
    """Refuse what is no database of ours, or is from the future."""
    if connection.pragma("application_id") != APPLICATION_ID:
        raise StoreError(f"{path} is no database of natterjack: name another")
    if connection.pragma("user_version") > newest():
        raise StoreError(f"{path} was written by a newer version of natterjack: use that one")


@contextmanager
def _changing(path: Path, stop: Stop) -> Iterator[apsw.Connection]:
    """A copy that nobody else knows of, no longer with a log of its own."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "delete")
        connection.pragma("synchronous", "off")
        connection.set_progress_handler(stop, _LOOK)
        yield connection
    except apsw.InterruptError as error:
        raise StoppedError from error
    finally:
        connection.close()


def _copy(source: apsw.Connection, to: Path, stop: Stop) -> None:
    target = apsw.Connection(str(to))
    descriptor = os.open(to, os.O_RDONLY)
    try:
        target.pragma("synchronous", "off")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # the snapshot is of now
        with target.backup("main", source, "main") as copying:
            steps = 0
            while not copying.step(_PAGES):
                steps += 1
                if steps % _STEPS == 0:
                    os.fsync(descriptor)
                if stop():
                    raise StoppedError
        source.execute("COMMIT")
    except (apsw.FullError, apsw.IOError) as error:
        what = "there is no room" if isinstance(error, apsw.FullError) else "no room, or the disk fails"
        raise StoreError(f"can't write {to}: {what}: make room, or use another disk") from error
    finally:
        os.close(descriptor)
        target.close()


def _check(connection: apsw.Connection, path: Path) -> None:
    faults = _faults(connection)
    if faults:
        raise StoreError(f"{path} is damaged ({faults[0]}): use an older backup")


def _faults(connection: apsw.Connection) -> list[str]:
    rows: list[Any] = connection.execute("PRAGMA integrity_check(10)").fetchall()
    return [row[0] for row in rows if row[0] != "ok"]


def _files(connection: apsw.Connection, path: Path, allowed: frozenset[str]) -> list[tuple[str, bytes]]:
    """The files in it, which it then has no longer."""
    if not connection.table_exists("main", "backup_file"):
        return []
    rows: list[Any] = connection.execute("SELECT name, content FROM backup_file ORDER BY name").fetchall()
    odd = [name for name, _ in rows if name not in allowed]
    if odd:
        raise StoreError(f"{path} has a file {odd[0]!r} in it, which is none of ours")
    connection.execute("DROP TABLE backup_file")
    return rows
