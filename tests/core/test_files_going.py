"""How files go: deleted, taken back, kept no longer, too many; and what is told of those that are there."""

from __future__ import annotations

import pytest

from natterjack.core.files import removing
from natterjack.core.files.rows import Files
from natterjack.core.handlers import files
from natterjack.core.policy import FILE_LEAST, FilePolicy
from natterjack.ports.events import Tick
from natterjack.ports.files import (
    Denied,
    Erased,
    Finished,
    Identify,
)
from natterjack.ports.records import FileGoneRecord, FileRecord, LineRecord
from tests.support.files import FileChat, denied, number, sha


def gone(chat: FileChat) -> list[str]:
    """Which files the store was told to forget, refused or not; they are told once."""
    ids = [record.id for record in chat.records if isinstance(record, FileGoneRecord)]
    chat.records.clear()
    return ids


def test_deleting() -> None:
    chat = FileChat("alice", "bob", "root", "gus", instant=False)
    for name in ("alice", "bob", "gus"):
        chat.peers[name].send("JOIN #club")
    chat.settle()
    for letter, who in (("a", "bob"), ("b", "bob"), ("c", "gus"), ("d", "gus")):
        chat.request(who, chat.whole(letter, who, "#club"))
        chat.settle()
    chat.quiet()
    chat.play(f"""
        bob > @label=1 FILE DELETE {number("a")}
        -- commit
        bob < @label=1 NOTE FILE DELETED {number("a")} :Nobody can fetch it any more
        bob > FILE DELETE {number("a")}
        bob < FAIL FILE NO_SUCH_FILE DELETE {number("a")} :There is no such file for you
        bob > FILE DELETE {number("c")}
        bob < FAIL FILE FILE_FORBIDDEN DELETE {number("c")} :Only its uploader may do that, and operators of the channel
        alice > FILE DELETE {number("b")}
        -- refuse
        alice < FAIL FILE UNSTORED {number("b")} :It is done, and holds, but can't be stored just now: …
        gus > FILE DELETE {number("c")}
        -- commit
        gus < NOTE FILE DELETED {number("c")} :Nobody can fetch it any more
    """)
    assert sorted(chat.unkept) == sorted(map(sha, "abc"))  # what was owed went along
    assert gone(chat) == [number(letter) for letter in "abbc"]
    erase = chat.request("gus", Identify())
    chat.settle()
    assert erase in chat.file_answers
    reply = chat.console("files", "delete", number("d"))
    assert (reply.ok, reply.text) == (True, f"nobody can fetch {number('d')} any more")
    assert not chat.console("files", "delete", "x").ok
    assert chat.core.files.bytes == 0


def test_who_takes_back_the_message_takes_back_the_file() -> None:
    chat = FileChat("alice", "bob")
    msgid = chat.sent("a", "alice", "#lobby").msgid
    chat.sent("b", "alice", "#lobby", sha256=sha("a"))
    chat.peers["alice"].send(f"REDACT #lobby {msgid}")
    assert [chat.fetch("bob", each) for each in "ab"] == ["404", "b.jpg"]
    assert chat.unkept == []  # another has the same content
    assert isinstance(chat.erase("alice", "b"), Erased)
    assert chat.unkept == [sha("a")]


def test_what_could_not_be_taken_back_keeps_its_file() -> None:
    chat = FileChat("alice", "bob", instant=False)
    request = chat.request("alice", chat.whole("a", "alice", "#lobby"))
    chat.settle()
    msgid = chat.file_answers[request].msgid  # type: ignore[union-attr]
    files, alice, bob = chat.core.files, chat.peers["alice"], chat.token("bob")
    fetch = lambda: chat.fetch(bob, "a")  # noqa: E731
    chat.quiet()
    for _ in range(2):
        alice.send(f"REDACT #lobby {msgid}")
        assert fetch() == "404", "nobody may have it while nobody knows"
        assert denied(chat.erase(bob, "a"))[0] == 404
        assert list(files) == []
        assert files.used("alice") == FILE_LEAST, "it may come back, and then there must be room for it"
        assert gone(chat) == [number("a")]
        chat.refuse()
        assert "STORAGE_FULL" in alice.take()[-1]
        assert fetch() == "a.jpg"
        chat.wait(2)
        chat.settle()
        assert gone(chat) == [], "what was refused is not owed"
        assert (fetch(), chat.unkept, files.bytes) == ("a.jpg", [], 5)
    alice.send(f"REDACT #lobby {msgid}")
    (commit,) = chat.commits
    assert {"RedactRecord", "FileGoneRecord"} <= {type(record).__name__ for record in commit.records}
    chat.settle()
    assert (fetch(), chat.unkept, files.bytes, files.used("alice")) == ("404", [sha("a")], 0, 0)


