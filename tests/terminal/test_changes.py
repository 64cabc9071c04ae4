"""Reading along, and changing, taking back, answering and reacting, as typed and as shown."""

from __future__ import annotations

from typing import Any

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.proto.source import Source
from tests.terminal.desk import ALICE, KIM, Desk

#: 2026-01-01, in the middle of the day everywhere.
NOON = 1767265200.0


def said(
    msgid: str, text: str, *, target: str = "#lobby", own: bool = False, **more: Any
) -> e.MessageReceived:
    sender = KIM if own else ALICE
    return e.MessageReceived(msgid, NOON + int(msgid[1:]), sender, target, text, e.Kind.MESSAGE, own, **more)


def after_time(text: str) -> str:
    return text.partition(" ")[2]


def test_a_person_reads_where_he_looks() -> None:
    desk = Desk().online()
    desk.happens(said("m1", "hi"), said("m2", "psst", target="kim"))
    assert desk.line.read_upto == [("#lobby", NOON + 1)]
    desk.said()
    desk.type("/unread")
    assert desk.said() == ["alice: 1 unread"]
    desk.type("/query alice")
    assert desk.line.read_upto[1:] == [("alice", NOON + 2)]
    desk.said()
    desk.happens(said("m3", "kim!"), said("m4", "kim?"), said("m5", "well"))
    desk.type("/unread")
    assert desk.said()[-1] == "#lobby: 3 unread, 2 of them to you"
    desk.happens(e.ReadUpTo("#lobby", NOON + 5))
    desk.type("/unread")
    assert desk.said() == ["You have read everything."]


def test_a_program_says_what_it_has_read() -> None:
    desk = Desk(interactive=False, as_json=True).online()
    desk.happens(said("m1", "hi"))
    assert desk.line.read_upto == []
    desk.type("/read", "/read nobody")
    assert desk.line.read_upto == [("#lobby", NOON + 1)]
    assert desk.objects()[-1]["code"] == "no_target"
    desk.happens(said("m2", "kim: more"), said("m3", "and more"), e.ReadUpTo("#lobby", NOON + 2))
    assert desk.objects()[-1] == {
        "event": "read",
        "to": "#lobby",
        "time": "2026-01-01T11:00:02.000Z",
        "unread": 1,
        "mentions": 0,
    }


def test_what_is_typed() -> None:
    desk = Desk().online()
    desk.happens(said("m1", "helo", own=True), said("m2", "shall we?"))
    assert desk.type("/edit hello") == [r.Edit(2, "#lobby", "m1", "hello")]
    desk.happens(e.Done(2, "EDIT"))
    assert desk.type("/react yes") == [r.React(3, "#lobby", "m2", "yes")]
    desk.happens(e.Done(3, "REACT"))
    assert desk.type("/reply we shall") == [r.Say(4, "#lobby", "we shall", reply_to="m2")]
    desk.happens(e.Acked(4, "m3", "#lobby", "we shall", NOON))
    assert desk.type("/delete oops") == [r.Redact(5, "#lobby", "m1", "oops")]
    desk.happens(e.Refused(5, "REDACT", "#lobby", "REDACT_FORBIDDEN", "You may not."))
    assert desk.failed() == ["You may not."]


def test_a_change_waits_for_what_it_changes() -> None:
    desk = Desk().online()
    assert desk.type("helo", "/edit hello") == [r.Say(2, "#lobby", "helo")]
    answered = desk.happens(said("m1", "helo", own=True), e.Acked(2, "m1", "#lobby", "helo", NOON))
    assert answered == [r.Edit(3, "#lobby", "m1", "hello")]


def test_what_is_mistyped() -> None:
    desk = Desk().online()
    assert desk.type("/edit", "/edit x", "/delete", "/reply", "/reply x", "/react a b", "/react x") == []
    assert [line.partition(", or ")[0] for line in desk.failed()] == [
        "How should your message here read? Type: /edit text",
        "You have said nothing in #lobby that could be changed.",
        "You have said nothing in #lobby that could be changed.",
        "Answer what? Type: /reply text",
        "Nobody else has said anything in #lobby yet.",
        "With which sign? Type: /react and one emoji or word",
        "Nobody else has said anything in #lobby yet.",
    ]


