"""Records to rows and back: the one place that knows both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw

from natterjack.ports.records import AccountRecord, Record, Snapshot
from natterjack.proto.casemap import fold


def write(connection: apsw.Connection, record: Record) -> None:
    """Store ``record``, in the transaction that is open."""
    if isinstance(record, AccountRecord):
        _account(connection, record)
    else:
        raise TypeError(f"nothing stores a {type(record).__name__} yet")


def read(connection: apsw.Connection) -> Snapshot:
    """All that the core needs at the start."""
    secret: Any = connection.execute("SELECT value FROM meta WHERE key = 'secret'").fetchall()[0][0]
    query = (
        "SELECT name, created, rounds, salt, stored_key, server_key, revoked FROM account ORDER BY created"
    )
    rows: Iterable[Any] = connection.execute(query)
    accounts = (
        AccountRecord(name, created, rounds, salt, stored_key, server_key, bool(revoked))
        for name, created, rounds, salt, stored_key, server_key, revoked in rows
    )
    return Snapshot(secret, tuple(accounts))


def _account(connection: apsw.Connection, record: AccountRecord) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            fold(record.name),
            record.name,
            record.created,
            record.rounds,
            record.salt,
            record.stored_key,
            record.server_key,
            int(record.revoked),
        ),
    )
