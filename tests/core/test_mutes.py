"""Who is here and says nothing: mutes, and the lock; both go through a restart, as bans do."""

from __future__ import annotations

from natterjack.core.sanctions import seen
from natterjack.ports.records import LockRecord, Snapshot
from tests.core.test_sanctions import _ACCOUNTS, _ban, chat_of
from tests.support.chat import Chat, said

# -- mutes


def test_a_muted_user_says_nothing_that_others_see() -> None:
    chat = Chat(instant=True, store=True, lobby=("#pond",), snapshot=Snapshot(b"", _ACCOUNTS))
    chat.enter("eve", "message-tags echo-message setname")
    chat.enter("ann", "message-tags away-notify setname")
    chat.peers["eve"].send("JOIN #own", "TOPIC #own :mine")
    chat.quiet()
    chat.play("""
        -- console mute eve!*@* --for 30m spam
        eve > PRIVMSG #pond :hi
        eve < 404 eve #pond :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > PRIVMSG @#own,ann :hi
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve < 531 eve ann :Cannot send to user (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > NOTICE #pond :hi
        eve > NOTICE ann :hi
        eve > @+typing=active TAGMSG #pond
        eve > @+typing=active TAGMSG ann
        eve > TOPIC #own :new
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > INVITE ann #own
        eve < 531 eve ann :Cannot send to user (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > KICK #own eve :some words
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > MODE #own +b words!*@*
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > TBAN #own 5m words!*@* :some words
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > MODE #own +k words
        eve < 404 eve #own :Cannot send to channel (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > JOIN #words
        eve < 437 eve #words :You can't have that name (you are muted until 2026-11-22 21:01 UTC: spam)
        eve > SETNAME :some words
        eve < FAIL SETNAME CANNOT_CHANGE :you are muted until 2026-11-22 21:01 UTC: spam
        eve > AWAY :some words
        eve < 306 eve :You have been marked as being away
        ann < @…:eve AWAY :Away
        eve > AWAY
        eve < 305 eve :You are no longer marked as being away
        ann < @…:eve AWAY
        eve > PART #pond :some words
        eve < @…:eve PART #pond
        ann < @…:eve PART #pond
        eve > JOIN #pond
        eve < @…:eve JOIN #pond
        eve < 353 eve = #pond :ann eve
        eve < 366 eve #pond :End of NAMES list
        ann < @…:eve JOIN #pond
        eve > MODE #own +m
        eve < @…:eve MODE #own +m
        eve > QUIT :some words
        eve < ERROR :Closing link: Quit
        ann < @…:eve QUIT :Quit
    """)


def test_what_the_muted_have_said_of_being_away_is_not_shown_as_they_join() -> None:
    chat = chat_of("eve")
    ann = chat.enter("ann", "away-notify")
    ann.send("JOIN #lake")
    chat.peers["eve"].send("AWAY :some words")
    chat.quiet()
    chat.console("mute", "eve!*@*")
    chat.peers["eve"].send("JOIN #lake")
    assert ann.take() == [":eve JOIN #lake", ":eve AWAY :Away"]


def test_who_comes_in_muted_has_no_real_name_but_his_nick() -> None:
    chat = chat_of()
    chat.enter("ann", "extended-join setname")
    chat.console("mute", "192.0.2.7")
    eve = chat.open("eve", "192.0.2.7")
    eve.send("NICK eve", "USER eve 0 * :buy this")
    assert chat.peers["ann"].take() == [":eve!eve@192.0.2.7 JOIN #pond * :eve"]


def test_who_is_seen_without_a_session_and_comes_back_muted_keeps_his_real_name() -> None:
    chat = chat_of()
    chat.enter("ann", "setname chghost")
    chat.enter("alice", login="alice", ip="192.0.2.9").send("NS SET ALWAYS-ON on", "SETNAME :Alice", "QUIT")
    chat.console("mute", "192.0.2.7")
    chat.quiet()
    chat.enter("alice", login="alice", ip="192.0.2.7")
    heard = chat.peers["ann"].take()
    assert any(" CHGHOST " in line for line in heard)
    assert not any(" SETNAME " in line for line in heard)
    assert chat.world.find("alice").realname == "Alice"


def test_a_mute_follows_account_nick_and_address() -> None:
    chat = chat_of("ann")
    guest = chat.enter("guest", ip="192.0.2.7")

    def may_speak(nick: str) -> bool:
        return not chat.world.find(nick).muted

    assert chat.console("mute", "alice").text == "alice is muted; 0 of those who are here"
    assert may_speak("guest")
    guest.send(*said("alice", "alice-password"))
    assert not may_speak("guest")
    assert chat.console("unmute", "alice").text == "alice may speak again"
    assert may_speak("guest")
    assert chat.console("mute", "loud*!*@*").ok
    guest.send("NICK louder")
    assert not may_speak("louder")
    assert guest.send("NICK quieter")[-1].startswith("437 louder quieter :")
    chat.console("unmute", "loud*!*@*")
    guest.send("NICK quieter")
    assert may_speak("quieter")
    assert chat.console("mute", "192.0.2.0/24").text.endswith("1 of those who are here")
    assert not may_speak("quieter")
    assert may_speak("ann")
    chat.enter("late", ip="192.0.2.99")
    assert not may_speak("late")


