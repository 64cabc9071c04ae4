"""What is shown of what happens: in words to people, as objects to programs."""

from __future__ import annotations

import json

import pytest

from natterjack.client import events as e
from natterjack.client.errors import ClosedByServer
from natterjack.client.model import Model
from natterjack.proto.source import Source
from tests.terminal.desk import ALICE, KIM, Desk


def test_help() -> None:
    desk = Desk()
    desk.type("HELP")
    text = desk.said()
    assert any(line.startswith("SEND text") for line in text)
    desk.type("HELP join", "/help /me", "HELP jion")
    assert desk.said() == [
        "JOIN #channel [key]: enter a channel, or make it",
        "/me does something: say what you do",
    ]
    assert desk.failed() == ["There is no command JION. Did you mean HELP JOIN?"]


def test_arrivals_and_departures_have_a_line_each() -> None:
    desk = Desk().online()
    desk.happens(
        e.Joined(Source("bob"), "#lobby", "", "", False, 0.0),
        e.NickChanged("bob", "rob", False, 0.0),
        e.Parted(Source("rob"), "#lobby", "bye", False, 0.0),
        e.Kicked("carl", "#lobby", "alice", "out", False, 0.0),
        e.QuitSeen(ALICE, "Connection closed", False, 0.0),
        e.TopicChanged("#lobby", "news", "dan", 0.0),
    )
    assert [line[6:] for line in desk.said()] == [
        "bob joined #lobby.",
        "bob is called rob now.",
        "rob left #lobby (bye).",
        "carl was kicked from #lobby by alice (out).",
        "alice left the server (Connection closed).",
        "dan set the topic of #lobby: news",
    ]


def test_received_text_cannot_command_the_terminal() -> None:
    desk = Desk().online()
    desk.happens(e.MessageReceived("m", 0.0, ALICE, "#lobby", "\x1b]0;x\x07", e.Kind.MESSAGE, own=False))
    assert "\x1b" not in desk.said()[0]


def test_nor_can_it_where_programs_read() -> None:
    desk = Desk(interactive=False, as_json=True).online()
    text = "\x9b31mred\x85\u2028"
    desk.happens(e.MessageReceived("m", 0.0, ALICE, "#lobby", text, e.Kind.MESSAGE, own=False))
    (line,) = desk.out.getvalue().splitlines()
    assert "\x9b" not in line
    assert json.loads(line)["text"] == text


def test_json_events() -> None:
    desk = Desk(interactive=False, as_json=True)
    desk.type("CONNECT")
    desk.arrive()
    assert desk.objects() == [
        {"event": "join", "nick": "kim", "channel": "#lobby"},
        {"event": "ready", "v": 1, "nick": "kim", "server": "srv", "channels": ["#lobby"], "account": None},
    ]
    desk.type("SEND hi", "SNED hi")
    desk.happens(
        e.MessageReceived("m", 1795379462.5, KIM, "#lobby", "hi", e.Kind.MESSAGE, own=True),
        e.Acked(2, "m", "#lobby", "hi", 0.0),
    )
    assert desk.objects() == [
        {"event": "error", "line": 3, "code": "held_back",
         "text": "Did you mean SEND? Nothing was sent. To say it all the same, put SEND before it."},
        {"event": "message", "msgid": "m", "time": "2026-11-22T20:31:02.500Z", "from": "kim", "to": "#lobby",
         "text": "hi", "self": True, "history": False},
        {"event": "ack", "line": 2, "msgid": "m", "to": "#lobby", "text": "hi"},
    ]  # fmt: skip
    desk.happens(
        e.Refused(0, "JOIN", "#x", "473", "no"),
        e.QuitSeen(ALICE, "gone", False, 0.0),
        e.NickChanged("a", "b", False, 0.0),
        e.Kicked("a", "#c", "b", "out", False, 0.0),
        e.ChannelLine(4, "#c", 3, "news"),
        e.WhoisLine(5, "alice", "319", ("#c",)),
        e.Disconnected("h:1", ClosedByServer("The server closed the connection.")),
        e.Ready("kim", "srv", "net"),
    )
    assert desk.objects() == [
        {"event": "error", "line": None, "code": "473", "text": "no"},
        {"event": "quit", "nick": "alice", "text": "gone"},
        {"event": "nick", "nick": "a", "new": "b"},
        {"event": "kick", "nick": "a", "channel": "#c", "text": "out", "by": "b"},
        {"event": "channel", "line": 4, "channel": "#c", "members": 3, "topic": "news"},
        {"event": "whois", "line": 5, "nick": "alice", "code": "319", "text": "is in #c"},
        {"event": "disconnected", "text": "The server closed the connection."},
        {"event": "reconnected", "text": "Connected to srv again."},
        {"event": "ready", "v": 1, "nick": "kim", "server": "srv", "channels": [], "account": None},
    ]


def test_the_ignored_are_not_shown() -> None:
    desk = Desk().online()
    desk.type("/ignore Alice")
    desk.said()
    desk.happens(e.MessageReceived("m", 0.0, ALICE, "#lobby", "hi", e.Kind.MESSAGE, own=False))
    assert desk.said() == []


