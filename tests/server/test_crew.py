"""Threads for what waits: where no further one can be had, nothing is lost, and nobody else has to go."""

from __future__ import annotations

import queue
import threading
from typing import NoReturn

import pytest

from natterjack.server.crew import Crew
from tests.support.process import PATIENCE


def _no_thread(_thread: threading.Thread) -> NoReturn:
    raise RuntimeError("can't start new thread")


def test_without_a_thread_the_work_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done: queue.Queue[str] = queue.Queue()
    crew = Crew(2, lambda action: action())
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", _no_thread)
        for name in ("first", "second"):
            crew.do(lambda name=name: name, done.put)  # type: ignore[misc]
    assert done.empty()
    crew.do(lambda: "third", done.put)
    assert sorted(done.get(timeout=PATIENCE) for _ in range(3)) == ["first", "second", "third"]
    crew.close()
