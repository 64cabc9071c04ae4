"""A store whose writer tells what it reports: for tests that write, and see what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from natterjack.ports.questions import Page, ReadHistory
from natterjack.ports.records import Record
from natterjack.store import writer
from natterjack.store.writer import Store

PATIENCE = 20.0


class Written:
    """A store with what its writer says, each report as one tuple."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.directory = directory
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
            assert self._said.wait_for(condition, PATIENCE), self.reports

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


def until(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(2000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError


def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the writer lets batches gather, it does so for longer than any test takes."""
    monkeypatch.setattr(writer, "_GATHER", 3 * PATIENCE)
    monkeypatch.setattr(writer, "_GATHER_MOST", 3 * PATIENCE)
