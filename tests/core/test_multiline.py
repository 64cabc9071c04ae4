"""Messages of several lines (draft/multiline)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from natterjack.core import multiline
from natterjack.core.batches import PATIENCE
from natterjack.core.policy import Limits, Pace
from natterjack.ports.events import Reconfigured
from natterjack.ports.records import CidRecord, LineRecord, Record, Snapshot
from tests.support.chat import Chat, make_account

CAPS = "batch draft/multiline message-tags echo-message labeled-response draft/chathistory"
PLAIN = "message-tags"


def pond(**settings: Any) -> Chat:
    """Alice and bob take several lines together, carol and dave get them one by one; all are in #pond."""
    settings = {"store": True, "durable": True, "instant": True, **settings}
    snapshot = Snapshot(b"s" * 32, (make_account("alice"), make_account("bob")))
    chat = Chat(lobby=(), snapshot=snapshot, **settings)
    chat.enter("alice", CAPS, login="alice")
    chat.enter("bob", CAPS, login="bob")
    chat.enter("carol", PLAIN)
    chat.enter("dave")
    for peer in chat.peers.values():
        peer.send("JOIN #pond")
        chat.settle()
    chat.quiet()
    return chat


def lines(*texts: str, target: str = "#pond", verb: str = "PRIVMSG", tags: str = "") -> list[str]:
    """What a client sends; a text with ``+`` before it goes on with the one before."""
    concat = (";draft/multiline-concat" if text[:1] == "+" else "" for text in texts)
    inside = [
        f"@batch=1{tag} {verb} {target} :{text.removeprefix('+')}"
        for tag, text in zip(concat, texts, strict=True)
    ]
    return [f"{tags}BATCH +1 draft/multiline {target}", *inside, "BATCH -1"]


def rows(chat: Chat) -> list[LineRecord]:
    return [record for record in chat.records if isinstance(record, LineRecord) and record.message]


def texts(got: list[str]) -> list[str]:
    return [line.partition(" PRIVMSG ")[2] or line for line in got]


def test_those_who_know_get_a_batch_and_the_others_lines() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    echo = alice.send(*lines("hello", "", "how is ", "+everyone?", tags="@label=x;+draft/reply=m3 "))
    (row,) = rows(chat)
    ref = f"m{row.id:x}"
    inside = [
        f"@batch={ref} :alice PRIVMSG #pond :hello",
        f"@batch={ref} :alice PRIVMSG #pond :",
        f"@batch={ref} :alice PRIVMSG #pond :how is ",
        f"@batch={ref};draft/multiline-concat :alice PRIVMSG #pond :everyone?",
    ]
    opening = f"msgid={ref};+draft/reply=m3 :alice BATCH +{ref} draft/multiline #pond"
    closing = f":alice BATCH -{ref}"
    assert echo == [f"@label=x;{opening}", *inside, closing]
    assert chat.peers["bob"].take() == [f"@{opening}", *inside, closing]
    assert chat.peers["carol"].take() == [
        f"@msgid={ref};+draft/reply=m3 :alice PRIVMSG #pond :hello",
        "@+draft/reply=m3 :alice PRIVMSG #pond :how is ",
        "@+draft/reply=m3 :alice PRIVMSG #pond :everyone?",
    ]
    assert texts(chat.peers["dave"].take()) == ["#pond :hello", "#pond :how is ", "#pond :everyone?"]
    assert row.body == ":alice!alice@127.0.0.1 PRIVMSG #pond :hello\n\nhow is \reveryone?"


def test_nothing_is_shown_before_all_of_it_is_there_and_stored() -> None:
    chat = pond(instant=False)
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    *first, last = lines("a", "b")
    assert alice.send(*first) == []
    bob.send("PRIVMSG #pond :meanwhile")
    chat.settle()
    assert texts(alice.take()) == ["#pond :meanwhile"]
    bob.take()
    chat.peers["dave"].take()
    assert alice.send(last) == []
    (commit,) = chat.commits
    assert len(commit.records) == 1
    chat.settle()
    assert len(alice.take()) == len(bob.take()) == 4
    assert texts(chat.peers["dave"].take()) == ["#pond :a", "#pond :b"]


def test_one_line_is_a_message_like_any_other() -> None:
    chat = pond()
    chat.peers["alice"].send(*lines("only"))
    (got,) = chat.peers["bob"].take()
    assert got.endswith(" :alice PRIVMSG #pond :only")


