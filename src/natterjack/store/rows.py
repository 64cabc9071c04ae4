"""Records to rows and back: the one place that knows both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import apsw
import msgspec
from msgspec import Struct

from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    ChannelGoneRecord,
    ChannelRecord,
    CidRecord,
    InviteRecord,
    KeepRecord,
    LineRecord,
    MarkRecord,
    MaskRecord,
    Record,
    RunRecord,
    SeatRecord,
    Snapshot,
)
from natterjack.proto.casemap import fold
from natterjack.store import messages

_T = TypeVar("_T", bound=Struct)

_READ_SECRET = "SELECT value FROM meta WHERE key = 'secret'"
_READ_ACCOUNTS = """
    SELECT name, created, rounds, salt, stored_key, server_key, revoked FROM account ORDER BY created
"""
_READ_INVITES = "SELECT code, created, by, uses_left, expires, channel, revoked FROM invite ORDER BY created"
_READ_CHANNELS = """
    SELECT name, created, owner, flags, key, user_limit, topic, topic_by, topic_time, masks FROM channel
"""
_READ_SEATS = "SELECT channel, account, ranks, member FROM seat"
#: The latest thousand: what the console shows.
_READ_AUDIT = "SELECT time, by, verb, about FROM audit ORDER BY id DESC LIMIT 1000"
_READ_RUNS = "SELECT first, seed FROM run ORDER BY number"
_READ_MARKS = "SELECT account, target, time FROM mark"
_READ_KEEPS = "SELECT conversation, seconds, rows FROM keep"
_WRITE: dict[type, str] = {  # all but what is in store/messages.py
    AccountRecord: "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    InviteRecord: "INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?, ?, ?, ?)",
    ChannelRecord: "INSERT OR REPLACE INTO channel VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ChannelGoneRecord: "DELETE FROM channel WHERE folded = ?; DELETE FROM seat WHERE channel = ?",
    SeatRecord: "INSERT OR REPLACE INTO seat VALUES (?, ?, ?, ?)",
    AuditRecord: "INSERT INTO audit (time, by, verb, about) VALUES (?, ?, ?, ?)",
}


def write(connection: apsw.Connection, record: Record) -> None:
    """Store ``record``, in the transaction that is open."""
    if isinstance(record, LineRecord | CidRecord):
        messages.add(connection, (record,))
        return
    if isinstance(record, messages.Other):
        messages.write(connection, record)
        return
    members = msgspec.structs.astuple(record)
    if isinstance(record, AccountRecord):
        members = (fold(record.name), *members)
    elif isinstance(record, ChannelRecord):
        masks = msgspec.json.encode(record.masks).decode()
        members = (fold(record.name), *members[:-1], masks)
    elif isinstance(record, ChannelGoneRecord):
        members = (fold(record.name),) * 2
    elif isinstance(record, SeatRecord):
        members = (fold(record.channel), *members[1:])
    connection.execute(_WRITE[type(record)], members)


def read(connection: apsw.Connection) -> Snapshot:
    """All that the core needs at the start."""
    secret: Any = connection.execute(_READ_SECRET).fetchall()[0][0]
    accounts = _all(connection, AccountRecord, _READ_ACCOUNTS)
    invites = _all(connection, InviteRecord, _READ_INVITES)
    channels = tuple(_channels(connection))
    seats = _all(connection, SeatRecord, _READ_SEATS)
    audit = _all(connection, AuditRecord, _READ_AUDIT)
    return Snapshot(
        secret,
        accounts,
        invites,
        channels,
        seats,
        audit[::-1],
        messages.last_id(connection),
        _all(connection, RunRecord, _READ_RUNS),
        _all(connection, MarkRecord, _READ_MARKS),
        _all(connection, KeepRecord, _READ_KEEPS),
    )


def _channels(connection: apsw.Connection) -> Iterator[ChannelRecord]:
    rows: Iterable[Any] = connection.execute(_READ_CHANNELS)
    for row in rows:
        masks = msgspec.json.decode(row[-1], type=tuple[MaskRecord, ...])
        yield msgspec.structs.replace(ChannelRecord(*row[:-1]), masks=masks)


def _all(connection: apsw.Connection, kind: type[_T], query: str) -> tuple[_T, ...]:
    """The rows of ``query``, whose columns are the members of ``kind`` in their order."""
    names = [field.name for field in msgspec.structs.fields(kind)]
    rows = (dict(zip(names, row, strict=True)) for row in connection.execute(query))
    # Not strict: SQLite has no truth values but 0 and 1.
    return tuple(msgspec.convert(row, kind, strict=False) for row in rows)
