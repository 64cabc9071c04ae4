"""Searching what was said: the newest messages first, until there are enough.

What the index has is looked up in it; the tail that it does not have yet is looked through, and so is everything where
the words are too short for it (two characters, as Chinese words are): newest first, up to a number of messages.
Whatever is found is compared with the message itself, so the index may be behind or too generous, but never wrong.

Messages are compared in Python, some hundred at a time: between those the loop gets the GIL whenever it wants it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import apsw

from natterjack.ports.questions import Page, Search, StoredLine
from natterjack.store.history import AS_JSON, END, Span, lines, page, spans
from natterjack.store.messages import as_json, indexed
from natterjack.store.texts import matcher, query, words

#: Messages that one search looks through at most where the index is of no use.
SCAN_ROWS = 100_000
#: Messages that are looked through at a time: about half a millisecond in Python.
_CHUNK = 500
#: Hits of the index that are compared at a time: few at first, for mostly they are right.
_FIRST_HITS, _MOST_HITS = 100, 2000

# A text in ASCII has no word that is not: where one is searched for, Python need not look at it.
_FOREIGN = "FILTER (WHERE NOT :foreign OR octet_length(body) > length(body))"
_SCAN_ONE = f"""
    SELECT count(*), min(id), {AS_JSON} {_FOREIGN} FROM (
        SELECT * FROM message WHERE conversation = :only AND id > :above AND id < :below
        ORDER BY id DESC LIMIT :limit
    )
"""
# The index on id has the conversation too, so the rows of others are not touched.
_SCAN_SOME = f"""
    SELECT count(*), min(id), {AS_JSON} {_FOREIGN} FROM (
        SELECT id, conversation FROM message INDEXED BY message_by_id
        WHERE id > :above AND id < :below AND conversation IN (SELECT value FROM json_each(:conversations))
        ORDER BY id DESC LIMIT :limit
    ) JOIN message USING (id, conversation)
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
        "foreign": any(not word.isascii() for word in wanted),
    }
    scan = _Scan(connection, bindings, _SCAN_ONE if len(question.conversations) == 1 else _SCAN_SOME)
    known = indexed(connection) if asked else END
    for span in spans(connection, question.after, question.before or END, forward=False):
        if not asked:
            yield from scan(span)
            continue
        yield from scan(Span(max(span.above, known), span.below))
        yield from _hits(connection, bindings, Span(span.above, min(span.below, known + 1)))


class _Scan:
    """Looks messages through, over all spans together up to :data:`SCAN_ROWS` of them."""

    def __init__(self, connection: apsw.Connection, bindings: dict[str, Any], statement: str) -> None:
        self._connection = connection
        self._bindings = bindings
        self._statement = statement
        self._left = SCAN_ROWS

    def __call__(self, span: Span) -> _Chunks:
        at = {**self._bindings, "above": span.above, "below": span.below, "limit": _CHUNK}
        while at["below"] > span.above + 1:
            if self._left <= 0:
                raise _EnoughError
            row: Any = self._connection.execute(self._statement, at).fetchall()[0]
            count, lowest, array = row
            yield lines(array)
            if count < _CHUNK:
                return
            self._left -= count
            at["below"] = lowest


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
