"""What was said before what is here: when it is asked for, and when no more."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.chatting.older import LOADING, Older
from natterjack.client.events import Kind
from natterjack.client.model import Channel, Conversation
from natterjack.client.model.items import Arrival, Message, Note

ENOUGH = "That is enough."


def said(conversation: Conversation, msgid: str, time: float) -> None:
    item = Message(time, msgid, "bob", msgid, Kind.MESSAGE, False, True, False, "")
    conversation.add(item, looking=True, past=True)


def pond() -> Channel:
    made = Channel("#pond")
    said(made, "m5", 5.0)
    return made


def texts(conversation: Conversation) -> list[str]:
    return [item.text for item in conversation.items if isinstance(item, Message | Note)]


def test_one_piece_at_a_time() -> None:
    older, here = Older(100, ENOUGH), pond()
    request = older.request(here, online=True)
    assert request is not None
    assert (request.ref, request.target, request.way, request.selector) == (
        LOADING,
        "#pond",
        "BEFORE",
        "msgid=m5",
    )
    assert older.loading == "#pond"
    assert older.request(here, online=True) is None
    said(here, "m4", 4.0)
    older.heard(e.HistoryRead(LOADING, "#pond", 1, "m4"))
    older.heard(e.Done(LOADING, "CHATHISTORY"))
    again = older.request(here, online=True)
    assert again is not None
    assert again.selector == "msgid=m4"


def test_not_without_a_connection_or_a_conversation() -> None:
    older = Older(100, ENOUGH)
    assert older.request(pond(), online=False) is None
    assert older.request(Conversation(""), online=True) is None
    assert older.loading == ""


def test_what_brings_nothing_new_is_asked_by_time_and_then_no_more() -> None:
    older, here = Older(100, ENOUGH), pond()
    selectors = []
    while (request := older.request(here, online=True)) is not None:
        selectors.append(request.selector)
        older.heard(e.HistoryRead(LOADING, "#pond", 3, "m9"))
    assert selectors == ["msgid=m5", "timestamp=1970-01-01T00:00:05.000Z"]
    assert older.has_ended(here)


@pytest.mark.parametrize("items", [["m5"], []])
def test_beyond_pieces_of_which_nothing_is_shown_there_is_more(items: list[str]) -> None:
    older, here = Older(100, ENOUGH), Channel("#pond")
    for msgid in items:
        said(here, msgid, 5.0)
    asked = []
    for first in ("i4", "i3"):
        asked.append(older.request(here, online=True))
        older.heard(e.HistoryRead(LOADING, "#pond", 100, "i9", first=first))
    asked.append(older.request(here, online=True))
    said(here, "m2", 2.0)
    older.heard(e.HistoryRead(LOADING, "#pond", 100, "m2", first="i1"))
    asked.append(older.request(here, online=True))
    ways = [(each.way, each.selector) for each in asked if each is not None]
    start = ("BEFORE", "msgid=m5") if items else ("LATEST", "*")
    assert ways == [start, ("BEFORE", "msgid=i4"), ("BEFORE", "msgid=i3"), ("BEFORE", "msgid=m2")]
    older.heard(e.HistoryRead(LOADING, "#pond", 0, ""))
    assert older.has_ended(here)


def test_pieces_of_which_nothing_is_shown_are_passed_by_up_to_a_bound() -> None:
    older, here = Older(100, ENOUGH), pond()
    assert older.pass_by(here, online=True) is None  # nobody has asked for anything yet
    passed = -1
    request = older.request(here, online=True)
    while request is not None:
        passed += 1
        assert older.pass_by(here, online=True) is None  # it is under way
        older.heard(e.HistoryRead(LOADING, "#pond", 100, "i9", first=f"i{passed}"))
        older.heard(e.Done(LOADING, "CHATHISTORY"))
        request = older.pass_by(here, online=True)
    assert passed == 20
    again = older.request(here, online=True)  # the person scrolls on
    assert again is not None
    assert again.selector == "msgid=i20"
    older.heard(e.HistoryRead(LOADING, "#pond", 100, "i9", first="i21"))
    assert older.pass_by(Channel("#other"), online=True) is None
    assert older.pass_by(here, online=False) is None
    assert older.pass_by(here, online=True) is not None
    said(here, "m1", 1.0)
    older.heard(e.HistoryRead(LOADING, "#pond", 100, "m1", first="i22"))
    assert older.pass_by(here, online=True) is None  # there is something to see


def test_at_the_beginning_nothing_is_passed_by() -> None:
    older, here = Older(100, ENOUGH), pond()
    older.request(here, online=True)
    older.heard(e.HistoryRead(LOADING, "#pond", 0, ""))
    assert older.pass_by(here, online=True) is None


@pytest.mark.parametrize(
    "end",
    [
        e.HistoryRead(LOADING, "#pond", 0, ""),
        e.Refused(LOADING, "CHATHISTORY", "#pond", "INVALID_TARGET", "no"),
        e.Unanswered(LOADING, "CHATHISTORY", "#pond", "no answer"),
    ],
)
def test_where_there_is_no_more_nothing_is_asked_until_one_comes_in_again(end: e.Event) -> None:
    older, here = Older(100, ENOUGH), pond()
    older.request(here, online=True)
    older.heard(end)
    assert older.has_ended(here)
    assert older.request(here, online=True) is None
    older.connected()
    assert older.request(here, online=True) is not None


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (Channel("#pond"), "This is the beginning of #pond."),
        (Conversation("bob"), "This is the beginning of your conversation with bob."),
    ],
)
def test_the_beginning_is_told_once(here: Conversation, words: str) -> None:
    older = Older(100, ENOUGH)
    older.request(here, online=True)
    older.heard(e.HistoryRead(LOADING, here.name, 0, ""))
    assert here.items == []  # whoever has not heard anything yet sees so
    said(here, "m5", 5.0)
    said(here, "m6", 5.0)
    for _ in range(2):
        older.connected()
        older.request(here, online=True)
        older.heard(e.HistoryRead(LOADING, here.name, 0, ""))
        assert texts(here) == [words, "m5", "m6"]


def test_more_than_is_kept_is_not_asked_for() -> None:
    older, here = Older(2, ENOUGH), pond()
    here.add(Arrival(5.0, "carol"), looking=True)
    assert older.request(here, online=True) is None
    assert texts(here) == [ENOUGH, "m5"]
    assert older.request(here, online=True) is None
    assert texts(here) == [ENOUGH, "m5"]
