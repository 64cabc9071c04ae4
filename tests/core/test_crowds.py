"""How many one site may have: counted, refused in words, and given back."""

from __future__ import annotations

import pytest

from natterjack.core.policy import Policy, Sites
from natterjack.core.server import Core
from natterjack.ports.events import Now, Reconfigured
from natterjack.ports.records import Snapshot
from natterjack.ports.sites import is_local, site_of
from tests.core.test_accounts import Server, _record


def _server() -> Server:
    server = Server()
    policy = Policy(version="1", store=True, access="open")
    snapshot = Snapshot(b"s" * 32, (_record("alice", "correct-horse"),))
    server.core = Core(policy, "m", Now(0, 1e9), snapshot)
    return server


@pytest.mark.parametrize(
    ("ip", "site"),
    [
        ("127.0.0.1", "private 127.0.0.0/16"),  # told by a proxy: this machine itself is not counted
        ("1.2.3.4", "1.2.3.4/32"),
        ("2a00:1:2:3:4::5", "2a00:1:2:3::/64"),
        ("192.168.1.20", "private 192.168.0.0/16"),
        ("10.1.2.3", "private 10.1.0.0/16"),
        ("fd00:1:2:3::4", "private fd00:1:2::/48"),
        ("fe80::1%eth0", "private fe80::/48"),
    ],
)
def test_what_counts_as_one_site(ip: str, site: str) -> None:
    assert site_of(ip) == site


@pytest.mark.parametrize(
    ("ip", "proxied", "local"),
    [("127.0.0.1", False, True), ("::1", False, True), ("127.0.0.1", True, False), ("1.2.3.4", False, False)],
)
def test_whoever_comes_through_a_proxy_is_not_of_this_machine(ip: str, proxied: bool, local: bool) -> None:
    assert is_local(ip, proxied) is local


def test_those_not_yet_registered_are_bounded_and_the_next_is_told() -> None:
    server = _server()
    sids = [server.open("1.2.3.4", "tls") for _ in range(Sites().newcomers)]
    turned_away = server.open("1.2.3.4", "tls")
    assert server.got[turned_away][0].startswith("ERROR :Closing link: too many connections under way")
    assert server.open("1.2.3.5", "tls") in server.core.world.sessions
    server.close(sids[0])
    assert server.open("1.2.3.4", "tls") in server.core.world.sessions


def test_guests_are_bounded_and_members_counted_apart() -> None:
    server = _server()
    for number in range(Sites().guests):
        got = server.say(
            server.open("1.2.3.4", "tls"), f"NICK guest{chr(97 + number % 26)}{number // 26}", "USER u 0 * :U"
        )
        assert " 001 " in got[0]
    got = server.say(server.open("1.2.3.4", "tls"), "NICK onemore", "USER u 0 * :U")
    assert got[-1].startswith("ERROR :Closing link: too many guests")
    sid = server.open("1.2.3.4", "tls")
    server.say(sid, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    server.log_in(sid, "alice", "correct-horse")
    assert " 001 " in server.say(sid, "CAP END")[0]


def test_a_private_network_may_have_eight_times_as_many() -> None:
    server = _server()
    for number in range(Sites().newcomers * 8):
        assert server.open(f"10.1.0.{number % 250}", "tls") in server.core.world.sessions
    turned_away = server.open("10.1.2.3", "tls")
    (said,) = server.got[turned_away]
    assert said.startswith(
        "ERROR :Closing link: too many connections under way from your network, 512 at the most: close some"
    )


def test_each_number_is_configured_and_lowering_it_sends_nobody_away() -> None:
    server = _server()
    guests = [server.open("1.2.3.4", "tls") for _ in range(3)]
    for number, sid in enumerate(guests):
        server.say(sid, f"NICK guest{'abc'[number]}", "USER u 0 * :U")
    policy = Policy(
        version="1",
        store=True,
        access="open",
        sites=Sites(guests=2, members=1, newcomers=3, private_factor=2),
    )
    server.at(1.0, Reconfigured(policy))
    assert [sid in server.core.world.sessions for sid in guests] == [True] * 3
    more = server.open("1.2.3.4", "tls")
    assert server.say(more, "NICK more", "USER u 0 * :U") == [
        "ERROR :Closing link: too many guests from your address, 2 at the most: close some, or try again later"
    ]
    for got in ("001", "ERROR"):
        sid = server.open("1.2.3.4", "tls")
        server.say(sid, "CAP LS 302", f"NICK nick{got.lower()}", "USER u 0 * :U")
        server.log_in(sid, "alice", "correct-horse")
        assert f"{got} " in server.say(sid, "CAP END")[0]
    newcomers = [server.open("10.1.2.3", "tls") for _ in range(7)]
    assert [sid in server.core.world.sessions for sid in newcomers] == [True] * 6 + [False]


def test_this_machine_is_not_counted() -> None:
    server = _server()
    assert all(server.open() in server.core.world.sessions for _ in range(Sites().newcomers + 10))


def test_when_all_are_gone_nothing_is_left() -> None:
    server = _server()
    sids = []
    for nick in ("bob", "carol", "dave"):
        sids.append(server.open("1.2.3.4", "tls"))
        server.say(sids[-1], f"NICK {nick}", "USER u 0 * :U")
    server.log_in(sids[0], "alice", "correct-horse")
    sids.append(server.open("1.2.3.4", "tls"))
    for sid in sids:
        server.close(sid)
    assert server.core._ctx.crowds._counts == {}
