"""Each limit of a session as it is configured: what it changes, what it says, and what a change while running does."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from natterjack.core.policy import Limits, Policy
from natterjack.ports.events import Reconfigured
from natterjack.proto import isupport
from tests.support.chat import Chat


def reconfigure(chat: Chat, **changes: Any) -> None:
    """The operator has changed the policy, and the server reads it."""
    chat.handle(Reconfigured(replace(chat.core.policy, **changes)))


def chat_with(**limits: Any) -> Chat:
    chat = Chat("alice", "bob", limits=Limits(**limits), lobby=())
    chat.peers["alice"].send("JOIN #a")
    chat.peers["bob"].send("JOIN #a")
    chat.quiet()
    return chat


@pytest.mark.parametrize(
    ("limits", "said", "answer"),
    [
        (
            {"nick": 9},
            "NICK abcdefghij",
            "432 alice abcdefghij :Erroneous nick: it is longer than 9 characters",
        ),
        ({"nick": 9}, "NICK abcdefghi", ":alice NICK abcdefghi"),
        ({"nick": 128}, f"NICK {'a' * 60}", f":alice NICK {'a' * 60}"),
        (
            {"nick": 128},
            f"NICK {'é' * 65}",
            f"432 alice {'é' * 65} :Erroneous nick: it is longer than 128 bytes",
        ),
        (
            {"channel": 10},
            "JOIN #abcdefghij",
            "476 alice #abcdefghij :No channel can have this name: it is longer than 10 characters",
        ),
        (
            {"topic": 10},
            "TOPIC #a :12345678901",
            "417 alice :Nothing was changed: a topic has at most 10 bytes, this one 11",
        ),
        ({"topic": 10}, "TOPIC #a :1234567890", ":alice TOPIC #a 1234567890"),
        (
            {"away": 10},
            "AWAY :12345678901",
            "417 alice :Nothing was changed: an away text has at most 10 bytes, this one 11",
        ),
        ({"reason": 10}, "PART #a :12345678901", ":alice PART #a 1234567890"),
        ({"reason": 10}, "KICK #a alice :12345678901", ":alice KICK #a alice 1234567890"),
        ({"reason": 10}, "QUIT :12345678901", "ERROR :Closing link: Quit: 1234567890"),
        ({"channels": 1}, "JOIN #b", "405 alice #b :You are in 1 channels, and may not be in more"),
        (
            {"targets": 2},
            "PRIVMSG bob,#a,alice :hi",
            "407 alice bob :Too many targets: at most 2. Nothing was sent",
        ),
        (
            {"list_entries": 1},
            "MODE #a +bb one two",
            "478 alice #a b :Channel list is full: it has 1 entries at the most",
        ),
        (
            {"monitor": 1},
            "MONITOR + bob,carol,dave",
            "734 alice 1 carol,dave :Monitor list is full: these nicks were not added",
        ),
    ],
)
def test_each_limit_is_kept_and_says_so(limits: dict[str, int], said: str, answer: str) -> None:
    got = chat_with(**limits).peers["alice"].send(said)
    assert answer.replace(" :1", " 1") in [line.replace(" :1", " 1") for line in got]


@pytest.mark.parametrize(
    ("limits", "tokens"),
    [
        ({"nick": 9}, ["NICKLEN=9"]),
        ({"channel": 10}, ["CHANNELLEN=10"]),
        ({"topic": 11}, ["TOPICLEN=11"]),
        ({"away": 12}, ["AWAYLEN=12"]),
        ({"reason": 13}, ["KICKLEN=13"]),
        ({"channels": 14}, ["CHANLIMIT=#:14"]),
        ({"channels": None}, ["CHANLIMIT=#:"]),
        ({"list_entries": 15}, ["MAXLIST=Ibe:15"]),
        ({"monitor": 16}, ["MONITOR=16"]),
        ({"monitor": None}, ["MONITOR"]),
        (
            {"targets": 17},
            [
                "MAXTARGETS=17",
                "TARGMAX=JOIN:,KICK:,LIST:,NAMES:,NOTICE:17,PART:,PRIVMSG:17,TAGMSG:17,WHOIS:1",
            ],
        ),
    ],
)
def test_what_is_announced_is_told_again_when_it_changes(limits: dict[str, Any], tokens: list[str]) -> None:
    chat = Chat("alice")
    newcomer = chat.open("newcomer")
    reconfigure(chat, limits=Limits(**limits))
    assert chat.peers["alice"].take() == [f"005 alice {' '.join(tokens)} :are supported by this server"]
    assert newcomer.take() == []
    whole = " ".join(newcomer.send("NICK new", "USER u 0 * :U"))
    assert all(f" {token} " in whole for token in tokens)
    whole = " ".join(chat.peers["alice"].send("VERSION"))
    assert all(f" {token} " in whole for token in tokens)


def test_what_is_not_announced_is_not_told() -> None:
    chat = Chat("alice")
    reconfigure(chat, limits=Limits(ping_after=20), motd=("new",))
    assert chat.peers["alice"].take() == []


def test_a_change_says_what_is_new_and_what_is_gone() -> None:
    old, new = ["A=1", "B", "C=2"], ["A=2", "C=2", "D"]
    told = isupport.changes(old, new)
    assert told == ["-B", "A=2", "D"]
    settings: dict[str, str] = {}
    isupport.read(settings, old)
    isupport.read(settings, told)
    wanted: dict[str, str] = {}
    isupport.read(wanted, new)
    assert settings == wanted


def test_lowering_takes_nothing_from_those_who_have_it() -> None:
    name = f"#{'c' * 30}"
    chat = Chat("alice-has-a-long-nick", "bob", lobby=())
    alice, bob = chat.peers["alice-has-a-long-nick"], chat.peers["bob"]
    alice.send(
        f"JOIN {name},#b,#c", "TOPIC #b :a topic of some length", "MODE #b +bb x y", "MONITOR + bob,eve"
    )
    alice.send("AWAY :for quite some time")
    reconfigure(
        chat,
        limits=Limits(nick=9, channel=10, topic=10, away=10, channels=1, list_entries=1, monitor=1),
    )
    chat.quiet()
    assert len(chat.world.find("alice-has-a-long-nick").channels) == 3
    assert bob.send(f"JOIN {name}")[0] == f":bob JOIN {name}"
    alice.take()
    assert len(alice.send("MODE #b b")) == 3
    assert alice.send("TOPIC #b")[0].endswith(":a topic of some length")
    assert alice.send("MONITOR L")[0] == "732 alice-has-a-long-nick :bob,eve"
    assert bob.send("PRIVMSG alice-has-a-long-nick :hi")[0].endswith(":for quite some time")
    assert bob.send("JOIN #b") == ["405 bob #b :You are in 1 channels, and may not be in more"]
    assert not alice.closed


def test_where_limits_are_lifted_one_may_be_in_any_number() -> None:
    chat = Chat("alice", lobby=(), limits=Limits(channels=None, monitor=None))
    alice = chat.peers["alice"]
    for number in range(120):
        alice.send(f"JOIN #c{number}", f"MONITOR + n{number}")
    assert len(chat.world.find("alice").channels) == 120
    assert sum(line.count(",") + 1 for line in alice.send("MONITOR L")[:-1]) == 120


def test_the_time_to_register_is_what_it_was_when_one_came() -> None:
    chat = Chat(limits=Limits(registration=12))
    early = chat.open("early")
    reconfigure(chat, limits=Limits(registration=5))
    late = chat.open("late")
    chat.wait(7)
    assert late.take() == ["ERROR :Closing link: registration was not complete within 5 seconds"]
    assert not early.closed
    chat.wait(7)
    assert early.take() == ["ERROR :Closing link: registration was not complete within 12 seconds"]


def test_silence_is_measured_by_what_is_in_force() -> None:
    chat = Chat("alice", limits=Limits(ping_after=10, drop_after=20, registration=3600))
    alice = chat.peers["alice"]
    chat.wait(12)
    assert alice.take() == ["PING :natterjack"]
    alice.send("PONG x")
    reconfigure(chat, limits=Limits(ping_after=30, drop_after=40))
    chat.wait(28)
    assert alice.take() == []
    chat.wait(15)
    assert alice.take() == ["PING :natterjack", "ERROR :Closing link: Ping timeout: 41 seconds"]


def test_the_defaults_are_those_that_are_promised() -> None:
    policy = Policy()
    limits, pace, sites, logins = policy.limits, policy.pace, policy.sites, policy.logins
    assert (sites.members, sites.guests, sites.newcomers, sites.private_factor) == (256, 32, 64, 8)
    assert (limits.registration, limits.sasl, limits.ping_after, limits.drop_after) == (30, 20, 90, 150)
    assert (pace.bucket, pace.refill, pace.message, pace.change, pace.question) == (10, 2, 1, 2, 3)
    assert (pace.login, pace.login_every) == (300, 60)
    assert (logins.site_free, logins.site_delay, logins.account_delay) == (3, 5, 60)
    assert (logins.password_least, logins.password_most) == (8, 300)
    assert (limits.nick, limits.channel, limits.topic, limits.away, limits.reason) == (32, 64, 390, 390, 390)
    assert (limits.channels, limits.targets, limits.list_entries) == (50, 4, 100)
