"""Long answers come in slices, with a turn for everybody else between two of them."""

from __future__ import annotations

import pytest

from natterjack.core.policy import SLICE
from natterjack.ports.effects import Ask, Pause
from natterjack.ports.questions import NextTurn
from tests.support.chat import Chat

SOME = SLICE + SLICE // 2


@pytest.fixture(scope="module")
def full() -> Chat:
    """A channel that takes two slices. Who answers questions is the test."""
    chat = Chat(*(f"n{number:04d}" for number in range(SOME)), lobby=())
    for name in [f"n{number:04d}" for number in range(SOME)]:
        chat.peers[name].send("JOIN #full")
    chat.quiet()
    return chat


def unanswered(chat: Chat) -> None:
    """From now on."""
    chat.quiet()
    chat.answers = False
    assert not chat.asked


def test_a_long_who_lets_others_in_between(full: Chat) -> None:
    unanswered(full)
    first = full.peers["n0000"].send("WHO #full", "PING :behind")
    assert len(first) == SLICE
    assert [type(ask.question) for ask in full.asked] == [NextTurn]
    assert full.peers["n0001"].send("PING :now") == ["PONG natterjack now"]
    full.peers["n0001"].send("PRIVMSG #full :meanwhile")
    assert full.peers["n0000"].take() == [":n0001 PRIVMSG #full :meanwhile"]
    full.answer()
    rest = full.peers["n0000"].take()
    assert full.asked == []
    lines = [line for line in first + rest if line.startswith("352")]
    assert [line.split()[6] for line in lines] == [f"n{number:04d}" for number in range(SOME)]
    assert rest[-2].startswith("315 ")
    assert "PONG" in rest[-1]


def test_who_has_gone_between_two_slices_is_in_none(full: Chat) -> None:
    unanswered(full)
    asker, goer, last = "n0002", f"n{SOME - 1:04d}", f"n{SOME - 2:04d}"
    first = full.peers[asker].send("WHO #full")
    full.peers[goer].send("PART #full")
    full.peers[last].send("NICK renamed")
    full.answer()
    rest = full.peers[asker].take()
    named = [line.split()[6] for line in first + rest if line.startswith("352")]
    assert len(named) == SOME - 1
    assert named[-1] == "renamed"
    full.peers[goer].send("JOIN #full")
    full.peers[last].send(f"NICK {last}")


def test_he_who_is_put_out_meanwhile_sees_no_more_of_a_secret_channel(full: Chat) -> None:
    full.peers["n0000"].send("MODE #full +s")
    unanswered(full)
    first = full.peers["n0003"].send("WHO #full")
    full.peers["n0000"].send("KICK #full n0003")
    full.answer()
    rest = full.peers["n0003"].take()
    assert len(first) == SLICE
    assert [line for line in rest if line.startswith("352")] == []
    assert rest[-1].startswith("315 ")
    full.peers["n0000"].send("MODE #full -s")
    full.peers["n0003"].send("JOIN #full")


def test_he_who_hangs_up_is_forgotten(full: Chat) -> None:
    leaver = full.enter("leaver")
    unanswered(full)
    assert len(leaver.send("WHO *")) == SLICE
    leaver.hang_up()
    full.answer()
    assert full.asked == []
    assert full.peers["n0004"].send("WHO n0005")[-1].startswith("315 ")


def test_a_label_holds_all_of_it(full: Chat) -> None:
    full.peers["n0006"].send("CAP REQ :batch labeled-response")
    unanswered(full)
    assert full.peers["n0006"].send("@label=x WHO #full") == []
    full.answer()
    lines = full.peers["n0006"].take()
    assert "BATCH +" in lines[0]
    assert "label=x" in lines[0]
    assert len(lines) == SOME + 3


def test_one_slice_in_a_turn_however_many_ask(full: Chat) -> None:
    unanswered(full)
    effects = []
    for name in ("n0007", "n0008"):
        effects += full.peers[name].post("WHO #full")
    assert sum(isinstance(effect, Ask) for effect in effects) == 1
    assert sum(isinstance(effect, Pause) for effect in effects) == 2
    full.answer()
    assert full.peers["n0007"].take()[-1].startswith("315 ")
    assert len(full.peers["n0008"].take()) == SLICE
    full.answer()
    assert full.peers["n0008"].take()[-1].startswith("315 ")


def test_list_and_names_too() -> None:
    chat = Chat("alice", "bob", lobby=())
    for number in range(SOME):
        chat.world.create(f"#room{number}", 0.0, lasting=True)
    chat.peers["alice"].send("JOIN #room0", f"JOIN #room{SOME - 1}")
    unanswered(chat)
    first = chat.peers["bob"].send("LIST")
    assert [type(ask.question) for ask in chat.asked] == [NextTurn]
    assert [line.split()[2] for line in first[1:]] == ["#room0"]
    chat.answer()
    assert [line.split()[2] for line in chat.peers["bob"].take()[:-1]] == [f"#room{SOME - 1}"]


def test_a_who_with_a_mask_has_smaller_slices(full: Chat) -> None:
    unanswered(full)
    assert full.peers["n0010"].send("WHO *nobody*") == []
    turns = 0
    while full.asked:
        full.answer()
        turns += 1
    assert turns == 5 * SOME // SLICE
    assert full.peers["n0010"].take() == ["315 n0010 *nobody* :End of WHO list"]


def test_the_more_conditions_a_list_has_the_smaller_are_its_slices() -> None:
    chat = Chat("alice", lobby=())
    for number in range(SLICE // 2):
        chat.world.create(f"#room{number}", 0.0, lasting=True)
    unanswered(chat)
    chat.peers["alice"].send("LIST !#a*b,!#b*c,!#c*d,!#d*e,!#e*f,!#f*g,!#g*h,!#h*i")
    turns = 0
    while chat.asked:
        assert [type(ask.question) for ask in chat.asked] == [NextTurn]
        chat.answer()
        turns += 1
    assert turns == 4
    assert chat.peers["alice"].take()[-1].startswith("323 ")


def test_names_of_large_channels_have_a_turn_between_them(full: Chat) -> None:
    full.peers["n0009"].send("JOIN #other")
    unanswered(full)
    first = full.peers["n0009"].send("NAMES #full,#other")
    assert sum(len(line.split(":")[1].split()) for line in first) == SOME
    full.answer()
    rest = full.peers["n0009"].take()
    assert rest[0].split()[0] == "353"
    assert rest[-1].startswith("366 ")
