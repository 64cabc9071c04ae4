"""Descriptors have run out: those inside are served, whatever they ask for, and the owner gets in (G11)."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fileserver import Web
from tests.support.process import PATIENCE, Irc, ServerProcess, serving

LIMIT = 64
#: What newcomers leave (net/listener.py), but for the one by whom it is seen that there are no more.
USED = LIMIT - LIMIT // 8 + 1

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path / "data", preexec_fn=_limit) as one:
        yield one


def used(server: ServerProcess) -> int:
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def crowd(server: ServerProcess) -> list[Irc]:
    """More than there is room for; when there is no more."""
    here = [Irc(server.port) for _ in range(LIMIT)]
    for number, each in enumerate(here):
        each.send(f"NICK n{number}", "USER n 0 * :n")
    end = time.monotonic() + PATIENCE
    while used(server) < USED:
        assert time.monotonic() < end, used(server)
    return here


def test_what_is_loaded_late_is_loaded_where_descriptors_have_run_out(server: ServerProcess) -> None:
    inside, web = server.connect("ann"), Web(server.port)
    assert web.ask("GET", "/healthz")[0] == 200
    here = crowd(server)
    key = "eHh4eHh4eHh4eHh4eHh4eA=="
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    web.connection.request(
        "GET", "/ws", None, {n.replace("_", "-"): v for n, v in upgrade.items()} | {"Sec-WebSocket-Key": key}
    )
    assert web.connection.getresponse().status == 101
    inside.send("REGISTER * * :correct horse battery")
    inside.until("REGISTER SUCCESS")
    assert "n3" in server.console("users").stdout
    for each in here[:30]:
        each.close()
    with server.connect("late") as late:
        late.sync()
    for each in (*here, inside):
        each.close()
    web.close()
    assert "not accepting" in server.end_well()
