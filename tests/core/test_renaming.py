"""RENAME: a channel gets another name, and keeps all else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec import structs

from natterjack.core.policy import FORMER_FOR, FORMER_OF_ONE, RENAME_EVERY
from natterjack.ports.records import ChannelRenamedRecord, FormerName, InviteRecord, RunRecord, Snapshot
from tests.support import world
from tests.support.chat import Chat, make_account
from tests.support.records import snapshot_of

CAPS = "draft/channel-rename batch message-tags draft/chathistory draft/read-marker"
ACCOUNTS = tuple(map(make_account, ("alice", "bob")))


def room(instant: bool = True, caps: str = "draft/channel-rename") -> Chat:
    """Alice owns #room; bob and gus are in it, and gus's app knows no RENAME."""
    snapshot = Snapshot(b"s" * 32, ACCOUNTS, (InviteRecord("an-invite", 1.0, "alice", channel="#room"),))
    chat = Chat(store=True, durable=True, instant=instant, lobby=("#lobby",), snapshot=snapshot)
    chat.enter("alice", caps, login="alice").send("JOIN #room", "TOPIC #room :welcome")
    chat.settle()
    chat.enter("bob", caps, login="bob").send("JOIN #room")
    chat.enter("gus").send("JOIN #room")
    chat.quiet()
    return chat


def test_those_who_know_are_told_and_to_others_it_is_a_coming() -> None:
    chat = room()
    chat.play("""
        alice > RENAME #room #Hall :more space
        alice < :alice RENAME #room #Hall :more space
        bob   < :alice RENAME #room #Hall :more space
        gus   < :gus PART #room :more space
        gus   < :gus JOIN #Hall
        gus   < 332 gus #Hall :welcome
        gus   < 333 gus #Hall alice!alice@127.0.0.1 :1795379462
        gus   < 353 gus = #Hall :~alice bob gus
        gus   < 366 gus #Hall :End of NAMES list
        gus   > PRIVMSG #hall :nice
        alice < :gus PRIVMSG #Hall :nice
        bob   < :gus PRIVMSG #Hall :nice
        gus   > PRIVMSG #room :hello?
        gus   < 403 gus #room :No such channel
    """)
    world.check(chat.core)


def test_whoever_renames_without_the_capability_gets_what_others_get() -> None:
    chat = room(caps="batch labeled-response")
    got = chat.peers["alice"].send("@label=1 RENAME #room #hall")
    assert got[0] == "@label=1 BATCH +1 labeled-response"
    assert [line.split(" ", 1)[1] for line in got[1:3]] == [":alice PART #room", ":alice JOIN #hall"]


def test_only_the_spelling_is_no_news_to_those_who_know_no_rename() -> None:
    chat = room()
    chat.play("""
        alice > RENAME #ROOM #Room
        alice < :alice RENAME #room #Room :
        bob   < :alice RENAME #room #Room :
        alice > RENAME #room #Room
    """)
    assert chat.world.channel("#room").name == "#Room"


def test_who_joins_the_former_name_is_told_the_present_one() -> None:
    chat = room()
    chat.enter("eve", "draft/channel-rename")
    chat.enter("ida")
    chat.peers["alice"].send("RENAME #room #Hall")
    chat.quiet()
    chat.play("""
        eve > JOIN #ROOM
        eve < FAIL JOIN CHANNEL_RENAMED #ROOM #Hall :It has another name now
        bob > JOIN #room
        bob < FAIL JOIN CHANNEL_RENAMED #room #Hall :It has another name now
        ida > JOIN #room
        ida < 470 ida #room #Hall :It has another name now
        ida < :ida JOIN #Hall
        ida < 332 ida #Hall :welcome
        ida < 333 ida #Hall alice!alice@127.0.0.1 :1795379462
        ida < 353 ida = #Hall :~alice bob gus ida
        ida < 366 ida #Hall :End of NAMES list
        alice < :ida JOIN #Hall
        bob < :ida JOIN #Hall
        gus < :ida JOIN #Hall
    """)
    assert list(chat.world.channels) == ["#lobby", "#hall"]
    assert chat.peers["ida"].send("JOIN #room")[0] == ":ida JOIN #room"  # she is there, and means another one
    assert list(chat.world.channels) == ["#lobby", "#hall", "#room"]
    world.check(chat.core)


def test_nobody_is_told_the_present_name_before_it_is_stored() -> None:
    chat = room(instant=False)
    for nick in ("eve", "ida"):
        chat.enter(nick, "draft/channel-rename" if nick == "eve" else "")
    chat.quiet()
    chat.peers["alice"].post("RENAME #room #hall")
    for nick in ("eve", "ida"):
        chat.peers[nick].post("JOIN #room", "PING x")
        assert chat.peers[nick].heard == []
    chat.settle()
    (told, pong) = chat.peers["eve"].take()
    assert told.startswith("FAIL JOIN CHANNEL_RENAMED #room #hall")
    assert pong.startswith("PONG ")
    assert chat.peers["ida"].take()[:2] == ["470 ida #room #hall :It has another name now", ":ida JOIN #hall"]


