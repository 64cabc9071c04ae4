"""All of the data as lines of JSON, and back: nothing is lost, nothing changes, and nothing wrong gets in."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    CertificateRecord,
    ChannelRecord,
    CidRecord,
    FileRecord,
    ForgetRecord,
    InviteRecord,
    KeepRecord,
    LockRecord,
    MarkRecord,
    MaskRecord,
    MetadataRecord,
    PairRecord,
    Record,
    RunRecord,
    SanctionRecord,
    SeatRecord,
)
from natterjack.store import exporting, importing, rows
from natterjack.store.backup import StoppedError
from natterjack.store.database import NAME, StoreError, build, open_database, transaction
from natterjack.store.exporting import export
from natterjack.store.importing import import_
from natterjack.store.tables import DERIVED, FOLDED, SINGLE, TABLES, tables
from natterjack.store.writer import Store
from tests.support.history import message
from tests.support.killing import killed_everywhere

_FILES = {"tls/key.pem": b"-----BEGIN KEY-----\nabc\n", "tls/cert.pem": b"cert\n"}
_ALLOWED = frozenset(_FILES)
_DOCUMENT = Path(__file__).parents[2] / "docs" / "export.md"
#: Whatever makes trouble in JSON, in SQL and on terminals.
_ODD = "☂ \"quoted\" back\\slash 'single' \x01\x1f\x7f tab\t <&> \u2028 \U0001f438 ü"


def _records() -> list[Record]:
    masks = (MaskRecord("b", "*!*@10.*", "alice!a@host", 3.5), MaskRecord("I", _ODD, "x", 1e9, 2e9, 60, _ODD))
    return [
        AccountRecord("Alice", 1795379462.5123456, 600_000, b"\0\xff", b"stored", b"server", operator=True),
        AccountRecord("bob", 0.1, 1, b"", b"", b"", revoked=True),
        InviteRecord("1-otter", 1.0, "console", 5, 9.5, "#Team", revoked=True),
        ChannelRecord("#Team", 1.5, "MRint", "key", 9, 5, _ODD, "alice!a@host", 2.0, 77, masks),
        ChannelRecord("#empty", 1.0, "", "", 0, 0, "", "", 0.0),
        SeatRecord("#Team", "alice", 12, member=True),
        SanctionRecord("ban", "Spam*!*@*", "console", 1.0, 0.0, _ODD),
        LockRecord("raid", "Boss", 5.0),
        CertificateRecord("a" * 64, "Alice", 1.5),
        *(AuditRecord(float(number), "console", "kick", "bob") for number in range(3)),
        RunRecord(1, "0123456789"), RunRecord(9, "abcdef0123"),
        MarkRecord("alice", "#team", 5), PairRecord("alice", "bob", -(1 << 62)), KeepRecord(77, 60, 5),
        MetadataRecord("alice", 0, "url", _ODD), MetadataRecord("", 77, "url", ""),
        ForgetRecord(78),
        FileRecord("a" * 22, 77, 12, "Alice", "ali", "#Team", "alice", _ODD, "image/png", 1 << 40, "0" * 64, 5.5, "k"),
        FileRecord("b" * 22, 0, 0, "", "gus", "", "guests here", "b", "", 0, "1" * 64, 1e9, ""),
        *(message(number, f"{_ODD} {number}", -7 if number % 3 else 77) for number in range(10, 60)),
        *(message(number, "bye", conversations=(77, 78, 79), is_message=False) for number in range(60, 70)),
        *(CidRecord("" if number % 2 else "alice", f"cid-{number}", number, -number) for number in range(10, 20)),
    ]  # fmt: skip


def _filled(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    connection = open_database(directory)
    with transaction(connection):
        for record in _records():
            rows.write(connection, record)
        connection.execute("UPDATE progress SET last = 1000")
    connection.close()
    return directory / NAME


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]


def _dump(path: Path) -> dict[str, list[Any]]:
    """All that is exported, as the tables have it."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found: dict[str, list[Any]] = {}
    for name in TABLES:
        found[name] = sorted(connection.execute("SELECT * FROM " + name).fetchall())  # noqa: S608
    found["secret"] = connection.execute("SELECT value FROM meta WHERE key = 'secret'").fetchall()
    connection.close()
    return found


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_ROWS", 7)
    monkeypatch.setattr(importing, "_ROWS", 4)


