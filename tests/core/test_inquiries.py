"""WHO, WHOIS, WHOWAS, ISON, USERHOST: questions about people."""

import pytest

from natterjack.core.policy import WHOWAS_ANSWERS
from tests.support.chat import Chat


def a_pond() -> Chat:
    """alice made #pond, bob is in it; carol is only in #lake and invisible."""
    chat = Chat("alice", "bob", "carol", lobby=())
    chat.peers["alice"].send("JOIN #pond", "AWAY :tea")
    chat.peers["bob"].send("JOIN #pond", "MODE bob +B")
    chat.peers["carol"].send("JOIN #lake", "MODE carol +i")
    chat.quiet()
    return chat


def test_who() -> None:
    a_pond().play("""
        bob > WHO #pond
        bob < 352 bob #pond alice 127.0.0.1 natterjack alice G@ :0 Real alice
        bob < 352 bob #pond bob 127.0.0.1 natterjack bob HB :0 Real bob
        bob < 315 bob #pond :End of WHO list
        bob > WHO ALICE
        bob < 352 bob #pond alice 127.0.0.1 natterjack alice G@ :0 Real alice
        bob < 315 bob ALICE :End of WHO list
        bob > WHO a*e
        bob < 352 bob #pond alice …
        bob < 315 bob a*e :End of WHO list
        bob > WHO
        bob < 352 bob #pond alice …
        bob < 352 bob #pond bob …
        bob < 315 bob * :End of WHO list
        bob > WHO carol
        bob < 352 bob * carol 127.0.0.1 natterjack carol H :0 Real carol
        bob < 315 bob carol :End of WHO list
        bob > WHO #lake
        bob < 315 bob #lake :End of WHO list
        carol > WHO #lake
        carol < 352 carol #lake carol …
        carol < 315 …
        bob > WHO nobody
        bob < 315 bob nobody :End of WHO list
        bob > WHO * o
        bob < 315 bob * :End of WHO list
        bob > WHO :two words
        bob < 315 bob * :End of WHO list
    """)


def test_whox_fields_come_in_their_own_order() -> None:
    chat = a_pond()
    chat.world.find("alice").account = "ally"
    chat.play("""
        bob > WHO alice %tcuihsnfdlaor,152
        bob < 354 bob 152 #pond alice 255.255.255.255 127.0.0.1 natterjack alice G@ 0 0 ally n/a :Real alice
        bob < 315 …
        bob > WHO bob %ronia
        bob < 354 bob 127.0.0.1 bob 0 n/a :Real bob
        bob < 315 …
        bob > WHO alice %t,1234
        bob < 354 bob 0
        bob < 315 …
        bob > WHO alice %t,x1
        bob < 354 bob 0
        bob < 315 …
        bob > WHO #pond o%n
        bob < 315 …
    """)


def test_whois() -> None:
    chat = a_pond()
    chat.play("""
        -- wait 5
        bob > WHOIS Alice
        bob < 311 bob alice alice 127.0.0.1 * :Real alice
        bob < 319 bob alice :@#pond
        bob < 312 bob alice natterjack :Natterjack
        bob < 301 bob alice :tea
        bob < 317 bob alice 5 1795379462 :seconds idle, signon time
        bob < 318 bob Alice :End of WHOIS list
        bob > WHOIS natterjack bob
        bob < 311 …
        bob < 319 bob bob :#pond
        bob < 312 …
        bob < 335 bob bob :is a bot
        bob < 338 bob bob bob@127.0.0.1 127.0.0.1 :is actually using host
        bob < 317 …
        bob < 318 bob bob :End of WHOIS list
        bob > WHOIS carol
        bob < 311 …
        bob < 312 …
        bob < 317 …
        bob < 318 …
        bob > WHOIS
        bob < 431 bob :No nick given
        bob > WHOIS nobody,alice
        bob < 401 bob nobody :No such nick or channel
        bob < 318 bob nobody :End of WHOIS list
        bob > WHOIS *
        bob < 401 bob * :No such nick or channel
        bob < 318 bob * :End of WHOIS list
    """)


