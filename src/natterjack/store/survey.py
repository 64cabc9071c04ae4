"""How large a database is and how fast it grows, told quickly, from outside and while it is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from natterjack.store.backup import reading, recognise
from natterjack.store.database import explained, newest, refuse_remains

_WEEK, _DAY = 7 * 86_400, 86_400
#: Where the zone begins that has the first lines after a time, and that time of it.
_SINCE = """
    SELECT first, low FROM zone WHERE high > ? ORDER BY first LIMIT 1
"""
_LAST = "SELECT max(coalesce((SELECT max(id) FROM message), 0), coalesce((SELECT max(id) FROM event), 0))"


class Size(Struct, frozen=True):
    """Bytes of the files, and about how many more there are each day, as of the last week; 0: too few to tell."""

    size: int
    a_day: float = 0.0


def survey(database: Path, now: float) -> Size:
    """``now`` in seconds since 1970. Raises :class:`~natterjack.store.database.StoreError`."""
    with explained(database):
        refuse_remains(database)
        log = database.with_name(f"{database.name}-wal")
        size = database.stat().st_size + (log.stat().st_size if log.exists() else 0)
        with reading(database) as connection:
            recognise(connection, database)
            if connection.pragma("user_version") != newest():
                return Size(size)
            return Size(size, _growth(connection, size, now))


def _growth(connection: apsw.Connection, size: int, now: float) -> float:
    since: list[Any] = connection.execute(_SINCE, (int((now - _WEEK) * 1000),)).fetchall()
    last: Any = connection.execute(_LAST).fetchall()[0][0]
    if not since or not last:
        return 0.0
    first: int = since[0][0]
    low: int = since[0][1]
    days = min(7.0, max((now - low / 1000) / _DAY, 0.1))
    # Each id is a line, as far as one sees from here; and nearly all of the file is lines, and what finds them.
    return float((last - first + 1) / days * size / last)
