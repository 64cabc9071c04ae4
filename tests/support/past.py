"""A history in memory, as plain as can be: what the store is measured against, and what transcripts ask."""

from __future__ import annotations

from natterjack.ports.questions import (
    Answer,
    Bound,
    Cid,
    FindCid,
    FindLine,
    Page,
    ReadHistory,
    ReadQuestion,
    ReadTargets,
    Reload,
    Reloaded,
    Search,
    StoredLine,
    Targets,
)
from natterjack.ports.records import CidRecord, ForgetRecord, LineRecord, PairRecord, Record, RedactRecord


class Past:
    """All lines that were stored, in their order, with whether each is a message."""

    def __init__(self) -> None:
        self.lines: dict[tuple[int, int], tuple[StoredLine, bool]] = {}  # by conversation and id
        self.cids: dict[tuple[str, str], Cid] = {}
        self.pairs: dict[tuple[str, str], int] = {}

    def store(self, record: Record) -> None:
        """Take in what concerns the history."""
        if isinstance(record, LineRecord):
            for place in record.conversations:
                line = StoredLine(record.id, place, record.time, record.body, record.account, record.tags)
                self.lines[place, record.id] = (line, record.message)
        elif isinstance(record, CidRecord):
            self.cids[record.sender, record.cid] = Cid(record.id, record.digest)
        elif isinstance(record, PairRecord):
            self.pairs[record.account, record.other] = record.conversation
            self.pairs[record.other, record.account] = record.conversation
        elif isinstance(record, RedactRecord):
            old, message = self.lines[record.conversation, record.id]
            if old.body:
                new = StoredLine(old.id, old.conversation, old.time, record.body, old.account, record.tags)
                self.lines[record.conversation, record.id] = (new, message)
        elif isinstance(record, ForgetRecord):
            self.lines = {key: line for key, line in self.lines.items() if key[0] != record.conversation}

    def ask(self, question: ReadQuestion | Reload) -> Answer:
        """The answer."""
        match question:
            case ReadHistory():
                return self._read(question)
            case FindLine(conversation, line):
                found = self.lines.get((conversation, line))
                return found[0] if found is not None else None
            case FindCid(sender, cid):
                return self.cids.get((sender, cid))
            case ReadTargets():
                return self._targets(question)
            case Search():
                return self._search(question)
            case Reload():
                return Reloaded(True, "nothing has changed")
        raise AssertionError(question)

    def _of(self, conversation: int, events: bool = False) -> list[StoredLine]:
        found = [line for (place, _), (line, message) in self.lines.items() if place == conversation
                 if (message or events) and line.body]  # fmt: skip
        return sorted(found, key=lambda line: line.id)

    def _read(self, wanted: ReadHistory) -> Page:
        for bound in (wanted.lower, wanted.upper):
            if bound is not None and bound.id and (wanted.conversation, bound.id) not in self.lines:
                return Page((), known=False)
        lines = [
            line
            for line in self._of(wanted.conversation, wanted.events)
            if line.id > wanted.since and _above(line, wanted.lower) and _below(line, wanted.upper)
        ]
        chosen = lines[: wanted.limit] if wanted.forward else lines[-wanted.limit :]
        return Page(tuple(chosen))

    def _targets(self, wanted: ReadTargets) -> Targets:
        since = dict(zip(wanted.conversations, wanted.since, strict=False))
        places = [(place, "") for place in wanted.conversations]
        if wanted.account:
            places += [(place, other) for (one, other), place in self.pairs.items() if one == wanted.account]
        found = [
            (place, other, lines[-1].time)
            for place, other in places
            if (lines := [line for line in self._of(place) if line.id > since.get(place, 0)])
        ]
        inside = [each for each in found if wanted.after < each[2] < wanted.before]
        inside.sort(key=lambda each: each[2])
        return tuple(inside[-wanted.limit :] if wanted.latest else inside[: wanted.limit])

    def _search(self, wanted: Search) -> Page:
        words = wanted.text.casefold().split()
        since = dict(zip(wanted.conversations, wanted.since, strict=False))
        lines = [
            line
            for place in wanted.conversations
            for line in self._of(place)
            if all(word in line.body.partition(" :")[2].replace("\r", "").casefold() for word in words)
            and line.id > since.get(place, 0)
            and (not wanted.account or line.account.lower() == wanted.account)
            and (not wanted.after or line.time >= wanted.after)
            and (not wanted.before or line.time <= wanted.before)
        ]
        return Page(tuple(sorted(lines, key=lambda line: line.id)[-wanted.limit :]))


def _above(line: StoredLine, bound: Bound | None) -> bool:
    return bound is None or (line.id > bound.id if bound.id else line.time > bound.time)


def _below(line: StoredLine, bound: Bound | None) -> bool:
    return bound is None or (line.id < bound.id if bound.id else line.time < bound.time)
