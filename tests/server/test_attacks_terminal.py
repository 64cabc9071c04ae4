"""What may be typed into ``serve``."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.server.console import Desk, read_typed
from tests.support.process import PATIENCE, command


@contextlib.contextmanager
def _terminal(data_dir: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """A server in a terminal of its own, and the terminal's other end."""
    ours, theirs = pty.openpty()
    words = command("serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", str(data_dir))
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    try:
        yield ours, process
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(ours)


def _until(terminal: int, text: bytes) -> bytes:
    shown = b""
    end = time.monotonic() + PATIENCE
    while text not in shown:
        readable, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert readable, shown
        shown += os.read(terminal, 4096)
    return shown


def test_bytes_that_are_no_text_are_no_end(tmp_path: Path) -> None:
    with _terminal(tmp_path / "data") as (terminal, process):
        _until(terminal, b"Ctrl+C")
        os.write(terminal, b"say gr\xfc\xdfe\n")
        _until(terminal, b"said to everybody")
        os.write(terminal, b'"" x\nchannels\n')
        _until(terminal, b"1 channels")
        assert process.poll() is None


def test_a_closed_terminal_is_the_end(tmp_path: Path) -> None:
    """SIGHUP means two things. Where the terminal is still there it asks for the configuration to be read again."""
    ours, theirs = pty.openpty()
    words = command("serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", str(tmp_path / "data"))
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        _until(ours, b"Ctrl+C")
        process.send_signal(signal.SIGHUP)
        _until(ours, b"onfiguration")
        assert process.poll() is None
        os.close(ours)
        process.send_signal(signal.SIGHUP)  # as the system does for those in the foreground
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.parametrize("typed", [[], ["status\n"]])
def test_a_terminal_that_has_gone_is_the_end_of_what_is_typed(
    typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says EIO to whoever reads on; what that means for the server, SIGHUP tells it."""

    def lines() -> Iterator[str]:
        yield from typed
        raise OSError(5, "Input/output error")

    calls: list[object] = []
    monkeypatch.setattr(sys, "stdin", lines())
    read_typed(Desk(lambda _: None, {}), print, calls.append)
    for thread in threading.enumerate():
        if thread.name == "console":
            thread.join(PATIENCE)
    assert len(calls) == len(typed)
