"""What an export consists of: which tables, which of their columns, and in which order. See docs/export.md.

Each row is an object of JSON with the table's columns by their names. New columns of a table are part of it by
themselves; a new table has to be given its place here (a test says so).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import apsw
from msgspec import Struct

#: In this order.
TABLES: Final = (
    "account", "certificate", "invite", "channel", "seat", "sanction", "server_lock", "audit", "run", "keep",
    "forgotten", "mark", "metadata", "pair", "upload", "cid", "message", "event",
)  # fmt: skip
#: What follows from the others, and is made anew: the index, and what it is made of.
DERIVED: Final = ("zone", "words", "intake")
#: What is there once, and has lines of its own kind.
SINGLE: Final = ("meta", "progress")

#: A name as it is looked up follows from the name.
FOLDED: Final[Mapping[str, str]] = {"account": "name", "channel": "name", "sanction": "target"}
#: Columns that hold JSON themselves.
JSON: Final = (("channel", "masks"),)


class Column(Struct, frozen=True):
    """``kind`` is TEXT, INTEGER, REAL, BLOB (base64 in the export), or JSON."""

    name: str
    kind: str


class Table(Struct, frozen=True):
    """``key`` are the columns of its primary key, by which its rows are in order."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether SQLite can write its rows as JSON by itself, without loss."""
        return all(column.kind in ("TEXT", "INTEGER") for column in self.columns)


def tables(connection: apsw.Connection) -> list[Table]:
    """Those that ``connection`` has, with the columns that are exported; it may be of an older version."""
    found = []
    for name in TABLES:
        rows: Any = connection.execute("SELECT name, type, pk FROM pragma_table_info(?)", (name,)).fetchall()
        if rows:
            columns = tuple(
                Column(column, "JSON" if (name, column) in JSON else kind)
                for column, kind, _ in rows
                if not (column == "folded" and name in FOLDED)
            )
            key = tuple(column for column, _, place in sorted(rows, key=lambda row: row[2]) if place)
            found.append(Table(name, columns, key))
    return found
