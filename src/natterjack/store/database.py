"""The database file: opened, checked to be ours, brought up to date.

One connection writes and checkpoints, and only through the SQLite that apsw brings along: SQLite before 3.51.3 can
corrupt a WAL file when two connections write or checkpoint at once, and Debian 12 has 3.40.

Migrations are the numbered files beside this module. ``user_version`` says which the database has had; each runs in
one transaction together with the new number, so that one that was interrupted has not happened. Before a database
that holds something is changed, a copy of it is put beside it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import apsw

#: "NJdb": tells our files from other programs' databases.
APPLICATION_ID = 0x4E4A6462
NAME = "natterjack.db"


#: Why writing to a file may fail besides a full disk, with nothing written: a quota, and a limit of the process.
_NO_ROOM = (errno.EDQUOT, errno.EFBIG)


class StoreError(Exception):
    """The database can't be used; the text says why and what to do."""


def sqlite_version() -> str:
    """The version of the SQLite that is used, like ``3.51.3``."""
    return apsw.sqlite_lib_version()


def open_database(directory: Path) -> apsw.Connection:
    """The database in ``directory``, made if it is not there, up to date. Raises :class:`StoreError`."""
    path = directory / NAME
    try:
        return _open(path)
    except apsw.NotADBError as error:
        raise StoreError(f"{path} is no database, or is damaged: put a backup in its place") from error
    except apsw.CorruptError as error:
        raise StoreError(f"{path} is damaged ({error}): put a backup in its place") from error
    except apsw.BusyError as error:
        raise StoreError(f"{path} is locked by another program: close that") from error
    except (apsw.Error, OSError) as error:
        raise StoreError(f"can't use {path}: {error}") from error


def _open(path: Path) -> apsw.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        ours = connection.pragma("application_id")
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
        if ours not in (0, APPLICATION_ID) or (ours == 0 and tables):
            raise StoreError(f"{path} is another program's database: name another data directory")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing: an error undoes it and is raised on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk, for one, has undone it already
            connection.execute("ROLLBACK")
        raise


def has_no_room(connection: apsw.Connection, error: apsw.Error) -> bool:
    """Whether ``error``, just raised by ``connection``, is for want of room: then nothing was written."""
    if isinstance(error, apsw.FullError):
        return True
    # apsw does not declare extendedresult.
    return (
        getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_WRITE and connection.system_errno in _NO_ROOM
    )


def migrations() -> list[tuple[int, str]]:
    """Number and text of every migration, in order."""
    folder = resources.files("natterjack.store") / "migrations"
    found = sorted(
        (entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name[-4:] == ".sql"
    )
    return [(int(name.partition("_")[0]), text) for name, text in found]


def _migrate(connection: apsw.Connection, path: Path) -> None:
    done = connection.pragma("user_version")
    wanted = migrations()
    newest = wanted[-1][0]
    if done > newest:
        raise StoreError(f"{path} was written by a newer version of natterjack: run that one")
    if 0 < done < newest:
        _copy(connection, path.with_name(f"{path.name}.before-{newest}"))
    for number, text in wanted:
        if number > done:
            with transaction(connection):
                connection.execute(text)
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", number)


def _copy(connection: apsw.Connection, to: Path) -> None:
    unfinished = to.with_name(f"{to.name}.part")
    for old in (to, unfinished):
        old.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    unfinished.rename(to)
