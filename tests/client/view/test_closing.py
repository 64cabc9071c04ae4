"""Talks that are put away: not listed until something is said there, in this run or the next."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from natterjack.client import events as e
from natterjack.client.chatting.desk import Desk
from natterjack.client.model import Model
from natterjack.client.view.order import listed
from natterjack.proto.source import Source
from tests.terminal.test_chat import ALICE, KIM
from tests.terminal.test_chat import Desk as Typing

BOB = Source("bob", "b", "h")


def says(
    who: Source, text: str, msgid: str = "", *, target: str = "kim", history: bool = False
) -> e.MessageReceived:
    return e.MessageReceived(msgid, 5.0, who, target, text, e.Kind.MESSAGE, own=who is KIM, history=history)


def names(model: Model) -> list[str]:
    return [each.name for each in listed(model)]


def talking() -> Typing:
    desk = Typing().online()
    desk.happens(says(ALICE, "hi", "m1"), says(BOB, "hello", "m2"))
    desk.type("/query alice")
    desk.said()
    return desk


def test_what_is_closed_comes_back_with_the_next_message() -> None:
    desk = talking()
    model = desk.chat.model
    assert names(model) == ["#lobby", "alice", "bob"]
    desk.type("/close")
    assert desk.said() == [
        "The conversation with alice is closed until one of you says something. You are in bob."
    ]
    assert names(model) == ["#lobby", "bob"]
    desk.type("/close BOB")
    assert names(model) == ["#lobby"]
    assert model.unread == []
    desk.happens(
        e.Typing(6.0, ALICE, "kim", "active"), e.Reacted("m1", "r1", 6.0, ALICE, "kim", False, reaction="x")
    )
    assert names(model) == ["#lobby"]
    desk.happens(structs.replace(says(ALICE, "still there?", "m3"), time=9.0))
    assert names(model) == ["#lobby", "alice"]
    talk = model.find("alice")
    assert talk is not None
    assert (talk.unread, len(talk.items)) == (1, 2)  # nothing was lost
    desk.type("/query bob")
    assert names(model) == ["#lobby", "alice", "bob"]


def test_part_is_understood_where_one_talks_with_somebody() -> None:
    desk = talking()
    assert desk.type("PART") == []
    assert names(desk.chat.model) == ["#lobby", "bob"]
    desk.type("/query #lobby")
    (request,) = desk.type("/close")
    assert (type(request).__name__, request.channel) == ("Part", "#lobby")


def test_what_cannot_be_closed() -> None:
    desk = Typing()
    desk.type("/close carol", "/close #pond", "/close")
    assert desk.failed() == [
        "There is no conversation with carol here to close.",
        "To leave a channel you have to be connected.",
        "You are in no channel. Type: JOIN #channel, or MSG nick text",
    ]


def test_it_stays_closed_under_another_name() -> None:
    desk = talking()
    desk.type("/close")
    desk.happens(e.NickChanged("alice", "alicia", False, 6.0))
    assert names(desk.chat.model) == ["#lobby", "bob"]
    assert desk.chat.model.closed == ["alicia"]


def test_an_open_talk_stays_open_under_a_name_that_was_put_away_in_an_earlier_run() -> None:
    desk = Typing()
    desk.chat.model.close("bob")
    desk.online().happens(says(ALICE, "hi", "m1"))
    desk.type("/query alice", "/query #lobby")
    desk.chat.model.read("alice")
    desk.happens(e.NickChanged("alice", "bob", False, 6.0))
    assert names(desk.chat.model) == ["#lobby", "bob"]
    assert desk.chat.model.closed == []


def test_what_was_read_before_it_was_closed_is_not_new_any_more() -> None:
    desk = talking()
    model = desk.chat.model
    talk = model.find("alice")
    assert talk is not None
    assert talk.new_items == 1
    model.read("alice")
    model.close("alice")
    assert talk.first_new is None
    desk.happens(structs.replace(says(ALICE, "still there?", "m3"), time=9.0))
    assert talk.new_items == 1
    assert talk.first_new is talk.message("m3")


def test_it_stays_closed_from_run_to_run(tmp_path: Path) -> None:
    Desk(tmp_path).save("#lobby", ["alice"])
    again = Desk(tmp_path)
    assert again.closed == ["alice"]
    model = Model()
    for name in again.closed:
        model.close(name)
    model.apply(e.ReadUpTo("alice", 9.0))
    model.apply(e.Remembered((says(ALICE, "hi", "m1", history=True),)))
    assert names(model) == []
    model.apply(says(ALICE, "while you were away", "m2", history=True))
    assert names(model) == ["alice"]


def test_no_more_are_remembered_than_anybody_has() -> None:
    model = Model()
    for number in range(2000):
        model.close(f"nick{number}")
    assert len(model.closed) == 1000
    assert model.is_closed("NICK1999")
