"""G7: no false answer, whatever the disk does: what was acknowledged is stored, what was refused is not.

Where nothing can be stored, the server either ends with 70 or refuses what is said and goes on; both keep the promise.
After a failed sync nobody knows what the disk has, so then it has to end.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import apsw
import pytest

from natterjack.exits import INTERNAL
from tests.chaos.crowd import Crowd
from tests.chaos.member import Member
from tests.chaos.oracle import Verdict
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene
from tests.chaos.stage import Stage, needs_strace, strace

#: Bytes of the small disk: enough to start on; and what it has once there is room again.
_SMALL, _ROOMY = 2 << 20, 64 << 20
#: Of a member of the channel, while the disk is slow; G9 has the same bound.
_PING_P99 = 0.1


def trouble(
    scene: Scene,
    *wrapping: str,
    harm: Callable[[], None] | None = None,
    mend: Callable[[], None] | None = None,
    most: float = inf,
) -> tuple[int, Verdict]:
    """People talk until the server ends, or refuses something and goes on; then it is mended, and the talk goes on.

    With ``most``: or until so many messages are acknowledged, since an error may concern nothing that was said.

    The exit code that it ended with, or -1 if it did not; and what came of it all.
    """
    ledger, crowd = scene.ledger, scene.crowd
    scene.stage.start(*wrapping)
    scene.talk(4, 300)
    scene.listen(2)
    if harm:
        crowd.until(lambda: ledger.acknowledged > 50, "that it works")
        harm()
    crowd.until(
        lambda: not scene.stage.is_running() or _refused(scene) or ledger.acknowledged > most,
        "that it does not work any more",
    )
    if scene.stage.is_running():
        crowd.go_on(0.3)
    code = -1
    if not scene.stage.is_running():
        code = scene.stage.wait()
        scene.everybody_out()
    if mend:
        mend()
    if code != -1:
        scene.stage.start()
    before = ledger.acknowledged
    crowd.until(lambda: ledger.acknowledged > before + 20, "that it works again")
    verdict = scene.verdict()
    print(f"exit code {code}; {ledger}")
    return code, verdict


def _refused(scene: Scene) -> bool:
    return any(entry.refusal for entry in scene.ledger.entries)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("it takes the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_the_disk_is_full_and_then_there_is_room_again(small_disk: Path, crowd: Crowd) -> None:
    def make_room() -> None:
        options = f"remount,size={_ROOMY}"
        subprocess.run(["mount", "-o", options, str(small_disk)], check=True)

    with Scene(crowd, small_disk / "data") as scene:
        code, verdict = trouble(scene, mend=make_room)
    assert not verdict, verdict
    assert code in (-1, INTERNAL)


def test_a_file_may_not_grow_any_more(tmp_path: Path, crowd: Crowd) -> None:
    limited = ["sh", "-c", 'ulimit -f 1000 && exec "$@"', "sh"]  # 500 KiB
    with Scene(crowd, tmp_path / "data") as scene:
        code, verdict = trouble(scene, *limited)
    assert not verdict, verdict
    assert code == -1  # it refuses, and goes on


#: Messages after which an error has passed that harmed none.
_UNHARMED = 1500
#: An error in one thread's calls from some number on (+) or once; whether the server may survive it. Where something
#: does not fit and the next thing does, the first must not be taken for stored: that is tried in each run.
_ERRORS = [
    ("pwrite64:error=ENOSPC:when={}", 20, 200, True),
    ("fdatasync:error=EIO:when={}+", 5, 30, False),
    ("fdatasync:error=EIO:when={}", 5, 30, False),
    ("pwrite64:error=EIO:when={}+", 20, 200, False),
    ("fdatasync:error=ENOSPC:when={}+", 5, 30, False),
]


@needs_strace()
def test_writes_and_syncs_fail(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        scene.stage.stop()
    dice = plan.dice
    for number in range(plan.rounds(2, 40)):
        error, least, most, survivable = _ERRORS[number % len(_ERRORS)]
        injection = error.format(dice.randrange(least, most))
        data = tmp_path / f"data{number}"
        subprocess.run(["cp", "-r", str(tmp_path / "data"), str(data)], check=True)
        with Scene(crowd, data) as scene:
            code, verdict = trouble(scene, *strace(injection), most=_UNHARMED if survivable else inf)
        assert not verdict, f"{injection}: {verdict}"
        assert code == INTERNAL or (survivable and code == -1), (injection, code)


def test_another_program_locks_the_database(tmp_path: Path, crowd: Crowd) -> None:
    data = tmp_path / "data"
    with Scene(crowd, data, defect="impatient") as scene:
        scene.stage.start()
        scene.stage.stop()
        other = apsw.Connection(str(data / "natterjack.db"))
        other.set_busy_timeout(10_000)
        code, verdict = trouble(
            scene,
            harm=lambda: other.execute("BEGIN IMMEDIATE").close(),
            mend=lambda: other.execute("ROLLBACK").close(),
        )
        other.close()
    assert not verdict, verdict
    assert code in (-1, INTERNAL)


def test_what_was_stored_is_not_refused_because_that_can_not_be_found_out(
    tmp_path: Path, crowd: Crowd
) -> None:
    """Said, stored, not answered; sent again to a server that can't look into its history."""
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        ann = scene.member("ann")
        scene.everybody_in()
        entries = [ann.say() for _ in range(3)]
        crowd.until(lambda: not ann.unanswered, "answers")
        scene.kill()
        bad = Stage(tmp_path / "data", defect="unreadable")
        ann.unanswered = {entry.cid: entry for entry in entries}  # as if the answers had been lost
        with bad:
            bad.start()
            scene.stage.port = bad.port
            crowd.until(lambda: ann.losses > 1 or not ann.unanswered, "a refusal, or an end")
            bad.kill()
            scene.stage.port = 0
        scene.everybody_out()
        scene.stage.start()
        verdict = scene.verdict()
    assert not verdict, verdict


@needs_strace()
def test_nobody_else_waits_for_a_slow_disk(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    """Each write and each sync takes 0.15 s, and there is always one under way."""
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        scene.stage.stop()
        scene.stage.start(*strace("pwrite64,fdatasync,fsync:delay_enter=150000"))
        scene.talk(4, 100)
        pinger = Pinger(scene.member("pinger"))
        scene.everybody_in()
        crowd.add(pinger)
        crowd.go_on(plan.rounds(1, 60))
        crowd.remove(pinger)
        said = scene.ledger.acknowledged
        scene.kill()  # without its tracer it is fast again
        scene.stage.start()
        verdict = scene.verdict()
    assert not verdict, verdict
    pinger.took.sort()
    p99 = pinger.took[int(len(pinger.took) * 0.99)]
    print(
        f"{len(pinger.took)} pings, p99 {p99 * 1000:.1f} ms, longest {pinger.took[-1] * 1000:.1f} ms; {said} messages"
    )
    # In a short run, on a machine that may be busy, half of them are enough to tell it from a loop that waits.
    assert (p99 if plan.long else pinger.took[len(pinger.took) // 2]) < _PING_P99


class Pinger:
    """Has a member ask for a sign of life, one after the other."""

    def __init__(self, member: Member) -> None:
        self.took: list[float] = []
        self._member = member
        self._asked = 0.0
        member.listening.add("PONG")

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        if self._member.heard:
            self._member.heard.clear()
            if self._asked:
                self.took.append(now - self._asked)
            self._member.post("PING :are-you-there")
            self._asked = now

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
