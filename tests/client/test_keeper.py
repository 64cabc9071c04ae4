"""The keeper behind a driver, with a database on the disk and a server that a test scripts."""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.database import LocalStoreError
from natterjack.client.keeper import EARLIER
from natterjack.client.local_store import FILE, LocalStore, Whose
from natterjack.client.session.outbox import Draft
from tests.chaos.disks import Recorder, Sync, Write
from tests.client.front import MARKING, Front, rows
from tests.client.scripted import KEEPING, Scripted


def test_a_message_is_sent_again_under_its_name_until_it_is_answered(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping()
    assert server.answer_history() == "CHATHISTORY LATEST #lobby * 50"
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "hello"))
    tags, _ = server.expect_tagged("PRIVMSG")
    assert rows(tmp_path, "SELECT cid, tried FROM outbox") == [(tags["+natterjack/cid"], 1)]
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(8, "#lobby", "are you there?"))
    assert front.wait(e.Kept) == e.Kept(8, "#lobby", "are you there?")
    front.connect(server)
    server.let_in_keeping()
    server.answer_history("m1 kim hello")
    assert server.answer_message("m1") == (tags["+natterjack/cid"], "hello")
    second = server.answer_message("m2")
    assert second[1] == "are you there?"
    assert second[0] != tags["+natterjack/cid"]
    acks = [front.wait(e.Acked) for _ in range(2)]
    assert [(ack.ref, ack.msgid, ack.left) for ack in acks] == [(7, "m1", 0), (8, "m2", 0)]
    assert acks[1].late
    assert front.texts == ["hello", "are you there?"]
    front.wait(e.Mark)
    front.end()
    assert rows(tmp_path, "SELECT * FROM outbox") == []


