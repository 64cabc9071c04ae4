"""Questions about history, answered from the database.

Each is one statement whose answer is one row with an array in JSON: a statement that gave row after row would have to
get the GIL back for each of them, and would wait for it and hold up the loop each time.

**Times.** Lines are in order of id, and their times are what the clock said, which may have jumped. The table ``zone``
says of each two thousand ids or so which times they have. From it follows between which ids lines of certain times
can be at all; among those the times themselves decide. The latest lines are in no zone yet (the *tail*): they are
looked through.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from natterjack.ports.questions import (
    Bound,
    Cid,
    FindCid,
    FindLine,
    Page,
    ReadHistory,
    ReadTargets,
    StoredLine,
    Targets,
)
from natterjack.store.messages import as_json

#: More than any id and any time in milliseconds.
END = (1 << 63) - 1
_COLUMNS = "id, conversation, time, body, account, tags"
#: What :func:`lines` takes.
AS_JSON = f"json_group_array(json_array({_COLUMNS}))"


class Span(Struct, frozen=True, gc=False):
    """Ids above ``above`` and below ``below``."""

    above: int
    below: int


ALL = Span(0, END)


def _page_query(events: bool, forward: bool) -> str:
    order = "ASC" if forward else "DESC"
    parts = (
        f"""
            SELECT * FROM (
                SELECT {_COLUMNS} FROM {table}
                WHERE conversation = :conversation AND id > :above AND id < :below
                    AND time > :after AND time < :before AND body <> ''
                ORDER BY id {order} LIMIT :limit
            )"""
        for table in (("message", "event") if events else ("message",))
    )
    return f"SELECT {AS_JSON} FROM ({' UNION ALL '.join(parts)} ORDER BY id {order} LIMIT :limit)"


_PAGE = {
    (events, forward): _page_query(events, forward) for events in (False, True) for forward in (False, True)
}
_LINE = f"""
    SELECT json_array({_COLUMNS}) FROM message WHERE conversation = :conversation AND id = :id
    UNION ALL
    SELECT json_array({_COLUMNS}) FROM event WHERE conversation = :conversation AND id = :id
"""
_KNOWN = """
    SELECT count(*) FROM (
        SELECT id FROM message WHERE conversation = :conversation AND id IN (:lower, :upper)
        UNION
        SELECT id FROM event WHERE conversation = :conversation AND id IN (:lower, :upper)
    )
"""
#: From where to where the zones go that have such times, and where the last zone of all ends.
_SPAN = """
    SELECT json_array(
        (SELECT first FROM zone WHERE high > :after AND low < :before ORDER BY first LIMIT 1),
        (SELECT until FROM zone WHERE high > :after AND low < :before ORDER BY first DESC LIMIT 1),
        coalesce((SELECT until FROM zone ORDER BY first DESC LIMIT 1), 0)
    )
"""
_TARGETS = """
    SELECT json_group_array(json_array(conversation, other, latest)) FROM (
        SELECT conversation, other, (
            SELECT time FROM message WHERE message.conversation = place.conversation AND id > place.since
            ORDER BY id DESC LIMIT 1
        ) AS latest
        FROM (
            SELECT value ->> 0 AS conversation, '' AS other, value ->> 1 AS since FROM json_each(:conversations)
            UNION
            SELECT conversation, other, 0 FROM pair WHERE account = :account
        ) AS place
        WHERE latest > :after AND latest < :before
        ORDER BY latest, conversation LIMIT :limit
    )
"""

_lines = msgspec.json.Decoder(list[tuple[int, int, int, str, str, str]])
_line = msgspec.json.Decoder(tuple[int, int, int, str, str, str])
_span = msgspec.json.Decoder(tuple[int | None, int | None, int])
_targets = msgspec.json.Decoder(tuple[tuple[int, str, int], ...])


def read_history(connection: apsw.Connection, question: ReadHistory) -> Page:
    """Raises :class:`apsw.Error`."""
    lower, upper = question.lower or Bound(), question.upper or Bound(time=END)
    if not _known(connection, question.conversation, {lower.id, upper.id} - {0}):
        return Page((), known=False)
    after = -END if lower.id or question.lower is None else lower.time
    before = END if upper.id else upper.time
    query = _PAGE[question.events, question.forward]
    found: list[StoredLine] = []
    for span in spans(connection, after, before, question.forward):
        bindings = {
            "conversation": question.conversation,
            "above": max(span.above, lower.id, question.since),
            "below": min(span.below, upper.id or END),
            "after": after,
            "before": before,
            "limit": question.limit - len(found),
        }
        found += lines(connection.execute(query, bindings).fetchall()[0][0])
        if len(found) >= question.limit:
            break
    return page(found)


def page(found: list[StoredLine], complete: bool = True) -> Page:
    """``found`` in order."""
    found.sort(key=lambda line: line.id)
    return Page(tuple(found), complete=complete)


def lines(array: Any) -> list[StoredLine]:
    """What :data:`AS_JSON` gave."""
    return [StoredLine(*row) for row in _lines.decode(array)]


def spans(connection: apsw.Connection, after: int, before: int, forward: bool) -> list[Span]:
    """Between which ids lines can be whose time is above ``after`` and below ``before``; in that order."""
    if after <= 0 and before == END:
        return [ALL]
    bindings = {"after": after, "before": before}
    array: Any = connection.execute(_SPAN, bindings).fetchall()[0][0]
    first, until, tail = _span.decode(array)
    if first is None or until is None:
        return [Span(tail, END)]
    if until == tail:
        return [Span(first - 1, END)]
    both = [Span(first - 1, until + 1), Span(tail, END)]
    return both if forward else both[::-1]


def _known(connection: apsw.Connection, conversation: int, ids: set[int]) -> bool:
    if not ids:
        return True
    bindings = {"conversation": conversation, "lower": min(ids), "upper": max(ids)}
    return connection.execute(_KNOWN, bindings).fetchall()[0][0] == len(ids)


def find_line(connection: apsw.Connection, question: FindLine) -> StoredLine | None:
    """Raises :class:`apsw.Error`."""
    bindings = {"conversation": question.conversation, "id": question.id}
    found: Any = connection.execute(_LINE, bindings).fetchall()
    return StoredLine(*_line.decode(found[0][0])) if found else None


def find_cid(connection: apsw.Connection, question: FindCid) -> Cid | None:
    """Raises :class:`apsw.Error`."""
    query = "SELECT id, digest FROM cid WHERE sender = ? AND cid = ?"
    found: Any = connection.execute(query, (question.sender, question.cid)).fetchall()
    return Cid(*found[0]) if found else None


def read_targets(connection: apsw.Connection, question: ReadTargets) -> Targets:
    """Raises :class:`apsw.Error`."""
    bindings = {
        "conversations": as_json(zip(question.conversations, question.since or repeat(0), strict=False)),
        "account": question.account,
        "after": question.after,
        "before": question.before,
        "limit": question.limit,
    }
    found: Any = connection.execute(_TARGETS, bindings).fetchall()[0][0]
    return _targets.decode(found)
