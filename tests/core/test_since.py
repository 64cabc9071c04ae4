"""Channels where whoever comes reads on from there (mode H)."""

from __future__ import annotations

import pytest
from msgspec import structs

from natterjack.core import replay
from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.events import Now
from natterjack.ports.records import RunRecord, Snapshot
from natterjack.proto.timestamps import format_time
from tests.support.chat import Chat, make_account
from tests.support.records import snapshot_of
from tests.support.room import msgid

CAPS = "batch message-tags draft/chathistory draft/message-redaction natterjack/edit draft/multiline"
ACCOUNTS = tuple(map(make_account, ("alice", "bob", "carol")))


def room(flags: str = "+H") -> Chat:
    """Alice owns #room and has said one; then bob, who has an account, and gus, who has not, came, and she said two."""
    chat = Chat(store=True, durable=True, instant=True, lobby=(), snapshot=Snapshot(b"s" * 32, ACCOUNTS))
    alice = chat.enter("alice", CAPS, login="alice")
    alice.send("JOIN #room", f"MODE #room {flags}", "PRIVMSG #room :one")
    chat.enter("bob", CAPS, login="bob").send("JOIN #room")
    chat.enter("gus", CAPS).send("JOIN #room")
    chat.wait(1)
    alice.send("PRIVMSG #room :two")
    chat.quiet()
    return chat


def read(chat: Chat, nick: str, request: str = "LATEST #room * 9") -> list[str]:
    """The texts of what comes, or the code of the refusal."""
    got = chat.peers[nick].send(f"CHATHISTORY {request}")
    if got[0].startswith("FAIL"):
        return [got[0].split(" ")[2]]
    return [line.rpartition(":")[2] for line in got[1:-1]]


def test_who_came_later_reads_on_from_there() -> None:
    chat = room()
    assert read(chat, "alice") == ["one", "two"]
    assert read(chat, "bob") == read(chat, "gus") == ["two"]
    chat.peers["alice"].send("MODE #room -H")
    chat.quiet()
    assert read(chat, "bob") == read(chat, "gus") == ["one", "two"]


@pytest.mark.parametrize("nick", ["bob", "gus"])
@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ("BEFORE #room msgid={two} 9", []),
        ("AFTER #room msgid={one} 9", ["MESSAGE_ERROR"]),
        ("BEFORE #room msgid={one} 9", ["MESSAGE_ERROR"]),
        ("AROUND #room msgid={one} 9", ["MESSAGE_ERROR"]),
        ("LATEST #room msgid={one} 9", ["MESSAGE_ERROR"]),
        ("AROUND #room msgid={two} 9", ["two"]),
        ("AROUND #room timestamp={start} 9", ["two"]),
        ("AFTER #room timestamp={start} 9", ["two"]),
        ("BEFORE #room timestamp=2030-01-01T00:00:00.000Z 9", ["two"]),
        ("BETWEEN #room timestamp={start} timestamp=2030-01-01T00:00:00.000Z 9", ["two"]),
        ("BETWEEN #room msgid={one} timestamp=2030-01-01T00:00:00.000Z 9", ["MESSAGE_ERROR"]),
        ("BETWEEN #room msgid={one} msgid={two} 9", ["MESSAGE_ERROR"]),
    ],
)
def test_no_way_of_asking_leads_further_back(nick: str, request_: str, found: list[str]) -> None:
    chat = room()
    names = {text: msgid(chat, text) for text in ("one", "two")}
    start = format_time(chat.now.wall - 100)
    assert read(chat, nick, request_.format(start=start, **names)) == found
    chat.peers["alice"].send("MODE #room -H")
    chat.quiet()
    if "MESSAGE_ERROR" in found:
        assert read(chat, nick, request_.format(start=start, **names)) != found


def test_an_event_of_ones_own_coming_is_the_first_thing() -> None:
    chat = room()
    for nick in ("bob", "gus"):
        chat.peers[nick].send("CAP REQ draft/event-playback")
        chat.quiet()
        assert read(chat, nick)[0].endswith(f" {nick}!{nick}@127.0.0.1 JOIN #room".partition(" ")[0])
    lines = chat.peers["gus"].send("CHATHISTORY LATEST #room * 9")
    assert lines[1].endswith(" :gus JOIN #room")


