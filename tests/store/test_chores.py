"""What the writer does behind, when nobody waits: the index, deleting, the log; put off, but never for ever."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from natterjack.ports.questions import FindLine
from natterjack.ports.records import ForgetRecord, KeepRecord
from natterjack.store import chores, index, writer
from natterjack.store.readers import Shelf
from natterjack.store.retention import Keep
from natterjack.store.turnstile import Turnstile
from tests.store.written import PATIENCE, Written, patiently, until
from tests.support.history import database, message


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
    until(lambda: written.store._chores._index.behind(30) < 10)
    assert len(refusals) >= 3
    assert written.ids() == list(range(1, 31))


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
        threading.Event().wait(PATIENCE)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    again = Written(tmp_path)
    assert again.store.snapshot.last_id == 1000
    connection = database(tmp_path)
    assert connection.execute("SELECT indexed FROM progress").fetchall() == [(200,)]
    again.start()
    until(lambda: again.store._chores._index.behind(1000) < 50)
    again.store.close()
    assert connection.execute("SELECT count(*) FROM words").fetchall() == [(1000,)]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


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
    assert stepped.wait(PATIENCE)
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
    assert closed.wait(PATIENCE)
    assert written.reports == [("committed", 1)]
    assert written.store._chores._index.behind(writer._POURING) == writer._POURING  # words can wait


def test_a_forgotten_conversation_is_deleted_behind_and_its_ids_are_not_used_again(tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.start()
    written.submit(1, [message(number, conversation=1 + number // 900) for number in range(1, 1001)])
    written.submit(2, [ForgetRecord(2), KeepRecord(2, 1, 1)])
    written.wait_for("committed", 2)
    until(lambda: written.ids(2) == [])
    assert written.ids(1) == list(range(1, 900))
    until(lambda: not written.store._chores._forgotten and written.store._chores._deleting is None)
    written.store.close()
    again = Written(tmp_path)
    assert again.store.snapshot.last_id == 1000
    again.store.close()


def test_a_clock_that_is_set_forward_deletes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too old by the time that has really passed goes; a clock may be ten years ahead for a minute."""
    now, day = time.time(), 86400
    written = Written(tmp_path, keep=Keep(30 * day))
    monkeypatch.setattr(time, "time", lambda: now + 3650 * day)
    days = {1: 40, 2: 31, 3: 29, 4: 1}
    written.submit(1, [message(number, time=int((now - age * day) * 1000)) for number, age in days.items()])
    written.start()
    written.wait_for("committed", 1)
    until(lambda: len(written.ids()) < len(days))
    written.store.close()
    again = Written(tmp_path)
    assert again.ids() == [3, 4]
    again.store.close()


def test_a_clock_that_stays_ahead_is_believed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was behind at the start, as a small computer's is that was off for long; it is right since it has the net."""
    clock = SimpleNamespace(time=lambda: wall, monotonic=lambda: mono)
    monkeypatch.setattr(chores, "time", clock)
    day, wall, mono = 86_400, 1_000_000.0, 5.0
    written = Written(tmp_path)
    today = written.store._chores._today
    wall += 14 * day
    assert today() == 1_000_000
    mono += day / 2
    wall += day / 2
    assert today() == 1_000_000 + day / 2
    wall -= 14 * day
    assert today() == wall  # it was a mistake, for half a day
    wall += 14 * day
    for _ in range(24):
        assert today() == wall - 14 * day
        mono += day / 24
        wall += day / 24
    assert today() == wall
    wall += 3650 * day  # and from then on it is as before
    assert today() == wall - 3650 * day
    written.store.close()


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
            leave.wait(PATIENCE)

    def late() -> None:
        with turnstile.reading():
            second.set()

    threads = [threading.Thread(target=first), threading.Thread(target=late)]
    threads[0].start()
    inside.wait(PATIENCE)
    turnstile.close()
    threads[1].start()
    assert not turnstile.is_empty(0.01)
    leave.set()
    assert turnstile.is_empty(PATIENCE)
    assert not second.is_set()
    turnstile.open()
    assert second.wait(PATIENCE)
    for thread in threads:
        thread.join()


@pytest.fixture
def eager(written: Written, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Each message is worth a step of the index, and whatever is put off is so for longer than any test takes."""
    monkeypatch.setattr(index, "STEP", 1)
    monkeypatch.setattr(writer, "_BREATH", 3 * PATIENCE)
    monkeypatch.setattr(writer, "_PUT_OFF", 3 * PATIENCE)
    return written


def test_chores_leave_the_loop_time_to_show_what_was_stored(eager: Written) -> None:
    eager.start()
    for number in range(1, 6):
        eager.submit(number, [message(number)])
        eager.wait_for("committed", number)
    began = time.monotonic()
    eager.store.close()  # who leaves is not kept waiting
    assert time.monotonic() - began < PATIENCE
    assert eager.store._chores._index.behind(5) == 5


def test_chores_are_done_as_soon_as_that_time_is_over(
    eager: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_BREATH", 0.01)
    eager.start()
    eager.submit(1, [message(1)])
    until(lambda: eager.store._chores._index.behind(1) == 0)
    assert eager.reports == [("committed", 1)]


def test_chores_are_not_put_off_for_ever(eager: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_PUT_OFF", 0.0)
    eager.start()
    eager.submit(1, [message(1)])
    until(lambda: eager.store._chores._index.behind(1) == 0)
    assert eager.reports == [("committed", 1)]
