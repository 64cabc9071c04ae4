"""Several sessions of one account under a nick that is not the account's own."""

from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, make_account, said


def make(alone: bool = False) -> Chat:
    snapshot = Snapshot(b"s" * 32, (make_account("kim", alone=alone), make_account("bob")))
    chat = Chat(lobby=(), store=True, durable=True, instant=True, snapshot=snapshot)
    chat.enter("phone", login="kim")
    chat.peers["phone"].send("JOIN #room")
    return chat


def introduce(chat: Chat, name: str, login: str = "", first: bool = False) -> list[str]:
    peer: Peer = chat.open(name)
    words = said(login, f"{login}-password") if login else []
    nick = ["NICK phone", "USER u 0 * :U"]
    return peer.send("CAP LS 302", *(words + nick if first else nick + words), "CAP END")


def test_another_session_of_the_account_comes_in_under_the_nick_of_the_first() -> None:
    for first in (True, False):
        chat = make()
        lines = introduce(chat, "laptop", "kim", first)
        assert [line for line in lines if line.startswith(("001 ", "433 "))] == [
            "001 phone :Welcome to Natterjack, phone!phone@127.0.0.1"
        ]
        assert any(line.endswith("JOIN #room") for line in lines)
        assert len(chat.world.find("phone").sessions) == 2


def test_nobody_else_does() -> None:
    for login in ("", "bob"):
        chat = make()
        lines = introduce(chat, "laptop", login)
        assert lines[-1] == "433 * phone :Nick is already in use"
        assert not any(line.startswith("001 ") for line in lines)
        assert len(chat.world.find("phone").sessions) == 1
        assert chat.peers["laptop"].send("NICK other")[0].startswith("001 other")


def test_an_account_may_want_its_sessions_apart() -> None:
    chat = make(alone=True)
    assert introduce(chat, "laptop", "kim")[-1] == "433 * phone :Nick is already in use"
    chat.peers["phone"].hang_up()
    assert chat.peers["laptop"].send("NICK phone")[0].startswith("001 phone")
