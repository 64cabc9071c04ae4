"""A server whose disk is full, or locked, or slow: nobody is told anything false, and the loop never waits for it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from natterjack.store.database import NAME
from tests.chaos.stage import DEFECTIVE
from tests.support.process import PATIENCE, Irc, ServerProcess, serving

CAPS = "batch labeled-response echo-message message-tags"
_MIB = 1 << 20


class Disk:
    """``directory`` on a disk with little room, until :meth:`mend`. ``settings`` are for the server's process."""

    def __init__(self, directory: Path, mend: Callable[[ServerProcess], None], **settings: Any) -> None:
        self.directory = directory
        self.mend = mend
        self.settings = settings


def _limited(tmp_path: Path) -> Iterator[Disk]:
    """A limit on the size of files, as a quota works; it can be lifted from outside."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MIB, resource.RLIM_INFINITY))

    def lift(server: ServerProcess) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)

    yield Disk(tmp_path / "data", lift, preexec_fn=limit)


def _small(tmp_path: Path) -> Iterator[Disk]:
    """A file system of two megabytes."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mounted)], check=True)

    def grow(_server: ServerProcess) -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", str(mounted)], check=True)

    try:
        yield Disk(mounted / "data", grow)
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=True)


def _may_mount() -> bool:
    """Containers' root may not, as a rule."""
    if os.geteuid():
        return False
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.fixture(params=[_limited, _small] if _may_mount() else [_limited])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    yield from request.param(tmp_path)


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _say(alice: Irc, number: int, size: int = 300) -> str:
    """One message; its answer."""
    alice.send(f"@label=n{number} PRIVMSG #pond :{number:06} {'x' * size}")
    return alice.until(f"label=n{number}")[-1]


def _fill(alice: Irc, acknowledged: set[int], refused: set[int], number: int = 0) -> int:
    """Talk until even the smallest messages are refused; the number after the last one."""
    for size in (300, 300, 1):
        last = -1
        while len(refused) != last + 50:
            last = len(refused)
            numbers = range(number, number + 50)
            alice.send(*(f"@label=n{each} PRIVMSG #pond :{each:06} {'x' * size}" for each in numbers))
            for each in numbers:
                answer = alice.until(f"label=n{each}")[-1]
                (refused if " FAIL PRIVMSG STORAGE_FULL #pond :" in answer else acknowledged).add(each)
            number += 50
    return number


def _stored(directory: Path) -> set[int]:
    connection = apsw.Connection(str(directory / NAME))
    rows: list[Any] = connection.execute("SELECT body FROM message").fetchall()
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return {int(match[1]) for (body,) in rows if (match := re.search(r"#pond :(\d{6}) ", body))}


def test_a_full_disk_refuses_and_takes_again_by_itself(disk: Disk) -> None:
    acknowledged: set[int] = set()
    refused: set[int] = set()
    with serving(disk.directory, **disk.settings) as server, contextlib.ExitStack() as sessions:
        alice, bob = (
            sessions.enter_context(server.connect("alice", CAPS)),
            sessions.enter_context(server.connect("bob", "message-tags")),
        )
        for irc in (alice, bob):
            irc.send("JOIN #pond")
            irc.until(" 366 ")
        after = _fill(alice, acknowledged, refused)
        made = []
        while True:  # the writer finds a little more room now and then, in its log
            nick = f"guest{after}"
            guest = sessions.enter_context(server.connect(nick))
            guest.send("REGISTER * * correct-horse")
            if " FAIL REGISTER TEMPORARILY_UNAVAILABLE " in guest.until(" REGISTER ")[-1]:
                break
            made.append(nick)
            after = _fill(alice, acknowledged, refused, after)
        # Nothing stands still meanwhile, and everybody who asks is told.
        assert _get(server.port, "/readyz")[0] == 503
        assert "natterjack_storage_refusing 1" in _get(server.port, "/metrics")[1]
        status = json.loads(server.console("--json", "status").stdout)["rows"][0]
        assert status["storing"] is False
        alice.send("TOPIC #pond :changed while the disk was full")
        bob.until("changed while")
        banned = server.console("ban", "192.0.2.7")
        assert banned.returncode == 0 or "can't be stored" in banned.stderr
        disk.mend(server)
        for _ in range(200):
            if _get(server.port, "/readyz")[0] == 200:
                break
            time.sleep(0.05)  # /readyz can only be asked, again and again
        assert _get(server.port, "/readyz")[0] == 200
        answer = _say(alice, after)
        assert "FAIL" not in answer, answer
        acknowledged.add(after)
        guest.send("REGISTER * * correct-horse")
        assert "REGISTER SUCCESS" in guest.until("REGISTER")[-1]
        seen = {int(found[1]) for line in bob.sync() if (found := re.search(r"#pond :(\d{6}) ", line))}
        code, errors = server.end()
    assert code == 0, errors
    # As often as the writer found some more room in its log, but not for each message.
    begun = len(re.findall("the disk is full: until there is room", errors))
    assert 1 <= begun == len(re.findall("there is room again", errors)) < 10, errors
    stored = _stored(disk.directory)
    assert acknowledged <= stored
    assert not refused & stored
    assert seen <= stored
    with serving(disk.directory) as server:
        listed = json.loads(server.console("--json", "channels").stdout)["rows"]
        assert [row["topic"] for row in listed if row["channel"] == "#pond"] == [
            "changed while the disk was full"
        ]
        assert "192.0.2.7" in server.console("bans").stdout
        accounts = json.loads(server.console("--json", "accounts").stdout)["rows"]
        assert {row["account"] for row in accounts} == {*made, nick}


def test_a_locked_database_holds_up_who_speaks_and_nobody_else(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice", CAPS) as alice, server.connect("bob") as bob:
        alice.send("JOIN #pond")
        alice.until(" 366 ")
        other = apsw.Connection(str(tmp_path / NAME))
        other.execute("BEGIN IMMEDIATE")
        alice.send("@label=n1 PRIVMSG #pond :000001 locked")
        for _ in range(20):
            bob.sync()  # he does not wait for alice's message
        other.execute("ROLLBACK")
        other.close()
        assert "FAIL" not in alice.until("label=n1")[-1]
        assert server.end()[0] == 0
    assert _stored(tmp_path) == {1}


def test_a_database_that_stays_locked_refuses_and_takes_again(tmp_path: Path) -> None:
    def impatient(*words: str) -> list[str]:
        return [sys.executable, DEFECTIVE, "impatient", *words]

    with serving(tmp_path, program=impatient) as server, server.connect("alice", CAPS) as alice:
        alice.send("JOIN #pond")
        alice.until(" 366 ")
        other = apsw.Connection(str(tmp_path / NAME))
        other.execute("BEGIN IMMEDIATE")
        done = threading.Event()

        def unlock() -> None:
            done.wait(PATIENCE)
            other.execute("ROLLBACK")

        thread = threading.Thread(target=unlock)
        thread.start()
        assert "STORAGE_FULL" in _say(alice, 1)
        done.set()
        thread.join()
        other.close()
        assert "FAIL" not in _say(alice, 2)
        _, errors = server.end()
    assert "another program keeps the database locked" in errors
    assert _stored(tmp_path) == {2}
