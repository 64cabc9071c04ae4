"""What was missed, shown to those who can't ask for it: until when it is, and to whom; what is remembered meanwhile."""

from __future__ import annotations

import pytest

from natterjack.core.policy import Limits
from natterjack.ports.events import Backlogged, Now, Stopping
from natterjack.ports.questions import ReadTargets
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, make_account
from tests.support.chat import said as login_lines
from tests.support.records import snapshot_of


def chat_of(*accounts: str, lobby: tuple[str, ...] = ("#pond",), stays: bool = False) -> Chat:
    """Whoever joins is shown the latest line."""
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name, stays=stays) for name in accounts))
    limits = Limits(replay=1)
    return Chat(store=True, durable=True, instant=True, lobby=lobby, limits=limits, snapshot=snapshot)


def said(chat: Chat, nick: str, *texts: str, target: str = "#pond") -> None:
    """``nick`` says ``texts``, a minute apart."""
    for text in texts:
        chat.wait(60)
        chat.peers[nick].send("PING x", f"PRIVMSG {target} :{text}")


def away(*accounts: str, lobby: tuple[str, ...] = ("#pond",), stays: bool = False) -> Chat:
    """Kim was here and has gone; then alice says one and two in the channel, and three to him."""
    chat = chat_of("kim", "alice", *accounts, lobby=lobby, stays=stays)
    kim = chat.enter("kim", login="kim")
    chat.enter("alice", login="alice")
    chat.wait(60)
    kim.send("QUIT")
    said(chat, "alice", "one", "two")
    said(chat, "alice", "three", target="kim")
    chat.wait(1)
    return chat


ALL = ["one", "two", "three"]


def coming_back(chat: Chat, nick: str, caps: str = "") -> Peer:
    """``nick`` has come in, as kim's, and what he is to be shown is being read."""
    peer = chat.open(nick)
    peer.send(f"CAP REQ :{caps}", *login_lines("kim", "kim-password"), f"NICK {nick}", f"USER {nick} 0 * :x")
    chat.answers = False
    peer.send("CAP END")
    chat.answers = True
    assert chat.world.find(nick) is not None
    return peer


def texts(lines: list[str]) -> list[str]:
    """What is said in them, without the time that stands before it."""
    return [
        line.rpartition(" :")[2].rpartition("] ")[2]
        for line in lines
        if " PRIVMSG " in line or "NOTICE #" in line
    ]


def answer_all(chat: Chat) -> None:
    """What was asked is answered, and what is asked then too."""
    while chat.asked:
        chat.answer()


def shown_on_return(chat: Chat, nick: str = "kim") -> list[str]:
    """What is said in what he is told."""
    peer = coming_back(chat, nick)
    answer_all(chat)
    return texts(peer.take())


def come_and_go(chat: Chat, nick: str = "kim") -> list[str]:
    """The same, of one who then leaves."""
    chat.wait(1)
    got = shown_on_return(chat, nick)
    chat.peers[nick].send("QUIT")
    chat.wait(1)
    return got


def test_whoever_goes_before_it_is_shown_is_shown_it_another_time_and_then_no_more() -> None:
    chat = away()
    for _ in range(3):  # as it is when many come back at once
        chat.wait(10)
        peer = coming_back(chat, "kim")
        peer.hang_up()
        answer_all(chat)
        assert texts(peer.take()) == []
    assert come_and_go(chat) == ALL
    said(chat, "alice", "four")
    assert come_and_go(chat) == ["four"]


def here() -> Chat:
    """Kim is here, and was heard of a minute ago; since then alice has said one and two."""
    chat = chat_of("kim", "alice")
    chat.enter("kim", login="kim")
    chat.enter("alice", login="alice")
    said(chat, "alice", "seen")
    chat.wait(1)
    chat.peers["kim"].send("PING x")
    said(chat, "alice", "one")
    chat.wait(1)
    chat.peers["alice"].send("PRIVMSG #pond :two")
    return chat


@pytest.mark.parametrize("silent", [False, True])
def test_who_is_lost_was_here_until_he_was_heard_of_last(silent: bool) -> None:
    """What went into a dead connection until that was noticed counted as shown."""
    chat = here()
    if silent:
        for _ in range(5):
            said(chat, "alice", "still there?")
        assert chat.peers["kim"].closed
    else:
        chat.peers["kim"].hang_up("Connection reset by peer")
    got = come_and_go(chat)
    assert got[:2] == ["one", "two"]
    assert set(got[2:]) == ({"still there?"} if silent else set())
    assert come_and_go(chat) == []


def test_who_says_goodbye_was_here_until_then() -> None:
    chat = here()
    chat.wait(1)
    chat.peers["kim"].send("QUIT")
    assert come_and_go(chat) == []


def again(chat: Chat) -> Chat:
    """The server ends in order, and is started anew."""
    chat.handle(Stopping("it is late"))
    accounts = (make_account("kim"), make_account("alice"))
    new = Chat(
        store=True, durable=True, instant=True, lobby=("#pond",), limits=Limits(replay=1), now=chat.now,
        snapshot=snapshot_of(chat.records, accounts),
    )  # fmt: skip
    new.past = chat.past
    return new


def test_after_the_servers_end_that_is_shown_which_may_not_have_arrived() -> None:
    """All since one had come in was, which may be days."""
    chat = again(here())
    assert shown_on_return(chat) == ["one", "two"]


def test_who_had_not_been_shown_it_when_the_server_ended_is_shown_it_then() -> None:
    chat = away()
    coming_back(chat, "kim")
    chat.wait(1)
    assert shown_on_return(again(chat)) == ALL


def test_who_lags_behind_when_the_server_ends_is_shown_all() -> None:
    chat = here()
    chat.handle(Backlogged(chat.peers["kim"].sid, True))
    assert shown_on_return(again(chat)) == ["seen", "one", "two"]


