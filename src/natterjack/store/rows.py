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
    CertificateGoneRecord,
    CertificateRecord,
    ChannelGoneRecord,
    ChannelRecord,
    ChannelRenamedRecord,
    CidRecord,
    FileGoneRecord,
    FileRecord,
    FormerName,
    InviteRecord,
    KeepRecord,
    LineRecord,
    LockGoneRecord,
    LockRecord,
    MarkRecord,
    MaskRecord,
    MetadataGoneRecord,
    MetadataRecord,
    Record,
    RoomRecord,
    RunRecord,
    SanctionGoneRecord,
    SanctionRecord,
    SeatRecord,
    Snapshot,
)
from natterjack.proto.casemap import fold
from natterjack.store import messages

_T = TypeVar("_T", bound=Struct)

_READ_SECRET = "SELECT value FROM meta WHERE key = 'secret'"
_READ_ACCOUNTS = """
    SELECT name, created, rounds, salt, stored_key, server_key, revoked, operator, alone, stays
    FROM account ORDER BY created
"""
_READ_INVITES = "SELECT code, created, by, uses_left, expires, channel, revoked FROM invite ORDER BY created"
_READ_CHANNELS = """
    SELECT name, created, flags, key, user_limit, slow, topic, topic_by, topic_time, conversation, forward, masks
    FROM channel
"""
_READ_SEATS = "SELECT channel, account, ranks, member, since FROM seat"
_READ_SANCTIONS = "SELECT kind, target, by, since, until, reason FROM sanction ORDER BY since"
_READ_LOCK = "SELECT text, by, since FROM server_lock"
_READ_CERTIFICATES = "SELECT fingerprint, account, added FROM certificate ORDER BY added"
#: Among so many of the latest events as are read in no time. Others may have such words in their text.
_READ_RENAMES = """
    SELECT conversation, time, body FROM (SELECT * FROM event ORDER BY id DESC LIMIT 20000)
    WHERE body LIKE '% RENAME #% #%' ORDER BY id
"""
#: The latest thousand: what the console shows.
_READ_AUDIT = "SELECT time, by, verb, about FROM audit ORDER BY id DESC LIMIT 1000"
_READ_RUNS = "SELECT first, seed FROM run ORDER BY number"
_READ_MARKS = "SELECT account, target, time FROM mark"
_READ_KEEPS = "SELECT conversation, seconds, rows FROM keep"
_READ_FILES = """
    SELECT id, conversation, line, account, nick, target, payer, name, media, size, sha256, created, key
    FROM upload ORDER BY created
"""
_READ_METADATA = "SELECT account, conversation, key, value FROM metadata"
#: Bytes that tell whether there is room again. They stay in the database, and are written anew.
_ROOM = 64 << 10
_WRITE: dict[type, str] = {  # all but what is in store/messages.py
    AccountRecord: "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    InviteRecord: "INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?, ?, ?, ?)",
    ChannelRecord: """
        INSERT OR REPLACE INTO channel (
            folded, name, created, flags, key, user_limit, slow, topic, topic_by, topic_time, conversation,
            forward, masks
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """,
    ChannelGoneRecord: """
        DELETE FROM metadata WHERE conversation = (SELECT conversation FROM channel WHERE folded = ?) AND account = '';
        DELETE FROM channel WHERE folded = ?; DELETE FROM seat WHERE channel = ?; DELETE FROM mark WHERE target = ?
    """,
    ChannelRenamedRecord: """
        UPDATE channel SET folded = :new, name = :name WHERE folded = :old;
        UPDATE seat SET channel = :new WHERE channel = :old;
        DELETE FROM mark WHERE target = :new AND :new <> :old;
        UPDATE mark SET target = :new WHERE target = :old
    """,
    SeatRecord: "INSERT OR REPLACE INTO seat VALUES (?, ?, ?, ?, ?)",
    SanctionRecord: "INSERT OR REPLACE INTO sanction VALUES (?, ?, ?, ?, ?, ?, ?)",
    SanctionGoneRecord: "DELETE FROM sanction WHERE kind = ? AND folded = ?",
    LockRecord: "INSERT OR REPLACE INTO server_lock VALUES (1, ?, ?, ?)",
    LockGoneRecord: "DELETE FROM server_lock",
    CertificateRecord: "INSERT OR REPLACE INTO certificate VALUES (?, ?, ?)",
    CertificateGoneRecord: "DELETE FROM certificate WHERE fingerprint = ?",
    FileRecord: "INSERT OR REPLACE INTO upload VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    FileGoneRecord: "DELETE FROM upload WHERE id = ?",
    MetadataRecord: "INSERT OR REPLACE INTO metadata VALUES (?, ?, ?, ?)",
    MetadataGoneRecord: "DELETE FROM metadata WHERE account = ? AND conversation = ? AND key = ?",
    RoomRecord: f"INSERT OR REPLACE INTO meta VALUES ('room', zeroblob({_ROOM}))",
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
    if isinstance(record, ChannelRenamedRecord):
        names = {"old": fold(record.old), "new": fold(record.new), "name": record.new}
        connection.execute(_WRITE[ChannelRenamedRecord], names)
        return
    members = msgspec.structs.astuple(record)
    if isinstance(record, AccountRecord):
        members = (fold(record.name), *members)
    elif isinstance(record, ChannelRecord):
        masks = msgspec.json.encode(record.masks).decode()
        members = (fold(record.name), *members[:-2], record.forward, masks)
    elif isinstance(record, ChannelGoneRecord):
        members = (fold(record.name),) * 4
    elif isinstance(record, SeatRecord):
        members = (fold(record.channel), *members[1:])
    elif isinstance(record, SanctionRecord):
        members = (record.kind, fold(record.target), *members[1:])
    elif isinstance(record, SanctionGoneRecord):
        members = (record.kind, fold(record.target))
    connection.execute(_WRITE[type(record)], members)


