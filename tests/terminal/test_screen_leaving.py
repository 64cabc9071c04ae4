"""However the full-screen client ends, the terminal is what it was before."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.scripted import Scripted
from tests.terminal.test_screen import _pane, given_back

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
#: Seconds; nothing here takes that long.
PATIENCE = 20.0


def settings(pane) -> list[object]:  # type: ignore[no-untyped-def]
    """How the terminal treats what is typed, as the system has it."""
    import termios

    return termios.tcgetattr(pane.program.child_fd)


def child_of(pid: int) -> int:
    """The client itself, below the process that watches it."""
    found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in found.stdout.splitlines()]
    return next(int(child) for child, parent in pairs if int(parent) == pid)


def gone(pid: int) -> bool:
    """Whether that process ends, soon."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], PATIENCE)[0])
    finally:
        os.close(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_killed_it_gives_the_terminal_back(number: signal.Signals, tmp_path: Path) -> None:
    with _pane(tmp_path) as pane:
        before = settings(pane)
        pane.until("not connected")
        assert settings(pane) != before
        pane.press("half a line")
        pane.until("half a line")
        pane.kill(number)
        assert pane.end() == 128 + number
        assert given_back(pane.raw)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_its_parent_gives_the_terminal_back_where_it_cannot(number: signal.Signals, tmp_path: Path) -> None:
    chat = f"{sys.executable} -m natterjack chat --data-dir {tmp_path}"
    with _pane(tmp_path, command=["sh", "-c", f"read go; {chat}; echo code $?; read end"]) as pane:
        before = settings(pane)
        pane.press("enter")
        pane.until("not connected")
        assert settings(pane) != before
        os.kill(child_of(child_of(pane.program.pid)), number)
        pane.until(f"ended by {number.name}. The terminal is as it was")
        pane.until(f"code {128 + number}")
        assert settings(pane) == before
        assert given_back(pane.raw)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nobody tells when it ends")
def test_who_kills_the_parent_ends_the_client(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.press("half a line")
        pane.until("half a line")
        client = child_of(pane.program.pid)
        pane.kill(signal.SIGKILL)
        assert gone(client)
        pane.read(1.0)
        assert given_back(pane.raw)
        assert "half a line" in (tmp_path / "client" / "desk.json").read_text()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nobody tells when it ends")
def test_closing_the_terminal_keeps_what_was_begun(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.press("half a line")
        pane.until("half a line")
        client = child_of(pane.program.pid)
        pane.program.ptyproc.fileobj.close()
        assert gone(client)
        assert gone(pane.program.pid)
        assert "half a line" in (tmp_path / "client" / "desk.json").read_text()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nobody tells when it ends")
def test_told_to_end_again_and_again_it_keeps_what_was_begun(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.press("half a line")
        pane.until("half a line")
        client = os.pidfd_open(child_of(pane.program.pid))
        try:
            while not select.select([client], [], [], 0)[0]:
                signal.pidfd_send_signal(client, signal.SIGHUP)
        except ProcessLookupError:
            assert select.select([client], [], [], 0)[0]
        finally:
            os.close(client)
        assert pane.end() == 128 + signal.SIGHUP
        assert given_back(pane.raw)
        assert "half a line" in (tmp_path / "client" / "desk.json").read_text()


def test_stopping_for_a_while(tmp_path: Path) -> None:
    """Ctrl+Z gives the shell its terminal; fg comes back."""
    shell = f"{sys.executable} -m natterjack chat --data-dir {tmp_path}"
    with _pane(tmp_path, command=["bash", "--norc", "-i"], PS1="shell: ") as pane:
        pane.until("shell:")
        pane.type(shell)
        pane.until("not connected")
        pane.press("\x1a")
        pane.until("Stopped")
        assert given_back(pane.raw.partition("Stopped")[0])  # what follows is the shell's
        pane.type("fg")
        pane.until("not connected")
        pane.press("ctrl-d")
        pane.until("Goodbye.")
        pane.until(lambda: pane.raw.endswith("shell: "))
        assert given_back(pane.raw.rpartition("\x1b[?2004h")[0])
