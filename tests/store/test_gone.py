"""What was taken back, changed or deleted is in none of the database's files any more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from natterjack.ports.questions import FindLine
from natterjack.ports.records import ForgetRecord, KeepRecord, RedactRecord
from natterjack.store import chores
from tests.store.written import Written, until
from tests.support.history import database, message

#: Each stands on pages of its own beside the table's, too.
_LONG = 9000


def _files(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.glob("natterjack.db*")))


def _left(directory: Path) -> set[bytes]:
    """The secrets that can be found there."""
    return {
        each for each in (b"taken-back", b"abandoned", b"outdated", b"changed") if each in _files(directory)
    }


def _secrets(written: Written, length: int) -> None:
    """A hundred lines, three out of four of them secrets of a kind; then these go. Some others stay."""
    fill = "-" * length
    written.submit(1, [message(number, f"taken-back{fill}", conversation=1) for number in range(1, 26)])
    written.submit(2, [message(number, f"changed{fill}", conversation=1) for number in range(26, 51)])
    written.submit(3, [message(number, f"abandoned{fill}", conversation=2) for number in range(51, 76)])
    written.submit(4, [message(number, f"outdated{fill}", conversation=3) for number in range(76, 101)])
    written.submit(5, [message(number, "stays", conversation=3) for number in range(101, 111)])
    written.wait_for("committed", 5)
    assert _left(written.directory) == {b"taken-back", b"abandoned", b"outdated", b"changed"}
    written.submit(6, [RedactRecord(1, number, "", "") for number in range(1, 26)])
    written.submit(7, [RedactRecord(1, number, ":a PRIVMSG #c :other", "") for number in range(26, 51)])
    written.submit(8, [ForgetRecord(2), KeepRecord(3, 0, 10)])
    written.wait_for("committed", 8)
    until(lambda: written.ids(2) == [] and written.ids(3) == list(range(101, 111)))


@pytest.mark.parametrize("length", [10, _LONG])
def test_after_the_end_there_is_nothing_left_of_what_has_gone(tmp_path: Path, length: int) -> None:
    written = Written(tmp_path)
    written.start()
    _secrets(written, length)
    written.store.close()
    assert _left(tmp_path) == set()
    connection = database(tmp_path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT count(*) FROM message WHERE body LIKE '%stays'").fetchall() == [(10,)]
    connection.close()


@pytest.mark.parametrize("length", [10, _LONG])
def test_while_the_server_runs_it_leaves_the_log_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(chores, "_LEAVE", 0.05)
    written = Written(tmp_path)
    written.start()
    _secrets(written, length)
    until(lambda: _left(tmp_path) == set())
    written.submit(9, [message(111, "afterwards", conversation=3)])
    written.wait_for("committed", 9)
    assert written.ids(3) == list(range(101, 112))
    written.store.close()


def test_it_leaves_the_log_as_soon_as_another_program_is_done_with_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "_LEAVE", 0.05)
    written = Written(tmp_path)
    tried = []
    drain = chores.Chores._drain

    def draining(self: chores.Chores) -> bool:
        done = drain(self)
        tried.append(self._empty_at)
        return done

    monkeypatch.setattr(chores.Chores, "_drain", draining)
    written.start()
    written.submit(1, [message(1, "taken-back")])
    written.wait_for("committed", 1)
    other = database(tmp_path)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM message").fetchall() == [(1,)]
    written.submit(2, [RedactRecord(1, 1, "", "")])
    until(lambda: len(tried) >= 2)
    assert b"taken-back" in _files(tmp_path)
    other.execute("COMMIT")
    until(lambda: _left(tmp_path) == set())
    shelf = written.store.shelf()
    found = shelf.answer(FindLine(1, 1), float("inf"))
    assert found is not None
    assert found.body == ""  # type: ignore[union-attr]
    shelf.close()
    other.close()
    written.store.close()


def test_after_a_kill_it_leaves_the_log_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = os.fork()
    if child == 0:  # the one that is killed, by itself
        try:
            killed = Written(tmp_path)
            killed.start()
            _secrets(killed, 10)
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert _left(tmp_path) == {b"taken-back", b"abandoned", b"outdated", b"changed"}
    monkeypatch.setattr(chores, "_LEAVE", 0.05)
    again = Written(tmp_path)
    again.start()
    until(lambda: _left(tmp_path) == set())
    assert again.ids(3) == list(range(101, 111))
    again.store.close()
