"""Pace against those who would break it, or be broken by it."""

import pytest

from tests.support.chat import Chat


def test_a_long_paste_is_said_to_its_end_however_long_that_takes() -> None:
    chat = Chat("alice", "bob", limited=True)
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.post(*(f"PRIVMSG #lobby :{number}" for number in range(600)))
    heard = []
    for _ in range(8):
        bob.post("PING :here")
        chat.wait(40)
        heard += [line for line in bob.take() if " PRIVMSG " in line]
    assert not alice.closed
    assert heard == [f":alice PRIVMSG #lobby :{number}" for number in range(600)]
    chat.wait(chat.core.policy.limits.drop_after + 10)
    assert alice.closed


@pytest.mark.parametrize(("followers", "waits"), [(3, 0), (40, 20)])
def test_whoever_has_many_told_of_his_metadata_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, followers: int, waits: int
) -> None:
    monkeypatch.setattr("natterjack.core.telling.METADATA_MEMBERS", 1)
    nicks = [f"n{number}" for number in range(followers)]
    chat = Chat("alice", *nicks, caps="draft/metadata-3 batch", limited=True)
    for nick in nicks:
        chat.peers[nick].post("METADATA * SUB url")
    chat.wait(60)
    chat.quiet()
    alice = chat.peers["alice"]
    alice.post("METADATA * SET url :x", *["PRIVMSG #lobby :after it"] * 3)
    heard = chat.peers["n0"].take()
    assert heard[0] == "761 n0 alice url * :x"
    assert len(heard) == (1 if waits else 4)
    chat.wait(waits)
    assert len(chat.peers["n0"].take()) == (3 if waits else 0)
