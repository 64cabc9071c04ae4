"""What accounts say to each other: kept for whoever is away, the same on all devices; guests' words are not kept."""

from __future__ import annotations

from natterjack.ports.events import Stopping
from natterjack.ports.records import ForgetRecord, LineRecord, PairRecord, Snapshot
from tests.support.chat import Chat, make_account, said

CAPS = "batch message-tags echo-message draft/chathistory"


def chat_of(*accounts: str, caps: str = CAPS) -> Chat:
    """Each of ``accounts`` is there; ``away`` is an account too, but nobody of it."""
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name) for name in (*accounts, "away")))
    chat = Chat(store=True, durable=True, instant=True, lobby=(), snapshot=snapshot)
    for name in accounts:
        chat.enter(name, caps, login=name)
    chat.records.clear()
    return chat


def bodies(chat: Chat) -> list[str]:
    return [record.body.partition(" ")[2] for record in chat.records if isinstance(record, LineRecord)]


def history(chat: Chat, nick: str, other: str) -> list[str]:
    """What ``nick`` is told of what he and ``other`` said."""
    lines = chat.peers[nick].send(f"CHATHISTORY LATEST {other} * 99")
    return [line.partition(" :")[2].replace("PRIVMSG ", "") for line in lines[1:-1]]


def test_what_two_accounts_say_is_kept_and_both_may_read_it() -> None:
    chat = chat_of("alice", "bob", "eve")
    chat.peers["alice"].send("PRIVMSG bob :hi")
    chat.peers["bob"].send("PRIVMSG alice :hello")
    assert bodies(chat) == ["PRIVMSG bob :hi", "PRIVMSG alice :hello"]
    chat.quiet()
    wanted = ["alice bob :hi", "bob alice :hello"]
    assert history(chat, "alice", "bob") == history(chat, "bob", "ALICE") == wanted
    assert history(chat, "eve", "bob") == history(chat, "eve", "alice") == []


def test_that_they_have_talked_is_written_down_once() -> None:
    chat = chat_of("alice", "bob")
    for _ in range(3):
        chat.peers["alice"].send("PRIVMSG bob :hi")
    pairs = [record for record in chat.records if isinstance(record, PairRecord)]
    assert [(pair.account, pair.other) for pair in pairs] == [("alice", "bob")]


def test_a_message_waits_for_whoever_is_away() -> None:
    chat = chat_of("alice")
    assert chat.peers["alice"].send("PRIVMSG AWAY :are you there?") == [
        "@msgid=… :alice PRIVMSG away :are you there?".replace("…", f"m{chat.core.messages:x}"),
        "301 alice away :not here just now, and gets your message later",
    ]
    chat.enter("away", CAPS, login="away")
    assert history(chat, "away", "alice") == ["alice away :are you there?"]


def test_with_a_guest_on_either_side_nothing_is_kept() -> None:
    chat = chat_of("alice")
    chat.enter("gus", CAPS)
    chat.quiet()
    chat.peers["gus"].send("PRIVMSG alice :hi", "PRIVMSG away :hi")
    chat.peers["alice"].send("PRIVMSG gus :hello")
    assert bodies(chat) == []
    assert (
        "401 gus away :No such nick or channel" in chat.peers["gus"].take() or chat.peers["gus"].heard == []
    )
    (got,) = chat.peers["alice"].send("CHATHISTORY LATEST gus * 5")[-1:]
    assert got.startswith("FAIL CHATHISTORY INVALID_TARGET")


def test_all_devices_get_it_under_whatever_nick() -> None:
    chat = chat_of("alice", "bob", caps="")
    chat.enter("phone", "", login="bob")
    chat.enter("tablet", "", login="alice")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG bob :hi
        bob < :alice PRIVMSG bob :hi
        phone < :alice PRIVMSG bob :hi
        tablet < :alice PRIVMSG bob :hi
        phone > PRIVMSG tablet :hello
        alice < :phone PRIVMSG tablet :hello
        tablet < :phone PRIVMSG tablet :hello
        bob < :phone PRIVMSG tablet :hello
    """)
    assert len(bodies(chat)) == 2


def test_a_revoked_account_gets_nothing_more() -> None:
    chat = chat_of("alice")
    chat.console("accounts", "revoke", "away")
    assert chat.peers["alice"].send("PRIVMSG away :hi") == ["401 alice away :No such nick or channel"]


def test_private_conversations_are_among_the_targets() -> None:
    chat = chat_of("alice", "bob")
    chat.peers["alice"].send("PRIVMSG away :hi")
    chat.quiet()
    span = "timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z"
    found = [line.split(" ")[3] for line in chat.peers["alice"].send(f"CHATHISTORY TARGETS {span} 9")[1:-1]]
    assert found == ["away"]
    assert chat.peers["bob"].send(f"CHATHISTORY TARGETS {span} 9")[1:-1] == []


def test_markers_agree_across_devices() -> None:
    chat = chat_of("alice", caps="draft/read-marker")
    chat.enter("tablet", "draft/read-marker", login="alice")
    chat.quiet()
    chat.play("""
        alice > MARKREAD away timestamp=2026-11-22T20:31:02.000Z
        alice < MARKREAD away timestamp=2026-11-22T20:31:02.000Z
        tablet < MARKREAD away timestamp=2026-11-22T20:31:02.000Z
    """)


def test_where_a_guests_words_are_kept_they_go_with_him() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("alice"),))
    chat = Chat(store=True, durable=True, instant=True, lobby=(), snapshot=snapshot, keep_guests=True)
    chat.enter("alice", CAPS, login="alice")
    chat.enter("phone", CAPS, login="alice")
    gus, other = chat.enter("gus", CAPS), chat.enter("eve", CAPS)
    gus.send("PRIVMSG alice :hi", "PRIVMSG eve :psst")
    chat.peers["alice"].send("PRIVMSG gus :hello")
    chat.quiet()
    wanted = ["gus alice :hi", "alice gus :hello"]
    assert (
        history(chat, "alice", "gus")
        == history(chat, "phone", "gus")
        == history(chat, "gus", "alice")
        == wanted
    )
    assert history(chat, "eve", "gus") == ["gus eve :psst"]
    assert history(chat, "eve", "alice") == []
    assert not [record for record in chat.records if isinstance(record, PairRecord)]
    gus.hang_up()
    assert len([record for record in chat.records if isinstance(record, ForgetRecord)]) == 2
    chat.enter("gus", CAPS)
    assert history(chat, "gus", "alice") == history(chat, "alice", "gus") == [], "another one of that name"
    other.send("PRIVMSG alice :me too")
    chat.quiet()
    assert history(chat, "alice", "eve") == ["eve alice :me too"]
    other.send(*said("alice", "alice-password"))
    forgotten = {record.conversation for record in chat.records if isinstance(record, ForgetRecord)}
    assert len(forgotten) == 3, "a guest no longer"


def test_where_a_guests_words_are_kept_they_go_with_the_server_too() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("alice"),))
    chat = Chat(store=True, durable=True, instant=True, lobby=(), snapshot=snapshot, keep_guests=True)
    alice, gus = chat.enter("alice", CAPS, login="alice"), chat.enter("gus", CAPS)
    gus.send("PRIVMSG alice :hi")
    alice.send("PRIVMSG gus :hello")
    (said_in,) = {record.conversations for record in chat.records if isinstance(record, LineRecord)}
    chat.handle(Stopping("going down"))
    assert [record.conversation for record in chat.records if isinstance(record, ForgetRecord)] == [*said_in]