def test_a_mute_of_an_address_means_its_user_as_long_as_he_is_there_too() -> None:
    chat = chat_of()
    chat.console("mute", "192.0.2.7")
    chat.enter("alice", ip="192.0.2.9", login="alice")
    user = chat.world.find("alice")
    assert not user.muted
    other = chat.enter("alice", ip="192.0.2.7", login="alice")
    assert user.muted
    other.send("QUIT")
    assert not user.muted


def test_many_sessions_from_one_place_cost_no_more_than_one() -> None:
    chat = chat_of()
    for ip in ("192.0.2.7", "192.0.2.7", "192.0.2.9", "192.0.2.7"):
        chat.enter("alice", ip=ip, login="alice")
    assert seen(chat.world.find("alice")).ips == ("192.0.2.7", "192.0.2.9")


def test_two_mutes_hold_until_both_are_over() -> None:
    chat = chat_of()
    chat.enter("alice", login="alice")
    user = chat.world.find("alice")
    chat.console("mute", "alice", "--for", "30m", "one")
    chat.console("mute", "alice!*@*", "--for", "12h", "two")
    assert user.muted == "you are muted until 2026-11-22 21:01 UTC: one"
    chat.wait(1801, step=300)
    assert user.muted == "you are muted until 2026-11-23 08:31 UTC: two"
    chat.console("unmute", "alice!*@*")
    assert user.muted == ""


def test_this_machine_may_be_muted() -> None:
    chat = chat_of("ann")
    assert chat.console("mute", "127.0.0.0/8").ok
    assert chat.peers["ann"].send("PRIVMSG #pond :x")[0].startswith("404 ")


# -- the lock


def test_while_it_is_locked_guests_stay_out_and_are_silent_until_they_log_in() -> None:
    chat = chat_of("guest")
    chat.enter("alice", login="alice")
    chat.quiet()
    why = "only members may do that just now (raid): log in to an account"
    assert (
        chat.console("lock", "raid").text
        == "only those with an account come in and may speak; unlock ends that"
    )
    row = chat.console("status").rows[0]
    assert (row["locked"], row["lock_text"]) == (True, "raid")
    chat.play(f"""
        guest > PRIVMSG #pond :hi
        guest < 404 guest #pond :Cannot send to channel ({why})
        guest > PRIVMSG alice :hi
        guest < 531 guest alice :Cannot send to user ({why})
        guest > TOPIC #pond :x
        guest < 482 guest #pond :You're not an operator of that channel
        guest > JOIN #new
        guest < 437 guest #new :You can't have that name ({why})
        guest > REGISTER * * some-password
        guest < FAIL REGISTER TEMPORARILY_UNAVAILABLE guest :{why.replace("do that", "come in")}
        alice > PRIVMSG #pond :hi
        guest < :alice PRIVMSG #pond :hi
    """)
    late = chat.open("late")
    assert late.send("NICK late", "USER x 0 * :X") == [
        "464 late :only members may come in just now (raid): log in to an account",
        "ERROR :Closing link: only members may come in just now (raid): log in to an account",
    ]
    chat.enter("bob", login="bob")
    chat.quiet()
    guest = chat.peers["guest"]
    guest.send(*said("boss", "boss-password"))
    assert guest.send("PRIVMSG #pond :hi") == []
    assert chat.console("unlock").text == "guests may come in and speak again"
    assert not chat.console("unlock").ok
    chat.enter("late")
    assert chat.console("status").rows[0]["locked"] is False


def test_an_invite_does_not_get_past_the_lock() -> None:
    chat = chat_of()
    code = chat.console("invite").rows[0]["code"]
    chat.console("lock")
    peer = chat.open("x", "192.0.2.7", "tls")
    assert peer.send(f"PASS {code}", "NICK x", "USER x 0 * :X")[0] == (
        "464 x :only members may come in just now: log in to an account"
    )


def test_the_lock_and_a_mute_do_not_lift_each_other() -> None:
    chat = chat_of("guest")
    user = chat.world.find("guest")
    chat.console("mute", "guest!*@*")
    chat.console("lock")
    chat.console("unmute", "guest!*@*")
    assert user.muted.startswith("only members")
    chat.console("mute", "guest!*@*")
    chat.console("unlock")
    assert user.muted == "you are muted"


def test_sanctions_and_the_lock_survive_a_restart() -> None:
    chat = chat_of(
        sanctions=(_ban("192.0.2.0/24", reason="spam"), _ban("alice", "mute"), _ban("x!*@*")),
        lock=LockRecord("raid", "boss", 1.0),
    )
    assert chat.open("x", "192.0.2.7", "tls").take()[0] == "465 * :you are banned from this server: spam"
    alice = chat.enter("alice", login="alice")
    assert alice.send("PRIVMSG #pond :x") == ["404 alice #pond :Cannot send to channel (you are muted)"]
    assert chat.open("y").send("NICK y", "USER y 0 * :Y")[0].startswith("464 y :only members may come in")
    assert len(chat.console("bans").rows) == 3
