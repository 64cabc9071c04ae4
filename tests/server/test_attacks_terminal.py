"""What may be typed into ``serve``, and at the console's prompt."""

import contextlib
import os
import pty
import re
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
from tests.support.process import PATIENCE, ServerProcess, command


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


def _until(terminal: int, *texts: bytes) -> bytes:
    """What is shown until ``texts`` are there, one behind the other."""
    shown = b""
    end = time.monotonic() + PATIENCE
    wanted = re.compile(b".*".join(map(re.escape, texts)), re.DOTALL)
    while not wanted.search(shown):
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
        _until(terminal, b"1 channel\r")
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


@contextlib.contextmanager
def _prompt(server: ServerProcess) -> Iterator[int]:
    """``natterjack console`` in a terminal, whose other end this is, at its prompt."""
    ours, theirs = pty.openpty()
    words = command("console", "--data-dir", str(server.data_dir))
    env = os.environ | {"TERM": "xterm", "INPUTRC": os.devnull}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        try:
            _until(ours, b"console> ")
            yield ours
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            os.close(ours)


def test_at_the_prompt_lines_are_edited_verbs_completed_and_earlier_lines_typed_again(
    server: ServerProcess,
) -> None:
    """Arrow keys became part of what was typed."""
    with _prompt(server) as terminal:
        for typed, answer in (
            (b"users\n", b"0 sessions"),
            (b"\x1b[A\n", b"0 sessions"),
            (b"xusers\x1b[H\x1b[3~\n", b"0 sessions"),
            (b"stat\t\n", b"up_seconds"),
            (b"help rel\t\n", b"read the configuration again"),
        ):
            os.write(terminal, typed)
            assert b"no verb" not in _until(terminal, answer, b"console> ")
        os.write(terminal, b"quit\n")


def test_passwords_are_not_typed_again(server: ServerProcess) -> None:
    with _prompt(server) as terminal:
        os.write(terminal, b"users\n")
        _until(terminal, b"0 sessions", b"console> ")
        for typed in (b"passwd nobody hidden-1\n", b"  accounts make no+name hidden-2\n"):
            os.write(terminal, typed)
            _until(terminal, b"natterjack: ", b"console> ")
        os.write(terminal, b"\x1b[A\n")
        shown = _until(terminal, b"0 sessions", b"console> ")
        assert b"hidden" not in shown
        os.write(terminal, b"\x04")


def test_an_error_commands_no_terminal(server: ServerProcess) -> None:
    done = server.console("ki\x1b[2Jck")
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
