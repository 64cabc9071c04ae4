"""The known word that somebody probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto.nearest import distance, nearest

WORDS = ("SEND", "CONNECT", "DISCONNECT", "QUIT", "WHO", "WHOIS", "CHANNELS")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("SNED", "SEND"),
        ("conect", "CONNECT"),
        ("quti", "QUIT"),
        ("chan", "CHANNELS"),
        ("whoo", "WHO"),
        ("connected", "CONNECT"),
        ("banana", None),
        ("", None),
        ("x", None),
        ("x" * 5000, None),
    ],
)
def test_nearest(typed: str, meant: str | None) -> None:
    assert nearest(typed, WORDS) == meant


@pytest.mark.parametrize(
    ("left", "right", "slips"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("send", "sned", 1),
        ("send", "sedn", 1),
        ("abc", "axc", 1),
        ("ca", "abc", 3),
    ],
)
def test_distance(left: str, right: str, slips: int) -> None:
    assert distance(left, right) == slips


@given(st.text(max_size=12), st.text(max_size=12))
def test_distance_is_the_same_both_ways(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)
