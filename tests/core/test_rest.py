"""What needs a tick and nothing else, so that the server may sleep longer where nothing does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.chat import Chat

AHEAD = 5.0


def awaits(chat: Chat) -> bool:
    return chat.core.awaits(chat.now.mono + AHEAD)


def at_rest(*nicks: str, **settings: object) -> Chat:
    """Nobody has said anything for some seconds."""
    chat = Chat(*nicks, **settings)  # type: ignore[arg-type]
    chat.wait(10)
    chat.quiet()
    assert not awaits(chat)
    return chat


def test_nobody_there_or_nobody_speaks() -> None:
    at_rest()
    chat = at_rest("alice", "bob")
    chat.peers["alice"].send("PRIVMSG #lobby :hi", "PART #lobby")
    assert not awaits(chat)


def test_who_is_to_be_asked_for_a_sign_of_life() -> None:
    chat = at_rest("alice")
    chat.wait(79)
    assert chat.peers["alice"].take() == []
    assert awaits(chat)
    chat.wait(5)
    assert chat.peers["alice"].take() == ["PING :natterjack"]
    assert not awaits(chat)
    chat.wait(53)
    assert awaits(chat), "or given up"


def test_who_has_to_be_through_in_time() -> None:
    chat = at_rest("alice")
    chat.open("x").send("NICK x")
    assert not awaits(chat)
    chat.wait(26)
    assert awaits(chat)


def test_a_ban_that_ends() -> None:
    chat = at_rest("alice")
    alice = chat.peers["alice"]
    alice.send("JOIN #pond", "TBAN #pond 20s *!*@10.*")
    assert not awaits(chat)
    chat.wait(17)
    assert awaits(chat)
    chat.wait(5)
    assert alice.take()[-1].endswith("MODE #pond -b *!*@10.*")
    assert not awaits(chat)
    chat.console("ban", "192.0.2.1", "--for", "20s")
    assert not awaits(chat)
    chat.wait(16)
    assert awaits(chat)


def slowed(chat: Chat) -> None:
    chat.peers["alice"].send(*["PRIVMSG #lobby :x"] * 100)


def logging_in(chat: Chat) -> None:
    chat.peers["alice"].send("CAP REQ sasl", "AUTHENTICATE PLAIN")


def batch_open(chat: Chat) -> None:
    chat.peers["alice"].send("CAP REQ :batch draft/multiline", "BATCH +1 draft/multiline #lobby")


@pytest.mark.parametrize(
    ("begun", "settings"),
    [
        (slowed, {"limited": True}),
        (logging_in, {"store": True}),
        (batch_open, {}),
    ],
)
def test_who_is_in_the_midst_of_something(begun: Callable[[Chat], None], settings: dict[str, object]) -> None:
    chat = at_rest("alice", **settings)
    begun(chat)
    assert awaits(chat)
    chat.wait(70)
    chat.peers["alice"].send("PONG x")
    assert not awaits(chat)


def test_what_can_not_be_stored() -> None:
    chat = at_rest("alice", store=True, durable=True)
    chat.peers["alice"].post("PRIVMSG #lobby :hi")
    chat.refuse()
    assert awaits(chat)
    chat.wait(1)
    chat.settle()
    assert not awaits(chat)
