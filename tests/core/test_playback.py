"""What was said before, for those who can't ask for it."""

from __future__ import annotations

from natterjack.core.policy import Limits
from natterjack.ports.effects import Ask, Hold, Pause, Release, Remember
from natterjack.ports.events import Answered
from natterjack.ports.records import Snapshot
from tests.support import chat as support
from tests.support.chat import Chat, make_account
from tests.support.records import snapshot_of


def chat_of(*accounts: str, replay: int = 3, **settings: object) -> Chat:
    snapshot = Snapshot(b"s" * 32, tuple(map(make_account, accounts)))
    limits = Limits(replay=replay)
    return Chat(
        store=True, durable=True, instant=True, lobby=("#pond",), limits=limits, snapshot=snapshot, **settings
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
    login_lines = support.said(login, f"{login}-password") if login else []
    lines = peer.send(f"CAP REQ :{caps}", *login_lines, *hello)
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


def test_whoever_comes_as_one_more_of_a_user_finds_what_was_on_its_way_to_him() -> None:
    chat = chat_of("bob")
    alice = chat.enter("alice")
    chat.enter("bob", login="bob")
    said(chat, "alice", "before")
    chat.instant = False
    alice.post("PRIVMSG #pond :on its way")
    more = chat.open("more")
    login = support.said("bob", "bob-password")
    more.post("CAP REQ :sasl", "NICK bob", "USER bob 0 * :Bob", *login, "CAP END")
    alice.post("PRIVMSG #pond :live")
    chat.settle()
    heard = [line for line in more.take() if " PRIVMSG #pond " in line]
    assert [line.partition("] ")[2] or line.partition(" :")[2] for line in heard] == [
        "before",
        "on its way",
        "live",
    ]


def test_where_messages_are_kept_in_memory_they_are_there_before_anybody_asks() -> None:
    chat = Chat(store=True, durable=False, history=True, lobby=("#pond",), limits=Limits(replay=3))
    alice, bob = chat.enter("alice"), chat.enter("bob")
    alice.send("PRIVMSG #pond :hi")
    chat.quiet()
    chat._in_turn = True
    alice.post("PRIVMSG #pond :hi")
    bob.post("PART #pond", "JOIN #pond")
    chat._in_turn = False
    effects = chat.core.take()
    assert [type(effect) for effect in effects if isinstance(effect, Ask | Remember)] == [Remember, Ask]
    assert not any(isinstance(effect, Remember) for effect in chat.core.take()), "it would be there twice"