def test_idle_counts_from_what_one_says_to_others() -> None:
    chat = Chat("alice", "bob")
    idle = []
    for line in ("PING x", "PRIVMSG nobody :x", "PRIVMSG bob :x", "TAGMSG bob", "PRIVMSG #lobby :x"):
        chat.wait(10)
        chat.peers["alice"].send(line)
        answer = next(found for found in chat.peers["bob"].send("WHOIS alice") if found.startswith("317"))
        idle.append(answer.split(" ")[3])
    assert idle == ["10", "20", "0", "10", "0"]


def test_whois_shows_operators_and_accounts() -> None:
    chat = Chat("alice", "bob")
    alice = chat.world.find("alice")
    alice.account = "ally"
    chat.world.set_modes(alice, "o")
    lines = chat.peers["bob"].send("WHOIS alice")
    assert "313 bob alice :is an operator of this server" in lines
    assert "330 bob alice ally :is logged in as" in lines
    assert chat.peers["bob"].send("USERHOST alice") == ["302 bob :alice*=+alice@127.0.0.1"]
    assert chat.peers["bob"].send("WHO * o%n") == ["354 bob alice", "315 bob * :End of WHO list"]


def test_many_channels_take_several_lines() -> None:
    chat = Chat("alice", lobby=())
    names = [f"#{'c' * 40}{number}" for number in range(30)]
    for name in names:
        chat.peers["alice"].send(f"JOIN {name}")
    lines = [line for line in chat.peers["alice"].send("WHOIS alice") if line.startswith("319")]
    assert len(lines) > 1
    assert [name for line in lines for name in line.partition(" :")[2].split(" ")] == [
        f"@{name}" for name in names
    ]


def test_whowas_shows_the_latest_first() -> None:
    chat = Chat("alice", "bob")
    chat.play("""
        alice > WHOWAS carl
        alice < 406 alice carl :There was no such nick
        alice < 369 alice carl :End of WHOWAS
        bob > NICK carl
        bob < :bob NICK carl
        alice < :bob NICK carl
        bob > QUIT
        bob < ERROR …
        alice < :carl QUIT :Quit
        alice > WHOWAS CARL
        alice < 314 alice carl bob 127.0.0.1 * :Real bob
        alice < 312 alice carl natterjack :2026-11-22T20:31:02.500Z
        alice < 369 alice CARL :End of WHOWAS
        alice > WHOWAS bob
        alice < 314 alice bob bob 127.0.0.1 * :Real bob
        alice < 312 …
        alice < 369 …
        alice > WHOWAS
        alice < 431 alice :No nick given
    """)


@pytest.mark.parametrize("count", ["", "2", "0", "-1", "99", "１"])
def test_whowas_can_be_asked_for_so_many(count: str) -> None:
    chat = Chat("alice")
    for _ in range(WHOWAS_ANSWERS + 3):
        chat.enter("bob").send("QUIT")
    chat.quiet()
    answers = chat.peers["alice"].send(f"WHOWAS bob {count}")
    lines = 2 if count == "2" else WHOWAS_ANSWERS
    assert len([line for line in answers if line.startswith("314")]) == lines


def test_ison_and_userhost() -> None:
    a_pond().play("""
        carol > ISON alice nobody BOB alice
        carol < 303 carol :alice bob
        carol > ISON :carol alice
        carol < 303 carol :carol alice
        carol > ISON nobody
        carol < 303 carol :
        carol > ISON
        carol < 461 carol ISON :Not enough parameters
        carol > USERHOST alice nobody bob
        carol < 302 carol :alice=-alice@127.0.0.1 bob=+bob@127.0.0.1
        carol > USERHOST n o b o d alice
        carol < 302 carol :
        carol > USERHOST
        carol < 461 carol USERHOST :Not enough parameters
    """)


def test_answers_of_many_words_end_before_a_line_does() -> None:
    nicks = [f"{letter * 30}" for letter in "abcdefghijklmnopqrst"]
    chat = Chat(*nicks)
    answer = chat.peers[nicks[0]].send(f"ISON {' '.join(nicks)}")[0]
    found = answer.partition(" :")[2].split(" ")
    assert found == nicks[: len(found)]
    assert len(found) > 10
