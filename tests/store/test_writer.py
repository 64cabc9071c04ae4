"""The writer under trouble: what is refused is not there, what is reported is, and a disk that fails ends it."""

from __future__ import annotations

import time
from pathlib import Path

import apsw
import pytest

from natterjack.ports.questions import Page, Search
from natterjack.ports.records import (
    AccountRecord,
    CidRecord,
    KeepRecord,
    MarkRecord,
    PairRecord,
    Record,
    RunRecord,
)
from natterjack.store import writer
from tests.store.written import PATIENCE, Written, patiently, until
from tests.support.history import message


def test_everything_of_messages_is_there_after_reopening(tmp_path: Path) -> None:
    first = Written(tmp_path)
    first.start()
    records: list[Record] = [
        RunRecord(1, "0123456789"), message(1), message(2, conversations=(1, 2), is_message=False),
        CidRecord("alice", "cid", 1, 5), MarkRecord("alice", "#lobby", 5), MarkRecord("alice", "#lobby", 7),
        MarkRecord("alice", "#old", 5), MarkRecord("alice", "#old", 0), MarkRecord("bob", "#old", 0),
        PairRecord("alice", "bob", -1), KeepRecord(1, 60, 0), KeepRecord(2, 0, 9), KeepRecord(2, 0, 0),
        RunRecord(3, "abcdef0123"),
    ]  # fmt: skip
    first.submit(1, records)
    first.wait_for("committed", 1)
    first.store.close()
    again = Written(tmp_path)
    snapshot = again.store.snapshot
    assert snapshot.last_id == 2
    assert snapshot.runs == (RunRecord(1, "0123456789"), RunRecord(3, "abcdef0123"))
    assert snapshot.marks == (MarkRecord("alice", "#lobby", 7),)
    assert snapshot.keeps == (KeepRecord(1, 60, 0),)
    assert again.ids(2) == [2]
    again.store.close()


def test_what_waits_together_is_one_group_and_one_statement(written: Written) -> None:
    written.submit(1, *([message(number), CidRecord("", str(number), number, 0)] for number in range(1, 101)))
    said: list[str] = []
    written.store._connection.trace_v2(apsw.SQLITE_TRACE_STMT, lambda event: said.append(event["sql"]))
    written.start()
    written.wait_for("committed", 100)
    written.store.close()
    assert written.reports == [("committed", 100)]
    assert len([sql for sql in said if "INSERT INTO intake" in sql]) == 1
    assert not [sql for sql in said if sql.startswith(("BEGIN", "COMMIT"))]


def test_a_client_message_id_that_is_there_refuses_its_batch(written: Written) -> None:
    written.submit(
        1,
        [message(1), CidRecord("alice", "a", 1, 1)],
        [message(2), message(3), CidRecord("alice", "a", 3, 2)],
    )
    written.submit(3, [message(4), CidRecord("bob", "a", 4, 3)], heard=2)
    written.start()
    written.wait_for("committed", 3)
    kinds = [report[:2] for report in written.reports]
    assert kinds == [("committed", 1), ("refused", 2), ("committed", 3)]
    assert "contradicts" in str(written.reports[1][2])
    assert written.ids() == [1, 4]


def test_a_contradiction_in_anything_else_is_our_own_mistake_and_ends_the_writer(written: Written) -> None:
    written.submit(1, [message(1)], [message(1)])
    written.start()
    written.wait_until(lambda: bool(written.reports))
    assert [report[0] for report in written.reports] == ["failed"]


def test_a_full_disk_takes_what_fits_and_nothing_gets_ahead_of_what_was_refused(written: Written) -> None:
    written.full(spare=3)
    large = [message(2, "x" * 30_000)]
    account: list[Record] = [AccountRecord("a", 1.0, 1, b"", b"x" * 30_000, b"")]
    written.submit(1, [message(1)], large, [message(3)], account)
    written.submit(5, [message(4)], account, heard=4)
    written.submit(7, [message(5)], heard=4)
    written.upon["refused", 6, "the disk is full"] = lambda: written.full(spare=10_000)
    written.start()
    written.wait_until(lambda: len(written.reports) == 4)
    assert written.reports == [
        ("committed", 1),
        ("refused", 2, "the disk is full"),
        ("committed", 5),
        ("refused", 6, "the disk is full"),
    ]
    assert written.ids() == [1, 4]
    written.submit(8, [message(5)], heard=6)
    written.submit(9, [message(6, "x" * 30_000)], heard=7)  # whoever made it may have heard of more
    written.wait_for("committed", 9)
    assert written.ids() == [1, 4, 5, 6]