def test_who_is_led_there_needs_what_others_need() -> None:
    chat = room()
    chat.enter("ida")
    chat.peers["alice"].send("MODE #room +k word", "RENAME #room #hall")
    chat.quiet()
    chat.play("""
        ida > JOIN #room wrong
        ida < 470 ida #room #hall :It has another name now
        ida < 475 ida #hall :Cannot join channel (+k): the key is wrong or missing
    """)
    assert ":ida JOIN #hall" in chat.peers["ida"].send("JOIN #room word")


@pytest.mark.parametrize(
    ("mode", "who", "told"),
    [
        ("+s", "eve", False),
        ("+i", "eve", False),
        ("+s", "bob", True),
        ("+i", "bob", True),
        ("+s", "ida", True),
        ("+i", "ida", True),
        ("+iI *!*@127.0.0.1", "eve", True),
        ("+sI *!*@127.0.0.1", "eve", False),
    ],
)
def test_of_a_hidden_one_they_are_told_who_may_know(mode: str, who: str, told: bool) -> None:
    """Bob's account belongs to it, ida is asked in; for eve it is as if there had never been one."""
    chat = room()
    for nick in ("eve", "ida"):
        chat.enter(nick, "draft/channel-rename")
    chat.peers["alice"].send(f"MODE #room {mode}", "INVITE ida #room", "RENAME #room #hall")
    chat.quiet()
    chat.peers["bob"].send("QUIT")
    if who == "bob":
        chat.enter("bob", "draft/channel-rename", login="bob")
    chat.quiet()
    got = chat.peers[who].send("JOIN #room")
    assert (got[0] == "FAIL JOIN CHANNEL_RENAMED #room #hall :It has another name now") is told
    assert (got[0] == f":{who} JOIN #room") is not told
    assert told or not any("#hall" in line for line in got)
    world.check(chat.core)
    chat.peers[who].send("PART #room")
    assert chat.peers["alice"].send("JOIN #room")[0].startswith("FAIL JOIN CHANNEL_RENAMED")


def test_who_was_away_meanwhile_is_told_though_his_login_put_him_there() -> None:
    """His client joins what it remembers; he had made a new, empty channel of the former name by that."""
    chat = room()
    chat.peers["bob"].send("QUIT")
    chat.peers["alice"].send("RENAME #room #hall")
    chat.wait(1)
    bob = chat.enter("bob", login="bob")
    chat.quiet()
    assert chat.world.find("bob").uid in chat.world.channel("#hall").members
    assert bob.send("JOIN #room") == ["470 bob #room #hall :It has another name now"]
    assert list(chat.world.channels) == ["#lobby", "#hall"]
    chat.wait(100)
    assert bob.send("PING x", "JOIN #room")[-1] == "470 bob #room #hall :It has another name now"
    gus = chat.peers["gus"]
    gus.take()
    assert gus.send("JOIN #room")[0] == ":gus JOIN #room", "who saw it means another one"
    world.check(chat.core)


def test_the_former_name_can_be_given_to_another_channel() -> None:
    chat = room()
    chat.peers["alice"].send("RENAME #room #hall")
    chat.enter("eve", "draft/channel-rename").send("JOIN #den")
    assert chat.peers["eve"].send("RENAME #den #room") == [":eve RENAME #den #room :"]
    chat.quiet()
    assert chat.peers["bob"].send("JOIN #room")[0] == ":bob JOIN #room"
    one, other = (chat.world.channel(name) for name in ("#room", "#hall"))
    assert one.conversation != other.conversation
    assert (
        chat.peers["bob"].send("JOIN #den")[0]
        == "FAIL JOIN CHANNEL_RENAMED #den #room :It has another name now"
    )
    world.check(chat.core)


def test_the_former_name_is_free_again_after_a_day() -> None:
    chat = room()
    chat.peers["alice"].send("RENAME #room #hall")
    chat.wait(FORMER_FOR - 10)
    eve = chat.enter("eve", "draft/channel-rename")
    assert eve.send("JOIN #room")[0].startswith("FAIL JOIN CHANNEL_RENAMED")
    chat.wait(11)
    assert eve.send("JOIN #room")[0] == ":eve JOIN #room"
    world.check(chat.core)


def test_the_former_name_of_a_channel_that_is_gone_leads_nowhere() -> None:
    chat = Chat("gus", "hal", lobby=("#lobby",))
    chat.peers["gus"].send("JOIN #x", "RENAME #x #y", "PART #y")
    chat.quiet()
    assert chat.peers["hal"].send("JOIN #x")[0] == ":hal JOIN #x"
    world.check(chat.core)


