"""Forwarded and X-Forwarded-For: which addresses they name."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.forwarded import ForwardedError, hops


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("for=192.0.2.43", ("192.0.2.43",)),
        ("For=192.0.2.43, for=198.51.100.17", ("192.0.2.43", "198.51.100.17")),
        ('for="[2001:db8:cafe::17]:4711"', ("2001:db8:cafe::17",)),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", ("192.0.2.60",)),
        ('by=203.0.113.43;FOR="192.0.2.60:80"', ("192.0.2.60",)),
        ('for=_hidden, for=unknown , for="_x:y"', ("", "", "")),
        ("proto=https", ("",)),  # somebody has passed it on who does not say for whom
        ("for=192.0.2.43,,for=1.2.3.4,", ("192.0.2.43", "1.2.3.4")),
        ('for="a\\"b,c;d", for=1.2.3.4', ("", "1.2.3.4")),
        ('for="[::ffff:192.0.2.43]"', ("192.0.2.43",)),
        ("", ()),
    ],
)
def test_forwarded(value: str, found: tuple[str, ...]) -> None:
    assert hops({"forwarded": value}) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("192.0.2.43", ("192.0.2.43",)),
        (" 192.0.2.43 ,198.51.100.17", ("192.0.2.43", "198.51.100.17")),
        ("2001:DB8::17", ("2001:db8::17",)),
        ("[2001:db8::17]:80, 1.2.3.4:5", ("2001:db8::17", "1.2.3.4")),
        ("unknown, 1.2.3.999, 1.2.3.4\u0661, fe80::1%eth0, 1234, [1.2.3.4]", ("",) * 6),
    ],
)
def test_x_forwarded_for(value: str, found: tuple[str, ...]) -> None:
    assert hops({"x-forwarded-for": value}) == found


def test_two_that_agree_are_one_and_two_that_do_not_are_none() -> None:
    assert hops({"x-forwarded-for": "1.2.3.4", "forwarded": 'for="1.2.3.4:80"'}) == ("1.2.3.4",)
    with pytest.raises(ForwardedError, match="different things"):
        hops({"x-forwarded-for": "1.2.3.4", "forwarded": "for=5.6.7.8"})
    assert hops({}) == ()


@pytest.mark.parametrize(
    "value", ["for", "for=", "for=a b", 'for="a', "for=[::1]", "=x", "for=1.2.3.4 for=1.2.3.5"]
)
def test_malformed(value: str) -> None:
    with pytest.raises(ForwardedError, match="malformed"):
        hops({"forwarded": value})


@pytest.mark.parametrize("value", [f"for=a,{' ' * 50_000}!", f"for=a{' ' * 50_000}!"])
def test_blanks_are_read_once(value: str) -> None:
    begun = time.thread_time()
    with pytest.raises(ForwardedError, match="malformed"):
        hops({"forwarded": value})
    assert time.thread_time() - begun < 1.0  # with a step back for each it was half a minute


_LIST = st.lists(st.sampled_from('for=,;" \\[]:.12ab_'), max_size=60).map("".join)


@given(_LIST | st.text(max_size=60), _LIST)
def test_nothing_but_documented_errors(value: str, other: str) -> None:
    for headers in ({"forwarded": value}, {"x-forwarded-for": value, "forwarded": other}):
        try:
            found = hops(headers)
        except ForwardedError:
            continue
        assert all(isinstance(hop, str) for hop in found)
