"""Cloaks: what others see in place of an address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from natterjack.core.cloaks import cloak
from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.events import Now
from natterjack.ports.records import Snapshot
from tests.core.test_accounts import Server

_KEY = b"k" * 32
_V4 = st.integers(1 << 24, (127 << 24) - 1).map(lambda number: str(IPv4Address(number)))
_V6 = st.integers(1 << 64, (1 << 128) - 1).map(lambda number: str(IPv6Address(number)))


@given(_V4 | _V6)
def test_a_cloak_is_always_the_same_and_shows_nothing_of_the_address(ip: str) -> None:
    shown = cloak(_KEY, ip)
    assert shown == cloak(_KEY, ip)
    assert shown != cloak(b"other", ip)
    assert all(len(part) == 7 for part in shown.split(".")[:3])
    assert shown.endswith(".ip")
    assert " " not in shown
    assert ":" not in shown


def test_neighbours_share_their_networks_parts() -> None:
    one, two, far = (cloak(_KEY, ip).split(".") for ip in ("192.0.2.1", "192.0.2.2", "192.0.3.1"))
    assert one[0] != two[0]
    assert one[1:] == two[1:]
    assert one[1] != far[1]
    assert one[2:] == far[2:]
    assert cloak(_KEY, "2001:db8::1").split(".")[1:] == cloak(_KEY, "2001:db8::2").split(".")[1:]


def test_loopback_is_shown_as_it_is() -> None:
    assert [cloak(_KEY, ip) for ip in ("127.0.0.1", "::1")] == ["127.0.0.1", "0::1"]


def test_nobody_but_its_owner_is_shown_an_address() -> None:
    server = Server()
    policy = Policy(version="1", store=True, access="open", limited=False)
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(_KEY))
    alice, bob = server.open("192.0.2.7", "tls"), server.open("192.0.2.8", "tls")
    server.say(alice, "NICK alice", "USER u 0 * :U")
    server.say(bob, "NICK bob", "USER u 0 * :U")
    seen = server.say(
        bob, "WHOIS alice", "WHO alice", "WHO alice %cuihsnfdlaor", "USERHOST alice", "NAMES #lobby"
    )
    server.say(alice, "PRIVMSG #lobby :hi", "QUIT")
    everything = "\n".join([*seen, *server.got[bob], *server.say(bob, "WHOWAS alice")])
    assert "alice" in everything
    assert "192.0.2.7" not in everything
    own = server.say(bob, "WHOIS bob")
    assert any("192.0.2.8" in line and " 338 " in line for line in own)