def test_what_is_typed_is_on_the_disk_when_it_is_written_down(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    try:
        store = LocalStore(tmp_path)
        whose = Whose("127.0.0.1:7667", "")
        for number in range(3):
            store.add(whose, [(f"cid{number}", Draft("#lobby", e.Kind.MESSAGE, "hello"))], 1.0, 1, tried=True)
            written = [note.name for note in recorder.notes if isinstance(note, Write)]
            assert written[-1] == f"{FILE}-wal"
            assert recorder.notes[-1] == Sync(f"{FILE}-wal")
        store.close()
    finally:
        recorder.unregister()


def test_another_run_sends_what_one_that_was_killed_left(
    server: Scripted, front: Front, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.driver.send(r.Say(7, "#pond", "hello"))
    cid = server.expect_tagged("PRIVMSG")[0]["+natterjack/cid"]
    living = Front(tmp_path)
    living.connect(server)  # nothing of what the first one has under way is its business
    server.let_in_keeping("lee")
    server.answer_history()
    living.driver.send(r.AskChannels(1))
    server.expect("LIST")
    living.end()
    front.end()
    third = Front(tmp_path)
    third.connect(server)
    server.accept()
    server.expect("USER")
    server.send(f":srv CAP * LS :{KEEPING}", f":srv CAP * ACK :{KEEPING}", ":srv 001 kim :Welcome")
    server.send(":srv 422 kim :no message of the day")
    assert server.expect_tagged("JOIN")[1] == "JOIN #pond"  # a guest is nowhere before he joins
    server.answer_ping("natterjack-ready")
    assert third.wait(e.Resuming).count == 1
    assert server.answer_message("m1") == (cid, "hello")
    ack = third.wait(e.Acked)
    assert (ack.ref, ack.late) == (EARLIER, True)
    third.end()


def test_a_server_that_cannot_tell_is_not_sent_anything_twice(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    for _ in range(2):
        front.connect(server)
        server.let_in()
        front.wait(e.Ready)
        front.driver.send(r.Say(7, "#lobby", "hello"))
        server.expect("PRIVMSG #lobby hello")
        server.hang_up()
        unknown = front.wait(e.Unanswered)
        assert (unknown.ref, unknown.left, unknown.said) == (7, 0, "hello")
        assert "hello" in unknown.text
        front.wait(e.Disconnected)
    assert rows(tmp_path, "SELECT * FROM outbox") == []


def test_a_refused_message_is_over(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.driver.send(r.Say(7, "nobody,#lobby", "hello"))
    tags, _ = server.expect_tagged("PRIVMSG")
    server.send(f"@label={tags['label']} :srv 401 kim nobody :No such nick")
    server.answer_message("m1")
    refused = front.wait(e.Refused)
    assert (refused.ref, refused.code, refused.left) == (7, "401", 1)
    assert front.wait(e.Acked).left == 0
    front.wait(e.Mark)
    front.end()
    assert rows(tmp_path, "SELECT * FROM outbox") == []


def test_what_was_written_under_larger_limits_arrives_all_the_same(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=f"{KEEPING} draft/multiline=max-bytes=4096,max-lines=24")
    server.answer_history()
    front.wait(e.Ready)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(7, "#lobby", "1\n2\n3\n4\n5"))
    front.wait(e.Kept)
    front.end()
    other = Front(tmp_path)
    other.connect(server)
    server.let_in_keeping(caps=f"{KEEPING} draft/multiline=max-bytes=4096,max-lines=2")
    server.answer_history()
    cids, said = [], []
    for name in ("m1", "m2"):
        tags, line = server.expect_tagged("BATCH +")
        cids.append(tags["+natterjack/cid"])
        lines = [server.line() for _ in range(3)]
        said += [each.rpartition(" ")[2] for each in lines[:2]]
        assert lines[2] == f"BATCH -{name}"
        server.send(
            f"@label={tags['label']};msgid={name} :kim!k@h {line}",
            *(each.replace(" PRIVMSG", " :kim!k@h PRIVMSG", 1) for each in lines[:2]),
            f":kim!k@h {lines[2]}",
        )
    cid, text = server.answer_message("m3")
    assert [*said, text] == list("12345")
    assert len({*cids, cid}) == 3
    acks = [other.wait(e.Acked) for _ in range(3)]
    assert [(ack.ref, ack.text, ack.left) for ack in acks] == [
        (EARLIER, "1\n2", 2),
        (EARLIER, "3\n4", 1),
        (EARLIER, "5", 0),
    ]
    other.wait(e.Mark)
    other.end()
    assert rows(tmp_path, "SELECT * FROM outbox") == []


MULTILINE = f"{KEEPING} draft/multiline=max-bytes=4096,max-lines=24"


def test_what_was_cut_keeps_its_place_and_is_told_line_by_line(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MULTILINE)
    server.answer_history()
    front.wait(e.Ready)
    server.hang_up()
    front.wait(e.Disconnected)
    for ref, text in ((7, "first"), (8, "one\ntwo"), (9, "last")):
        front.driver.send(r.Say(ref, "#lobby", text))
        front.wait(e.Kept)
    front.connect(server)
    server.let_in_keeping()  # it takes one line at a time now
    server.answer_history()
    sent = [server.expect_tagged("PRIVMSG") for _ in range(4)]
    assert [line for _, line in sent] == [
        f"PRIVMSG #lobby {text}" for text in ("first", "one", "two", "last")
    ]
    assert len({tags["+natterjack/cid"] for tags, _ in sent}) == 4
    assert rows(tmp_path, "SELECT text, tried FROM outbox ORDER BY number") == [
        ("first", 1),
        ("one", 1),
        ("two", 1),
        ("last", 1),
    ]
    server.send(f"@label={sent[1][0]['label']} :srv 404 kim #lobby :Too fast")
    refused = front.wait(e.Refused)
    assert (refused.ref, refused.left, refused.said) == (8, 1, "one")
    server.hang_up()
    front.connect(server)
    server.let_in_keeping(caps=MULTILINE)
    server.answer_history()
    again = [server.expect_tagged("PRIVMSG") for _ in range(3)]
    assert [line for _, line in again] == [f"PRIVMSG #lobby {text}" for text in ("first", "two", "last")]
    names = [tags["+natterjack/cid"] for tags, _ in (sent[0], *sent[2:])]
    assert [tags["+natterjack/cid"] for tags, _ in again] == names
    front.end()


def test_what_was_tried_as_one_is_not_sent_in_another_way(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MULTILINE)
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "one\ntwo"))
    server.expect("BATCH -")
    server.hang_up()
    front.wait(e.Disconnected)
    front.connect(server)
    server.let_in_keeping()  # it takes one line at a time now
    server.answer_history()
    unknown = front.wait(e.Unanswered)
    assert (unknown.ref, unknown.left, unknown.said) == (7, 0, "one\ntwo")
    assert "whether it arrived: one\ntwo" in unknown.text
    front.driver.send(r.Say(8, "#lobby", "next"))
    server.expect("PRIVMSG #lobby next")  # and nothing before it
    front.end()
    assert rows(tmp_path, "SELECT text FROM outbox") == [("next",)]


def test_what_cannot_be_cut_on_a_full_disk_stays_as_it_is(
    front: Front, server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MULTILINE)
    server.answer_history()
    front.wait(e.Ready)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(7, "#lobby", "one\ntwo"))
    front.wait(e.Kept)

    def full(*_: object) -> None:
        raise LocalStoreError("the disk is full")

    monkeypatch.setattr(LocalStore, "cut", full)
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    told = front.wait(e.Unanswered)
    assert (told.ref, told.left) == (7, 0)
    assert "the disk is full). It waits until you come back: one\ntwo" in told.text
    front.end()
    assert rows(tmp_path, "SELECT text, tried FROM outbox") == [("one\ntwo", 0)]


