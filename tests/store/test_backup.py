"""Backups: complete or absent, checked, brought back as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from natterjack.ports.records import AccountRecord, Record, RunRecord
from natterjack.store import backup
from natterjack.store.backup import StoppedError, back_up, check, restore
from natterjack.store.database import NAME, StoreError, build
from natterjack.store.writer import Store
from tests.support.history import message
from tests.support.killing import killed_everywhere

_FILES = {"tls/key.pem": b"the key", "tls/cert.pem": b"the certificate"}
_ALLOWED = frozenset(_FILES)
_PATIENCE = 20.0


class Filled:
    """A store that writes, with so many messages."""

    def __init__(self, directory: Path, count: int = 100) -> None:
        directory.mkdir(exist_ok=True)
        self.store = Store(directory)
        self._batch = 0
        self._said = threading.Condition()
        self._committed = 0
        self.store.start(self._hear, print, print)
        self.add(RunRecord(1, "seed"), AccountRecord("alice", 1.0, 1, b"", b"", b""))
        self.add(*(message(number, f"text {number}") for number in range(1, count + 1)))

    def _hear(self, batch: int) -> None:
        with self._said:
            self._committed = batch
            self._said.notify()

    def add(self, *records: Record) -> None:
        self._batch += 1
        self.store.submit(self._batch, records)
        with self._said:
            assert self._said.wait_for(lambda: self._committed >= self._batch, _PATIENCE)


def _ask(path: Path, query: str) -> list[Any]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def _count(path: Path) -> int:
    found: int = _ask(path, "SELECT count(*) FROM message")[0][0]
    return found


def _files(directory: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()
    }


def test_a_backup_of_a_store_in_use_is_one_checked_file_for_its_owner(tmp_path: Path) -> None:
    filled = Filled(tmp_path / "data")
    to = tmp_path / "backup.db"
    assert back_up(tmp_path / "data" / NAME, _FILES, to) == to.stat().st_size
    filled.add(message(101))
    filled.store.close()
    assert to.stat().st_mode & 0o777 == 0o600
    assert _count(to) == 100
    assert dict(_ask(to, "SELECT name, content FROM backup_file")) == _FILES
    assert sorted(file.name for file in tmp_path.iterdir()) == ["backup.db", "data"]
    assert check(to) == []


def test_a_backup_is_of_one_moment_however_much_is_written_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 1)
    filled = Filled(tmp_path / "data", 1000)
    last = 1000

    def write() -> bool:
        nonlocal last
        last += 1
        filled.add(message(last))
        return False

    back_up(tmp_path / "data" / NAME, {}, tmp_path / "backup.db", write)
    filled.store.close()
    assert last > 1020
    assert _count(tmp_path / "backup.db") == 1000
    assert _count(tmp_path / "data" / NAME) == last


def test_a_backup_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = Filled(tmp_path / "data", 1000)
    filled.store.close()
    monkeypatch.setattr(backup, "_PAGES", 1)
    monkeypatch.setattr(backup, "_LOOK", 1)
    to = tmp_path / "backup.db"
    for at in (1, 5, 200):
        steps = iter(range(at))
        with pytest.raises(StoppedError):
            back_up(tmp_path / "data" / NAME, _FILES, to, lambda steps=steps: next(steps, None) is None)  # type: ignore[misc]
        assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    Filled(tmp_path / "data").store.close()
    to = tmp_path / "mine.txt"
    to.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        back_up(tmp_path / "data" / NAME, {}, to)
    assert to.read_text() == "mine"
    with pytest.raises(StoreError, match="can't write"):
        back_up(tmp_path / "data" / NAME, {}, tmp_path / "nowhere" / "backup.db")


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    Filled(tmp_path / "data", 3000).store.close()
    path = tmp_path / "data" / NAME
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(40_960))
    assert check(path)
    with pytest.raises(StoreError, match="damaged"):
        back_up(path, {}, tmp_path / "backup.db")
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_backup_that_is_killed_anywhere_is_absent_or_whole(tmp_path: Path) -> None:
    Filled(tmp_path / "data").store.close()
    source, to = tmp_path / "data" / NAME, tmp_path / "backup.db"
    before = source.read_bytes()
    whole = 0
    for _ in killed_everywhere(lambda: back_up(source, _FILES, to)):
        if to.exists():
            whole += 1
            assert check(to) == []
            assert _count(to) == 100
            assert len(_ask(to, "SELECT * FROM backup_file")) == 2
            to.unlink()
        assert source.read_bytes() == before
    assert whole, "it was never killed behind its name"
    assert check(to) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_is_named_and_nothing_is_left(tmp_path: Path, number: int) -> None:
    Filled(tmp_path / "data", 1000).store.close()
    back_up(tmp_path / "data" / NAME, _FILES, tmp_path / "good.db")

    class File(apsw.VFSFile):
        def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
            if offset > 100_000:
                raise apsw.FullError if number == errno.ENOSPC else apsw.IOError
            super().xWrite(data, offset)

    base = apsw.vfs_names()[0]

    class Disk(apsw.VFS):
        def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
            return File(base, name, flags)  # type: ignore[arg-type]

    disk = Disk("full", base, makedefault=True)
    try:
        with pytest.raises(StoreError, match=r"can't write .*backup\.db\.part: .*no room.*: make room"):
            back_up(tmp_path / "data" / NAME, {}, tmp_path / "backup.db")
        with pytest.raises(StoreError, match=r"can't write .*natterjack\.db: .*no room.*: make room"):
            restore(tmp_path / "good.db", tmp_path / "data", _ALLOWED, "then")
    finally:
        disk.unregister()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data", "good.db"]
    assert [file.name for file in (tmp_path / "data").iterdir()] == [NAME]


# -- bringing one back


def test_what_is_restored_is_what_was_there_and_the_old_is_kept(tmp_path: Path) -> None:
    data, to = tmp_path / "data", tmp_path / "backup.db"
    filled = Filled(data)
    back_up(data / NAME, _FILES, to)
    filled.add(message(101))
    filled.store.close()
    (data / "tls").mkdir()
    (data / "tls" / "key.pem").write_bytes(b"another key")
    restored = restore(to, data, _ALLOWED, "then")
    assert restored.files == ("tls/cert.pem", "tls/key.pem")
    assert restored.replaced == data / "replaced-then"
    assert _count(data / NAME) == 100
    assert _count(data / "replaced-then" / NAME) == 101
    assert (data / "replaced-then" / "tls" / "key.pem").read_bytes() == b"another key"
    assert {name: (data / name).read_bytes() for name in _FILES} == _FILES
    assert (data / NAME).stat().st_mode & 0o777 == (data / "tls/key.pem").stat().st_mode & 0o777 == 0o600
    assert not _ask(data / NAME, "SELECT name FROM sqlite_schema WHERE name = 'backup_file'")
    again = restore(to, data, _ALLOWED, "then")
    assert again.replaced == data / "replaced-then-2"
    store = Store(data)
    assert store.snapshot.last_id == 100
    store.close()


def test_a_backup_is_restored_where_nothing_was(tmp_path: Path) -> None:
    Filled(tmp_path / "data").store.close()
    back_up(tmp_path / "data" / NAME, {}, tmp_path / "backup.db")
    (tmp_path / "new").mkdir()
    assert restore(tmp_path / "backup.db", tmp_path / "new", _ALLOWED, "then").replaced is None
    assert [file.name for file in (tmp_path / "new").iterdir()] == [NAME]


def test_the_log_of_the_old_database_is_kept_with_it_and_never_meets_the_new_one(tmp_path: Path) -> None:
    data, to = tmp_path / "data", tmp_path / "backup.db"
    filled = Filled(data)
    back_up(data / NAME, {}, to)
    filled.add(message(101))
    killed = tmp_path / "killed"
    shutil.copytree(data, killed)
    filled.store.close()
    assert (killed / f"{NAME}-wal").stat().st_size
    restore(to, killed, _ALLOWED, "then")
    assert _count(killed / NAME) == 100
    assert sorted(file.name for file in killed.iterdir()) == [NAME, "replaced-then"]
    old = Store(killed / "replaced-then")
    assert old.snapshot.last_id == 101
    old.close()


def test_a_copy_of_a_data_directory_with_its_log_is_a_backup_too(tmp_path: Path) -> None:
    filled = Filled(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    filled.store.close()
    (tmp_path / "new").mkdir()
    restore(tmp_path / "copy" / NAME, tmp_path / "new", _ALLOWED, "then")
    assert _count(tmp_path / "new" / NAME) == 100


def test_an_older_database_is_restored_and_brought_up_to_date_at_the_next_start(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    old.touch()
    build(old, 2).close()
    restore(old, tmp_path, _ALLOWED, "then")
    store = Store(tmp_path)
    assert store.snapshot.accounts == ()
    store.close()


def _newer(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 10_000)
    connection.close()


def _elsewhere(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE backup_file SET name = '../evil' WHERE name = 'tls/key.pem'")
    connection.close()


def _foreign(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()


def _garbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(40_960))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_newer, "newer version"), (_elsewhere, "none of ours"), (_foreign, "no database of natterjack"),
        (_garbled, "damaged"), (lambda path: os.truncate(path, path.stat().st_size // 2), "damaged"),
        (lambda path: path.write_bytes(b""), "no database of natterjack"),
        (lambda path: path.write_bytes(b"x" * 9000), "no database, or is damaged: use another backup$"),
        (lambda path: path.unlink(), "no file"),
    ],
)  # fmt: skip
def test_what_is_no_good_is_refused_and_changes_nothing(tmp_path: Path, change: Any, why: str) -> None:
    data, to = tmp_path / "data", tmp_path / "backup.db"
    Filled(data, 3000).store.close()
    back_up(data / NAME, _FILES, to)
    change(to)
    before = _files(data)
    with pytest.raises(StoreError, match=why):
        restore(to, data, _ALLOWED, "then")
    assert _files(data) == before
    assert not (tmp_path / "evil").exists()


def test_a_restore_that_is_killed_anywhere_has_happened_or_has_not(tmp_path: Path) -> None:
    origin, data, to = tmp_path / "origin", tmp_path / "data", tmp_path / "backup.db"
    filled = Filled(origin)
    back_up(origin / NAME, _FILES, to)
    filled.add(message(101))
    (origin / "tls").mkdir()
    for name in _FILES:
        (origin / name).write_bytes(b"old")
    saved = tmp_path / "saved"
    shutil.copytree(origin, saved)  # as it would be after a kill: with its log
    filled.store.close()

    def begin() -> None:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(saved, data)

    begin()
    outcomes = set()
    for step in killed_everywhere(lambda: restore(to, data, _ALLOWED, "then")):
        store = Store(data)
        last = store.snapshot.last_id
        store.close()
        outcomes.add(last)
        content = {name: (data / name).read_bytes() for name in _FILES}
        if last == 100:
            assert content == _FILES, step
            kept = data / "replaced-then"
            old = Store(kept)
            assert old.snapshot.last_id == 101, step
            old.close()
            assert (kept / "tls" / "key.pem").read_bytes() == b"old"
        else:
            assert last == 101, step
            assert content == dict.fromkeys(_FILES, b"old"), step
            assert not (data / "replaced-then").exists()
        assert not list(data.glob("restoring-*"))
        begin()
    assert outcomes == {100, 101}
