"""AWAY and SETNAME."""

from natterjack.proto.limits import REALNAME_LENGTH
from tests.support.chat import Chat


def test_an_away_text_that_does_not_fit_is_refused() -> None:
    chat = Chat("alice", "bob")
    assert chat.peers["alice"].send(f"AWAY :{'é' * 195}") == ["306 alice :You have been marked as being away"]
    assert chat.peers["alice"].send(f"AWAY :{'é' * 196}") == [
        "417 alice :Nothing was changed: an away text has at most 390 bytes, this one 392"
    ]
    assert chat.peers["bob"].send("PRIVMSG alice :hi") == [f"301 bob alice :{'é' * 195}"]


def test_an_empty_away_means_back() -> None:
    Chat("alice").play("""
        alice > AWAY :
        alice < 305 alice :You are no longer marked as being away
        alice > AWAY :out
        alice < 306 alice :You have been marked as being away
        alice > AWAY :
        alice < 305 alice :You are no longer marked as being away
    """)


def test_setname_is_shown_to_its_owner_if_he_asked() -> None:
    chat = Chat("alice", caps="setname")
    chat.play("""
        alice > SETNAME :New Name
        alice < :alice SETNAME :New Name
        alice > SETNAME :
        alice < FAIL SETNAME INVALID_REALNAME :A real name has 1 to 150 bytes
        alice > SETNAME
        alice < 461 alice SETNAME :Not enough parameters
    """)
    assert chat.world.find("alice").realname == "New Name"
    (line,) = chat.peers["alice"].send(f"SETNAME :{'x' * (REALNAME_LENGTH + 1)}")
    assert line.startswith("FAIL SETNAME INVALID_REALNAME")
    assert chat.peers["alice"].send(f"SETNAME :{'x' * REALNAME_LENGTH}") == [
        f":alice SETNAME :{'x' * REALNAME_LENGTH}"
    ]


def test_one_alone_is_shown_his_own_setname_too() -> None:
    chat = Chat("alice", caps="setname", lobby=())
    assert chat.peers["alice"].send("SETNAME :Solo") == [":alice SETNAME :Solo"]