def say_without_a_connection(front: Front, server: Scripted, text: str) -> None:
    """Under number 7, once a connection was there and is lost."""
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(7, "#lobby", text))
    front.wait(e.Kept)


def test_what_an_earlier_run_has_left_is_told_with_its_text_where_it_is_refused(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    say_without_a_connection(front, server, "dear all")
    front.end()
    other = Front(tmp_path)
    other.connect(server)
    server.let_in_keeping()
    server.answer_history()
    tags, _ = server.expect_tagged("PRIVMSG")
    server.send(f"@label={tags['label']} :srv 404 kim #lobby :Cannot send to channel")
    refused = other.wait(e.Refused)
    assert (refused.ref, refused.text) == (EARLIER, "#lobby: Cannot send to channel (It was: dear all)")
    other.end()


def test_what_is_not_answered_soon_is_told_once(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "hello"))
    assert front.wait(e.StillSending) == e.StillSending(7, "#lobby", "hello")
    server.answer_message("m1")
    assert front.wait(e.Acked).late


def test_where_it_can_not_be_noted_that_something_was_tried_that_is_told(
    front: Front, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server knows no names of messages, it may be sent again after the next start."""

    def full(*_: object) -> None:
        raise LocalStoreError("the disk is full")

    say_without_a_connection(front, server, "hello")
    monkeypatch.setattr(LocalStore, "note_tried", full)
    front.connect(server)
    server.let_in_keeping()
    assert "the disk is full" in front.wait(e.KeepingFailed).text
    server.answer_history()
    assert server.answer_message("m1")[1] == "hello"
    assert front.wait(e.Acked).ref == 7


@pytest.mark.parametrize("content", [b"no database at all, " * 300, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_is_told_and_never_replaced(
    front: Front, server: Scripted, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    front.connect(server)
    failed = front.wait(e.KeepingFailed)
    assert str(tmp_path / FILE) in failed.text
    assert "damaged" in failed.text
    server.let_in_keeping()
    server.answer_history()
    front.driver.send(r.Say(7, "#lobby", "hello"))
    server.hang_up()
    front.wait(e.Disconnected)
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    assert server.answer_message("m1")[1] == "hello"
    assert front.wait(e.Acked).ref == 7
    assert (tmp_path / FILE).read_bytes() == content


def test_another_programs_database_is_left_alone(front: Front, server: Scripted, tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / FILE))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    front.connect(server)
    assert "another program's" in front.wait(e.KeepingFailed).text
    assert rows(tmp_path, "SELECT name FROM sqlite_schema") == [("theirs",)]


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of Unix")
def test_it_is_for_its_owner_alone(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    for path in [tmp_path / FILE, *(tmp_path / "runs").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_down_is_not_sent(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    other = apsw.Connection(str(tmp_path / FILE))
    other.execute("DROP TABLE outbox")
    other.close()
    front.driver.send(r.Say(7, "#lobby", "hello"))
    refused = front.wait(e.Refused)
    assert (refused.ref, refused.code) == (7, "not_kept")
    assert refused.text.startswith("Nothing was sent, since it could not be written down")


def test_what_a_guest_wrote_and_did_not_send_is_the_accounts(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    for number in range(1, 19):
        front.driver.send(r.Say(number, "#lobby", f"text {number}"))
    server.expect("PRIVMSG #lobby :text 16")
    server.send(":srv 900 kim kim!k@h kim :You are logged in")
    assert [server.expect("PRIVMSG").rpartition(":")[2] for _ in range(2)] == ["text 17", "text 18"]


def test_what_a_guest_has_under_way_is_answered_though_he_logged_in(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(1, "#lobby", "one"))
    tags, _ = server.expect_tagged("PRIVMSG")
    server.send(":srv 900 kim kim!k@h kim :You are logged in")
    server.send(f"@label={tags['label']};msgid=m1 :kim!k@h PRIVMSG #lobby one")
    assert front.wait(e.Acked).ref == 1


def test_what_an_account_wrote_is_not_sent_as_a_guest(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    server.send(":srv 900 kim kim!k@h kim :You are logged in")
    front.wait(e.AccountChanged)
    for number in (1, 2):
        front.driver.send(r.Say(number, "#lobby", f"text {number}"))
        server.expect("PRIVMSG")
    server.hang_up()
    front.wait(e.Disconnected)
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    told = [front.wait(e.Unanswered) for _ in range(2)]
    assert [(each.ref, each.left) for each in told] == [(1, 0), (2, 0)]
    assert told[0].text == "Not sent: it was written as kim, and waits until you are that again: text 1"
    assert all(each.stays for each in told)
    front.driver.send(r.Say(3, "#lobby", "text 3"))
    assert server.answer_message("m3")[1] == "text 3"
    assert rows(tmp_path, "SELECT identity, text FROM outbox ORDER BY number")[:2] == [
        ("kim", "text 1"),
        ("kim", "text 2"),
    ]
    server.send(":srv 900 kim kim!k@h kim :You are logged in")
    assert [server.answer_message(f"n{number}")[1] for number in (1, 2)] == ["text 1", "text 2"]
    assert front.wait(e.Resuming).count == 2


def test_an_answer_stays_one_until_it_is_sent(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MARKING)
    server.answer_history("m1 alice shall we?")
    front.wait(e.Ready)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(7, "#lobby", "yes", reply_to="m1"))
    front.wait(e.Kept)
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping(caps=MARKING)
    tags, request = server.expect_tagged("PRIVMSG")
    assert (tags["+draft/reply"], request) == ("m1", "PRIVMSG #lobby yes")
    again.end()


def test_a_file_of_the_first_version_is_taken_over(front: Front, server: Scripted, tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / FILE))
    connection.execute(FIRST_VERSION)
    connection.execute(
        "INSERT INTO outbox VALUES (1, ?, '', 'r', 'cid-of-old', '#lobby', 'message', 'hi', 0, 0)",
        (Address("127.0.0.1", server.port).name,),
    )
    connection.close()
    front.connect(server)
    server.let_in_keeping()
    assert server.answer_message("m1")[1] == "hi"
    front.wait(e.Acked)
    assert rows(tmp_path, "PRAGMA user_version") == [(4,)]


#: As the first release made it.
FIRST_VERSION = """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, identity TEXT NOT NULL, run TEXT NOT NULL,
        cid TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
        created REAL NOT NULL, tried INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE position (
        server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL, name TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, PRIMARY KEY (server, identity, conversation)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE line (
        number INTEGER PRIMARY KEY, server TEXT NOT NULL, identity TEXT NOT NULL, conversation TEXT NOT NULL,
        msgid TEXT NOT NULL, time REAL NOT NULL, nick TEXT NOT NULL, account TEXT NOT NULL, target TEXT NOT NULL,
        kind TEXT NOT NULL, own INTEGER NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX line_place ON line (server, identity, conversation, number);
    PRAGMA application_id = 1313497964;
    PRAGMA user_version = 1;
"""
