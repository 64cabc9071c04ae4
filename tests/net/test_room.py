"""How much each site may have of what there is for all: who counts as one, and that nobody is counted for ever."""

from __future__ import annotations

import pytest

from natterjack.net.origin import Origin, Proxies
from natterjack.net.room import Lines, Room, Sharing

PROXIES = Proxies(("10.0.0.2", "127.0.0.2"))


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        (Origin("192.0.2.7"), "private 192.0.0.0/16"),
        (Origin("1.2.3.4"), "1.2.3.4/32"),
        (Origin("2a00:1:2:3:4::5"), "2a00:1:2:3::/64"),
        (Origin("127.0.0.1"), ""),
        (Origin("::1"), ""),
        (Origin("127.0.0.1", proxied=True), "private 127.0.0.0/16"),
        (Origin("10.0.0.2", proxied=True), ""),
        (Origin("10.0.0.3", proxied=True), "private 10.0.0.0/16"),
        (Origin(), ""),
    ],
)
def test_where_somebody_is_counted(origin: Origin, site: str) -> None:
    assert Sharing().site(origin, PROXIES) == site
    assert Sharing(limited=False).site(origin, PROXIES) == ""


def test_programs_here_are_counted_where_they_are_not_trusted() -> None:
    assert Sharing(trust_loopback=False).site(Origin("127.0.0.1"), PROXIES) == "private 127.0.0.0/16"


@pytest.mark.parametrize(
    ("site", "of_one", "most", "share"),
    [
        ("1.2.3.4/32", 64, 512, 64),
        ("private 10.1.0.0/16", 64, 512, 256),
        ("private 10.1.0.0/16", 64, 4096, 512),
        ("1.2.3.4/32", 256, 300, 150),
        ("1.2.3.4/32", 0, 1, 1),
    ],
)
def test_a_share(site: str, of_one: int, most: int, share: int) -> None:
    assert Sharing(private_factor=8).share(site, of_one, most) == share


def test_a_room_counts_everybody_once_and_forgets_sites_that_are_empty() -> None:
    room: Room[str] = Room()
    room.enter("a", "x")
    room.enter("b", "x")
    room.enter("c", "")
    assert (len(room), list(room), "a" in room, room.site("a")) == (3, ["a", "b", "c"], True, "x")
    assert not room.admits("x", 10, 2)
    assert room.admits("y", 10, 2)
    assert room.admits("", 10, 2)
    assert not room.admits("y", 3, 2)
    room.enter("a", "y")  # has moved
    assert room.admits("x", 10, 2)
    for who in ("a", "b", "b", "c", "nobody"):
        room.leave(who)
    assert (len(room), room._counts) == (0, {})


def test_sites_take_turns_and_those_that_may_not_keep_theirs() -> None:
    lines: Lines[str] = Lines()
    for who in ("a1", "a2", "a3", "b1", "b2", "c1"):
        lines.add(who, who[0])
    assert [lines.next(lambda site: site != "b") for _ in range(4)] == ["a1", "c1", "a2", "a3"]
    assert (len(lines), "a" in lines, "b" in lines) == (1, False, True)
    assert lines.next(lambda _: False) is None
    assert [lines.next(lambda _: True) for _ in range(3)] == ["b1", "b2", None]
