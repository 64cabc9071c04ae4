"""What a start loads. Time is not measured here: `python3 -m bench.startup` does that."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SERVE = """\
import json, signal, sys
import natterjack.server.app as app
from natterjack.cli import main
app._UNHURRIED = 3600  # what is loaded later, on purpose, is not asked about
# On standard error: a thread writes what happens to standard output.
signal.signal(signal.SIGUSR1, lambda *_: print(json.dumps(sorted(sys.modules)), file=sys.stderr, flush=True))
sys.exit(main(sys.argv[1:]))
"""
CHAT = """\
import json, sys
from natterjack.cli import main
main(["chat", "--plaintext", "127.0.0.1:1"])
print(json.dumps(sorted(sys.modules)))
"""
#: Slow to load, and of no use to the first client.
SLOW = (
    "asyncio", "concurrent.futures", "cryptography", "email", "h11", "http.client", "importlib.resources",
    "logging.handlers", "multiprocessing", "pickle", "prompt_toolkit", "segno", "sqlite3",
    "unittest", "urllib.request", "xml",
)  # fmt: skip
OF_OTHERS = (
    "natterjack.client", "natterjack.terminal", "natterjack.server.certificates", "natterjack.server.doctor",
    "natterjack.server.copies.work", "natterjack.store.backup", "natterjack.store.importing",
)  # fmt: skip


def found(modules: list[str], names: tuple[str, ...]) -> list[str]:
    """Those of ``names`` that are loaded, and the first module of each."""
    return [name for name in names if any(f"{each}.".startswith(f"{name}.") for each in modules)]


def serve(data: Path) -> list[str]:
    """Start the server, come in, and be told what is loaded."""
    options = ["serve", "--host", "127.0.0.1", "--port", "0", "--json", "--data-dir", str(data)]
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"NICK early\r\nUSER early 0 * :early\r\n")
            came = b""
            while b" 376 " not in came and b" 422 " not in came:
                came += client.recv(4096)
        os.kill(process.pid, signal.SIGUSR1)
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("["):
            assert line, "it ended"
        process.terminate()
        process.communicate(timeout=20)
    modules: list[str] = json.loads(line)
    return modules


def test_what_a_server_has_loaded_when_its_first_client_is_in(tmp_path: Path) -> None:
    first = serve(tmp_path / "data")
    assert "cryptography.x509" in first, "the first start makes the key"
    again = serve(tmp_path / "data")
    assert "natterjack.core.server" in again
    assert found(again, SLOW + OF_OTHERS) == []


def test_what_a_client_has_loaded_that_is_fed_from_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHAT], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    modules = json.loads(done.stdout.splitlines()[-1])
    assert "natterjack.client.driver" in modules
    assert found(modules, ("asyncio", "cryptography", "h11", "prompt_toolkit", "natterjack.server")) == []


@pytest.mark.parametrize(("loaded", "slow"), [("h11", True), ("h11._state", True), ("h11ish", False)])
def test_a_module_within_counts_and_a_longer_name_does_not(loaded: str, slow: bool) -> None:
    assert found([loaded], ("h11",)) == (["h11"] if slow else [])
