"""Being away with several sessions, and before one is through registration (draft/pre-away)."""

from __future__ import annotations

import pytest

from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, make_account, said


def chat_with_watcher() -> Chat:
    """Wit is told who is away; alice has an account."""
    chat = Chat(store=True, snapshot=Snapshot(b"s" * 32, (make_account("alice"),)))
    chat.enter("wit", "away-notify")
    return chat


def come(chat: Chat, name: str, *first: str) -> Peer:
    """One more session of alice, which says ``first`` before it is in; called ``name``."""
    peer = chat.open(name)
    login = said("alice", "alice-password")
    peer.send("CAP REQ :draft/pre-away sasl", *login, *first, "NICK alice", "USER a 0 * :A", "CAP END")
    peer.take()
    return peer


def heard(chat: Chat) -> list[str]:
    """What wit was told of anybody being away."""
    return [line for line in chat.peers["wit"].take() if " AWAY" in line]


def test_it_takes_the_capability() -> None:
    chat = Chat()
    x = chat.open("x")
    assert x.send("AWAY :out")[0].startswith("451 * :")
    assert x.send("CAP REQ draft/pre-away", "AWAY :out", "AWAY", "AWAY *") == [
        "CAP * ACK :draft/pre-away",
        "306 * :You have been marked as being away",
        "305 * :You are no longer marked as being away",
        "306 * :You have been marked as being away",
    ]


def test_whoever_comes_in_away_is_so_at_once() -> None:
    chat = chat_with_watcher()
    come(chat, "phone", "AWAY :asleep")
    assert heard(chat) == [":alice AWAY :asleep"]
    assert chat.peers["wit"].send("PRIVMSG alice :hi") == ["301 wit alice :asleep"]


def test_somebody_is_away_if_all_his_sessions_are() -> None:
    chat = chat_with_watcher()
    desk = come(chat, "desk")
    desk.send("AWAY :lunch")
    assert heard(chat) == [":alice AWAY :lunch"]
    phone = come(chat, "phone")
    assert heard(chat) == [":alice AWAY"]
    chat.wait(1)
    phone.send("AWAY :meeting")
    assert heard(chat) == [":alice AWAY :meeting"]
    assert desk.send("AWAY") == ["305 alice :You are no longer marked as being away"]
    assert heard(chat) == [":alice AWAY"]
    desk.hang_up()
    assert heard(chat) == [":alice AWAY :meeting"]
    phone.hang_up()
    assert heard(chat) == []


def test_a_session_where_nobody_sits_counts_for_nothing() -> None:
    chat = chat_with_watcher()
    robot = come(chat, "robot", "AWAY *")
    assert heard(chat) == [":alice AWAY :*"]
    desk = come(chat, "desk")
    assert heard(chat) == [":alice AWAY"]
    chat.wait(1)
    desk.send("AWAY :lunch")
    assert heard(chat) == [":alice AWAY :lunch"]
    chat.wait(1)
    robot.send("AWAY *")
    come(chat, "robot2", "AWAY *")
    assert heard(chat) == []
    desk.hang_up()
    assert heard(chat) == [":alice AWAY :*"]
    robot.send("AWAY")
    assert heard(chat) == [":alice AWAY"]


@pytest.mark.parametrize(("text", "shown"), [("words", "Away"), ("*", "*")])
def test_the_words_of_the_muted_are_not_shown(text: str, shown: str) -> None:
    chat = chat_with_watcher()
    chat.console("mute", "alice")
    come(chat, "phone", f"AWAY :{text}")
    assert heard(chat) == [f":alice AWAY :{shown}"]
