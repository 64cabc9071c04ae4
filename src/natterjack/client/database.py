"""A database of this program on this computer: the client's face on SQLite (``apsw``)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import apsw

from natterjack.client.runs import Runs

#: Milliseconds for another run to finish with the file.
_PATIENCE: Final = 5000
#: Before this version two connections that write at once may damage a WAL file. https://sqlite.org/wal.html
_SAFE_WAL: Final = (3, 51, 3)


class LocalStoreError(Exception):
    """It cannot be used, or not for this; the text says why, as the end of a sentence."""


class Database:
    """One, which runs of this program share. It and all that is done with it raises :class:`LocalStoreError`."""

    def __init__(
        self,
        path: Path,
        application_id: int,
        version: int,
        schema: str,
        upgrades: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """As :func:`open_database`; the directory is made too."""
        self.path = path
        with told():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._runs = Runs(path.parent)
            try:
                self._connection = open_database(path, application_id, version, schema, upgrades)
            except BaseException:
                self._runs.close()
                raise

    def close(self) -> None:
        """What this run has not finished is another's from now on."""
        with told():
            self._connection.close()
            self._runs.close()


@contextmanager
def writing(connection: apsw.Connection, *, safe: bool) -> Iterator[None]:
    """All of it or nothing. ``safe``: not even a power cut takes it back."""
    with told():
        connection.pragma("synchronous", "full" if safe else "normal")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk, for one, has undone it already
                connection.execute("ROLLBACK")
            raise


def open_database(
    path: Path,
    application_id: int,
    version: int,
    schema: str,
    upgrades: Mapping[int, str] = MappingProxyType({}),
) -> apsw.Connection:
    """The database at ``path``, for its owner alone; made by ``schema`` if it is not there.

    ``upgrades``: what makes this version of an older one.

    Raises what :func:`told` tells in our words.
    """
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_PATIENCE)
        library = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
        connection.pragma("journal_mode", "wal" if library >= _SAFE_WAL else "delete")
        _prepare(connection, application_id, version, schema, upgrades)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(
    connection: apsw.Connection, application_id: int, version: int, schema: str, upgrades: Mapping[int, str]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    found = connection.pragma("application_id"), connection.pragma("user_version")
    tables: Any = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found != (application_id, version):
        ours = found[0] == application_id
        if ours and found[1] not in upgrades:
            raise LocalStoreError("another version of this program wrote it")
        if not ours and (found[0] or tables[0]):
            raise LocalStoreError("it is another program's")
        connection.execute(upgrades[found[1]] if ours else schema)
        connection.pragma("application_id", application_id)
        connection.pragma("user_version", version)
    connection.execute("COMMIT")


@contextmanager
def told() -> Iterator[None]:
    """What the system or the database says, in our words."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise LocalStoreError("it is damaged") from error
    except apsw.FullError as error:
        raise LocalStoreError("the disk is full") from error
    except apsw.BusyError as error:
        raise LocalStoreError("another program keeps it locked") from error
    except apsw.Error as error:
        raise LocalStoreError(str(error).lower() or "it cannot be used") from error
    except OSError as error:
        raise LocalStoreError((error.strerror or "it cannot be used").lower()) from error
