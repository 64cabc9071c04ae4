"""Who may send a file where, and who may have it: asked each time, with the rights of today."""

from __future__ import annotations

import pytest

from natterjack.core.files import parties
from natterjack.core.policy import FilePolicy
from natterjack.ports.events import Now, Reconfigured
from natterjack.ports.files import (
    Basic,
    Bearer,
    Begin,
    Denied,
    Fetch,
    Fetchable,
    Finished,
    Granted,
    Identify,
    Key,
)
from tests.support.files import CAPS, FileChat, denied, number, sha

# -- fetching


def test_members_may_fetch_and_nobody_else() -> None:
    chat = FileChat("alice", "bob", "carol", "root", "gus")
    for name in ("alice", "bob", "gus"):
        chat.peers[name].send("JOIN #club")
    chat.sent("a", "alice", "#club")
    who = ("alice", "bob", "gus", "carol", "root", "alice!", "bob!", "carol!")
    assert [chat.fetch(each, "a") for each in who] == ["a.jpg"] * 3 + ["404"] * 2 + ["a.jpg"] * 2 + ["404"]
    chat.peers["bob"].send("PART #club")
    assert [chat.fetch(each, "a") for each in ("bob", "bob!")] == ["404", "404"]
    chat.peers["alice"].send("KICK #club gus")
    assert chat.fetch("gus", "a") == "404"
    chat.peers["alice"].send("PART #club")
    assert chat.fetch("alice", "a") == "a.jpg"  # who has sent it knows it anyway


def test_an_account_that_is_not_here_belongs_to_its_channels() -> None:
    chat = FileChat("alice", "bob")
    for name in ("alice", "bob"):
        chat.peers[name].send("JOIN #club")
    chat.sent("a", "alice", "#club")
    chat.sent("b", "alice", "#lobby")
    chat.peers["bob"].send("QUIT")
    assert [chat.fetch("bob!", each) for each in "ab"] == ["a.jpg", "404"]  # to the lobby nobody belongs
    assert chat.begin("bob!", "#club") == Denied(
        403, "come in over IRC first: a file is announced in your name"
    )
    assert isinstance(chat.send("c", "bob!"), Finished)  # for himself he may


def test_who_came_later_fetches_no_earlier_file_where_history_is_from_joining_on() -> None:
    chat = FileChat("alice", "bob", "carol")
    chat.peers["alice"].send("JOIN #club", "MODE #club +H")
    chat.peers["bob"].send("JOIN #club")
    chat.sent("a", "alice", "#club")
    chat.peers["carol"].send("JOIN #club")
    assert [chat.fetch(each, "a") for each in ("bob", "carol", "carol!")] == ["a.jpg", "404", "404"]
    assert not any("FILE LIST" in line and "FILE ENDOFLIST" not in line
                   for line in chat.peers["carol"].send("FILE LIST #club"))  # fmt: skip


def test_in_private_the_two_may_fetch() -> None:
    chat = FileChat("alice", "bob", "carol", "root")
    chat.peers["bob"].send("QUIT")
    chat.sent("a", "alice", "bob")  # which waits for him
    chat.enter("bob", login="bob")
    assert [chat.fetch(each, "a") for each in ("alice", "bob", "bob!", "carol", "root")] == (
        ["a.jpg"] * 3 + ["404"] * 2
    )


def test_a_guests_file_in_private_goes_when_either_leaves() -> None:
    chat = FileChat("alice", "gus", "guy")
    chat.sent("a", "alice", "gus")
    chat.sent("b", "gus", "guy")
    chat.sent("c", "gus")
    assert not any(type(record).__name__ == "FileRecord" for record in chat.records)
    assert [chat.fetch("gus", each) for each in "abc"] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [chat.fetch("guy", each) for each in "abc"] == ["404", "b.jpg", "404"]
    chat.peers["guy"].send("QUIT")
    assert chat.unkept == [sha("b")]
    assert [chat.fetch("gus", each) for each in "abc"] == ["a.jpg", "404", "c.jpg"]
    chat.peers["gus"].send("QUIT")
    assert sorted(chat.unkept) == sorted(map(sha, "abc"))
    assert chat.fetch("alice", "a") == "404"
    assert len(chat.core.files) == 0


def bound(chat: FileChat, who: str, target: str) -> str:
    answer = chat.begin(who, target)
    assert isinstance(answer, Granted), answer
    return answer.bound


GONE = (403, "whom this was for has left: send it anew to whoever it is to be for now")


