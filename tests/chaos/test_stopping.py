"""G12: SIGTERM under load. Everybody is told why, all that was under way is stored, and all come back by themselves."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene

#: Seconds, both promised.
_ENDS_WITHIN, _BACK_WITHIN = 5.0, 15.0


def test_stopped_and_started_under_load(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    slowest_end = slowest_return = 0.0
    rounds = plan.rounds(3, 50)
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        if plan.long:
            scene.friends(40)  # who have to log in again each time
        scene.talk(8, 100)
        scene.listen(6)
        for _ in range(rounds):
            scene.everybody_in()
            crowd.go_on(plan.dice.uniform(0.05, 0.3))
            for member in scene.members:
                member.heard.clear()
            scene.stage.signal(signal.SIGTERM)
            told = time.monotonic()
            crowd.until(lambda: not scene.stage.is_running(), "the end")
            slowest_end = max(slowest_end, time.monotonic() - told)
            assert scene.stage.wait() == 0, scene.stage.errors()
            scene.everybody_out()
            for member in scene.members:
                assert [heard.command for heard in member.heard] == ["ERROR"], (member.nick, member.heard)
                assert "SIGTERM" in member.heard[0].text
            scene.stage.start()
            began = time.monotonic()
            scene.everybody_in(_BACK_WITHIN)
            slowest_return = max(slowest_return, time.monotonic() - began)
        verdict = scene.verdict()
        assert not verdict, verdict
        print(
            f"{rounds} restarts, {scene.ledger}; ended after {slowest_end:.2f} s at most, "
            f"everybody back {slowest_return:.2f} s after it listened"
        )
    assert slowest_end < _ENDS_WITHIN