def test_in_the_history_it_counts_as_one() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    for words in (["one"], ["two", "three", "+four"], ["five"]):
        alice.send(*lines(*words))
    chat.quiet()
    got = alice.send("CHATHISTORY LATEST #pond * 2")
    ref = f"m{rows(chat)[1].id:x}"
    assert got[0] == "BATCH +1 chathistory #pond"
    assert got[1].startswith("@batch=1;")
    assert got[1].endswith(f" :alice BATCH +{ref} draft/multiline #pond")
    assert got[2:6] == [
        f"@batch={ref} :alice PRIVMSG #pond :two",
        f"@batch={ref} :alice PRIVMSG #pond :three",
        f"@batch={ref};draft/multiline-concat :alice PRIVMSG #pond :four",
        f"@batch=1 :alice BATCH -{ref}",
    ]
    assert got[6].endswith(" PRIVMSG #pond :five")
    assert got[7:] == ["BATCH -1"]
    carol = chat.peers["carol"]
    carol.send("CAP REQ batch")
    carol.take()
    assert [line.split(" ")[0] for line in carol.send("CHATHISTORY LATEST #pond * 2")] == [
        "BATCH", f"@batch=2;msgid={ref}", "@batch=2", "@batch=2", f"@batch=2;msgid=m{rows(chat)[2].id:x}", "BATCH",
    ]  # fmt: skip


def test_a_private_one_is_kept_for_whoever_is_not_there() -> None:
    chat = pond()
    chat.peers["bob"].hang_up()
    chat.quiet()
    got = chat.peers["alice"].send(*lines("a", "b", target="bob", tags="@label=z "))
    assert got[0] == "@label=z BATCH +1 labeled-response"
    assert got[1].startswith("@batch=1;msgid=")
    assert [line.split(" ")[0] for line in got[2:4]] == [got[1].split(" ")[3].replace("+", "@batch=")] * 2
    assert got[-2].startswith("@batch=1 301 alice bob :")
    bob = chat.enter("bob", CAPS, login="bob")
    assert [line for line in bob.send("CHATHISTORY LATEST alice * 5") if "PRIVMSG" in line][-1].endswith(
        " bob :b"
    )


@pytest.mark.parametrize("restarted", [False, True])
def test_the_same_id_is_said_once(restarted: bool) -> None:
    chat = pond()
    alice = chat.peers["alice"]
    sent = lines("a", "+b", tags="@label=1;+natterjack/cid=abcdefgh ")
    first = alice.send(*sent)
    assert first[0].startswith("@label=1;msgid=")
    assert "cid" not in first[0]
    chat.quiet()
    if restarted:
        chat.core._ctx.cids = type(chat.core._ctx.cids)()
    assert alice.send(*sent) == first
    (other,) = alice.send(*lines("a", "b", tags="@label=2;+natterjack/cid=abcdefgh "))
    assert other.startswith("@label=2 FAIL PRIVMSG CID_CONFLICT abcdefgh :")
    assert len(rows(chat)) == len([1 for record in chat.records if isinstance(record, CidRecord)]) == 1
    assert chat.peers["bob"].take() == []


def test_while_the_history_is_asked_the_tags_of_the_first_line_are_kept() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    alice.send(*lines("a", "b", tags="@label=1;+natterjack/cid=abcdefgh;+x=y "), "PING z")
    assert chat.peers["carol"].take()[0].startswith("@msgid=m")
    (row,) = rows(chat)
    assert row.tags == "+x=y"


def test_a_text_may_become_one_of_several_lines() -> None:
    chat = pond()
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    bob.send("CAP REQ natterjack/edit")
    alice.send("CAP REQ natterjack/edit", "PRIVMSG #pond :old")
    ref = f"m{rows(chat)[0].id:x}"
    chat.quiet()
    alice.send(*lines("new", "text", tags=f"@+natterjack/edit={ref} "))
    assert f"natterjack/edit={ref} " in chat.peers["bob"].take()[0]
    assert texts(chat.peers["dave"].take()) == ["#pond :(edited) new", "#pond :text"]
    chat.quiet()
    assert [line.partition(" :")[2] for line in chat.peers["alice"].send("CHATHISTORY LATEST #pond * 5")[2:4]] == [
        "alice PRIVMSG #pond :new", "alice PRIVMSG #pond :text",
    ]  # fmt: skip


