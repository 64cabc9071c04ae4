"""Messages and what belongs to them, on their way into the database.

**One statement for a group.** Whoever calls SQLite gives up the GIL for each statement's step and has to get it back
afterwards, for which it waits up to 5 ms while the loop is busy in Python. So the lines and client message ids of a
whole group go in as one array in JSON, through the view ``intake``, whose triggers put each where it belongs: the
writer asks for the GIL once for a group, whatever its size. Messages alone need no sorting, and go in without it; a
single one goes in as it is.

``jsonb_each`` (SQLite 3.51) hands the inner arrays on as they are; ``json_each`` would write each out as text, to be
read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, cast

import apsw
import msgspec

from natterjack.ports.records import (
    CidRecord,
    ForgetRecord,
    KeepRecord,
    LineRecord,
    MarkRecord,
    PairRecord,
    RedactRecord,
    RunRecord,
)
from natterjack.store.texts import entry, text_of

#: What the view ``intake`` takes.
Intake = LineRecord | CidRecord
#: What is written record by record.
Other = RedactRecord | MarkRecord | PairRecord | RunRecord | KeepRecord | ForgetRecord

_INTAKE = """
    INSERT INTO intake SELECT
        value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
    FROM jsonb_each(?)
"""
_MESSAGE = "INSERT INTO message (conversation, id, time, body, account, tags) VALUES (?, ?, ?, ?, ?, ?)"
_MESSAGES = """
    INSERT INTO message (conversation, id, time, body, account, tags) SELECT
        value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM jsonb_each(?)
"""
_FORGET = """
    INSERT OR IGNORE INTO forgotten VALUES (?);
    DELETE FROM keep WHERE conversation = ?
"""
#: Put entries into the index, as an array of what ``texts.entry`` makes.
INDEX = """
    INSERT INTO words (rowid, text, place, author)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM jsonb_each(?)
"""
_LAST = """
    SELECT max(
        coalesce((SELECT max(id) FROM message), 0),
        coalesce((SELECT max(id) FROM event), 0),
        coalesce((SELECT max(first) - 1 FROM run), 0),
        coalesce((SELECT max(until) FROM zone), 0),
        (SELECT max(last, indexed) FROM progress)
    )
"""

_is_message = attrgetter("message")
_encode = msgspec.json.Encoder().encode


def as_json(items: Iterable[object]) -> str:
    """``items`` as an array for ``json_each`` and ``jsonb_each``."""
    return _encode(list(items)).decode()


def add(connection: apsw.Connection, records: Collection[Intake]) -> None:
    """Lines and client message ids, by one statement, which is a transaction of its own where none is open."""
    if set(map(type, records)) == {LineRecord} and all(map(_is_message, records)):
        rows: list[tuple[Any, ...]] = [
            (each.conversations[0], each.id, each.time, each.body, each.account, each.tags)
            for each in cast(Collection[LineRecord], records)
        ]
        if len(rows) == 1:  # 0.04 ms less, for which those who hear it would wait
            connection.execute(_MESSAGE, rows[0])
        else:
            connection.execute(_MESSAGES, (as_json(rows),))
    else:
        connection.execute(_INTAKE, (as_json(_rows(records)),))


def _rows(records: Iterable[Intake]) -> Iterable[tuple[object, ...]]:
    for record in records:
        if isinstance(record, LineRecord):
            for conversation in record.conversations:
                yield (
                    1 if record.message else 0,
                    record.id,
                    conversation,
                    record.time,
                    record.body,
                    record.account,
                    record.tags,
                )
        else:
            yield 2, record.id, 0, 0, record.cid, record.sender, "", record.digest


def write(connection: apsw.Connection, record: Other) -> None:
    """Any other record, in the transaction that is open."""
    execute = connection.execute
    match record:
        case RedactRecord():
            _redact(connection, record)
        case MarkRecord(account, target, 0):
            execute("DELETE FROM mark WHERE account = ? AND target = ?", (account, target))
        case MarkRecord(account, target, time):
            execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", (account, target, time))
        case PairRecord(account, other, conversation):
            both = (account, other, conversation, other, account, conversation)
            execute("INSERT OR REPLACE INTO pair VALUES (?, ?, ?), (?, ?, ?)", both)
        case RunRecord(first, seed):
            execute("INSERT INTO run (first, seed) VALUES (?, ?)", (first, seed))
        case KeepRecord(conversation, 0, 0):
            execute("DELETE FROM keep WHERE conversation = ?", (conversation,))
        case KeepRecord(conversation, seconds, rows):
            execute("INSERT OR REPLACE INTO keep VALUES (?, ?, ?)", (conversation, seconds, rows))
        case ForgetRecord(conversation):
            execute(_FORGET, (conversation, conversation))


def _redact(connection: apsw.Connection, record: RedactRecord) -> None:
    """The words leave the index in the same transaction: nobody finds by a search what is no longer there."""
    new = {"conversation": record.conversation, "id": record.id, "body": record.body, "tags": record.tags}
    changed = """
        UPDATE {} SET body = :body, tags = :tags WHERE conversation = :conversation AND id = :id AND body <> ''
        RETURNING account
    """
    connection.execute(changed.format("event"), new).fetchall()
    found: list[Any] = connection.execute(changed.format("message"), new).fetchall()
    if found and record.id <= indexed(connection):
        connection.execute("DELETE FROM words WHERE rowid = ?", (record.id,))
        if text_of(record.body):
            row = entry(record.id, record.conversation, found[0][0], record.body)
            connection.execute(INDEX, (as_json([row]),))


def indexed(connection: apsw.Connection) -> int:
    """Up to which id the words of all messages are in the index."""
    return one(connection, "SELECT indexed FROM progress")


def last_id(connection: apsw.Connection) -> int:
    """The greatest id that may have been used."""
    return one(connection, _LAST)


def one(connection: apsw.Connection, query: str, bindings: tuple[int, ...] = ()) -> int:
    """The number that ``query`` gives; 0 for NULL."""
    found: Any = connection.execute(query, bindings).fetchall()[0][0]
    return found or 0
