"""A server's process: started, awaited, and stopped whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import procinfo
from .peers import Launch, Peer

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0
_END_SECONDS: Final = 0.5
_REST_SECONDS: Final = 2.0
"""What a server has for what it puts off until after its start: it is nothing that clients cost."""


class StartError(Exception):
    """A server did not start."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections."""

    address: tuple[str, int]
    process: subprocess.Popen[bytes]
    directory: Path

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self.process.pid

    def end(self) -> str:
        """How it ended of itself, if it did, or is about to; else ``""``."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self.process.wait(_END_SECONDS)
            return f"the server ended with status {status}: {_last_words(self.directory)}"
        return ""


@contextlib.contextmanager
def running(peer: Peer, cpus: frozenset[int], tls: bool = False) -> Iterator[Running]:
    """Run `peer`'s server on `cpus` in a directory of its own; stop it and remove the directory at the end.

    With `tls` it speaks TLS. Raises StartError if it does not start within 20 s.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"bench-{peer.name}-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        launch = peer.prepare(directory, free_port(), tls)
        process = started(launch, directory, cpus)
        port = listening(process, launch.port, directory)
        time.sleep(_REST_SECONDS)
        yield Running((HOST, port), process, directory)
    finally:
        if process is not None:
            stop(process)
        shutil.rmtree(directory, ignore_errors=True)


def started(launch: Launch, directory: Path, cpus: frozenset[int]) -> subprocess.Popen[bytes]:
    """The server's process, on `cpus`; what it prints goes into `directory`. Go on with `listening`."""
    with (
        (directory / "output").open("wb") as output,
        (directory / "errors").open("wb") as errors,
        procinfo.pinned(cpus),
    ):
        return subprocess.Popen(
            launch.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=directory,
            env={**os.environ, **launch.environment},
            start_new_session=True,
        )


def free_port() -> int:
    """A port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listening_port(output: bytes) -> int | None:
    """The port out of the first line of JSON that a server has printed; None if it is not there yet."""
    line, feed, _ = output.partition(b"\n")
    if not feed:
        return None
    event = json.loads(line)
    return int(event["port"])


def listening(process: subprocess.Popen[bytes], port: int, directory: Path) -> int:
    """Wait until the server accepts; its port. Raises StartError if it does not within 20 s."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"ended with status {process.returncode}: {_last_words(directory)}")
        if port == 0:
            port = listening_port((directory / "output").read_bytes()) or 0
        elif _accepts(port):
            return port
        time.sleep(0.05)
    raise StartError(f"accepts no connection after {_START_SECONDS:g} s: {_last_words(directory)}")


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def _last_words(directory: Path) -> str:
    for name in ("errors", "output"):
        lines = (directory / name).read_text(errors="replace").strip().splitlines()
        if lines:
            return lines[-1][:300]
    return "it printed nothing"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and make it if it does not; its children go with it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # its own session, so its own group
    process.wait()
