"""PRIVMSG, NOTICE, TAGMSG: who gets what, and what the sender is told."""

import pytest

from tests.support.chat import Chat, pond


def test_what_is_said_in_a_channel_reaches_all_others() -> None:
    pond("alice", "bob", "carol").play("""
        alice > PRIVMSG #pond :hello, world
        bob < :alice PRIVMSG #pond :hello, world
        carol < :alice PRIVMSG #pond :hello, world
        bob > NOTICE #POND one
        alice < :bob NOTICE #pond :one
        carol < :bob NOTICE #pond :one
        bob > PRIVMSG @#POND :two
        alice < :bob PRIVMSG @#pond :two
    """)


def test_what_is_said_to_somebody_reaches_him_alone() -> None:
    Chat("alice", "bob", "carol").play("""
        alice > PRIVMSG BOB :psst
        bob < :alice PRIVMSG bob :psst
        bob > NOTICE alice :what?
        alice < :bob NOTICE alice :what?
    """)


def test_errors_of_privmsg() -> None:
    chat = Chat("alice", "bob")
    chat.play("""
        alice > PRIVMSG
        alice < 411 alice :No recipient given (PRIVMSG)
        alice > PRIVMSG bob
        alice < 412 alice :No text to send
        alice > PRIVMSG bob :
        alice < 412 alice :No text to send
        alice > PRIVMSG , :hi
        alice < 461 alice PRIVMSG :Not enough parameters
        alice > PRIVMSG nobody :hi
        alice < 401 alice nobody :No such nick or channel
        alice > PRIVMSG #nowhere :hi
        alice < 403 alice #nowhere :No such channel
        alice > PRIVMSG @#nowhere :hi
        alice < 403 alice #nowhere :No such channel
        alice > PRIVMSG a,b,c,d,e :hi
        alice < 407 alice a :Too many targets: at most 4. Nothing was sent
    """)


def test_notice_is_never_answered_with_an_error() -> None:
    Chat("alice", "bob").play("""
        alice > NOTICE
        alice > NOTICE bob
        alice > NOTICE , :hi
        alice > NOTICE nobody :hi
        alice > NOTICE #nowhere :hi
        alice > NOTICE a,b,c,d,e :hi
        bob > PRIVMSG alice :still there?
        alice < :bob PRIVMSG alice :still there?
    """)


def test_several_targets_each_once() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.play("""
        alice > PRIVMSG bob,#lobby,nobody,bob, :hi
        bob < :alice PRIVMSG bob :hi
        bob < :alice PRIVMSG #lobby :hi
        carol < :alice PRIVMSG #lobby :hi
        alice < 401 alice nobody :No such nick or channel
    """)


def test_an_away_text_comes_back() -> None:
    Chat("alice", "bob").play("""
        bob > AWAY :asleep
        bob < 306 bob :You have been marked as being away
        alice > PRIVMSG bob :hi
        alice < 301 alice bob :asleep
        bob < :alice PRIVMSG bob :hi
        alice > NOTICE bob :hi
        bob < :alice NOTICE bob :hi
    """)


def test_who_may_speak() -> None:
    chat = pond("op", "half", "voice", "plain", modes="+hv half voice")
    chat.enter("outside")
    chat.quiet()
    chat.play("""
        outside > PRIVMSG #pond :hi
        outside < 404 outside #pond :Cannot send to channel (you are not in it)
        op > MODE #pond +m-n
        op < :op MODE #pond +m-n
        half < :op MODE #pond +m-n
        voice < :op MODE #pond +m-n
        plain < :op MODE #pond +m-n
        outside > PRIVMSG #pond :hi
        outside < 404 outside #pond :Cannot send to channel (it is moderated (+m) and you have no voice)
        plain > PRIVMSG #pond :hi
        plain < 404 plain #pond :Cannot send to channel (it is moderated (+m) and you have no voice)
        voice > PRIVMSG #pond :hi
        op < :voice PRIVMSG #pond :hi
        half < :voice PRIVMSG #pond :hi
        plain < :voice PRIVMSG #pond :hi
        half > NOTICE #pond :hi
        op < :half NOTICE #pond :hi
        voice < :half NOTICE #pond :hi
        plain < :half NOTICE #pond :hi
    """)


