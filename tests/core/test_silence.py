"""Who may say nothing in a channel says nothing there by other ways: a new nick, being away, a real name."""

from __future__ import annotations

import pytest

from natterjack.core.channel import ListEntry
from natterjack.proto.extbans import read
from tests.core.test_room_modes import pond
from tests.support.chat import Chat

SILENT = ["+m", "+M", "+b bob", "+b ~m:bob", "+U", "+w 60"]
_CAPS = "away-notify setname extended-monitor"


def lake_too(modes: str) -> Chat:
    """Bob may say nothing in #pond, where op and cat are; he, cat and dan are in #lake, where he may."""
    chat = pond("op", "bob", "cat", modes=modes, caps=_CAPS)
    chat.enter("dan", _CAPS)
    chat.enter("bess", _CAPS).send("MONITOR + bob")
    for nick in ("dan", "cat", "bob"):
        chat.peers[nick].send("JOIN #lake")
    chat.peers["bob"].send("PRIVMSG #pond :for slow mode")
    chat.quiet()
    return chat


def heard(chat: Chat) -> dict[str, list[str]]:
    return {nick: peer.take() for nick, peer in chat.peers.items() if nick != "bob"}


# -- away, and a real name


@pytest.mark.parametrize("modes", SILENT)
def test_where_he_may_not_speak_he_is_away_without_a_word(modes: str) -> None:
    chat = lake_too(modes)
    chat.peers["bob"].send("AWAY :buy this")
    words = [":bob AWAY :buy this"]
    # cat is in both
    assert heard(chat) == {"op": [":bob AWAY :Away"], "cat": [":bob AWAY :Away"], "dan": words, "bess": words}
    assert chat.peers["op"].send("PRIVMSG bob :are you there?") == ["301 op bob :buy this"]
    chat.peers["bob"].send("AWAY")
    back = [":bob AWAY"]
    assert heard(chat) == {"op": back, "cat": back, "dan": back, "bess": back}


def test_nor_is_he_as_he_joins() -> None:
    chat = pond("op", "bob", modes="+m", caps="away-notify")
    bob = chat.peers["bob"]
    bob.send("PART #pond", "AWAY :buy this")
    chat.quiet()
    bob.send("JOIN #pond")
    assert chat.peers["op"].take() == [":bob JOIN #pond", ":bob AWAY :Away"]


def test_that_nobody_sits_there_is_no_word_of_his() -> None:
    chat = pond("op", "bob", modes="+m", caps="away-notify")
    chat.peers["bob"].send("AWAY *")
    assert chat.peers["op"].take() == [":bob AWAY :*"]


@pytest.mark.parametrize("modes", SILENT)
def test_a_new_real_name_is_not_told_where_he_may_not_speak(modes: str) -> None:
    chat = lake_too(modes)
    told = [":bob SETNAME :buy this"]
    assert chat.peers["bob"].send("SETNAME :buy this") == told
    assert heard(chat) == {"op": [], "cat": [], "dan": told, "bess": told}
    assert chat.peers["op"].send("WHOIS bob")[0].endswith(":buy this")


@pytest.mark.parametrize("modes", [modes for modes in SILENT if modes != "+b bob"])
def test_nor_is_it_as_he_joins(modes: str) -> None:
    chat = pond("op", "bob", modes=modes, caps="extended-join")
    bob = chat.peers["bob"]
    bob.send("PRIVMSG #pond :for slow mode", "PART #pond", "SETNAME :buy this")
    chat.quiet()
    bob.send("JOIN #pond", "JOIN #lake")
    assert chat.peers["op"].take() == [":bob JOIN #pond * :bob"]
    chat.peers["op"].send("JOIN #lake", "MODE #pond -mMUw", "MODE #pond -b ~m:bob")
    bob.send("PART #pond", "PART #lake")
    chat.quiet()
    bob.send("JOIN #pond,#lake")
    told = [":bob JOIN #pond * :buy this", ":bob JOIN #lake * :buy this"]
    assert chat.peers["op"].take() == told


def test_who_may_speak_is_away_with_his_words() -> None:
    chat = pond("op", "bob", modes="+mw 60", caps=_CAPS)
    chat.peers["op"].send("MODE #pond +v bob")
    chat.quiet()
    chat.peers["bob"].send("AWAY :lunch", "SETNAME :Bobby")
    assert chat.peers["op"].take() == [":bob AWAY :lunch", ":bob SETNAME :Bobby"]


