"""What was said before, for those who can't ask for it."""

from __future__ import annotations

from natterjack.core.policy import Limits
from natterjack.ports.effects import Ask, Hold, Pause, Release
from natterjack.ports.events import Answered, Now
from natterjack.ports.questions import ReadTargets
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, make_account
from tests.support.chat import said as login_lines
from tests.support.records import snapshot_of


def chat_of(
    *accounts: str,
    replay: int = 3,
    lobby: tuple[str, ...] = ("#pond",),
    stays: bool = False,
    **settings: object,
) -> Chat:
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name, stays=stays) for name in accounts))
    limits = Limits(replay=replay)
    return Chat(
        store=True, durable=True, instant=True, lobby=lobby, limits=limits, snapshot=snapshot, **settings
    )


def said(chat: Chat, nick: str, *texts: str, target: str = "#pond") -> None:
    """``nick`` says ``texts``, a minute apart."""
    for text in texts:
        chat.wait(60)
        chat.peers[nick].send("PING x", f"PRIVMSG {target} :{text}")


def shown(chat: Chat, nick: str, caps: str = "", login: str = "") -> list[str]:
    """What ``nick`` is told on arriving, from the end of the names on."""
    peer = chat.open(nick)
    hello = [f"NICK {nick}", f"USER {nick} 0 * :Real {nick}", "CAP END"]
    proof = login_lines(login, f"{login}-password") if login else []
    lines = peer.send(f"CAP REQ :{caps}", *proof, *hello)
    last = max(index for index, line in enumerate(lines) if " 366 " in f" {line}" or line.startswith("366"))
    return lines[last + 1 :]


def test_whoever_joins_is_shown_the_latest_lines() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "one", "two", "three", "four")
    assert shown(chat, "bob", "server-time") == [
        f"@time=2026-11-22T20:{minute}:02.500Z :alice PRIVMSG #pond :{text}"
        for minute, text in ((33, "two"), (34, "three"), (35, "four"))
    ]


def test_as_a_batch_where_that_is_understood_and_with_the_time_in_the_text_where_no_other_is() -> None:
    chat = chat_of(replay=1)
    chat.enter("alice")
    said(chat, "alice", "hi")
    opening, line, closing = shown(chat, "bob", "batch server-time")
    assert (opening, closing) == ("BATCH +1 chathistory #pond", "BATCH -1")
    assert line.endswith(" :alice PRIVMSG #pond :hi")
    assert shown(chat, "carol") == [":alice PRIVMSG #pond :[2026-11-22 20:32] hi"]
    said(chat, "alice", "\x01ACTION waves\x01")
    assert shown(chat, "dan") == [":alice PRIVMSG #pond :\x01ACTION waves\x01"]


def test_whoever_can_ask_is_shown_nothing_unasked() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "hi")
    assert shown(chat, "bob", "draft/chathistory") == []


def test_joining_later_and_new_channels() -> None:
    chat = chat_of()
    alice, bob = chat.enter("alice"), chat.enter("bob")
    alice.send("JOIN #lake")
    said(chat, "alice", "hi", target="#lake")
    bob.take()
    assert bob.send("JOIN #lake,#new")[-1] == ":alice PRIVMSG #lake :[2026-11-22 20:32] hi"
    assert bob.send("PART #lake", "JOIN #lake")[-1] == ":alice PRIVMSG #lake :[2026-11-22 20:32] hi"
    alice.send("NOTICE #lake :more")
    assert bob.send("PART #lake", "JOIN #lake")[-1] == ":alice NOTICE #lake :[2026-11-22 20:32] more"


def test_what_is_said_meanwhile_comes_after_it() -> None:
    chat = chat_of()
    alice, bob = chat.enter("alice"), chat.enter("bob")
    alice.send("JOIN #lake")
    said(chat, "alice", "before", target="#lake")
    bob.take()
    chat.instant = False
    effects = bob.post("JOIN #lake")
    assert not any(isinstance(effect, Hold | Release) for effect in effects)
    alice.post("PRIVMSG #lake :meanwhile")
    chat.settle()
    got = [line for line in bob.take() if "PRIVMSG" in line]
    assert got == [":alice PRIVMSG #lake :[2026-11-22 20:32] before", ":alice PRIVMSG #lake :meanwhile"]


