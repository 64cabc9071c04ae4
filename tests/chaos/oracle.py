"""Reads the history after the dust has settled, and says what of the promises was broken.

``lost``: acknowledged, and not there. ``invented``: there, and nobody said it. ``twice``: two lines of one message, or
one shown twice to somebody, or acknowledged under two ids. ``vanished``: somebody saw it, and it is not in the history
as he saw it. ``false refusal``: refused, and there. ``inversion``: the order of a viewer is not that of the history,
or a sender's not that in which he spoke. ``integrity``: the database is not as it should be.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from tests.chaos.ledger import Entry, Ledger

#: Findings of a kind that are told one by one.
_TOLD = 5


@dataclass(frozen=True)
class Line:
    """One line of the history."""

    msgid: str
    text: str


@dataclass(frozen=True)
class Finding:
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


class Verdict:
    """What was found; nothing is as it should be."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings = list(findings)

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}

    def __bool__(self) -> bool:
        """Whether there is anything to complain of."""
        return bool(self.findings)

    def __str__(self) -> str:
        if not self.findings:
            return "nothing lost, nothing twice, nothing out of order"
        told: list[str] = []
        for kind, count in Counter(finding.kind for finding in self.findings).items():
            some = [str(finding) for finding in self.findings if finding.kind == kind][:_TOLD]
            told += [f"{count} × {kind}", *(f"  {each}" for each in some)]
        return "\n".join(told)

    __repr__ = __str__


def judge(ledger: Ledger, histories: Mapping[str, Sequence[Line]], data: Path | None = None) -> Verdict:
    """``histories``: by target, what CHATHISTORY gave. ``data``: the directory of a server that has ended."""
    findings = [*_history(ledger, histories), *_order(ledger, histories)]
    if data is not None:
        findings += database(ledger, histories, data)
    return Verdict(findings)


class _Index:
    """The histories, by id and by text."""

    def __init__(self, histories: Mapping[str, Sequence[Line]]) -> None:
        self.texts: dict[str, str] = {}
        self.msgids: defaultdict[str, list[str]] = defaultdict(list)
        self.doubles: list[Finding] = []
        for lines in histories.values():
            for line in lines:
                if line.msgid in self.texts:
                    what = f"the id {line.msgid}: {line.text!r} and {self.texts[line.msgid]!r}"
                    self.doubles.append(Finding("twice", what))
                self.texts[line.msgid] = line.text
                self.msgids[line.text].append(line.msgid)


def _history(ledger: Ledger, histories: Mapping[str, Sequence[Line]]) -> Iterator[Finding]:
    known = _Index(histories)
    yield from known.doubles
    said = {entry.text for entry in ledger.entries if entry.attempts}
    for text, msgids in known.msgids.items():
        if text not in said:
            yield Finding("invented", repr(text))
        if len(msgids) > 1:
            yield Finding("twice", f"in the history: {text!r} as {', '.join(msgids)}")
    for entry in ledger.entries:
        yield from _entry(entry, known)
    for (viewer, target), sights in ledger.seen.items():
        for text, count in Counter(sight.text for sight in sights).items():
            if count > 1:
                yield Finding("twice", f"shown {count} times to {viewer} in {target}: {text!r}")
        for sight in sights:
            if known.texts.get(sight.msgid) != sight.text:
                yield Finding("vanished", f"shown to {viewer} in {target}: {sight.text!r} as {sight.msgid}")


def _entry(entry: Entry, known: _Index) -> Iterator[Finding]:
    found = known.msgids.get(entry.text, [])
    for msgid in set(entry.msgids):
        if known.texts.get(msgid) != entry.text:
            yield Finding("lost", f"{entry.text!r}, acknowledged as {msgid}, there as {found}")
    if len(set(entry.msgids)) > 1:
        yield Finding("twice", f"acknowledged: {entry.text!r} as {', '.join(entry.msgids)}")
    if entry.refusal and found:
        yield Finding("false refusal", f"{entry.text!r}, refused with {entry.refusal!r}")


