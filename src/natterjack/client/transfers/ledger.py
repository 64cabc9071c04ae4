"""The transfers that are to outlive the program, in a file of their own beside the client's database.

What is in it has been on the disk when a method returned. One thread uses it. Everything raises
:class:`~natterjack.client.database.LocalStoreError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from natterjack.client.database import Database, LocalStoreError, writing
from natterjack.client.local_store import Whose
from natterjack.client.transfers.values import Direction

FILE: Final = "transfers.db"
#: "NJtr".
_APPLICATION_ID: Final = 0x4E4A7472
_VERSION: Final = 1
#: Paths are bytes: they may be in any encoding.
_SCHEMA: Final = """
    CREATE TABLE transfer (
        key INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, identity TEXT NOT NULL, run TEXT NOT NULL,
        direction TEXT NOT NULL, paused INTEGER NOT NULL, name TEXT NOT NULL, path BLOB NOT NULL,
        target TEXT NOT NULL, file_id TEXT NOT NULL, location TEXT NOT NULL, size INTEGER NOT NULL,
        stamp INTEGER NOT NULL, sha256 TEXT NOT NULL, part BLOB NOT NULL, mark TEXT NOT NULL
    ) STRICT;
"""
_FIELDS: Final = (
    "direction", "paused", "name", "path", "target", "file_id", "location", "size", "stamp", "sha256", "part", "mark"
)  # fmt: skip


class Row(Struct, frozen=True):
    """``key`` is 0 for one that is not written down.

    An upload has the ``path``, ``size`` and ``stamp`` (time of change) of its source, and its ``location`` on the
    server. A download has the ``path`` that it will get, its ``part`` with the ``mark`` of that (``""`` until it
    is made), and what was found out of its content.
    """

    direction: Direction
    name: str
    path: str
    target: str = ""
    file_id: str = ""
    location: str = ""
    size: int = -1
    stamp: int = 0
    sha256: str = ""
    part: str = ""
    mark: str = ""
    paused: bool = False
    key: int = 0


class Ledger(Database):
    """The file in ``directory``, made if it is not there."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / FILE, _APPLICATION_ID, _VERSION, _SCHEMA)

    def put(self, whose: Whose, row: Row) -> Row:
        """Write ``row`` down, or what has become of it; with its key."""
        values = _values(row)
        with writing(self._connection, safe=True):
            if row.key:
                places = ", ".join(f"{field} = ?" for field in _FIELDS)
                self._connection.execute(
                    f"UPDATE transfer SET server = ?, identity = ?, {places} WHERE key = ?",  # noqa: S608
                    (whose.server, whose.identity, *values, row.key),
                )
                return row
            self._connection.execute(
                f"INSERT INTO transfer (server, identity, run, {', '.join(_FIELDS)})"  # noqa: S608
                f" VALUES ({', '.join('?' * (len(_FIELDS) + 3))})",
                (whose.server, whose.identity, self._runs.own, *values),
            )
            return structs.replace(row, key=self._connection.last_insert_rowid())

    def remove(self, row: Row) -> None:
        """It is over."""
        with writing(self._connection, safe=True):
            self._connection.execute("DELETE FROM transfer WHERE key = ?", (row.key,))

    def take_over(self, whose: Whose) -> list[Row]:
        """What runs that are over have left there; it is ours from now on. Oldest first."""
        with writing(self._connection, safe=True):
            found: Iterable[Any] = self._connection.execute(
                "SELECT DISTINCT run FROM transfer WHERE server = ? AND identity = ?",
                (whose.server, whose.identity),
            ).fetchall()
            rows: list[Row] = []
            for (run,) in found:
                if self._runs.is_over(str(run)):
                    rows += self._rows(whose, str(run))
                    self._connection.execute(
                        "UPDATE transfer SET run = ? WHERE server = ? AND identity = ? AND run = ?",
                        (self._runs.own, whose.server, whose.identity, run),
                    )
        return sorted(rows, key=lambda row: row.key)

    def _rows(self, whose: Whose, run: str) -> list[Row]:
        found: Iterable[Any] = self._connection.execute(
            f"SELECT key, {', '.join(_FIELDS)} FROM transfer WHERE server = ? AND identity = ? AND run = ?",  # noqa: S608
            (whose.server, whose.identity, run),
        )
        return [_row(key, dict(zip(_FIELDS, values, strict=True))) for key, *values in found]


def _values(row: Row) -> list[Any]:
    values = {field: getattr(row, field) for field in _FIELDS}
    values["direction"] = row.direction.value
    values["paused"] = int(row.paused)
    values["path"], values["part"] = os.fsencode(row.path), os.fsencode(row.part)
    # a lone half of a character, which a server's bytes cannot have, would be refused
    values["name"] = row.name.encode(errors="replace").decode()
    return [values[field] for field in _FIELDS]


def _row(key: int, values: dict[str, Any]) -> Row:
    values["direction"] = Direction(values["direction"])
    values["paused"] = bool(values["paused"])
    values["path"], values["part"] = os.fsdecode(values["path"]), os.fsdecode(values["part"])
    return Row(key=key, **values)


__all__ = ["FILE", "Ledger", "LocalStoreError", "Row", "Whose"]
