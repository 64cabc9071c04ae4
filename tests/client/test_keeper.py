"""The keeper behind a driver, with a database on the disk and a server that a test scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.driver import Driver
from natterjack.client.keeper import EARLIER, Keeper
from natterjack.client.local_store import FILE
from natterjack.client.mailbox import Mailbox
from natterjack.client.session import SessionConfig
from natterjack.client.transfers.values import FileInfo
from tests.client.scripted import KEEPING, PATIENCE, Scripted

T = TypeVar("T", bound=e.Event)
KIM = SessionConfig("kim")


class Front:
    """A front end that shows what it is told, and says so. ``texts`` are the messages shown."""

    def __init__(self, directory: Path) -> None:
        self.mailbox: Mailbox[list[e.Event]] = Mailbox()
        self.driver = Driver(self.mailbox.put, patience=0.2, keeper=Keeper(directory))
        self.texts: list[str] = []
        self.remembered = 0
        self._events: list[e.Event] = []

    def wait(self, kind: type[T]) -> T:
        """The next event of ``kind``; those before it are shown too."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, e.MessageReceived):
                    self.texts.append(event.text)
                elif isinstance(event, e.Mark):
                    self.driver.shown(event.number)
                elif isinstance(event, e.Remembered):
                    self.remembered += 1
                if isinstance(event, kind):
                    return event
            events = self.mailbox.get(PATIENCE)
            assert events, f"no {kind.__name__} came"
            self._events += events

    def connect(self, server: Scripted, config: SessionConfig = KIM) -> None:
        self.driver.connect(Address("127.0.0.1", server.port), config)

    def end(self) -> None:
        self.mailbox.close()
        self.driver.close()
        assert not self.driver._thread.is_alive()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as made:
        yield made


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    made = Front(tmp_path)
    yield made
    made.end()


def rows(directory: Path, query: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(directory / FILE))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


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
        assert (unknown.ref, unknown.left) == (7, 0)
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


def test_what_is_not_answered_soon_is_told_once(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "hello"))
    assert front.wait(e.StillSending) == e.StillSending(7, "#lobby", "hello")
    server.answer_message("m1")
    assert front.wait(e.Acked).late