def _order(ledger: Ledger, histories: Mapping[str, Sequence[Line]]) -> Iterator[Finding]:
    for target, lines in histories.items():
        place = {line.msgid: number for number, line in enumerate(lines)}
        for (viewer, where), sights in ledger.seen.items():
            if where != target:
                continue
            last = -1
            for sight in sights:
                number = place.get(sight.msgid, last)
                if number < last:
                    yield Finding("inversion", f"{viewer} in {target}: {sight.text!r} came late")
                last = max(last, number)
        numbers = {entry.text: (entry.sender, entry.number) for entry in ledger.entries}
        spoken: dict[str, int] = {}
        for line in lines:
            sender, number = numbers.get(line.text, ("", 0))
            if number < spoken.get(sender, 0):
                yield Finding("inversion", f"{sender} in {target}: {line.text!r} is there after a later one")
            spoken[sender] = max(number, spoken.get(sender, 0))


# -- the database


def database(ledger: Ledger, histories: Mapping[str, Sequence[Line]], data: Path) -> Iterator[Finding]:
    """What is wrong in the file, and where CHATHISTORY told something else than it has."""
    connection = apsw.Connection(str(data / "natterjack.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        yield from integrity(connection)
        told = sorted((line.msgid, line.text) for lines in histories.values() for line in lines)
        there = sorted((msgid, text) for msgid, text, _ in stored(connection))
        if told != there:
            odd = Counter(told)
            odd.subtract(Counter(there))
            what = [f"{key} {count:+d}" for key, count in odd.items() if count][:_TOLD]
            yield Finding("integrity", f"CHATHISTORY and the database differ: {what}")
        known = {entry.cid: entry for entry in ledger.entries}
        texts = {number: text for _, text, number in stored(connection)}
        counted: Counter[str] = Counter()
        for cid, number in _rows(connection, "SELECT cid, id FROM cid"):
            counted[cid] += 1
            if cid not in known or texts.get(number) != known[cid].text:
                yield Finding("integrity", f"the client message id {cid} belongs to {texts.get(number)!r}")
        for cid, count in counted.items():
            if count > 1:
                yield Finding("twice", f"{count} rows of the client message id {cid}")
        for entry in ledger.entries:
            if entry.msgids and entry.cid not in counted:
                yield Finding("lost", f"the client message id {entry.cid}, acknowledged")
    finally:
        connection.close()


def integrity(connection: apsw.Connection, strays: bool = True) -> Iterator[Finding]:
    """What SQLite finds wrong itself, and rows that belong to nothing (``strays``: messages of no conversation)."""
    for (text,) in _rows(connection, "PRAGMA integrity_check"):
        if text != "ok":
            yield Finding("integrity", text)
    foreign = """
        SELECT id FROM message WHERE conversation > 0 AND conversation NOT IN (SELECT conversation FROM channel)
        UNION ALL
        SELECT id FROM message WHERE conversation < 0 AND conversation NOT IN (SELECT conversation FROM pair)
    """
    for (number,) in _rows(connection, foreign) if strays else ():
        yield Finding("integrity", f"the message {number} belongs to no conversation")
    with_words = """
        SELECT count(*) FROM message
        WHERE id <= (SELECT indexed FROM progress) AND substr(body, instr(body, ' :') + 2) <> ''
    """
    (built,) = _rows(connection, with_words)
    (words,) = _rows(connection, "SELECT count(*) FROM words")
    if built != words:
        yield Finding("integrity", f"{words[0]} entries in the index for {built[0]} messages")


def stored(connection: apsw.Connection) -> list[tuple[str, str, int]]:
    """Msgid, text and id of every message."""
    runs = [(first, seed) for first, seed in _rows(connection, "SELECT first, seed FROM run ORDER BY number")]
    firsts = [first for first, _ in runs]
    found = []
    for number, body in _rows(connection, "SELECT id, body FROM message ORDER BY id"):
        seed = runs[bisect_right(firsts, number) - 1][1]
        found.append((f"{seed}{number:x}", body.partition(" :")[2], number))
    return found


def _rows(connection: apsw.Connection, query: str) -> list[tuple[Any, ...]]:
    return list(connection.execute(query))