@pytest.mark.parametrize("durable", [True, False])
def test_what_was_sent_to_a_guest_goes_with_its_message_where_that_is_kept(durable: bool) -> None:
    chat = FileChat("alice", "gus", "eve", durable=durable, keep_guests=True)
    chat.sent("b", "gus", "alice")
    msgid = chat.sent("a", "alice", "gus").msgid
    assert msgid
    assert chat.fetch("gus", "a") == "a.jpg"
    (told,) = chat.peers["alice"].send(f"REDACT gus {msgid}")
    assert told.endswith(f" REDACT gus {msgid}")
    assert chat.peers["gus"].take() == [told]
    assert [chat.fetch("gus", each) for each in "ab"] == ["404", "b.jpg"]
    assert chat.unkept == [sha("a")]
    assert gone(chat) == [], "it was stored nowhere"
    assert chat.core.files.used("alice") == 0


def test_what_was_sent_to_a_guest_is_there_still_where_its_message_could_not_be_taken_back() -> None:
    chat = FileChat("alice", "gus", instant=False, keep_guests=True)
    request = chat.request("alice", chat.whole("a", "alice", "gus"))
    chat.settle()
    msgid = chat.file_answers[request].msgid  # type: ignore[union-attr]
    gus = chat.token("gus")
    chat.peers["alice"].send(f"REDACT gus {msgid}")
    assert chat.fetch(gus, "a") == "404", "nobody may have it while nobody knows"
    chat.refuse()
    assert chat.fetch(gus, "a") == "a.jpg"
    chat.peers["alice"].send(f"REDACT gus {msgid}")
    chat.settle()
    assert (chat.fetch(gus, "a"), chat.unkept) == ("404", [sha("a")])


def test_what_was_sent_to_a_guest_has_no_message_to_take_back_where_none_is_kept() -> None:
    chat = FileChat("alice", "gus")
    assert chat.sent("a", "alice", "gus").msgid == ""


def test_where_messages_are_not_stored_one_that_was_taken_back_takes_its_file_along_whatever_fits() -> None:
    chat = FileChat("alice", "bob", instant=False, durable=False, history=True)
    request = chat.request("alice", chat.whole("a", "alice", "#lobby"))
    chat.settle()
    msgid = chat.file_answers[request].msgid  # type: ignore[union-attr]
    bob = chat.token("bob")
    chat.peers["alice"].send(f"REDACT #lobby {msgid}")
    chat.refuse()
    assert chat.fetch(bob, "a") == "404"
    chat.wait(2)
    chat.settle()
    assert gone(chat) == [number("a")] * 2
    assert chat.unkept == [sha("a")]


def test_what_is_removed_for_good_does_not_come_back_with_what_could_not_be_taken_back() -> None:
    row = FileRecord("a", 1, 7, "alice", "alice", "#lobby", "alice", "a", "t", 5, "x", 1.0, "")
    other = FileRecord("b", 1, 8, "alice", "alice", "#lobby", "alice", "b", "t", 5, "x", 1.0, "")
    files = Files((row, other))
    files.withdraw("a", 3)
    files.withdraw("b", 4)
    assert (files.get("a"), files.of_line(7)) == (None, None)
    files.remove("a", 4)  # as with all that is its uploader's
    assert files.unkept(2) == []
    files.deferred(3, 5)
    assert [file.id for file in files] == ["b"]
    assert files.unkept(5) == []  # the other has the same content
    files.withdraw("b", 6)
    assert files.unkept(6) == ["x"]
    assert (len(files), files.bytes, files.unkept(7)) == (0, 0, [])


def test_files_are_kept_for_a_while_and_no_longer_than_messages() -> None:
    chat = FileChat("alice", "bob", files=FilePolicy(keep=10 * 86400.0))
    chat.peers["alice"].send("JOIN #club", "KEEP #club 1d")
    chat.sent("a", "alice", "#club")
    chat.sent("b", "alice", "#lobby")
    chat.sent("c", "alice")
    held = lambda: [file.record.name[0] for file in chat.core.files]  # noqa: E731
    for days, left in ((0.9, "abc"), (0.2, "bc"), (8.8, "bc"), (0.2, "")):
        chat.now = type(chat.now)(chat.now.mono + days * 86400, chat.now.wall + days * 86400)
        chat.handle(Tick())
        assert held() == list(left)
    assert sorted(chat.unkept) == sorted(map(sha, "abc"))
    assert chat.core.files.used("alice") == 0