def read(connection: apsw.Connection) -> Snapshot:
    """All that the core needs at the start."""
    secret: Any = connection.execute(_READ_SECRET).fetchall()[0][0]
    accounts = _all(connection, AccountRecord, _READ_ACCOUNTS)
    invites = _all(connection, InviteRecord, _READ_INVITES)
    channels = tuple(_channels(connection))
    seats = _all(connection, SeatRecord, _READ_SEATS)
    audit = _all(connection, AuditRecord, _READ_AUDIT)
    sanctions = _all(connection, SanctionRecord, _READ_SANCTIONS)
    locks = _all(connection, LockRecord, _READ_LOCK)
    certificates = _all(connection, CertificateRecord, _READ_CERTIFICATES)
    return Snapshot(
        secret,
        accounts,
        invites,
        channels,
        seats,
        audit[::-1],
        sanctions,
        locks[0] if locks else None,
        certificates,
        messages.last_id(connection),
        _all(connection, RunRecord, _READ_RUNS),
        _all(connection, MarkRecord, _READ_MARKS),
        _all(connection, KeepRecord, _READ_KEEPS),
        _all(connection, FileRecord, _READ_FILES),
        _all(connection, MetadataRecord, _READ_METADATA),
        tuple(_former_names(connection)),
    )


def _former_names(connection: apsw.Connection) -> Iterator[FormerName]:
    rows: Iterable[Any] = connection.execute(_READ_RENAMES)
    for conversation, time, body in rows:
        _, verb, old, _ = body.split(" ", 3)
        if verb == "RENAME":
            yield FormerName(conversation, old, time / 1000)


def _channels(connection: apsw.Connection) -> Iterator[ChannelRecord]:
    rows: Iterable[Any] = connection.execute(_READ_CHANNELS)
    for row in rows:
        masks = msgspec.json.decode(row[-1], type=tuple[MaskRecord, ...])
        yield msgspec.structs.replace(ChannelRecord(*row[:-2]), masks=masks, forward=row[-2])


def _all(connection: apsw.Connection, kind: type[_T], query: str) -> tuple[_T, ...]:
    """The rows of ``query``, whose columns are the members of ``kind`` in their order."""
    names = [field.name for field in msgspec.structs.fields(kind)]
    rows = (dict(zip(names, row, strict=True)) for row in connection.execute(query))
    # Not strict: SQLite has no truth values but 0 and 1.
    return tuple(msgspec.convert(row, kind, strict=False) for row in rows)
