"""Files outlive the server, with the real database between one and the next."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from natterjack.core.server import Core
from natterjack.ports.events import Now, Tick
from natterjack.ports.files import Finished, Holdings
from natterjack.ports.records import ChannelGoneRecord, FileGoneRecord, Record
from natterjack.store import rows
from natterjack.store.database import open_database, transaction
from natterjack.store.writer import Store
from tests.support.files import ACCOUNTS, FileChat, number, sha


def restarted(directory: Path, records: list[Record], later: float = 60.0, durable: bool = True) -> FileChat:
    """A server that starts with ``records`` in its database."""
    connection = open_database(directory)
    with transaction(connection):
        for record in records:
            rows.write(connection, record)
    connection.close()
    store = Store(directory)
    snapshot = structs.replace(store.snapshot, secret=b"s" * 32)
    store.close()
    return FileChat(snapshot=snapshot, now=Now(5.0, FileChat().now.wall + later), durable=durable)


def test_after_a_restart_everything_is_as_it_was(tmp_path: Path) -> None:
    chat = FileChat("alice", "bob", "gus")
    for name in ("alice", "bob"):
        chat.peers[name].send("JOIN #club")
    msgid = chat.sent("a", "alice", "#club").msgid
    key = chat.sent("b", "gus", "#lobby", name="so it's ä;b c").key
    chat.sent("c", "alice", "bob")
    chat.sent("d", "alice")
    chat.sent("e", "gus", "alice")  # a guest's, in private: nothing of it is stored
    again = restarted(tmp_path, [*ACCOUNTS, *chat.records])
    assert [file.record for file in again.core.files] == [
        chat.core.files.get(number(each)).record for each in "abcd"
    ]  # type: ignore[union-attr]
    assert again.core.files.get(number("b")).record.key == key  # type: ignore[union-attr]
    for name in ("alice", "bob"):
        again.enter(name, "message-tags draft/message-redaction", login=name)
    assert [again.fetch("bob", each) for each in "abcde"] == ["a.jpg", "so it's ä;b c", "c.jpg", "404", "404"]
    answer = again.ask("alice", chat.whole("a", "alice", "#club"))
    assert isinstance(answer, Finished)
    assert answer.msgid == msgid  # finished already, and nobody hears of it again
    assert again.peers["bob"].take() == []
    again.wait(100)
    assert again.unkept == []
    again.past = chat.past
    assert not any("FAIL" in line for line in again.peers["alice"].send(f"REDACT #club {msgid}"))
    assert again.fetch("bob", "a") == "404"
    assert again.unkept == [sha("a")]
    third = restarted(tmp_path, again.records)
    assert [file.id for file in third.core.files] == [number(each) for each in "bcd"]


def test_the_shell_is_told_first_what_there_is(tmp_path: Path) -> None:
    chat = FileChat("alice")
    chat.sent("a", "alice")
    again = restarted(tmp_path, [*ACCOUNTS, *chat.records])
    snapshot = Store(tmp_path)
    core = Core(again.core.policy, "n", again.now, snapshot.snapshot)
    snapshot.close()
    assert core.take()[0] == Holdings(((number("a"), sha("a")),))


def test_what_is_over_goes_at_the_start(tmp_path: Path) -> None:
    chat = FileChat("alice")
    chat.peers["alice"].send("JOIN #club")
    chat.sent("a", "alice", "#club")
    chat.sent("b", "alice")
    again = restarted(tmp_path, [*ACCOUNTS, *chat.records, ChannelGoneRecord("#club")])
    again.handle(Tick())
    assert [record.id for record in again.records if isinstance(record, FileGoneRecord)] == [number("a")]
    assert again.unkept == [sha("a")]
    much_later = restarted(tmp_path, list(again.records), later=91 * 86400.0)
    much_later.handle(Tick())
    assert much_later.unkept == [sha("b")]


def test_without_stored_messages_ids_of_announcements_are_not_given_out_again(tmp_path: Path) -> None:
    chat = FileChat("alice", durable=False)
    chat.sent("a", "alice", "#lobby")
    line = chat.core.files.get(number("a")).record.line  # type: ignore[union-attr]
    again = restarted(tmp_path, [*ACCOUNTS, *chat.records], durable=False)
    assert again.core._ctx.last_id >= line > 0
