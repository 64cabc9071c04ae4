"""The database file: opened, checked to be ours and whole as far as that is quickly seen, brought up to date.

One connection writes and checkpoints, and only through the SQLite that apsw brings along: SQLite before 3.51.3 can
corrupt a WAL file when two connections write or checkpoint at once, and Debian 12 has 3.40.

**New ones** are made under another name and get theirs when they are complete. So a file that is empty, or a log
without its database, is damage, and never taken for a first start.

**Migrations** are the numbered files beside this module. ``user_version`` says which the database has had. All that are
due run in one transaction together with the new number: what was interrupted has not happened. Before that, a copy of
the database is put beside it.

**A missing log.** After a crash the log (``-wal``) holds what was stored last. While a database is in use a file
``natterjack.db.open`` lies beside it, which goes before the log does: where it is there and the log is not, somebody
has taken the log away, and with it perhaps what people were told is stored. Or another program has opened the database
and put it in order, which can't be told from that: so it is only said, and very plainly.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from natterjack.store import placing
from natterjack.store.disk import sync

_log = logging.getLogger(__name__)

NAME = placing.NAME
_MIGRATIONS = Path(__file__).parent / "migrations"
#: "NJdb": tells our files from other programs' databases.
APPLICATION_ID = 0x4E4A6462
#: Why writing to a file may fail besides a full disk, with nothing written: a quota, and a limit of the process.
_NO_ROOM = (errno.EDQUOT, errno.EFBIG)
#: Bytes of the log's head, and of that of each page in it.
_LOG_HEAD, _PAGE_HEAD = 32, 24
_BACKUP = "put a backup in its place (natterjack restore)"
_ROOM = "make room"
_RIGHTS = "it has to be there for the server's user, to read and to write (chown, chmod)"


class StoreError(Exception):
    """The database can't be used; the text says why and what to do."""


def sqlite_version() -> str:
    """The version of the SQLite that is used, like ``3.51.3``."""
    return apsw.sqlite_lib_version()


def open_database(directory: Path) -> apsw.Connection:
    """The database in ``directory``, made if it is not there, up to date. Raises :class:`StoreError`."""
    path = directory / NAME
    with explained(path):
        placing.finish(directory)
        return _open(path)


@contextmanager
def explained(path: Path, instead: str = _BACKUP) -> Iterator[None]:
    """What goes wrong inside with the database ``path`` is raised as a :class:`StoreError`.

    ``instead``: what to do where it is none, or damaged.
    """
    try:
        yield
    except apsw.NotADBError as error:
        raise StoreError(f"{path} is no database, or is damaged: {instead}") from error
    except apsw.CorruptError as error:
        raise StoreError(f"{path} is damaged ({error}): {instead}") from error
    except apsw.BusyError as error:
        raise StoreError(f"{path} is locked by another program: close that") from error
    except apsw.FullError as error:
        raise StoreError(f"can't use {path}: there is no room: {_ROOM}") from error
    except (apsw.ReadOnlyError, apsw.CantOpenError) as error:
        raise StoreError(f"can't use {path}: {error}: {_RIGHTS}") from error
    except OSError as error:
        remedy = _ROOM if error.errno == errno.ENOSPC else _RIGHTS
        raise StoreError(f"can't use {error.filename or path}: {error.strerror}: {remedy}") from error
    except apsw.Error as error:
        raise StoreError(f"can't use {path}: {error}") from error


def _open(path: Path) -> apsw.Connection:
    refuse_remains(path)
    if path.exists():
        _look(path)
    else:
        _make(path)
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        if connection.pragma("application_id") != APPLICATION_ID:
            raise StoreError(f"{path} is another program's database: name another data directory")
        _migrate(connection, path)
        _check(connection, path)
    except BaseException:
        give_up(connection, path)
        raise
    return connection


def give_up(connection: apsw.Connection, path: Path) -> None:
    """Close the database ``path``, with which a start has failed.

    The log that a crash has left stays as it lies: to put it away would be to miss it at the next start.
    """
    if _note(path).exists():
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close()


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.open")


