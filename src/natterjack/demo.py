"""``natterjack demo``: a real server and two real clients that talk, over real sockets on loopback.

The server is a process of its own, in a temporary directory that is gone afterwards; the conversation is printed as it
happens. Every step has a deadline, so that the demo ends whatever goes wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import natterjack
from natterjack.client import Client, ClientError
from natterjack.client.events import MessageReceived
from natterjack.exits import FAILED, OK, complain

#: Seconds for the server to listen, for each thing awaited of a client, and for the server to end.
_START, _STEP, _STOP = 20.0, 10.0, 10.0
_CHANNEL = "#lobby"
_TALK = (
    ("alice", "Hello? Is anybody there?"),
    ("bob", "Loud and clear, alice. Every line here goes through a real server."),
    ("alice", "Then we are done: each has heard the other."),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo has no options."""


class _Failed(Exception):  # noqa: N818  (told once, in words)
    """What did not happen."""


def run(args: argparse.Namespace | None = None) -> int:
    """Hold the conversation. The exit code: 0 only if each client received all that the other said."""
    try:
        with _folder() as folder, _server(folder) as port:
            _talk(port)
    except (_Failed, ClientError) as error:
        complain(f"the demo failed: {error}")
        return FAILED
    print("The demo went well: each client received what the other said.", flush=True)
    return OK


@contextmanager
def _folder() -> Iterator[Path]:
    # On Windows a file cannot be deleted while a dying process still has it open: that must not fail the demo.
    with tempfile.TemporaryDirectory(prefix="natterjack-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """A running server; gives its port."""
    command = [sys.executable, "-m", "natterjack", "serve", "--port", "0", "--host", "127.0.0.1"]
    command += ["--json", "--no-console", "--data-dir", str(folder / "data")]
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=_environment()
        )
        try:
            port = _port(process, log.name)
            _tell(f"server   listening  on 127.0.0.1:{port} (process {process.pid})")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
    _tell("server   stopped")


def _environment() -> dict[str, str]:
    """Ours, with this very package first in the way of imports, and none of the user's settings for his own server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NATTERJACK_")}
    source = str(Path(natterjack.__file__).parent.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    return kept


def _port(process: subprocess.Popen[bytes], log: str) -> int:
    """The port in the first line that the server writes. A pipe cannot be read with a deadline: a thread does."""
    lines: list[bytes] = []
    stdout = process.stdout
    assert stdout is not None
    reader = Thread(target=lambda: lines.append(stdout.readline()), daemon=True)
    reader.start()
    reader.join(_START)
    try:
        return int(json.loads(lines[0])["port"])
    except (IndexError, ValueError, KeyError, TypeError) as error:
        said = Path(log).read_text(errors="replace").strip().splitlines()
        process.kill()  # else the reader would hold the pipe for ever
        reader.join(_STOP)
        raise _Failed(f"the server did not start: {said[-1] if said else 'it said nothing'}") from error


def _talk(port: int) -> None:
    with _client(port, "alice") as alice, _client(port, "bob") as bob:
        heard = {alice.nick: 0, bob.nick: 0}
        for name, text in _TALK:
            speaker, listener = (alice, bob) if name == "alice" else (bob, alice)
            msgid = speaker.send(_CHANNEL, text)
            _tell(f"{name:<8} says       {text}")
            _await_message(listener, speaker.nick, text)
            heard[listener.nick] += 1
            _tell(f"{listener.nick:<8} received   the same (message id {msgid or 'unknown'})")
        if not all(heard.values()):
            raise _Failed("one of the clients heard nothing")


@contextmanager
def _client(port: int, nick: str) -> Iterator[Client]:
    with Client("127.0.0.1", port, nick=nick, channels=(_CHANNEL,), timeout=_STEP) as client:
        _tell(f"{nick:<8} connected  and is in {_CHANNEL}")
        yield client
    _tell(f"{nick:<8} left")


def _await_message(client: Client, sender: str, text: str) -> None:
    """Until ``client`` is told that ``sender`` said ``text``."""
    deadline = time.monotonic() + _STEP
    while time.monotonic() < deadline:
        for event in client.events(seconds=max(0.0, deadline - time.monotonic())):
            if isinstance(event, MessageReceived) and (event.sender.nick, event.text) == (sender, text):
                return
    raise _Failed(f"{client.nick} did not receive what {sender} said within {_STEP:g} s")


def _tell(text: str) -> None:
    print(text, flush=True)