@pytest.mark.parametrize("modes", SILENT)
def test_nor_is_metadata_told_where_he_may_not_speak(modes: str) -> None:
    chat = lake_too(modes)
    for nick in ("op", "cat", "dan", "bess"):
        chat.peers[nick].send("CAP REQ draft/metadata-3", "METADATA * SUB display-name")
    chat.quiet()
    bob = chat.peers["bob"]
    bob.send("METADATA * SET display-name :buy this")
    told = {nick: len(lines) for nick, lines in heard(chat).items()}
    assert told == {"op": 0, "cat": 0, "dan": 1, "bess": 1}
    assert chat.peers["op"].send("METADATA bob GET display-name")[0].endswith(":buy this")
    bob.send("PART #pond", "METADATA * SET display-name :Bobby")
    chat.quiet()
    if "b" not in modes:
        bob.send("JOIN #pond")
        assert chat.peers["op"].take() == [":bob JOIN #pond"]
    chat.quiet()
    bob.send("METADATA * CLEAR")
    assert any("766" in line for line in chat.peers["cat"].take()), "what is gone is no word of his"


# -- nicks


@pytest.mark.parametrize("modes", ["+b bob", "+b ~m:bob"])
def test_who_is_banned_or_muted_where_he_is_keeps_his_nick(modes: str) -> None:
    chat = pond("op", "bob", modes=modes)
    op, bob = chat.peers["op"], chat.peers["bob"]
    why = "You can't change your nick while you are banned or muted in that channel"
    assert bob.send("NICK buy-this") == [f"435 bob buy-this #pond :{why}"]
    assert op.take() == []
    assert bob.send("NICK Bob") == [":bob NICK Bob"], "it is the same, written another way"
    op.send("MODE #pond +v bob")
    chat.quiet()
    assert bob.send("NICK bobby") == [":Bob NICK bobby"], "who has a voice may"


def test_he_may_elsewhere_and_with_an_exception() -> None:
    chat = pond("op", "bob", modes="+b bob")
    op, bob = chat.peers["op"], chat.peers["bob"]
    op.send("MODE #pond +e bob!*@*")
    chat.quiet()
    assert bob.send("NICK ben") == [":bob NICK ben"]
    op.send("MODE #pond +b ben")
    chat.quiet()
    bob.send("PART #pond")
    assert bob.send("NICK bob") == [":ben NICK bob"]


@pytest.mark.parametrize("modes", ["+m", "+M", "+U", "+w 60"])
def test_nobody_is_bound_to_his_nick_by_the_modes_of_a_channel(modes: str) -> None:
    chat = pond("op", "bob", modes=modes)
    assert chat.peers["bob"].send("NICK ben") == [":bob NICK ben"]


def test_whoever_is_logged_in_may_have_the_name_of_his_account() -> None:
    chat = pond("op", "bob", modes="+b bob*", accounts="")
    bob = chat.peers["bob"]
    chat.log_in("bob", "ben")
    assert bob.send("NICK bobby")[0].startswith("435 bob bobby #pond :")
    assert bob.send("NICK ben") == [":bob NICK ben"]


def test_an_operator_of_the_server_is_not_bound_either() -> None:
    chat = pond("op", "bob", modes="+b *!*@*")
    user = chat.world.find("bob")
    assert user is not None
    chat.world.make_operator(user, "root")
    assert chat.peers["bob"].send("NICK ben") == [":bob NICK ben"]


def test_who_has_many_masks_looked_at_for_a_nick_waits_for_that() -> None:
    chat = Chat("op", lobby=(), limited=True)
    bob = chat.enter("bob")
    session = chat.world.sessions[bob.sid]
    for name in ("#pond", "#lake"):
        chat.peers["op"].send(f"JOIN {name}")
        bob.send(f"JOIN {name}")
        chat.wait(10)
    before = session.tokens
    bob.send("NICK ben")
    usual = before - session.tokens
    for name in ("#pond", "#lake"):
        for number in range(100):
            entry = ListEntry(read(f"kim{number}", mutes=True), "op", 0.0)
            chat.world.enlist(chat.world.channels[name], "b", entry)
    chat.wait(60)
    bob.send("NICK bob")
    assert 10 - session.tokens == usual + 2
