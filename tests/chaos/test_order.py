"""G5: one order in a channel, the same for everybody who sees it, live and in the history."""

from __future__ import annotations

import time
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.plan import Plan
from tests.chaos.scene import Scene

_SENDERS, _RECEIVERS = 16, 8


def test_sixteen_talk_at_once_and_all_see_the_same(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    messages = plan.rounds(5_000, 100_000)
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        scene.talk(_SENDERS, 100_000.0, most=messages // _SENDERS)
        scene.listen(_RECEIVERS)
        scene.everybody_in()
        began = time.monotonic()
        crowd.until(
            lambda: all(talker.said == messages // _SENDERS for talker in scene.talkers), patience=1800
        )
        verdict = scene.verdict()
        took = time.monotonic() - began
        seen = [scene.ledger.seen[member.nick, "#lobby"] for member in scene.members]
        assert not verdict, verdict
        assert all(sights == seen[0] for sights in seen)
        assert len(seen[0]) == messages // _SENDERS * _SENDERS
        print(f"{scene.ledger}; {took:.1f} s, all in {len(seen)} places in the same order")
