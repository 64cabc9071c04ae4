"""Who sits where in the load generator, and whose turn it is."""

import pytest

from bench.counters import Counters, Word
from bench.layout import Layout, due


def test_one_channel_holds_all() -> None:
    layout = Layout(1000, 1000)
    assert {layout.channel(index) for index in range(1000)} == {"#b0000"}
    assert layout.join_lines == 500_500


def test_rooms_of_ten() -> None:
    layout = Layout(500, 10)
    assert layout.rooms == 50
    assert layout.channel(9) == "#b0000"
    assert layout.channel(10) == "#b0001"
    assert layout.join_lines == 50 * 55


def test_no_channel() -> None:
    assert Layout(5, 0).channel(3) == ""
    assert Layout(5, 0).join_lines == 0


def test_a_last_room_may_be_smaller() -> None:
    assert Layout(25, 10).members(2) == 5
    assert Layout(25, 10).join_lines == 55 + 55 + 15


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_workers_share_clients_and_messages_without_gap_or_overlap(workers: int) -> None:
    layout = Layout(100, 10, workers)
    assert [index for worker in range(workers) for index in layout.mine(worker)] == list(range(100))
    for total in range(20):
        assert sum(due(total, worker, workers) for worker in range(workers)) == total
    assert sum(due(1, worker, workers) for worker in range(workers)) == 1


@pytest.mark.parametrize(("clients", "sampled"), [(1000, 16), (5, 16), (1000, 1), (10, 0)])
def test_sampled_clients_are_as_many_as_asked_for(clients: int, sampled: int) -> None:
    layout = Layout(clients, clients, sampled=sampled)
    assert sum(layout.is_sampled(index) for index in range(clients)) == min(clients, sampled)


@pytest.mark.parametrize(("clients", "sampled"), [(1000, 16), (160, 16), (1000, 1), (7, 7)])
def test_who_is_sampled_is_as_far_from_the_first_as_from_the_last(clients: int, sampled: int) -> None:
    layout = Layout(clients, clients, sampled=sampled)
    places = [index for index in range(clients) if layout.is_sampled(index)]
    mirrored = [clients - 1 - index for index in reversed(places)]
    assert all(abs(place - other) <= 1 for place, other in zip(places, mirrored, strict=True))


def test_neighbours_in_turn_are_in_different_rooms() -> None:
    layout = Layout(30, 10)
    order = layout.speakers(0)
    assert sorted(order) == list(range(30))
    assert [layout.channel(index) for index in order[:3]] == ["#b0000", "#b0001", "#b0002"]


def test_nicks_are_short_and_distinct() -> None:
    nicks = {Layout(10_000, 0).nick(index) for index in range(10_000)}
    assert len(nicks) == 10_000
    assert max(map(len, nicks)) <= 9


def test_counters_add_up_over_workers() -> None:
    counters = Counters(2)
    counters.words[Word.SENT] = 3
    counters.words[len(Word) + Word.SENT] = 4
    assert counters.total(Word.SENT) == 7
    assert counters.span_ns() == 0
    counters.words[Word.FIRST], counters.words[Word.LAST] = 100, 150
    counters.words[len(Word) + Word.FIRST], counters.words[len(Word) + Word.LAST] = 90, 120
    assert counters.span_ns() == 60
    counters.clear(Word.SENT)
    assert counters.total(Word.SENT) == 0