def test_all_its_latest_names_lead_to_the_present_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natterjack.core.handlers.renaming.RENAME_EVERY", 0.0)
    chat = room()
    alice = chat.peers["alice"]
    names = ["#room", *(f"#a{number}" for number in range(FORMER_OF_ONE + 1))]
    for old, new in pairwise(names):
        alice.send(f"RENAME {old} {new}")
    alice.take()
    for name in names[1:-1]:
        assert alice.send(f"JOIN {name}")[0].startswith(f"FAIL JOIN CHANNEL_RENAMED {name} {names[-1]} :")
    alice.send(f"RENAME {names[-1]} {names[-2]}")
    assert alice.send(f"JOIN {names[-1]}")[0].startswith(
        f"FAIL JOIN CHANNEL_RENAMED {names[-1]} {names[-2]} :"
    )
    world.check(chat.core)
    chat.quiet()
    assert chat.peers["bob"].send("JOIN #room")[0] == ":bob JOIN #room"
    monkeypatch.setattr("natterjack.core.world.FORMER_NAMES", 2)
    alice.send(f"RENAME {names[-2]} #last")
    world.check(chat.core)
    assert len(chat.world._former) == 2


@pytest.mark.parametrize(
    ("who", "line", "answer"),
    [
        ("bob", "RENAME #room #hall", "482 bob #room :"),
        ("alice", "RENAME #room #other", "FAIL RENAME CHANNEL_NAME_IN_USE #room #other :"),
        ("alice", "RENAME #room #OTHER", "FAIL RENAME CHANNEL_NAME_IN_USE #room #OTHER :"),
        ("alice", "RENAME #room hall", "FAIL RENAME CANNOT_RENAME #room hall :"),
        ("alice", f"RENAME #room #{'x' * 64}", "FAIL RENAME CANNOT_RENAME #room #x"),
        ("alice", "RENAME #room", "461 alice RENAME :"),
        ("alice", "RENAME #gone #hall", "403 alice #gone :"),
        ("alice", "RENAME #other #hall", "442 alice #other :"),
        ("alice", "RENAME #lobby #hall", "482 alice #lobby :"),
    ],
)
def test_what_is_not_to_be_is_said(who: str, line: str, answer: str) -> None:
    chat = room()
    chat.enter("eve").send("JOIN #other")
    chat.quiet()
    (got,) = chat.peers[who].send(line)
    assert got.startswith(answer), got
    assert chat.world.channel("#room").name == "#room"
    assert not any(peer.heard for peer in chat.peers.values())


def test_not_again_within_a_minute() -> None:
    chat = room()
    alice = chat.peers["alice"]
    alice.send("RENAME #room #a")
    (got,) = alice.send("RENAME #a #b")
    assert got.startswith("FAIL RENAME CANNOT_RENAME #a #b :")
    chat.wait(RENAME_EVERY + 1)
    alice.take()
    assert alice.send("RENAME #a #b") == [":alice RENAME #a #b :"]


def test_a_channel_without_an_owner_is_renamed_by_its_operator() -> None:
    chat = Chat("gus", "hal", lobby=("#lobby",))
    chat.peers["gus"].send("JOIN #x")
    chat.peers["hal"].send("JOIN #x")
    chat.quiet()
    assert chat.peers["hal"].send("RENAME #x #y")[0].startswith("482 hal #x :")
    assert chat.peers["gus"].send("RENAME #x #y")[:2] == [":gus PART #x", ":gus JOIN #y"]


def test_nothing_overtakes_it() -> None:
    chat = room(instant=False)
    chat.peers["bob"].post("PRIVMSG #room :first")
    chat.peers["alice"].post("RENAME #room #hall")
    chat.peers["gus"].post("JOIN #room", "PING x")
    assert not any(peer.heard for peer in chat.peers.values())
    chat.settle()
    heard = [line.split(" :")[0].split(" ", 1)[-1] for line in chat.peers["gus"].take()]
    assert heard[:3] == ["PRIVMSG #room", "PART #room", "JOIN #hall"]
    assert heard.index("JOIN #room") > heard.index("JOIN #hall")
    assert [line.split(" ")[1] for line in chat.peers["bob"].take()] == ["RENAME"]


def test_bans_invitations_markers_and_invites_go_with_it() -> None:
    chat = room(caps=CAPS)
    alice = chat.peers["alice"]
    chat.enter("ida")
    alice.send(
        "TBAN #room 30s *!*@10.*",
        "MODE #room +i",
        "INVITE ida #room",
        "MARKREAD #room timestamp=2026-11-22T20:31:02.000Z",
    )
    alice.send("RENAME #room #hall")
    world.check(chat.core)
    chat.quiet()
    assert alice.send("MARKREAD #hall") == ["MARKREAD #hall timestamp=2026-11-22T20:31:02.000Z"]
    assert [record.channel for record in chat.core._ctx.invites] == ["#hall"]
    assert chat.peers["ida"].send("JOIN #hall")[0] == ":ida JOIN #hall"
    alice.take()
    chat.wait(40)
    assert any(line.endswith(" MODE #hall -b *!*@10.*") for line in alice.take())
    world.check(chat.core)


