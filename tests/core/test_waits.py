"""Handlers that ask what the store knows: few at a time, apart from keys, and nobody asks for who has gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natterjack.core.context import Context
from natterjack.core.registry import COMMANDS, Changes, Command, Steps
from natterjack.ports.effects import Ask
from natterjack.ports.events import Answered
from natterjack.ports.questions import DeriveKey, FindLine, Page, ReadFailed, ReadHistory, Search
from tests.support.chat import Chat, Peer


@pytest.fixture(autouse=True)
def commands() -> Iterator[None]:
    """READ asks for a page, LOOK for a line that is not there, KEY for a key; each says what came."""

    def read(ctx: Context) -> Steps:
        page = yield ReadHistory(1, None, None, False, 10, False)
        ctx.say("CAME", type(page).__name__)

    def look(ctx: Context) -> Steps:
        line = yield FindLine(1, 2)
        page = yield ReadHistory(1, None, None, False, 10, False)
        ctx.say("CAME", str(line), type(page).__name__)

    def key(ctx: Context) -> Steps:
        found = yield DeriveKey(b"", b"", 1)
        ctx.say("CAME", found.decode())

    def seek(ctx: Context) -> Steps:
        page = yield Search((1,), "x", 0, 0, "", 10)
        ctx.say("CAME", type(page).__name__)

    handlers = {"READ": read, "LOOK": look, "KEY": key, "SEEK": seek}
    for name, handler in handlers.items():
        COMMANDS[name] = Command(name, handler, 0, False, 1, (), Changes.NOTHING)
    yield
    for name in handlers:
        del COMMANDS[name]


def _asked(peer: Peer, line: str) -> list[Ask]:
    return [effect for effect in peer.post(line) if isinstance(effect, Ask)]


def test_reads_and_keys_have_a_limit_each() -> None:
    chat = Chat(*(f"user{number}" for number in range(12)))
    chat.answers = False
    peers = list(chat.peers.values())
    reads = [ask for peer in peers[:6] for ask in _asked(peer, "READ")]
    keys = [ask for peer in peers[6:] for ask in _asked(peer, "KEY")]
    assert (len(reads), len(keys)) == (4, 4)
    effects = chat.handle(Answered(reads[0].ask, Page(())))
    assert [type(effect.question) for effect in effects if isinstance(effect, Ask)] == [ReadHistory]
    assert peers[0].take() == ["CAME Page"]
    effects = chat.handle(Answered(keys[0].ask, b"key"))
    assert [type(effect.question) for effect in effects if isinstance(effect, Ask)] == [DeriveKey]
    assert peers[6].take() == ["CAME key"]


def test_one_search_at_a_time_and_everything_else_goes_on() -> None:
    chat = Chat(*(f"user{number}" for number in range(6)))
    chat.answers = False
    peers = list(chat.peers.values())
    searches = [ask for peer in peers[:3] for ask in _asked(peer, "SEEK")]
    assert len(searches) == 1
    assert len([ask for peer in peers[3:] for ask in _asked(peer, "READ")]) == 3
    effects = chat.handle(Answered(searches[0].ask, Page(())))
    assert [type(effect.question) for effect in effects if isinstance(effect, Ask)] == [Search]


def test_nobody_reads_for_a_session_that_has_gone() -> None:
    chat = Chat(*(f"user{number}" for number in range(6)))
    chat.answers = False
    peers = list(chat.peers.values())
    reads = [ask for peer in peers for ask in _asked(peer, "READ")]
    peers[4].hang_up()
    peers[0].hang_up()
    effects = chat.handle(Answered(reads[0].ask, Page(())))  # which nobody waits for any more
    (ask,) = (effect for effect in effects if isinstance(effect, Ask))
    chat.handle(Answered(ask.ask, ReadFailed("no")))
    assert peers[5].take()[-1].startswith("FAIL READ TEMPORARILY_UNAVAILABLE :The history can't be read")
    assert peers[4].take() == []


def test_nothing_is_an_answer_too_and_the_handler_may_ask_on() -> None:
    chat = Chat("alice")
    chat.answers = False
    alice = chat.peers["alice"]
    (first,) = _asked(alice, "LOOK")
    assert alice.send("PING x") == []
    effects = chat.handle(Answered(first.ask, None))
    (second,) = (effect for effect in effects if isinstance(effect, Ask))
    assert isinstance(second.question, ReadHistory)
    chat.handle(Answered(second.ask, Page(())))
    assert alice.take() == ["CAME None Page", "PONG natterjack x"]


def test_sites_take_turns() -> None:
    chat = Chat(access="open", store=True, limited=True, allow_plaintext=True)
    chat.answers = False
    ips = ["1.2.3.4"] * 8 + ["5.6.7.8"]
    peers = [chat.enter(f"user{number}", ip=ip) for number, ip in enumerate(ips)]
    first = [ask for peer in peers for ask in _asked(peer, "KEY")]
    assert len(first) == 4
    asked = [
        effect.ask
        for ask in first[:3]
        for effect in chat.handle(Answered(ask.ask, b"key"))
        if isinstance(effect, Ask)
    ]
    last = first[0].ask + len(ips) - 1  # the question of the other site, which came after all others
    assert asked == [first[3].ask + 1, last, first[3].ask + 2]
    chat.handle(Answered(last, b"key"))
    assert peers[8].take()[-1] == "CAME key"
