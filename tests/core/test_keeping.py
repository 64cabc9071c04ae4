"""How long the history of a channel is kept: KEEP, and the console's verb."""

from __future__ import annotations

import pytest
from msgspec import structs

from natterjack.core.channel import Keep
from natterjack.ports.records import AuditRecord, ForgetRecord, KeepRecord, Snapshot
from natterjack.proto import durations
from tests.support.chat import Chat, make_account
from tests.support.records import snapshot_of

ACCOUNTS = (make_account("alice"),)


def room(**settings: object) -> Chat:
    settings = {"durable": True, **settings}
    chat = Chat(
        store=True, instant=True, lobby=("#lobby",), snapshot=Snapshot(b"s" * 32, ACCOUNTS), **settings
    )
    chat.enter("alice", login="alice").send("JOIN #room")
    chat.quiet()
    return chat


def rules(chat: Chat) -> list[tuple[int, int]]:
    number = chat.world.channel("#room").conversation
    kept = [record for record in chat.records if isinstance(record, KeepRecord)]
    assert all(record.conversation == number for record in kept)
    return [(record.seconds, record.rows) for record in kept]


def test_an_owner_says_how_long_and_how_many() -> None:
    chat = room()
    chat.play("""
        alice > KEEP #room
        alice < NOTE KEEP KEPT #room :Messages of #room are kept as long as …
        alice > KEEP #room 30d 10000
        alice < NOTE KEEP KEPT #room :Messages of #room are kept for 30d, and as long as they are among the latest 10000
        alice > KEEP #room 12H
        alice < NOTE KEEP KEPT #room :Messages of #room are kept for 12h
        alice > KEEP #room :500 1w
        alice < NOTE KEEP KEPT #room :Messages of #room are kept for 1w, and as long as they are among the latest 500
        alice > KEEP #room OFF
        alice < NOTE KEEP KEPT #room :Messages of #room are kept as long as …
    """)
    assert rules(chat) == [(2_592_000, 10_000), (43_200, 0), (604_800, 500), (0, 0)]
    told = [
        record.about for record in chat.records if isinstance(record, AuditRecord) and record.verb == "keep"
    ]
    assert told == ["#room 30d 10000", "#room 12h", "#room 1w 500", "#room off"]


@pytest.mark.parametrize(
    "words", ["0", "1_0", "soon", "30d 30d", "5 5", "off 5", "30d 5 7", "99999999999", "999999w", ":"]
)
def test_what_is_no_rule_is_refused(words: str) -> None:
    chat = room()
    (got,) = chat.peers["alice"].send(f"KEEP #room {words}")
    assert got.startswith("FAIL KEEP INVALID_PARAMS #room :")
    assert rules(chat) == []


def test_where_nothing_is_stored_there_is_nothing_to_say() -> None:
    chat = room(durable=False, history=True)
    (got,) = chat.peers["alice"].send("KEEP #room 5")
    assert got.startswith("FAIL KEEP CANNOT_CHANGE #room :This server keeps messages in memory only")
    assert not chat.console("keep", "#room", "5").ok


def test_the_console_may_for_any_channel() -> None:
    chat = room()
    reply = chat.console("keep", "#lobby", "7d")
    assert (reply.ok, reply.text) == (True, "Messages of #lobby are kept for 1w")
    assert chat.console("keep", "#lobby").text == "Messages of #lobby are kept for 1w"
    assert chat.console("keep").rows == ({"channel": "#lobby", "age": "1w", "messages": "no limit"},)
    assert not chat.console("keep", "#gone").ok
    assert not chat.console("keep", "#lobby", "soon").ok
    chat.enter("gus").send("JOIN #new")
    assert not chat.console("keep", "#new", "5").ok


def test_it_holds_after_a_restart_and_under_another_name() -> None:
    chat = room()
    chat.peers["alice"].send("KEEP #room 30d", "RENAME #room #hall")
    (record,) = (record for record in chat.records if isinstance(record, KeepRecord))
    snapshot = structs.replace(snapshot_of(chat.records, ACCOUNTS), keeps=(record,))
    again = Chat(store=True, durable=True, instant=True, lobby=("#lobby",), snapshot=snapshot)
    assert again.world.channel("#hall").keep == Keep(2_592_000, 0)
    assert not any(isinstance(record, ForgetRecord) for record in chat.records)


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1s"), (90, "90s"), (3600, "1h"), (604_800, "1w"), (86_400, "1d")]
)
def test_lengths_of_time_are_shown_as_they_are_typed(seconds: int, text: str) -> None:
    assert durations.show(seconds) == text
    assert durations.read(text) == seconds
