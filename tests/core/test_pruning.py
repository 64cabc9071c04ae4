"""Channels that nobody needs any more go, with their history; and guests can't make any number of them last."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.core import pruning, rosters
from natterjack.ports.events import Answered, Now, Tick
from natterjack.ports.questions import Answer, ReadFailed
from natterjack.ports.records import ChannelGoneRecord, ForgetRecord, LineRecord, Record, Snapshot
from tests.support import world
from tests.support.chat import Chat, make_account

DAY = 86400.0


def chat_with_channels(**settings: Any) -> Chat:
    """Gus, a guest, has talked in #guests, alice owns #hers and has left #former; nobody is there any more."""
    snapshot = Snapshot(b"s" * 32, (make_account("alice"), make_account("bob")))
    settings = {"durable": True, "instant": True, **settings}
    chat = Chat(store=True, lobby=("#lobby",), snapshot=snapshot, **settings)
    gus = chat.enter("gus", "draft/read-marker")
    gus.send("JOIN #guests", "PRIVMSG #guests :hi", "PRIVMSG #lobby :hi", "QUIT")
    alice = chat.enter("alice", "draft/read-marker batch message-tags draft/chathistory", login="alice")
    alice.send("JOIN #hers,#former,#guests", "MARKREAD #former timestamp=2026-11-22T20:31:02.000Z")
    alice.send("PRIVMSG #hers :hi", "PART #former,#guests", "QUIT")
    chat.quiet()
    chat.records.clear()
    return chat


def later(chat: Chat, days: float) -> None:
    """So many days, of which the core hears twice."""
    for part in (days * DAY - 10, 10, 2):
        chat.now = Now(chat.now.mono + part, chat.now.wall + part)
        chat.handle(Tick())


def answer(chat: Chat, found: Answer) -> None:
    """What was asked last is answered."""
    chat.handle(Answered(max(chat.core._waits._asked), found))


def gone(chat: Chat) -> list[str]:
    return [record.name for record in chat.records if isinstance(record, ChannelGoneRecord)]


def test_what_nobody_belongs_to_goes_once_it_was_silent_for_long() -> None:
    chat = chat_with_channels()
    numbers = {name: chat.world.channel(name).conversation for name in ("#guests", "#former")}
    later(chat, 29)
    assert gone(chat) == []
    later(chat, 2)
    assert sorted(gone(chat)) == ["#former", "#guests"]
    assert sorted(chat.world.channels) == ["#hers", "#lobby"]
    forgotten = {record.conversation for record in chat.records if isinstance(record, ForgetRecord)}
    assert forgotten == set(numbers.values())
    assert not any(line.conversation in forgotten for line, _ in chat.past.lines.values())
    assert [event.channel for event in chat.happened if event.event == "channel-gone"] == [
        "#guests",
        "#former",
    ]
    world.check(chat.core)
    alice = chat.enter("alice", "draft/read-marker", login="alice")
    alice.send("JOIN #former")
    assert alice.send("MARKREAD #former") == ["MARKREAD #former *"]


def test_whatever_is_used_stays() -> None:
    chat = chat_with_channels()
    later(chat, 20)
    chat.enter("ida").send("JOIN #guests", "PRIVMSG #guests :still here", "QUIT")
    chat.enter("bob", login="bob").send("JOIN #former")
    later(chat, 15)
    assert gone(chat) == []
    later(chat, 20)
    assert gone(chat) == ["#guests"]


def test_a_new_topic_counts_like_a_word() -> None:
    chat = chat_with_channels()
    later(chat, 20)
    chat.enter("alice", login="alice").send("JOIN #former", "TOPIC #former :new", "PART #former", "QUIT")
    later(chat, 15)
    assert gone(chat) == ["#guests"]


@pytest.mark.parametrize("settings", [{"keep_empty": 0.0}, {"history": False, "durable": False}])
def test_it_can_be_turned_off(settings: dict[str, Any]) -> None:
    chat = chat_with_channels(**settings)
    before = set(chat.world.channels)
    later(chat, 1000)
    assert set(chat.world.channels) == before


def test_a_clock_that_is_set_forward_takes_nothing_away() -> None:
    chat = chat_with_channels()
    chat.now = Now(chat.now.mono, chat.now.wall + 3650 * DAY)
    later(chat, 1)
    assert gone(chat) == []


