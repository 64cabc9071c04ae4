"""Client certificates that stand for an account: whoever has one need not say a password (SASL EXTERNAL).

Known by their fingerprints, SHA-256 in hexadecimal digits. One belongs to one account; an account may have several.
All of them are in memory; the store gets every change as a record.
"""

from __future__ import annotations

import re

from natterjack.ports.records import CertificateRecord, Snapshot
from natterjack.proto.casemap import fold

_FINGERPRINT = re.compile("[0-9a-f]{64}")


class Certificates:
    """The owner of the fingerprints."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_fingerprint = {record.fingerprint: record for record in snapshot.certificates}

    def get(self, fingerprint: str) -> CertificateRecord | None:
        """What is known of the certificate with ``fingerprint``."""
        return self._by_fingerprint.get(fingerprint)

    def of(self, account: str) -> list[CertificateRecord]:
        """Those of ``account``, the oldest first."""
        wanted = fold(account)
        return [record for record in self._by_fingerprint.values() if fold(record.account) == wanted]

    def put(self, record: CertificateRecord) -> None:
        """``record`` holds from now on."""
        self._by_fingerprint[record.fingerprint] = record

    def remove(self, fingerprint: str) -> None:
        """It is nobody's any more."""
        del self._by_fingerprint[fingerprint]


def read_fingerprint(text: str) -> str | None:
    """``text`` as programs show fingerprints, in capitals or not, with colons or without; None where it is none."""
    tidied = text.replace(":", "").lower()
    return tidied if _FINGERPRINT.fullmatch(tidied) else None
