"""Opening a database: new ones, old ones, interrupted ones, damaged ones. Nothing is ever replaced in silence."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from natterjack.ports.records import AccountRecord, RunRecord
from natterjack.store import database, disk, rows
from natterjack.store.database import NAME, StoreError, build, migrations, newest, open_database
from natterjack.store.writer import Store
from tests.support.history import message
from tests.support.killing import killed_everywhere

_OLD = [number for number, _ in migrations()][:-1]


def _ask(path: Path, query: str) -> list[Any]:
    connection = apsw.Connection(str(path))
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def _old(path: Path, version: int) -> None:
    """A database of an earlier version, with an account in it and a large table."""
    path.touch()
    connection = build(path, version)
    connection.execute("""
        INSERT INTO account (folded, name, created, rounds, salt, stored_key, server_key, revoked)
        VALUES ('alice', 'Alice', 1.5, 1, x'', x'', x'', 0)
    """)
    connection.execute("INSERT INTO meta VALUES ('large', zeroblob(300000))")
    connection.close()


# -- new ones


def test_a_first_start_that_is_killed_anywhere_is_made_again(tmp_path: Path) -> None:
    for step in killed_everywhere(lambda: open_database(tmp_path).close(), every=2):
        connection = open_database(tmp_path)
        assert connection.pragma("user_version") == newest(), step
        connection.close()
        for file in tmp_path.iterdir():
            file.unlink()
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_new_database_is_on_the_disk_before_it_has_its_name_and_so_is_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is built in it is committed without a sync: a power cut would leave a name with anything under it."""
    done: list[tuple[str, bool]] = []

    def sync(path: Path) -> None:
        done.append((path.name, (tmp_path / NAME).exists()))
        disk.sync(path)

    monkeypatch.setattr(database, "sync", sync)
    open_database(tmp_path).close()
    assert done[:2] == [(f"{NAME}.part", False), (tmp_path.name, True)]


# -- old ones


@pytest.mark.parametrize("version", _OLD)
def test_every_earlier_version_is_brought_up_to_date_and_copied_before(tmp_path: Path, version: int) -> None:
    _old(tmp_path / NAME, version)
    store = Store(tmp_path)
    assert [account.name for account in store.snapshot.accounts] == ["Alice"]
    store.close()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    open_database(fresh).close()
    schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    assert _ask(tmp_path / NAME, schema) == _ask(fresh / NAME, schema)
    copy = tmp_path / f"{NAME}.before-{newest()}"
    assert _ask(copy, "PRAGMA user_version") == [(version,)]
    assert _ask(copy, "SELECT name FROM account") == [("Alice",)]
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_migration_that_is_killed_anywhere_has_not_happened_and_is_made_again(tmp_path: Path) -> None:
    original = tmp_path / "original"
    _old(original, _OLD[0])
    place = tmp_path / "data"

    def begin() -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.copy(original, place / NAME)

    begin()
    kills = 0
    for step in killed_everywhere(lambda: open_database(place).close(), every=2):
        kills += 1
        version = _ask(place / NAME, "PRAGMA user_version")[0][0]
        assert version in (_OLD[0], newest()), "half of the migrations"
        connection = open_database(place)
        assert connection.execute("SELECT name FROM account").fetchall() == [("Alice",)], step
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        copy = place / f"{NAME}.before-{newest()}"
        assert _ask(copy, "PRAGMA user_version") == [(_OLD[0],)], "the copy is of what was there at first"
        assert _ask(copy, "PRAGMA integrity_check") == [("ok",)]
        begin()
    assert kills > 20


def test_no_room_for_the_copy_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _old(tmp_path / NAME, _OLD[0])
    before = (tmp_path / NAME).read_bytes()
    real = apsw.Connection

    class Full(real):  # type: ignore[misc, valid-type]
        def execute(self, query: str, *args: Any) -> Any:
            if query.startswith("VACUUM INTO"):
                Path(args[0][0]).write_bytes(b"half")
                raise apsw.FullError("database or disk is full")
            return super().execute(query, *args)

    monkeypatch.setattr(database.apsw, "Connection", Full)
    with pytest.raises(StoreError, match="make room for"):
        open_database(tmp_path)
    monkeypatch.undo()
    assert sorted(file.name for file in tmp_path.iterdir()) == [NAME]
    assert _ask(tmp_path / NAME, "PRAGMA user_version") == [(_OLD[0],)]
    assert len(before) == (tmp_path / NAME).stat().st_size
    open_database(tmp_path).close()


# -- damaged ones


def _full(directory: Path) -> None:
    """A store with some thousand messages, which was closed."""
    store = Store(directory)
    account = AccountRecord("alice", 1.0, 1, b"", b"", b"")
    said: list[int] = []
    store.start(said.append, print, print)
    store.submit(
        1, [RunRecord(1, "seed"), account, *(message(number, "x" * 200) for number in range(1, 5001))]
    )
    store.close()
    assert said == [1]


