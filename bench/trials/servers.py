"""natterjack as a trial wants it: with its limits on unless told otherwise, watched and meddled with as it runs."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from bench import procinfo
from bench.peers import Launch, Natterjack
from bench.serverproc import HOST, listening, started, stop

_LOOK_SECONDS: Final = 0.5
"""How often a `Watch` looks: reading a process's memory map makes it wait for a moment."""

_WATCHED: Final = Path(__file__).with_name("watched.py")

MIB: Final = 1024 * 1024


class Server:
    """A natterjack in a directory of its own, which goes when the `with` ends.

    `options` come behind `serve`; `environment` is for settings that have no option; `data` is a data directory that
    is there already, and stays. `watched`: pauses.json in `directory` says in the end what the collector took.
    """

    def __init__(
        self,
        options: Sequence[str] = (),
        *,
        host: str = HOST,
        environment: dict[str, str] | None = None,
        cpus: frozenset[int] = frozenset(),
        data: Path | None = None,
        watched: bool = False,
    ) -> None:
        self._peer = Natterjack()
        self._options = ("--host", host, "--no-console", "--json", "--lobby", "", *options)
        self._environment = self._peer.environment | (environment or {})
        self._program = [str(_WATCHED)] if watched else ["-m", "natterjack"]
        self._cpus = cpus
        self._host = host
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="trial-natterjack-"))
        self._environment["BENCH_PAUSES"] = str(self.directory / "pauses.json")
        self.address = (host, 0)

    def start(self) -> None:
        """Start it, on the same port and with the same data as last time. Raises StartError."""
        place = ("--port", str(self.address[1]), "--data-dir", str(self._data or self.directory / "data"))
        argv = [self._peer.python, *self._program, "serve", *self._options, *place]
        self._process = started(Launch(argv, 0, self._environment), self.directory, self._cpus)
        self.address = (self._host, listening(self._process, 0, self.directory))

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        if self._process is not None:
            stop(self._process)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean_up()

    def _clean_up(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- looking at it ----------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int:
        """The exit status of the process, which has ended; negative: the signal that ended it."""
        assert self._process is not None
        return self._process.wait()

    def cpu_ns(self) -> int:
        """CPU time so far, all threads."""
        return procinfo.cpu_time_ns([self.pid])

    def memory(self) -> int:
        """Bytes of its own memory now."""
        return procinfo.memory_bytes([self.pid])

    def errors(self) -> str:
        """What it has logged."""
        return (self.directory / "errors").read_text(errors="replace")

    def metrics(self, timeout: float = 10.0) -> dict[str, float]:
        """The figures of /metrics, by their names without `natterjack_`; from loopback only."""
        url = f"http://{HOST}:{self.address[1]}/metrics"
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return parse_metrics(answer.read().decode())

    # --- meddling with it -------------------------------------------------------------------------------

    def descriptors(self) -> int:
        """How many it has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def limit_descriptors(self, most: int) -> int:
        """From now on no more than `most`; the limit that held before."""
        soft, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (most, hard))
        return soft


def parse_metrics(text: str) -> dict[str, float]:
    """Prometheus' text format, as far as natterjack uses it."""
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            values[name.removeprefix("natterjack_")] = float(value)
    return values


def kernel_bytes() -> int:
    """What the kernel holds for all TCP connections of this machine, sent and received, in bytes."""
    return sockstat_pages(Path("/proc/net/sockstat").read_text(encoding="ascii")) * resource.getpagesize()


def sockstat_pages(text: str) -> int:
    """The pages of TCP out of /proc/net/sockstat."""
    words = next(line for line in text.splitlines() if line.startswith("TCP:")).split()
    return int(words[words.index("mem") + 1])


@dataclass(slots=True)
class Seen:
    """What a `Watch` saw."""

    memory_peak: int = 0
    kernel_peak: int = 0
    """Bytes that the kernel holds for all TCP connections of this machine."""
    cpu_ns: int = 0
    elapsed_ns: int = 0

    @property
    def busy_percent(self) -> float:
        """CPU time by elapsed time; 100 is one whole processor."""
        return 100 * self.cpu_ns / max(1, self.elapsed_ns)


class Watch:
    """For the length of a `with`: a server's greatest memory and its CPU time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen = Seen()

    def __enter__(self) -> Seen:
        self.seen.cpu_ns = -self._server.cpu_ns()
        self.seen.elapsed_ns = -time.perf_counter_ns()
        self._thread.start()
        return self.seen

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.seen.cpu_ns += self._server.cpu_ns()
        self.seen.elapsed_ns += time.perf_counter_ns()

    def _look(self) -> None:
        while True:
            self.seen.memory_peak = max(self.seen.memory_peak, self._server.memory())
            self.seen.kernel_peak = max(self.seen.kernel_peak, kernel_bytes())
            if self._over.wait(_LOOK_SECONDS):
                return
