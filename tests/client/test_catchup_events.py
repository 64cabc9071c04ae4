"""Catching up with events among the lines: each told once, whatever breaks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from natterjack.client import events as e
from natterjack.client.requests import AskHistory, Request
from natterjack.client.session.catchup import CatchUp, Position
from natterjack.proto.source import Source
from tests.client.catching import ALICE, KIM, STEP, Pond, asked, catch_up, enter, history, joined, line, take


def arrived(number: int, nick: str = "carl", channel: str = "#pond") -> e.Joined:
    return e.Joined(Source(nick, "c", "h"), channel, "", "", False, float(number), f"m{number}")


def left(number: int, nick: str = "carl") -> e.QuitSeen:
    return e.QuitSeen(Source(nick, "c", "h"), "", False, float(number), f"m{number}")


def enter_with_events(past: CatchUp) -> list[Request]:
    past.heard(joined())
    past.joined("#pond", 3)
    past.connected(3, talks=False, events=True)
    return asked(past)


def test_a_page_of_events_counts_and_moves_the_position() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter_with_events(past)
    for number in (11, 12, 13):
        past.heard(e.Past("#pond", arrived(number), 1001))
    past.heard(e.HistoryRead(1001, "#pond", 3, "m13"))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m13", 3)]
    history(past, 1002, [14])
    assert take(past) == ["!m11", "!m12", "!m13", "!m14"]


def test_what_happens_while_it_is_read_up_is_told_at_once_and_once() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter_with_events(past)
    past.out.clear()
    past.heard(arrived(12))
    past.heard(left(13))
    assert take(past) == ["m12", "m13"]
    past.heard(line(11, ref=1001, history=True))
    past.heard(e.Past("#pond", arrived(12), 1001))
    past.heard(e.Past("#pond", left(13), 1001))
    past.heard(e.HistoryRead(1001, "#pond", 2, "m13"))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert take(past) == ["!m11"]
    past.heard(arrived(14))
    past.heard(left(15))
    assert take(past) == ["!m14", "m15"]
    assert past.positions["#pond"].msgid == "m14"


def test_where_nothing_was_said_there_is_no_position() -> None:
    past = catch_up()
    enter_with_events(past)
    past.heard(e.Past("#pond", arrived(11), 1001))
    past.heard(e.HistoryRead(1001, "#pond", 1, "m11"))
    past.heard(e.Done(1001, "CHATHISTORY"))
    past.heard(arrived(12, "dan"))
    assert take(past) == ["m11", "m12"]
    assert past.positions == {}
    past.heard(line(13))
    past.heard(arrived(14, "eve"))
    assert take(past) == ["!m13", "!m14"]


def test_our_own_coming_is_no_history() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    past.heard(structs.replace(joined(), msgid="m12"))
    past.joined("#pond", 3)
    past.connected(3, talks=False, events=True)
    past.heard(e.Past("#pond", structs.replace(joined(), msgid="m12"), 1001))
    assert take(past) == []
    assert past.positions["#pond"].msgid == "m10"


def test_who_left_the_server_did_so_in_each_channel() -> None:
    past = catch_up(Position("#pond", "m10", 10.0), Position("#lake", "m10", 10.0))
    enter_with_events(past)
    past.joined("#lake", 3)
    past.heard(e.Past("#pond", left(11), 1001))
    past.heard(e.Past("#lake", left(11), 1002))
    past.heard(e.Past("#lake", left(11), 1002))
    assert take(past) == ["!m11", "!m11"]


def test_changes_are_held_with_the_lines_and_shown_once() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter_with_events(past)
    edit = e.Edited("m11", "m12", 12.0, ALICE, "#pond", False, text="better")
    past.heard(edit)
    assert take(past) == []
    past.heard(line(11, ref=1001, history=True))
    past.heard(structs.replace(edit, history=True, ref=1001))
    past.heard(e.HistoryRead(1001, "#pond", 2, "m12"))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert take(past) == ["!m11", "!m12"]
    past.heard(e.Redacted("m11", "m13", 13.0, ALICE, "#pond", False))
    assert take(past) == ["!m13"]


def test_without_event_playback_only_messages_move_the_position() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    history(past, 1001, [])
    take(past)
    past.heard(arrived(11))
    past.heard(e.Redacted("m10", "m12", 12.0, ALICE, "#pond", False))
    assert past.positions["#pond"].msgid == "m10"
    assert take(past) == ["m12"]


def test_what_happened_long_ago_to_us_does_not_throw_us_out() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter_with_events(past)
    past.heard(e.Past("#pond", e.Parted(KIM, "#pond", "", True, 11.0, "m11"), 1001))
    history(past, 1001, [12, 13, 14])
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m14", 3)]


def test_a_page_with_a_few_lines_left_out_is_full() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past, 20)
    history(past, 1001, range(11, 29))
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m28", 20)]


class BusyPond(Pond):
    """Every third line says that somebody came, or left the server."""

    def made(self, number: int, ref: int = 0) -> e.Event:
        if number % 3:
            return super().made(number, ref)
        event = arrived(number) if number % 2 else left(number)
        return e.Past("#pond", event, ref) if ref else event


@settings(max_examples=400)
@given(steps=st.lists(STEP, max_size=80))
def test_events_are_shown_once_and_messages_in_order_among_them(steps: list[tuple[str, int]]) -> None:
    pond = BusyPond()
    for name, count in steps:
        getattr(pond, name)(count)
    pond.come(0)
    while pond.wire or pond.past.requests:
        pond.work(0)
        pond.deliver(1000)
    assert sorted(pond.seen) == sorted(f"m{number}" for number in pond.lines)
    assert [msgid for msgid in pond.seen if int(msgid[1:]) % 3] == [
        f"m{number}" for number in pond.lines if number % 3
    ]
