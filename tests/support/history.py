"""What history has to answer, said as plainly as possible: lists, filters and slices."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import apsw
import msgspec

from natterjack.ports.questions import (
    Bound,
    Cid,
    FindCid,
    FindLine,
    Page,
    ReadAnswer,
    ReadHistory,
    ReadQuestion,
    ReadTargets,
    Search,
    StoredLine,
    Targets,
)
from natterjack.ports.records import CidRecord, ForgetRecord, LineRecord, PairRecord, Record, RedactRecord
from natterjack.proto.casemap import fold
from natterjack.store import rows
from natterjack.store.database import migrations, transaction
from natterjack.store.index import Index
from natterjack.store.readers import Shelf
from natterjack.store.texts import fold_text, text_of
from natterjack.store.turnstile import Turnstile


class Model:
    """Takes records, and answers questions by looking at everything."""

    def __init__(self) -> None:
        self.lines: list[tuple[StoredLine, bool]] = []
        self.cids: dict[tuple[str, str], Cid] = {}
        self.pairs: dict[tuple[str, str], int] = {}

    def take(self, records: Iterable[Record]) -> None:
        for record in records:
            match record:
                case LineRecord(number, conversations, time, message, body, account, tags):
                    self.lines += (
                        (StoredLine(number, conversation, time, body, account, tags), message)
                        for conversation in conversations
                    )
                case CidRecord(sender, cid, number, digest):
                    self.cids[sender, cid] = Cid(number, digest)
                case PairRecord(account, other, conversation):
                    self.pairs[account, other] = self.pairs[other, account] = conversation
                case RedactRecord(conversation, number, body, tags):
                    self.lines = [
                        (msgspec.structs.replace(line, body=body, tags=tags), message)
                        if (line.conversation, line.id) == (conversation, number) and line.body
                        else (line, message)
                        for line, message in self.lines
                    ]
                case ForgetRecord(conversation):
                    self.lines = [each for each in self.lines if each[0].conversation != conversation]
                case _:
                    raise AssertionError(record)

    def answer(self, question: ReadQuestion) -> ReadAnswer:
        match question:
            case ReadHistory():
                return self._history(question)
            case FindLine(conversation, number):
                found = [line for line in self._of(conversation, True) if line.id == number]
                return found[0] if found else None
            case FindCid(sender, cid):
                return self.cids.get((sender, cid))
            case ReadTargets():
                return self._targets(question)
            case Search():
                return self._search(question)

    def _of(self, conversation: int, events: bool) -> list[StoredLine]:
        return [
            line for line, message in self.lines if line.conversation == conversation and (message or events)
        ]

    def _history(self, question: ReadHistory) -> Page:
        ids = {line.id for line in self._of(question.conversation, True)}
        if any(bound and bound.id and bound.id not in ids for bound in (question.lower, question.upper)):
            return Page((), known=False)
        found = [
            line
            for line in self._of(question.conversation, question.events)
            if line.body
            and line.id > question.since
            and (question.lower is None or _place(line, question.lower) > _at(question.lower))
            and (question.upper is None or _place(line, question.upper) < _at(question.upper))
        ]
        return Page(tuple(found[: question.limit] if question.forward else found[-question.limit :]))

    def _targets(self, question: ReadTargets) -> Targets:
        asked = [(conversation, "") for conversation in question.conversations]
        asked += (
            (place, other) for (account, other), place in self.pairs.items() if account == question.account
        )
        found = []
        for conversation, other in set(asked):
            since = dict(zip(question.conversations, question.since, strict=False)).get(conversation, 0)
            said = [line for line in self._of(conversation, False) if line.id > since]
            if said and question.after < said[-1].time < question.before:
                found.append((conversation, other, said[-1].time))
        found.sort(key=lambda target: (target[2], target[0]))
        return tuple(found[: question.limit])

    def _search(self, question: Search) -> Page:
        wanted = fold_text(question.text).split()
        since = dict(zip(question.conversations, question.since, strict=False))
        found = [
            line
            for line, message in self.lines
            if message
            and line.conversation in question.conversations
            and line.id > since.get(line.conversation, 0)
            and all(word in fold_text(text_of(line.body)) for word in wanted)
            and (not question.account or fold(line.account) == question.account)
            and (not question.after or line.time > question.after)
            and (not question.before or line.time < question.before)
        ]
        return Page(tuple(found[-question.limit :]) if wanted else ())


def _place(line: StoredLine, bound: Bound) -> int:
    return line.id if bound.id else line.time


def _at(bound: Bound) -> int:
    return bound.id or bound.time


class Memory:
    """The real thing, in a database in memory: records in, index built as far as wanted, answers out."""

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        for _, text in migrations():
            self.connection.execute(text)
        self.index = Index(self.connection)
        self.last = 0

    def take(self, records: Iterable[Record]) -> None:
        with transaction(self.connection):
            for record in records:
                rows.write(self.connection, record)
                if isinstance(record, LineRecord):
                    self.last = record.id

    def build(self, steps: int = 1_000_000) -> None:
        """So many steps of what is due."""
        while steps and self.index.is_due(self.last):
            self.index.step(self.last)
            steps -= 1

    def answer(self, question: ReadQuestion) -> ReadAnswer:
        shelf = object.__new__(Shelf)  # a shelf opens files only
        shelf._connection = self.connection
        shelf._turnstile = Turnstile()
        return shelf.answer(question, float("inf"))

    def count(self, query: str) -> int:
        found = self.connection.execute(query).fetchall()[0][0]
        assert isinstance(found, int)
        return found


def message(
    number: int,
    text: str = "hi",
    conversation: int = 1,
    account: str = "alice",
    time: int = 0,
    conversations: tuple[int, ...] = (),
    is_message: bool = True,
) -> LineRecord:
    """A line with ``text``; its time follows from its number where none is given."""
    verb = "PRIVMSG #lobby" if is_message else "PART #lobby"
    body = f":{account or 'guest'}!u@host {verb} :{text}"
    return LineRecord(
        number, conversations or (conversation,), time or number * 10, is_message, body, account, ""
    )


def database(directory: Path) -> apsw.Connection:
    """The store's file, looked at from outside."""
    return apsw.Connection(str(directory / "natterjack.db"), flags=apsw.SQLITE_OPEN_READONLY)
