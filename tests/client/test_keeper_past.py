"""What was shown, and how far: kept over runs, looked for, told to the model."""

from __future__ import annotations

from pathlib import Path

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.local_store import LocalStore, Whose
from natterjack.client.session.catchup import Shown
from natterjack.client.transfers.values import FileInfo
from natterjack.proto.source import Source
from tests.client.front import MARKING, Front, rows
from tests.client.scripted import PATIENCE, Scripted


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


def test_what_two_runs_have_shown_is_recalled_once(tmp_path: Path) -> None:
    """Two terminals of one person, say: each keeps what it shows, one of them a little later."""
    whose, stores = Whose("there", "kim"), [LocalStore(tmp_path) for _ in range(2)]
    for number, store in ((1, 0), (2, 0), (1, 1), (3, 0), (2, 1), (3, 1)):
        line = e.MessageReceived(
            f"m{number}", float(number), Source("ann"), "#pond", f"{number}", e.Kind.MESSAGE, False
        )
        stores[store].show(whose, [Shown("#pond", line, True, line.msgid, line.time)])
    for nameless in range(2):  # of a server that gives none: nobody can say that they are the same
        line = e.MessageReceived("", 4.0, Source("ann"), "#pond", "again", e.Kind.MESSAGE, False)
        stores[nameless].show(whose, [Shown("#pond", line, False)])
    kept = stores[0].lines(whose, "#Pond", 4).lines
    assert [line.text for line in kept] == ["2", "3", "again", "again"]
    recalled = stores[1].last_lines(whose, 10, 10).lines
    assert [line.text for line in recalled] == ["1", "2", "3", "again", "again"]
    for store in stores:
        store.close()


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
