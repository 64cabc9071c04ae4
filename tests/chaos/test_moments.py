"""G4: nothing that was shown to anybody vanishes; and G1 at the worst moment, which is when the first one knows.

The disk is made slow: whoever is told of a message before it is stored is told long before, and the server is killed
as soon as anybody is told of anything.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.crowd import Crowd
from tests.chaos.oracle import Verdict
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene


def killed_when_told(crowd: Crowd, data: Path, rounds: int, defect: str = "") -> Verdict:
    """The server is killed so many times, each time when somebody sees something or has an answer."""
    with Scene(crowd, data, defect=f"slow_disk,{defect}".rstrip(",")) as scene:
        scene.talk(3, 200)
        scene.listen(3)
        for _ in range(rounds):
            scene.stage.start()
            scene.everybody_in()
            known = told(scene)
            crowd.until(lambda known=known: told(scene) > known, "anything")  # type: ignore[misc]
            scene.kill()
        scene.stage.start()
        verdict = scene.verdict()
        print(f"{rounds} kills, {scene.ledger}")
        return verdict


def told(scene: Scene) -> int:
    """How often anybody was told of anything."""
    return scene.ledger.acknowledged + sum(map(len, scene.ledger.seen.values()))


def test_what_was_shown_or_acknowledged_just_before_the_end_is_there(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    verdict = killed_when_told(crowd, tmp_path / "data", plan.rounds(2, 100))
    assert not verdict, verdict


@pytest.mark.parametrize(
    ("defect", "kinds"), [("ack_before_commit", {"lost"}), ("fan_out_before_commit", {"vanished"})]
)
def test_a_server_that_speaks_too_early_is_found_out(
    tmp_path: Path, crowd: Crowd, plan: Plan, defect: str, kinds: set[str]
) -> None:
    verdict = killed_when_told(crowd, tmp_path / "data", plan.rounds(2, 5), defect)
    assert verdict.kinds >= kinds, verdict
