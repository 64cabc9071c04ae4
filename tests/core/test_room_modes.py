"""Slow mode, channels for those with an account, and who may make channels."""

import pytest

from natterjack.ports.events import Reconfigured
from tests.support.chat import Chat, pond

# -- slow mode


def test_slow_mode_is_set_shown_and_taken_away() -> None:
    pond("op").play("""
        op > MODE #pond +w 30
        op < :op MODE #pond +w 30
        op > MODE #pond +w 30
        op > MODE #pond +lw 9 5
        op < :op MODE #pond +lw 9 5
        op > MODE #pond
        op < 324 op #pond +lntw 9 :5
        op < 329 …
        op > MODE #pond +w
        op < 696 op #pond w * :Slow mode takes the seconds between two messages of one: 1 to 3600
        op > MODE #pond +w 0
        op < 696 op #pond w 0 :Slow mode takes the seconds between two messages of one: 1 to 3600
        op > MODE #pond +w 3601
        op < 696 op #pond w 3601 :Slow mode takes the seconds between two messages of one: 1 to 3600
        op > MODE #pond +w ten
        op < 696 op #pond w ten :Slow mode takes the seconds between two messages of one: 1 to 3600
        op > MODE #pond -w
        op < :op MODE #pond -w
        op > MODE #pond -w
    """)


def test_one_message_in_so_many_seconds() -> None:
    chat = pond("op", "bob", modes="+w 10")
    chat.play("""
        bob > PRIVMSG #pond :one
        op < :bob PRIVMSG #pond :one
        bob > PRIVMSG #pond :two
        bob < 404 bob #pond :Cannot send to channel (slow mode: wait 10 seconds)
        -- wait 8.5
        bob > PRIVMSG #pond :two
        bob < 404 bob #pond :Cannot send to channel (slow mode: wait 2 seconds)
        -- wait 1
        bob > PRIVMSG #pond :two
        bob < 404 bob #pond :Cannot send to channel (slow mode: wait 1 second)
        bob > NOTICE #pond :two
        op > PRIVMSG #pond :a
        bob < :op PRIVMSG #pond :a
        op > PRIVMSG #pond :b
        bob < :op PRIVMSG #pond :b
        -- wait 0.5
        bob > NOTICE #pond :two
        op < :bob NOTICE #pond :two
        bob > PRIVMSG #pond :three
        bob < 404 bob #pond :Cannot send to channel (slow mode: wait 10 seconds)
        op > MODE #pond +v bob
        op < :op MODE #pond +v bob
        bob < :op MODE #pond +v bob
        bob > PRIVMSG #pond :three
        op < :bob PRIVMSG #pond :three
    """)


def test_what_was_not_said_and_typing_do_not_count() -> None:
    chat = pond("op", "bob", modes="+w 10", caps="message-tags")
    bob = chat.peers["bob"]
    assert bob.send(f"PRIVMSG #pond :{'x' * 500}")[0].startswith("417")
    assert bob.send("PRIVMSG #pond :") == ["412 bob :No text to send"]
    for _ in range(3):
        assert bob.send("@+typing=active TAGMSG #pond") == []
    chat.peers["op"].take()
    assert bob.send("@+draft/react=👍 TAGMSG #pond") == []
    assert len(chat.peers["op"].take()) == 1
    assert bob.send("@+draft/react=👍 TAGMSG #pond") == []
    assert bob.send("@+typing=active;+draft/react=👍 TAGMSG #pond") == []
    assert bob.send("@+typing=active PRIVMSG #pond :now")[0].startswith("404")
    assert chat.peers["op"].take() == []
    bob.send("@+typing=active TAGMSG #pond")
    assert len(chat.peers["op"].take()) == 1


def test_coming_back_or_another_nick_of_the_account_is_no_way_around_it() -> None:
    chat = pond("op", "bob", modes="+w 10", accounts="bob")
    chat.enter("phone")
    chat.log_in("phone", "bob")
    chat.peers["phone"].send("JOIN #pond")
    chat.quiet()
    bob, phone = chat.peers["bob"], chat.peers["phone"]
    assert bob.send("PRIVMSG #pond :one") == []
    bob.send("PART #pond", "JOIN #pond")
    phone.take()
    assert bob.send("PRIVMSG #pond :two")[0].startswith("404")
    assert phone.send("PRIVMSG #pond :two")[0].startswith("404")