def test_an_open_channel_hears_outsiders() -> None:
    chat = pond("alice", modes="-n")
    chat.enter("bob")
    chat.quiet()
    chat.play("""
        bob > PRIVMSG #pond :hi
        alice < :bob PRIVMSG #pond :hi
    """)


def test_the_banned_may_not_speak_unless_excepted_or_voiced() -> None:
    chat = pond("op", "eve", modes="+b eve!*@*")
    chat.play("""
        eve > PRIVMSG #pond :hi
        eve < 404 eve #pond :Cannot send to channel (you are banned)
        op > MODE #pond +e *!*@127.0.0.1
        op < :op MODE #pond +e *!*@127.0.0.1
        eve < :op MODE #pond +e *!*@127.0.0.1
        eve > PRIVMSG #pond :hi
        op < :eve PRIVMSG #pond :hi
        op > MODE #pond -e+v *!*@127.0.0.1 eve
        op < :op MODE #pond -e+v *!*@127.0.0.1 eve
        eve < :op MODE #pond -e+v *!*@127.0.0.1 eve
        eve > PRIVMSG #pond :hi
        op < :eve PRIVMSG #pond :hi
    """)


def test_statusmsg_reaches_that_rank_and_those_above() -> None:
    pond("op", "half", "voice", "plain", modes="+hv half voice").play("""
        plain > PRIVMSG @#pond :help
        op < :plain PRIVMSG @#pond :help
        voice > PRIVMSG %#pond :help
        op < :voice PRIVMSG %#pond :help
        half < :voice PRIVMSG %#pond :help
        half > NOTICE +#pond :help
        op < :half NOTICE +#pond :help
        voice < :half NOTICE +#pond :help
    """)


def test_statusmsg_echo_goes_to_the_sender_whatever_his_rank() -> None:
    pond("op", "plain", caps="echo-message").play("""
        plain > PRIVMSG @#pond :help
        op < :plain PRIVMSG @#pond :help
        plain < :plain PRIVMSG @#pond :help
        op > PRIVMSG @#pond :yes
        op < :op PRIVMSG @#pond :yes
    """)


def test_echo_message_shows_the_sender_what_others_got() -> None:
    pond("alice", "bob", caps="echo-message message-tags server-time").play("""
        alice > PRIVMSG #pond :hi
        alice < @time=2026-11-22T20:31:02.500Z;msgid=m… :alice PRIVMSG #pond :hi
        bob < @time=2026-11-22T20:31:02.500Z;msgid=m… :alice PRIVMSG #pond :hi
        alice > PRIVMSG bob :hi
        alice < @time=2026-11-22T20:31:02.500Z;msgid=m… :alice PRIVMSG bob :hi
        bob < @time=2026-11-22T20:31:02.500Z;msgid=m… :alice PRIVMSG bob :hi
    """)


def msgid(line: str) -> str:
    tags = line[1:].partition(" ")[0].split(";")
    return next(tag[6:] for tag in tags if tag.startswith("msgid="))


def test_echo_and_delivery_carry_one_msgid_and_no_two_messages_share_one() -> None:
    chat = pond("alice", "bob", caps="echo-message message-tags")
    seen = set()
    for text in ("one", "two", "two"):
        (echo,) = chat.peers["alice"].send(f"PRIVMSG #pond :{text}")
        (got,) = chat.peers["bob"].take()
        assert msgid(echo) == msgid(got)
        seen.add(msgid(got))
    assert len(seen) == 3


@pytest.mark.parametrize("command", ["JOIN #new", "PART #pond", "TOPIC #pond :x", "MODE #pond +m", "NICK al",
                                     "PRIVMSG #pond :x", "NOTICE #pond :x", "TAGMSG #pond", "KICK #pond bob",
                                     "QUIT"])  # fmt: skip
