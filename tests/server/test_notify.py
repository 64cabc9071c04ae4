"""What a service manager is told."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.server.notify import Notifier


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address)
        self.sock.settimeout(20)

    def told(self) -> str:
        return self.sock.recv(4096).decode()

    def silent(self) -> bool:
        self.sock.setblocking(False)
        try:
            return not self.sock.recv(1)
        except BlockingIOError:
            return True


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    yield made
    made.sock.close()


def test_how_long_it_can_wait_for_a_sign(manager: Manager, tmp_path: Path) -> None:
    """A sign comes in time even if nobody comes by any more often than that."""
    named = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    assert Notifier(named).patience == Notifier({"WATCHDOG_USEC": "4000000"}).patience == math.inf
    now = [0]
    notifier = Notifier({**named, "WATCHDOG_USEC": "4000000"}, clock=lambda: now[0])
    assert notifier.patience == 1.0
    silent_since = longest = 0
    for _ in range(20):
        now[0] += round(notifier.patience * 1e9 + 1e6)
        notifier.alive()
        if not manager.silent():
            longest, silent_since = max(longest, now[0] - silent_since), now[0]
    assert silent_since > 0
    assert longest < 4e9


def test_ready_reloading_stopping(manager: Manager, tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}, clock=lambda: 12_345_678)
    notifier.ready()
    notifier.reloading()
    notifier.ready("as it\nis")
    notifier.stopping()
    notifier.alive()
    assert [manager.told() for _ in range(4)] == [
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=12345",
        "READY=1\nSTATUS=as it\ufffdis",
        "STOPPING=1",
    ]
    assert manager.silent(), "nobody asked for signs of life"


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's own")
def test_abstract_sockets() -> None:
    name = f"natterjack-test-{os.getpid()}"
    manager = Manager(f"\0{name}")
    Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
    assert manager.told() == "READY=1"
    manager.sock.close()


def test_signs_of_life_come_twice_as_often_as_they_must(manager: Manager, tmp_path: Path) -> None:
    now = 10**12
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "77"}
    notifier = Notifier(environ, 77, lambda: now)
    for _ in range(10):
        notifier.alive()
        now += 10**9
    assert [manager.told() for _ in range(5)] == ["WATCHDOG=1"] * 5
    assert manager.silent()
    other = Notifier(environ, 78, lambda: now)
    other.alive()
    assert manager.silent(), "meant for another process"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_nobody_to_tell(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({**environ, "WATCHDOG_USEC": "2000000"})
    notifier.ready()
    notifier.alive()
    assert ("no unix socket" in caplog.text) == bool(environ.get("NOTIFY_SOCKET"))


def test_a_manager_that_has_gone_is_no_reason_to_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert "could not tell the service manager 'READY=1'" in caplog.text


def test_a_server_tells_from_its_start_to_its_end(manager: Manager, tmp_path: Path) -> None:
    words = [
        "serve",
        "--port",
        "0",
        "--host",
        "127.0.0.1",
        "--no-console",
        "--data-dir",
        str(tmp_path / "data"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "natterjack", *words],
        env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert manager.told() == "READY=1"
        process.send_signal(signal.SIGHUP)
        assert manager.told().startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert manager.told() == "READY=1\nSTATUS=read the configuration again: nothing has changed"
        process.terminate()
        assert manager.told() == "STOPPING=1"
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
