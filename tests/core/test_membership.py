"""JOIN, PART, KICK, INVITE: who is in a channel."""

import pytest

from tests.support.chat import Chat, pond


def test_whoever_makes_a_channel_is_its_operator_and_nobody_else() -> None:
    Chat("alice", "bob", lobby=()).play("""
        alice > JOIN #Pond
        alice < :alice JOIN #Pond
        alice < 353 alice = #Pond :@alice
        alice < 366 alice #Pond :End of NAMES list
        bob > JOIN #pOND
        alice < :bob JOIN #Pond
        bob < :bob JOIN #Pond
        bob < 353 bob = #Pond :@alice bob
        bob < 366 bob #Pond :End of NAMES list
        bob > JOIN #pond
        alice > PART #pond :my work is done
        alice < :alice PART #Pond :my work is done
        bob < :alice PART #Pond :my work is done
        bob > PART #pond
        bob < :bob PART #Pond
        bob > JOIN #pond
        bob < :bob JOIN #pond
        bob < 353 bob = #pond :@bob
        bob < 366 …
    """)


def test_the_topic_greets_whoever_comes() -> None:
    chat = pond("alice")
    chat.peers["alice"].send("TOPIC #pond :Frogs")
    chat.enter("bob")
    chat.quiet()
    chat.play("""
        bob > JOIN #pond
        bob < :bob JOIN #pond
        bob < 332 bob #pond :Frogs
        bob < 333 bob #pond alice!alice@127.0.0.1 :1795379462
        bob < 353 bob = #pond :@alice bob
        bob < 366 …
        alice < :bob JOIN #pond
    """)


def test_several_channels_at_once_each_with_its_key() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.peers["alice"].send("JOIN #a,#b,#c", "MODE #a +k one", "MODE #b +k two")
    bob = chat.peers["bob"]
    chat.quiet()
    heard = bob.send("JOIN #b,#a,,#c two,one")
    assert [line for line in heard if "JOIN" in line] == [":bob JOIN #b", ":bob JOIN #a", ":bob JOIN #c"]


def test_join_zero_leaves_everything() -> None:
    chat = Chat("alice", lobby=())
    chat.peers["alice"].send("JOIN #a,#b")
    assert chat.peers["alice"].send("JOIN 0")[-2:] == [":alice PART #a", ":alice PART #b"]
    assert chat.world.channels == {}


@pytest.mark.parametrize(
    ("modes", "answer"),
    [
        ("+i", "473 eve #pond :Cannot join channel (+i): you need an invitation"),
        ("+k sesame", "475 eve #pond :Cannot join channel (+k): the key is wrong or missing"),
        ("+l 1", "471 eve #pond :Cannot join channel (+l): it is full"),
        ("+b eve!*@*", "474 eve #pond :Cannot join channel (+b): you are banned"),
    ],
)
def test_what_keeps_one_out_and_an_invitation_gets_past_it_once(modes: str, answer: str) -> None:
    chat = pond("op", modes=modes)
    chat.enter("eve")
    chat.quiet()
    chat.play(f"""
        eve > JOIN #pond
        eve < {answer}
        op > INVITE eve #pond
        op < 341 op eve :#pond
        eve < :op INVITE eve #pond
        eve > JOIN #pond
        eve < :eve JOIN #pond
        eve < 353 eve = #pond :@op eve
        eve < 366 …
        op < :eve JOIN #pond
        eve > PART #pond
        eve < :eve PART #pond
        op < :eve PART #pond
        eve > JOIN #pond
        eve < {answer}
    """)


@pytest.mark.parametrize(("modes", "join"), [("+iI *!*@127.0.0.1", ""), ("+k sesame", "sesame"), ("+l 2", ""),
                                             ("+be eve!*@* *!eve@*", "")])  # fmt: skip
def test_what_lets_one_in(modes: str, join: str) -> None:
    chat = pond("op", modes=modes)
    eve = chat.enter("eve")
    assert eve.send(f"JOIN #pond {join}")[0] == ":eve JOIN #pond"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("pond", "403 alice pond :No such channel"),
        ("&pond", "403 alice &pond :No such channel"),
        ("#", "476 alice # :No channel can have this name: it is empty"),
        ("#a\x07b", "476 alice #a\x07b :No channel can have this name: it may not contain '\\x07'"),
        ("#a\u2028", "476 alice #a\u2028 :No channel can have this name: it may not contain '\\u2028'"),
        (
            f"#{'a' * 64}",
            f"476 alice #{'a' * 64} :No channel can have this name: it is longer than 64 characters",
        ),
    ],
)
def test_names_that_no_channel_can_have(name: str, answer: str) -> None:
    assert Chat("alice").peers["alice"].send(f"JOIN {name}") == [answer]


def test_one_may_be_in_so_many_channels() -> None:
    chat = Chat("alice", lobby=())
    alice = chat.peers["alice"]
    for number in range(50):
        alice.send(f"JOIN #c{number}")
    assert alice.send("JOIN #more") == ["405 alice #more :You are in 50 channels, and may not be in more"]
    assert alice.send("JOIN #C7") == []


def test_errors_of_part() -> None:
    chat = pond("alice")
    chat.enter("bob")
    chat.quiet()
    chat.play("""
        bob > PART
        bob < 461 bob PART :Not enough parameters
        bob > PART #nowhere,#pond
        bob < 403 bob #nowhere :No such channel
        bob < 442 bob #pond :You're not in that channel
        bob > PART pond
        bob < 403 bob pond :No such channel
    """)


