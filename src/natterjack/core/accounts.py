"""The accounts: who has a name that nobody else may use, and what is kept of their passwords.

All of them are in memory; the store gets every change as a record and is read once, at the start.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from natterjack.ports.records import AccountRecord, Snapshot
from natterjack.proto.casemap import fold
from natterjack.proto.names import skeleton
from natterjack.proto.scram import ROUNDS, SALT_BYTES, Verifier


class Accounts:
    """The owner of the accounts."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.secret = snapshot.secret
        self._by_name: dict[str, AccountRecord] = {}
        self._by_look: dict[str, AccountRecord] = {}
        self._reserved: list[AccountRecord] = []
        for record in snapshot.accounts:
            self.put(record)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[AccountRecord]:
        return iter(self._by_name.values())

    def put(self, record: AccountRecord) -> None:
        """``record`` is how its account is from now on."""
        self._by_name[fold(record.name)] = record
        self._by_look[skeleton(record.name)] = record

    def reserve(self, record: AccountRecord) -> None:
        """``record`` is to be a new account. Until :meth:`settle`, when it is stored, only its name is taken."""
        self._reserved.append(record)

    def settle(self, record: AccountRecord, stored: bool) -> None:
        """What came of the account that was reserved."""
        self._reserved.remove(record)
        if stored:
            self.put(record)

    def get(self, name: str) -> AccountRecord | None:
        """The account ``name``."""
        return self._by_name.get(fold(name))

    def reserving(self, nick: str) -> AccountRecord | None:
        """The account that has ``nick``, or a name that looks like it, for itself."""
        found = self._by_name.get(fold(nick))
        if found is not None or not (self._by_look or self._reserved):
            return found
        look = skeleton(nick)
        found = self._by_look.get(look)
        if found is None and self._reserved:
            return next((each for each in self._reserved if skeleton(each.name) == look), None)
        return found

    def verifier(self, name: str) -> Verifier:
        """What a proof for the account ``name`` is checked against.

        For a name that is no account it is made up, the same each time, and fits no password: who asks can't tell
        the two apart, neither by the salt nor by the time that it takes.
        """
        record = self.get(name)
        if record is not None and not record.revoked:
            return Verifier(record.rounds, record.salt, record.stored_key, record.server_key)
        salt, stored, server = (
            hmac.digest(self.secret, f"{use}:{fold(name)}".encode(), "sha256")
            for use in ("salt", "stored", "server")
        )
        return Verifier(ROUNDS, salt[:SALT_BYTES], stored, server)