def test_whoever_takes_the_nick_of_a_guest_does_not_get_what_was_for_him() -> None:
    chat = FileChat("alice", "gus")
    was = bound(chat, "alice", "gus")
    chat.peers["gus"].send("QUIT")
    ask = chat.whole("a", "alice", "gus", bound=was)
    assert denied(chat.ask("alice", ask)) == GONE
    guest = chat.enter("gus", CAPS)
    assert denied(chat.ask("alice", ask)) == GONE
    assert guest.take() == []
    assert chat.fetch("gus", "a") == "404"
    assert isinstance(
        chat.ask("alice", chat.whole("a", "alice", "gus", bound=bound(chat, "alice", "gus"))), Finished
    )
    assert chat.fetch("gus", "a") == "a.jpg"


def test_a_guest_who_is_called_otherwise_by_then_gets_it_all_the_same() -> None:
    chat = FileChat("alice", "gus", "guy")
    was = bound(chat, "alice", "GUS")
    chat.peers["gus"].send("NICK gustav")
    chat.peers["guy"].send("NICK gus")
    assert isinstance(chat.ask("alice", chat.whole("a", "alice", "GUS", bound=was)), Finished)
    lines = {name: chat.peers[name].take() for name in ("gus", "guy")}
    assert any(" PRIVMSG gustav :a.jpg" in line for line in lines["gus"])
    assert not any("a.jpg" in line for line in lines["guy"])
    assert [chat.fetch(each, "a") for each in ("gus", "guy")] == [
        "a.jpg",
        "404",
    ]  # as the sessions were called


def test_an_account_stays_who_it_is_whatever_its_nick() -> None:
    chat = FileChat("alice", "bob", "gus")
    chat.peers["bob"].send("NICK robert")
    was = bound(chat, "alice", "robert")
    assert was == bound(chat, "alice", "bob")
    chat.peers["bob"].send("NICK bobby")
    chat.peers["gus"].send("NICK robert")
    assert isinstance(chat.ask("alice", chat.whole("a", "alice", "robert", bound=was)), Finished)
    assert any(" PRIVMSG bobby :a.jpg" in line for line in chat.peers["bob"].take())
    assert chat.peers["gus"].take() == []
    chat.peers["bob"].send("QUIT")
    assert isinstance(
        chat.ask("alice", chat.whole("b", "alice", "robert", bound=was)), Finished
    )  # it waits for him
    assert [chat.fetch(each, "b") for each in ("bob!", "gus")] == ["b.jpg", "404"]
    chat.console("accounts", "revoke", "bob")
    assert denied(chat.ask("alice", chat.whole("c", "alice", "robert", bound=was))) == GONE


def test_a_guest_of_an_earlier_run_is_gone() -> None:
    chat = FileChat("alice", "gus")
    was = bound(chat, "alice", "gus")
    other = FileChat("alice", "gus", now=Now(1000.0, chat.now.wall + 1000))
    assert bound(other, "alice", "gus") != was
    assert denied(other.ask("alice", other.whole("a", "alice", "gus", bound=was))) == GONE
    assert bound(chat, "alice", "#lobby") == bound(chat, "alice", "") == ""


def test_a_guests_file_in_a_channel_stays() -> None:
    chat = FileChat("bob", "gus")
    chat.sent("a", "gus", "#lobby")
    chat.peers["gus"].send("QUIT")
    assert chat.fetch("bob", "a") == "a.jpg"
    chat.enter("gus")  # somebody else, for all that is known
    assert chat.erase("gus", "a") == Denied(
        403, "only its uploader may delete it, and operators of the channel"
    )


def test_a_link_is_for_whoever_knows_it_until_it_is_revoked() -> None:
    chat = FileChat("alice", "bob")
    key = chat.sent("a", "alice", "#lobby").key
    assert len(key) == 22
    assert isinstance(chat.ask(Key(key), Fetch(number("a"))), Fetchable)
    for wrong in ("", "x" * 22, "ä"):
        assert denied(chat.ask(Key(wrong), Fetch(number("a"))))[0] == 404
    assert denied(chat.ask(Key(key), Begin("", 5)))[0] == 401
    chat.play(f"""
        bob > FILE UNLINK {number("a")}
        bob < FAIL FILE FILE_FORBIDDEN UNLINK {number("a")} :Only its uploader may do that, and operators of the channel
        alice > FILE UNLINK {number("a")}
        alice < NOTE FILE UNLINKED {number("a")} :Its link leads nowhere any more
    """)
    assert denied(chat.ask(Key(key), Fetch(number("a"))))[0] == 404
    assert chat.fetch("bob", "a") == "a.jpg"
    policy = chat.core.policy
    key = chat.sent("b", "alice", "#lobby").key
    chat.handle(
        Reconfigured(type(policy)(store=True, durable=True, history=True, files=FilePolicy(links=False)))
    )
    assert denied(chat.ask(Key(key), Fetch(number("b"))))[0] == 404
    assert chat.sent("c", "alice", "#lobby").key == ""


