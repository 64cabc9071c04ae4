"""Channels that last, and the accounts that belong to them."""

from __future__ import annotations

from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.events import Now
from natterjack.ports.records import AccountRecord, ChannelRecord
from tests.core.test_accounts import Server, _record
from tests.support.records import snapshot_of

_ALICE = _record("alice", "correct-horse")
_BOB = _record("bob", "battery-staple")


def _member(server: Server, name: str, password: str) -> int:
    sid = server.open()
    server.say(sid, "CAP LS 302", f"NICK {name}", "USER u 0 * :U")
    server.log_in(sid, name, password)
    server.say(sid, "CAP END")
    return sid


def _alice(server: Server) -> int:
    return _member(server, "alice", "correct-horse")


def _bob(server: Server) -> int:
    return _member(server, "bob", "battery-staple")


def _restart(server: Server, *accounts: AccountRecord) -> Server:
    """A server that begins with all that ``server`` had stored."""
    snapshot = snapshot_of((record for commit in server.commits for record in commit.records), accounts)
    again = Server()
    again.core = Core(Policy(version="1", store=True, limited=False), "m", Now(0, 1e9), snapshot)
    return again


def _names(server: Server, sid: int, channel: str) -> str:
    return next(line for line in server.say(sid, f"NAMES {channel}") if " 353 " in line).rpartition(":")[2]


def test_whoever_comes_next_is_not_the_operator_of_a_channel_that_lasts() -> None:
    server = Server(_ALICE)
    alice, guest = _alice(server), server.join("guest")
    server.say(alice, "JOIN #team", "TOPIC #team :plans", "MODE #team +k sesame", "QUIT")
    assert " 475 " in server.say(guest, "JOIN #team")[0]
    got = server.say(guest, "JOIN #team sesame")
    assert any(line.endswith(" 332 guest #team :plans") for line in got)
    assert _names(server, guest, "#team") == "guest"


def test_a_guests_channel_goes_with_its_last_user() -> None:
    server = Server(_ALICE)
    guest, other = server.join("guest"), server.join("other")
    server.say(guest, "JOIN #team", "MODE #team +k sesame", "PART #team")
    server.say(other, "JOIN #team")
    assert _names(server, other, "#team") == "@other"
    assert not any(
        isinstance(record, ChannelRecord) for commit in server.commits for record in commit.records
    )


def test_settings_roster_and_ranks_survive_a_restart() -> None:
    server = Server(_ALICE, _BOB)
    alice, bob = _alice(server), _bob(server)
    server.say(
        alice,
        "JOIN #team",
        "MODE #team +il 9",
        "MODE #team +b *!*@10.*",
        "TOPIC #team :plans",
        "INVITE bob #team",
    )
    server.say(bob, "JOIN #team")
    server.say(alice, "MODE #team +v bob")
    again = _restart(server, _ALICE, _BOB)
    bob = again.open()
    again.say(bob, "CAP LS 302", "NICK bob", "USER u 0 * :U")
    again.log_in(bob, "bob", "battery-staple")
    got = again.say(bob, "CAP END")
    assert ":bob!u@127.0.0.1 JOIN #team" in got  # invite-only, but he belongs to it
    assert any(line.endswith(" 332 bob #team :plans") for line in got)
    assert _names(again, bob, "#team") == "+bob"
    assert again.say(bob, "MODE #team")[0].endswith(" 324 bob #team +ilnt :9")
    assert " 367 bob #team *!*@10.* " in again.say(bob, "MODE #team b")[0]
    assert _names(again, _alice(again), "#team") == "+bob ~alice"


def test_part_and_kick_end_belonging_and_quit_does_not() -> None:
    server = Server(_ALICE, _BOB)
    alice, bob = _alice(server), _bob(server)
    server.say(alice, "JOIN #team")
    server.say(bob, "JOIN #team", "QUIT")
    assert any(" JOIN #team" in line for line in _arrive(server, "bob"))
    server.say(alice, "KICK #team bob")
    server.close_all_of("bob")
    assert not any(" JOIN #team" in line for line in _arrive(server, "bob"))
    bob = max(server.core.world.sessions)
    server.say(alice, "INVITE bob #team")
    server.say(bob, "JOIN #team")
    server.say(alice, "PART #team", "QUIT")
    got = _arrive(server, "alice")
    assert not any(" JOIN #team" in line for line in got)
    sid = max(server.core.world.sessions)
    server.say(sid, "JOIN #team")
    assert _names(server, sid, "#team") == "bob ~alice"  # still its owner


def test_a_channel_that_no_account_belongs_to_any_more_goes() -> None:
    server = Server(_ALICE)
    alice, guest = _alice(server), server.join("guest")
    for number in range(60):
        server.say(alice, f"JOIN #c{number}", f"PART #c{number}")
    assert len(server.core.world.channels) == 1
    server.say(alice, "JOIN #team", "MODE #team +k sesame")
    server.say(guest, "JOIN #team sesame")
    server.say(alice, "PART #team")
    assert _names(server, guest, "#team") == "guest"
    server.say(guest, "PART #team")
    assert _restart(server, _ALICE).core.world.channel("#team") is None


def _arrive(server: Server, name: str) -> list[str]:
    sid = server.open()
    server.say(sid, "CAP LS 302", f"NICK {name}", "USER u 0 * :U")
    server.log_in(sid, name, {"alice": "correct-horse", "bob": "battery-staple"}[name])
    return server.say(sid, "CAP END")


def test_logging_in_late_brings_the_accounts_channels() -> None:
    server = Server(_ALICE)
    alice = _alice(server)
    server.say(alice, "JOIN #team", "QUIT")
    guest = server.join("guest")
    got = server.log_in(guest, "alice", "correct-horse")
    assert ":guest!u@127.0.0.1 JOIN #team" in got
    assert _names(server, guest, "#team") == "~guest"


def test_a_default_channel_keeps_when_it_was_made() -> None:
    server = Server()
    stored = ChannelRecord("#lobby", 5e8, "nt", "", 0, 0, "", "", 0.0)
    server.core = Core(
        Policy(version="1", store=True, limited=False), "m", Now(0, 1e9), snapshot_of([stored], ())
    )
    guest = server.join("guest")
    assert server.say(guest, "MODE #lobby")[-1] == ":natterjack 329 guest #lobby :500000000"
