"""What could not be stored and has to be: changes that hold already, and wait for room on the disk.

A message that can't be stored has not been said. But who came and went, what a channel's modes are, who is banned:
that has happened, and people have seen it. It is *owed*: put in front of what is stored next, in order, until it is.

A record says how something is from now on, so of two about the same thing the later one is enough, and what is owed is
bounded by what there is. Lines and the audit log only grow; of them, so many are kept.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    CertificateGoneRecord,
    CertificateRecord,
    ChannelGoneRecord,
    ChannelRecord,
    CidRecord,
    FileGoneRecord,
    FileRecord,
    InviteRecord,
    KeepRecord,
    LineRecord,
    LockGoneRecord,
    LockRecord,
    MarkRecord,
    MetadataGoneRecord,
    MetadataRecord,
    PairRecord,
    Record,
    RedactRecord,
    RoomRecord,
    SanctionGoneRecord,
    SanctionRecord,
    SeatRecord,
)
from natterjack.proto.casemap import fold

#: Lines of history and of the audit log that are owed at most: some megabytes. Further ones are not kept.
MOST_LINES: Final = 20_000
_SPEECH = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "REDACT"})


def is_given_up(record: Record) -> bool:
    """Whether ``record`` is (a part of) something said: where it can't be stored, it was not said."""
    if isinstance(record, LineRecord):
        return record.message or record.body.split(" ", 2)[1] in _SPEECH
    return isinstance(record, CidRecord | RedactRecord | RoomRecord)


class Owed:
    """What is owed, in order."""

    def __init__(self) -> None:
        self._records: dict[Hashable, Record] = {}
        self._section = 0  # records are taken together within one only
        self._count = 0
        self._lines = 0
        #: Lines that were not kept, for want of room here.
        self.missing = 0

    def __len__(self) -> int:
        return len(self._records)

    def add(self, record: Record) -> None:
        """One more, which takes the place of what was owed about the same."""
        what = _what(record)
        if what is not None:
            key: Hashable = (self._section, what)
            self._records.pop(key, None)
        else:
            self._count += 1
            key = self._count
            if isinstance(record, LineRecord | AuditRecord):
                if self._lines >= MOST_LINES:
                    self.missing += 1
                    return
                self._lines += 1
            else:  # of a kind that is not known here: nothing moves past it
                self._section += 1
        self._records[key] = record

    def take(self) -> tuple[Record, ...]:
        """All of it, which is owed no longer."""
        records = tuple(self._records.values())
        self._records.clear()
        self._section = self._lines = 0
        return records


def _what(record: Record) -> Any:
    """What ``record`` is about, of which the latest word is enough; None where all of them are needed."""
    match record:
        case AccountRecord(name):
            return "account", fold(name)
        case InviteRecord(code):
            return "invite", code
        case ChannelRecord(name):
            return "channel", fold(name)
        case ChannelGoneRecord(name):
            return "no channel", fold(name)  # apart: it takes seats with it, which a new channel does not
        case SeatRecord(channel, account):
            return "seat", fold(channel), account
        case SanctionRecord(kind, target) | SanctionGoneRecord(kind, target):
            return "sanction", kind, fold(target)
        case LockRecord() | LockGoneRecord():
            return "lock"
        case CertificateRecord(fingerprint) | CertificateGoneRecord(fingerprint):
            return "certificate", fingerprint
        case FileRecord(number) | FileGoneRecord(number):
            return "file", number
        case MarkRecord(account, target):
            return "mark", account, target
        case PairRecord(account, other):
            return "pair", account, other
        case KeepRecord(conversation):
            return "keep", conversation
        case MetadataRecord(account, conversation, key) | MetadataGoneRecord(account, conversation, key):
            return "metadata", account, conversation, key
        case _:
            return None