def test_neither_search_nor_targets_know_of_it() -> None:
    chat = room()
    bob = chat.peers["bob"]
    assert [line.rpartition(":")[2] for line in bob.send("SEARCH text=o")[1:-1]] == ["two"]
    assert bob.send("SEARCH in=#room;text=one") == ["BATCH +2 soju.im/search", "BATCH -2"]
    early, late = "timestamp=2020-01-01T00:00:00.000Z", "timestamp=2030-01-01T00:00:00.000Z"
    assert len(bob.send(f"CHATHISTORY TARGETS {early} {late} 9")) == 3
    carol = chat.enter("carol", CAPS, login="carol")
    carol.send("JOIN #room")
    assert len(carol.send(f"CHATHISTORY TARGETS {early} {late} 9")) == 2
    chat.peers["alice"].send("MODE #room -H")
    chat.quiet()
    assert len(carol.send(f"CHATHISTORY TARGETS {early} {late} 9")) == 3


def test_it_can_be_neither_taken_back_nor_changed() -> None:
    chat = room("-H")
    bob = chat.peers["bob"]
    bob.send("PRIVMSG #room :mine", "PART #room", "JOIN #room")
    chat.peers["alice"].send("MODE #room +H", "MODE #room +h bob")
    chat.quiet()
    for line in (
        f"REDACT #room {msgid(chat, 'mine')}",
        f"@+natterjack/edit={msgid(chat, 'mine')} PRIVMSG #room :x",
    ):
        (got,) = bob.send(line)
        assert " UNKNOWN_MSGID #room " in got


def test_logging_in_and_other_sessions_lose_nothing() -> None:
    chat = room()
    chat.log_in("gus", "carol")
    assert read(chat, "gus") == ["two"]
    chat.quiet()
    chat.enter("bob2", CAPS, login="bob")
    assert read(chat, "bob2") == ["two"]
    for nick in ("bob", "bob2"):
        chat.peers[nick].hang_up()
    chat.enter("bob", CAPS, login="bob")
    assert read(chat, "bob") == ["two"]
    chat.peers["bob"].send("PART #room", "JOIN #room")
    chat.quiet()
    assert read(chat, "bob") == []


@pytest.mark.parametrize("durable", [True, False])
def test_it_holds_after_a_restart(durable: bool) -> None:
    chat = room()
    snapshot = snapshot_of(chat.records, ACCOUNTS)
    if durable:
        last = chat.core._ctx.last_id
        snapshot = structs.replace(snapshot, last_id=last, runs=(RunRecord(1, "m"),))
    again = Chat(store=True, durable=durable, history=True, instant=True, lobby=(), snapshot=snapshot)
    if durable:
        again.past = chat.past
    bob = again.enter("bob", CAPS, login="bob")
    bob.send("PRIVMSG #room :three")
    assert read(again, "bob")[-1] == "three"
    assert "one" not in read(again, "bob")


def test_whoever_comes_again_while_the_history_is_read_gets_what_he_may_then() -> None:
    chat = room()
    bob = chat.peers["bob"]
    chat.instant = False
    bob.post("PRIVMSG #room :x", "CHATHISTORY LATEST #room * 9")  # waits for what he has said
    chat.peers["alice"].post("KICK #room bob")
    for session in list(chat.world.sessions.values()):
        if session.sid == bob.sid:
            session.waiting = None
    bob.post("JOIN #room")
    chat.settle()
    assert [line for line in bob.take() if line.startswith("@batch") and "PRIVMSG" in line] == []


def test_a_page_that_is_too_large_says_that_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "REPLAY_BYTES", 700)
    chat = room("-H")
    got = chat.peers["gus"].send(f"CHATHISTORY AFTER #room msgid={msgid(chat, 'one')} 9")
    assert len(got) == 3
    for text in ("three", "four", "five"):
        chat.peers["alice"].send(f"PRIVMSG #room :{text}")
    chat.quiet()
    assert read(chat, "gus", "BEFORE #room timestamp=2030-01-01T00:00:00.000Z 9")[1:] == ["four", "five"]
    got = chat.peers["gus"].send(f"CHATHISTORY AFTER #room msgid={msgid(chat, 'one')} 9")
    assert got[0] == "NOTE CHATHISTORY UNFINISHED AFTER #room :That is not all: go on from where it ends"
    assert [line.rpartition(":")[2] for line in got[2:-1]] == ["two", "three"]
    got = chat.peers["gus"].send("SEARCH text=e")
    assert got[0] == "NOTE SEARCH UNFINISHED :Only the latest of what was found are shown"
    assert [line.rpartition(":")[2] for line in got[2:-1]] == ["three", "five"]


def test_ids_grow_over_restarts_where_seats_alone_say_so() -> None:
    chat = room()
    snapshot = snapshot_of(chat.records, ACCOUNTS)
    core = Core(Policy(version="1", store=True), "m", Now(0, 1e9), snapshot)
    assert core._ctx.last_id >= max(seat.since for seat in snapshot.seats) > 3