def test_lines_are_shown_once_over_runs(server: Scripted, front: Front, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history("m1 alice one", "m2 alice two")
    server.send("@msgid=m3 :alice!a@h PRIVMSG #lobby :three")
    while "three" not in front.texts:
        front.wait(e.Mark)
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping()
    server.send("@msgid=m5 :alice!a@h PRIVMSG #lobby :five")
    request = server.answer_history("m3 alice three", "m4 alice four", "m5 alice five")
    assert request == "CHATHISTORY AFTER #lobby msgid=m3 500"
    while "five" not in again.texts:
        again.wait(e.Mark)
    assert again.texts == ["four", "five"]
    again.driver.send(r.AskHistory(9, "#lobby", limit=2))
    server.answer_history("m4 alice four", "m5 alice five")
    assert again.wait(e.HistoryRead).lines == 2
    again.end()
    assert [text for (text,) in rows(tmp_path, "SELECT text FROM line ORDER BY number")] == [
        "one",
        "two",
        "three",
        "four",
        "five",
    ]


def test_what_was_not_shown_is_not_taken_for_shown(server: Scripted, front: Front, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history("m1 alice one")
    front.wait(e.Ready)
    events = front.mailbox.get(PATIENCE)  # taken, and then the front end dies
    assert events
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping()
    assert server.answer_history("m1 alice one") == "CHATHISTORY LATEST #lobby * 50"
    again.wait(e.Mark)
    assert again.texts == ["one"]
    again.end()


def test_what_was_shown_is_there_without_a_connection(server: Scripted, front: Front, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history("m1 alice one", "m2 alice two")
    front.wait(e.Mark)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.AskHistory(3, "#LOBBY", limit=1))
    recalled = front.wait(e.Recalled)
    assert [line.text for line in recalled.lines] == ["two"]
    assert front.wait(e.Done).ref == 3
    front.driver.send(r.Recall())
    assert [line.text for line in front.wait(e.Recalled).lines] == ["one", "two"]
    server.__exit__(None, None, None)
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    assert again.wait(e.Connecting).known
    again.wait(e.ConnectFailed)
    again.driver.send(r.Recall())
    assert [line.text for line in again.wait(e.Recalled).lines] == ["one", "two"]
    again.end()


def test_search(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping()
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Search(5, "#lobby", "big; frogs"))
    tags, request = server.expect_tagged("SEARCH")
    assert request == "SEARCH in=#lobby;text=big\\:\\sfrogs;limit=50"
    server.send(
        f"@label={tags['label']} :srv BATCH +s soju.im/search",
        "@batch=s;msgid=m1;time=2026-01-01T00:00:00.000Z :kim!k@h PRIVMSG #lobby :big; frogs",
        ":srv BATCH -s",
    )
    found = front.wait(e.Found)
    assert (found.ref, found.text, found.time) == (5, "big; frogs", 1767225600.0)
    assert front.wait(e.Done).ref == 5


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
    front.driver.send(r.Say(3, "#lobby", "text 3"))
    assert server.answer_message("m3")[1] == "text 3"
    assert rows(tmp_path, "SELECT identity, text FROM outbox ORDER BY number")[:2] == [
        ("kim", "text 1"),
        ("kim", "text 2"),
    ]
    server.send(":srv 900 kim kim!k@h kim :You are logged in")
    assert [server.answer_message(f"n{number}")[1] for number in (1, 2)] == ["text 1", "text 2"]
    assert front.wait(e.Resuming).count == 2


MARKING = f"{KEEPING} draft/event-playback draft/message-redaction draft/read-marker natterjack/edit"


def test_how_far_was_read_is_kept_and_told(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MARKING)
    server.answer_history("m1 alice hello")
    front.wait(e.Ready)
    front.driver.read("#lobby", 1767225600.0)
    tags, request = server.expect_tagged("MARKREAD")
    assert request == "MARKREAD #lobby timestamp=2026-01-01T00:00:00.000Z"
    server.send(f"@label={tags['label']} :srv MARKREAD #lobby timestamp=2026-01-01T00:00:00.000Z")
    assert front.wait(e.ReadUpTo) == e.ReadUpTo("#lobby", 1767225600.0)
    server.send(":srv MARKREAD #lobby timestamp=2026-01-01T00:00:09.000Z")
    assert front.wait(e.ReadUpTo) == e.ReadUpTo("#lobby", 1767225609.0)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.read("#lobby", 1767225612.0)
    front.end()
    assert rows(tmp_path, "SELECT name, time, known FROM marker") == [("#lobby", 1767225612.0, 1767225609.0)]
    again = Front(tmp_path)
    again.connect(server)
    assert again.wait(e.ReadUpTo) == e.ReadUpTo("#lobby", 1767225612.0)
    server.let_in_keeping(caps=MARKING)
    assert server.expect_tagged("MARKREAD")[1] == "MARKREAD #lobby timestamp=2026-01-01T00:00:12.000Z"
    again.end()


def test_what_was_done_to_a_line_is_done_to_the_one_kept_here(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MARKING)
    server.answer_history("m1 alice helo", "m2 alice a slip", "m3 bob yes?")
    front.wait(e.Ready)
    server.send(
        "@msgid=m4;natterjack/edit=m1 :alice!u@h PRIVMSG #lobby :hello",
        "@msgid=m5 :alice!u@h REDACT #lobby m2 :sorry",
        "@msgid=m6;+draft/react=ok;+draft/reply=m3 :alice!u@h TAGMSG #lobby",
        "@msgid=m7;+draft/react=no;+draft/reply=m3 :alice!u@h TAGMSG #lobby",
        "@msgid=m8 :alice!u@h REDACT #lobby m7",
        "@msgid=m9 :carl!u@h JOIN #lobby",
        "@msgid=m10 :carl!u@h QUIT :bye",
    )
    front.wait(e.QuitSeen)
    front.wait(e.Mark)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.AskHistory(9, "#lobby"))
    recalled = front.wait(e.Recalled)
    assert [(line.text, line.edited, line.redacted) for line in recalled.lines] == [
        ("hello", True, False),
        ("", False, True),
        ("yes?", False, False),
    ]
    assert [(each.msgid, each.reaction, each.sender.nick) for each in recalled.reactions] == [
        ("m3", "ok", "alice")
    ]
    assert rows(tmp_path, "SELECT msgid FROM position") == [("m9",)]
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping(caps=MARKING)
    tags, request = server.expect_tagged("CHATHISTORY")
    assert request == "CHATHISTORY AFTER #lobby msgid=m9 500"
    server.send(
        f"@label={tags['label']} :srv BATCH +h chathistory #lobby",
        "@batch=h;msgid=m10 :carl!u@h QUIT :bye",
        "@batch=h;msgid=m11 :dan!u@h QUIT :me too",
        ":srv BATCH -h",
    )
    past = again.wait(e.Past)
    assert isinstance(past.event, e.QuitSeen)
    assert past.event.who.nick == "dan"
    again.end()


def test_a_file_is_one_in_the_next_run_too_unless_it_was_taken_back(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MARKING)
    server.answer_history("m1 alice hello")
    front.wait(e.Ready)
    digest = "0" * 64
    for number in (2, 3):
        about = f"natterjack/file=f{number};natterjack/file-name=cat.png;natterjack/file-size=10"
        tags = f"msgid=m{number};{about};natterjack/file-sha256={digest}"
        server.send(f"@{tags} :alice!u@h PRIVMSG #lobby :cat.png (10 B) https://a.example/{number}")
    server.send("@msgid=m4 :alice!u@h REDACT #lobby m2 :oops", "@msgid=m5 :carl!u@h JOIN #lobby")
    front.wait(e.Joined)
    front.wait(e.Mark)
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping(caps=MARKING)
    assert [line.file for line in again.wait(e.Remembered).lines] == [
        None,
        None,
        FileInfo("f3", "cat.png", 10, digest),
    ]
    again.end()


def test_the_model_is_given_what_was_shown_in_earlier_runs(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=MARKING)
    server.answer_history("m1 alice hello")
    front.wait(e.Mark)
    front.end()
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping(caps=MARKING)
    assert [line.text for line in again.wait(e.Remembered).lines] == ["hello"]
    server.hang_up()
    again.wait(e.Disconnected)
    again.connect(server)
    server.let_in_keeping(caps=MARKING)
    again.wait(e.Ready)
    again.end()
    assert again.remembered == 1
    assert again.texts == []


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
    assert rows(tmp_path, "PRAGMA user_version") == [(3,)]


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
