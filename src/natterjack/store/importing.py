"""An export read back: every line is looked at before any of it counts. See docs/export.md.

The lines go into a new database of the version that wrote them, which is then brought up to date and put into its
place as a backup is (``store/placing.py``). What is wrong is told with the number of its line.
"""

from __future__ import annotations

import os
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import apsw
import msgspec

from natterjack.proto.casemap import fold
from natterjack.store import disk, placing, rows
from natterjack.store.database import StoreError, bring_up, build, explained, newest
from natterjack.store.exporting import FORMAT, VERSION
from natterjack.store.placing import NAME
from natterjack.store.tables import FOLDED, Column, Table, tables

#: Bytes of one line at most: the longest are channels with all their bans.
MOST_BYTES: Final = 4 << 20
#: Rows that are put in by one call.
_ROWS = 1000
#: KiB of pages that are kept: the indexes of messages are not written in order.
_CACHE = 64 << 10
#: Text is put into lines of IRC, which these would end.
_BREAKS = frozenset("\r\n\0")
_BITS_64 = 1 << 63
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _LineError(Exception):
    """What is wrong with a line."""


def import_(export: Path, directory: Path, allowed: frozenset[str], stamp: str) -> int:
    """Make a database in ``directory``, whose lock the caller has, of ``export``; the answer is the number of lines.

    ``allowed`` are the names that files may have. Raises :class:`~natterjack.store.database.StoreError`, after which
    nothing has changed.
    """
    if (directory / NAME).exists():
        raise StoreError(f"there is a database in {directory} already: name an empty data directory")
    lines = 0

    def fill(part: Path) -> None:
        nonlocal lines
        reader = _Reader(part, allowed)
        try:
            with explained(part / NAME):
                lines = reader.read(file)
        except _LineError as error:
            raise StoreError(f"{export}, line {reader.number}: {error}; nothing was imported") from error
        finally:
            reader.close()
        disk.sync(part / NAME)

    try:
        file = export.open("rb")
    except OSError as error:
        raise StoreError(f"can't read {export}: {error.strerror}") from error
    try:
        placing.place(directory, stamp, fill)
    except OSError as error:
        raise StoreError(
            f"can't write into {directory}: {error.strerror}: make room, or mend its rights"
        ) from error
    finally:
        file.close()
    return lines