def test_commands_behind_a_join_wait_for_it() -> None:
    chat = chat_of()
    alice, bob = chat.enter("alice"), chat.enter("bob")
    alice.send("JOIN #lake")
    said(chat, "alice", "before", target="#lake")
    bob.take()
    assert [line.partition(" ")[0] for line in bob.send("JOIN #lake", "PING x")][-2:] == [":alice", "PONG"]


def test_an_account_that_comes_back_gets_all_that_it_missed() -> None:
    chat = chat_of("kim", "alice", replay=1)
    kim = chat.enter("kim", login="kim")
    chat.enter("alice", login="alice")
    said(chat, "alice", "seen")
    chat.wait(1)
    kim.send("QUIT")
    said(chat, "alice", "one", "two", "three")
    said(chat, "alice", "just for you", target="kim")
    got = shown(chat, "kim", "server-time", "kim")
    assert [line.partition(" :")[2] for line in got] == [
        "alice PRIVMSG #pond :one",
        "alice PRIVMSG #pond :two",
        "alice PRIVMSG #pond :three",
        "alice PRIVMSG kim :just for you",
    ]
    assert [line.partition(" :")[2] for line in shown(chat, "phone", "server-time", "kim")] == [
        "alice PRIVMSG #pond :three"
    ]  # a further device of somebody who is here has missed nothing


def test_what_is_said_at_the_moment_of_leaving_is_missed_too() -> None:
    """Times have milliseconds: what comes right behind a QUIT may have the same."""
    chat = chat_of("alice")
    chat.enter("bob")
    chat.enter("alice", login="alice").send("QUIT")
    chat.peers["bob"].send("PRIVMSG #pond :already gone?")
    chat.wait(60)
    assert [line.rpartition("] ")[2] for line in shown(chat, "alice", login="alice")] == ["already gone?"]


def test_since_when_it_was_away_survives_a_restart() -> None:
    chat = chat_of("kim", "alice")
    chat.enter("alice", login="alice")
    chat.enter("kim", login="kim").send("QUIT")
    said(chat, "alice", "missed")
    records = chat.records
    again = Chat(
        store=True, durable=True, instant=True, lobby=("#pond",), now=chat.now,
        snapshot=snapshot_of(records, (make_account("kim"), make_account("alice"))),
    )  # fmt: skip
    again.past = chat.past
    assert [line.partition(" :")[2] for line in shown(again, "kim", "server-time", "kim")] == [
        "alice PRIVMSG #pond :missed"
    ]


def test_where_it_is_turned_off_nothing_is_shown() -> None:
    chat = chat_of(replay=0)
    chat.enter("alice")
    said(chat, "alice", "hi")
    assert shown(chat, "bob") == []


def test_several_lines_as_they_were_said() -> None:
    chat = chat_of(replay=2)
    alice = chat.enter("alice", caps="batch message-tags draft/multiline")
    said(chat, "alice", "short")
    alice.send(
        "BATCH +1 draft/multiline #pond",
        "@batch=1 PRIVMSG #pond :one",
        "@batch=1 PRIVMSG #pond :two",
        "BATCH -1",
    )
    *_, first, second = shown(chat, "bob")
    assert first == ":alice PRIVMSG #pond :[2026-11-22 20:32] one"
    assert second == ":alice PRIVMSG #pond :two"
    lines = shown(chat, "carol", "batch message-tags server-time draft/multiline")
    assert lines[0].startswith("BATCH +1 chathistory #pond")
    assert [line.partition(" ")[2] for line in lines[1:-1]] == [
        ":alice PRIVMSG #pond :short",
        ":alice BATCH +m4 draft/multiline #pond",
        ":alice PRIVMSG #pond :one",
        ":alice PRIVMSG #pond :two",
        ":alice BATCH -m4",
    ]


def test_not_where_whoever_joins_reads_on_from_there() -> None:
    chat = chat_of()
    chat.enter("alice").send("JOIN #lake", "MODE #lake +H", "PRIVMSG #lake :hi")
    assert not any("PRIVMSG" in line for line in chat.enter("bob").send("JOIN #lake"))


