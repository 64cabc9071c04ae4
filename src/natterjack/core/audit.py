"""The log of who did what, for the operator: the latest lines in memory, all of them in the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from natterjack.ports.records import AuditRecord

#: Lines that the console can show.
LINES = 1000


class Audit:
    """The owner of the log."""

    def __init__(self, records: Iterable[AuditRecord]) -> None:
        self._lines: deque[AuditRecord] = deque(records, maxlen=LINES)

    def add(self, record: AuditRecord) -> AuditRecord:
        """One more line, which the caller has stored."""
        self._lines.append(record)
        return record

    def latest(self, count: int) -> list[AuditRecord]:
        """The latest ``count`` lines, oldest first."""
        return list(self._lines)[-count:]
