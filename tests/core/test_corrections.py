"""Messages taken back, and messages changed."""

from __future__ import annotations

import pytest

from natterjack.ports.effects import Ask
from tests.support.room import edited, everything, history, msgid, room


@pytest.mark.parametrize(
    ("who", "whose", "answer"),
    [
        ("alice", "alice", ""), ("bob", "bob", ""), ("alice", "gus", ""), ("alice", "bob", ""),
        ("bob", "alice", "REDACT_FORBIDDEN"), ("gus", "gus", "REDACT_FORBIDDEN"), ("gus", "bob", "REDACT_FORBIDDEN"),
    ],
)  # fmt: skip
def test_who_may_take_back_what(who: str, whose: str, answer: str) -> None:
    chat = room()
    name = msgid(chat, f"by {whose}")
    got = chat.peers[who].send(f"REDACT #room {name} :oops")
    others = {nick: chat.peers[nick].take() for nick in ("alice", "bob", "gus", "plain") if nick != who}
    if answer:
        assert got == [
            f"FAIL REDACT {answer} #room {name} :Only its sender may delete it, and operators of the channel"
        ]
        assert not any(others.values())
        assert len(history(chat, who)) == 3
    else:
        assert [line.partition(" ")[2] for line in got] == [f":{who} REDACT #room {name} :oops"]
        assert others.pop("plain") == []
        assert all(lines == got for lines in others.values())
        assert f"{whose} PRIVMSG #room :by {whose}" not in history(chat, "bob")
        assert len(history(chat, "bob")) == 2


def test_whoever_had_got_as_far_as_there_finds_on() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.peers["bob"].send(f"REDACT #room {name}")
    chat.quiet()
    lines = chat.peers["bob"].send(f"CHATHISTORY AFTER #room msgid={name} 9")
    assert [line.partition(" :")[2] for line in lines[1:-1]] == ["gus PRIVMSG #room :by gus"]
    (again,) = chat.peers["bob"].send(f"REDACT #room {name}")
    assert again.startswith("FAIL REDACT UNKNOWN_MSGID")


def test_a_place_without_text_is_shown_to_nobody() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.peers["bob"].send(f"REDACT #room {name}")
    chat.quiet()
    lines = chat.peers["gus"].send(f"CHATHISTORY AROUND #room msgid={name} 9")
    assert [line.partition(" :")[2] for line in lines[1:-1]] == [
        "alice PRIVMSG #room :by alice",
        "gus PRIVMSG #room :by gus",
    ]
    chat.peers["plain"].send("PART #room")
    told = chat.peers["plain"].send("JOIN #room")
    assert [line.rpartition("] ")[2] for line in told if "PRIVMSG" in line] == ["by alice", "by gus"]


def test_what_is_not_there_cannot_be_taken_back() -> None:
    chat = room()
    alice = chat.peers["alice"]
    joined = next(f"m{line.id:x}" for line, _ in chat.past.lines.values() if " JOIN " in line.body)
    for name in ("m99", "xyz", joined):
        (got,) = alice.send(f"REDACT #room {name}")
        assert got.startswith(f"FAIL REDACT UNKNOWN_MSGID #room {name} :")
    (got,) = alice.send("REDACT #gone m1")
    assert got.startswith("FAIL REDACT INVALID_TARGET #gone :")


def test_private_messages_are_taken_back_for_both() -> None:
    chat = room()
    chat.peers["alice"].send("PRIVMSG bob :secret")
    chat.quiet()
    name = msgid(chat, "secret")
    (got,) = chat.peers["alice"].send(f"REDACT bob {name}")
    assert chat.peers["bob"].take() == [got]
    assert history(chat, "bob", "alice") == history(chat, "alice", "bob") == []
    assert chat.peers["gus"].take() == []


@pytest.mark.parametrize("modes", ["+m", "+b bob", "+w 60"])
def test_who_may_not_speak_says_nothing_by_taking_back_either(modes: str) -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.peers["alice"].send(f"MODE #room {modes}")
    chat.peers["bob"].send("PRIVMSG #room :for slow mode")
    chat.quiet()
    (got,) = chat.peers["bob"].send(f"REDACT #room {name} :buy this")
    assert got.endswith(f":bob REDACT #room {name}")
    assert chat.peers["alice"].take() == [got]
    (got,) = chat.peers["alice"].send(f"REDACT #room {msgid(chat, 'by gus')} :spam")
    assert got.endswith(" :spam")


# -- changing


def test_the_new_text_takes_the_place_of_the_old_one() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    (echo,) = chat.peers["bob"].send(f"@+natterjack/edit={name} PRIVMSG #room :better")
    new = f"m{chat.core.messages:x}"
    assert echo == f"@msgid={new};natterjack/edit={name} :bob PRIVMSG #room :better"
    assert chat.peers["gus"].take() == [echo]
    assert chat.peers["plain"].take() == [":bob PRIVMSG #room :(edited) better"]
    assert history(chat, "gus") == [
        "alice PRIVMSG #room :by alice",
        "bob PRIVMSG #room :better",
        "gus PRIVMSG #room :by gus",
    ]