def test_its_history_goes_with_it_and_says_its_present_name() -> None:
    chat = room(caps=CAPS)
    alice = chat.peers["alice"]
    alice.send("PRIVMSG #room :before", "RENAME #room #hall", "PRIVMSG #hall :after")
    chat.quiet()
    got = alice.send("CHATHISTORY LATEST #hall * 9")
    assert [line.partition(" :")[2] for line in got[1:-1]] == [
        "alice PRIVMSG #hall :before",
        "alice PRIVMSG #hall :after",
    ]
    alice.send("CAP REQ draft/event-playback")
    got = alice.send("CHATHISTORY LATEST #hall * 9")
    assert "alice RENAME #room #hall :" in [line.partition(" :")[2] for line in got]
    gus = chat.peers["gus"]
    gus.send("CAP REQ :batch draft/event-playback")
    got = gus.send("CHATHISTORY LATEST #hall * 9")
    assert not any("RENAME" in line for line in got)


def test_a_line_that_would_be_too_long_under_the_new_name_keeps_the_old() -> None:
    chat = room(caps=CAPS)
    alice = chat.peers["alice"]
    alice.send(f"PRIVMSG #room :{'x' * 460}", f"RENAME #room #{'y' * 60}")
    chat.quiet()
    got = alice.send(f"CHATHISTORY LATEST #{'y' * 60} * 9")
    assert " PRIVMSG #room :" in got[1]


def test_it_holds_after_a_restart() -> None:
    chat = room(caps=CAPS)
    alice = chat.peers["alice"]
    alice.send("PRIVMSG #room :before", "MODE #room +v bob", "RENAME #room #hall :x", "TOPIC #hall :new")
    (renamed,) = (record for record in chat.records if isinstance(record, ChannelRenamedRecord))
    assert (renamed.old, renamed.new) == ("#room", "#hall")
    snapshot = structs.replace(
        snapshot_of(chat.records, ACCOUNTS), last_id=chat.core._ctx.last_id, runs=(RunRecord(1, "m"),)
    )
    again = Chat(store=True, durable=True, instant=True, lobby=("#lobby",), snapshot=snapshot)
    again.past = chat.past
    bob = again.enter("bob", CAPS, login="bob")
    assert list(again.world.channels) == ["#lobby", "#hall"]
    assert "353 bob = #hall :+bob" in bob.send("NAMES #hall")
    assert len(bob.send("CHATHISTORY LATEST #hall * 9")) == 3


def test_former_names_hold_after_a_restart() -> None:
    chat = room()
    chat.peers["alice"].send("RENAME #room #hall", "JOIN #den")
    hall = chat.world.channel("#hall").conversation
    now = 1795379462.0
    names = (
        FormerName(hall, "#old", now - FORMER_FOR),
        FormerName(hall, "#Hall", now - 300),
        FormerName(hall, "#Room", now - 200),
        FormerName(hall, "#soon", now + 9e9),
        FormerName(hall, "#den", now - 100),
        FormerName(99999, "#gone", now - 100),
    )
    snapshot = structs.replace(
        snapshot_of(chat.records, ACCOUNTS),
        last_id=chat.core._ctx.last_id,
        runs=(RunRecord(1, "m"),),
        former=names,
    )
    again = Chat(store=True, durable=True, instant=True, lobby=("#lobby",), snapshot=snapshot)
    assert set(again.world._former) == {"#room", "#soon", "#den"}
    world.check(again.core)
    eve = again.enter("eve", "draft/channel-rename")
    assert eve.send("JOIN #room")[0].startswith("FAIL JOIN CHANNEL_RENAMED #room #hall :")
    assert eve.send("JOIN #den")[0] == ":eve JOIN #den"
    again.wait(FORMER_FOR - 150)
    ida = again.enter("ida", "draft/channel-rename")
    assert ida.send("JOIN #room")[0] == ":ida JOIN #room"
    assert ida.send("JOIN #soon")[0].startswith("FAIL JOIN CHANNEL_RENAMED #soon #hall :")
    world.check(again.core)


def test_too_many_strangers_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natterjack.core.handlers.renaming.RENAME_NAMES", 2)
    chat = room()
    (got,) = chat.peers["alice"].send("RENAME #room #hall")
    assert got.startswith("FAIL RENAME CANNOT_RENAME #room #hall :1 are here")
    assert chat.peers["alice"].send("RENAME #room #Room") == [":alice RENAME #room #Room :"]
