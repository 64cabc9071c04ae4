"""A data directory and the server on it, which is killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from tests.support.process import PATIENCE, command

#: Runs the server with a defect that is put into it; see there.
DEFECTIVE = str(Path(__file__).with_name("defective.py"))


class EndedError(Exception):
    """The server ended before it listened."""


class Stage:
    """``defect``: the name of one in ``defective.py``. The port is another one after each start."""

    def __init__(
        self, data: Path, *options: str, defect: str = "", env: dict[str, str] | None = None
    ) -> None:
        self.data = data
        self.port = 0
        #: Seconds that the last start took until it was listening.
        self.took = 0.0
        self.starts = 0
        self._program = [sys.executable, DEFECTIVE, defect] if defect else command()
        self._options = options
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._errors: IO[bytes] | None = None

    def at(self) -> int:
        """For :class:`~tests.chaos.member.Member`."""
        return self.port

    def start(self, *wrapping: str) -> None:
        """Behind ``wrapping``, a command that runs another one. Raises :class:`EndedError`."""
        self.data.mkdir(exist_ok=True)
        self._errors = self.data.with_name(f"{self.data.name}.err").open("ab")
        words = ("serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", str(self.data), "--json")
        began = time.monotonic()
        self._process = subprocess.Popen(
            [*wrapping, *self._program, *words, "--no-limits", "--no-console", *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | self._env,
        )
        self._pid = self._process.pid
        assert self._process.stdout is not None
        with self._process.stdout as output:  # the server does not mind that nobody reads on
            first = output.readline()
        if not first:
            raise EndedError(f"with {self.wait()}: {self.errors()}")
        self.took = time.monotonic() - began
        listening = json.loads(first)
        self.port = listening["port"]
        self._pid = listening["pid"]
        self.starts += 1

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL."""
        self.signal(signal.SIGKILL)
        self.wait()

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def wait(self) -> int:
        """Until it has ended; the exit code (minus the signal's number)."""
        assert self._process is not None
        code = self._process.wait(PATIENCE)
        self.port = 0
        if self._errors is not None:
            self._errors.close()
        return code

    def stop(self) -> None:
        """By SIGTERM, which it has to obey."""
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, (code, self.errors())

    def errors(self) -> str:
        """What it has said on standard error, over all starts."""
        return self.data.with_name(f"{self.data.name}.err").read_text()

    def close(self) -> None:
        """However things stand."""
        if self._process is not None:
            if self._process.poll() is None:
                self.signal(signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._process.kill()
            self.wait()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def strace(*injections: str, trace: Sequence[str] = ()) -> list[str]:
    """A command that runs another one and does ``injections`` to its system calls (``strace -e inject=``)."""
    calls = {call for each in injections for call in each.partition(":")[0].split(",")} | set(trace)
    # Without --seccomp-bpf, with which strace 6.1 injects no signals.
    words = ["strace", "-f", "-qq", "-e", "signal=none", "-o", "/dev/null"]
    words += ["-e", f"trace={','.join(sorted(calls))}"]
    for each in injections:
        words += ["-e", f"inject={each}"]
    return [*words, "--"]


def needs_strace() -> pytest.MarkDecorator:
    """For tests that can't do without it: it has to be there, and to be allowed to trace."""
    why = "it takes strace, and the right to trace (apt-get install strace)"
    return pytest.mark.skipif(not _can_trace(), reason=why)


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    tried = [*strace("fdatasync:error=EIO"), sys.executable, "-c", ""]
    return subprocess.run(tried, check=False, capture_output=True, timeout=PATIENCE).returncode == 0
