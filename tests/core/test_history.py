"""CHATHISTORY, MARKREAD and SEARCH as transcripts."""

from __future__ import annotations

import pytest

from natterjack.proto.timestamps import format_time
from tests.support.chat import Chat, Peer
from tests.support.room import msgid

CAPS = "batch message-tags server-time labeled-response echo-message draft/chathistory"


def chat_with(*texts: str, caps: str = CAPS, seconds: float = 10) -> Chat:
    """Alice has said ``texts`` in #pond, ten seconds apart; bob is there too, eve is not."""
    chat = Chat("bob", "eve", lobby=(), durable=True)
    alice = chat.enter("alice", caps)
    for nick in ("alice", "bob"):
        chat.peers[nick].send("JOIN #pond")
    for text in texts:
        chat.now = type(chat.now)(chat.now.mono + seconds, chat.now.wall + seconds)
        alice.send(f"PRIVMSG #pond :{text}")
        chat.settle()
    chat.quiet()
    return chat


def ask(peer: Peer, request: str) -> list[str]:
    """What ``request`` brings, once all is stored."""
    peer.post(request)
    peer.chat.settle()
    return peer.take()


def texts(lines: list[str]) -> list[str]:
    """What was said, of a batch that is in order."""
    opening, *inner, closing = lines
    ref = opening.split(" ")[1][1:]
    assert opening.split(" ")[:1] == ["BATCH"]
    assert closing == f"BATCH -{ref}"
    assert all(line.startswith(f"@batch={ref}") for line in inner)
    return [line.partition(" :")[2].partition(" :")[2] for line in inner]


def time(chat: Chat, text: str) -> str:
    return next(
        format_time(line.time / 1000) for line, _ in chat.past.lines.values() if line.body.endswith(text)
    )


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ("LATEST #pond * 2", "d e"),
        ("LATEST #POND * 99", "a b c d e"),
        ("LATEST #pond {c} 99", "d e"),
        ("LATEST #pond {c} 1", "e"),
        ("LATEST #pond {@c} 99", "d e"),
        ("BEFORE #pond {c} 99", "a b"),
        ("BEFORE #pond {c} 1", "b"),
        ("BEFORE #pond {@c} 99", "a b"),
        ("AFTER #pond {c} 99", "d e"),
        ("AFTER #pond {c} 1", "d"),
        ("AFTER #pond {@c} 1", "d"),
        ("AROUND #pond {c} 3", "b c d"),
        ("AROUND #pond {c} 1", "c"),
        ("AROUND #pond {@c} 3", "b c d"),
        ("BETWEEN #pond {a} {e} 99", "b c d"),
        ("BETWEEN #pond {e} {a} 2", "c d"),
        ("BETWEEN #pond {a} {e} 2", "b c"),
        ("BETWEEN #pond {@a} {@e} 2", "b c"),
        ("BETWEEN #pond {@e} {@a} 2", "c d"),
        ("BETWEEN #pond {@e} {a} 2", "c d"),
        ("BETWEEN #pond {a} {@e} 2", "b c"),
        ("before #pond timestamp=1999-01-01T00:00:00.000Z 9", ""),
    ],
)
def test_each_way_of_asking(request_: str, found: str) -> None:
    chat = chat_with(*"abcde")
    words = {letter: f"msgid={msgid(chat, letter)}" for letter in "abcde"}
    for letter in "abcde":
        request_ = request_.replace(f"{{@{letter}}}", f"timestamp={time(chat, letter)}")
    assert texts(ask(chat.peers["alice"], f"CHATHISTORY {request_.format(**words)}")) == found.split()


def test_a_batch_shows_lines_as_they_were() -> None:
    chat = chat_with("hi")
    chat.peers["bob"].send("PART #pond")
    chat.settle()
    chat.peers["alice"].take()
    wanted = f"@batch=1;time={time(chat, 'hi')};msgid={msgid(chat, 'hi')} :alice PRIVMSG #pond :hi"
    assert ask(chat.peers["alice"], "@label=x CHATHISTORY LATEST #pond * 5") == [
        "@label=x BATCH +1 chathistory #pond",
        wanted,
        "BATCH -1",
    ]


