"""`python3 -m bench.files`: files up and down beside nginx, memory with eight transfers, and the chat meanwhile.

Everything is on loopback, the server on one processor and the client on another (for the chat: all on all). The same
client moves the same bytes for both servers: up from the page cache by sendfile, down into a buffer. nginx takes
uploads by WebDAV PUT, which syncs nothing; natterjack syncs and hashes before it says that it has the file. So nginx
is shown with its file synced by us afterwards as well.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import procinfo
from .peers import ROOT, Launch
from .serverproc import HOST, Running, free_port, listening, started, stop

MIB: Final = 1024 * 1024
_PIECE: Final = 1 * MIB
_NGINX: Final = """
{2} worker_processes 1; daemon off; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_timeout 60; client_max_body_size 0;
  client_body_temp_path {0}/body; proxy_temp_path {0}/t1; fastcgi_temp_path {0}/t2; uwsgi_temp_path {0}/t3;
  scgi_temp_path {0}/t4; default_type application/octet-stream;
  server {{ listen 127.0.0.1:{1}; root {0}/root; location / {{ dav_methods PUT; }} }}
}}
"""


@dataclass(frozen=True)
class Site:
    """A server and how to reach files on it: ``put`` moves so many bytes, and ``get`` and ``drop`` take its answer."""

    name: str
    pids: list[int]
    put: Callable[[Path, int], str]
    get: Callable[[str, int], None]
    drop: Callable[[str], None]

    def put_and_drop(self, source: Path, size: int) -> None:
        """So that it can be done for as long as one likes: who uploads has so much room."""
        self.drop(self.put(source, size))


# -- clients


class BusyError(OSError):
    """503: try again."""


def _head(sock: socket.socket) -> tuple[int, bytes, bytes]:
    """Status, headers, and what came behind them."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise OSError(f"the server ended: {data!r}")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head, rest


def _send(port: int, request: str, source: Path, size: int) -> tuple[int, bytes]:
    with socket.create_connection((HOST, port)) as sock, source.open("rb") as file:
        sock.sendall(f"{request}\r\nHost: bench\r\nContent-Length: {size}\r\n\r\n".encode())
        sent = 0
        while sent < size:
            sent += os.sendfile(sock.fileno(), file.fileno(), sent, size - sent)
        status, head, _ = _head(sock)
        return status, head


def _get(port: int, request: str, size: int) -> None:
    with socket.create_connection((HOST, port)) as sock:
        sock.sendall(f"{request}\r\nHost: bench\r\n\r\n".encode())
        status, _, rest = _head(sock)
        if status == 503:
            raise BusyError
        if status != 200:
            raise OSError(f"{request}: {status}")
        buffer = bytearray(_PIECE)
        left = size - len(rest)
        while left:
            got = sock.recv_into(buffer)
            if not got:
                raise OSError("the server ended")
            left -= got


