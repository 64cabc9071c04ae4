"""All of the data as lines of JSON: see docs/export.md.

A snapshot is read, some thousand rows at a time, so that neither their number nor whoever writes meanwhile matters.
Rows of text and whole numbers, which are nearly all, are made into JSON by SQLite itself, a thousand by one statement:
a thread that made them in Python would keep the GIL from the loop.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from natterjack.store import backup, messages
from natterjack.store.backup import Files, Stop, StoppedError, never, new_file
from natterjack.store.database import StoreError, explained, newest
from natterjack.store.tables import Column, Table, tables

#: Of the format; the version of the tables is another matter.
VERSION: Final = 1
FORMAT: Final = "natterjack"
_ROWS = 1000
_encode = msgspec.json.encode


def export(database: Path, files: Files, to: Path, stop: Stop = never) -> int:
    """Write everything into ``to``, which must not exist; the answer is the number of lines.

    It is complete once it has its name. Raises :class:`~natterjack.store.database.StoreError`,
    :class:`~natterjack.store.backup.StoppedError`.
    """
    lines = 0
    with new_file(to) as part, part.open("wb") as out:
        for text, count in _read(database, files):
            out.write(text)
            lines += count
            if stop():
                raise StoppedError
        out.write(_line({"type": "end", "lines": lines}))
    return lines + 1


def _read(database: Path, files: Files) -> Iterator[tuple[bytes, int]]:
    """Whole lines, and how many."""
    with explained(database), backup.reading(database) as connection:
        yield from _pieces(connection, files, database)


def _pieces(connection: apsw.Connection, files: Files, path: Path) -> Iterator[tuple[bytes, int]]:
    connection.execute("BEGIN")
    version = connection.pragma("user_version")
    if version > newest():
        raise StoreError(f"{path} was written by a newer version of natterjack: use that one")
    if version < newest():
        raise StoreError(
            f"{path} was written by an older version of natterjack: "
            "start the server once, which brings it up to date, then export again"
        )
    yield _line({"type": FORMAT, "version": VERSION, "schema": version}), 1
    secret: Any = connection.execute("SELECT value FROM meta WHERE key = 'secret'").fetchall()
    yield _line({"type": "secret", "value": b64encode(secret[0][0]).decode()}), 1
    for name, content in sorted(files.items()):
        yield _line({"type": "file", "name": name, "content": content.decode()}), 1
    yield _line({"type": "last", "id": messages.last_id(connection)}), 1
    for table in tables(connection):
        yield from (_by_sqlite(connection, table) if table.plain else _by_row(connection, table))
    connection.execute("COMMIT")


def _line(members: dict[str, Any]) -> bytes:
    return _encode(members) + b"\n"


def _by_row(connection: apsw.Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    names = ", ".join(column.name for column in table.columns)
    rows: Any = connection.execute(f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.key)}")
    for row in rows:
        members = {
            column.name: _value(column, value) for column, value in zip(table.columns, row, strict=True)
        }
        yield _line({"type": table.name, **members}), 1


def _value(column: Column, value: Any) -> Any:
    if column.kind == "BLOB":
        return b64encode(value).decode()
    return msgspec.json.decode(value) if column.kind == "JSON" else value


def _by_sqlite(connection: apsw.Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    members = ", ".join(f"'{column.name}', {column.name}" for column in table.columns)
    key = ", ".join(table.key)
    # Of several columns beside max(), SQLite documents that their values are those of the row that has it.
    page = f"""
        SELECT group_concat(line, char(10)), max(place), {key} FROM (
            SELECT json_object('type', '{table.name}', {members}) AS line,
                row_number() OVER (ORDER BY {key}) AS place, {key}
            FROM (SELECT * FROM {table.name} WHERE ({key}) > ({", ".join("?" * len(table.key))})
                ORDER BY {key} LIMIT {_ROWS})
        )
    """
    after: tuple[Any, ...] = tuple(_LEAST[_kind(table, name)] for name in table.key)
    while True:
        found: Any = connection.execute(page, after).fetchall()[0]
        text, count, *last = found
        if text is None:
            return
        yield f"{text}\n".encode(), count
        after = tuple(last)


#: Before all others. No text is empty in all columns of a key.
_LEAST: Final = {"TEXT": "", "INTEGER": -(1 << 63)}


def _kind(table: Table, name: str) -> str:
    return next(column.kind for column in table.columns if column.name == name)