# -- secrecy


def test_a_secret_channel_looks_like_an_absent_one() -> None:
    chat = FileChat("alice", "bob")
    chat.peers["alice"].send("JOIN #secret", "MODE #secret +s")
    chat.sent("a", "alice", "#secret")
    assert denied(chat.begin("bob", "#secret")) == (404, "there is no channel #secret")
    assert denied(chat.begin("bob", "#absent")) == (404, "there is no channel #absent")
    assert chat.ask("bob", Fetch(number("a"))) == chat.ask("bob", Fetch(number("z")))
    assert chat.erase("bob", "a") == chat.erase("bob", "z")
    one, other = (chat.peers["bob"].send(f"FILE LIST {name}") for name in ("#secret", "#absent"))
    assert one == [line.replace("#absent", "#secret") for line in other]
    assert len(one) == 1
    one, other = (chat.peers["bob"].send(f"FILE DELETE {number(each)}") for each in "az")
    assert one == [line.replace("z" * 22, "a" * 22) for line in other]


# -- sending


@pytest.mark.parametrize(
    ("mode", "status", "why"),
    [
        ("+m", 403, "it is moderated (+m) and you have no voice"),
        ("+b gus!*@*", 403, "you are banned"),
        ("+M", 403, "only those with an account may speak (+M): log in first"),
    ],
)
def test_who_may_not_speak_may_not_send(mode: str, status: int, why: str) -> None:
    chat = FileChat("alice", "gus")
    for name in ("alice", "gus"):
        chat.peers[name].send("JOIN #club")
    ask = chat.whole("a", "gus", "#club")
    assert not isinstance(chat.begin("gus", "#club"), Denied)
    chat.peers["alice"].send(f"MODE #club {mode}")
    chat.quiet()
    found = denied(chat.begin("gus", "#club"))
    assert (found[0], found[1][: len(why)]) == (status, why)
    assert denied(chat.ask("gus", ask)) == found  # at its end, too
    assert chat.peers["alice"].take() == []
    assert not isinstance(chat.begin("alice", "#club"), Denied)


def test_slow_mode_holds_for_files_and_files_count_for_it() -> None:
    chat = FileChat("alice", "bob")
    for name in ("alice", "bob"):
        chat.peers[name].send("JOIN #club")
    chat.peers["alice"].send("MODE #club +w 60")
    chat.sent("a", "bob", "#club")
    assert chat.begin("bob", "#club") == Denied(429, "slow mode: wait 60 seconds", 60)
    assert any("slow mode" in line for line in chat.peers["bob"].send("PRIVMSG #club :hi"))
    chat.wait(61)
    assert isinstance(chat.send("b", "bob", "#club"), Finished)


def test_mutes_and_the_lock() -> None:
    chat = FileChat("alice", "bob", "gus")
    chat.console("mute", "bob", "enough")
    assert denied(chat.begin("bob", "#lobby")) == (403, "you are muted: enough")
    assert denied(chat.begin("bob", "alice")) == (403, "you are muted: enough")
    chat.console("lock", "raid")
    assert denied(chat.begin("gus", "#lobby"))[0] == 403
    assert not isinstance(chat.begin("alice", "#lobby"), Denied)


def test_targets_that_are_none() -> None:
    chat = FileChat("alice", "gus")
    assert denied(chat.begin("alice", "nobody")) == (404, "there is nobody called nobody")
    assert denied(chat.begin("gus", "carol"))[0] == 404  # for whom a guest's message would not be kept
    assert denied(chat.begin("alice", "@#lobby"))[0] == 404
    assert denied(chat.begin("alice", "#lobby,#lobby"))[0] == 404
    chat.peers["gus"].send("JOIN #room", "MODE #room -n")
    assert denied(chat.begin("alice", "#room")) == (403, "you are not in it")


