"""G13: the clock may jump, ten years either way; order, timers and timeouts stand.

libfaketime gives the server its clock: a file says by how much it is wrong. The monotonic clock is left alone, as it is
when somebody sets the clock of a machine.
"""

from __future__ import annotations

import selectors
import socket
import time
from pathlib import Path

import pytest

from tests.chaos.crowd import Crowd
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene

_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
_YEARS = 10 * 365 * 86400
#: Seconds: who has not said who he is by then is sent away, with up to a second's delay, or more on a busy machine.
_REGISTRATION, _LATE = 2, 10

pytestmark = pytest.mark.skipif(_LIBRARY is None, reason="it takes libfaketime (apt-get install faketime)")


class Clock:
    """What libfaketime adds to the server's clock, in seconds."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set(0)
        self.env = {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # whose waits for a condition are longer than they should be
            "NO_FAKE_STAT": "1",
            "NATTERJACK_LIMITS__PING_AFTER": "5",
            "NATTERJACK_LIMITS__DROP_AFTER": "10",
            "NATTERJACK_LIMITS__REGISTRATION": str(_REGISTRATION),
        }

    def set(self, offset: int) -> None:
        """At once, and never half."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.rename(self._file)


class Newcomer:
    """Connects, begins to say who he is, and says no more."""

    def __init__(self, crowd: Crowd, port: int) -> None:
        self.stayed = 0.0
        self._crowd = crowd
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._sock.sendall(b"NICK newcomer\r\n")
        self._came = time.monotonic()
        crowd.watch(self._sock, selectors.EVENT_READ, self._ready)
        crowd.add(self)

    def _ready(self, _mask: int) -> None:
        if not self._sock.recv(4096):
            self.stayed = time.monotonic() - self._came
            self.close()

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        self._crowd.watch(self._sock, 0, self._ready)
        self._sock.close()


def test_order_and_timeouts_stand_while_the_clock_jumps(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    clock = Clock(tmp_path)
    years: set[str] = set()
    jumps = [_YEARS, -_YEARS, 0, *(plan.dice.randint(-_YEARS, _YEARS) for _ in range(plan.rounds(1, 60)))]
    with Scene(crowd, tmp_path / "data", env=clock.env) as scene:
        scene.stage.start()
        scene.talk(4, 60)
        scene.listen(2)
        ear = scene.members[-1]
        ear.listening.add("PRIVMSG")
        scene.everybody_in()
        newcomers: list[Newcomer] = []
        for number, jump in enumerate(jumps):
            if number % 20 == 0:
                newcomers.append(Newcomer(crowd, scene.stage.port))
            clock.set(jump)
            ear.heard.clear()
            crowd.until(lambda: len(ear.heard) > 40, "talk")
            years.add(ear.heard[-1].tags["time"][:4])
            if number % 20 == 2:
                crowd.until(lambda: newcomers[-1].stayed, "the newcomer is sent away")
                scene.kill()
                scene.stage.start()
                scene.everybody_in()
        restarts = scene.stage.starts - 1
        verdict = scene.verdict()
        assert not verdict, verdict
        assert all(_REGISTRATION <= newcomer.stayed < _REGISTRATION + _LATE for newcomer in newcomers), [
            newcomer.stayed for newcomer in newcomers
        ]
        assert all(member.losses == restarts for member in scene.members), str(crowd)
        assert len(years) > 2, years  # the clock has really jumped
        print(f"{len(jumps)} jumps, {restarts} restarts, years {min(years)} to {max(years)}; {scene.ledger}")