def test_a_message_of_several_lines_is_taken_back_as_a_whole() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    alice.send(*lines("new", "text"))
    alice.send(f"REDACT #pond m{rows(chat)[0].id:x}")
    chat.quiet()
    assert alice.send("CHATHISTORY LATEST #pond * 5") == ["BATCH +1 chathistory #pond", "BATCH -1"]


def test_words_are_found_across_its_lines() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    alice.send(*lines("fish", "and chi", "+ps"))
    chat.quiet()
    assert len(alice.send("SEARCH text=fish")) == 7


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (lines("x" * 400, *["x" * 400] * 10), "MULTILINE_MAX_BYTES 4096"),
        (lines(*["x"] * 25), "MULTILINE_MAX_LINES 24"),
        (lines("", ""), "MULTILINE_INVALID"),
        (lines(), "MULTILINE_INVALID"),
        (lines("a", "+"), "MULTILINE_INVALID"),
        (lines("a", target="#pond,bob"), "MULTILINE_INVALID"),
        (lines("a", "é" * 240), "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline"], "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1 PRIVMSG #lake :x", "BATCH -1"],
         "MULTILINE_INVALID_TARGET #pond #lake"),
        (["BATCH +1 draft/multiline #pond", "@batch=2 PRIVMSG #pond :x", "BATCH -1"], "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1 PRIVMSG #pond :x", "@batch=1 NOTICE #pond :x", "BATCH -1"],
         "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1 TOPIC #pond :x", "BATCH -1"], "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1 BATCH +2 draft/multiline #pond", "BATCH -1"],
         "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1;+x=y PRIVMSG #pond :x", "BATCH -1"], "MULTILINE_INVALID"),
        (["BATCH +1 draft/multiline #pond", "@batch=1 PRIVMSG #pond", "BATCH -1"], "MULTILINE_INVALID"),
        (["BATCH +1 other #pond", "@batch=1 PRIVMSG #pond :x", "BATCH -1"], "UNKNOWN_TYPE 1 other"),
        (["BATCH +a/b draft/multiline #pond", "@batch=a/b PRIVMSG #pond :x", "BATCH -a/b"], "INVALID_REFTAG a/b"),
        (["BATCH x"], "INVALID_REFTAG x"),
        (["BATCH -9"], "MULTILINE_INVALID"),
        (["@batch=9 PRIVMSG #pond :x"], "MULTILINE_INVALID"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_and_nothing_is_sent(sent: list[str], answer: str) -> None:
    chat = pond()
    (got,) = chat.peers["alice"].send(f"@label=l {sent[0]}" if sent[0][0] != "@" else sent[0], *sent[1:])
    label = "@label=l " if sent[0][0] != "@" else ""
    assert got.startswith(f"{label}FAIL BATCH {answer} :"), got
    assert rows(chat) == []
    assert not any(peer.heard for peer in chat.peers.values())
    assert len(chat.peers["alice"].send(*lines("a", "b"))) == 4


def test_a_refusal_of_the_channel_comes_once_too() -> None:
    chat = pond()
    chat.peers["alice"].send("MODE #pond +m")
    bob = chat.peers["bob"]
    chat.quiet()
    (got,) = bob.send(*lines("a", "b", tags="@label=l "))
    assert got.startswith("@label=l 404 bob #pond :")
    assert bob.send(*lines("a", "b", verb="NOTICE")) == []
    assert rows(chat) == []


def test_whoever_has_not_negotiated_it_is_told() -> None:
    chat = pond()
    (got,) = chat.peers["carol"].send(*lines("a", "b"))
    assert got.startswith("FAIL BATCH UNKNOWN_TYPE 1 draft/multiline :")
    assert chat.peers["bob"].take() == []


def test_what_is_begun_and_left_is_given_up() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    first, line, *_, last = lines("a", "b", tags="@label=l ")
    alice.send(first)
    chat.wait(PATIENCE - 1)
    alice.send(line)
    chat.wait(PATIENCE - 1)
    assert alice.take() == []
    chat.wait(2)
    (got,) = alice.take()
    assert got.startswith("@label=l FAIL BATCH TIMEOUT 1 :")
    assert alice.send(line, last) == []
    assert rows(chat) == []


def test_a_second_one_takes_the_place_of_the_first() -> None:
    chat = pond()
    got = chat.peers["alice"].send(
        "@label=l BATCH +0 draft/multiline #pond", "@batch=0 PRIVMSG #pond :x", *lines("a", "b")
    )
    assert got[0].startswith("@label=l FAIL BATCH MULTILINE_INVALID :")
    assert texts(got[2:4]) == ["#pond :a", "#pond :b"]


def test_other_commands_go_on_meanwhile() -> None:
    chat = pond()
    first, line, *_, last = lines("a", "b", tags="@label=l ")
    got = chat.peers["alice"].send(first, line, "@label=p PING x", line, f"@label=m {last}")
    assert got[0] == "@label=p PONG natterjack x"
    assert got[1].startswith("@label=l;msgid=")
    assert got[-1] == "@label=m ACK"


def test_whoever_gives_the_capability_up_meanwhile_is_told() -> None:
    chat = pond()
    *first, last = lines("a", "b")
    chat.peers["alice"].send(*first, "CAP REQ -batch")
    (got,) = chat.peers["alice"].send(last)
    assert got.startswith("FAIL BATCH MULTILINE_INVALID :")


def test_each_line_takes_its_pace_and_slow_mode_counts_one() -> None:
    chat = pond(limited=True, pace=Pace(bucket=10, refill=2))
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send("MODE #pond +w 60")
    chat.wait(20)
    chat.quiet()
    chat.world.sessions[bob.sid].tokens = 10
    bob.post(*lines(*map(str, range(20))))
    assert chat.peers["alice"].take() == []
    chat.wait(7)
    assert chat.peers["alice"].take() != []
    bob.take()
    (got,) = bob.send("PRIVMSG #pond :more")
    assert got.startswith("404 bob #pond :")


def test_limits_are_announced_as_they_are_set() -> None:
    chat = Chat(limits=Limits(multiline_bytes=600, multiline_lines=3))
    x = chat.open("x")
    assert " draft/multiline=max-bytes=600,max-lines=3 " in " ".join(x.send("CAP LS 302"))
    assert "draft/multiline" not in " ".join(chat.open("y").send("CAP LS"))
    policy = structs.replace(chat.core.policy, limits=Limits(multiline_bytes=900, multiline_lines=3))
    chat.handle(Reconfigured(policy))
    assert x.take() == ["CAP * NEW :draft/multiline=max-bytes=900,max-lines=3"]
    assert chat.peers["y"].take() == []


@pytest.mark.parametrize(
    "pieces", [[(False, "a")], [(False, ""), (False, "b"), (True, "c")], [(False, "a"), (True, "")]]
)
def test_text_and_lines_are_the_same(pieces: list[tuple[bool, str]]) -> None:
    text = multiline.join(pieces)
    assert list(multiline.split(text)) == pieces
    assert multiline.is_long(text) is (len(pieces) > 1)


def test_records_are_whole() -> None:
    chat = pond()
    before = len(chat.records)
    chat.peers["alice"].send(*lines("a", "b", "c", tags="@+natterjack/cid=abcdefgh "))
    kinds: list[type[Record]] = [type(record) for record in chat.records[before:]]
    assert kinds == [LineRecord, CidRecord]


VERSION = "\x01VERSION\x01"


@pytest.mark.parametrize("words", [("", VERSION), ("hi", VERSION), ("hi", f"+{VERSION}")])
def test_no_line_of_several_is_a_ctcp_where_none_is_wanted(words: tuple[str, ...]) -> None:
    chat = pond()
    alice, bob, carol, dave = (chat.peers[name] for name in ("alice", "bob", "carol", "dave"))
    bob.send(*lines(*words))
    assert texts(dave.take())[-1] == f"#pond :{VERSION}"  # who gets lines gets just that
    alice.send("MODE #pond +C")
    carol.send("MODE carol +T")
    chat.quiet()
    assert bob.send(*lines(*words)) == [
        "404 bob #pond :Cannot send to channel (it takes no CTCP but /me (+C))"
    ]
    assert bob.send(*lines(*words, target="carol")) == [
        "531 bob carol :Cannot send to user (takes no CTCP but /me (+T))"
    ]
    assert (carol.take(), dave.take()) == ([], [])
    me = "\x01ACTION waves\x01"
    bob.send(*lines("", "hi", me))
    assert texts(dave.take()) == ["#pond :hi", f"#pond :{me}"]