def test_views_take_every_event_there_is() -> None:
    for as_json in (True, False):
        desk = Desk(as_json=as_json).online()
        for event in (
            e.WhoLine(1, "#c", "n", "u", "h", "s", "@", True, True, "acc", "real"),
            e.AwayTold("n", "away"),
            e.ModesChanged("#lobby", "alice", (), {}, 0.0),
            e.ServerNote("NOTE", "X", "text"),
            e.ServerText(0, "324", ("#c", "+nt")),
            e.TopicTold("#lobby", ""),
            e.Silent(1.0),
        ):
            desk.happens(event)
        assert isinstance(desk.chat.model, Model)


def test_help_lists_what_goes_with_a_slash() -> None:
    desk = Desk()
    desk.type("HELP")
    (line,) = [each for each in desk.said() if each.startswith("With a slash:")]
    assert {"/kick", "/invite", "/mode", "/console", "/oper", "/raw"} <= set(line.split(" "))


ANSWERS = (
    e.ServerNote("NOTE", "OUTPUT", "kim  10.0.0.1", 2),
    e.ServerNote("WARN", "CAREFUL", "That was close.", 2),
    e.ServerNote("NOTE", "NEWS", "A restart is due."),
    e.ServerText(2, "381", ("You are now an operator",)),
    e.ServerText(2, "251", ("There are 2 users",)),
    e.ServerText(0, "251", ("There are 2 users",)),
    e.Refused(2, "CONSOLE", "", "NOT_ALLOWED", "Only operators may"),
)


def test_answers_in_words() -> None:
    desk = Desk().online()
    desk.happens(*ANSWERS)
    assert desk.said() == [
        "kim  10.0.0.1",
        "Warning: That was close.",
        "The server says: A restart is due.",
        "You are now an operator",
        "There are 2 users",
    ]
    assert desk.failed() == ["Only operators may."]


def test_answers_as_json() -> None:
    desk = Desk(as_json=True).online()
    desk.happens(*ANSWERS)
    assert desk.objects() == [
        {"event": "note", "line": 2, "level": "NOTE", "code": "OUTPUT", "text": "kim  10.0.0.1"},
        {"event": "note", "line": 2, "level": "WARN", "code": "CAREFUL", "text": "That was close."},
        {"event": "note", "line": None, "level": "NOTE", "code": "NEWS", "text": "A restart is due."},
        {"event": "reply", "line": 2, "code": "381", "text": "You are now an operator"},
        {"event": "reply", "line": 2, "code": "251", "text": "There are 2 users"},
        {"event": "error", "line": 2, "code": "NOT_ALLOWED", "text": "Only operators may"},
    ]


@pytest.mark.parametrize(
    ("line", "command", "told"),
    [
        ("WHO #nothing", "WHO", "Nobody is there that you may see."),
        ("CHANNELS", "LIST", "There is no channel that you may see."),
        ("SEARCH x", "SEARCH", "Nothing was found."),
    ],
)
def test_an_empty_answer_is_one(line: str, command: str, told: str) -> None:
    desk = Desk().online()
    desk.type(line)
    desk.happens(e.Done(2, command))
    assert desk.said() == [told]


def test_an_answer_is_told_alone() -> None:
    desk = Desk().online()
    desk.type("CHANNELS")
    desk.happens(e.ChannelLine(2, "#c", 1, "news"), e.Done(2, "LIST"))
    desk.type("WHO")
    desk.happens(e.WhoLine(3, "#lobby", "kim", "k", "h", "s", "", False, False, "", "Kim"), e.Done(3, "WHO"))
    assert desk.said() == ["#c  1 person  news", "kim  k@h  Kim"]


def test_how_to_give_a_key_is_told() -> None:
    desk = Desk().online()
    desk.type("JOIN #c")
    desk.happens(
        e.Refused(2, "JOIN", "#c", "475", "#c: Cannot join channel (+k): the key is wrong or missing")
    )
    assert desk.failed() == [
        "#c: Cannot join channel (+k): the key is wrong or missing. Type: JOIN #c key",
    ]


def test_moments_are_no_riddles() -> None:
    desk = Desk().online()
    desk.type("/mode #lobby")
    desk.happens(
        e.ServerText(2, "367", ("#lobby", "*!*@h", "al!a@h", "0")),
        e.ServerText(2, "367", ("#lobby", "*!*@h")),
    )
    banned, bare = desk.said()
    assert banned.startswith("Banned from #lobby: *!*@h, by al on ")
    assert bare == "Banned from #lobby: *!*@h"
    desk.happens(e.ServerText(2, "329", ("#lobby", "0")), e.ServerText(2, "329", ("#lobby", "x")))
    assert [text[:19] for text in desk.said()] == ["#lobby was made on ", "#lobby x"]


def test_where_words_go_from_now_on_is_told() -> None:
    desk = Desk().online()
    desk.type("/query alice")
    assert desk.said() == ["What you say goes to alice now."]


def test_nobody_is_told_how_to_say_it_where_nobody_hears_it() -> None:
    desk = Desk()
    desk.type("CONECT")
    assert desk.failed() == ["Did you mean CONNECT? Nothing was sent."]