def test_whoever_is_too_fast_is_delayed() -> None:
    chat = FileChat("alice", "bob", limited=True)
    session = chat.world.sessions[chat.peers["bob"].sid]
    session.paced, session.tokens = True, 1.0
    token = chat.token("alice")
    other = chat.world.sessions[chat.peers["alice"].sid]
    other.paced, other.tokens = True, 1.5
    first = chat.request(token, chat.whole("a", token, "#lobby"))
    second = chat.request(token, chat.whole("b", token, "#lobby"))
    third = chat.request(token, chat.whole("b", token, "#lobby"))
    assert isinstance(chat.file_answers[first], Finished)
    assert second not in chat.file_answers
    chat.wait(3)
    assert isinstance(chat.file_answers[second], Finished)
    assert chat.file_answers[second] == chat.file_answers[third]
    assert len(chat.peers["bob"].take()) == 2


# -- who it is


def test_tokens() -> None:
    chat = FileChat("alice", "gus")
    assert denied(chat.ask(None, Identify()))[0] == 401
    assert denied(chat.ask(Bearer("x" * 22), Identify()))[0] == 401
    tokens = [chat.token("gus") for _ in range(5)]
    assert len({token.token for token in tokens}) == 5
    assert denied(chat.ask(tokens[0], Identify()))[0] == 401  # four at a time
    assert not any(isinstance(chat.ask(token, Identify()), Denied) for token in tokens[1:])
    ask = chat.whole("a", tokens[1], "#lobby")
    chat.jump(600)
    chat.enter("gus2")
    assert not isinstance(chat.ask(tokens[1], Identify()), Denied)  # which gives it its time anew
    chat.now = type(chat.now)(chat.now.mono + 600, chat.now.wall + 600)
    assert not isinstance(chat.ask(tokens[1], Identify()), Denied)
    assert denied(chat.ask(tokens[2], Identify()))[0] == 401
    assert isinstance(chat.ask(tokens[2], ask), Finished)  # what was begun in time may end
    chat.peers["gus"].hang_up()
    assert denied(chat.ask(tokens[1], Identify()))[0] == 401
    assert denied(chat.ask(tokens[1], ask))[0] == 401


def test_bans_and_revocation_end_it() -> None:
    chat = FileChat("alice", "bob")
    token = chat.token("alice")
    chat.sent("a", token, "#lobby")
    assert chat.fetch("alice!", "a") == "a.jpg"
    chat.console("ban", "alice")
    assert [chat.fetch(each, "a") for each in (token, "alice!")] == ["401", "403"]
    chat.console("unban", "alice")
    chat.console("ban", "192.0.2.0/24")
    assert denied(chat.ask("bob!", Identify(), ip="192.0.2.9"))[0] == 403
    assert chat.fetch("bob", "a") == "a.jpg"
    reply = chat.console("accounts", "revoke", "alice")
    assert reply.text.endswith("what it has uploaded is deleted (1)")
    assert [chat.fetch(each, "a") for each in ("alice!", "bob")] == ["401", "404"]
    assert chat.unkept == [sha("a")]


def test_passwords_are_derived_once_and_guessed_no_faster_than_elsewhere() -> None:
    chat = FileChat("alice", limited=True)
    chat.answers = False
    first = chat.request("alice!", Identify(), ip="192.0.2.9")
    assert (len(chat.asked), first in chat.file_answers) == (1, False)
    chat.answer()
    assert first in chat.file_answers
    assert not isinstance(chat.ask("alice!", Identify()), Denied)
    chat.answers = True
    wrong = Basic("alice", "wrong-password")
    for _ in range(3):
        assert denied(chat.ask(wrong, Identify(), ip="192.0.2.9"))[0] == 401
    assert chat.ask(wrong, Identify(), ip="192.0.2.9") == Denied(429, parties._TOO_SOON, 1)
    assert not isinstance(
        chat.ask("alice!", Identify(), ip="192.0.2.9"), Denied
    )  # a right one is never refused
    assert denied(chat.ask(Basic("nobody", "nothing-here"), Identify()))[0] == 401
    chat.console("passwd", "alice", "another-password")
    old = chat.request("alice!", Identify(), ip="192.0.2.77")
    assert denied(chat.file_answers[old])[0] == 401  # at once, as a download has to end that goes on with it
    older = chat.ask("alice!", Identify(), ip="5.6.7.8")
    assert denied(older)[0] == 401  # and from then on it is a guess as any other


def test_an_upload_is_its_owners() -> None:
    chat = FileChat("alice", "bob", "gus")
    ask = chat.whole("a", "alice", "#lobby")
    assert denied(chat.ask("bob", ask))[0] == 404
    assert isinstance(chat.ask("alice", ask), Finished)
    assert denied(chat.ask("bob", ask))[0] == 404
    assert chat.core.files.used("alice") == 5
