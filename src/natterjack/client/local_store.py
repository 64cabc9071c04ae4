"""What is kept on this computer: messages on their way, how far each conversation was shown, and its last lines.

The face on SQLite (``apsw``). One file for all servers and accounts; several runs of the program may use it at once.
One thread of each uses it, and waits for the disk.

What goes to the outbox is on the disk when :meth:`LocalStore.add` returns, whatever happens to the machine then. All
else survives the end of the program at any moment, and a power cut as it was a little earlier: lines would be fetched
again, and messages sent again under their old names, which is harmless.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
from msgspec import Struct

from natterjack.client.events import Kind, MessageReceived
from natterjack.client.runs import Runs
from natterjack.client.session.catchup import MOST_KNOWN, Position, Shown
from natterjack.client.session.outbox import Draft, Entry
from natterjack.proto.casemap import fold
from natterjack.proto.source import Source

FILE: Final = "client.db"
#: "NJcl": tells our files from other programs' databases.
_APPLICATION_ID: Final = 0x4E4A636C
_VERSION: Final = 1
#: Lines kept of each conversation, and how many may be over that before they are taken away.
_MOST_LINES: Final = 2000
_SLACK: Final = 200
#: Milliseconds for another run to finish with the file.
_PATIENCE: Final = 5000
#: Before this version two connections that write at once may damage a WAL file. https://sqlite.org/wal.html
_SAFE_WAL: Final = (3, 51, 3)
_SCHEMA: Final = """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, identity TEXT NOT NULL, run TEXT NOT NULL,
        cid TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
        created REAL NOT NULL, tried INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE position (
        server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL, name TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, PRIMARY KEY (server, identity, conversation)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE line (
        number INTEGER PRIMARY KEY, server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, nick TEXT NOT NULL, account TEXT NOT NULL, target TEXT NOT NULL,
        kind TEXT NOT NULL, own INTEGER NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX line_place ON line (server, identity, conversation, number);
"""


class LocalStoreError(Exception):
    """It cannot be used, or not for this; the text says why, as the end of a sentence."""


class Whose(Struct, frozen=True):
    """``server`` is its address's name, ``identity`` the account, folded; ``""`` for guests."""

    server: str
    identity: str


class LocalStore:
    """The file in ``directory``, made if it is not there. Everything raises :class:`LocalStoreError`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        with told():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._runs = Runs(directory)
            try:
                self._connection = open_database(self.path, _APPLICATION_ID, _VERSION, _SCHEMA)
            except BaseException:
                self._runs.close()
                raise
        self._lines: dict[tuple[Whose, str], int] = {}  # how many there are, as far as it was counted

    def close(self) -> None:
        with told():
            self._connection.close()
            self._runs.close()

    # -- the outbox ------------------------------------------------------------------------------------------------

    def add(
        self, whose: Whose, drafts: Sequence[tuple[str, Draft]], now: float, ref: int, *, tried: bool
    ) -> list[Entry]:
        """Write ``drafts`` down, each with its cid. They are on the disk when this returns.

        ``tried``: they may be handed to a connection at once, without :meth:`note_tried`.
        """
        entries: list[Entry] = []
        with self._writing(safe=True):
            for cid, draft in drafts:
                self._connection.execute(
                    "INSERT INTO outbox (server, identity, run, cid, target, kind, text, created, tried)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (whose.server, whose.identity, self._runs.own, cid, draft.target, draft.kind.value,
                     draft.text, now, int(tried)),
                )  # fmt: skip
                number = self._connection.last_insert_rowid()
                entries.append(Entry(number, cid, draft.target, draft.kind, draft.text, ref=ref))
        return entries

    def take_over(self, whose: Whose) -> list[Entry]:
        """What runs that are over have left there, and we ourselves; it is ours from now on. In order."""
        with self._writing(safe=True):
            runs = self._connection.execute(
                "SELECT DISTINCT run FROM outbox WHERE server = ? AND identity = ?", _key(whose)
            ).fetchall()
            entries: list[Entry] = []
            for (run,) in runs:
                if run == self._runs.own or self._runs.is_over(str(run)):
                    entries += self._entries(whose, str(run))
                    self._connection.execute(
                        "UPDATE outbox SET run = ? WHERE server = ? AND identity = ? AND run = ?",
                        (self._runs.own, *_key(whose), run),
                    )
        return sorted(entries, key=lambda entry: entry.number)

    def _entries(self, whose: Whose, run: str) -> Iterator[Entry]:
        rows: Iterable[Any] = self._connection.execute(
            "SELECT number, cid, target, kind, text, tried FROM outbox"
            " WHERE server = ? AND identity = ? AND run = ?",
            (*_key(whose), run),
        )
        for number, cid, target, kind, text, tried in rows:
            yield Entry(number, cid, target, Kind(kind), text, bool(tried))

    def note_tried(self, entries: Sequence[Entry]) -> None:
        """They are about to be handed to a connection."""
        with self._writing(safe=True):
            numbers = [(entry.number,) for entry in entries]
            self._connection.executemany("UPDATE outbox SET tried = 1 WHERE number = ?", numbers)

    def remove(self, entries: Sequence[Entry]) -> None:
        """They are answered."""
        with self._writing(safe=False):
            self._remove(entries)

    def _remove(self, entries: Sequence[Entry]) -> None:
        numbers = [(entry.number,) for entry in entries]
        self._connection.executemany("DELETE FROM outbox WHERE number = ?", numbers)

    def move(self, entries: Sequence[Entry], whose: Whose) -> None:
        """They are ``whose`` from now on."""
        with self._writing(safe=True):
            rows = [(*_key(whose), entry.number) for entry in entries]
            self._connection.executemany("UPDATE outbox SET server = ?, identity = ? WHERE number = ?", rows)

    # -- what was shown --------------------------------------------------------------------------------------------

    def show(self, whose: Whose, shown: Sequence[Shown], done: Sequence[Entry] = ()) -> None:
        """They have been shown: keep the lines, and where we are; let go of what is ``done``; all in one step."""
        with self._writing(safe=False):
            self._remove(done)
            for each in shown:
                self._keep_line(whose, each)
            positions = {fold(each.conversation): each for each in shown if each.moves}
            for key, each in positions.items():
                self._connection.execute(
                    "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?, ?)",
                    (*_key(whose), key, each.conversation, each.message.msgid, each.message.time),
                )

    def _keep_line(self, whose: Whose, shown: Shown) -> None:
        line, key = shown.message, fold(shown.conversation)
        self._connection.execute(
            "INSERT INTO line (server, identity, conversation, msgid, time, nick, account, target, kind, own, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_key(whose), key, line.msgid, line.time, line.sender.nick, line.account, line.target,
             line.kind.value, int(line.own), line.text),
        )  # fmt: skip
        place = (*_key(whose), key)
        count = self._lines.get((whose, key))
        if count is None:
            where = "server = ? AND identity = ? AND conversation = ?"
            found: Any = self._connection.execute(f"SELECT count(*) FROM line WHERE {where}", place)  # noqa: S608
            count = found.fetchone()[0] - 1
        if count + 1 > _MOST_LINES + _SLACK:
            self._connection.execute(
                _TRIM, {"s": place[0], "i": place[1], "c": place[2], "most": _MOST_LINES}
            )
            count = _MOST_LINES - 1
        self._lines[whose, key] = count + 1

    def positions(self, whose: Whose) -> list[Position]:
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT name, msgid, time FROM position WHERE server = ? AND identity = ?", _key(whose)
            )
            return [Position(name, msgid, time) for name, msgid, time in rows]

    def msgids(self, whose: Whose) -> list[str]:
        """Those of the last lines, oldest first."""
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT msgid FROM line WHERE server = ? AND identity = ? AND msgid <> ''"
                " ORDER BY number DESC LIMIT ?",
                (*_key(whose), MOST_KNOWN // 2),
            )
            return [msgid for (msgid,) in rows][::-1]

    def lines(self, whose: Whose, conversation: str, most: int, ref: int = 0) -> list[MessageReceived]:
        """The last lines of ``conversation``, oldest first."""
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT msgid, time, nick, account, target, kind, own, text FROM line"
                " WHERE server = ? AND identity = ? AND conversation = ? ORDER BY number DESC LIMIT ?",
                (*_key(whose), fold(conversation), most),
            )
            return [_line(row, ref) for row in rows][::-1]

    def last_lines(self, whose: Whose, each: int, conversations: int) -> list[MessageReceived]:
        """The last lines of the conversations that were the last to have any, one after another."""
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT conversation FROM line WHERE server = ? AND identity = ?"
                " GROUP BY conversation ORDER BY max(number) DESC LIMIT ?",
                (*_key(whose), conversations),
            )
            names = [name for (name,) in rows]
        return [line for name in reversed(names) for line in self.lines(whose, name, each)]

    def is_known(self, server: str) -> bool:
        """Whether anything of ``server`` was ever shown here."""
        with told():
            found = self._connection.execute("SELECT 1 FROM line WHERE server = ? LIMIT 1", (server,))
            return found.fetchone() is not None

    # -- inside ----------------------------------------------------------------------------------------------------

    def _writing(self, *, safe: bool) -> AbstractContextManager[None]:
        return writing(self._connection, safe=safe)


_TRIM: Final = """
    DELETE FROM line WHERE server = :s AND identity = :i AND conversation = :c AND number <= (
        SELECT number FROM line WHERE server = :s AND identity = :i AND conversation = :c
        ORDER BY number DESC LIMIT 1 OFFSET :most
    )
"""


def _key(whose: Whose) -> tuple[str, str]:
    return whose.server, whose.identity


def _line(row: Any, ref: int) -> MessageReceived:
    msgid, time, nick, account, target, kind, own, text = row
    return MessageReceived(
        msgid, time, Source(nick), target, text, Kind(kind), bool(own), history=True, account=account, ref=ref
    )


@contextmanager
def writing(connection: apsw.Connection, *, safe: bool) -> Iterator[None]:
    """All of it or nothing. ``safe``: not even a power cut takes it back."""
    with told():
        connection.pragma("synchronous", "full" if safe else "normal")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk, for one, has undone it already
                connection.execute("ROLLBACK")
            raise


def open_database(path: Path, application_id: int, version: int, schema: str) -> apsw.Connection:
    """The database at ``path``, for its owner alone; made by ``schema`` if it is not there.

    Raises what :func:`told` tells in our words.
    """
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_PATIENCE)
        library = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
        connection.pragma("journal_mode", "wal" if library >= _SAFE_WAL else "delete")
        _prepare(connection, application_id, version, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: apsw.Connection, application_id: int, version: int, schema: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    found = connection.pragma("application_id"), connection.pragma("user_version")
    tables: Any = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found != (application_id, version):
        if found[0] == application_id:
            raise LocalStoreError("another version of this program wrote it")
        if found[0] or tables[0]:
            raise LocalStoreError("it is another program's")
        connection.execute(schema)
        connection.pragma("application_id", application_id)
        connection.pragma("user_version", version)
    connection.execute("COMMIT")


@contextmanager
def told() -> Iterator[None]:
    """What the system or the database says, in our words."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise LocalStoreError("it is damaged") from error
    except apsw.FullError as error:
        raise LocalStoreError("the disk is full") from error
    except apsw.BusyError as error:
        raise LocalStoreError("another program keeps it locked") from error
    except apsw.Error as error:
        raise LocalStoreError(str(error).lower() or "it cannot be used") from error
    except OSError as error:
        raise LocalStoreError((error.strerror or "it cannot be used").lower()) from error
