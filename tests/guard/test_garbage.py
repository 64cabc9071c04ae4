"""Who has gone leaves nothing for Python's collector, which has enough to do, and pauses the loop for it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from natterjack.server.garbage import Garbage
from tests.guard.scene import Member, Scene, drain

MANY = 20


def quit_(scene: Scene, members: list[Member]) -> None:
    """They say so, take the last word, and close."""
    for member in members:
        member.say("QUIT :bye\r\n")
    scene.turn(*members)
    drain(members)
    vanish(scene, members)


def vanish(scene: Scene, members: list[Member]) -> None:
    """Their connections break."""
    for member in members:
        member.theirs.close()
    scene.turn(*(member for member in members if not member.connection.closed))


@pytest.mark.parametrize("leave", [quit_, vanish])
@pytest.mark.parametrize("stored", [False, True])
def test_whoever_goes_is_gone_without_the_collector(
    tmp_path: Path, leave: Callable[[Scene, list[Member]], None], stored: bool
) -> None:
    scene = Scene(tmp_path / "data", stored)
    try:
        leave(scene, scene.people(MANY, "message-tags server-time", lambda _: "#room"))  # caches are filled
        gc.collect()
        gc.disable()
        members = scene.people(MANY, "message-tags server-time", lambda _: "#room")
        for member in members:
            member.say("PRIVMSG #room :hello\r\nWHO #room\r\nNAMES #room\r\nWHOIS n0001\r\n")
        scene.turn(*members)
        drain(members)
        leave(scene, members)
        assert len(scene.server.hub) == 0
        members.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()
        scene.close()


@pytest.mark.parametrize(("connections", "looks"), [(0, 2), (500, 2), (501, 0)])
def test_all_is_looked_at_once_a_minute_while_few_are_there(
    monkeypatch: pytest.MonkeyPatch, connections: int, looks: int
) -> None:
    done: list[str] = []
    for name in ("freeze", "disable", "collect"):
        monkeypatch.setattr(gc, name, lambda name=name: done.append(name))
    garbage = Garbage()
    assert done == ["disable", "freeze"]
    for _ in range(179):
        garbage.tick(connections)
    assert done[2:] == ["collect"] * looks


def test_what_is_new_is_looked_at_once_at_the_end_of_a_turn() -> None:
    looked: list[int] = []

    def noted(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            looked.append(about["generation"])

    gc.collect()
    gc.callbacks.append(noted)
    try:
        garbage = Garbage()
        garbage.turn()
        assert not looked
        new = [[] for _ in range(4000)]  # type: list[list[object]]
        assert not looked  # not in the middle of it
        garbage.turn()
        garbage.turn()
        assert looked == [1]
        assert gc.get_count()[0] < len(new)
        assert any(each is new for each in gc.get_objects(2))  # so it is not looked at again
    finally:
        gc.callbacks.remove(noted)
        gc.unfreeze()
        gc.enable()
