"""Metadata that many follow is told over several turns, and in the order in which it was set."""

from __future__ import annotations

import pytest

from natterjack.core.policy import LINE_LIMIT, METADATA_MEMBERS
from natterjack.ports.effects import Ask, Send
from natterjack.ports.questions import NextTurn
from tests.support.chat import Chat

CAPS = "draft/metadata-3 batch"
MANY = METADATA_MEMBERS * 2 + 7


@pytest.fixture
def full() -> Chat:
    """A channel in which very many follow what alice says of herself. Who answers questions is the test."""
    chat = Chat("alice", caps=CAPS, lobby=("#lobby",))
    for number in range(MANY):
        chat.enter(f"n{number}", CAPS).send("METADATA * SUB url color")
    chat.quiet()
    chat.answers = False
    return chat


def heard(chat: Chat) -> list[list[str]]:
    return [chat.peers[f"n{number}"].take() for number in range(MANY)]


def test_one_turn_tells_one_share(full: Chat) -> None:
    effects = full.peers["alice"].post("METADATA * SET url :x")
    assert sum(isinstance(each, Send) for each in effects) == METADATA_MEMBERS + 1
    assert [each.question for each in effects if isinstance(each, Ask)] == [NextTurn()]
    assert full.peers["alice"].take() == ["761 alice alice url * :x"], "who set it need not wait for that"
    full.answer()
    full.answer()
    assert not full.asked
    assert heard(full) == [[f"761 n{number} alice url * :x"] for number in range(MANY)]


def test_all_that_is_cleared_goes_to_each_in_one_piece(full: Chat) -> None:
    alice = full.peers["alice"]
    alice.post("METADATA * SET url :x", "METADATA * SET color :y", "METADATA * SET other :z")
    full.finish()
    full.quiet()
    effects = alice.post("METADATA * CLEAR")
    assert sum(isinstance(each, Send) and each.sid != alice.sid for each in effects) == METADATA_MEMBERS
    full.finish()
    unset = "This key is not set"
    assert heard(full) == [
        [f"766 n{number} alice url :{unset}", f"766 n{number} alice color :{unset}"] for number in range(MANY)
    ]


def test_nobody_is_told_of_an_older_value_last(full: Chat) -> None:
    full.peers["alice"].post("METADATA * SET url :x")
    full.peers["alice"].post("METADATA * SET url :y")
    full.finish()
    assert {tuple(line.rpartition(":")[2] for line in lines) for lines in heard(full)} == {("x", "y")}


def test_what_changes_again_before_it_is_told_is_told_once(full: Chat) -> None:
    for value in "xyz":
        full.peers["alice"].post(f"METADATA * SET url :{value}")
    full.peers["alice"].post("METADATA * SET color :red")
    assert len(full.core._ctx.untold) == 2
    full.finish()
    assert {tuple(line.rpartition(":")[2] for line in lines) for lines in heard(full)} == {("x", "z", "red")}


def test_what_changes_again_is_told_behind_what_newcomers_brought_meanwhile(full: Chat) -> None:
    alice, n0 = full.peers["alice"], full.peers["n0"]
    n0.post("JOIN #team")
    alice.post("METADATA * SET url :x", "METADATA * SET url :y")
    alice.post("JOIN #team")
    alice.post("METADATA * SET url :z")
    assert len(full.core._ctx.untold) == 3
    full.finish()
    told = [line.rpartition(":")[2] for line in n0.take() if line.startswith("761")]
    assert told == ["x", "y", "z"], "coming into #team, alice was introduced with what was then"


def test_what_is_said_where_one_may_not_speak_does_not_come_with_what_was_said_before(full: Chat) -> None:
    alice, n0, n1 = (full.peers[name] for name in ("alice", "n0", "n1"))
    n0.post("JOIN #team")
    n1.post("JOIN #team")
    alice.post("JOIN #team", "METADATA * SET url :x", "METADATA * SET url :y")
    n0.post("MODE #team +m")
    alice.post("METADATA * SET url :z")
    full.finish()
    assert "z" not in [line.rpartition(":")[2] for line in n1.take() if line.startswith("761")]
    assert "761 n2 alice url * :z" in full.peers["n2"].take()


def test_who_has_gone_meanwhile_is_passed_over_and_a_new_nick_is_used(full: Chat) -> None:
    full.peers["alice"].post("METADATA * SET url :x")
    full.peers[f"n{MANY - 1}"].send("QUIT")
    full.peers["alice"].post("NICK al")
    full.quiet()
    full.finish()
    *told, gone = heard(full)
    assert gone == []
    assert told[-1] == [f"761 n{MANY - 2} al url * :x"]


def test_nothing_more_is_told_of_whoever_has_gone(full: Chat) -> None:
    full.peers["alice"].post("METADATA * SET url :x")
    full.peers["alice"].post("QUIT")
    full.quiet()
    full.finish()
    assert not any(heard(full))


def test_who_has_left_a_channel_is_told_no_more_of_it(full: Chat) -> None:
    full.peers["alice"].post("JOIN #team")
    for number in range(MANY):
        full.peers[f"n{number}"].post("JOIN #team")
    full.peers["alice"].post("METADATA #team SET url :x")
    full.peers[f"n{MANY - 1}"].post("PART #team")
    full.quiet()
    full.finish()
    *told, gone = heard(full)
    assert gone == []
    assert told[-1] == [f"761 n{MANY - 2} #team url * :x"]


def test_no_line_is_too_long_where_the_channel_has_a_longer_name_when_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("natterjack.core.rounds.METADATA_MEMBERS", 2)
    chat = Chat("alice", caps=CAPS, lobby=(), name="s" * 63)
    alice = chat.peers["alice"]
    alice.send("JOIN #t")
    letter = "\N{CJK UNIFIED IDEOGRAPH-20000}"  # of four bytes
    peers = [chat.enter(f"n{number}", f"{CAPS} draft/channel-rename") for number in range(3)]
    for peer in peers:
        peer.send("METADATA * SUB url", "JOIN #t")
    last = peers[-1]
    last.send(f"NICK {letter * 32}")
    chat.quiet()
    chat.answers = False
    alice.post(f"METADATA #t SET url :{'x' * 200}", f"RENAME #t #{letter * 31}")
    chat.finish()
    (told,) = [line for line in last.heard if " 761 " in line]
    assert len(f"{told}\r\n".encode()) <= LINE_LIMIT
    assert told.endswith("x" * 50)
