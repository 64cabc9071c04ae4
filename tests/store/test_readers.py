"""Readers: every question is answered once, and what takes too long is given up."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import apsw
import pytest

from natterjack.ports.questions import (
    FindCid,
    FindLine,
    Page,
    ReadAnswer,
    ReadFailed,
    ReadHistory,
    ReadQuestion,
)
from natterjack.ports.records import Record
from natterjack.store import history, readers
from natterjack.store.readers import Readers, Shelf
from natterjack.store.writer import Store
from tests.support.history import message

_PATIENCE = 20.0


class _Answers:
    def __init__(self) -> None:
        self.got: dict[int, ReadAnswer] = {}
        self._said = threading.Condition()

    def answered(self, number: int, answer: ReadAnswer) -> None:
        with self._said:
            assert number not in self.got
            self.got[number] = answer
            self._said.notify()

    def wait_for(self, number: int) -> ReadAnswer:
        with self._said:
            assert self._said.wait_for(lambda: number in self.got, _PATIENCE)
        return self.got[number]


def _store(directory: Path, records: list[Record]) -> Store:
    store = Store(directory)
    done = threading.Event()
    store.start(lambda _: done.set(), lambda *_: None, lambda *_: None)
    store.submit(1, records)
    assert done.wait(_PATIENCE)
    return store


def test_two_readers_answer_while_the_writer_writes(tmp_path: Path) -> None:
    store, answers = _store(tmp_path, [message(1)]), _Answers()
    asked = Readers(answers.answered, [store.shelf(), store.shelf()])
    for number in range(2, 202):
        store.submit(number, [message(number)])
        asked.ask(number, ReadHistory(1, None, None, True, 1000, False))
    for number in range(2, 202):
        page = answers.wait_for(number)
        assert isinstance(page, Page)
        assert page.lines
        assert [line.id for line in page.lines] == list(range(1, len(page.lines) + 1))
    asked.close()
    store.close()


def test_nothing_can_be_written_by_a_reader(tmp_path: Path) -> None:
    """Of two connections that write, some versions of SQLite make a broken log."""
    store = _store(tmp_path, [message(1)])
    shelf = store.shelf()
    with pytest.raises(apsw.ReadOnlyError):
        shelf._connection.execute("DELETE FROM message")
    shelf.close()
    store.close()


def test_a_question_that_takes_too_long_is_interrupted_and_the_next_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "PATIENCE", 0.05)
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    monkeypatch.setattr(history, "_PAGE", dict.fromkeys(history._PAGE, endless))
    store, answers = _store(tmp_path, [message(1)]), _Answers()
    asked = Readers(answers.answered, [store.shelf()])
    asked.ask(1, ReadHistory(1, None, None, True, 5, False))
    asked.ask(2, FindLine(1, 1))
    began = time.monotonic()
    while 1 not in answers.got and time.monotonic() < began + _PATIENCE:
        asked.check()  # as the loop does, about once a second
    assert answers.wait_for(1) == ReadFailed("ReadHistory took longer than 0.05 s")
    assert answers.wait_for(2) is not None
    asked.close()
    store.close()


def test_what_is_under_way_at_the_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*), 1 FROM n"
    begun = threading.Event()

    def slow(connection: object, _question: ReadQuestion) -> None:
        begun.set()
        connection.execute(endless).fetchall()  # type: ignore[attr-defined]

    monkeypatch.setattr(history, "find_cid", slow)
    store, answers = _store(tmp_path, [message(1)]), _Answers()
    asked = Readers(answers.answered, [store.shelf()])
    asked.ask(1, FindCid("alice", "x"))
    assert begun.wait(_PATIENCE)
    asked.ask(2, FindCid("alice", "y"))
    asked.close()
    assert isinstance(answers.got[1], ReadFailed)
    assert isinstance(answers.got.get(2, ReadFailed("")), ReadFailed)
    store.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_database_that_can_not_be_read_is_an_answer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, answers = _store(tmp_path, [message(1)]), _Answers()
    asked = Readers(answers.answered, [store.shelf()])
    monkeypatch.setattr(history, "_LINE", "SELECT x FROM nowhere")
    asked.ask(1, FindLine(1, 1))
    failed = answers.wait_for(1)
    assert isinstance(failed, ReadFailed)
    assert "nowhere" in failed.why
    monkeypatch.setattr(Shelf, "_answer", lambda *_: 1 / 0)  # a mistake of ours
    asked.ask(2, FindLine(1, 1))
    assert answers.wait_for(2) == ReadFailed("division by zero")
    asked.close()
    store.close()
