"""G3: one client message id, one message, shown once, wherever the connection was cut.

One speaks through a bad connection, which fails after the first, second, … byte in either direction until two
messages and their answers get through. Then he comes back and says again what he has no answer to; sometimes the
server, or he himself, was started anew meanwhile. Another one sees everything.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.crowd import Crowd
from tests.chaos.oracle import Verdict
from tests.chaos.plan import Plan
from tests.chaos.proxy import DOWN, FAULTS, STALL, WAYS, Proxy
from tests.chaos.scene import PASSWORD, Scene

_RESTARTS = ("server killed", "client", "server")


class Cuts:
    """Somebody who speaks through a proxy, and somebody who sees what comes of it."""

    def __init__(self, scene: Scene, password: str = "") -> None:
        self.scene = scene
        self.crowd = scene.crowd
        self.proxy = Proxy(scene.crowd, scene.stage.at)
        self.cuts = self.restarts = 0
        scene.stage.start()
        scene.member("witness")
        self.speaker = scene.member("speaker", port=self.proxy.at)
        scene.everybody_in()
        if password:
            scene.register(self.speaker)

    def points(self) -> list[tuple[str, int, str]]:
        """All faults there are: so many bytes two messages and their answers have."""
        before = dict(self.proxy.passed)
        self._speak()
        self.crowd.until(lambda: not self.speaker.unanswered, "answers")
        return [
            (way, after, fault)
            for fault in FAULTS
            for way in WAYS
            for after in range(self.proxy.passed[way] - before[way])
        ]

    def _speak(self) -> None:
        for _ in range(2):
            self.speaker.say("#lobby", "said through a bad connection")

    def fail(self, way: str, after: int, fault: str, restart: str = "") -> None:
        """One fault, in the midst of two messages."""
        speaker = self.speaker
        self.proxy.arm(way, after, fault)
        self._speak()
        self.crowd.until(lambda: self.proxy.fired or not speaker.unanswered, "a fault")
        if not self.proxy.fired:
            self.proxy.arm(way, 1 << 60, fault)
            return
        self.cuts += 1
        if fault == STALL:
            self.speaker.hang_up()
        else:
            self.crowd.until(lambda: not speaker.inside, "the fault is noticed")
        if restart:
            self._start_anew(restart)
        self.crowd.until(lambda: self.speaker.inside and not self.speaker.unanswered, "answers")
        self.proxy.deliver_late()

    def _start_anew(self, what: str) -> None:
        self.restarts += 1
        if what == "server killed":
            self.scene.kill()
            self.scene.stage.start()
        elif what == "server":
            self.scene.stage.stop()
            self.scene.everybody_out()
            self.scene.stage.start()
        else:  # the client, who has kept what he was about to say
            old = self.speaker
            self.crowd.remove(old)
            self.scene.members.remove(old)
            new = self.scene.member("speaker", port=self.proxy.at, password=old.password)
            new.unanswered.update(old.unanswered)
            self.speaker = new


def cut_at(crowd: Crowd, data: Path, plan: Plan, count: int, defect: str = "", password: str = "") -> Verdict:
    """Cuts at every byte, in a short run at ``count`` of them; behind some of them somebody is started anew."""
    with Scene(crowd, data, defect=defect) as scene:
        cuts = Cuts(scene, password)
        points = cuts.points()
        if password:
            points = points[::8]  # logging in takes its time
        chosen = plan.some(points, count)
        every = len(chosen) / (60 if plan.long else 3)
        for number, point in enumerate(chosen):
            due = point[0] == DOWN and number >= cuts.restarts * every
            cuts.fail(*point, _RESTARTS[cuts.restarts % len(_RESTARTS)] if due else "")
        verdict = scene.verdict()
        crowd.remove(cuts.proxy)
        print(f"{cuts.cuts} cuts of {len(points)}, {cuts.restarts} restarts; {scene.ledger}")
        assert cuts.cuts > len(chosen) * 0.8
        assert cuts.restarts
        return verdict


@pytest.mark.parametrize(("password", "count"), [("", 40), (PASSWORD, 6)], ids=["guest", "account"])
def test_cut_at_every_byte_a_message_is_there_once_and_shown_once(
    tmp_path: Path, crowd: Crowd, plan: Plan, password: str, count: int
) -> None:
    verdict = cut_at(crowd, tmp_path / "data", plan, count, password=password)
    assert not verdict, verdict


@pytest.mark.parametrize("defect", ["no_unique_cid", "cid_lasts_a_run"])
def test_a_server_that_forgets_client_message_ids_is_found_out(
    tmp_path: Path, crowd: Crowd, plan: Plan, defect: str
) -> None:
    verdict = cut_at(crowd, tmp_path / "data", plan, 6, defect)
    assert verdict.kinds >= {"twice"}, verdict
