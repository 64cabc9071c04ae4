"""Addresses and join links, as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.address import Address, parse_address
from natterjack.client.errors import BadAddress

PIN = f"SHA256:{'a/' * 21}A"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", Address("127.0.0.1", 7667)),
        ("example.org", Address("example.org", 7667)),
        ("example.org:6667", Address("example.org", 6667)),
        ("example.org 6667", Address("example.org", 6667)),
        ("  127.0.0.1   80 ", Address("127.0.0.1", 80)),
        ("::1", Address("::1", 7667)),
        ("[::1]", Address("::1", 7667)),
        ("[::1]:70", Address("::1", 70)),
        ("::1 70", Address("::1", 70)),
        ("[fe80::1%eth0]:70", Address("fe80::1%eth0", 70)),
        ("natterjack://example.org", Address("example.org", 7667)),
        ("NATTERJACK://example.org:70/", Address("example.org", 70)),
        ("natterjack://h:70/#invite=7-otter-lamp", Address("h", 70, "7-otter-lamp")),
        (f"natterjack://[::1]:70/#pin={PIN.replace('/', '%2F')}&invite=x", Address("::1", 70, "x", PIN)),
        (f"https://h/#pin={PIN}", Address("h", 443, "", PIN)),
        ("natterjack://h#other=1&invite=x", Address("h", 7667, "x")),
    ],
)
def test_good(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "h:",
        "h:0",
        "h:65536",
        "h:1_0",
        "h:-1",
        "h:٣",
        ":7667",
        "[::1",
        "[::1]x",
        "a b c",
        "http://h",
        "h/x",
        "a@b",
        "1:2:3",
        "natterjack://",
        "natterjack://h/#pin=SHA256:abc",
    ],
)
def test_bad(text: str) -> None:
    with pytest.raises(BadAddress) as caught:
        parse_address(text)
    assert str(caught.value).endswith(".")


@given(st.text())
def test_nothing_but_its_own_error(text: str) -> None:
    try:
        assert 0 < parse_address(text).port < 65536
    except BadAddress:
        return


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("LOCALHOST", True), ("10.0.0.1", False), ("h", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert Address(host).is_loopback is loopback


def test_written_out() -> None:
    assert str(Address("::1", 7)) == "[::1]:7"
    assert str(Address("h", 7)) == "h:7"


@pytest.mark.parametrize(
    ("one", "other"),
    [("localhost", "127.0.0.1"), ("[::1]:70", "LOCALHOST:70"), ("Example.ORG", "example.org:7667")],
)
def test_one_place_one_name(one: str, other: str) -> None:
    assert parse_address(one).name == parse_address(other).name


@pytest.mark.parametrize(
    "text",
    [f"natterjack://h:70/#pin={PIN} &invite=x", "natterjack://h:70/#invite=7\n-otter", "natterjack://h 70"],
)
def test_a_link_that_was_broken_into_pieces_is_told_as_that(text: str) -> None:
    with pytest.raises(BadAddress, match=r"^A join link has no spaces in it: copy it as a whole\.$"):
        parse_address(text)
