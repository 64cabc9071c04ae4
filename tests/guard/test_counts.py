"""What a message, and a connection, may cost: counted, not timed, and compared with what it was.

The figures are in ``counts.json``, by the version of Python (instructions are not the same in each). Where a change is
meant to cost more or less, write them anew with ``RENEW_COUNTS=1 python3 run.py test tests/guard -n0`` and commit them
with it: so it is seen what it costs.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natterjack.net.connection import Connection
from natterjack.proto.caps import CAPABILITIES
from tests.guard.scene import Member, Scene, Script, count, drain

STORED = Path(__file__).with_name("counts.json")
VERSION = "{}.{}".format(*sys.version_info)
#: By how much a figure may differ: what was counted is exact, but for sizes of dictionaries and buffers.
TOLERANCE = {"bytecode": 0.02, "calls": 0.0, "bytes": 0.10}
#: Members of the large channel. Descriptors: two for each, and some.
LARGE = 1000
DESCRIPTORS = 2 * LARGE + 500
TAGS = "message-tags server-time"
#: As much as many clients ask for: in the first lines some of it stands in batches then, and more comes than without.
MANY = " ".join(
    (
        *(each.name for each in CAPABILITIES if "/" not in each.name and each.name not in ("sasl", "sts")),
        "draft/extended-isupport",
        "draft/metadata-3",
    )
)
TEXT = "x" * 40

Maker = Callable[[Scene], Script]


def channel(caps: str) -> Maker:
    """One message to a channel of 1,000."""

    def made(scene: Scene) -> Script:
        members = scene.people(LARGE, caps, lambda _: "#large")
        return speaking(scene, members, {0: "#large"}, LARGE - 1)

    return made


def rooms(caps: str) -> Maker:
    """In each of five rooms of ten somebody says something, in one turn."""

    def made(scene: Scene) -> Script:
        members = scene.people(50, caps, lambda number: f"#room{number // 10}")
        return speaking(scene, members, {10 * room: f"#room{room}" for room in range(5)}, 45)

    return made


def pairs(caps: str) -> Maker:
    """Ten people say something to ten others, in one turn."""

    def made(scene: Scene) -> Script:
        members = scene.people(20, caps, lambda _: "")
        return speaking(scene, members, {number: f"n{number + 10:04d}" for number in range(10)}, 10)

    return made


def speaking(scene: Scene, members: list[Member], targets: dict[int, str], deliveries: int) -> Script:
    """One turn, in which each of the members that ``targets`` names says something to what stands there."""
    speakers = [members[number] for number in targets]

    def before() -> None:
        for member, target in zip(speakers, targets.values(), strict=True):
            member.say(f"PRIVMSG {target} :{TEXT}\r\n")

    def after() -> None:
        assert drain(members).count(b" PRIVMSG ") == deliveries

    return Script(before, lambda: scene.turn(*speakers), after, deliveries)


def registration(caps: str) -> Maker:
    """Ten people connect and register."""

    def made(scene: Scene) -> Script:
        scene.people(10, caps, lambda _: "")
        arriving: list[Member] = []
        numbers = iter(range(10, 1000))

        def before() -> None:
            arriving[:] = [scene.arrive() for _ in range(10)]
            for member in arriving:
                member.greet(f"n{next(numbers):04d}", caps)

        def play() -> None:
            scene.let_in(*arriving)
            scene.turn()

        def after() -> None:
            assert drain(arriving).count(b" 422 ") == len(arriving)

        return Script(before, play, after, 10)

    return made


def joining(caps: str) -> Maker:
    """Somebody leaves a channel of a hundred, and joins it again."""

    def made(scene: Scene) -> Script:
        members = scene.people(100, caps, lambda _: "#hundred")

        def after() -> None:
            assert drain(members).count(b" JOIN ") == len(members)

        return Script(
            lambda: members[0].say("PART #hundred\r\nJOIN #hundred\r\n"),
            lambda: scene.turn(members[0]),
            after,
            1,
        )

    return made


SCRIPTS: dict[str, tuple[Maker, bool]] = {
    "channel of 1,000": (channel(""), False),
    "channel of 1,000, tags": (channel(TAGS), False),
    "rooms": (rooms(""), False),
    "rooms, tags": (rooms(TAGS), False),
    "rooms, stored": (rooms(""), True),
    "pairs": (pairs(""), False),
    "pairs, tags": (pairs(TAGS), False),
    "registration": (registration(""), False),
    "registration, tags": (registration(TAGS), False),
    "registration, many": (registration(MANY), False),
    "join and part": (joining(""), False),
}


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Enough of them; as before afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < DESCRIPTORS:
        if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
            pytest.skip(f"{DESCRIPTORS} descriptors are needed, and {hard} are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def counted(name: str, directory: Path) -> dict[str, float]:
    """Figures of one script, for each delivery, connection or turn."""
    make, stored = SCRIPTS[name]
    scene = Scene(directory, stored)
    try:
        return count(make(scene))
    finally:
        scene.close()


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.usefixtures("descriptors")
def test_counts(name: str, tmp_path: Path) -> None:
    found = counted(name, tmp_path / "data")
    figures = json.loads(STORED.read_text())
    if os.environ.get("RENEW_COUNTS"):
        figures.setdefault(VERSION, {})[name] = found
        STORED.write_text(json.dumps(figures, indent=1) + "\n")
    if VERSION not in figures:
        pytest.skip(f"there are no figures for Python {VERSION}: RENEW_COUNTS=1 makes them")
    expected = figures[VERSION][name]
    off = {
        key: f"{expected[key]} before, {value} now"
        for key, value in found.items()
        if abs(value - expected[key]) > TOLERANCE[key] * expected[key]
    }
    assert not off, "RENEW_COUNTS=1 writes them anew, where that is meant to be so"


def test_what_is_done_twice_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counted("pairs", tmp_path / "before")
    flush = Connection.flush

    def asking(connection: Connection) -> None:
        connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        flush(connection)

    monkeypatch.setattr(Connection, "flush", asking)
    after = counted("pairs", tmp_path / "after")
    # A flush for each delivery, and no more: without echo-message nothing goes back to the speakers.
    assert after["calls"] == before["calls"] + 1
    assert after["bytecode"] == before["bytecode"]  # the test's own is not counted
