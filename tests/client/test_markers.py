"""How far was read: told to the server now and then, never back, and kept."""

from __future__ import annotations

from natterjack.client import events as e
from natterjack.client.requests import AskMark, MarkRead, Request
from natterjack.client.session.markers import MOST, Marker, Markers

FIRST = 100


def take(markers: Markers) -> list[Request]:
    requests, markers.requests = markers.requests, []
    return requests


def saved(markers: Markers) -> list[Marker]:
    changed, markers.changed = markers.changed, []
    return changed


def online(*known: Marker) -> Markers:
    markers = Markers(known, FIRST)
    markers.connected(offered=True)
    return markers


def test_the_server_is_told_at_most_once_a_second() -> None:
    markers = online()
    markers.read("#pond", 10.0, 50.0)
    assert take(markers) == [MarkRead(101, "#pond", 10.0)]
    assert saved(markers) == [Marker("#pond", 10.0)]
    markers.ended(e.Done(101, "MARKREAD"))
    for time in (11.0, 12.0, 13.0):
        markers.read("#Pond", time, 50.5)
    assert take(markers) == []
    assert markers.deadline() == 51.0
    markers.tick(51.0)
    assert take(markers) == [MarkRead(102, "#pond", 13.0)]
    assert saved(markers) == [Marker("#pond", 13.0, 10.0)]


def test_one_at_a_time() -> None:
    markers = online()
    markers.read("#pond", 10.0, 50.0)
    take(markers)
    markers.read("#pond", 11.0, 52.0)
    assert take(markers) == []
    markers.ended(e.Done(101, "MARKREAD"))
    markers.tick(52.0)
    assert take(markers) == []
    markers.tick(53.0)
    assert take(markers) == [MarkRead(102, "#pond", 11.0)]


def test_it_never_moves_back() -> None:
    markers = online()
    markers.read("#pond", 10.0, 50.0)
    take(markers)
    markers.read("#pond", 9.0, 60.0)
    assert markers.told(e.ReadUpTo("#pond", 8.0)) == e.ReadUpTo("#pond", 10.0)
    assert markers.told(e.ReadUpTo("#pond", 12.0)) == e.ReadUpTo("#pond", 12.0)
    assert markers.all == [e.ReadUpTo("#pond", 12.0)]
    markers.ended(e.Done(101, "MARKREAD"))
    markers.tick(70.0)
    assert take(markers) == []
    assert saved(markers)[-1] == Marker("#pond", 12.0, 12.0)


def test_what_was_read_offline_is_told_later_and_what_the_server_knows_is_not() -> None:
    markers = Markers([Marker("#old", 5.0, 5.0)], FIRST)
    markers.read("#pond", 10.0, 50.0)
    assert (take(markers), saved(markers)) == ([], [Marker("#pond", 10.0)])
    assert markers.deadline() is None
    markers.connected(offered=True)
    markers.tick(60.0)
    assert take(markers) == [MarkRead(101, "#pond", 10.0)]
    markers.lost()
    markers.connected(offered=True)
    markers.tick(61.0)
    assert take(markers) == [MarkRead(102, "#pond", 10.0)]


def test_a_server_that_does_not_take_it_is_not_asked_again_before_we_come_back() -> None:
    markers = online()
    markers.read("#pond", 10.0, 50.0)
    take(markers)
    markers.ended(e.Refused(101, "MARKREAD", "#pond", "INVALID_PARAMS", "no"))
    markers.tick(60.0)
    assert take(markers) == []
    markers.lost()
    markers.connected(offered=True)
    markers.tick(61.0)
    assert take(markers) == [MarkRead(102, "#pond", 10.0)]


def test_a_server_whose_clock_is_behind_is_told_once() -> None:
    markers = online()
    markers.read("#pond", 10.0, 50.0)
    take(markers)
    markers.told(e.ReadUpTo("#pond", 7.0))
    markers.ended(e.Done(101, "MARKREAD"))
    markers.tick(60.0)
    assert take(markers) == []


def test_a_server_without_markers_is_told_nothing() -> None:
    markers = Markers([], FIRST)
    markers.connected(offered=False)
    markers.read("#pond", 10.0, 50.0)
    markers.met("alice")
    assert (take(markers), saved(markers)) == ([], [Marker("#pond", 10.0)])


def test_of_people_the_server_is_asked() -> None:
    markers = online(Marker("alice", 3.0, 3.0), Marker("#pond", 4.0, 4.0))
    markers.met("Alice")
    markers.met("bob")
    assert take(markers) == [AskMark(101, "alice"), AskMark(102, "bob")]
    assert markers.told(e.ReadUpTo("carl", 0.0)) == e.ReadUpTo("carl", 0.0)


def test_the_oldest_goes_first() -> None:
    markers = Markers([Marker(f"#{number}", 1.0 + number) for number in range(MOST)], FIRST)
    markers.read("#new", 5000.0, 1.0)
    names = {event.target for event in markers.all}
    assert len(names) == MOST
    assert "#0" not in names