def nginx_site(running: Running, root: Path, synced: bool) -> Site:
    """Its files lie in ``root``."""
    port = running.address[1]

    def put(source: Path, size: int) -> str:
        name = f"/{os.urandom(8).hex()}"
        status, _ = _send(port, f"PUT {name} HTTP/1.1", source, size)
        if status not in (201, 204):
            raise OSError(f"PUT: {status}")
        if synced:
            descriptor = os.open(root / name[1:], os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        return name

    def get(name: str, size: int) -> None:
        _get(port, f"GET {name} HTTP/1.1", size)

    def drop(name: str) -> None:
        (root / name[1:]).unlink()

    name = "nginx, synced by us" if synced else "nginx"
    return Site(name, procinfo.process_tree(running.pid), put, get, drop)


def natterjack_site(running: Running, token: str) -> Site:
    """By tus, in one PATCH; the token is good for all."""
    port = running.address[1]
    who = f"Authorization: Bearer {token}\r\nTus-Resumable: 1.0.0"

    def put(source: Path, size: int) -> str:
        connection = http.client.HTTPConnection(HOST, port)
        said = dict(line.split(": ") for line in who.split("\r\n"))
        connection.request("POST", "/files/", headers={**said, "Upload-Length": str(size)})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise OSError(f"POST: {answer.status} {body!r}")
        path = answer.headers["Location"]
        connection.close()
        request = f"PATCH {path} HTTP/1.1\r\n{who}\r\nUpload-Offset: 0\r\n"
        status, head = _send(port, f"{request}Content-Type: application/offset+octet-stream", source, size)
        if status == 503:
            raise BusyError
        if status != 204:
            raise OSError(f"PATCH: {head!r}")
        return path

    def get(path: str, size: int) -> None:
        _get(port, f"GET {path} HTTP/1.1\r\n{who}", size)

    def drop(path: str) -> None:
        with socket.create_connection((HOST, port)) as sock:
            sock.sendall(f"DELETE {path} HTTP/1.1\r\nHost: bench\r\n{who}\r\n\r\n".encode())
            status, head, _ = _head(sock)
            if status != 204:
                raise OSError(f"DELETE: {head!r}")

    return Site("natterjack", procinfo.process_tree(running.pid), put, get, drop)


# -- servers


@contextlib.contextmanager
def _served(launch: Launch, directory: Path, cpus: frozenset[int]) -> Iterator[Running]:
    process = started(launch, directory, cpus)
    try:
        yield Running((HOST, listening(process, launch.port, directory)), process, directory)
    finally:
        stop(process)


@contextlib.contextmanager
def nginx(directory: Path, cpus: frozenset[int]) -> Iterator[Running]:
    """Debian's, as it comes, but for what a big upload needs."""
    directory = directory / "nginx"
    root = directory / "root"
    root.mkdir(parents=True)
    port = free_port()
    config = directory / "nginx.conf"
    config.write_text(_NGINX.format(directory, port, "user root;" if os.getuid() == 0 else ""))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with _served(Launch([program, "-c", str(config)], port), directory, cpus) as running:
        yield running


@contextlib.contextmanager
def natterjack(directory: Path, cpus: frozenset[int], program: str) -> Iterator[Running]:
    """Ours, as it comes; pace and number unlimited, and room for what is sent."""
    directory = directory / "natterjack"
    directory.mkdir()
    words = ["serve", "--host", "127.0.0.1", "--port", "0", "--no-limits", "--no-console", "--json"]
    argv = [sys.executable, "-m", program, *words, "--data-dir", str(directory / "data")]
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    room = dict.fromkeys(("MOST", "QUOTA", "GUEST_QUOTA"), "64 GiB")
    environment = {"PYTHONPATH": path, **{f"NATTERJACK_FILES__{key}": value for key, value in room.items()}}
    with _served(Launch(argv, 0, environment), directory, cpus) as running:
        yield running


@contextlib.contextmanager
def _token(running: Running, given: str) -> Iterator[str]:
    """The one given; else as any session gets one, good while that session lasts."""
    if given:
        yield given
        return
    with Chatter(running.address[1], "tokens") as chatter:
        chatter.send("FILE TOKEN")
        yield chatter.until(" FILE TOKEN ").split()[3]


# -- the chat


class Chatter:
    """A guest who waits for lines."""

    def __init__(self, port: int, nick: str) -> None:
        self.sock = socket.create_connection((HOST, port))
        self._lines = self.sock.makefile("r", encoding="utf-8")
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.until(" 376 ", " 422 ")

    def send(self, line: str) -> None:
        self.sock.sendall(f"{line}\r\n".encode())

    def until(self, *marks: str) -> str:
        """The first line that has one of them."""
        for line in self._lines:
            if any(mark in line for mark in marks):
                return line
        raise OSError("the server ended")

    def __enter__(self) -> Chatter:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.sock.close()


def latency(port: int, seconds: float) -> list[float]:
    """Milliseconds that a message takes from one guest to another, every 5 ms one."""
    found = []
    with Chatter(port, f"a{os.getpid()}") as one, Chatter(port, f"b{os.getpid()}") as other:
        for each in (one, other):
            each.send("JOIN #bench")
            each.until(" 366 ")
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            one.send(f"PRIVMSG #bench :{began}")
            other.until(f":{began}")
            found.append((time.monotonic() - began) * 1000)
            time.sleep(0.005)
    return found


# -- measurements


def throughput(site: Site, source: Path, size: int, rounds: int) -> list[dict[str, float]]:
    """MiB/s and the server's CPU seconds per GiB, up and down."""
    found = []
    for _ in range(rounds):
        row: dict[str, float] = {}
        os.sync()
        begun, used = time.monotonic(), procinfo.cpu_time_ns(site.pids)
        path = site.put(source, size)
        row["up"], row["up_cpu"] = _speed(site, size, begun, used)
        begun, used = time.monotonic(), procinfo.cpu_time_ns(site.pids)
        site.get(path, size)
        row["down"], row["down_cpu"] = _speed(site, size, begun, used)
        site.drop(path)
        found.append(row)
    return found


def _speed(site: Site, size: int, begun: float, used: int) -> tuple[float, float]:
    cpu = (procinfo.cpu_time_ns(site.pids) - used) / 1e9
    return size / MIB / (time.monotonic() - begun), cpu / (size / 1024 / MIB)


def _forever(action: Callable[[], Any], ready: Any) -> None:
    _patiently(action)
    ready.release()
    while True:
        _patiently(action)


def _patiently(action: Callable[[], Any]) -> None:
    """All seats may be taken for as long as it takes to see that we have left ours."""
    while True:
        try:
            action()
        except BusyError:
            continue
        return


@contextlib.contextmanager
def busy(actions: list[Callable[[], Any]]) -> Iterator[None]:
    """Each of them again and again in a process of its own, once each has been done."""
    context = multiprocessing.get_context("fork")
    ready = context.Semaphore(0)
    children = [context.Process(target=_forever, args=(action, ready), daemon=True) for action in actions]
    for child in children:
        child.start()
    for _ in children:
        if not ready.acquire(timeout=60):
            raise OSError("a transfer did not get under way")
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.join()


def memory(running: Running, site: Site, source: Path, size: int, count: int) -> dict[str, float]:
    """MiB that the server has more, at most, while ``count`` transfers run; after one of each was done."""
    path = site.put(source, size)
    site.get(path, size)
    before = procinfo.memory_bytes([running.pid])
    found = {}
    for way, action in (
        ("down", lambda: site.get(path, size)),
        ("up", lambda: site.put_and_drop(source, size)),
    ):
        most = 0
        with busy([action] * count):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                most = max(most, procinfo.memory_bytes([running.pid]))
                time.sleep(0.05)
        found[way] = (most - before) / MIB
    return found


def chat(running: Running, site: Site, source: Path, size: int, seconds: float) -> dict[str, list[float]]:
    """Latencies alone, and with four transfers down, up, and two of each."""
    port = running.address[1]
    path = site.put(source, size)

    def down() -> None:
        site.get(path, size)

    def up() -> None:
        site.put_and_drop(source, size)

    found = {"alone": latency(port, seconds)}
    for name, actions in (("4 down", [down] * 4), ("4 up", [up] * 4), ("2 down, 2 up", [down, up] * 2)):
        with busy(actions):
            _first(-10)
            found[name] = latency(port, seconds)
            _first(0)
    return found


def _first(niceness: int) -> None:
    """We only look at the clock, and don't want to measure how long we wait for a processor ourselves."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)


# -- the command


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(prog="python3 -m bench.files", description=__doc__)
    parser.add_argument("what", nargs="*", default=["speed", "memory", "chat"], help="%(default)s")
    parser.add_argument("--mib", type=int, default=1024, help="size of the file (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of chat, each (%(default)s)")
    parser.add_argument("--program", default="natterjack", help="the module that serves (%(default)s)")
    parser.add_argument("--token", default="", help="a good one; else one is asked for with FILE TOKEN")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-files-") as name:
        directory = Path(name)
        source = directory / "source"
        with source.open("wb") as out:
            for _ in range(options.mib):
                out.write(os.urandom(MIB))
        run(options, directory, source, options.mib * MIB)
    return 0


def run(options: argparse.Namespace, directory: Path, source: Path, size: int) -> None:
    """All that is asked for, as Markdown."""
    cpus = sorted(os.sched_getaffinity(0))
    server, client = frozenset(cpus[:1]), frozenset(cpus[-1:])
    if "speed" in options.what:
        print("| server | up, MiB/s | CPU s/GiB | down, MiB/s | CPU s/GiB |\n| --- | --: | --: | --: | --: |")
        with (
            nginx(directory, server) as running,
            natterjack(directory, server, options.program) as ours,
            _token(ours, options.token) as token,
        ):
            procinfo.pin(client)
            root = directory / "nginx" / "root"
            sites = [
                nginx_site(running, root, False),
                nginx_site(running, root, True),
                natterjack_site(ours, token),
            ]
            found: dict[str, list[dict[str, float]]] = {site.name: [] for site in sites}
            for _ in range(options.rounds):
                for site in sites:
                    found[site.name] += throughput(site, source, size, 1)
            for each, rows in found.items():
                cells = [
                    _spread([row[key] for row in rows], key) for key in ("up", "up_cpu", "down", "down_cpu")
                ]
                print(f"| {each} | {' | '.join(cells)} |", flush=True)
            procinfo.pin(frozenset(cpus))
        shutil.rmtree(directory / "natterjack")
        shutil.rmtree(directory / "nginx")
    for what in ("memory", "chat"):
        if what not in options.what:
            continue
        with (
            natterjack(directory, frozenset(cpus), options.program) as ours,
            _token(ours, options.token) as token,
        ):
            site = natterjack_site(ours, token)
            if what == "memory":
                more = memory(ours, site, source, min(size, 256 * MIB), 8)
                print(
                    f"\nmemory with eight transfers, MiB more: {more['down']:.1f} down, {more['up']:.1f} up"
                )
            else:
                print(
                    "\n| meanwhile | messages | p50, ms | p90 | p99 | max |\n| --- | --: | --: | --: | --: | --: |"
                )
                for each, times in chat(ours, site, source, min(size, 256 * MIB), options.seconds).items():
                    cuts = statistics.quantiles(times, n=100, method="inclusive")
                    print(f"| {each} | {len(times)} | {cuts[49]:.2f} | {cuts[89]:.2f} | {cuts[98]:.2f} "
                          f"| {max(times):.2f} |", flush=True)  # fmt: skip
        shutil.rmtree(directory / "natterjack")


def _spread(values: list[float], key: str) -> str:
    digits = 2 if key.endswith("cpu") else 0
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


if __name__ == "__main__":
    sys.exit(main())
