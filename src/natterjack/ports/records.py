"""What must last: the rows that the store is asked to commit."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class MessageRecord(Struct, frozen=True):
    """One PRIVMSG, NOTICE or stored TAGMSG to one target.

    ``target`` is the channel's name or the receiver's nick as shown; ``time`` seconds since 1970; ``account`` is
    ``""`` for a guest; ``tags`` are the client-only tags that are relayed.
    """

    msgid: str
    time: float
    command: str
    source: str
    account: str
    target: str
    text: str
    tags: Mapping[str, str]


class AccountRecord(Struct, frozen=True):
    """An account as it is from now on. ``created`` in seconds since 1970; the rest as in ``proto.scram.Verifier``."""

    name: str
    created: float
    rounds: int
    salt: bytes
    stored_key: bytes
    server_key: bytes
    revoked: bool = False


Record = MessageRecord | AccountRecord


class Snapshot(Struct, frozen=True):
    """What the store had when the server started. ``secret`` is 32 random bytes that never change."""

    secret: bytes
    accounts: tuple[AccountRecord, ...] = ()
