"""Measuring in pieces, the goals, and the page: tables and pictures from one result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import compare as comparing
from bench import goals, page, report, svg
from bench.compare import Budget, Comparison, Record, compare, groups
from bench.layout import Layout
from bench.peers import Natterjack, NgIrcd, Peer
from bench.rivals import BARE, PEERS, BareLoop, Ergo
from bench.shapes import SHAPES, Load, NotOfferedError, Shape
from tests.support.comparing import comparison

ONE, ROOMS = SHAPES["one"], SHAPES["rooms"]


class Fake:
    """Stands for a server, of which nothing but the name is used."""

    backlog = 1
    max_clients = 0
    tls = False

    def __init__(self, name: str) -> None:
        self.name = name

    def version(self) -> str:
        return self.name


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str, str]]:
    """What was measured, in order; each takes no time."""
    done: list[tuple[int, str, str, str]] = []

    def once(number: int, peer: Peer, shape: Shape, variant: str, **_: object) -> Record:
        if variant == "tags" and peer.name == "b":
            raise NotOfferedError
        done.append((number, shape.name, variant, peer.name))
        return Record(number, peer.name, shape.name, variant, [], {"cpu_us_per_delivery": 1.0})

    monkeypatch.setattr(comparing, "once", once)
    return done


def go(before: Comparison | None = None, minutes: float = 0.0) -> tuple[Comparison, int]:
    peers: list[Peer] = [Fake("a"), Fake("b")]  # type: ignore[list-item]
    return compare(
        peers,
        [ONE, ROOMS],
        ["plain", "tags"],
        rounds=2,
        load=Load(),
        server_cpus=frozenset(),
        before=before,
        minutes=minutes,
    )


def test_what_was_measured_before_is_not_measured_again(measured: list[tuple[int, str, str, str]]) -> None:
    result, left = go()
    assert left == 0
    assert measured[:3] == [(1, "one", "plain", "a"), (1, "one", "plain", "b"), (1, "one", "tags", "a")]
    assert measured[len(measured) // 2] == (2, "one", "plain", "b")  # who is first changes
    half = Comparison.parse(result.raw())
    del half.records[len(half.records) // 2 :]
    before = list(measured)
    measured.clear()
    again, left = go(half)
    assert left == 0
    assert measured == before[len(before) // 2 :]
    assert again.records == result.records


def test_nothing_is_begun_that_would_take_too_long(measured: list[tuple[int, str, str, str]]) -> None:
    result, left = go(minutes=0.0001)
    assert (result.records, measured) == ([], [])
    assert left == 8


def test_the_budget_goes_by_what_the_others_took() -> None:
    budget = Budget(1.0)
    assert budget.fits(10, guess=5.0)
    assert not budget.fits(13, guess=5.0)
    budget.took(10, 10.0)
    assert budget.fits(13, guess=5.0)
    assert Budget(0).fits(10**9, guess=5.0)


def test_a_server_with_little_room_is_left_out_where_it_is_too_small() -> None:
    small = PEERS["miniircd"]()
    found = [len(cases) for _, cases in groups([small, NgIrcd()], [ONE, SHAPES["idle"]], ["plain"], 1)]
    assert found == [2, 1]


def some(own: float, ngircd: float, bare: float = 1.0) -> Comparison:
    """Two rounds of one message under way."""
    found = comparison()
    found.peers.update({BARE: "bare", "ergo": "Ergo"})
    found.shapes["one"] = ONE.title
    for number, change in ((1, 1.0), (2, 1.1)):
        for peer, variant, value in (
            ("natterjack", "all", own),
            ("ngircd", "plain", ngircd),
            (BARE, "plain", bare),
            ("ergo", "plain", 100.0),
        ):
            figures = {"cpu_us_per_delivery": value * change}
            found.records.append(Record(number, peer, "one", variant, [], figures))
    return found


def test_a_goal_is_judged_by_the_medians() -> None:
    [reached] = goals.reached(some(own=1.2, ngircd=5.0))
    assert (reached.against, round(reached.ratio, 2), reached.met) == (BARE, 1.2, True)
    [reached] = goals.reached(some(own=1.3, ngircd=5.0))
    assert not reached.met
    assert "**missed**" in goals.table([reached])[2]


def test_the_best_of_the_others_is_no_loop_and_none_of_ours() -> None:
    goal = goals.Goal("one", "cpu_us_per_delivery", "natterjack", "all", goals.BEST, 1.0)
    [reached] = goals.reached(some(own=1.2, ngircd=5.0), [goal])
    assert reached.against == "ngircd"
    assert reached.ratio == pytest.approx(1.2 / 5)


def test_the_page_is_made_of_one_result(tmp_path: Path) -> None:
    place = tmp_path / "performance.md"
    place.write_text(f"# before\n{report.MARKERS[0]}\nold\n{report.MARKERS[1]}\nafter\n")
    folder = tmp_path / "performance"
    folder.mkdir()
    (folder / "old.svg").write_text("old")
    pictures = page.write(some(own=1.2, ngircd=5.0), place, folder)
    text = place.read_text()
    assert (
        [path.name for path in pictures]
        == ["one-cpu-us-per-delivery.svg"]
        == [p.name for p in folder.iterdir()]
    )
    assert "](performance/one-cpu-us-per-delivery.svg)" in text
    assert "| natterjack, all | 1.26 (1.20–1.32) |" in text
    assert "| met |" in text
    assert text.startswith("# before\n")
    assert text.endswith("after\n")
    first = text
    page.write(some(own=1.2, ngircd=5.0), place, folder)
    assert place.read_text() == first


def test_a_picture_can_be_read_by_machines_and_in_the_dark() -> None:
    drawn = svg.bars(
        "A <title>", "µs", [svg.Bar("one & two", 2.0, 1.0, 4.0, "own"), svg.Bar("x", 1.0, 1.0, 1.0, "peer")]
    )
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert "prefers-color-scheme:dark" in drawn
    bars = [float(each.get("width", "")) for each in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars[0] == pytest.approx(2 * bars[1])
    assert "one & two" in [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    with pytest.raises(ValueError, match="nothing to draw"):
        svg.bars("A", "b", [])


def test_pairs_talk_to_each_other_and_the_deaf_to_nobody() -> None:
    pairs = Layout(4, 0, pairs=True)
    assert [pairs.target(index) for index in range(4)] == ["n00001", "n00000", "n00003", "n00002"]
    assert pairs.copies == 1
    deaf = Layout(8, 8, deaf=4)
    assert [index for index in range(8) if deaf.is_deaf(index)] == [3, 7]
    assert deaf.copies == 5
    assert deaf.speakers(0) == [0, 1, 2, 4, 5, 6]
    assert Layout(8, 8).copies == 7


@pytest.mark.parametrize("kind", [Natterjack, NgIrcd, Ergo])
def test_servers_that_can_be_asked_for_tls(kind: type[Natterjack | NgIrcd | Ergo]) -> None:
    assert kind().tls


def test_the_loop_in_c_is_built_and_answers(tmp_path: Path) -> None:
    loop = BareLoop()
    if loop.missing():
        pytest.skip(f"it takes a compiler: {loop.missing()}")
    figures, _ = comparing_once(loop)
    assert figures["deliveries"] == figures["messages"] * 9


def comparing_once(peer: Peer) -> tuple[dict[str, float], list[str]]:
    """A moment of rooms, with twenty clients."""
    record = comparing.once(
        1,
        peer,
        replace(ROOMS, clients=20, window=20),
        "plain",
        load=Load(seconds=0.1, warm_up=0, cpus=frozenset()),
        server_cpus=frozenset(),
    )
    assert record.failure is None, record.failure
    return record.figures, record.capabilities