class _Reader:
    """Takes the lines one after the other. ``number`` is that of the present one."""

    def __init__(self, part: Path, allowed: frozenset[str]) -> None:
        self.number = 0
        self._part = part
        self._allowed = allowed
        self._connection: apsw.Connection | None = None
        self._tables: dict[str, Table] = {}
        self._inserts: dict[str, str] = {}
        self._waiting: list[tuple[int, tuple[Any, ...]]] = []  # of one table: line numbers and rows
        self._table = ""
        self._once: set[str] = set()  # the kinds of lines that came and may come once
        self._kinds: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "secret": self._secret,
            "file": self._file,
            "last": self._last,
        }

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def read(self, file: IO[bytes]) -> int:
        """All lines; raises :class:`_LineError`."""
        ended = False
        for members in self._lines(file):
            kind = members.pop("type", None)
            if ended:
                raise _LineError("nothing may come behind the end")
            if self._connection is None:
                self._begin(kind, members)
            elif kind == "end":
                self._flush()
                self._check(members, {"lines": int})
                if members["lines"] != self.number - 1:
                    raise _LineError(
                        f"before the end are {self.number - 1} lines, and not {members['lines']}"
                    )
                ended = True
            elif not isinstance(kind, str):
                raise _LineError(f"there is no such type: {kind!r}")
            elif kind in self._tables:
                self._row(self._tables[kind], members)
            elif kind in self._kinds:
                self._kinds[kind](members)
            else:
                raise _LineError(f"there is no such type: {kind!r}")
        if not ended:
            raise _LineError("the end is missing: the file was cut off")
        self._finish()
        return self.number

    def _lines(self, file: IO[bytes]) -> Iterator[dict[str, Any]]:
        while line := file.readline(MOST_BYTES + 1):
            self.number += 1
            if len(line) > MOST_BYTES:
                raise _LineError(f"it is longer than {MOST_BYTES} bytes")
            try:
                yield _decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise _LineError(f"it is no object of JSON: {error}") from error

    # -- lines that are there once

    def _begin(self, kind: Any, members: dict[str, Any]) -> None:
        if kind != FORMAT:
            raise _LineError(f"an export begins with a line of the type {FORMAT!r}")
        self._check(members, {"version": int, "schema": int})
        if members["version"] != VERSION or not 0 < members["schema"] <= newest():
            raise _LineError("it was written by a newer version of natterjack: use that one")
        path = self._part / NAME
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        connection = self._connection = build(path, members["schema"])
        connection.pragma("cache_size", -_CACHE)
        connection.execute("BEGIN")
        self._tables = {table.name: table for table in tables(connection)}
        self._inserts = {name: _insert(table) for name, table in self._tables.items()}

    def _secret(self, members: dict[str, Any]) -> None:
        self._check(members, {"value": str}, once="secret")
        value = _base64(members["value"])
        assert self._connection is not None
        self._connection.execute("UPDATE meta SET value = ? WHERE key = 'secret'", (value,))

    def _last(self, members: dict[str, Any]) -> None:
        self._check(members, {"id": int}, once="last")
        assert self._connection is not None
        self._connection.execute("UPDATE progress SET last = ?", (members["id"],))

    def _file(self, members: dict[str, Any]) -> None:
        self._check(members, {"name": str, "content": str})
        name = members["name"]
        if name not in self._allowed:
            raise _LineError(f"{name!r} is no name of a file of ours")
        self._check({}, {}, once=f"file {name}")
        disk.write(self._part / name, members["content"].encode())

    def _check(self, members: dict[str, Any], wanted: Mapping[str, type], once: str = "") -> None:
        _same_names(members, wanted)
        for name, kind in wanted.items():
            if type(members[name]) is not kind:
                raise _LineError(f"{name!r} is not what it should be: {_TYPES[kind]}")
            if kind is int and not 0 <= members[name] < _BITS_64:
                raise _LineError(f"{name!r} is out of range")
        if once in self._once:
            raise _LineError(f"there was such a line already ({once})")
        if once:
            self._once.add(once)

    # -- rows

    def _row(self, table: Table, members: dict[str, Any]) -> None:
        _same_names(members, [column.name for column in table.columns])
        row = [_value(column, members[column.name]) for column in table.columns]
        name = FOLDED.get(table.name)
        if name is not None:
            row.append(fold(members[name]))
        if table.name != self._table or len(self._waiting) >= _ROWS:
            self._flush()
            self._table = table.name
        self._waiting.append((self.number, tuple(row)))

    def _flush(self) -> None:
        """Put in what waits: all at once, or where that fails one by one, to learn which line it was."""
        if not self._waiting:
            return
        connection = self._connection
        assert connection is not None
        query = self._inserts[self._table]
        waiting, self._waiting = self._waiting, []
        now, self.number = self.number, waiting[-1][0]
        connection.execute("SAVEPOINT these")
        try:
            connection.executemany(query, [row for _, row in waiting])
        except (apsw.ConstraintError, apsw.MismatchError):
            connection.execute("ROLLBACK TO these")
            self._one_by_one(connection, query, waiting)
        connection.execute("RELEASE these")
        self.number = now

    def _one_by_one(
        self, connection: apsw.Connection, query: str, waiting: list[tuple[int, tuple[Any, ...]]]
    ) -> None:
        for self.number, row in waiting:
            try:
                connection.execute(query, row)
            except apsw.ConstraintError as error:
                if "UNIQUE" in str(error):
                    raise _LineError(
                        f"there is such a line already ({str(error).rpartition(': ')[2]})"
                    ) from error
                raise _LineError(str(error)) from error

    def _finish(self) -> None:
        connection = self._connection
        assert connection is not None
        for kind in ("secret", "last"):
            if kind not in self._once:
                raise _LineError(f"a line of the type {kind!r} is missing")
        connection.execute("COMMIT")
        bring_up(connection)
        try:
            rows.read(connection)
        except msgspec.ValidationError as error:
            raise _LineError(f"a server could not start with this: {error}") from error


_TYPES: Final = {int: "a whole number", str: "a text"}


def _insert(table: Table) -> str:
    names = [column.name for column in table.columns]
    if table.name in FOLDED:
        names.append("folded")
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _same_names(members: Mapping[str, Any], wanted: Any) -> None:
    if members.keys() != set(wanted):
        missing = sorted(set(wanted) - members.keys())
        raise _LineError(
            f"{missing[0]!r} is missing" if missing else f"{min(members.keys() - set(wanted))!r} is unknown"
        )


def _value(column: Column, value: Any) -> Any:
    """``value`` as the database takes it. Raises :class:`_LineError`."""
    kind, found = column.kind, type(value)
    if kind == "TEXT" and found is str:
        if not _BREAKS.isdisjoint(value):
            raise _LineError(f"{column.name!r} has a line break in it")
        return value
    if kind == "INTEGER" and found is int:
        if not -_BITS_64 <= value < _BITS_64:
            raise _LineError(f"{column.name!r} is out of range")
        return value
    if kind == "REAL" and found in (int, float):
        return float(value)
    if kind == "BLOB" and found is str:
        return _base64(value)
    if kind == "JSON":
        return msgspec.json.encode(value).decode()
    raise _LineError(f"{column.name!r} is not what it should be: {_KINDS[kind]}")


_KINDS: Final = {"TEXT": "a text", "INTEGER": "a whole number", "REAL": "a number", "BLOB": "base64"}


def _base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise _LineError("it is no base64") from error