def _make(path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        build(part).close()
        sync(part)
        part.rename(path)
        sync(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def build(path: Path, version: int = 0) -> apsw.Connection:
    """An empty database in the empty file ``path``: of our newest version, or of an older one.

    It is written without care for power cuts and kills: whoever calls gives it its name when it is complete.
    """
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("journal_mode", "memory")
        connection.pragma("synchronous", "off")
        bring_up(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_remains(path: Path) -> None:
    """A log alone, or an empty file, would be taken for no database at all. Raises :class:`StoreError`."""
    if not path.exists():
        if _wal(path).exists():
            raise StoreError(
                f"{path} is gone, but its log {_wal(path)} is there: bring it back, or {_BACKUP}"
            )
    elif not path.stat().st_size:
        raise StoreError(f"{path} is empty, so it was cut off: {_BACKUP}, or remove it to begin anew")


def lacks_log(path: Path) -> bool:
    """Whether it was in use when it was last left, and the log that it had then is not there."""
    return _note(path).exists() and not _wal(path).exists()


def _look(path: Path) -> None:
    """What can be seen from outside."""
    if lacks_log(path):
        _log.error(
            "%s is missing, and what was stored last before the crash was in it. Unless another program has opened "
            "the database since, which puts it in order, that is LOST: to have it, stop now and bring the file back",
            _wal(path),
        )


def _check(connection: apsw.Connection, path: Path) -> None:
    """Whether it was cut off, and whether its latest lines can be read. A full check takes minutes: see doctor."""
    page = connection.pragma("page_size")
    log = _wal(path).stat().st_size if _wal(path).exists() else 0
    in_log = max(0, log - _LOG_HEAD) // (page + _PAGE_HEAD)
    if path.stat().st_size < (connection.pragma("page_count") - in_log) * page:
        raise StoreError(f"{path} was cut off: {_BACKUP}")
    for table in ("message", "event"):
        connection.execute(
            f"SELECT sum(length(body)) FROM (SELECT body FROM {table} ORDER BY id DESC LIMIT 100)"
        )


def note_open(path: Path) -> None:
    """The database is in use from now on, and has a log: see above."""
    sync(path.parent)
    _note(path).touch(mode=0o600)


def note_closed(path: Path) -> None:
    """It is about to be closed."""
    if path.parent.exists():  # else somebody has moved all of it, or deleted it
        _note(path).unlink(missing_ok=True)
        sync(path.parent)


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
    found = sorted(_MIGRATIONS.glob("*.sql"))
    return [(int(path.name.partition("_")[0]), path.read_text("utf-8")) for path in found]


def newest() -> int:
    """The version that our databases have."""
    return migrations()[-1][0]


def bring_up(connection: apsw.Connection, version: int = 0) -> None:
    """Run the migrations that are due, as a whole: all of them, or those up to ``version``."""
    done = connection.pragma("user_version")
    due = [each for each in migrations() if done < each[0] <= (version or each[0])]
    if due:
        with transaction(connection):
            for _, text in due:
                connection.execute(text)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", due[-1][0])


def _migrate(connection: apsw.Connection, path: Path) -> None:
    done, wanted = connection.pragma("user_version"), newest()
    if done > wanted:
        raise StoreError(f"{path} was written by a newer version of natterjack: run that one")
    if done < wanted:
        _copy(connection, path.with_name(f"{path.name}.before-{wanted}"))
        bring_up(connection)


def _copy(connection: apsw.Connection, to: Path) -> None:
    """The copy of an interrupted migration is replaced: it is of the same database, which has not changed since."""
    unfinished = to.with_name(f"{to.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.chmod(0o600)
        sync(unfinished)
        unfinished.rename(to)
        sync(to.parent)
    except (apsw.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"can't put a copy beside the database before it is brought up to date ({error}): make room for {to}"
        ) from error
