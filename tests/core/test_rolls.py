"""The names of a channel as text that is kept ready."""

from natterjack.core.rolls import Roll
from tests.support.chat import Chat


def test_words_are_packed_in_their_order() -> None:
    words = ["alice", "bobb", "carol", "dave-the-second", "ev", "f"]
    expected = ["alice bobb", "carol", "dave-the-second", "ev f"]
    assert Roll(10, words).lines == expected
    one_by_one = Roll(10, ())
    for word in words:
        one_by_one.extend([word])
    assert one_by_one.lines == expected


def test_a_roll_follows_who_comes_and_goes_and_what_they_are_called() -> None:
    chat = Chat("alice", "bob", "carol")
    alice, bob, carol = (chat.peers[nick] for nick in ("alice", "bob", "carol"))

    def names() -> str:
        (line,) = (line for line in alice.send("NAMES #pond") if line.startswith("353"))
        return line.rpartition(":")[2]

    alice.send("JOIN #pond")
    assert names() == "@alice"
    bob.send("JOIN #pond")
    carol.send("JOIN #pond")
    assert names() == "@alice bob carol"
    alice.send("MODE #pond +v bob")
    assert names() == "@alice +bob carol"
    bob.send("NICK rob")
    assert names() == "@alice +rob carol"
    carol.send("PART #pond")
    assert names() == "@alice +rob"
    bob.send("QUIT")
    assert names() == "@alice"


def test_many_names_fill_lines_that_any_nick_may_stand_in() -> None:
    chat = Chat(*(f"{'n' * 25}{number:03}" for number in range(40)))
    peers = list(chat.peers.values())
    for peer in peers:
        peer.send("JOIN #pond")
    lines = [line for line in peers[0].send("NAMES #pond") if line.startswith("353")]
    assert [name.lstrip("@") for line in lines for name in line.rpartition(":")[2].split(" ")] == list(
        chat.peers
    )
    assert 3 <= len(lines) <= 5


def test_a_word_that_is_longer_than_a_line_is_known() -> None:
    assert Roll(10, ["alice", "ten-letter"]).fits
    roll = Roll(10, ["alice"])
    roll.extend(["eleven-long", "bob"])
    assert roll.lines == ["alice", "eleven-long", "bob"]
    assert not roll.fits


def test_names_that_are_longer_than_a_line_are_cut() -> None:
    channel = "#" + "é" * 63  # two bytes each
    chat = Chat("alice", lobby=())
    alice = chat.peers["alice"]
    alice.send("CAP REQ :userhost-in-names", "NICK " + "é" * 32, f"JOIN {channel}")
    longest = max(len(f":x {line}\r\n".encode()) for line in alice.send(f"NAMES {channel}"))
    assert longest <= 512