def _damage(change: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        change(directory / NAME)

    return damage


def _garble(path: Path, start: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(size))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="emptied"),
        pytest.param(lambda path: os.truncate(path, path.stat().st_size // 2), id="cut in the middle"),
        pytest.param(lambda path: os.truncate(path, path.stat().st_size - 4096), id="cut at the end"),
        pytest.param(lambda path: os.truncate(path, 100), id="only the head"),
        pytest.param(lambda path: _garble(path, 0, 100), id="the head overwritten"),
        pytest.param(lambda path: _garble(path, 16, 84), id="all of the head but its first word"),
        pytest.param(lambda path: _garble(path, 100, 20_000), id="the schema overwritten"),
        pytest.param(
            lambda path: _garble(path, path.stat().st_size - 40_000, 40_000), id="the end overwritten"
        ),
        pytest.param(lambda path: path.write_bytes(b"GIF89a" + b"x" * 9000), id="another file"),
    ],
)
def test_damage_is_found_and_nothing_is_put_in_its_place(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    _full(tmp_path)
    change(tmp_path / NAME)
    damaged = (tmp_path / NAME).read_bytes()
    with pytest.raises(StoreError, match=r"(put a backup in its place|can't use|another program)"):
        Store(tmp_path)
    assert (tmp_path / NAME).read_bytes() == damaged


def test_damage_in_the_middle_is_found_when_it_is_read(tmp_path: Path) -> None:
    """A full look at millions of lines takes minutes: the start does not find this, but doctor and backup do."""
    _full(tmp_path)
    path = tmp_path / NAME
    page = path.stat().st_size // 2 // 4096 * 4096
    _garble(path, page, 4096 * 20)
    assert _ask(path, "PRAGMA integrity_check(1)") != [("ok",)]


def test_a_log_without_its_database_is_no_first_start(tmp_path: Path) -> None:
    _full(tmp_path)
    (tmp_path / NAME).rename(tmp_path / f"{NAME}-wal")
    with pytest.raises(StoreError, match="is gone, but its log"):
        Store(tmp_path)
    assert not (tmp_path / NAME).exists()


def _killed(directory: Path) -> None:
    child = os.fork()
    if child == 0:
        store = Store(directory)
        store.start(lambda _: os._exit(9), print, print)
        store.submit(1, [RunRecord(1, "seed"), message(1)])
        signal.pause()  # until the commit is reported
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_log_that_was_taken_away_after_a_crash_is_missed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _killed(tmp_path)
    (tmp_path / f"{NAME}-wal").unlink()
    store = Store(tmp_path)
    assert "natterjack.db-wal is missing, and what was stored last" in caplog.text
    assert store.snapshot.last_id == 0
    store.close()
    caplog.clear()
    store = Store(tmp_path)
    store.close()
    assert not caplog.text
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_log_that_is_there_after_a_crash_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _killed(tmp_path)
    store = Store(tmp_path)
    assert store.snapshot.last_id == 1
    store.close()
    assert not caplog.text


@pytest.mark.parametrize("where", ["natterjack.store.writer.note_open", "natterjack.store.database._check"])
def test_a_start_that_fails_after_a_crash_leaves_the_log_as_it_lies(
    where: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was put away, and the next start, once all was mended, said that what was stored last is lost."""
    _killed(tmp_path)
    log = (tmp_path / f"{NAME}-wal").read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", f"{NAME}.open")

    with monkeypatch.context() as patch:
        patch.setattr(where, refused)
        with pytest.raises(StoreError, match=r"can't use natterjack.db.open: Permission denied: .*\(chown"):
            Store(tmp_path)
    assert (tmp_path / f"{NAME}-wal").read_bytes() == log
    store = Store(tmp_path)
    assert store.snapshot.last_id == 1
    store.close()
    assert not caplog.text


def test_a_store_whose_directory_was_moved_can_be_closed(tmp_path: Path) -> None:
    """It was an internal error, on top of what had happened."""
    (tmp_path / "data").mkdir()
    store = Store(tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "moved")
    assert not store.is_in_place()
    store.close()
    assert (tmp_path / "moved" / f"{NAME}.open").exists()
    Store(tmp_path / "moved").close()


def test_closing_that_is_killed_anywhere_raises_no_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _killed(tmp_path)
    saved = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def begin() -> None:
        for file in tmp_path.iterdir():
            file.unlink()
        for file, content in saved.items():
            file.write_bytes(content)

    for step in killed_everywhere(lambda: Store(tmp_path).close()):
        store = Store(tmp_path)
        assert store.snapshot.last_id == 1, step
        assert not caplog.text, step
        store.close()
        begin()


def test_a_database_that_was_written_and_not_yet_checkpointed_is_not_taken_for_cut_off(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    connection = store._connection
    rows.write(connection, AccountRecord("alice", 1.0, 1, b"", b"x" * 2_000_000, b""))
    copied = tmp_path / "copied"
    copied.mkdir()
    for name in (NAME, f"{NAME}-wal"):
        shutil.copy(tmp_path / name, copied / name)
    store.close()
    again = Store(copied)
    assert [account.name for account in again.snapshot.accounts] == ["alice"]
    again.close()
