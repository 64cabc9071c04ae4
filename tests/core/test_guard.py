"""After wrong passwords the next is looked at later and later, be it right or wrong; nobody else waits."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from natterjack.core.guard import Guard
from natterjack.core.policy import Logins, Policy, Sites
from natterjack.core.server import Core
from natterjack.ports.events import Now, Tick
from natterjack.ports.records import Snapshot
from natterjack.proto.scram import ClientExchange
from tests.core.test_accounts import Server, _key, _numerics, _plain, _record


def waits(guard: Guard, pairs: list[tuple[str, str]], right: bool = False) -> list[float]:
    """How long each of those waits who say a password one after the other, as soon as the one before is answered."""
    now, waited = 10.0, []
    for site, account in pairs:
        waited.append(guard.take_turn(site, account, now))
        now += waited[-1]
        if not right:
            guard.failed(site, account, now)
    return waited


def test_one_place_has_three_a_minute_then_waits_up_to_five_seconds() -> None:
    guard = Guard(Logins(), Sites())
    pairs = [("site", f"a{number}") for number in range(10)]
    assert waits(guard, pairs) == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5]
    assert guard.wait("other", "a", 10.0) == 0
    assert guard.wait("site", "b", 35.0) == 5  # the last was looked at then
    assert guard.wait("site", "b", 38.0) == 2
    assert guard.wait("site", "b", 41.0) == 0
    assert guard.take_turn("site", "b", 100.0) == guard.take_turn("site", "b", 100.0) == 0


def test_one_account_waits_twice_as_long_each_time_up_to_a_minute_where_wrong_ones_came_from() -> None:
    guard = Guard(Logins(), Sites())
    assert waits(guard, [("", "alice")] * 12) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert guard.wait("", "bob", 20.0) == 0
    assert guard.wait("site", "alice", 20.0) == 0  # its owner may be there
    guard.take_turn("site", "alice", 1000.0)
    guard.failed("site", "alice", 1000.0)
    assert guard.wait("site", "alice", 1000.0) == 60
    assert guard.wait("site", "bob", 1000.0) == 0
    guard.succeeded("site", "alice")
    assert guard.wait("site", "alice", 1000.0) == 0
    guard.failed("site", "alice", 1001.0)
    assert guard.wait("site", "alice", 1001.0) == 0


def test_many_at_once_come_one_after_the_other_and_none_later_than_the_longest_wait() -> None:
    """Also where they hang up: the place in line was theirs."""
    guard = Guard(Logins(), Sites())
    for number in range(3):
        guard.failed("site", f"a{number}", 10.0)
    assert [guard.take_turn("site", f"b{number}", 10.0) for number in range(100)] == [1, 2, 3, 4, *[5] * 96]
    assert guard.wait("site", "c", 12.0) == 3
    assert guard.wait("other", "c", 12.0) == 0


def test_where_nothing_was_wrong_lately_everybody_is_looked_at_at_once() -> None:
    guard = Guard(Logins(), Sites())
    for number in range(2):
        guard.failed("school", f"pupil{number}", 10.0)
    assert waits(guard, [("school", f"pupil{number}") for number in range(500)], right=True) == [0] * 500


def test_how_many_are_free_and_how_long_one_waits_is_configured() -> None:
    logins = Logins(site_free=1, site_delay=3, account_free=2, account_delay=5)
    pairs = [("site", f"a{number}") for number in range(6)]
    assert waits(Guard(logins, Sites()), pairs) == [0, 1, 2, 3, 3, 3]
    guard = Guard(logins, Sites())
    assert waits(guard, [("", "alice")] * 7) == [0, 0, 1, 2, 4, 5, 5]
    guard.limits = Logins(account_delay=600)
    assert waits(guard, [("", "bob")] * 15)[-2:] == [600, 600]


def test_failures_are_forgotten_after_an_hour_and_when_there_are_too_many() -> None:
    guard = Guard(Logins(), Sites())
    for _ in range(8):
        guard.failed("site", "alice", 10.0)
    guard.failed("elsewhere", "alice", 10.0 + 3601)
    assert guard.wait("elsewhere", "alice", 10.0 + 3601) == 0
    for number in range(10_001):
        for _ in range(4):
            guard.failed(f"site{number}", f"name{number}", 5000.0)
    tables = (guard._failures._moments, guard._accounts._many, guard._turns._next, guard._turns_for._next)
    assert [len(table) for table in tables] == [10_000] * 4
    guard.limits = Logins(remembered=100)
    for _ in range(4):
        guard.failed("one", "more", 5000.0)
    assert [len(table) for table in tables] == [100] * 4


def test_names_made_up_by_the_thousand_do_not_hide_the_one_that_is_guessed_at() -> None:
    guard = Guard(Logins(), Sites())
    for _ in range(9):
        guard.failed("", "alice", 10.0)
    for number in range(30_000):
        guard.failed("", f"name{number}", 10.0)
    assert len(guard._accounts._few) == 10_000
    guard.failed("", "alice", 11.0)
    assert guard.wait("", "alice", 11.0) == 60


def test_what_is_remembered_of_new_accounts_is_bounded_too() -> None:
    guard = Guard(Logins(remembered=100), Sites(new_accounts=2))
    for number in range(500):
        guard.made(f"site{number % 150}", 10.0)
    assert len(guard._made._moments) == 100
    assert {len(moments) for moments in guard._made._moments.values()} <= {1, 2}


def test_of_too_many_who_put_entries_into_lists_whoever_did_it_longest_ago_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("natterjack.core.guard.LISTED_A_DAY", 2)
    guard = Guard(Logins(remembered=2), Sites())
    sites = ["a", "b", "a", "c", "a", "c", "c", "b"]
    assert [guard.may_list(site, 10.0) for site in sites] == [
        True,
        True,
        True,
        True,
        False,
        True,
        False,
        True,
    ]


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


def test_a_password_waits_for_its_turn_right_or_wrong_and_so_does_its_session() -> None:
    server = Server()
    policy = Policy(version="1", store=True)
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(b"s" * 32, (_record("alice", "correct-horse"),)))
    sid = server.open("192.0.2.9", "tls")
    server.say(sid, "CAP LS 302", "NICK bob", "USER u 0 * :U")
    for _ in range(3):
        assert _numerics(server.log_in(sid, "alice", "wrong-horse")) == ["904"]
    server.say(sid, "AUTHENTICATE PLAIN")
    got = server.say(sid, f"AUTHENTICATE {_plain('alice', 'correct-horse')}")
    assert (got, server.asks, server.paused) == ([], [], {sid})
    other = server.open("198.51.100.7", "tls")
    server.say(other, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    # From elsewhere at once.
    assert _numerics(server.log_in(other, "alice", "correct-horse")) == ["900", "903"]
    server.at(2.5, Tick())
    server.derive()
    assert _numerics(got) == ["900", "903"]
    assert server.paused == set()


def scram(server: Server, sid: int, name: str, password: bytes) -> list[str]:
    """What is answered to the proof of ``password``."""
    server.say(sid, "AUTHENTICATE SCRAM-SHA-256")
    client = ClientExchange(name, "clientnonce")
    (challenge,) = server.say(sid, f"AUTHENTICATE {b64encode(client.first()).decode()}")
    client.read_challenge(b64decode(challenge.split(" ")[1]))
    return server.say(sid, f"AUTHENTICATE {b64encode(client.final(_key(password, client.salt))).decode()}")


def test_whoever_hangs_up_and_comes_again_is_looked_at_no_sooner() -> None:
    """He hears no yes within a round trip, and takes that for a no."""
    server = Server()
    policy = Policy(version="1", store=True)
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(b"s" * 32, (_record("alice", "correct-horse"),)))
    for count in range(200):
        sid = server.open("192.0.2.9", "tls")
        server.say(sid, "CAP LS 302")
        got = scram(server, sid, "alice", b"wrong-horse")
        assert bool(got) == (count < 3)
        server.close(sid)
    sid = server.open("192.0.2.9", "tls")
    server.say(sid, "CAP LS 302")
    got = scram(server, sid, "alice", b"correct-horse")
    assert got == []  # the right one is not looked at either
    server.at(4.5, Tick())
    assert len(server.core._waits._asked) == 1  # nothing is kept of who has gone
    server.at(61.5, Tick())
    assert got[0].startswith("AUTHENTICATE ")
    assert _numerics(server.say(sid, "AUTHENTICATE +")) == ["900", "903"]


def test_a_school_with_a_guesser_in_it_still_gets_in_within_seconds() -> None:
    server = Server()
    policy = Policy(version="1", store=True)
    pupils = tuple(_record(f"pupil{number}", "correct-horse") for number in range(20))
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(b"s" * 32, pupils))
    for number in range(40):
        sid = server.open("192.0.2.9", "tls")
        server.say(sid, "CAP LS 302")
        scram(server, sid, f"nobody{number}", b"wrong-horse")
    got = []
    for number in range(20):
        sid = server.open("192.0.2.9", "tls")
        server.say(sid, "CAP LS 302")
        got.append(scram(server, sid, f"pupil{number}", b"correct-horse"))
    server.at(1.5, Tick())
    assert got == [[]] * 20
    server.at(6.0, Tick())
    assert all(lines[0].startswith("AUTHENTICATE ") for lines in got)


def test_a_delay_that_outlives_its_session_does_nothing() -> None:
    server = Server()
    server.core = Core(Policy(version="1", store=True), "m", Now(0, 1e9), Snapshot(b"s" * 32))
    sid = server.open()
    server.say(sid, "CAP LS 302")
    for _ in range(3):
        server.log_in(sid, "alice", "wrong-horse")
    server.say(sid, "AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('alice', 'wrong-horse')}")
    server.close(sid)
    server.at(5.0, Tick())
    assert server.core._waits._asked == {}
    assert server.core.world.sessions == {}
    assert server.asks == []
