"""Wrong passwords are answered later and later; a right one is answered at once."""

from __future__ import annotations

from natterjack.core.guard import Guard
from natterjack.core.policy import Logins, Policy, Sites
from natterjack.core.server import Core
from natterjack.ports.events import Now, Tick
from natterjack.ports.records import Snapshot
from tests.core.test_accounts import Server, _numerics, _record


def test_one_place_has_three_a_minute_then_waits_up_to_five_seconds() -> None:
    guard = Guard(Logins(), Sites())
    assert [guard.failed("site", f"a{number}", 10.0) for number in range(10)] == [
        0,
        0,
        0,
        1,
        2,
        3,
        4,
        5,
        5,
        5,
    ]
    assert guard.failed("other", "a", 10.0) == 0
    assert guard.failed("site", "b", 71.0) == 0


def test_one_account_waits_twice_as_long_each_time_up_to_a_minute() -> None:
    guard = Guard(Logins(), Sites())
    waits = [guard.failed(f"site{number}", "alice", 10.0) for number in range(12)]
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert guard.failed("", "bob", 10.0) == 0
    guard.succeeded("alice")
    assert guard.failed("site", "alice", 11.0) == 0


def test_how_many_are_free_and_how_long_one_waits_is_configured() -> None:
    logins = Logins(site_free=1, site_delay=3, account_free=2, account_delay=5)
    guard = Guard(logins, Sites())
    assert [guard.failed("site", f"a{number}", 10.0) for number in range(6)] == [0, 1, 2, 3, 3, 3]
    guard = Guard(logins, Sites())
    assert [guard.failed("", "alice", 10.0) for _ in range(7)] == [0, 0, 1, 2, 4, 5, 5]
    guard.limits = Logins(account_delay=600)
    assert [guard.failed("", "alice", 10.0) for _ in range(9)][-2:] == [600, 600]


def test_failures_are_forgotten_after_an_hour_and_when_there_are_too_many() -> None:
    guard = Guard(Logins(), Sites())
    for _ in range(8):
        guard.failed("site", "alice", 10.0)
    assert guard.failed("elsewhere", "alice", 10.0 + 3601) == 0
    for number in range(10_001):
        guard.failed(f"site{number}", f"name{number}", 5000.0)
    assert len(guard._failures._moments) == len(guard._accounts) == 10_000
    guard.limits = Logins(remembered=100)
    guard.failed("one", "more", 5000.0)
    assert len(guard._failures._moments) == len(guard._accounts) == 100


def test_what_is_remembered_of_new_accounts_is_bounded_too() -> None:
    guard = Guard(Logins(remembered=100), Sites(new_accounts=2))
    for number in range(500):
        guard.made(f"site{number % 150}", 10.0)
    assert len(guard._made._moments) == 100
    assert {len(moments) for moments in guard._made._moments.values()} <= {1, 2}


def test_the_wait_for_a_new_account_is_until_the_oldest_is_an_hour_old() -> None:
    guard = Guard(Logins(), Sites(new_accounts=2, private_factor=3))
    for moment in (10.0, 20.0):
        assert guard.until_next("site", moment) == 0
        guard.made("site", moment)
    assert guard.until_next("site", 30.0) == 3580
    assert guard.until_next("other", 30.0) == 0
    assert guard.until_next("site", 3609.5) == 1
    assert guard.until_next("site", 3611.0) == 0
    for _ in range(6):
        assert guard.until_next("private 10.0.0.0/16", 30.0) == 0
        guard.made("private 10.0.0.0/16", 30.0)
    assert guard.until_next("private 10.0.0.0/16", 30.0) == 3600
    guard.sites = Sites(new_accounts=1, private_factor=3)
    assert guard.until_next("private 10.0.0.0/16", 40.0) == 3590


def test_the_answer_waits_and_so_does_the_session_but_the_right_password_passes() -> None:
    server = Server()
    policy = Policy(version="1", store=True)
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(b"s" * 32, (_record("alice", "correct-horse"),)))
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK bob", "USER u 0 * :U")
    for _ in range(3):
        assert _numerics(server.log_in(sid, "alice", "wrong-horse")) == ["904"]
    got = server.log_in(sid, "alice", "wrong-horse")
    assert got == []
    other = server.open()
    server.say(other, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    assert _numerics(server.log_in(other, "alice", "correct-horse")) == ["900", "903"]
    server.at(2.5, Tick())
    assert _numerics(got) == ["904"]
    assert server.paused == set()


def test_a_delay_that_outlives_its_session_does_nothing() -> None:
    server = Server()
    server.core = Core(Policy(version="1", store=True), "m", Now(0, 1e9), Snapshot(b"s" * 32))
    sid = server.open()
    server.say(sid, "CAP LS 302")
    for _ in range(4):
        server.log_in(sid, "alice", "wrong-horse")
    server.close(sid)
    server.at(5.0, Tick())
    assert server.core.world.sessions == {}
    assert server.asks == []