def test_without_batches_the_lines_come_alone() -> None:
    chat = chat_with("hi", caps="server-time")
    got = ask(chat.peers["alice"], "CHATHISTORY LATEST #pond * 5")
    assert got == [f"@time={time(chat, 'hi')} :alice PRIVMSG #pond :hi"]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("", "INVALID_PARAMS :Unknown subcommand…"),
        ("SOON #pond * 5", "INVALID_PARAMS SOON :Unknown subcommand…"),
        ("LATEST", "INVALID_PARAMS LATEST :Insufficient parameters"),
        ("LATEST #pond 5", "INVALID_PARAMS LATEST :Insufficient parameters"),
        ("LATEST #pond * 5 6", "INVALID_PARAMS LATEST :Too many parameters"),
        ("LATEST #pond * 0", "INVALID_PARAMS LATEST :The limit…"),
        ("LATEST #pond * 1_0", "INVALID_PARAMS LATEST :The limit…"),
        ("BEFORE #pond * 5", "INVALID_PARAMS BEFORE :That selector…"),
        ("BEFORE #pond msgid= 5", "INVALID_PARAMS BEFORE :A selector…"),
        ("BEFORE #pond timestamp=noon 5", "INVALID_PARAMS BEFORE :Invalid timestamp"),
        ("TARGETS msgid=m1 msgid=m2 5", "INVALID_PARAMS TARGETS :That selector…"),
        ("LATEST #gone * 5", "INVALID_TARGET LATEST #gone :…"),
        ("LATEST nobody * 5", "INVALID_TARGET LATEST nobody :…"),
        ("LATEST bob * 5", "INVALID_TARGET LATEST bob :…"),
        ("AFTER #pond msgid=m99 5", "MESSAGE_ERROR AFTER #pond :That message is not…"),
        ("AROUND #pond msgid=xyz 5", "MESSAGE_ERROR AROUND #pond :That message is not…"),
        (
            "BETWEEN #pond msgid=m99 timestamp=2026-01-01T00:00:00.000Z 5",
            "MESSAGE_ERROR BETWEEN #pond :That…",
        ),
    ],
)
def test_what_is_wrong_is_said(request_: str, answer: str) -> None:
    chat = chat_with("hi")
    (got,) = ask(chat.peers["alice"], f"CHATHISTORY {request_}".strip())
    head, _, tail = answer.partition("…")
    assert got.startswith(f"FAIL CHATHISTORY {head}"), got
    assert tail in got


def test_whoever_is_not_in_reads_nothing_and_cannot_tell_that_there_is_something() -> None:
    chat = chat_with("secret")
    chat.peers["alice"].send("MODE #pond +s")
    chat.quiet()
    eve = chat.peers["eve"]
    there = ask(eve, "CHATHISTORY LATEST #pond * 5")
    absent = ask(eve, "CHATHISTORY LATEST #absent * 5")
    assert [line.replace("#pond", "#absent") for line in there] == absent


def test_another_channels_msgid_leads_nowhere() -> None:
    chat = chat_with("secret")
    eve = chat.peers["eve"]
    eve.send("JOIN #own")
    chat.settle()
    eve.send("PRIVMSG #own :mine")
    chat.quiet()
    for subcommand in ("BEFORE", "AFTER", "AROUND"):
        (got,) = ask(eve, f"CHATHISTORY {subcommand} #own msgid={msgid(chat, 'secret')} 9")
        assert got.startswith("FAIL CHATHISTORY MESSAGE_ERROR")


def test_whoever_is_put_out_while_the_history_is_read_gets_nothing() -> None:
    chat = chat_with("secret", "more")
    bob, alice = chat.peers["bob"], chat.peers["alice"]
    bob.post("PRIVMSG #pond :x")
    bob.post("CHATHISTORY LATEST #pond * 9")  # waits for what he has said
    alice.post("KICK #pond bob")
    chat.settle()
    assert [line for line in bob.take() if "secret" in line] == []


def test_events_come_to_those_who_can_tell_them_from_news() -> None:
    chat = chat_with("hi")
    alice = chat.peers["alice"]
    for line in (
        "TOPIC #pond :t",
        "MODE #pond +m",
        "@+draft/react=x;+draft/reply=m3 TAGMSG #pond",
        "NICK al",
        "KICK #pond bob :out",
    ):
        alice.send(line)
        chat.settle()
    chat.quiet()
    assert texts(ask(alice, "CHATHISTORY LATEST #pond * 99")) == ["hi"]
    joined = next(line.id for line, _ in chat.past.lines.values() if " JOIN " in line.body)
    assert texts(ask(alice, f"CHATHISTORY AROUND #pond msgid=m{joined:x} 9")) == ["hi"], (
        "that is an event, too"
    )
    alice.send("CAP REQ draft/event-playback")
    verbs = [line.split(" ")[2] for line in ask(alice, "CHATHISTORY LATEST #pond * 99")[1:-1]]
    assert verbs == ["JOIN", "JOIN", "PRIVMSG", "TOPIC", "MODE", "TAGMSG", "NICK", "KICK"]


def test_what_is_said_to_operators_only_is_not_in_the_history() -> None:
    chat = chat_with("hi")
    chat.peers["bob"].send("PRIVMSG @#pond :psst")
    chat.quiet()
    assert texts(ask(chat.peers["alice"], "CHATHISTORY LATEST #pond * 9")) == ["hi"]