@pytest.mark.parametrize(
    ("who", "line", "answer"),
    [
        ("alice", "PRIVMSG #room :x", "EDIT_FORBIDDEN"), ("gus", "PRIVMSG #room :x", "EDIT_FORBIDDEN"),
        ("bob", "NOTICE #room :x", "UNKNOWN_MSGID"), ("bob", "PRIVMSG alice :x", "UNKNOWN_MSGID"),
        ("bob", "PRIVMSG #gone :x", "INVALID_TARGET"), ("bob", f"PRIVMSG #room :{'x' * 470}", "417"),
    ],
)  # fmt: skip
def test_what_may_not_be_changed(who: str, line: str, answer: str) -> None:
    chat = room()
    got = chat.peers[who].send(f"@+natterjack/edit={msgid(chat, 'by bob')} {line}")
    assert answer in got[0]
    assert chat.peers["plain"].take() == []
    assert "bob PRIVMSG #room :by bob" in history(chat, "bob")


def test_a_guests_words_and_those_taken_back_stay_as_they_are() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.peers["bob"].send(f"REDACT #room {name}")
    chat.quiet()
    (got,) = chat.peers["bob"].send(f"@+natterjack/edit={name} PRIVMSG #room :again")
    assert got.startswith("FAIL PRIVMSG UNKNOWN_MSGID #room")


def test_whoever_may_not_speak_any_more_changes_nothing() -> None:
    chat = room()
    chat.peers["alice"].send("MODE #room +m")
    chat.quiet()
    (got,) = chat.peers["bob"].send(f"@+natterjack/edit={msgid(chat, 'by bob')} PRIVMSG #room :better")
    assert got.startswith("404 bob #room")
    assert "bob PRIVMSG #room :by bob" in history(chat, "bob")


# -- what is left of a text that is gone


def test_of_a_changed_message_only_the_newest_text_is_kept() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    edited(chat, name, "second", "third", "fourth")
    seen = everything(chat)
    assert seen.count("fourth") == 2  # in its place, and as the event
    assert not any(text in seen for text in ("by bob", "second", "third"))


def test_taking_back_a_changed_message_leaves_no_text_of_it() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    *_, latest = edited(chat, name, "second", "third")
    got = chat.peers["bob"].send(f"REDACT #room {name}")
    assert [line.partition(" ")[2] for line in got] == [f":bob REDACT #room {name}"]
    seen = everything(chat)
    assert not any(text in seen for text in ("by bob", "second", "third"))
    assert f"REDACT #room {name}" in seen
    assert latest not in seen


def test_whoever_saw_the_new_text_as_an_ordinary_line_is_told_by_its_id() -> None:
    chat = room()
    old = chat.enter("old", "message-tags draft/message-redaction")
    old.send("JOIN #room")
    name = msgid(chat, "by bob")
    *_, latest = edited(chat, name, "second")
    chat.peers["bob"].send(f"REDACT #room {name}")
    told = [line.partition(" ")[2] for line in old.take()]
    assert told == [f":bob REDACT #room {name}", f":bob REDACT #room {latest}"]


@pytest.mark.parametrize("which", [0, 1])
def test_the_id_of_a_new_text_stands_for_the_message(which: int) -> None:
    chat = room()
    name = msgid(chat, "by bob")
    line = edited(chat, name, "second", "third")[which]
    (echo,) = chat.peers["bob"].send(f"@+natterjack/edit={line} PRIVMSG #room :fourth")
    assert f"natterjack/edit={name}" in echo
    assert "bob PRIVMSG #room :fourth" in history(chat, "gus")
    chat.quiet()
    (got,) = chat.peers["alice"].send(f"REDACT #room {line}")
    assert got.endswith(f":alice REDACT #room {name}")
    assert "fourth" not in everything(chat)
    chat.quiet()
    (again,) = chat.peers["alice"].send(f"REDACT #room {line}")
    assert again.startswith("FAIL REDACT UNKNOWN_MSGID")


def test_whoever_is_put_out_while_his_message_is_looked_up_changes_nothing() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    for line in (f"REDACT #room {name}", f"@+natterjack/edit={name} PRIVMSG #room :x"):
        chat.answers = False
        (ask,) = [effect for effect in chat.peers["bob"].post(line) if isinstance(effect, Ask)]
        chat.peers["alice"].send("KICK #room bob")
        chat.quiet()
        chat._answer(ask)
        (got,) = chat.peers["bob"].take()
        assert got.startswith("FAIL ")
        assert "INVALID_TARGET #room" in got
        chat.answers = True
        chat.peers["bob"].send("JOIN #room")
        chat.quiet()
    assert "bob PRIVMSG #room :by bob" in history(chat, "gus")


def test_what_is_taken_back_by_one_is_not_changed_by_another_in_the_same_moment() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.instant = False
    chat.peers["alice"].post(f"REDACT #room {name}")
    chat.peers["bob"].post(f"@+natterjack/edit={name} PRIVMSG #room :back again")
    chat.settle()
    got = chat.peers["bob"].take()
    assert "UNKNOWN_MSGID" in got[-1]
    assert not any("back again" in line for line in chat.peers["gus"].take())


def test_what_breaks_a_line_is_not_said_back() -> None:
    chat = room()
    for line in (
        "SEARCH in=#x\\r\\nEVIL",
        "SEARCH from=x\\nEVIL",
        "@+natterjack/edit=m1\\r\\nEVIL PRIVMSG #room :x",
        "@+natterjack/cid=m1\\r\\nEVIL PRIVMSG #room :x",
    ):
        (got,) = chat.peers["bob"].send(line)
        assert got.startswith("FAIL ")
        assert "EVIL" not in got
