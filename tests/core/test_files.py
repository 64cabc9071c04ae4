"""Files are announced to those whom they are for, once and for all, and only they can have them."""

from __future__ import annotations

from natterjack.core.policy import FILE_LEAST, FilePolicy
from natterjack.ports.files import Denied, Finished, Granted
from natterjack.ports.records import FileRecord, LineRecord
from tests.support import world
from tests.support.files import URL, FileChat, number, sha

TAGS = (
    f"natterjack/file={number('a')};natterjack/file-name=a.jpg;natterjack/file-size=5;"
    f"natterjack/file-sha256={sha('a')}"
)


def test_a_file_is_announced_and_fetched() -> None:
    chat = FileChat("alice", "bob", "gus")
    assert chat.begin("alice", "#lobby") == Granted("alice", "alice", 5 << 30, 1 << 30, "")
    token = chat.token("alice")
    answer = chat.send("a", token, "#lobby")
    assert isinstance(answer, Finished)
    chat.play(f"""
        alice < @msgid={answer.msgid};{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)
        bob < @msgid={answer.msgid};{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)
        gus < @msgid={answer.msgid};{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)
    """)
    assert [chat.fetch(who, "a") for who in ("alice", "bob", "gus", "alice!")] == ["a.jpg"] * 4
    assert [chat.fetch(who, "b") for who in ("alice", "bob", "gus", "alice!")] == ["404"] * 4
    world.check(chat.core)


def test_the_row_and_the_message_are_one_commit() -> None:
    chat = FileChat("alice", "bob", instant=False)
    ask = chat.whole("a", "alice", "#lobby")
    token = chat.token("alice")
    request = chat.request(token, ask)
    assert request not in chat.file_answers
    (commit,) = chat.commits
    assert [type(record) for record in commit.records] == [LineRecord, FileRecord]
    assert commit.records[1].line == commit.records[0].id
    assert chat.fetch("bob", "a") == "404"  # not before it is stored
    chat.play(f"""
        -- commit
        alice < @msgid=…;{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)
        bob < @msgid=…;{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)
    """)
    assert isinstance(chat.file_answers[request], Finished)
    assert chat.fetch("bob", "a") == "a.jpg"


def test_with_a_full_disk_nobody_hears_of_it_and_later_it_goes() -> None:
    chat = FileChat("alice", "bob", instant=False)
    ask = chat.whole("a", "alice", "#lobby")
    token = chat.token("alice")
    request, other = chat.request(token, ask), chat.request(token, ask)
    chat.refuse()
    chat.play("")
    answer = chat.file_answers[request]
    assert isinstance(answer, Denied)
    assert answer.status == 507
    assert chat.file_answers[other] == answer
    assert chat.core.files.used("alice") == 0
    again = chat.request(token, ask)
    chat.settle()
    assert isinstance(chat.file_answers[again], Finished)
    assert len(chat.peers["bob"].take()) == 1


def test_finishing_twice_tells_nobody_twice() -> None:
    chat = FileChat("alice", "bob", instant=False)
    ask = chat.whole("a", "alice", "#lobby")
    token = chat.token("alice")
    first, second = chat.request(token, ask), chat.request("alice!", ask)
    assert len(chat.commits) == 1
    chat.settle()
    third = chat.request(token, ask)
    assert chat.file_answers[first] == chat.file_answers[second] == chat.file_answers[third]
    assert isinstance(chat.file_answers[first], Finished)
    assert len(chat.peers["bob"].take()) == 1
    assert chat.core.files.used("alice") == FILE_LEAST


def test_a_link_is_in_the_message_where_links_are_allowed() -> None:
    chat = FileChat("alice", "bob", files=FilePolicy(url=URL))
    answer = chat.send("a", "alice", "#lobby", name="ä b.jpg", size=1_500_000)
    assert isinstance(answer, Finished)
    (line,) = chat.peers["bob"].take()
    link = f"{URL}{number('a')}/{answer.key}/%C3%A4%20b.jpg"
    assert line.endswith(f" :alice PRIVMSG #lobby :ä b.jpg (1.4 MiB) {link}")
    assert r"natterjack/file-name=ä\sb.jpg;" in line


def test_a_content_that_was_to_come_again_and_did_not_goes_after_all() -> None:
    chat = FileChat("alice", instant=False)
    token = chat.token("alice")
    chat.request(token, chat.whole("a", token))
    chat.settle()
    ask = chat.whole("b", token, sha256=sha("a"))
    chat.peers["alice"].post(f"FILE DELETE {number('a')}")
    chat.request(token, ask)
    chat.commit()
    assert chat.unkept == []
    chat.refuse()
    assert chat.unkept == [sha("a")]


def test_names_and_links_that_do_not_fit_are_shortened_in_words_alone() -> None:
    name = "ü" * 120 + ".tar.gz"
    chat = FileChat("alice", "bob", files=FilePolicy(url=URL))
    answer = chat.send("a", "alice", "#lobby", name=name)
    assert isinstance(answer, Finished)
    (line,) = chat.peers["bob"].take()
    tags, _, body = line.partition(" ")
    assert f";natterjack/file-name={name};" in tags
    assert len(body.encode()) < 500
    assert body.endswith(f"ü.tar.gz (5 bytes) {URL}{number('a')}/{answer.key}/file")
    (record,) = (each for each in chat.records if isinstance(each, LineRecord) and each.message)
    assert f";natterjack/file-name={name};" in record.tags  # in history, too
    chat = FileChat("alice", "bob", files=FilePolicy(url=f"https://{'x' * 160}/files/"))
    chat.send("a", "alice", "#lobby", name=name)
    (line,) = chat.peers["bob"].take()
    assert "ü… (5 bytes) https" in line
    assert 500 < len(line.partition(" ")[2].encode()) + len("!user@127.0.0.1") <= 510
    long = FilePolicy(url="https://" + "x" * 380 + "/files/")
    chat = FileChat("alice", "bob", files=long)
    chat.send("a", "alice", "#lobby", name="a\r\nQUIT\0" + "b" * 300)
    (line,) = chat.peers["bob"].take()
    assert ":a__QUIT_bbb" in line
    assert "https" not in line
    assert line.endswith("… (5 bytes)")
    world.check(chat.core)


def test_nobody_can_announce_a_file_that_is_none() -> None:
    chat = FileChat("alice", "bob")
    chat.peers["alice"].send(f"@{TAGS};+natterjack/file=x PRIVMSG #lobby :a.jpg")
    (line,) = chat.peers["bob"].take()
    assert "natterjack/file" not in line


def test_history_has_what_announced_it() -> None:
    chat = FileChat("alice")
    chat.sent("a", "alice", "#lobby")
    bob = chat.enter("bob", "message-tags batch draft/chathistory", login="bob")
    lines = bob.send("CHATHISTORY LATEST #lobby * 10")
    assert any(f";{TAGS} :alice PRIVMSG #lobby :a.jpg (5 bytes)" in line for line in lines)