def test_every_event_in_a_channel_has_a_msgid(command: str) -> None:
    chat = pond("alice", "bob", caps="message-tags echo-message")
    heard = chat.peers["alice"].send(command) + chat.peers["bob"].take()
    events = [line for line in heard if ":alice" in line]
    assert events
    assert all(msgid(line) for line in events)


def test_a_message_to_oneself_comes_once_as_message_and_once_as_echo() -> None:
    Chat("alice").play("""
        alice > PRIVMSG alice :note
        alice < :alice PRIVMSG alice :note
    """)
    Chat("alice", caps="echo-message").play("""
        alice > PRIVMSG alice :note
        alice < :alice PRIVMSG alice :note
        alice < :alice PRIVMSG alice :note
    """)


def test_tags_from_clients_are_relayed_only_if_they_are_client_only() -> None:
    chat = Chat("alice", "bob", caps="message-tags")
    chat.enter("plain")
    chat.quiet()
    chat.play("""
        alice > @+a=1;+ex.org/b=x\\sy;time=1999-01-01T00:00:00.000Z;msgid=forged;account=root;x=y;bot PRIVMSG #lobby :hi
        bob < @msgid=m…;+a=1;+ex.org/b=x\\sy :alice PRIVMSG #lobby :hi
        plain < :alice PRIVMSG #lobby :hi
        alice > @+natterjack/cid=12345678;+a PRIVMSG bob :hi
        bob < @msgid=m…;+a :alice PRIVMSG bob :hi
    """)


def test_a_source_from_a_client_means_nothing() -> None:
    Chat("alice", "bob").play("""
        alice > :bob!bob@127.0.0.1 PRIVMSG bob :it is you
        bob < :alice PRIVMSG bob :it is you
        alice > :natterjack 001 bob :Welcome
        alice < 421 alice 001 :Unknown command
    """)


def test_tagmsg_goes_only_to_those_with_message_tags() -> None:
    chat = Chat("alice", "bob", caps="message-tags echo-message")
    chat.enter("plain")
    chat.quiet()
    chat.play("""
        alice > @+typing=active TAGMSG #lobby
        alice < @msgid=m…;+typing=active :alice TAGMSG #lobby
        bob < @msgid=m…;+typing=active :alice TAGMSG #lobby
        bob > @+typing=active TAGMSG plain
        bob < @msgid=m…;+typing=active :bob TAGMSG plain
        plain > @+typing=active TAGMSG #lobby
        plain > TAGMSG
        plain < 461 plain TAGMSG :Not enough parameters
        alice > TAGMSG nobody
        alice < 401 alice nobody :No such nick or channel
        alice > TAGMSG #nowhere
        alice < 403 alice #nowhere :No such channel
        alice > TAGMSG a,b,c,d,e
        alice < 407 …
        alice > TAGMSG ,
        alice < 461 …
    """)


def test_the_bot_tag_marks_what_bots_say() -> None:
    chat = Chat("alice", "bob", caps="message-tags")
    chat.peers["alice"].send("MODE alice +B")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG bob :beep
        bob < @msgid=m…;bot :alice PRIVMSG bob :beep
    """)


def test_a_line_that_would_be_cut_for_others_is_refused_whole() -> None:
    chat = Chat("alice", "bob")
    room = 510 - len(":alice!alice@127.0.0.1 PRIVMSG bob :")
    assert chat.peers["alice"].send(f"PRIVMSG bob :{'x' * room}") == []
    assert chat.peers["bob"].take() == [f":alice PRIVMSG bob :{'x' * room}"]
    chat.play(f"""
        alice > PRIVMSG bob :{"x" * (room + 1)}
        alice < 417 alice :Nothing was sent: with your name before it the line is 1 bytes too long for the others
        alice > NOTICE bob :{"é" * 250}
        alice < 417 alice :Nothing was sent: …
    """)


def test_odd_spaces_and_controls_are_relayed_as_they_came() -> None:
    chat = Chat("alice", "bob")
    text = "a\u2028b\u0085c\u00a0d\te\x01\x02\x1b[31m \u202e"
    chat.peers["alice"].send(f"PRIVMSG bob :{text}")
    assert chat.peers["bob"].take() == [f":alice PRIVMSG bob :{text}"]