def test_where_it_can_not_be_read_it_is_shown_another_time() -> None:
    chat = away()
    peer = coming_back(chat, "kim")
    chat.answer(failed=True)
    assert texts(peer.take()) == []
    peer.send("QUIT")
    assert come_and_go(chat) == ALL


def test_where_it_could_not_be_read_it_is_shown_with_the_next_channel() -> None:
    chat = away()
    peer = coming_back(chat, "kim")
    chat.answer(failed=True)
    peer.take()
    assert texts(peer.send("JOIN #lake")) == ALL
    peer.send("QUIT")
    said(chat, "alice", "four")
    assert come_and_go(chat) == ["four"]


def test_of_two_that_come_back_together_the_other_is_shown_it_too() -> None:
    chat = away()
    one, other = coming_back(chat, "kim"), coming_back(chat, "phone")
    one.hang_up()
    answer_all(chat)
    assert texts(other.take()) == ALL
    assert come_and_go(chat, "third") == ["two"]  # the latest line, as anybody is


def test_whoever_can_ask_counts_as_shown_to_all_but_those_who_come_meanwhile() -> None:
    chat = away()
    modern = coming_back(chat, "modern", "draft/chathistory")
    assert not chat.asked
    assert come_and_go(chat, "phone") == ALL
    assert come_and_go(chat, "phone") == ["two"]
    modern.send("QUIT")
    said(chat, "alice", "four")
    modern = coming_back(chat, "modern", "draft/chathistory")
    chat.wait(1)
    modern.send("QUIT")
    said(chat, "alice", "five")
    assert come_and_go(chat) == ["five"]


def test_who_is_seen_without_a_session_is_not_here_when_he_goes() -> None:
    chat = away(stays=True)
    assert chat.console("kick", "kim").ok
    assert chat.world.find("kim") is None
    assert come_and_go(chat) == ALL


def test_one_more_message_while_it_is_looked_for_hides_nothing() -> None:
    chat = away()
    peer = coming_back(chat, "kim")
    chat.answers = False
    chat.answer()
    (asked,) = chat.asked
    assert isinstance(asked.question, ReadTargets)
    chat.answers = True
    chat.wait(1)
    chat.peers["alice"].send("PRIVMSG kim :four")
    answer_all(chat)
    assert texts(peer.take()) == [*ALL, "four"]


def test_a_clock_that_was_set_back_hides_nothing() -> None:
    chat = away()
    chat.now = Now(chat.now.mono, chat.now.wall - 150)  # to before what was said
    assert shown_on_return(chat, "kim") == ALL


def test_after_a_clock_that_was_ahead_the_latest_lines_are_shown_and_then_what_is_missed() -> None:
    chat = chat_of("kim", "alice")
    kim = chat.enter("kim", login="kim")
    chat.enter("alice", login="alice")
    right = chat.now
    chat.now = Now(right.mono, right.wall + 1e7)
    kim.send("QUIT")
    chat.now = right
    said(chat, "alice", "one", "two")
    assert come_and_go(chat) == ["two"]
    said(chat, "alice", "three", "four")
    assert come_and_go(chat) == ["three", "four"]


# -- to whom it is shown


def test_whoever_logs_in_later_is_shown_what_his_account_has_missed() -> None:
    chat = away()
    guest = chat.enter("guest")
    assert texts(guest.send("NS IDENTIFY kim kim-password")) == ALL
    guest.send("QUIT")
    said(chat, "alice", "four")
    assert come_and_go(chat) == ["four"]


def test_whoever_logs_in_later_by_sasl_is_shown_it_too() -> None:
    chat = away()
    guest = chat.enter("guest", caps="sasl")
    lines = guest.send(*login_lines("kim", "kim-password"), "PING behind")
    assert texts(lines) == ALL
    assert lines[-1].endswith("behind")


def test_whoever_logs_in_to_another_account_is_away_from_the_first() -> None:
    chat = away("zoe")
    guest = chat.enter("guest", login="zoe")
    said(chat, "alice", "seen", target="zoe")
    chat.wait(60)
    assert texts(guest.take()) == ["seen"]
    assert texts(guest.send("NS IDENTIFY kim kim-password")) == ALL
    said(chat, "alice", "missed", target="zoe")
    assert texts(guest.send("NS IDENTIFY zoe zoe-password")) == ["missed"]


def test_it_is_shown_where_there_is_no_channel_to_come_into() -> None:
    chat = away(lobby=())
    assert shown_on_return(chat, "kim") == ["three"]
    assert shown_on_return(chat, "phone") == []


def test_it_is_shown_to_one_more_session_that_comes_into_no_channel() -> None:
    chat = away(lobby=())
    modern = coming_back(chat, "kim", "draft/chathistory")
    assert shown_on_return(chat, "kim") == ["three"]
    assert texts(modern.take()) == []


# -- what is remembered of a channel


def as_guest(chat: Chat, nick: str) -> list[str]:
    """What is said in what ``nick`` is told, who comes as nobody in particular."""
    return texts(chat.open(nick).send(f"NICK {nick}", f"USER {nick} 0 * :x"))


def test_what_the_history_keeps_no_longer_is_not_shown_for_longer_than_a_minute() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "secret")
    assert as_guest(chat, "bob") == ["secret"]
    chat.past.lines.clear()  # as the store does, in its time
    assert as_guest(chat, "carol") == ["secret"]
    chat.wait(60)
    assert as_guest(chat, "dave") == []


def test_what_the_console_says_is_shown_to_those_who_come_later() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "hi")
    assert as_guest(chat, "bob") == ["hi"]
    assert chat.console("say", "#pond", "back", "soon").ok
    assert as_guest(chat, "carol") == ["back soon"]
