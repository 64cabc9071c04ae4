"""Pace against those who would break it, or be broken by it."""

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
