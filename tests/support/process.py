"""``natterjack serve`` as a process of its own, and plain sockets that talk to it. Waiting is always for something."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

#: Seconds after which something that should have come long ago is given up.
PATIENCE = 20.0


def command(*words: str) -> list[str]:
    """``natterjack`` with ``words``, by the Python that runs the tests."""
    return [sys.executable, "-m", "natterjack", *words]


def run(*words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The command from its start to its end."""
    options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": PATIENCE}
    return subprocess.run(command(*words), check=False, **(options | settings))


class Irc:
    """A client: a blocking socket, read line by line."""

    def __init__(self, port: int, nick: str = "", caps: str = "") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.nick = nick
        self._file: IO[bytes] = self.sock.makefile("rb")
        if nick:
            hello = [f"CAP REQ :{caps}"] if caps else []
            self.send(*hello, f"NICK {nick}", f"USER {nick} 0 * :Real {nick}", *(["CAP END"] if caps else []))
            self.until(" 422 ")
            self.sync()

    def send(self, *lines: str | bytes) -> None:
        """Whole lines, in one packet."""
        self.raw(b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines))

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self.sock.sendall(data)

    def line(self) -> str:
        """The next line; ``""`` at the end of the connection."""
        try:
            return self._file.readline().decode().rstrip("\r\n")
        except ConnectionResetError:
            return ""

    def until(self, text: str) -> list[str]:
        """All lines up to the one that has ``text`` in it."""
        lines = []
        while True:
            lines.append(self.line())
            assert lines[-1], f"the connection ended before {text!r}: {lines}"
            if text in lines[-1]:
                return lines

    def sync(self) -> list[str]:
        """All that came before the answer to a PING."""
        self.send("PING :in-step")
        return self.until(" in-step")[:-1]

    def rest(self) -> list[str]:
        """All lines up to the end of the connection, at which we hang up too."""
        lines = list(iter(self.line, ""))
        self.close()
        return lines

    def remaining(self) -> bytes:
        """All bytes up to the end of the connection, for what speaks no IRC."""
        return self._file.read()

    def reset(self) -> None:
        """Break the connection without a goodbye, as a killed process or a lost network does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ServerProcess:
    """A server that is listening once this is made; without limits of pace, unless ``limits`` is true.

    ``program``: what is run in place of ``natterjack``.
    """

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        env: dict[str, str] | None = None,
        limits: bool = False,
        program: Callable[..., list[str]] = command,
        **settings: Any,
    ) -> None:
        self.data_dir = data_dir
        words = (
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--data-dir",
            str(data_dir),
            "--json",
            *(() if limits else ("--no-limits",)),
            *options,
        )
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "stdin": subprocess.DEVNULL,
        }
        self.process = subprocess.Popen(
            program(*words), text=True, env=os.environ | (env or {}), **(pipes | settings)
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate(timeout=PATIENCE)
            raise AssertionError(f"the server ended with {self.process.returncode}: {errors}")
        self.first: dict[str, Any] = json.loads(line)
        self.port: int = self.first["port"]

    def connect(self, nick: str = "", caps: str = "") -> Irc:
        """A client, registered where it has a nick."""
        return Irc(self.port, nick, caps)

    def events(self, event: str) -> dict[str, Any]:
        """The next event of that name on standard output."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
        raise AssertionError(f"no event {event!r} came")

    def console(self, *words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
        """``natterjack console`` with ``words``."""
        return run("console", "--data-dir", str(self.data_dir), *words, **settings)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(PATIENCE)

    def end(self) -> tuple[int, str]:
        """SIGTERM; the exit code and what came on standard error."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors

    def end_well(self) -> str:
        """The same where it has to end as it should; what came on standard error."""
        code, errors = self.end()
        assert code == 0, errors
        assert "Traceback" not in errors, errors
        return errors


@contextlib.contextmanager
def serving(data_dir: Path, *options: str, **settings: Any) -> Iterator[ServerProcess]:
    """A server for the length of a ``with``."""
    server = ServerProcess(data_dir, *options, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate(timeout=PATIENCE)