def test_outsiders_wait_too_and_a_shorter_time_counts_at_once() -> None:
    chat = pond("op", modes="+w-n 100")
    eve = chat.enter("eve")
    chat.quiet()
    assert eve.send("PRIVMSG #pond :one") == []
    chat.wait(5)
    assert eve.send("PRIVMSG #pond :two")[0].endswith("(slow mode: wait 95 seconds)")
    chat.peers["op"].send("MODE #pond +w 6")
    assert eve.send("PRIVMSG #pond :two")[0].endswith("(slow mode: wait 1 second)")
    chat.wait(1)
    assert eve.send("PRIVMSG #pond :two") == []


def test_who_spoke_is_forgotten_as_soon_as_it_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = pond("op", *(f"n{number}" for number in range(9)), modes="+w 10")
    channel = chat.world.channel("#pond")
    for number in range(8):
        chat.peers[f"n{number}"].send("PRIVMSG #pond :x")
        chat.wait(2)
    assert len(channel.spoke) <= 6
    monkeypatch.setattr("natterjack.core.channel.SPEAKERS", 3)
    chat.peers["n8"].send("PRIVMSG #pond :x")
    assert len(channel.spoke) == 3
    chat.peers["op"].send("MODE #pond -w")
    assert channel.spoke == {}


# -- for members


def test_only_those_logged_in_may_join() -> None:
    chat = pond("op", modes="+R")
    chat.enter("eve")
    chat.quiet()
    chat.play("""
        eve > JOIN #pond
        eve < 477 eve #pond :Cannot join channel (+R): you need to log in to an account
        op > INVITE eve #pond
        op < 341 op eve :#pond
        eve < :op INVITE eve #pond
        eve > JOIN #pond
        eve < :eve JOIN #pond
        eve < 353 eve = #pond :@op eve
        eve < 366 …
        op < :eve JOIN #pond
        eve > PRIVMSG #pond :hi
        op < :eve PRIVMSG #pond :hi
    """)
    chat.log_in("eve", "eve")
    chat.peers["eve"].send("PART #pond")
    assert ":eve JOIN #pond" in chat.peers["eve"].send("JOIN #pond")


def test_only_those_logged_in_or_voiced_may_speak() -> None:
    chat = pond("op", "eve", modes="+M")
    chat.play("""
        eve > PRIVMSG #pond :hi
        eve < 404 eve #pond :Cannot send to channel (only those with an account may speak (+M): log in first)
        op > MODE #pond +v eve
        op < :op MODE #pond +v eve
        eve < :op MODE #pond +v eve
        eve > PRIVMSG #pond :hi
        op < :eve PRIVMSG #pond :hi
        op > MODE #pond -v eve
        op < :op MODE #pond -v eve
        eve < :op MODE #pond -v eve
    """)
    chat.log_in("eve", "eve")
    assert chat.peers["eve"].send("PRIVMSG #pond :hi") == []
    assert chat.peers["op"].take() == [":eve PRIVMSG #pond :hi"]


# -- making channels


@pytest.mark.parametrize(
    ("create", "who"),
    [("anyone", "guest member operator"), ("members", "member operator"), ("operators", "operator")],
)
def test_who_may_make_a_channel(create: str, who: str) -> None:
    chat = Chat("guest", "member", "operator", create=create)
    chat.log_in("member", "member")
    chat.world.set_modes(chat.world.find("operator"), "o")
    chat.quiet()
    for nick, peer in chat.peers.items():
        answer = peer.send(f"JOIN #of-{nick}")
        if nick in who.split():
            assert answer[0] == f":{nick} JOIN #of-{nick}"
        else:
            assert answer == [f"403 {nick} #of-{nick} :No such channel"]
            assert chat.world.channel(f"#of-{nick}") is None


def test_it_can_change_while_the_server_runs() -> None:
    chat = Chat("guest")
    guest = chat.peers["guest"]
    policy = chat.core.policy
    chat.handle(Reconfigured(type(policy)(version="1", limited=False, create="members")))
    assert guest.send("JOIN #a") == ["403 guest #a :No such channel"]
    chat.handle(Reconfigured(policy))
    assert guest.send("JOIN #a")[0] == ":guest JOIN #a"


def test_channels_that_are_there_are_joined_as_ever() -> None:
    chat = Chat("alice", "guest", create="members")
    chat.log_in("alice", "alice")
    chat.peers["alice"].send("JOIN #team")
    guest = chat.peers["guest"]
    assert ":guest JOIN #team" in guest.send("JOIN #team")
    chat.peers["alice"].send("KICK #team guest", "MODE #team +i")
    guest.take()
    assert guest.send("JOIN #team") == ["473 guest #team :Cannot join channel (+i): you need an invitation"]


# -- no CTCP


