"""Where one is among rows of all heights: nothing is laid out that is not in sight, and what one sees stays."""

from __future__ import annotations

import random

from natterjack.desktop.messages.scroller import Scroller, Seen


def scroller(heights: list[int], height: float = 100.0) -> tuple[Scroller, set[int]]:
    """And the rows whose height was asked for."""
    asked: set[int] = set()

    def height_of(row: int) -> float:
        asked.add(row)
        return float(heights[row])

    made = Scroller(height_of)
    made.count, made.height = len(heights), height
    return made, asked


def test_few_rows_stand_at_the_bottom() -> None:
    made, _ = scroller([20, 30])
    assert made.seen() == [Seen(0, 50.0), Seen(1, 70.0)]
    made.move(40)
    assert made.follows
    assert made.seen() == [Seen(0, 50.0), Seen(1, 70.0)]
    empty, _ = scroller([])
    assert empty.seen() == []
    empty.move(10)
    assert empty.at_top


def test_only_what_is_in_sight_is_laid_out() -> None:
    made, asked = scroller([20] * 100_000)
    assert [each.row for each in made.seen()] == list(range(99_995, 100_000))
    made.move(50)
    assert not made.follows
    assert made.seen()[0] == Seen(99_992, -10.0)
    made.stand_at(50_000)
    assert made.seen()[0] == Seen(50_000, 0.0)
    assert len(asked) < 30


def test_what_comes_at_the_end_moves_nothing_where_one_has_scrolled_up() -> None:
    heights = [20] * 50
    made, _ = scroller(heights)
    made.move(200)
    before = made.seen()
    heights += [35] * 10
    made.count = len(heights)
    assert made.seen() == before
    made.follow()
    assert made.seen()[-1].row == 59


def test_what_comes_before_it_moves_nothing_either() -> None:
    heights = [20] * 50
    made, _ = scroller(heights)
    made.move(300)
    before = made.seen()
    heights[:0] = [70] * 5
    made.count = len(heights)
    made.shifted(5)
    assert made.seen() == [Seen(each.row + 5, each.y) for each in before]


def test_at_the_end_one_follows_again() -> None:
    made, _ = scroller([20] * 50)
    made.move(75)
    made.move(-74)
    assert not made.follows
    made.move(-1)
    assert made.follows


def test_it_ends_at_the_top() -> None:
    made, _ = scroller([30] * 20)
    made.move(10_000)
    assert made.at_top
    assert made.seen()[0] == Seen(0, 0.0)
    assert made.place == 0.0


def test_up_and_down_again_is_where_one_was() -> None:
    chance = random.Random(5)
    made, _ = scroller([chance.randrange(1, 140) for _ in range(300)])
    made.stand_at(150, -3.0)
    before = made.seen()
    steps = [chance.randrange(1, 400) for _ in range(10)]
    for step in steps:
        made.move(step)
        seen = made.seen()
        assert seen[0].y <= 0
        assert [each.row for each in seen] == list(range(seen[0].row, seen[-1].row + 1))
    for step in steps:
        made.move(-step)
    assert made.seen() == before