def test_under_the_name_that_the_channel_has_now() -> None:
    chat = chat_of("alice")
    alice = chat.enter("alice", login="alice")
    alice.send("JOIN #lake", "PRIVMSG #lake :hi")
    bob = chat.enter("bob", caps="server-time")
    bob.send("JOIN #lake")
    bob.take()
    lines = alice.send("RENAME #lake #sea")
    assert not any("PRIVMSG" in line for line in bob.take()), lines
    assert bob.send("PART #sea", "JOIN #sea")[-1].endswith(":alice PRIVMSG #sea :hi")


def test_an_answer_from_before_something_was_said_is_not_remembered_for_others() -> None:
    chat = chat_of()
    alice = chat.enter("alice")
    said(chat, "alice", "first")
    asked: list[Ask] = []
    answer, chat._answer = chat._answer, asked.append  # type: ignore[method-assign]
    chat.enter("bob")
    old = chat.past.ask(asked[0].question)  # found out before the next is said, and told after
    alice.send("PRIVMSG #pond :second")
    chat.enter("carol")
    chat._answer = answer  # type: ignore[method-assign]
    chat.handle(Answered(asked[0].ask, old))
    chat._answer(asked[1])
    assert [line[-6:] for line in shown(chat, "dave")] == [" first", "second"]


def test_whoever_goes_meanwhile_is_gone_at_once() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "hi")
    asked: list[Ask] = []
    answer, chat._answer = chat._answer, asked.append  # type: ignore[method-assign]
    bob = chat.open("bob")
    effects = bob.post("NICK bob", "USER bob 0 * :Bob")
    assert len(asked) == 1
    assert not [effect for effect in effects if isinstance(effect, Pause)]
    bob.hang_up()
    assert chat.world.find("bob") is None
    chat._answer = answer  # type: ignore[method-assign]
    answer(asked[0])
    assert [line[-3:] for line in shown(chat, "bob")] == [" hi"]
    assert shown(chat, "carol") == shown(chat, "dave")


def test_whoever_says_something_meanwhile_is_not_seen_to_go_before_that_is_carried_out() -> None:
    chat = chat_of()
    alice = chat.enter("alice")
    said(chat, "alice", "hi")
    asked: list[Ask] = []
    answer, chat._answer = chat._answer, asked.append  # type: ignore[method-assign]
    at_once, later = chat.open("bob"), chat.open("carol")
    effects = at_once.post("NICK bob", "USER bob 0 * :Bob", "PRIVMSG #pond :from bob")
    assert Pause(at_once.sid, paused=True) in effects
    assert Pause(later.sid, paused=True) not in later.post("NICK carol", "USER carol 0 * :Carol")
    assert Pause(later.sid, paused=True) in later.post("PRIVMSG #pond :from carol")
    assert Pause(later.sid, paused=True) not in later.post("PRIVMSG #pond :and more")
    alice.take()
    chat._answer = answer  # type: ignore[method-assign]
    for ask in asked:
        answer(ask)
    assert [line.partition(" :")[2] for line in alice.take()] == ["from bob", "from carol", "and more"]


# -- what an account has missed is missed until it is shown


def away(*accounts: str, **settings: object) -> Chat:
    """Kim was here and has gone; then alice says one and two in the channel, and three to him."""
    chat = chat_of("kim", "alice", *accounts, replay=1, **settings)
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
    return [line.rpartition(" :")[2].rpartition("] ")[2] for line in lines if " PRIVMSG " in line]


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
    chat = chat_of("kim", "alice", replay=1)
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


def test_what_the_history_keeps_no_longer_is_not_shown_for_longer_than_a_minute() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "secret")
    assert texts(shown(chat, "bob")) == ["secret"]
    chat.past.lines.clear()  # as the store does, in its time
    assert texts(shown(chat, "carol")) == ["secret"]
    chat.wait(60)
    assert texts(shown(chat, "dave")) == []


def test_what_the_console_says_is_shown_to_those_who_come_later() -> None:
    chat = chat_of()
    chat.enter("alice")
    said(chat, "alice", "hi")
    assert len(shown(chat, "bob")) == 1
    assert chat.console("say", "#pond", "back", "soon").ok
    assert [line.rpartition("] ")[2] for line in shown(chat, "carol")] == ["hi", "back soon"]