def test_ctcp_can_be_kept_out() -> None:
    pond("op", "bob").play("""
        bob > PRIVMSG #pond :\1PING 1\1
        op < :bob PRIVMSG #pond :\1PING 1\1
        op > MODE #pond +C
        op < :op MODE #pond +C
        bob < :op MODE #pond +C
        bob > PRIVMSG #pond :\1PING 1\1
        bob < 404 bob #pond :Cannot send to channel (it takes no CTCP but /me (+C))
        bob > NOTICE #pond :\1PING 1\1
        bob > PRIVMSG #pond :\1ACTION waves\1
        op < :bob PRIVMSG #pond :\1ACTION waves\1
        op > PRIVMSG #pond :\1PING 1\1
        bob < :op PRIVMSG #pond :\1PING 1\1
    """)


@pytest.mark.parametrize("modes", ["+m", "+M", "+b bob", "+b ~m:bob", "+U", "+w 60"])
def test_who_may_not_speak_says_nothing_by_leaving_either(modes: str) -> None:
    chat = pond("op", "bob", modes=modes)
    bob, op = chat.peers["bob"], chat.peers["op"]
    bob.send("PRIVMSG #pond :for slow mode")
    chat.quiet()
    assert bob.send("PART #pond :buy this") == [":bob PART #pond"]
    assert op.take() == [":bob PART #pond"]


def test_who_may_speak_may_say_why_he_leaves() -> None:
    chat = pond("op", "bob", modes="+mw 60")
    chat.peers["op"].send("MODE #pond +v bob")
    chat.quiet()
    assert chat.peers["bob"].send("PART #pond :see you") == [":bob PART #pond :see you"]


@pytest.mark.parametrize("modes", ["+m", "+M", "+b bob", "+b ~m:bob", "+U", "+w 60"])
def test_nor_by_leaving_the_server(modes: str) -> None:
    chat = pond("op", "bob", "cat", modes=modes)
    chat.enter("dan")
    for nick in ("dan", "cat", "bob"):
        chat.peers[nick].send("JOIN #lake")
    chat.peers["bob"].send("PRIVMSG #pond :for slow mode")
    chat.quiet()
    assert chat.peers["bob"].send("QUIT :buy this") == ["ERROR :Closing link: Quit: buy this"]
    heard = {nick: chat.peers[nick].take() for nick in ("op", "cat", "dan")}
    assert heard == {
        "op": [":bob QUIT :Quit"],
        "cat": [":bob QUIT :Quit"],  # who is in #lake, too
        "dan": [":bob QUIT :Quit: buy this"],
    }


def test_each_channel_remembers_what_could_be_said_there() -> None:
    caps = "batch message-tags draft/chathistory draft/event-playback"
    chat = Chat("op", "bob", caps=caps, lobby=(), durable=True, instant=True, store=True)
    for nick in ("op", "bob"):
        chat.peers[nick].send("JOIN #pond", "JOIN #lake")
    chat.peers["op"].send("MODE #pond +m")
    chat.peers["bob"].send("QUIT :buy this")
    chat.quiet()
    channels = ("#pond", "#lake")
    shown = {each: chat.peers["op"].send(f"CHATHISTORY LATEST {each} * 1")[1] for each in channels}
    assert shown["#pond"].endswith(":bob QUIT :Quit")
    assert shown["#lake"].endswith(":bob QUIT :Quit: buy this")
    ids = {line.partition("msgid=")[2].split(";")[0].split(" ")[0] for line in shown.values()}
    assert len(ids) == 1, "it is one event"


def test_who_may_speak_says_why_he_goes() -> None:
    chat = pond("op", "bob", modes="+mw 60")
    chat.peers["op"].send("MODE #pond +v bob")
    chat.quiet()
    chat.peers["bob"].send("QUIT :see you")
    assert chat.peers["op"].take() == [":bob QUIT :Quit: see you"]


@pytest.mark.parametrize("modes", ["+m", "+b bob", "+w 60"])
def test_nor_by_a_topic_that_anybody_may_set(modes: str) -> None:
    chat = pond("op", "bob", modes=f"-t{modes}")
    op, bob = chat.peers["op"], chat.peers["bob"]
    bob.send("PRIVMSG #pond :for slow mode")
    chat.quiet()
    (told,) = bob.send("TOPIC #pond :buy this")
    assert told.startswith("404 bob #pond :Cannot send to channel (")
    assert op.take() == []
    assert op.send("TOPIC #pond :toads") == [":op TOPIC #pond :toads"]
    op.send("MODE #pond +v bob")
    chat.quiet()
    assert bob.send("TOPIC #pond :newts") == [":bob TOPIC #pond :newts"]