def test_where_there_are_many_files_each_has_its_turn_to_be_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removing, "_PORTION", 2)
    chat = FileChat("alice")
    chat.peers["alice"].send("JOIN #club", "KEEP #club 1d")
    for letter, where in (("a", "#lobby"), ("b", "#lobby"), ("c", "#lobby"), ("d", "#club")):
        chat.sent(letter, "alice", where)
    chat.now = type(chat.now)(chat.now.mono + 86401, chat.now.wall + 86401)
    for left in ("abcd", "abc"):
        chat.handle(Tick())
        assert [file.record.name[0] for file in chat.core.files] == list(left)


def test_quotas() -> None:
    kib = 1024
    limits = FilePolicy(most=100 * kib, quota=150 * kib, guest_quota=10 * kib)
    chat = FileChat("alice", "gus", "guy", files=limits)
    assert denied(chat.begin("alice", size=101 * kib)) == (
        413,
        "a file has at most 100 KiB here, and this one 101 KiB",
    )
    chat.sent("a", "alice", size=100 * kib)
    assert denied(chat.begin("alice", size=51 * kib)) == (
        413,
        "you have room for 50 KiB more, and this one has 51 KiB: delete some",
    )
    assert denied(chat.send("b", "alice", size=51 * kib))[0] == 413
    assert isinstance(chat.send("b", "alice", size=50 * kib), Finished)
    assert chat.begin("alice", size=-1).room == 0  # type: ignore[union-attr]
    chat.sent("c", "gus", "#lobby", size=80 * kib)
    assert denied(chat.begin("guy", size=1))[0] == 413  # all guests of this machine together
    chat.erase("gus", "c")
    assert not isinstance(chat.begin("guy", size=80 * kib), Denied)


def test_the_smallest_files_take_some_of_the_quota_too() -> None:
    chat = FileChat("alice", files=FilePolicy(quota=2 * FILE_LEAST + 1024))
    for letter in "ab":
        assert isinstance(chat.send(letter, "alice", size=0), Finished)
    why = "you have room for 1.0 KiB more, and each takes 16 KiB at least: delete some"
    assert denied(chat.begin("alice", size=0)) == (413, why)
    assert denied(chat.send("c", "alice", size=0)) == (413, why)
    assert chat.begin("alice", size=-1).room == 1024  # type: ignore[union-attr]
    chat.erase("alice", "a")
    assert isinstance(chat.send("c", "alice", size=0), Finished)


@pytest.mark.parametrize("who", ["alice", "alice!", "gus"])
def test_a_file_for_oneself_takes_as_much_pace_as_a_message(who: str) -> None:
    chat = FileChat("alice", "gus", limited=True)
    chat.wait(60)
    credential = chat.credential(who)
    asks = [chat.whole(letter, credential, size=0) for letter in "abcdefghijklmnop"]
    requests = [chat.request(credential, ask) for ask in asks]
    answered = len([each for each in requests if each in chat.file_answers])
    assert answered == (10 if who == "alice!" else 9)  # FILE TOKEN was one
    chat.wait(60)
    assert all(isinstance(chat.file_answers[each], Finished) for each in requests)


def test_whoever_is_not_here_uploads_for_himself_without_pace() -> None:
    chat = FileChat(limited=True)
    for letter in "abcdefghijklmnop":
        assert isinstance(chat.send(letter, "alice!", size=0), Finished)


def test_where_files_are_off_there_is_nothing() -> None:
    chat = FileChat("alice", files=FilePolicy(enabled=False))
    chat.play("""
        alice > FILE TOKEN
        alice < 421 alice FILE :Unknown command
    """)
    assert denied(chat.ask("alice!", Identify())) == (403, "this server takes no files")
    assert not any("FILE" in token for token in chat.core._ctx.isupport)


def test_what_clients_are_told() -> None:
    chat = FileChat("alice", files=FilePolicy(most=7, url="https://x/files/"))
    tokens = chat.core._ctx.isupport
    assert "natterjack/FILES=7" in tokens
    assert "soju.im/FILEHOST=https://x/files/" in tokens
    chat = FileChat("alice", files=FilePolicy(most=7, url="https://x/files/", links=False))
    assert not any("FILEHOST" in token for token in chat.core._ctx.isupport)


def test_without_stored_messages_the_row_comes_first() -> None:
    chat = FileChat("alice", "bob", instant=False, durable=False, history=True)
    token = chat.token("alice")
    request = chat.request(token, chat.whole("a", token, "#lobby"))
    assert chat.peers["bob"].take() == []
    chat.commit()
    assert len(chat.peers["bob"].take()) == 1
    answer = chat.file_answers[request]
    assert isinstance(answer, Finished)
    chat.settle()
    assert chat.core.files.get(number("a")).record.line  # type: ignore[union-attr]
    other = chat.request(token, chat.whole("b", token, "#lobby"))
    chat.refuse()
    assert denied(chat.file_answers[other])[0] == 507
    assert chat.peers["bob"].take() == []
    assert not any(isinstance(record, LineRecord) for record in chat.records)