def test_which_message_is_meant() -> None:
    desk = Desk().online()
    desk.happens(
        said("m1", "one", own=True), said("m2", "two"), said("m3", "three", own=True), said("m4", "4")
    )
    assert desk.type("/edit ^2 1") == [r.Edit(2, "#lobby", "m1", "1")]
    desk.happens(e.Done(2, "EDIT"))
    assert desk.type("/react ^2 yes") == [r.React(3, "#lobby", "m2", "yes")]
    desk.happens(e.Done(3, "REACT"))
    assert desk.type("/reply msgid=m2 no") == [r.Say(4, "#lobby", "no", reply_to="m2")]
    desk.happens(e.Acked(4, "m5", "#lobby", "no", NOON))
    assert desk.type("/delete ^2") == [r.Redact(5, "#lobby", "m1")]
    desk.happens(e.Done(5, "REDACT"))
    assert desk.type("/reply ^x") == [r.Say(6, "#lobby", "^x", reply_to="m4")]
    desk.happens(e.Acked(6, "m6", "#lobby", "^x", NOON))
    assert desk.type("/edit msgid=m2 x", "/reply ^9 x", "/reply ^0 x", "/delete msgid=m0", "/edit ^2") == []
    assert desk.failed() == [
        "That is alice's: only your own can be changed.",
        "There are not so many such messages here: ^1 is the last of them.",
        "There are not so many such messages here: ^1 is the last of them.",
        "That message of #lobby is not here any more.",
        "How should your message here read? Type: /edit text, or /edit ^2 text for the last but one",
    ]


def test_what_is_shown() -> None:
    desk = Desk().online()
    desk.happens(said("m1", "shall we?"), said("m2", "yes", own=True, reply_to="m1"))
    desk.happens(
        e.Edited("m1", "m3", NOON, ALICE, "#lobby", False, text="shall we dance?"),
        e.Reacted("m2", "m4", NOON, ALICE, "#lobby", False, reaction="ok"),
        e.Reacted("m2", "m5", NOON, ALICE, "#lobby", False, reaction="ok", adding=False),
        e.Reacted("m0", "m6", NOON, ALICE, "#pond", False, reaction="ok"),
        e.Redacted("m2", "m7", NOON, ALICE, "#lobby", False, reason="rude"),
        said("m8", "no", reply_to="m0"),
        said("m9", "better", edited=True),
    )
    assert [after_time(line) for line in desk.said()] == [
        "alice  shall we?",
        "kim (answering alice)  yes",
        "alice has changed a message: shall we dance?",
        "alice puts ok to kim's: yes",
        "alice takes ok from kim's: yes",
        "alice in #pond puts ok to an earlier message",
        "alice has taken a message of kim back (rude).",
        "alice (answering something earlier)  no",
        "alice (changed)  better",
    ]


def test_what_programs_are_told() -> None:
    desk = Desk(interactive=False, as_json=True).online()
    desk.happens(
        said("m1", "hi", reply_to="m0", edited=True),
        e.Edited("m1", "m3", NOON, ALICE, "#lobby", False, text="hey", history=True),
        e.Redacted("m1", "m4", NOON, ALICE, "#lobby", False, reason="rude"),
        e.Reacted("m1", "m5", NOON, ALICE, "#lobby", False, reaction="ok"),
    )
    message, edit, redact, reaction = desk.objects()
    assert (message["reply_to"], message["edited"]) == ("m0", True)
    assert edit == {
        "event": "edit",
        "msgid": "m1",
        "time": "2026-01-01T11:00:00.000Z",
        "from": "alice",
        "to": "#lobby",
        "text": "hey",
        "self": False,
        "history": True,
    }
    assert (redact["event"], redact["text"], redact["history"]) == ("redact", "rude", False)
    assert (reaction["event"], reaction["text"], reaction["adding"]) == ("reaction", "ok", True)


def past() -> list[e.Event]:
    carl = Source("carl", "c", "h")
    return [
        e.Past("#lobby", e.Joined(carl, "#lobby", "", "", False, NOON)),
        e.Past("#lobby", e.NickChanged("carl", "karl", False, NOON)),
        e.Past("#lobby", e.QuitSeen(Source("karl"), "bye", False, NOON)),
        e.Past("#lobby", e.Kicked("dan", "#lobby", "alice", "", False, NOON)),
        e.Past("#lobby", e.TopicChanged("#lobby", "frogs", "alice", NOON)),
    ]


def test_what_happened_before_is_shown_with_its_day() -> None:
    desk = Desk().online()
    desk.happens(*past())
    lines = desk.said()
    assert all(line.startswith("2026-01-01 ") for line in lines)
    assert [after_time(after_time(line)) for line in lines] == [
        "carl joined #lobby.",
        "carl was called karl from then on.",
        "karl left the server (bye).",
        "dan was kicked from #lobby by alice.",
        "alice set the topic of #lobby: frogs",
    ]
    program = Desk(interactive=False, as_json=True).online()
    program.happens(*past())
    told = program.objects()
    assert [each["event"] for each in told] == ["join", "nick", "quit", "kick", "topic"]
    assert all(each["history"] and each["channel"] == "#lobby" for each in told)
    assert told[2]["time"] == "2026-01-01T11:00:00.000Z"
