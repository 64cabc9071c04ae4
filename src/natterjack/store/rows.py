"""Records to rows and back: the one place that knows both."""

from __future__ import annotations

from typing import Any, TypeVar

import apsw
import msgspec
from msgspec import Struct

from natterjack.ports.records import AccountRecord, AuditRecord, InviteRecord, Record, Snapshot
from natterjack.proto.casemap import fold

_T = TypeVar("_T", bound=Struct)

_READ_SECRET = "SELECT value FROM meta WHERE key = 'secret'"
_READ_ACCOUNTS = """
    SELECT name, created, rounds, salt, stored_key, server_key, revoked FROM account ORDER BY created
"""
_READ_INVITES = "SELECT code, created, by, uses_left, expires, channel, revoked FROM invite ORDER BY created"
#: The latest thousand: what the console shows.
_READ_AUDIT = "SELECT time, by, verb, about FROM audit ORDER BY id DESC LIMIT 1000"
_WRITE: dict[type, str] = {
    AccountRecord: "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    InviteRecord: "INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?, ?, ?, ?)",
    AuditRecord: "INSERT INTO audit (time, by, verb, about) VALUES (?, ?, ?, ?)",
}


def write(connection: apsw.Connection, record: Record) -> None:
    """Store ``record``, in the transaction that is open."""
    members = msgspec.structs.astuple(record)
    if isinstance(record, AccountRecord):
        members = (fold(record.name), *members)
    connection.execute(_WRITE[type(record)], members)


def read(connection: apsw.Connection) -> Snapshot:
    """All that the core needs at the start."""
    secret: Any = connection.execute(_READ_SECRET).fetchall()[0][0]
    accounts = _all(connection, AccountRecord, _READ_ACCOUNTS)
    invites = _all(connection, InviteRecord, _READ_INVITES)
    audit = _all(connection, AuditRecord, _READ_AUDIT)
    return Snapshot(secret, accounts, invites, audit[::-1])


def _all(connection: apsw.Connection, kind: type[_T], query: str) -> tuple[_T, ...]:
    """The rows of ``query``, whose columns are the members of ``kind`` in their order."""
    names = [field.name for field in msgspec.structs.fields(kind)]
    rows = (dict(zip(names, row, strict=True)) for row in connection.execute(query))
    # Not strict: SQLite has no truth values but 0 and 1.
    return tuple(msgspec.convert(row, kind, strict=False) for row in rows)
