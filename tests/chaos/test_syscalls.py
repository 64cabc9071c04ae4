"""G1 and G4 at every step: the server is killed at its first, second, … system call of each kind that changes a file,
or sends something to somebody, until it gets through the whole script.

strace counts calls in each thread apart. So there are two scripts: one on an empty directory, where the main thread
does the most when it makes the database; and one on a directory that a killed server left, where most is done by the
thread that commits.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene
from tests.chaos.stage import EndedError, needs_strace, strace

pytestmark = needs_strace()

#: What changes a file; and what tells the loop that a commit is done, and people what was said.
_FILES = ("write", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink")
_SENDING = ("sendto",)

Point = tuple[str, int]


def script(scene: Scene, *wrapping: str) -> bool:
    """People come and talk, one message after the other, until all is answered or the server is gone (False)."""
    try:
        scene.stage.start(*wrapping)
    except EndedError:
        return False
    if not scene.members:
        for nick in ("ann", "ben"):
            scene.member(nick)
        scene.listen(3)

    def done() -> bool:
        return not scene.stage.is_running() or all(
            member.inside and not member.unanswered for member in scene.members
        )

    for number in range(6):
        scene.crowd.until(done, "answers")
        scene.members[0].say("#lobby", f"word {number}")
        if number % 2:
            scene.members[1].say("#lobby", "x" * 470)  # too long with his name before it: refused
            scene.members[1].say("#lobby", f"too {number}")
    scene.crowd.until(done, "answers")
    return scene.stage.is_running()


def points(trace: Path) -> list[Point]:
    """How often each call was made, at most, by one thread: all that can be asked for."""
    made: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in trace.read_text().splitlines():
        thread, _, call = line.partition(" ")
        name = call.strip().partition("(")[0]
        if name.isidentifier():
            made[name][thread] += 1
    return [(name, number) for name, by in sorted(made.items()) for number in range(1, max(by.values()) + 1)]


def counted(scene: Scene, calls: tuple[str, ...]) -> list[Point]:
    """The script without a kill."""
    trace = scene.stage.data.with_name("trace")
    words = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", str(trace)]
    assert script(scene, *words, "-e", f"trace={','.join(calls)}", "--")
    scene.stage.stop()
    return points(trace)


@dataclass(frozen=True)
class Past:
    """A directory, and what was said there; or an empty one."""

    data: Path | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def again(self, crowd: Crowd, data: Path) -> Scene:
        """A scene that goes on from there."""
        if self.data is not None:
            shutil.copytree(self.data, data)
        scene = Scene(crowd, data)
        scene.ledger = deepcopy(self.ledger)
        return scene


def left_behind(crowd: Crowd, data: Path) -> Past:
    """A directory whose server was killed."""
    with Scene(crowd, data) as scene:
        assert script(scene)
        scene.kill()
        return Past(data, scene.ledger)


def killed_at(scene: Scene, point: Point) -> bool:
    """Whether the server was killed there, at the latest while it was told to stop; another one has taken over."""
    call, number = point
    if script(scene, *strace(f"{call}:signal=SIGKILL:when={number}")):
        scene.stage.signal(signal.SIGTERM)
    code = scene.stage.wait()
    assert code in (0, -signal.SIGKILL), (code, scene.stage.errors())
    scene.everybody_out()
    assert script(scene)
    return code != 0


def sweep(crowd: Crowd, folder: Path, plan: Plan, calls: tuple[str, ...], short: int, past: Past) -> None:
    """Kill at all points, or in a short run at some: not each run comes to each, since what is printed gathers."""
    with past.again(crowd, folder / "counted") as scene:
        known = counted(scene, calls)
    wanted = plan.rounds(short, len(known))
    points = plan.some(known, 3 * short)
    plan.dice.shuffle(points)
    tried = kills = 0
    for point in points:
        if kills == wanted:
            break
        tried += 1
        data = folder / "{}-{}".format(*point)
        with past.again(crowd, data) as scene:
            kills += killed_at(scene, point)
            verdict = scene.verdict()
        assert not verdict, f"killed at {point}: {verdict}"
        shutil.rmtree(data)
    print(f"{tried} of {len(known)} points, {kills} kills")
    assert kills >= min(wanted, tried / 2)


def test_killed_at_every_change_of_a_file_from_the_first_start_on(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    sweep(crowd, tmp_path, plan, _FILES, 2, Past())


def test_killed_at_every_change_of_a_file_and_every_word_to_anybody_behind_a_kill(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    sweep(crowd, tmp_path, plan, (*_FILES, *_SENDING), 4, left_behind(crowd, tmp_path / "past"))
