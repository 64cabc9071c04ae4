"""The workers' place behind the loop, where the system has its own mind about that."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading

import pytest

from natterjack.ports.questions import DeriveKey
from natterjack.server.workers import Workers

#: Asks once, and prints how nice the worker was.
ASK = """
import os, queue, threading
from natterjack.ports.questions import DeriveKey
from natterjack.server.workers import Workers
nice = queue.SimpleQueue()
workers = Workers(lambda *_: nice.put(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
workers.ask(1, DeriveKey(b"password", b"salt", 1))
print(nice.get(timeout=20))
workers.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads are as nice as their process")
@pytest.mark.parametrize("given", [0, 15])
def test_nobody_is_made_less_nice(given: int) -> None:
    words = ["nice", "-n", str(given), sys.executable, "-P", "-c", ASK]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=50)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert done.stdout == f"{max(10, min(19, own + given))}\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is asked of the system")
def test_a_system_that_forbids_it_turns_nobody_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forbidden(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", forbidden)
    answers: queue.SimpleQueue[int] = queue.SimpleQueue()
    workers = Workers(lambda number, _key: answers.put(number))
    workers.ask(7, DeriveKey(b"password", b"salt", 1))
    assert answers.get(timeout=20) == 7
    workers.close()
    assert "work beside the chat gets as much of the processors as the chat" in caplog.text


def test_without_a_thread_the_question_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    answers: queue.SimpleQueue[int] = queue.SimpleQueue()
    workers = Workers(lambda number, _key: answers.put(number))
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", none)
        workers.ask(1, DeriveKey(b"password", b"salt", 1))
    workers.ask(2, DeriveKey(b"password", b"salt", 1))
    assert [answers.get(timeout=20) for _ in range(2)] == [1, 2]
    workers.close()
