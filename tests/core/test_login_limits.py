"""How long a login may take, how long a password may be, and how many accounts one place may make."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from msgspec.structs import replace

from natterjack.core.policy import Limits, Logins, Policy, Sites
from natterjack.core.server import Core
from natterjack.ports.events import Answered, Now, Received, Reconfigured, Tick
from natterjack.ports.records import Snapshot
from natterjack.wire.message import parse
from tests.core.test_accounts import Server, _numerics, _plain, _record

LONG = "x" * 280


def server(**settings: Any) -> Server:
    made = Server()
    policy = Policy(version="1", store=True, access="open", **settings)
    accounts = (_record("alice", "correct-horse"), _record("longpass", LONG), _record("a-name-of-old", LONG))
    made.core = Core(policy, "m", Now(0, 1e9), Snapshot(b"s" * 32, accounts), lambda size: b"e" * size)
    return made


TOO_SLOW = ":natterjack 904 * :Login failed: it took longer than {} seconds, begin again"


@pytest.mark.parametrize(("limits", "seconds"), [(Limits(), 20), (Limits(sasl=5), 5)])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_login_that_is_not_finished_is_given_up_and_can_begin_again(
    limits: Limits, seconds: int, mechanism: str
) -> None:
    chat = server(limits=limits)
    sid = chat.open()
    chat.say(sid, "CAP LS 302", f"AUTHENTICATE {mechanism}")
    got = chat.got[sid] = []
    chat.at(1.0 + seconds - 0.5, Tick())
    assert got == []
    chat.at(1.0 + seconds + 0.5, Tick())
    chat.at(1.0 + seconds + 1.5, Tick())
    assert got == [TOO_SLOW.format(seconds)]
    assert _numerics(chat.log_in(sid, "alice", "correct-horse")) == ["900", "903"]
    chat.at(80.0, Tick())
    assert not any(" 904 " in line for line in chat.got[sid])


def test_the_time_that_the_server_takes_does_not_count() -> None:
    chat = server()
    sid = chat.open()
    chat.say(sid, "CAP LS 302", "AUTHENTICATE PLAIN")
    got = chat.say(sid, f"AUTHENTICATE {_plain('alice', 'correct-horse')}")
    chat.at(25.0, Tick())
    assert got == []
    chat.derive()
    assert _numerics(got) == ["900", "903"]


def test_whoever_goes_in_the_middle_of_a_login_is_forgotten() -> None:
    chat = server()
    for _ in range(3):
        sid = chat.open()
        chat.say(sid, "CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('alice', 'correct-horse')}")
        chat.close(sid)
    chat.at(2.0, Tick())
    assert chat.core._ctx.exchanges._sessions == {}


def test_an_account_made_in_the_middle_of_a_login_ends_it() -> None:
    chat = server()
    sid = chat.join("carol")
    chat.say(sid, "AUTHENTICATE PLAIN", "REGISTER * * correct-horse")
    chat.derive()
    got = chat.got[sid] = []
    chat.at(50.0, Tick())
    assert got == []


def test_waiting_for_ones_turn_is_not_held_against_one() -> None:
    chat = server()
    for _ in range(10):
        chat.core._ctx.guard.failed("", "alice", 1.0)
    sid = chat.open()
    chat.say(sid, "CAP LS 302", "NICK bob", "USER u 0 * :U")
    got = chat.say(sid, "AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('alice', 'wrong-horse')}")[1:]
    for second in range(2, 61):
        chat.at(float(second), Tick())
    assert (got, chat.asks) == ([], [])
    chat.at(62.0, Tick())
    ask = chat.asks.pop()
    got = chat.got[sid] = []
    chat.at(62.0, Answered(ask.ask, bytes(32)))
    assert _numerics(got) == ["904"]
    assert sid in chat.core.world.sessions
    for second in range(63, 94):
        chat.at(float(second), Tick())
    assert got[-1] == "ERROR :Closing link: registration was not complete within 30 seconds"


@pytest.mark.parametrize(
    ("password", "answer"),
    [
        ("x" * 11, "FAIL REGISTER WEAK_PASSWORD carol :A password has at least 12 bytes"),
        ("x" * 65, "FAIL REGISTER UNACCEPTABLE_PASSWORD carol :A password has at most 64 bytes"),
        ("x" * 64, "900 "),
    ],
)
def test_how_long_a_new_password_is(password: str, answer: str) -> None:
    chat = server(logins=Logins(password_least=12, password_most=64))
    sid = chat.join("carol")
    got = chat.say(sid, f"REGISTER * * {password}")
    if chat.asks:
        chat.derive()
    assert any(answer in line for line in got)


def test_an_old_password_and_an_old_name_stay_good_whatever_new_ones_may_have() -> None:
    chat = server(logins=Logins(password_most=64), limits=Limits(nick=9))
    sid = chat.open()
    chat.say(sid, "CAP LS 302", "NICK a-name-of-old", "USER u 0 * :U")
    assert _numerics(chat.log_in(sid, "a-name-of-old", LONG)) == ["900", "903"]
    assert "001 a-name-of-old " in chat.say(sid, "CAP END")[0]
    assert "432 " in chat.say(chat.open(), "NICK a-name-of-new")[0]


@pytest.mark.parametrize(
    ("size", "numerics"), [(592, ["900", "903"]), (1000, ["900", "903"]), (1001, ["904"])]
)
def test_a_password_that_no_line_carries_comes_in_several(size: int, numerics: list[str]) -> None:
    """With 592 bytes the message of SASL has 800 in base64, so that an empty part has to end it."""
    password = "x" * size
    chat = Server(_record("foo", password))
    sid = chat.open()
    chat.say(sid, "CAP LS 302", "NICK foo", "USER u 0 * :U", "AUTHENTICATE PLAIN")
    message = b64encode(f"foo\0foo\0{password}".encode()).decode()
    parts = [message[at : at + 400] for at in range(0, len(message), 400)]
    if len(parts[-1]) == 400:
        parts.append("+")
    assert (len(parts) == 3 and parts[-1] == "+") is (size == 592)
    got = chat.say(sid, *(f"AUTHENTICATE {part}" for part in parts))
    while chat.asks:
        chat.derive()
    assert _numerics(got) == numerics


def register(chat: Server, nick: str, ip: str) -> list[str]:
    sid = chat.open(ip, "tls")
    chat.say(sid, f"NICK {nick}", "USER u 0 * :U")
    got = chat.say(sid, "REGISTER * * correct-horse")
    if chat.asks:
        chat.derive()
    return got


def test_one_place_makes_so_many_accounts_an_hour() -> None:
    chat = server()
    for letter in "abcde":
        assert "REGISTER SUCCESS" in register(chat, f"new{letter}", "1.2.3.4")[0]
    (said,) = register(chat, "newf", "1.2.3.4")
    head, _, text = said.partition(" :")
    assert head == ":natterjack FAIL REGISTER TEMPORARILY_UNAVAILABLE newf"
    assert text == "Only 5 accounts an hour can be made from where you are: try again in 60 min"
    assert "REGISTER SUCCESS" in register(chat, "newg", "1.2.3.5")[0]
    for letter in "hijklmn":
        assert "REGISTER SUCCESS" in register(chat, f"new{letter}", "127.0.0.1")[0]
    chat.at(1.0, Reconfigured(replace(chat.core.policy, sites=Sites(new_accounts=6))))
    assert "REGISTER SUCCESS" in register(chat, "newz", "1.2.3.4")[0]


def test_those_who_register_at_one_moment_are_counted_all_the_same() -> None:
    chat = server(sites=Sites(new_accounts=2))
    sids = []
    for letter in "abcd":
        sids.append(chat.open("1.2.3.4", "tls"))
        chat.say(sids[-1], f"NICK new{letter}", "USER u 0 * :U")
    got = [chat.say(sid, "REGISTER * * correct-horse") for sid in sids]
    while chat.asks:
        chat.derive()
    assert ["SUCCESS" in lines[0] for lines in got] == [True, True, False, False]
    assert "TEMPORARILY_UNAVAILABLE" in got[3][0]


def test_where_limits_are_lifted_nobody_is_slowed_or_counted() -> None:
    chat = server(limited=False)
    for number in range(20):
        assert "REGISTER SUCCESS" in register(chat, f"new{chr(97 + number)}", "1.2.3.4")[0]
    sid = chat.open("1.2.3.4", "tls")
    chat.say(sid, "CAP LS 302")
    for _ in range(10):
        assert _numerics(chat.log_in(sid, "alice", "wrong-horse")) == ["904"]


def test_a_thousand_who_begin_to_log_in_and_do_not_go_on() -> None:
    chat = server(limited=False)
    sids = [chat.open() for _ in range(1000)]
    for sid in sids:
        chat.at(1.0, Received(sid, [parse(b"CAP LS 302"), parse(b"AUTHENTICATE SCRAM-SHA-256")]))
    chat.at(21.5, Tick())
    assert all(chat.got[sid][-1] == TOO_SLOW.format(20) for sid in sids)
    chat.at(22.5, Tick())
    assert chat.core._ctx.exchanges._sessions == {}
