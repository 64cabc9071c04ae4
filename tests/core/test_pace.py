"""Pace: whoever is too fast is delayed, in order, and nobody else with him."""

from __future__ import annotations

from natterjack.core import pace
from natterjack.ports.effects import Pause
from natterjack.ports.events import Received, Tick
from natterjack.wire.message import parse
from tests.support.chat import Chat, Peer


def _chat(*nicks: str) -> Chat:
    chat = Chat(*nicks, limits=True)
    chat.wait(60)  # full buckets
    for nick in nicks:
        chat.peers[nick].take()
    return chat


def _say(peer: Peer, *numbers: int) -> list[object]:
    """Say lines in one packet; the effects."""
    lines = [parse(f"PRIVMSG #lobby :{number}".encode()) for number in numbers]
    return list(peer.chat.handle(Received(peer.sid, list(lines))))


def _heard(peer: Peer) -> list[int]:
    return [int(line.rpartition(":")[2]) for line in peer.take() if " PRIVMSG " in line]


def test_a_burst_passes_and_the_rest_follows_two_a_second_in_order() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    effects = _say(alice, *range(30))
    assert _heard(bob) == list(range(10))
    assert Pause(alice.sid, paused=True) in effects
    heard = []
    for _ in range(10):
        chat.wait(1)
        heard += _heard(bob)
    assert heard == list(range(10, 30))
    assert alice.chat.core.world.sessions[alice.sid].waiting is None


def test_what_is_said_while_waiting_keeps_its_place() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(12))
    _say(alice, 12, 13)
    chat.wait(5)
    assert _heard(bob) == list(range(14))


def test_others_are_not_slowed() -> None:
    chat = _chat("alice", "bob", "carol")
    alice, bob, carol = (chat.peers[nick] for nick in ("alice", "bob", "carol"))
    _say(alice, *range(50))
    bob.take()
    _say(carol, 1000)
    assert _heard(bob) == [1000]


def test_dearer_commands_take_more() -> None:
    chat = _chat("alice")
    alice = chat.peers["alice"]
    got = alice.send("LIST", "LIST", "LIST", "LIST")
    assert sum(" 323 " in f" {line} " for line in got) == 3
    chat.wait(1)
    assert sum(" 323 " in f" {line} " for line in alice.take()) == 1


def test_leaving_and_signs_of_life_are_never_delayed() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(10))
    bob.take()
    alice.send("PONG x", "QUIT :bye")
    assert any("QUIT" in line for line in bob.take())


def test_a_bucket_does_not_run_over() -> None:
    chat = _chat("alice", "bob")
    chat.wait(80)
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    bob.take()
    _say(alice, *range(20))
    assert len(_heard(bob)) == pace.BUCKET


def test_logging_in_gives_tokens_once_a_minute() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    session = chat.core.world.sessions[alice.sid]
    now = chat.now.mono
    for _ in range(3):
        pace.grant(session, now)
    _say(alice, *range(400))
    assert len(_heard(bob)) == pace.BUCKET + pace.LOGIN_TOKENS


def test_whoever_is_gone_has_nothing_said_any_more() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(30))
    bob.take()
    alice.hang_up()
    bob.take()
    chat.wait(20)
    chat.handle(Tick())
    assert _heard(bob) == []


def test_an_introduction_is_not_slowed_but_a_flood_before_it_is() -> None:
    chat = Chat(limits=True)
    x = chat.open("x")
    got = x.send("CAP LS 302", "CAP REQ :message-tags", "NICK ann", "NICK anne", "USER u 0 * :U", "CAP END")
    assert any(line.startswith("001 ") for line in got)
    y = chat.open("y")
    got = y.send(*(f"PING {number}" for number in range(60)))
    assert sum("PONG" in line for line in got) == pace.INTRODUCTION