def test_every_table_has_a_place(tmp_path: Path) -> None:
    """A new one is exported, or follows from others; here it has to be said which."""
    connection = open_database(tmp_path)
    names = {
        row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    }
    connection.close()
    shadows = {name for name in names if name.startswith(("words_", "sqlite_"))}
    assert names - shadows == {*TABLES, *DERIVED, *SINGLE}


def test_every_type_and_every_member_of_it_is_documented(tmp_path: Path) -> None:
    text = _DOCUMENT.read_text("utf-8")
    connection = open_database(tmp_path)
    for table in tables(connection):
        section = text.partition(f"### {table.name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
        documented = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert documented == [column.name for column in table.columns], table.name
    connection.close()


def test_export_import_export_is_the_same_to_the_byte(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    source = _filled(tmp_path / "data")
    count = export(source, _FILES, first)
    assert count == len(_lines(first)) == _lines(first)[-1]["lines"] + 1
    assert first.stat().st_mode & 0o777 == 0o600
    target = tmp_path / "new"
    target.mkdir()
    assert import_(first, target, _ALLOWED, "then") == count
    assert _dump(target / NAME) == _dump(source)
    assert {name: (target / name).read_bytes() for name in _FILES} == _FILES
    export(target / NAME, _FILES, second)
    assert first.read_bytes() == second.read_bytes()
    store = Store(target)
    assert store.snapshot.last_id == 1000
    assert store.snapshot.runs == (RunRecord(1, "0123456789"), RunRecord(9, "abcdef0123"))
    store.close()


def test_the_lines_of_each_type_are_in_order_and_say_what_the_tables_have(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    export(_filled(tmp_path / "data"), {}, out)
    lines = _lines(out)
    kinds = list(dict.fromkeys(line["type"] for line in lines))
    assert kinds == ["natterjack", "secret", "last", *TABLES, "end"]
    messages = [line["id"] for line in lines if line["type"] == "message"]
    assert messages == sorted(messages)
    assert len(messages) == 50
    account = next(line for line in lines if line["type"] == "account")
    assert (account["created"], account["salt"], account["operator"]) == (1795379462.5123456, "AP8=", 1)
    channel = next(line for line in lines if line["type"] == "channel" and line["name"] == "#Team")
    assert channel["topic"] == _ODD
    assert channel["masks"][1]["mask"] == _ODD


def test_an_export_of_a_store_in_use_is_of_one_moment(tmp_path: Path) -> None:
    source = _filled(tmp_path / "data")
    store = Store(tmp_path / "data")
    connection = store._connection
    number = 2000

    def write() -> bool:
        nonlocal number
        number += 1
        rows.write(connection, message(number))
        return False

    export(source, {}, tmp_path / "out.jsonl", write)
    store.close()
    assert number > 2010
    ids = [line.get("id", 0) for line in _lines(tmp_path / "out.jsonl")]  # those of files are words
    assert not [each for each in ids if isinstance(each, int) and each > 2000]


def test_an_export_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    source = _filled(tmp_path / "data")
    with pytest.raises(StoppedError):
        export(source, {}, tmp_path / "out.jsonl", lambda: True)
    assert [file.name for file in tmp_path.iterdir()] == ["data"]
    (tmp_path / "out.jsonl").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        export(source, {}, tmp_path / "out.jsonl")


def test_an_export_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """As it was written by the program of that time: by the same code, with the tables that there were."""
    old = tmp_path / "old.db"
    old.touch()
    connection = build(old, 7)
    connection.execute("INSERT INTO account VALUES ('alice', 'Alice', 1.5, 1, x'00', x'01', x'02', 0, 0)")
    connection.execute(
        "INSERT INTO channel VALUES ('#team', '#Team', 1.0, 'int', 'key', 9, 'plans', 'a', 2.0, '[]', 5)"
    )
    lines: list[bytes] = [
        b'{"type":"natterjack","version":1,"schema":7}\n',
        b'{"type":"secret","value":"AAAA"}\n',
        b'{"type":"last","id":7}\n',
    ]
    for table in tables(connection):
        lines += (text for text, _ in exporting._by_row(connection, table))
    connection.close()
    lines.append(b'{"type":"end","lines":%d}\n' % len(lines))
    written = tmp_path / "old.jsonl"
    written.write_bytes(b"".join(lines))
    (tmp_path / "new").mkdir()
    import_(written, tmp_path / "new", _ALLOWED, "then")
    store = Store(tmp_path / "new")
    assert [account.name for account in store.snapshot.accounts] == ["Alice"]
    assert [(each.topic, each.slow, each.conversation) for each in store.snapshot.channels] == [
        ("plans", 5, 0)
    ]
    store.close()


def test_a_database_that_is_there_is_not_touched(tmp_path: Path) -> None:
    source = _filled(tmp_path / "data")
    export(source, {}, tmp_path / "out.jsonl")
    before = source.read_bytes()
    with pytest.raises(StoreError, match="there is a database"):
        import_(tmp_path / "out.jsonl", tmp_path / "data", _ALLOWED, "then")
    assert source.read_bytes() == before
    with pytest.raises(StoreError, match="can't read"):
        import_(tmp_path / "nothing.jsonl", tmp_path, _ALLOWED, "then")


# -- what is wrong with it


def _on(kind: str, change: Callable[[dict[str, Any]], object]) -> Callable[[list[str]], None]:
    """Change the first line of a type."""

    def edit(lines: list[str]) -> None:
        at = next(index for index, line in enumerate(lines) if json.loads(line)["type"] == kind)
        members = json.loads(lines[at])
        change(members)
        lines[at] = json.dumps(members)

    return edit


def _twice(kind: str) -> Callable[[list[str]], None]:
    def edit(lines: list[str]) -> None:
        lines.insert(-1, next(line for line in lines if json.loads(line)["type"] == kind))

    return edit


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda lines: lines.clear(), "line 0: the end is missing"),
        (lambda lines: lines.pop(), "the end is missing: the file was cut off"),
        (lambda lines: lines.pop(20), "before the end are"),
        (lambda lines: lines.append(lines[5]), "nothing may come behind the end"),
        (lambda lines: lines.pop(0), "line 1: an export begins with"),
        (lambda lines: lines.__setitem__(7, "{"), "line 8: it is no object of JSON"),
        (lambda lines: lines.__setitem__(7, "[]"), "line 8: it is no object of JSON"),
        (lambda lines: lines.__setitem__(7, ""), "line 8: it is no object of JSON"),
        (lambda lines: lines.__setitem__(7, '{"type":"evil"}'), "line 8: there is no such type: 'evil'"),
        (lambda lines: lines.__setitem__(7, '{"type":["a"]}'), "line 8: there is no such type"),
        (lambda lines: lines.__setitem__(7, "{}"), "line 8: there is no such type: None"),
        (lambda lines: lines.__setitem__(7, '{"type":"x' + "x" * (5 << 20) + '"}'), "line 8: it is longer than"),
        (lambda lines: lines.__setitem__(7, '{"type":"\ud800"}'), "line 8: it is no object of JSON"),
        (_on("natterjack", lambda line: line.update(version=2)), "line 1: it was written by a newer"),
        (_on("natterjack", lambda line: line.update(schema=10_000)), "line 1: it was written by a newer"),
        (_on("natterjack", lambda line: line.update(schema="8")), "line 1: 'schema' is not what it should be"),
        (_on("natterjack", lambda line: line.update(schema=True)), "line 1: 'schema' is not what it should be"),
        (_on("secret", lambda line: line.update(value="?")), "line 2: it is no base64"),
        (_on("file", lambda line: line.update(name="../evil")), "'../evil' is no name of a file of ours"),
        (_on("message", lambda line: line.pop("body")), "'body' is missing"),
        (_on("message", lambda line: line.update(more=1)), "'more' is unknown"),
        (_on("message", lambda line: line.update(id="5")), "'id' is not what it should be: a whole number"),
        (_on("message", lambda line: line.update(id=True)), "'id' is not what it should be: a whole number"),
        (_on("message", lambda line: line.update(id=1 << 64)), "'id' is out of range"),
        (_on("message", lambda line: line.update(id=None)), "'id' is not what it should be"),
        (_on("message", lambda line: line.update(body=5)), "'body' is not what it should be: a text"),
        (_on("message", lambda line: line.update(body="one\r\ntwo")), "'body' has a line break in it"),
        (_on("account", lambda line: line.update(created="x")), "'created' is not what it should be: a number"),
        (_on("account", lambda line: line.update(salt="?")), "it is no base64"),
        (_on("channel", lambda line: line.update(masks=[{"letter": 5}])), "a server could not start with this"),
        (_on("last", lambda line: line.update(id=-5)), "'id' is out of range"),
        (_twice("secret"), "there was such a line already"),
        (_twice("last"), "there was such a line already"),
        (_twice("file"), "there was such a line already"),
        (_twice("account"), "there is such a line already (account.folded)"),
        (_twice("message"), "there is such a line already (message."),
        (_twice("cid"), "there is such a line already (cid."),
        (lambda lines: lines.__delitem__(1), "a line of the type 'secret' is missing"),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_named_and_nothing_is_imported(
    tmp_path: Path, edit: Callable[[list[str]], object], why: str
) -> None:
    written, target = tmp_path / "out.jsonl", tmp_path / "new"
    export(_filled(tmp_path / "data"), _FILES, written)
    lines = written.read_text("utf-8").split("\n")[:-1]
    edit(lines)
    if why.startswith(("before", "a line of")) is False and lines and '"end"' in lines[-1]:
        lines[-1] = json.dumps({"type": "end", "lines": len(lines) - 1})
    if why.startswith("a line of"):
        lines[-1] = json.dumps({"type": "end", "lines": len(lines) - 1})
    written.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    target.mkdir()
    with pytest.raises(StoreError, match=re.escape(why)) as raised:
        import_(written, target, _ALLOWED, "then")
    assert f"{written}, line " in str(raised.value)
    assert str(raised.value).endswith("nothing was imported")
    assert list(target.iterdir()) == []


def test_the_line_of_a_double_is_its_own(tmp_path: Path) -> None:
    written = tmp_path / "out.jsonl"
    export(_filled(tmp_path / "data"), {}, written)
    lines = written.read_text("utf-8").split("\n")[:-1]
    at = [index for index, line in enumerate(lines) if '"type":"message"' in line]
    lines[at[20]] = lines[at[3]]
    written.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    with pytest.raises(StoreError, match=f"line {at[20] + 1}: there is such a line already"):
        import_(written, tmp_path, _ALLOWED, "then")


def test_an_import_that_is_killed_anywhere_has_happened_or_has_not(tmp_path: Path) -> None:
    written, target = tmp_path / "out.jsonl", tmp_path / "new"
    source = _filled(tmp_path / "data")
    export(source, _FILES, written)
    wanted = _dump(source)
    target.mkdir()
    for step in killed_everywhere(lambda: import_(written, target, _ALLOWED, "then"), every=3):
        connection = open_database(target)
        count = connection.execute("SELECT count(*) FROM message").fetchall()[0][0]
        connection.close()
        assert count in (0, 50), step
        if count:
            assert _dump(target / NAME) == wanted
            assert {name: (target / name).read_bytes() for name in _FILES} == _FILES
        shutil.rmtree(target)
        target.mkdir()
    assert _dump(target / NAME) == wanted


def test_what_sqlite_writes_is_what_others_read(tmp_path: Path) -> None:
    """The lines that SQLite makes are JSON to others too, and in the order of the table."""
    source = _filled(tmp_path / "data")
    export(source, {}, tmp_path / "out.jsonl")
    other = sqlite3.connect(source)
    texts = [row[0] for row in other.execute("SELECT body FROM message ORDER BY id")]
    other.close()
    assert [line["body"] for line in _lines(tmp_path / "out.jsonl") if line["type"] == "message"] == texts
    assert "folded" not in _lines(tmp_path / "out.jsonl")[5]
    assert set(FOLDED) <= set(TABLES)