def test_targets_are_the_channels_with_news() -> None:
    chat = chat_with("one")
    alice = chat.peers["alice"]
    alice.send("JOIN #lake")
    chat.settle()
    chat.wait(5)
    alice.send("PRIVMSG #lake :two")
    chat.quiet()
    early, late = "timestamp=2020-01-01T00:00:00.000Z", "timestamp=2030-01-01T00:00:00.000Z"
    pond, lake = (
        f"CHATHISTORY TARGETS {name} {time(chat, text)}"
        for name, text in (("#pond", "one"), ("#lake", "two"))
    )
    assert ask(alice, f"CHATHISTORY TARGETS {early} {late} 9")[1:-1] == [
        f"@batch=1 {pond}",
        f"@batch=1 {lake}",
    ]
    assert ask(alice, f"CHATHISTORY TARGETS {late} {early} 1")[1:-1] == [f"@batch=2 {lake}"]
    assert ask(alice, f"CHATHISTORY TARGETS {early} timestamp={time(chat, 'two')} 9")[1:-1] == [
        f"@batch=3 {pond}"
    ]


def test_a_history_in_memory_is_asked_in_the_same_way() -> None:
    chat = Chat(lobby=("#pond",), history=True)
    alice = chat.enter("alice", CAPS)
    alice.send("PRIVMSG #pond :hi")
    assert alice.take() == []
    assert texts(alice.send("CHATHISTORY LATEST #pond * 5")) == ["hi"]
    assert chat.commits == []


# -- read markers


def test_a_marker_moves_forward_and_never_past_now() -> None:
    chat = chat_with("a", "b", caps="draft/read-marker")
    alice = chat.peers["alice"]
    a, b = (f"timestamp={time(chat, text)}" for text in "ab")
    assert ask(alice, "MARKREAD #pond") == ["MARKREAD #pond *"]
    assert ask(alice, f"MARKREAD #pond {b}") == [f"MARKREAD #pond {b}"]
    assert ask(alice, f"MARKREAD #POND {a}") == [f"MARKREAD #pond {b}"]
    now = f"timestamp={format_time(chat.now.wall)}"
    assert ask(alice, "MARKREAD #pond timestamp=2099-01-01T00:00:00.000Z") == [f"MARKREAD #pond {now}"]


def test_joining_tells_the_marker_before_the_end_of_names() -> None:
    chat = chat_with("a", caps="draft/read-marker draft/chathistory")
    alice = chat.peers["alice"]
    alice.send("MARKREAD #pond timestamp=2026-11-22T20:31:02.500Z", "PART #pond")
    chat.quiet()
    got = [line.split(" ")[0] for line in ask(alice, "JOIN #pond")]
    assert got == [":alice", "MARKREAD", "353", "366"]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("MARKREAD", "NEED_MORE_PARAMS :…"),
        ("MARKREAD #pond soon", "INVALID_PARAMS soon :A marker…"),
        ("MARKREAD #pond timestamp=soon", "INVALID_PARAMS timestamp=soon :A marker…"),
        ("MARKREAD #gone timestamp=2019-01-01T00:00:00.000Z", "INVALID_PARAMS #gone :There is nothing…"),
        ("MARKREAD nobody timestamp=2019-01-01T00:00:00.000Z", "INVALID_PARAMS nobody :There is nothing…"),
    ],
)
def test_bad_markers_are_refused(request_: str, answer: str) -> None:
    chat = chat_with("a")
    (got,) = ask(chat.peers["alice"], request_)
    assert got.startswith(f"FAIL MARKREAD {answer.partition('…')[0]}")


def test_what_has_no_marker_for_somebody_looks_as_if_there_were_none() -> None:
    chat = chat_with("a", "b")
    alice = chat.peers["alice"]
    alice.send("JOIN #hidden", "MODE #hidden +s")
    chat.enter("carol")
    for target in ("#hidden", "#gone", "nobody"):
        assert chat.peers["carol"].send(f"MARKREAD {target}") == [f"MARKREAD {target} *"]


# -- search


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("text=fish", ["Fish and chips", "one fish"]),
        ("text=FISH\\sone;in=#pond", ["one fish"]),
        ("text=fish;limit=1", ["one fish"]),
        ("text=fish;before=2020-01-01T00:00:00.000Z", []),
        ("text=bird;after=2020-01-01T00:00:00.000Z", ["a bird"]),
    ],
)
def test_searching(attributes: str, found: list[str]) -> None:
    chat = chat_with("Fish and chips", "a bird", "one fish")
    got = ask(chat.peers["alice"], f"SEARCH {attributes}")
    assert got[0] == "BATCH +1 soju.im/search"
    assert texts(got) == found
    assert ask(chat.peers["eve"], f"SEARCH {attributes.replace(';in=#pond', '')}")[0:9:2] == []


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ("colour=red", "INVALID_PARAMS"), ("text=x;limit=0", "INVALID_PARAMS"),
        ("text=x;after=noon", "INVALID_PARAMS"), ("text=x;in=#gone", "INVALID_TARGET #gone"),
        ("text=x;in=bob", "INVALID_TARGET bob"), ("text=x;from=bob", "INVALID_PARAMS bob"),
    ],
)  # fmt: skip
def test_bad_searches_are_refused(attributes: str, answer: str) -> None:
    chat = chat_with("a")
    (got,) = ask(chat.peers["alice"], f"SEARCH {attributes}")
    assert got.startswith(f"FAIL SEARCH {answer}"), got
