"""Deleting what is not to be kept: too old, too much, or of a conversation that is gone. In small steps.

Each function is a generator that has done a step, in a transaction of its own, whenever it yields; between two steps
others may write. An interrupted one begins anew, and finds less to do.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from natterjack.store.database import transaction
from natterjack.store.history import END, Span, spans

#: Lines that are deleted at a time: about 5 ms.
_STEP = 200
#: Lines that are counted at a time: about 1 ms.
_COUNT = 2000

_TABLES = ("message", "event")
_FIND = """
    SELECT json_group_array(id) FROM (
        SELECT id FROM {} WHERE conversation = :conversation AND id > :above AND id < :below AND time < :before
        ORDER BY id LIMIT :limit
    )
"""
_DELETE = "DELETE FROM {} WHERE conversation = ? AND id IN (SELECT value FROM json_each(?))"
#: Those that are in no index yet have nothing to leave there.
_UNINDEX = """
    DELETE FROM words WHERE rowid IN (
        SELECT value FROM json_each(?) WHERE value <= (SELECT indexed FROM progress)
    )
"""
_PASS = """
    SELECT json_array(count(*), min(id)) FROM (
        SELECT id FROM {} WHERE conversation = ? AND id < ? ORDER BY id DESC LIMIT ?
    )
"""
#: The conversations of a table, by a jump from each to the next.
_EACH = """
    WITH RECURSIVE each (conversation) AS (
        SELECT (SELECT conversation FROM {0} ORDER BY conversation LIMIT 1)
        UNION ALL
        SELECT (SELECT conversation FROM {0} WHERE conversation > each.conversation ORDER BY conversation LIMIT 1)
        FROM each WHERE conversation IS NOT NULL
    )
    SELECT json_group_array(conversation) FROM each WHERE conversation IS NOT NULL
"""
_ids = msgspec.json.Decoder(list[int])
_passed = msgspec.json.Decoder(tuple[int, int | None])


class Keep(Struct, frozen=True, gc=False):
    """Seconds, and messages of one conversation (and as many events); 0: no limit of that kind."""

    seconds: int = 0
    rows: int = 0


def sweep(connection: apsw.Connection, default: Keep, now: float) -> Iterator[None]:
    """Delete what is beyond its conversation's limits; ``now`` in seconds since 1970. Raises :class:`apsw.Error`."""
    rows: Any = connection.execute("SELECT conversation, seconds, rows FROM keep").fetchall()
    keeps = {conversation: Keep(seconds, count) for conversation, seconds, count in rows}
    if default != Keep():
        keeps = {**dict.fromkeys(_conversations(connection), default), **keeps}
    for conversation, keep in keeps.items():
        if keep.seconds:
            yield from _expire(connection, conversation, int((now - keep.seconds) * 1000))
        if keep.rows:
            yield from _shorten(connection, conversation, keep.rows)


def forget(connection: apsw.Connection, conversation: int) -> Iterator[None]:
    """Delete everything of a conversation, and then that this was to be done. Raises :class:`apsw.Error`."""
    for table in _TABLES:
        yield from _delete(connection, table, conversation, Span(0, END))
    connection.execute("DELETE FROM forgotten WHERE conversation = ?", (conversation,))
    yield


def forgotten(connection: apsw.Connection) -> list[int]:
    """The conversations that are still to be deleted."""
    rows: Any = connection.execute("SELECT conversation FROM forgotten").fetchall()
    return [row[0] for row in rows]


def _conversations(connection: apsw.Connection) -> set[int]:
    found: set[int] = set()
    for table in _TABLES:
        array: Any = connection.execute(_EACH.format(table)).fetchall()[0][0]
        found.update(_ids.decode(array))
    return found


def _expire(connection: apsw.Connection, conversation: int, before: int) -> Iterator[None]:
    for span in spans(connection, -END, before, forward=True):
        for table in _TABLES:
            yield from _delete(connection, table, conversation, span, before)


def _shorten(connection: apsw.Connection, conversation: int, rows: int) -> Iterator[None]:
    """Events go with the messages around them; where there are more events than messages, they are counted alike."""
    first = 0
    for table in _TABLES:
        own = yield from _first_of_last(connection, table, conversation, rows)
        first = max(first, own)
        yield from _delete(connection, table, conversation, Span(0, first))


def _first_of_last(
    connection: apsw.Connection, table: str, conversation: int, rows: int
) -> Generator[None, None, int]:
    """The id of the first of the last ``rows`` lines; 0 where there are not so many."""
    below = END
    while rows:
        asked = min(rows, _COUNT)
        array: Any = connection.execute(_PASS.format(table), (conversation, below, asked)).fetchall()[0][0]
        count, lowest = _passed.decode(array)
        if lowest is None or count < asked:
            return 0
        rows -= count
        below = lowest
        yield
    return below


def _delete(
    connection: apsw.Connection, table: str, conversation: int, span: Span, before: int = END
) -> Iterator[None]:
    above = span.above
    while True:
        bindings = {
            "conversation": conversation,
            "above": above,
            "below": span.below,
            "before": before,
            "limit": _STEP,
        }
        array: Any = connection.execute(_FIND.format(table), bindings).fetchall()[0][0]
        ids = _ids.decode(array)
        if not ids:
            return
        above = ids[-1]
        with transaction(connection):
            if table == "message":
                connection.execute(_UNINDEX, (array,))
            connection.execute(_DELETE.format(table), (conversation, array))
            connection.execute("UPDATE progress SET last = max(last, ?)", (above,))
        yield
