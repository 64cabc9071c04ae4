"""`python3 -m bench.startup`: how long it takes from the start of a server until its first client is in.

The client tries to connect each millisecond, and registers. The first start, which makes the data directory, is
shown by itself; the figures are of those after it. `--way run` starts it as people do, by `python3 run.py`.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .peers import ROOT, Natterjack
from .procinfo import cpu_clock_id, machine
from .serverproc import HOST, free_port, stop

_PAUSE: Final = 0.001
_PATIENCE: Final = 30.0
_SAID: Final = b"NICK early\r\nUSER early 0 * :early\r\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done; 1 the server did not start, or ``--limit`` was missed."""
    parser = argparse.ArgumentParser(prog="python3 -m bench.startup", description=__doc__)
    parser.add_argument("--starts", type=int, default=20, help="after the first one (%(default)s)")
    parser.add_argument("--way", choices=("module", "run"), default="module", help="(%(default)s)")
    parser.add_argument("--durability", default="power", help="(%(default)s)")
    parser.add_argument("--limit", type=float, metavar="MS", help="exit 1 where the median is above")
    options = parser.parse_args(arguments)
    words = [sys.executable, str(ROOT / "run.py")]
    surroundings = {**os.environ}
    if options.way == "module":
        server = Natterjack()
        words, surroundings = [server.python, "-m", "natterjack"], surroundings | server.environment
    with tempfile.TemporaryDirectory(prefix="bench-startup-") as directory:
        port = free_port()
        words += ["serve", "--host", HOST, "--port", str(port), "--no-console", "--durability"]
        words += [options.durability, "--data-dir", str(Path(directory, "data"))]
        try:
            first = once(words, surroundings, port)
            taken = [once(words, surroundings, port) for _ in range(options.starts)]
        except OSError as error:
            print(f"bench.startup: {error}", file=sys.stderr)
            return 1
    median = statistics.median(each[1] for each in taken)
    print(f"{machine()}; {options.way}, {options.starts} starts; first one of all {first[1]:.0f} ms")
    for title, place in (("accepted", 0), ("first client in", 1), ("CPU time until then", 2)):
        values = sorted(each[place] for each in taken)
        print(f"{title}: median {statistics.median(values):.0f} ms, {values[0]:.0f}–{values[-1]:.0f}")
    return 1 if options.limit is not None and median > options.limit else 0


def once(words: list[str], surroundings: dict[str, str], port: int) -> tuple[float, float, float]:
    """Milliseconds until the port accepts, until the first client is welcome, and of CPU time until then."""
    began = time.perf_counter()
    process = subprocess.Popen(
        words,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with _connected(process, port, began + _PATIENCE) as client:
            accepted = time.perf_counter()
            client.settimeout(_PATIENCE)
            client.sendall(_SAID)
            came = b""
            while b" 001 " not in came:
                more = client.recv(65536)
                if not more:
                    raise OSError(f"it did not let us in: {came!r}")
                came += more
            welcome = time.perf_counter()
            cpu = time.clock_gettime_ns(cpu_clock_id(process.pid)) / 1e6
    finally:
        stop(process)
    return (accepted - began) * 1e3, (welcome - began) * 1e3, cpu


def _connected(process: subprocess.Popen[bytes], port: int, until: float) -> socket.socket:
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise OSError(f"the server ended with status {process.returncode}")
        try:
            return socket.create_connection((HOST, port))
        except OSError:
            time.sleep(_PAUSE)
    raise OSError(f"it accepts nobody after {_PATIENCE:g} s")


if __name__ == "__main__":
    sys.exit(main())
