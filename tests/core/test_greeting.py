"""Lines that are kept ready: filled in, and never longer than a line may be."""

from natterjack.core.greeting import Stock
from tests.support.chat import Chat


def test_what_is_filled_in_may_be_as_long_as_the_line_has_room() -> None:
    stock = Stock(["001 {nick} " + "x" * 400, "251 {nick} {users}"])
    assert stock.fill("kim", numbers={"users": "7"}) == f"001 kim {'x' * 400}\r\n251 kim 7\r\n"
    first, second, _ = stock.fill("n" * 128, numbers={"users": "7"}).split("\r\n")
    assert first == f"001 {'n' * 128} {'x' * 377}"
    assert second == f"251 {'n' * 128} 7"


def test_braces_of_the_owner_are_his_own() -> None:
    chat = Chat("alice", motd=("{nick} }{ {0}",), network="{Net}")
    alice = chat.peers["alice"]
    assert "372 alice :{nick} }{ {0}" in alice.send("MOTD")
    assert any("NETWORK={Net}" in line for line in alice.send("VERSION"))
