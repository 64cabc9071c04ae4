"""G1: what was acknowledged survives kill -9; what is sent again is there once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.history import make
from tests.chaos.crowd import Crowd
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene

#: Seconds from the start of the process until it listens; G1.
_READY_WITHIN = 2.0
_MANY = 1_000_000


def test_kills_at_random_moments_under_load(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    slowest = 0.0
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        scene.friends(40)
        scene.talk(6, 60)
        scene.listen(3)
        rounds = plan.rounds(3, 200)
        for _ in range(rounds):
            if not scene.stage.is_running():
                scene.stage.start()
                slowest = max(slowest, scene.stage.took)
            scene.everybody_in()
            acknowledged = [entry for entry in scene.ledger.entries[-500:] if entry.acknowledged]
            for entry in plan.dice.sample(acknowledged, min(5, len(acknowledged))):
                next(member for member in scene.members if member.nick == entry.sender).say_again(entry)
            crowd.go_on(plan.dice.uniform(0.02, 0.4))
            scene.kill()
        scene.stage.start()
        verdict = scene.verdict()
        assert not verdict, verdict
        assert scene.ledger.acknowledged > 40 * rounds
        print(f"{rounds} kills, {scene.ledger}; listening again after {slowest:.2f} s at most")


def test_after_a_kill_it_listens_again_soon_however_much_is_stored(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    """The index is not built yet, which is more to do than if it were."""
    if not plan.long:
        pytest.skip("it takes minutes to store a million messages: --long")
    data = tmp_path / "data"
    data.mkdir()
    make(data, _MANY)
    with Scene(crowd, data) as scene:
        slowest = 0.0
        for _ in range(10):
            scene.stage.start()
            slowest = max(slowest, scene.stage.took)
            if not scene.members:
                scene.talk(2, 100)
            scene.everybody_in()
            before = scene.ledger.acknowledged
            crowd.until(lambda before=before: scene.ledger.acknowledged > before + 20, "talk")  # type: ignore[misc]
            scene.kill()
        print(f"{_MANY} messages: listening after {slowest:.2f} s at most")
    assert slowest < _READY_WITHIN