def test_kick() -> None:
    chat = pond("op", "half", "voice", "plain", modes="+hv half voice")
    chat.enter("out")
    chat.quiet()
    chat.play("""
        plain > KICK #pond voice
        plain < 482 plain #pond :You're not an operator of that channel
        half > KICK #pond op :mutiny
        half < 482 half #pond :You're not an operator of that channel
        half > KICK #pond voice,plain :too loud
        op < :half KICK #pond voice :too loud
        op < :half KICK #pond plain :too loud
        half < :half KICK #pond voice :too loud
        half < :half KICK #pond plain :too loud
        voice < :half KICK #pond voice :too loud
        plain < :half KICK #pond voice :too loud
        plain < :half KICK #pond plain :too loud
        op > KICK #pond half
        op < :op KICK #pond half :op
        half < :op KICK #pond half :op
        op > KICK #pond half
        op < 441 op half #pond :They aren't in that channel
        op > KICK #pond nobody
        op < 401 op nobody :No such nick or channel
        op > KICK #nowhere half
        op < 403 op #nowhere :No such channel
        out > KICK #pond op
        out < 442 out #pond :You're not in that channel
        op > KICK #pond
        op < 461 op KICK :Not enough parameters
    """)


def test_an_operator_may_kick_another_and_himself() -> None:
    pond("op", "other", modes="+o other").play("""
        other > KICK #pond op
        op < :other KICK #pond op :other
        other < :other KICK #pond op :other
        other > KICK #pond other :tired
        other < :other KICK #pond other :tired
        op > JOIN #pond
        op < :op JOIN #pond
        op < 353 op = #pond :@op
        op < 366 …
    """)


def test_where_one_is_asked_in_can_be_asked() -> None:
    chat = pond("op", "eve")
    chat.peers["op"].send("JOIN #lake", "MODE #lake +is")
    chat.quiet()
    chat.play("""
        op > INVITE eve #LAKE
        op < 341 op eve :#lake
        eve < :op INVITE eve #lake
        eve > INVITE
        eve < 336 eve :#lake
        eve < 337 eve :End of INVITE list
    """)
    chat.peers["eve"].send("JOIN #lake")
    assert chat.peers["eve"].send("INVITE") == ["337 eve :End of INVITE list"]


def test_invite() -> None:
    chat = pond("op", "half", "plain", modes="+h half")
    chat.enter("eve")
    chat.enter("gone")
    chat.peers["gone"].send("AWAY :out")
    chat.quiet()
    chat.play("""
        plain > INVITE eve #pond
        plain < 341 plain eve :#pond
        eve < :plain INVITE eve #pond
        plain > INVITE op #pond
        plain < 443 plain op #pond :is already in the channel
        plain > INVITE nobody #pond
        plain < 401 plain nobody :No such nick or channel
        plain > INVITE eve #nowhere
        plain < 403 plain #nowhere :No such channel
        eve > INVITE
        eve < 337 eve :End of INVITE list
        plain > INVITE
        plain < 337 plain :End of INVITE list
        plain > INVITE eve
        plain < 461 plain INVITE :Not enough parameters
        eve > INVITE gone #pond
        eve < 442 eve #pond :You're not in that channel
        op > MODE #pond +i
        op < :op MODE #pond +i
        half < :op MODE #pond +i
        plain < :op MODE #pond +i
        plain > INVITE eve #pond
        plain < 482 plain #pond :You're not an operator of that channel
        eve > JOIN #pond
        eve < 473 …
        half > INVITE gone #pond
        half < 341 half gone :#pond
        half < 301 half gone :out
        gone < :half INVITE gone #pond
    """)


def test_invite_notify_tells_those_who_could_have_invited() -> None:
    chat = pond("op", "half", "plain", modes="+ih half", caps="invite-notify")
    chat.enter("eve", "invite-notify")
    chat.quiet()
    chat.play("""
        op > INVITE eve #pond
        op < 341 op eve :#pond
        half < :op INVITE eve #pond
        eve < :op INVITE eve #pond
    """)


def test_an_invitation_is_forgotten_with_its_use_its_channel_and_its_guest() -> None:
    chat = pond("op", modes="+i")
    eve = chat.enter("eve")
    user = chat.world.find("eve")
    for _ in range(5):
        chat.peers["op"].send("INVITE eve #pond", "INVITE eve #pond")
        assert user.invitations == ("#pond",)
        eve.send("JOIN #pond", "PART #pond")
        assert user.invitations == ()
    for number in range(5):
        chat.peers["op"].send(f"JOIN #x{number}", f"INVITE eve #x{number}", f"PART #x{number}")
    assert user.invitations == ()
    chat.peers["op"].send("INVITE eve #pond")
    eve.send("QUIT")
    assert chat.world.channel("#pond").invited == set()


def test_kick_takes_as_many_channels_as_nicks() -> None:
    chat = Chat("alice", "bob", "carol")
    alice, bob, carol = (chat.peers[nick] for nick in ("alice", "bob", "carol"))
    for peer in (alice, bob, carol):
        peer.send("JOIN #a,#b")
    alice.take()
    got = alice.send("KICK #a,#b bob,carol :bye")
    assert got == [":alice KICK #a bob :bye", ":alice KICK #b carol :bye"]
    assert alice.send("KICK #a,#b carol :bye") == ["461 alice KICK :Not enough parameters"]
