"""Wrong passwords are answered later and later; a right one is answered at once."""

from __future__ import annotations

from natterjack.core.guard import Guard
from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.events import Now, Tick
from natterjack.ports.records import Snapshot
from tests.core.test_accounts import Server, _numerics, _record


def test_one_place_has_three_a_minute_then_waits_up_to_five_seconds() -> None:
    guard = Guard()
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
    guard = Guard()
    waits = [guard.failed(f"site{number}", "alice", 10.0) for number in range(12)]
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert guard.failed("", "bob", 10.0) == 0
    guard.succeeded("alice")
    assert guard.failed("site", "alice", 11.0) == 0


def test_failures_are_forgotten_after_an_hour_and_when_there_are_too_many() -> None:
    guard = Guard()
    for _ in range(8):
        guard.failed("site", "alice", 10.0)
    assert guard.failed("elsewhere", "alice", 10.0 + 3601) == 0
    for number in range(10_001):
        guard.failed(f"site{number}", f"name{number}", 5000.0)
    assert len(guard._sites) == len(guard._accounts) == 10_000


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
