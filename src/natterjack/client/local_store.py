"""What is kept on this computer: messages on their way, how far each conversation was shown, and its last lines.

One file for all servers and accounts; several runs of the program may use it at once. One thread of each uses it, and
waits for the disk.

What goes to the outbox is on the disk when :meth:`LocalStore.add` returns, whatever happens to the machine then. All
else survives the end of the program at any moment, and a power cut as it was a little earlier: lines would be fetched
again, and messages sent again under their old names, which is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from natterjack.client.channels import is_channel
from natterjack.client.database import Database, told, writing
from natterjack.client.events import (
    Change,
    ChannelRenamed,
    Edited,
    Kind,
    MessageReceived,
    Reacted,
    Recalled,
    Redacted,
)
from natterjack.client.session.catchup import MOST_KNOWN, Position, Shown
from natterjack.client.session.markers import Marker
from natterjack.client.session.outbox import Draft, Entry
from natterjack.client.transfers.values import FileInfo
from natterjack.proto.casemap import fold
from natterjack.proto.source import Source

FILE: Final = "client.db"
#: "NJcl": tells our files from other programs' databases.
_APPLICATION_ID: Final = 0x4E4A636C
_VERSION: Final = 4
#: Lines kept of each conversation, and how many may be over that before they are taken away.
_MOST_LINES: Final = 2000
_SLACK: Final = 200
_SCHEMA: Final = """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, identity TEXT NOT NULL, run TEXT NOT NULL,
        cid TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
        created REAL NOT NULL, tried INTEGER NOT NULL, reply TEXT NOT NULL DEFAULT '',
        tried_as TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE position (
        server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL, name TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, PRIMARY KEY (server, identity, conversation)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE line (
        number INTEGER PRIMARY KEY, server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, nick TEXT NOT NULL, account TEXT NOT NULL, target TEXT NOT NULL,
        kind TEXT NOT NULL, own INTEGER NOT NULL, text TEXT NOT NULL, reply TEXT NOT NULL DEFAULT '',
        edited INTEGER NOT NULL DEFAULT 0, redacted INTEGER NOT NULL DEFAULT 0, reactions TEXT NOT NULL DEFAULT '[]',
        file TEXT NOT NULL DEFAULT 'null'
    ) STRICT;
    CREATE INDEX line_place ON line (server, identity, conversation, number);
"""
#: Came with version 2. ``known``: up to where the server knows it.
_MARKER: Final = """
    CREATE TABLE marker (
        server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL, name TEXT NOT NULL,
        time REAL NOT NULL, known REAL NOT NULL, PRIMARY KEY (server, identity, conversation)
    ) STRICT, WITHOUT ROWID;
"""
#: From version 1.
_FROM_1: Final = """
    ALTER TABLE outbox ADD COLUMN reply TEXT NOT NULL DEFAULT '';
    ALTER TABLE line ADD COLUMN reply TEXT NOT NULL DEFAULT '';
    ALTER TABLE line ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE line ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE line ADD COLUMN reactions TEXT NOT NULL DEFAULT '[]';
"""
#: From version 2.
_FROM_2: Final = "ALTER TABLE line ADD COLUMN file TEXT NOT NULL DEFAULT 'null';"
#: From version 3.
_FROM_3: Final = "ALTER TABLE outbox ADD COLUMN tried_as TEXT NOT NULL DEFAULT '';"
_UPGRADES: Final = MappingProxyType(
    {1: _FROM_1 + _MARKER + _FROM_2 + _FROM_3, 2: _FROM_2 + _FROM_3, 3: _FROM_3}
)
#: The ``kind`` of a row that is no message: it only keeps the id of something that was shown.
_EVENT: Final = "event"


class Whose(Struct, frozen=True):
    """``server`` is its address's name, ``identity`` the account, folded; ``""`` for guests."""

    server: str
    identity: str


class _Reaction(Struct, frozen=True, array_like=True):
    """As it is kept beside its message."""

    msgid: str
    nick: str
    text: str


class Lines(Struct, frozen=True):
    """Messages as they were shown, oldest first, and the reactions to them."""

    lines: list[MessageReceived]
    reactions: list[Reacted]

    def recalled(self, ref: int) -> Recalled:
        """They answer the request ``ref``."""
        return Recalled(ref, tuple(self.lines), tuple(self.reactions))


class LocalStore(Database):
    """The file in ``directory``, made if it is not there."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / FILE, _APPLICATION_ID, _VERSION, _SCHEMA + _MARKER, _UPGRADES)
        self._lines: dict[tuple[Whose, str], int] = {}  # how many there are, as far as it was counted

    # -- the outbox ------------------------------------------------------------------------------------------------

    def add(
        self, whose: Whose, drafts: Sequence[tuple[str, Draft]], now: float, ref: int, *, tried: bool
    ) -> list[Entry]:
        """Write ``drafts`` down, each with its cid. They are on the disk when this returns.

        ``tried``: they may be handed to a connection at once, without :meth:`note_tried`.
        """
        with self._writing(safe=True):
            return [self._add(whose, cid, draft, now, ref, tried=tried) for cid, draft in drafts]

    def _add(self, whose: Whose, cid: str, draft: Draft, now: float, ref: int, *, tried: bool) -> Entry:
        self._connection.execute(
            "INSERT INTO outbox (server, identity, run, cid, target, kind, text, created, tried, reply)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (whose.server, whose.identity, self._runs.own, cid, draft.target, draft.kind.value,
             draft.text, now, int(tried), draft.reply_to),
        )  # fmt: skip
        number = self._connection.last_insert_rowid()
        return Entry(number, cid, draft.target, draft.kind, draft.text, ref=ref, reply_to=draft.reply_to)

    def cut(
        self, whose: Whose, cuts: Sequence[tuple[Entry, Sequence[tuple[str, Draft]]]], now: float
    ) -> list[list[Entry]]:
        """In place of each entry, which no connection has seen, those of its drafts; all in one step."""
        with self._writing(safe=True):
            self._remove([entry for entry, _ in cuts])
            return [
                [self._add(whose, cid, draft, now, entry.ref, tried=False) for cid, draft in named]
                for entry, named in cuts
            ]

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
            "SELECT number, cid, target, kind, text, tried, reply, tried_as FROM outbox"
            " WHERE server = ? AND identity = ? AND run = ?",
            (*_key(whose), run),
        )
        for number, cid, target, kind, text, tried, reply, tried_as in rows:
            yield Entry(number, cid, target, Kind(kind), text, bool(tried), reply_to=reply, tried_as=tried_as)

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

    def redirect(self, entries: Sequence[Entry]) -> None:
        """Their target has another name."""
        with self._writing(safe=True):
            rows = [(each.target, each.tried_as, int(each.tried), each.number) for each in entries]
            self._connection.executemany(
                "UPDATE outbox SET target = ?, tried_as = ?, tried = ? WHERE number = ?", rows
            )

    # -- what was shown --------------------------------------------------------------------------------------------

    def show(self, whose: Whose, shown: Sequence[Shown], done: Sequence[Entry] = ()) -> None:
        """They have been shown: keep the lines, and where we are; let go of what is ``done``; all in one step."""
        with self._writing(safe=False):
            self._remove(done)
            positions: dict[str, Shown] = {}
            for each in shown:
                if isinstance(each.event, ChannelRenamed):
                    self._keep_positions(whose, positions)
                    positions.clear()
                    self._rename(whose, each.event.old, each.event.new)
                if each.moves:
                    positions[fold(each.conversation)] = each
                if isinstance(each.event, MessageReceived):
                    self._keep_line(whose, each, each.event)
                    continue
                if isinstance(each.event, Change):
                    self._change(whose, fold(each.conversation), each.event)
                if each.msgid and not each.moves:  # else it is before the position, and not asked for again
                    self._keep_id(whose, each)
            self._keep_positions(whose, positions)

    def _keep_positions(self, whose: Whose, positions: Mapping[str, Shown]) -> None:
        for key, each in positions.items():
            self._connection.execute(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?, ?)",
                (*_key(whose), key, each.conversation, each.msgid, each.time),
            )

    def _rename(self, whose: Whose, old: str, new: str) -> None:
        """What is kept of the channel ``old`` is that of ``new``."""
        names = {"s": whose.server, "i": whose.identity, "o": fold(old), "n": fold(new)}
        for query in _RENAME:
            self._connection.execute(query, names | {"old": old, "new": new})
        for key in (names["o"], names["n"]):
            self._lines.pop((whose, key), None)

    def _keep_line(self, whose: Whose, shown: Shown, line: MessageReceived) -> None:
        key = fold(shown.conversation)
        self._connection.execute(
            "INSERT INTO line (server, identity, conversation, msgid, time, nick, account, target, kind, own, text,"
            " reply, edited, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_key(whose), key, line.msgid, line.time, line.sender.nick, line.account, line.target,
             line.kind.value, int(line.own), line.text, line.reply_to, int(line.edited),
             msgspec.json.encode(line.file).decode()),
        )  # fmt: skip
        self._trim(whose, key)

    def _keep_id(self, whose: Whose, shown: Shown) -> None:
        """It is no line of the conversation, and must not be shown again all the same."""
        self._connection.execute(
            "INSERT INTO line (server, identity, conversation, msgid, time, nick, account, target, kind, own, text)"
            " VALUES (?, ?, '', ?, ?, '', '', '', ?, 0, '')",
            (*_key(whose), shown.msgid, shown.time, _EVENT),
        )
        self._trim(whose, "")

    def _change(self, whose: Whose, conversation: str, change: Change) -> None:
        """Do to a line that is kept what was done to its message."""
        place = (*_key(whose), conversation)
        where = "server = ? AND identity = ? AND conversation = ?"
        if isinstance(change, Edited):
            query = f"UPDATE line SET text = ?, edited = 1 WHERE {where} AND msgid = ? AND redacted = 0"  # noqa: S608
            self._connection.execute(query, (change.text, *place, change.msgid))
            return
        if isinstance(change, Redacted):
            gone = "text = '', redacted = 1, reactions = '[]', file = 'null'"
            query = f"UPDATE line SET {gone} WHERE {where} AND msgid = ?"  # noqa: S608
            self._connection.execute(query, (*place, change.msgid))
        query = f"SELECT number, reactions FROM line WHERE {where} AND (msgid = ? OR instr(reactions, ?))"  # noqa: S608
        rows: Any = self._connection.execute(query, (*place, change.msgid, f'"{change.msgid}"')).fetchall()
        for number, kept in rows:
            reactions = _reactions.decode(kept)
            if isinstance(change, Reacted):
                reactions = [
                    each
                    for each in reactions
                    if (fold(each.nick), each.text) != (fold(change.sender.nick), change.reaction)
                ]
                if change.adding:
                    reactions.append(_Reaction(change.by, change.sender.nick, change.reaction))
            else:
                reactions = [each for each in reactions if each.msgid != change.msgid]
            text = msgspec.json.encode(reactions).decode()
            self._connection.execute("UPDATE line SET reactions = ? WHERE number = ?", (text, number))

    def _trim(self, whose: Whose, key: str) -> None:
        """One more was put into that conversation: the oldest may have to go."""
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

    def lines(self, whose: Whose, conversation: str, most: int, ref: int = 0) -> Lines:
        """The last lines of ``conversation``, each once."""
        with told():
            rows: Any = self._connection.execute(_LINES, (*_key(whose), fold(conversation), most)).fetchall()
            found = [_line(row[:-1], ref) for row in reversed(rows)]
            kept = [_reactions.decode(row[-1]) for row in reversed(rows)]
        return Lines(
            found,
            [
                _reacted(line, each, ref)
                for line, reactions in zip(found, kept, strict=True)
                for each in reactions
            ],
        )

    def last_lines(self, whose: Whose, each: int, conversations: int) -> Lines:
        """The last lines of the conversations that were the last to have any, one after another."""
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT conversation FROM line WHERE server = ? AND identity = ? AND conversation <> ''"
                " GROUP BY conversation ORDER BY max(number) DESC LIMIT ?",
                (*_key(whose), conversations),
            )
            names = [name for (name,) in rows]
        found = [self.lines(whose, name, each) for name in reversed(names)]
        return Lines(
            [line for lines in found for line in lines.lines],
            [reaction for lines in found for reaction in lines.reactions],
        )

    # -- how far was read ------------------------------------------------------------------------------------------

    def markers(self, whose: Whose) -> list[Marker]:
        with told():
            rows: Iterable[Any] = self._connection.execute(
                "SELECT name, time, known FROM marker WHERE server = ? AND identity = ?", _key(whose)
            )
            return [Marker(name, time, known) for name, time, known in rows]

    def mark(self, whose: Whose, markers: Sequence[Marker]) -> None:
        """So far was read; where another run has written a later time, that stays."""
        with self._writing(safe=False):
            for each in markers:
                self._connection.execute(
                    "INSERT INTO marker VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                    " SET time = max(time, excluded.time), known = excluded.known",
                    (*_key(whose), fold(each.name), each.name, each.time, each.known),
                )

    def is_known(self, server: str) -> bool:
        """Whether anything of ``server`` was ever shown here."""
        with told():
            found = self._connection.execute("SELECT 1 FROM line WHERE server = ? LIMIT 1", (server,))
            return found.fetchone() is not None

    # -- inside ----------------------------------------------------------------------------------------------------

    def _writing(self, *, safe: bool) -> AbstractContextManager[None]:
        return writing(self._connection, safe=safe)


#: Each run that goes on at the same time has kept them.
_LINES: Final = """
    SELECT msgid, time, nick, account, target, kind, own, text, reply, edited, redacted, file, reactions
    FROM line WHERE number IN (
        SELECT min(number) FROM line WHERE server = ? AND identity = ? AND conversation = ?
        GROUP BY iif(msgid = '', number, msgid) ORDER BY 1 DESC LIMIT ?
    ) ORDER BY number DESC
"""
_TRIM: Final = """
    DELETE FROM line WHERE server = :s AND identity = :i AND conversation = :c AND number <= (
        SELECT number FROM line WHERE server = :s AND identity = :i AND conversation = :c
        ORDER BY number DESC LIMIT 1 OFFSET :most
    )
"""


_OF_OLD: Final = "server = :s AND identity = :i AND conversation = :o"
_TO_OLD: Final = "substr(target, -length(:old)) = :old COLLATE NOCASE"
_LATER: Final = (
    "ON CONFLICT DO UPDATE SET name = :new,"
    " time = max(time, excluded.time), known = max(known, excluded.known)"
)
#: A line's target may have a sign before the name. A marker may have been written under the new one already.
_RENAME: Final = (
    f"UPDATE line SET target = substr(target, 1, length(target) - length(:old)) || :new WHERE {_OF_OLD} AND {_TO_OLD}",  # noqa: S608
    f"UPDATE line SET conversation = :n WHERE {_OF_OLD}",  # noqa: S608
    f"UPDATE OR REPLACE position SET conversation = :n, name = :new WHERE {_OF_OLD}",  # noqa: S608
    f"INSERT INTO marker SELECT server, identity, :n, :new, time, known FROM marker WHERE {_OF_OLD} {_LATER}",  # noqa: S608
    f"DELETE FROM marker WHERE {_OF_OLD} AND :o <> :n",  # noqa: S608
)


_reactions = msgspec.json.Decoder(list[_Reaction])
_file = msgspec.json.Decoder(FileInfo | None)


def _key(whose: Whose) -> tuple[str, str]:
    return whose.server, whose.identity


def _line(row: Any, ref: int) -> MessageReceived:
    msgid, time, nick, account, target, kind, own, text, reply, edited, redacted, file = row
    return MessageReceived(
        msgid,
        time,
        Source(nick),
        target,
        text,
        Kind(kind),
        bool(own),
        history=True,
        account=account,
        ref=ref,
        reply_to=reply,
        edited=bool(edited),
        redacted=bool(redacted),
        file=_file.decode(file),
    )


def _reacted(line: MessageReceived, kept: _Reaction, ref: int) -> Reacted:
    where = line.target if is_channel(line.target) or line.own else line.sender.nick
    return Reacted(
        line.msgid,
        kept.msgid,
        line.time,
        Source(kept.nick),
        where,
        True,  # whatever it is: it says where the reaction belongs
        history=True,
        ref=ref,
        reaction=kept.text,
    )
