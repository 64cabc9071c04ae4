"""TOPIC, NAMES, LIST: what a channel shows."""

from natterjack.ports.events import Now
from tests.support.chat import Chat


def test_topic() -> None:
    chat = Chat("op", "plain", lobby=())
    for nick in ("op", "plain"):
        chat.peers[nick].send("JOIN #pond")
    chat.enter("out")
    chat.quiet()
    chat.play("""
        plain > TOPIC #pond
        plain < 331 plain #pond :No topic is set
        plain > TOPIC #pond :Mine
        plain < 482 plain #pond :You're not an operator of that channel
        op > TOPIC #pond :Frogs and toads
        op < :op TOPIC #pond :Frogs and toads
        plain < :op TOPIC #pond :Frogs and toads
        out > TOPIC #pond
        out < 332 out #pond :Frogs and toads
        out < 333 out #pond op!op@127.0.0.1 :1795379462
        out > TOPIC #pond :Mine
        out < 442 out #pond :You're not in that channel
        out > TOPIC #nowhere
        out < 403 out #nowhere :No such channel
        out > TOPIC
        out < 461 out TOPIC :Not enough parameters
        op > MODE #pond -t
        op < :op MODE #pond -t
        plain < :op MODE #pond -t
        plain > TOPIC #pond :
        op < :plain TOPIC #pond :
        plain < :plain TOPIC #pond :
        op > TOPIC #pond
        op < 331 op #pond :No topic is set
    """)


def test_a_half_operator_may_set_the_topic_and_a_long_one_is_refused() -> None:
    chat = Chat("op", "half", lobby=())
    for nick in ("op", "half"):
        chat.peers[nick].send("JOIN #pond")
    chat.peers["op"].send("MODE #pond +h half")
    chat.quiet()
    half = chat.peers["half"]
    assert half.send(f"TOPIC #pond :{'é' * 195}") == [f":half TOPIC #pond :{'é' * 195}"]
    assert half.send(f"TOPIC #pond :{'é' * 196}") == [
        "417 half :Nothing was changed: a topic has at most 390 bytes, this one 392"
    ]
    assert half.send("TOPIC #pond")[0] == f"332 half #pond :{'é' * 195}"


def test_names() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.peers["alice"].send("JOIN #a,#b")
    chat.peers["bob"].send("JOIN #a")
    chat.quiet()
    chat.play("""
        bob > NAMES
        bob < 366 bob * :End of NAMES list
        bob > NAMES #a,#b,#nowhere,#a
        bob < 353 bob = #a :@alice bob
        bob < 353 bob = #b :@alice
        bob < 366 bob #a,#b,#nowhere,#a :End of NAMES list
        alice > MODE alice +i
        alice < :alice MODE alice +i
        bob > NAMES #a,#b
        bob < 353 bob = #a :@alice bob
        bob < 366 bob #a,#b :End of NAMES list
        alice > MODE #a +s
        alice < :alice MODE #a +s
        bob < :alice MODE #a +s
        bob > NAMES #a
        bob < 353 bob @ #a :@alice bob
        bob < 366 bob #a :End of NAMES list
    """)


def test_many_names_take_several_lines_and_nobody_is_lost() -> None:
    nicks = [f"{'n' * 28}{number:03}" for number in range(40)]
    chat = Chat(*nicks, caps="userhost-in-names")
    lines = chat.peers[nicks[0]].send("NAMES #lobby")
    assert len(lines) > 5
    found = [name.partition("!")[0] for line in lines[:-1] for name in line.partition(" :")[2].split(" ")]
    assert found == nicks


def listed(chat: Chat, words: str) -> list[str]:
    lines = chat.peers["bob"].send(f"LIST {words}")
    assert lines[0] == "321 bob Channel :Users  Name"
    assert lines[-1] == "323 bob :End of LIST"
    return [line.split(" ")[2] for line in lines[1:-1]]


def test_a_list_with_too_many_conditions_is_refused() -> None:
    chat = Chat("bob")
    assert listed(chat, "!#a*,!#b*,!#c*,!#d* >0,<9,C>0,#*") == []
    assert chat.peers["bob"].send("LIST !#a*,!#b*,!#c*,!#d* >0,<9,C>0,T>0,#*") == [
        "FAIL LIST INVALID_PARAMS :LIST takes at most 8 conditions, and these are 9"
    ]


def test_list_and_its_conditions() -> None:
    chat = Chat("alice", "bob", lobby=("#empty",))
    chat.peers["alice"].send("PART #empty", "JOIN #pond,#lake,#sea", "TOPIC #pond :Frogs")
    chat.peers["bob"].send("PART #empty", "JOIN #pond")
    chat.quiet()
    assert chat.peers["bob"].send("LIST #POND")[1] == "322 bob #pond 2 :Frogs"
    assert listed(chat, "") == ["#pond", "#lake", "#sea"]
    assert listed(chat, "#empty") == ["#empty"]
    assert listed(chat, "#lake,#nowhere,#sea") == ["#lake", "#sea"]
    assert listed(chat, ">1") == ["#pond"]
    assert listed(chat, "<2") == ["#lake", "#sea"]
    assert listed(chat, "#*a*") == ["#lake", "#sea"]
    assert listed(chat, "!#*a*") == ["#pond"]
    assert listed(chat, "#*a*,!#l*") == ["#sea"]
    assert listed(chat, "T<5") == ["#pond"]
    assert listed(chat, "T>5") == []
    assert listed(chat, "C<1") == ["#pond", "#lake", "#sea"]
    assert listed(chat, "C>1") == []
    chat.now = Now(chat.now.mono, chat.now.wall + 600)
    assert listed(chat, "C>5,T>5") == ["#pond"]
    assert listed(chat, ">١,<x,C>,T,what") == ["#pond", "#lake", "#sea"]