def test_a_list_ends_where_there_are_too_many_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_LISTED", 3)
    monkeypatch.setattr(files, "SLICE", 2)
    chat = FileChat("alice", "bob")
    for letter in "abcdefgh":
        chat.sent(letter, "alice", "#lobby")
    line = "FILE LIST #lobby {} 5 {} 2026-11-22T20:31:02.500Z alice :{}.jpg"
    listed = {letter: line.format(number(letter), sha(letter), letter) for letter in "abcdefgh"}
    left = "NOTE FILE MORE #lobby {0} :These are the newest 3: FILE LIST #lobby {0} shows older ones"
    end = "FILE ENDOFLIST #lobby"
    bob = chat.peers["bob"]
    f, c = number("f"), number("c")
    assert bob.send("FILE LIST #lobby") == [*map(listed.get, "fgh"), left.format(f), end]
    assert bob.send(f"FILE LIST #lobby {f}") == [*map(listed.get, "cde"), left.format(c), end]
    assert bob.send(f"FILE LIST #lobby {c}") == [*map(listed.get, "ab"), end]
    chat.erase("alice", "a")
    chat.erase("alice", "b")
    assert bob.send(f"FILE LIST #lobby {f}") == [*map(listed.get, "cde"), end]


def test_a_long_list_lets_others_in_and_shows_what_there_is_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SLICE", 2)
    chat = FileChat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send("JOIN #club")
    bob.send("JOIN #club")
    for letter in "abcde":
        chat.sent(letter, "alice", "#club")
    token = chat.token("alice")
    chat.answers = False
    assert bob.send("FILE LIST #club") == []
    chat.erase(token, "a")
    chat.erase(token, "e")
    while chat.asked:
        chat.answer()
    got = bob.take()
    assert [line.split()[3][0] for line in got[:-1]] == ["b", "c", "d"]
    assert got[-1] == "FILE ENDOFLIST #club"
    assert bob.send("FILE LIST #club") == []
    alice.send("KICK #club bob")
    bob.take()
    while chat.asked:
        chat.answer()
    assert bob.take() == ["FILE ENDOFLIST #club"]


def test_lists() -> None:
    chat = FileChat("alice", "bob", "gus")
    chat.sent("a", "alice", "#lobby", name="one two.png")
    chat.sent("b", "alice", "bob")
    chat.sent("c", "alice")
    chat.sent("d", "gus", "alice")
    line = "FILE LIST {} {} 5 {} 2026-11-22T20:31:02.500Z {} :{}"
    first = line.format("{}", number("a"), sha("a"), "alice", "one two.png")
    second = line.format("{}", number("b"), sha("b"), "alice", "b.jpg")
    third = line.format("*", number("c"), sha("c"), "alice", "c.jpg")
    fourth = line.format("gus", number("d"), sha("d"), "gus", "d.jpg")
    chat.play(f"""
        bob > FILE LIST #LOBBY
        bob < {first.format("#lobby")}
        bob < FILE ENDOFLIST #lobby
        bob > FILE LIST alice
        bob < {second.format("alice")}
        bob < FILE ENDOFLIST alice
        bob > FILE LIST alice {number("b")}
        bob < FILE ENDOFLIST alice
        bob > FILE LIST alice {number("a")}
        bob < FAIL FILE NO_SUCH_FILE LIST {number("a")} :There is no such file for you
        alice > FILE LIST
        alice < {first.format("#lobby")}
        alice < {second.format("bob")}
        alice < {third}
        alice < FILE ENDOFLIST *
        alice > FILE LIST gus
        alice < {fourth}
        alice < FILE ENDOFLIST gus
        bob > @label=x FILE LIST #lobby
        bob < @label=x BATCH +1 labeled-response
        bob < @batch=1 {first.format("#lobby")}
        bob < @batch=1 FILE ENDOFLIST #lobby
        bob < BATCH -1
        bob > FILE FLY
        bob < FAIL FILE INVALID_PARAMS FLY :There are TOKEN, LIST, DELETE and UNLINK
        gus > FILE LIST carol
        gus < FAIL FILE INVALID_TARGET LIST carol :There are no files of that for you
    """)
    rows = chat.console("files").rows
    assert [(row["conversation"], row["owner"]) for row in rows] == [
        ("#lobby", "alice"),
        ("private", "alice"),
        ("nobody", "alice"),
        ("private", "gus (guest)"),
    ]