def test_whoever_never_stops_is_heard_again_once_there_is_room(written: Written) -> None:
    """Each batch is made before the answer to the last one came, as in a busy channel."""
    large = [message(1, "x" * 30_000)]

    def go_on() -> None:
        written.submit(2, [message(2)])
        written.full(spare=10_000)
        written.submit(3, large, heard=1)

    written.full(spare=0)
    written.upon["refused", 1, "the disk is full"] = go_on
    written.start()
    written.submit(1, large)
    written.wait_for("committed", 3)
    assert written.reports == [("refused", 1, "the disk is full"), ("committed", 3)]
    assert written.ids() == [1]


# -- the disk fails


_BASE = apsw.vfs_names()[0]


class _FailingFile(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        if _FailingDisk.broken:
            raise apsw.IOError("the disk says no")
        super().xSync(flags)


class _FailingDisk(apsw.VFS):
    """The default file system while it exists, until it is broken."""

    broken = False

    def __init__(self) -> None:
        _FailingDisk.broken = False
        super().__init__("failing", _BASE, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _FailingFile(_BASE, name, flags)  # type: ignore[arg-type]


def test_a_failed_sync_ends_the_writer_and_nothing_more_is_reported(tmp_path: Path) -> None:
    disk = _FailingDisk()
    try:
        written = Written(tmp_path)
        written.start()
        written.submit(1, [message(1)])
        written.wait_for("committed", 1)
        _FailingDisk.broken = True
        written.submit(2, [message(2)], [message(3)])
        written.wait_until(lambda: len(written.reports) == 2)
        thread = written.store._thread
        assert thread is not None
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert [report[0] for report in written.reports] == ["committed", "failed"]
        _FailingDisk.broken = False
        written.store._connection.close()
    finally:
        disk.unregister()


def test_an_error_of_ours_ends_the_writer_and_is_reported(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would be answered any more, and nobody would know why."""
    written.start()
    monkeypatch.setattr(writer.messages, "add", lambda *_: 1 // 0)
    written.submit(1, [message(1)])
    why = "can't write to the database, by an error of our own: ZeroDivisionError('integer division or modulo by zero')"
    written.wait_for("failed", why)


def test_a_locked_database_refuses_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LOCK_PATIENCE", 50)
    written = Written(tmp_path)
    other = apsw.Connection(str(tmp_path / "natterjack.db"))
    other.execute("BEGIN IMMEDIATE")
    written.start()
    written.submit(1, [message(1)])
    written.wait_for("refused", 1, "another program keeps the database locked")
    other.execute("ROLLBACK")
    written.submit(2, [message(2)], heard=1)
    written.wait_for("committed", 2)
    assert written.ids() == [2]
    other.close()
    written.store.close()


@pytest.mark.parametrize("power", [True, False])
def test_batches_are_synced_as_the_durability_says_after_work_behind_too(tmp_path: Path, power: bool) -> None:
    written = Written(tmp_path, power=power)
    levels = [written.store._connection.pragma("synchronous")]
    written.start()
    written.submit(1, [message(number) for number in range(1, 3001)])
    written.wait_for("committed", 1)
    until(lambda: not written.store._chores._index.is_due(3000))
    written.store.submit(2, [message(3001)])
    written.wait_for("committed", 2)
    shelf = written.store.shelf()
    page = shelf.answer(Search((1,), "hi", 0, 0, "", 3), float("inf"))
    shelf.close()
    assert isinstance(page, Page)
    assert [line.id for line in page.lines] == [2999, 3000, 3001]
    levels.append(written.store._connection.pragma("synchronous"))
    written.store.close()
    assert levels == [2 if power else 1] * 2


# -- gathering


def test_few_batches_wait_for_nothing(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    patiently(monkeypatch)
    written.start()
    for number in range(1, 2 * writer._POURING):
        written.submit(number, [message(number)])
        written.wait_for("committed", number)
    assert written.ids() == list(range(1, 2 * writer._POURING))


def test_what_comes_after_many_goes_together_into_the_next_group(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    many = writer._POURING
    written.start()
    written.submit(1, [message(number) for number in range(1, many + 1)])
    written.wait_for("committed", 1)
    for number in range(2, 5):
        written.submit(number, [message(many + number)])
    began = time.monotonic()
    written.store.close()  # who leaves is not kept waiting
    assert time.monotonic() - began < PATIENCE
    assert written.reports == [("committed", 1), ("committed", 4)]
