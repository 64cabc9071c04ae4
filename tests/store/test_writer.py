"""The writer under trouble: what is refused is not there, what is reported is, and a disk that fails ends it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from natterjack.ports.questions import FindLine, Page, ReadHistory, Search
from natterjack.ports.records import (
    AccountRecord,
    CidRecord,
    ForgetRecord,
    KeepRecord,
    MarkRecord,
    PairRecord,
    Record,
    RunRecord,
)
from natterjack.store import chores, index, writer
from natterjack.store.readers import Shelf
from natterjack.store.turnstile import Turnstile
from natterjack.store.writer import Store
from tests.support.history import database, message

_PATIENCE = 20.0


class Written:
    """A store with what its writer says, each report as one tuple."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.store = Store(directory, **settings)  # type: ignore[arg-type]
        self.reports: list[tuple[object, ...]] = []
        #: What to do as such a report comes, on the writer's thread, whose connection nobody else may touch meanwhile.
        self.upon: dict[tuple[object, ...], Callable[[], None]] = {}
        self._said = threading.Condition()

    def start(self) -> None:
        self.store.start(
            lambda batch: self._say("committed", batch),
            lambda batch, why: self._say("refused", batch, why),
            lambda why: self._say("failed", why),
        )

    def _say(self, *report: object) -> None:
        self.upon.get(report, lambda: None)()
        with self._said:
            self.reports.append(report)
            self._said.notify()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Until a report makes it true."""
        with self._said:
            assert self._said.wait_for(condition, _PATIENCE), self.reports

    def wait_for(self, *report: object) -> None:
        self.wait_until(lambda: report in self.reports)

    def ids(self, conversation: int = 1) -> list[int]:
        shelf = self.store.shelf()
        page = shelf.answer(ReadHistory(conversation, None, None, True, 10_000, True), float("inf"))
        shelf.close()
        assert isinstance(page, Page)
        return [line.id for line in page.lines]

    def full(self, spare: int) -> None:
        """The disk has room for so many more pages. Before the start, or on the writer's thread."""
        connection = self.store._connection
        connection.pragma("max_page_count", connection.pragma("page_count") + spare)

    def submit(self, first: int, *batches: list[Record], heard: int = 0) -> None:
        for number, records in enumerate(batches, first):
            self.store.submit(number, records, heard)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path)
    yield made
    made.store.close()


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


def test_a_disk_that_is_full_for_the_index_takes_messages_all_the_same(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "STEP", 10)
    monkeypatch.setattr(chores, "_REST", 0.0)
    refusals = []

    def refuse(self: index.Index, last: int, *, large: bool = False) -> None:
        refusals.append(last)
        if len(refusals) < 3:
            raise apsw.FullError
        real(self, last, large=large)

    real = index.Index.step
    monkeypatch.setattr(index.Index, "step", refuse)
    written.start()
    written.submit(1, *([message(number)] for number in range(1, 31)))
    written.wait_for("committed", 30)
    _until(lambda: written.store._chores._index.behind(30) < 10)
    assert len(refusals) >= 3
    assert written.ids() == list(range(1, 31))


