"""What is built behind what was written, in small steps: zones of time, and the index of words.

Each step is a transaction that also says how far it has come, so one that was interrupted has not happened and is made
again. Nothing is built for the last few hundred messages: small pieces would have to be put together again and again,
and to look through so few is quicker than to look them up.
"""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from natterjack.store.database import transaction
from natterjack.store.messages import as_json, indexed, one
from natterjack.store.texts import PLACE, TEXT, author, index_text

#: Ids of a zone: as many are looked through where times are asked for. About half a millisecond.
ZONE = 2048
#: Messages that go into the index in one step: about 4 ms. With fewer left than that it waits for more.
STEP = 512
#: As many steps in one, where there is time: a quarter less work for each message, and about 16 ms.
LARGE = 4
#: Pages that one step of merging writes at least: about 2 ms.
_PAGES = 16
#: Steps of merging behind so many messages, if there is so much to merge: four times what is needed on average.
_MERGES = 8

_FIRST = """
    SELECT min(
        coalesce((SELECT id FROM message WHERE id > :zoned ORDER BY id LIMIT 1), :last),
        coalesce((SELECT id FROM event WHERE id > :zoned ORDER BY id LIMIT 1), :last)
    )
"""
_CLOSE_ZONE = """
    INSERT INTO zone SELECT :zoned + 1, max(id), min(time), max(time) FROM (
        SELECT id, time FROM message WHERE id > :zoned AND id < :below
        UNION ALL
        SELECT id, time FROM event WHERE id > :zoned AND id < :below
    ) HAVING count(*) > 0
    RETURNING until
"""
_NEXT = """
    SELECT count(*), max(id),
        json_group_array(json_array(id, body)) FILTER (WHERE octet_length(body) > length(body)),
        json_group_array(DISTINCT account) FILTER (WHERE account <> '')
    FROM (SELECT id, account, body FROM message WHERE id > ? ORDER BY id LIMIT ?)
"""
# Texts in ASCII, which SQLite can fold as well as we can, go in without a way through Python. What can't is handed over
# in tables, for in JSON it would be looked for from the beginning, message by message.
_HANDED_OVER = """
    CREATE TEMP TABLE IF NOT EXISTS strange (id INTEGER PRIMARY KEY, text);
    CREATE TEMP TABLE IF NOT EXISTS author (account PRIMARY KEY, token) WITHOUT ROWID
"""
_STRANGE = "INSERT INTO temp.strange SELECT value ->> 0, value ->> 1 FROM jsonb_each(?)"
_AUTHORS = "INSERT INTO temp.author SELECT value ->> 0, value ->> 1 FROM jsonb_each(?)"
_DONE = "DELETE FROM temp.strange; DELETE FROM temp.author"
_ADD = f"""
    INSERT INTO words (rowid, text, place, author)
    SELECT id, coalesce(strange.text, {TEXT}), {PLACE}, coalesce(author.token, '')
    FROM message LEFT JOIN temp.strange USING (id) LEFT JOIN temp.author USING (account)
    WHERE id > ? AND id <= ? AND instr(body, ' :') AND length(body) > instr(body, ' :') + 1
    ORDER BY id
"""
_strange = msgspec.json.Decoder(list[tuple[int, str]])
_accounts = msgspec.json.Decoder(list[str])


class Index:
    """How far it has come. All methods raise :class:`apsw.Error`, and have then done nothing."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        connection.execute(_HANDED_OVER)
        self._indexed = indexed(connection)
        self._zoned = one(connection, "SELECT max(until) FROM zone")
        self._merges = _MERGES  # steps that are due before the next words
        self._merging = True  # there may be something to merge

    def behind(self, last: int) -> int:
        """How many ids up to ``last`` have not been looked at for their words."""
        return last - self._indexed

    def times_behind(self, last: int) -> int:
        """How many ids up to ``last`` are in no zone."""
        return last - self._zoned

    def is_due(self, last: int) -> bool:
        """Whether there is something to do, where the greatest id that is stored is ``last``."""
        return self._merging or last - self._indexed >= STEP or last - self._zoned >= ZONE

    def step(self, last: int, *, large: bool = False) -> None:
        """Do the next small step of what is due; ``large``: as large a one as is worth it."""
        if last - self._zoned >= ZONE:
            self._close_zone(last)
        elif self._merging and self._merges > 0:
            self._merge()
        elif last - self._indexed >= STEP:
            self._add_words(last, STEP * LARGE if large else STEP)
        else:
            self._merge()

    def _close_zone(self, last: int) -> None:
        bindings = {"zoned": self._zoned, "last": last}
        first: Any = self._connection.execute(_FIRST, bindings).fetchall()[0][0]
        bindings["below"] = first + ZONE
        rows: Any = self._connection.execute(_CLOSE_ZONE, bindings).fetchall()
        self._zoned = rows[0][0] if rows else last

    def _add_words(self, last: int, size: int) -> None:
        row: Any = self._connection.execute(_NEXT, (self._indexed, size)).fetchall()[0]
        count, greatest, strange, accounts = row
        until = greatest if count == size else last
        texts = [(number, index_text(body)) for number, body in _strange.decode(strange)]
        authors = [(account, author(account)) for account in _accounts.decode(accounts)]
        execute = self._connection.execute
        with transaction(self._connection):
            if texts:
                execute(_STRANGE, (as_json(texts),))
            if authors:
                execute(_AUTHORS, (as_json(authors),))
            execute(_ADD, (self._indexed, until))
            if texts or authors:
                execute(_DONE)
            execute("UPDATE progress SET indexed = ?", (until,))
        self._indexed = until
        self._merges, self._merging = _MERGES * size // STEP, True

    def _merge(self) -> None:
        before = self._connection.total_changes()
        self._connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (_PAGES,))
        self._merges -= 1
        # FTS5 documents this as the way to learn that there is nothing left to merge.
        self._merging = self._connection.total_changes() - before >= 2
