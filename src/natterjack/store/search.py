"""Searching what was said: the newest messages first, until there are enough.

What the index has is looked up in it; the tail that it does not have yet is looked through, and so is everything where
the words are too short for it (two characters, as Chinese words are): newest first, up to a number of messages.
Whatever is found is compared with the message itself, so the index may be behind or too generous, but never wrong.

Messages are compared in Python, some hundred at a time: between those the loop gets the GIL whenever it wants it. What
is looked through is sorted out by SQLite first, which does not need the GIL: as far as texts in ASCII go, it compares
as we do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import apsw

from natterjack.ports.questions import Page, Search, StoredLine
from natterjack.store.history import AS_JSON, END, Span, lines, page, spans
from natterjack.store.messages import as_json, indexed, one
from natterjack.store.texts import matcher, query, words

#: Messages that one search looks through at most where the index is of no use.
SCAN_ROWS = 100_000
#: Messages that are looked through at a time: about two milliseconds, nearly all of them in SQLite.
_CHUNK = 2000
#: Hits of the index that are compared at a time: few at first, for mostly they are right.
_FIRST_HITS, _MOST_HITS = 100, 2000

# What Python has to look at: texts that are not in ASCII, and those with the part of one that is searched for. That is
# NULL where a word is not in ASCII: then no text that is has it.
_MAYBE = """FILTER (WHERE (octet_length(body) > length(body) OR instr(lower(replace(body, char(13), '')), :part))
    AND (:account = '' OR lower(account) = :account))"""
_SCAN_ONE = f"""
    SELECT count(*), min(id), {AS_JSON} {_MAYBE} FROM (
        SELECT * FROM message WHERE conversation = :only AND id > :above AND id < :below
        ORDER BY id DESC LIMIT :limit
    )
"""
# The tail, which is short, in the order of the table: of the rows of others only the beginning is read.
_SCAN_TAIL = f"""
    SELECT count(*), min(id), {AS_JSON} {_MAYBE} FROM (
        SELECT * FROM message NOT INDEXED
        WHERE id > :above AND id < :below AND conversation IN (SELECT value FROM json_each(:conversations))
        ORDER BY id DESC LIMIT :limit
    )
"""
# Everything: the rows of others are not touched.
_SCAN_SOME = f"""
    SELECT count(*), min(id), {AS_JSON} {_MAYBE} FROM (
        SELECT id FROM message INDEXED BY message_by_conversation
        WHERE id > :above AND id < :below AND conversation IN (SELECT value FROM json_each(:conversations))
        ORDER BY id DESC LIMIT :limit
    ) JOIN message USING (id)
"""
_HITS = f"""
    SELECT count(*), min(hit), {AS_JSON} FILTER (WHERE id IS NOT NULL) FROM (
        SELECT rowid AS hit FROM words
        WHERE words MATCH :query AND rowid > :above AND rowid < :below
        ORDER BY rowid DESC LIMIT :limit
    ) LEFT JOIN message ON message.id = hit
        AND message.conversation IN (SELECT value FROM json_each(:conversations))
"""

_Chunks = Iterator[list[StoredLine]]


def search(connection: apsw.Connection, question: Search, until: float) -> Page:
    """Answer with what was found by ``until`` (monotonic), and say so. Raises :class:`apsw.Error`."""
    wanted = words(question.text)
    matches = matcher(wanted, question.account, question.after, question.before)
    since = dict(zip(question.conversations, question.since, strict=False))
    found: list[StoredLine] = []
    if not wanted or not question.conversations or question.limit <= 0:
        return Page(())
    try:
        for chunk in _candidates(connection, question, wanted):
            found += (
                line
                for line in chunk
                if matches(line.time, line.body, line.account) and line.id > since.get(line.conversation, 0)
            )
            if len(found) >= question.limit:
                break
            if time.monotonic() > until:
                return page(_newest(found, question.limit), complete=False)
    except (apsw.InterruptError, _EnoughError):
        return page(_newest(found, question.limit), complete=False)
    return page(_newest(found, question.limit))


class _EnoughError(Exception):
    """So many messages were looked through that the rest is left out."""


def _newest(found: list[StoredLine], limit: int) -> list[StoredLine]:
    return sorted(found, key=lambda line: -line.id)[:limit]


def _candidates(connection: apsw.Connection, question: Search, wanted: tuple[str, ...]) -> _Chunks:
    """Messages that may match, newest first from chunk to chunk."""
    asked = query(wanted, question.conversations, question.account)
    bindings = {
        "query": asked,
        "conversations": as_json(question.conversations),
        "only": question.conversations[0],
        "part": max(wanted, key=len) if all(word.isascii() for word in wanted) else None,
        "account": question.account,
    }
    several = _SCAN_TAIL if asked else _SCAN_SOME
    statement = _SCAN_ONE if len(question.conversations) == 1 else several
    # The tail is looked through as far as there is time: what is behind it counts too.
    scan = _Scan(connection, bindings, statement, END if asked else SCAN_ROWS)
    known = indexed(connection) if asked else END
    for span in spans(connection, question.after, question.before or END, forward=False):
        if not asked:
            yield from scan(span)
            continue
        yield from scan(Span(max(span.above, known), span.below))
        yield from _hits(connection, bindings, Span(span.above, min(span.below, known + 1)))


class _Scan:
    """Looks messages through, over all spans together up to ``most`` of them."""

    def __init__(
        self, connection: apsw.Connection, bindings: dict[str, Any], statement: str, most: int
    ) -> None:
        self._connection = connection
        self._bindings = bindings
        self._statement = statement
        self._left = most

    def __call__(self, span: Span) -> _Chunks:
        # What is found in several conversations has to be sorted, so we look between two ids not too far apart.
        below = min(span.below, one(self._connection, "SELECT max(id) FROM message") + 1)
        width = 2 * _CHUNK
        while below > span.above + 1:
            if self._left <= 0:
                raise _EnoughError
            above = max(span.above, below - width)
            at = {**self._bindings, "above": above, "below": below, "limit": _CHUNK}
            row: Any = self._connection.execute(self._statement, at).fetchall()[0]
            count, lowest, array = row
            yield lines(array)
            self._left -= count
            if count < _CHUNK:
                below, width = above + 1, 2 * width
            else:
                below, width = lowest, max(2 * _CHUNK, below - lowest)


def _hits(connection: apsw.Connection, bindings: dict[str, Any], span: Span) -> _Chunks:
    at = {**bindings, "above": span.above, "below": span.below, "limit": _FIRST_HITS}
    while at["below"] > span.above + 1:
        row: Any = connection.execute(_HITS, at).fetchall()[0]
        count, lowest, array = row
        yield lines(array)
        if count < at["limit"]:
            return
        at["below"] = lowest
        at["limit"] = min(at["limit"] * 2, _MOST_HITS)