def _until(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(2000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError


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
        thread.join(_PATIENCE)
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


# -- what is done behind


def test_the_index_is_built_behind_and_goes_on_after_the_process_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "STEP", 50)
    child = os.fork()
    if child == 0:  # the one that is killed, by itself, in the middle of the index
        steps = iter(range(4))
        real = index.Index._add_words

        def add_words(self: index.Index, last: int, size: int) -> None:
            if next(steps, None) is None:
                os._exit(9)
            real(self, last, size)

        index.Index._add_words = add_words  # type: ignore[method-assign]
        killed = Written(tmp_path)
        killed.submit(1, *([message(number, f"word{number}")] for number in range(1, 1001)))
        killed.start()
        threading.Event().wait(_PATIENCE)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    again = Written(tmp_path)
    assert again.store.snapshot.last_id == 1000
    connection = database(tmp_path)
    assert connection.execute("SELECT indexed FROM progress").fetchall() == [(200,)]
    again.start()
    _until(lambda: again.store._chores._index.behind(1000) < 50)
    again.store.close()
    assert connection.execute("SELECT count(*) FROM words").fetchall() == [(1000,)]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_forgotten_conversation_is_deleted_behind_and_its_ids_are_not_used_again(tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.start()
    written.submit(1, [message(number, conversation=1 + number // 900) for number in range(1, 1001)])
    written.submit(2, [ForgetRecord(2), KeepRecord(2, 1, 1)])
    written.wait_for("committed", 2)
    _until(lambda: written.ids(2) == [])
    assert written.ids(1) == list(range(1, 900))
    _until(lambda: not written.store._chores._forgotten and written.store._chores._deleting is None)
    written.store.close()
    again = Written(tmp_path)
    assert again.store.snapshot.last_id == 1000
    again.store.close()


def test_the_log_stays_small_although_somebody_always_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, pages in (("_CHECKPOINT_IDLE", 20), ("_CHECKPOINT_BUSY", 50), ("_LOG_LIMIT", 200)):
        monkeypatch.setattr(chores, name, pages)
    written = Written(tmp_path)
    written.start()
    stop = threading.Event()

    def read(shelf: Shelf) -> None:
        while not stop.is_set():
            shelf.answer(FindLine(1, 1), float("inf"))

    shelves = [written.store.shelf() for _ in range(2)]
    threads = [threading.Thread(target=read, args=(shelf,)) for shelf in shelves]
    for thread in threads:
        thread.start()
    for number in range(1, 1001):
        written.submit(number, [message(number, "x" * 3000)])
        if number % 20 == 0:
            written.wait_for("committed", number)
    stop.set()
    for thread, shelf in zip(threads, shelves, strict=True):
        thread.join()
        shelf.close()
    log = (tmp_path / "natterjack.db-wal").stat().st_size
    written.store.close()
    assert log < 3 * 200 * 4120
    assert (tmp_path / "natterjack.db").stat().st_size > 3_000_000


def test_the_turnstile_lets_nobody_in_while_it_is_closed() -> None:
    turnstile = Turnstile()
    inside, leave, second = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with turnstile.reading():
            inside.set()
            leave.wait(_PATIENCE)

    def late() -> None:
        with turnstile.reading():
            second.set()

    threads = [threading.Thread(target=first), threading.Thread(target=late)]
    threads[0].start()
    inside.wait(_PATIENCE)
    turnstile.close()
    threads[1].start()
    assert not turnstile.is_empty(0.01)
    leave.set()
    assert turnstile.is_empty(_PATIENCE)
    assert not second.is_set()
    turnstile.open()
    assert second.wait(_PATIENCE)
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("power", [True, False])
def test_batches_are_synced_as_the_durability_says_after_work_behind_too(tmp_path: Path, power: bool) -> None:
    written = Written(tmp_path, power=power)
    written.start()
    written.submit(1, [message(number) for number in range(1, 3001)])
    written.wait_for("committed", 1)
    _until(lambda: not written.store._chores._index.is_due(3000))
    written.store.submit(2, [message(3001)])
    written.wait_for("committed", 2)
    shelf = written.store.shelf()
    page = shelf.answer(Search((1,), "hi", 0, 0, "", 3), float("inf"))
    shelf.close()
    assert isinstance(page, Page)
    assert [line.id for line in page.lines] == [2999, 3000, 3001]
    level = written.store._connection.pragma("synchronous")
    written.store.close()
    assert level == (2 if power else 1)


# -- gathering


def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the writer lets batches gather, it does so for longer than any test takes."""
    monkeypatch.setattr(writer, "_GATHER", 3 * _PATIENCE)
    monkeypatch.setattr(writer, "_GATHER_MOST", 3 * _PATIENCE)


def test_few_batches_wait_for_nothing(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    patiently(monkeypatch)
    written.start()
    for number in range(1, 2 * writer._POURING):
        written.submit(number, [message(number)])
        written.wait_for("committed", number)
    assert written.ids() == list(range(1, 2 * writer._POURING))


@pytest.fixture
def eager(written: Written, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Each message is worth a step of the index, and whatever is put off is so for longer than any test takes."""
    monkeypatch.setattr(index, "STEP", 1)
    monkeypatch.setattr(writer, "_BREATH", 3 * _PATIENCE)
    monkeypatch.setattr(writer, "_PUT_OFF", 3 * _PATIENCE)
    return written


def test_chores_leave_the_loop_time_to_show_what_was_stored(eager: Written) -> None:
    eager.start()
    for number in range(1, 6):
        eager.submit(number, [message(number)])
        eager.wait_for("committed", number)
    began = time.monotonic()
    eager.store.close()  # who leaves is not kept waiting
    assert time.monotonic() - began < _PATIENCE
    assert eager.store._chores._index.behind(5) == 5


def test_chores_are_done_as_soon_as_that_time_is_over(
    eager: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_BREATH", 0.01)
    eager.start()
    eager.submit(1, [message(1)])
    _until(lambda: eager.store._chores._index.behind(1) == 0)
    assert eager.reports == [("committed", 1)]


def test_chores_are_not_put_off_for_ever(eager: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_PUT_OFF", 0.0)
    eager.start()
    eager.submit(1, [message(1)])
    _until(lambda: eager.store._chores._index.behind(1) == 0)
    assert eager.reports == [("committed", 1)]


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
    assert time.monotonic() - began < _PATIENCE
    assert written.reports == [("committed", 1), ("committed", 4)]


def test_an_index_far_behind_is_built_in_large_steps_while_batches_gather(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    monkeypatch.setattr(index, "STEP", 4)
    monkeypatch.setattr(chores, "_FAR_BEHIND", 8)
    sizes: list[int] = []
    stepped = threading.Event()
    step = index.Index._add_words

    def add_words(self: index.Index, last: int, size: int) -> None:
        step(self, last, size)
        sizes.append(size)
        stepped.set()

    monkeypatch.setattr(index.Index, "_add_words", add_words)
    written.start()
    written.submit(1, [message(number) for number in range(1, writer._POURING + 1)])
    assert stepped.wait(_PATIENCE)
    assert written.reports == [("committed", 1)]
    assert sizes == [4 * index.LARGE]
    assert written.store._chores._index.behind(writer._POURING) == 0


def test_zones_are_closed_while_batches_pour_in(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    patiently(monkeypatch)
    monkeypatch.setattr(index, "ZONE", 4)
    monkeypatch.setattr(chores, "_ZONES_BEHIND", 8)
    closed = threading.Event()
    close = index.Index._close_zone

    def close_zone(self: index.Index, last: int) -> None:
        close(self, last)
        if self.times_behind(last) < 8:
            closed.set()

    monkeypatch.setattr(index.Index, "_close_zone", close_zone)
    written.start()
    written.submit(1, [message(number) for number in range(1, writer._POURING + 1)])
    assert closed.wait(_PATIENCE)
    assert written.reports == [("committed", 1)]
    assert written.store._chores._index.behind(writer._POURING) == writer._POURING  # words can wait
