"""The end of a turn: what writing leads to is done in the same turn, whoever it was put off for."""

from pathlib import Path

import pytest

from natterjack.net import hub as hub_module
from tests.guard.scene import Scene, drain


def test_one_who_is_lost_as_his_share_is_written_is_gone_at_the_end_of_that_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "data", stored=False)
    try:
        speaker, lost, *others = scene.people(6, "", lambda _: "#room")
        monkeypatch.setattr(hub_module, "SHARE", 4)
        speaker.say("PRIVMSG #room :hello\r\n")
        lost.theirs.close()
        scene.turn(speaker)
        assert drain(others) == b""
        assert len(scene.server._core.world.sessions) == 6
        scene.turn()  # a share of two, of whom he is one
        assert len(scene.server._core.world.sessions) == 5
        for _ in range(4):
            scene.turn()
        for other in others:
            heard = other.read().decode().splitlines()
            assert [line.split()[1] for line in heard] == ["PRIVMSG", "QUIT"]
        assert b" QUIT :Broken pipe" in speaker.read()
    finally:
        scene.close()
