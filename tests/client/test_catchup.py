"""Catching up: every line once and in order, whatever breaks; gaps are told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from natterjack.client import events as e
from natterjack.client.requests import AskHistory, AskTargets
from natterjack.client.session.catchup import AFTER_GAP, NEW, Position
from natterjack.proto.source import Source
from tests.client.catching import KIM, STEP, Pond, asked, catch_up, enter, history, joined, line, take


def test_from_where_we_were_until_a_batch_is_short() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    assert enter(past) == [AskHistory(1001, "#pond", "AFTER", "msgid=m10", 3)]
    past.heard(line(15))
    history(past, 1001, [11, 12, 13])
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m13", 3)]
    past.heard(line(16))
    history(past, 1002, [14, 15])
    assert asked(past) == []
    assert take(past) == ["!m11", "!m12", "!m13", "!m14", "!m15", "!m16"]
    past.heard(line(17))
    assert take(past) == ["!m17"]
    assert past.positions["#pond"] == Position("#pond", "m17", 17.0)


def test_a_server_that_always_gives_the_same_is_not_asked_for_ever() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    history(past, 1001, [11, 12, 13])
    asked(past)
    past.heard(line(14))
    history(past, 1002, [11, 12, 13])
    assert asked(past) == []
    assert take(past) == ["!m11", "!m12", "!m13", "!m14"]


def test_lines_that_are_no_messages_count_all_the_same() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    history(past, 1001, [11], lines=3)
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m11", 3)]


def test_a_new_conversation_begins_with_the_latest() -> None:
    past = catch_up()
    assert enter(past, 500) == [AskHistory(1001, "#pond", "LATEST", "*", NEW)]
    history(past, 1001, [1, 2])
    assert take(past) == ["!m1", "!m2"]


def test_a_gap_is_told() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past, 500)
    past.heard(e.Refused(1001, "CHATHISTORY", "#pond", "MESSAGE_ERROR", "No such message: ask by time"))
    assert past.out[-1] == e.Gap("#pond", "what was shown here last is not in the server's history any more.")
    assert asked(past) == [AskHistory(1002, "#pond", "LATEST", "*", AFTER_GAP)]
    history(past, 1002, [90, 91])
    assert take(past) == ["!m90", "!m91"]


def test_a_history_that_cannot_be_read_shows_what_comes() -> None:
    past = catch_up()
    enter(past)
    past.heard(line(5))
    past.heard(e.Unanswered(1001, "CHATHISTORY", "#pond", "No answer"))
    assert past.out[-2] == e.Gap("#pond", "No answer")
    assert take(past) == ["!m5"]


def test_without_history_lines_are_shown_as_they_come() -> None:
    past = catch_up()
    assert enter(past, 0) == []
    past.heard(line(1))
    assert take(past) == ["!m1"]
    past.heard(line(1))
    assert take(past) == []


def test_what_a_server_shows_by_itself_does_not_hide_a_gap() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    past.heard(joined())
    past.joined("#pond", 3)
    past.heard(line(14, history=True))
    past.heard(line(15, history=True))
    past.connected(3, talks=False)
    assert asked(past) == [AskHistory(1001, "#pond", "AFTER", "msgid=m10", 3)]
    history(past, 1001, [11, 12, 13])
    history(past, 1002, [14, 15])
    assert take(past) == ["!m11", "!m12", "!m13", "!m14", "!m15"]


def test_a_lost_connection_begins_anew() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    past.heard(line(15))
    past.heard(line(11, ref=1001, history=True))
    past.lost()
    assert take(past) == ["!m11"]
    assert enter(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m11", 3)]
    history(past, 1002, [12, 15])
    assert take(past) == ["!m12", "!m15"]


def test_a_channel_that_we_leave_is_not_read_up() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    past.heard(line(15))
    past.heard(e.Parted(KIM, "#pond", "", True, 0.0))
    assert take(past) == ["!m15"]
    history(past, 1001, [11])
    assert asked(past) == []


def test_more_than_can_be_held_is_asked_for() -> None:
    past = catch_up(Position("#pond", "m1", 1.0))
    enter(past)
    for number in range(2, 5100):
        past.heard(line(number))
    history(past, 1001, [])
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m1", 3)]


def test_who_wrote_to_us_is_asked_and_held_until_then() -> None:
    past = catch_up(Position("#pond", "m10", 100.0), Position("bob", "m5", 5.0), Position("guest", "m6", 6.0))
    _, targets = enter(past, talks=True)
    assert targets == AskTargets(1002, 40.0, 3)
    history(past, 1001, [])
    past.heard(line(20, "kim"))
    past.heard(line(21, "kim", sender=Source("dan", "d", "h")))
    assert take(past) == []
    past.heard(e.TargetTold(1002, "#pond", 11.0))
    past.heard(e.TargetTold(1002, "alice", 19.0))
    past.heard(e.Done(1002, "CHATHISTORY"))
    assert take(past) == ["!m21"]
    assert asked(past) == [
        AskHistory(1003, "guest", "AFTER", "msgid=m6", 3),
        AskHistory(1004, "bob", "AFTER", "msgid=m5", 3),
        AskHistory(1005, "alice", "AFTER", "timestamp=1970-01-01T00:00:40.000Z", 3),
    ]
    past.heard(e.Refused(1003, "CHATHISTORY", "guest", "INVALID_TARGET", "no"))
    history(past, 1004, [12], "bob")
    history(past, 1005, [19, 20], "kim")
    assert take(past) == ["!m12", "!m19", "!m20"]
    assert not any(isinstance(each, e.Gap) for each in past.out)


def test_who_is_new_here_is_shown_his_latest_talks() -> None:
    """What was said to an account that came by another computer was shown nowhere there, unread as it was."""
    past = catch_up()
    past.heard(joined())
    past.joined("#pond", 3)
    past.connected(3, talks=True)
    assert asked(past) == [
        AskHistory(1001, "#pond", "LATEST", "*", 3),
        AskTargets(1002, 0.0, 3, newest_first=True),
    ]
    history(past, 1001, [30])
    past.heard(e.TargetTold(1002, "#pond", 30.0))
    for number in range(25):
        past.heard(e.TargetTold(1002, f"p{number}", 29.0 - number))
    past.heard(e.Done(1002, "CHATHISTORY"))
    assert asked(past) == [AskHistory(1003 + n, f"p{n}", "LATEST", "*", 3) for n in range(20)]
    history(past, 1003, [27, 28], "kim")
    assert take(past) == ["!m30", "!m27", "!m28"]
    past.lost()  # those of which nothing came are asked for again
    past.connected(3, talks=True)
    assert asked(past) == [AskTargets(1023, 0.0, 3, newest_first=True)]


def test_who_logs_in_for_the_first_time_here_is_shown_his_latest_talks() -> None:
    guest = catch_up(Position("#pond", "m2", 2.0))
    enter(guest)
    guest.adopt(catch_up())
    guest.connected(3, talks=True)
    assert asked(guest) == [AskTargets(1002, 0.0, 3, newest_first=True)]


def test_what_was_held_of_a_talk_is_not_lost_with_the_connection() -> None:
    past = catch_up(Position("bob", "m5", 5.0))
    past.connected(3, talks=True)
    past.heard(line(20, "kim"))
    past.lost()
    assert take(past) == ["m20"]


def said_by_alice(number: int, ref: int = 0, account: str = "alice") -> e.MessageReceived:
    return structs.replace(line(number, "kim", ref=ref, history=ref > 0), account=account)


def test_what_is_said_before_we_can_ask_does_not_hide_what_we_missed() -> None:
    past = catch_up(Position("alice", "m10", 100.0))
    past.heard(said_by_alice(12))  # we are in for the others, and still being greeted
    past.heard(said_by_alice(13, account=""))
    assert take(past) == []
    past.connected(3, talks=True)
    asked(past)
    past.heard(e.TargetTold(1001, "alice", 130.0))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert asked(past) == [AskHistory(1002, "alice", "AFTER", "msgid=m10", 3)]
    past.heard(said_by_alice(11, 1002))
    past.heard(said_by_alice(12, 1002))
    past.heard(e.Done(1002, "CHATHISTORY"))
    assert take(past) == ["!m11", "!m12", "!m13"]


def test_what_is_said_to_a_guest_before_he_can_ask_is_shown_then() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    past.heard(line(12, "kim"))
    past.connected(3, talks=False)
    assert asked(past) == []
    assert take(past) == ["!m12"]


def test_what_was_held_of_a_talk_that_the_server_keeps_waits_for_what_is_older() -> None:
    past = catch_up(Position("alice", "m10", 100.0))
    past.connected(3, talks=True)
    past.heard(said_by_alice(12))
    past.lost()
    assert take(past) == []
    past.connected(3, talks=True)
    past.heard(said_by_alice(13))
    asked(past)
    past.heard(e.Done(1002, "CHATHISTORY"))
    assert asked(past) == [AskHistory(1003, "alice", "AFTER", "msgid=m10", 3)]
    past.heard(said_by_alice(11, 1003))
    past.heard(e.Done(1003, "CHATHISTORY"))
    assert take(past) == ["!m11", "!m12", "!m13"]


def test_what_somebody_asked_for_is_shown_again() -> None:
    past = catch_up(known=["m1"])
    past.heard(line(1, ref=7, history=True))
    assert past.out == [line(1, ref=7, history=True)]


def test_somebody_else_reads_up_what_he_missed() -> None:
    guest, member = catch_up(), catch_up(Position("#pond", "m2", 2.0), known=["m1", "m2"])
    enter(guest)
    history(guest, 1001, [9])
    assert take(guest) == ["!m9"]
    guest.adopt(member)
    guest.connected(3, talks=False)
    assert asked(guest) == [AskHistory(1002, "#pond", "AFTER", "msgid=m2", 3)]
    history(guest, 1002, [3, 4, 9])
    assert take(guest) == ["!m3", "!m4"]


@settings(max_examples=400)
@given(steps=st.lists(STEP, max_size=80))
def test_every_line_is_shown_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    pond = Pond()
    for name, count in steps:
        getattr(pond, name)(count)
    pond.come(0)
    while pond.wire or pond.past.requests:
        pond.work(0)
        pond.deliver(1000)
    assert pond.seen == [f"m{number}" for number in pond.lines]


def test_a_page_that_is_short_since_its_lines_are_long_is_not_the_last() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    past.heard(line(11, ref=1001, history=True))
    past.heard(e.HistoryRead(1001, "#pond", 1, "m11", cut=True))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert asked(past) == [AskHistory(1002, "#pond", "AFTER", "msgid=m11", 3)]


def test_further_lines_of_a_message_shown_before_are_not_shown_again() -> None:
    """Of a message of several lines, which we get line by line, the first alone has the id."""
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    further = structs.replace(line(11), msgid="", text="the second line")
    for message in (line(11), further):
        past.heard(message)
        past.heard(structs.replace(message, ref=1001, history=True))
    past.heard(e.HistoryRead(1001, "#pond", 2, "m11"))
    past.heard(e.Done(1001, "CHATHISTORY"))
    assert take(past) == ["!m11", ""]