def test_who_comes_while_the_history_is_asked_finds_it() -> None:
    chat = chat_with_channels()
    chat.answers = False
    later(chat, 40)
    chat.enter("ida", caps="draft/chathistory").send("JOIN #guests")
    chat.records.clear()
    answer(chat, ())
    assert gone(chat) == ["#former"]
    world.check(chat.core)


def test_what_is_said_from_outside_meanwhile_is_not_lost() -> None:
    chat = chat_with_channels()
    chat.peers["gus"] = gus = chat.enter("gus")
    gus.send("JOIN #open", "MODE #open -n", "PRIVMSG #open :hi", "PART #open")
    chat.answers = False
    later(chat, 40)
    ida = chat.enter("ida", "draft/chathistory")  # and asks for nothing
    assert ida.send("PRIVMSG #open :anybody?") == []
    answer(chat, ())
    assert "#open" in chat.world.channels
    assert sorted(gone(chat)) == ["#former", "#guests"]


def test_if_the_history_cannot_be_read_nothing_goes() -> None:
    chat = chat_with_channels()
    chat.answers = False
    later(chat, 40)
    answer(chat, ReadFailed("no"))
    assert gone(chat) == []
    chat.answers = True
    later(chat, 1)
    assert len(gone(chat)) == 2


def test_many_go_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PORTION", 3)
    chat = chat_with_channels()
    chat.enter("gus")
    for number in range(8):
        chat.peers["gus"].send(f"JOIN #g{number}", f"PRIVMSG #g{number} :x", f"PART #g{number}")
    chat.now = Now(chat.now.mono + 40 * DAY, chat.now.wall + 40 * DAY)
    counts = []
    for _ in range(5):
        chat.handle(Tick())
        counts.append(len(gone(chat)))
        chat.now = Now(chat.now.mono + 1, chat.now.wall + 1)
    assert counts == [3, 6, 9, 10, 10]


# -- channels that guests make


def test_what_happened_in_a_channel_that_did_not_last_goes_with_it() -> None:
    chat = chat_with_channels()
    gus, ida = chat.enter("gus"), chat.enter("ida")
    gus.send("JOIN #a,#b,#c,#d")
    ida.send("JOIN #b,#c,#d")
    numbers = {name: chat.world.channel(name).conversation for name in ("#a", "#b", "#c", "#d")}
    gus.send("PRIVMSG #d :this one stays", "PART #a", "KICK #b ida :out")
    chat.records.clear()
    gus.send("PART #b,#c")
    gus.send("QUIT")
    ida.send("QUIT")
    assert set(numbers).isdisjoint(chat.world.channels.keys() - {"#d"})
    events = [record for record in chat.records if isinstance(record, LineRecord | ForgetRecord)]
    assert [
        record.conversation if isinstance(record, ForgetRecord) else record.body.split()[1]
        for record in events
    ] == ["PART", "PART", numbers["#b"], "QUIT", "QUIT", numbers["#c"]]
    kept = {line.conversation for line, _ in chat.past.lines.values()}
    assert kept & set(numbers.values()) == {numbers["#d"]}
    world.check(chat.core)


def test_a_channel_that_goes_as_it_comes_leaves_nothing_either() -> None:
    chat = chat_with_channels()
    gus = chat.enter("gus")
    before = dict(chat.past.lines)
    gus.send("JOIN #a", "PART #a", "JOIN #a", "JOIN 0")
    assert not any("#a" in line.body for line, _ in chat.past.lines.values())
    assert before.items() <= chat.past.lines.items()


def test_guests_cannot_make_any_number_of_channels_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "OWNERLESS", 2)
    chat = chat_with_channels()
    gus = chat.enter("gus", "echo-message labeled-response batch")
    gus.send("JOIN #two", "PRIVMSG #two :x", "JOIN #three")
    before: list[Record] = [
        record for record in chat.records if isinstance(record, LineRecord) and record.message
    ]
    (got,) = gus.send("@label=1 PRIVMSG #three :x")
    assert got.startswith("@label=1 404 gus #three :")
    assert "this server keeps no more channels without an owner" in got
    assert [record for record in chat.records if isinstance(record, LineRecord) and record.message] == before
    assert gus.send("NOTICE #three :x") == []
    assert gus.send("@label=2 PRIVMSG #two :x") == ["@label=2 :gus PRIVMSG #two :x"]
    bob = chat.enter("bob", "echo-message", login="bob")
    bob.send("JOIN #four")
    assert bob.send("PRIVMSG #four :x") == [":bob PRIVMSG #four :x"]
