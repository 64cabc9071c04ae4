"""The log, and a standard error that takes nothing."""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.server.logs import Logs
from natterjack.server.output import MOST_WAITING
from tests.support.process import PATIENCE, serving


class Stopped:
    """A terminal that was stopped with Ctrl+S, until :meth:`go_on`; a stream that is its own buffer."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self) -> None:
        self.text = ""
        self.buffer = self
        self.writing = threading.Event()
        self._going = threading.Event()

    def write(self, data: memoryview) -> int:
        self.writing.set()
        assert self._going.wait(PATIENCE)
        self.text += str(data, self.encoding)
        return len(data)

    def go_on(self) -> None:
        self._going.set()


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield root
    root.handlers, root.level = handlers, level


def stopped(monkeypatch: pytest.MonkeyPatch) -> Stopped:
    """In place of standard error; called in the test itself, since pytest puts its own there after the fixtures."""
    terminal = Stopped()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_what_nobody_takes_is_bounded_and_it_is_told_how_much_was_lost(
    monkeypatch: pytest.MonkeyPatch, root: logging.Logger
) -> None:
    terminal = stopped(monkeypatch)
    logs = Logs("info")
    root.info("first")
    assert terminal.writing.wait(PATIENCE)
    for number in range(MOST_WAITING + 300):
        root.info("line %d", number)
    terminal.go_on()
    logs.stop()
    lines = [line.split(" ", 2)[-1] for line in terminal.text.splitlines()]
    assert lines == [
        "INFO first",
        *(f"INFO line {number}" for number in range(MOST_WAITING)),
        "WARNING 300 lines of the log were lost, since nobody read them",
    ]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_log_that_nobody_takes_does_not_keep_the_server_from_ending(
    tmp_path: Path, unbuffered: str
) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b"x" * 512)
    os.set_blocking(theirs, True)
    try:
        env = {"PYTHONUNBUFFERED": unbuffered}  # empty: as mostly
        with serving(tmp_path / "data", "--log-level", "info", limits=True, stderr=theirs, env=env) as server:
            for _ in range(10):
                with server.connect() as client:
                    client.send("PROXY x")  # which is logged
                    assert client.rest()
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_logged_comes_in_order(monkeypatch: pytest.MonkeyPatch, root: logging.Logger) -> None:
    terminal = stopped(monkeypatch)
    terminal.go_on()
    logs = Logs("warning")
    root.info("too little")
    root.warning("one")
    root.error("two %s", "and three")
    logs.stop()
    assert [line.split(" ", 2)[-1] for line in terminal.text.splitlines()] == [
        "WARNING one",
        "ERROR two and three",
    ]
