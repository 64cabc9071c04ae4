"""Authorization."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.files.credentials import CredentialError, read
from natterjack.ports.files import Basic, Bearer


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def test_good_ones() -> None:
    assert read("") is None
    assert read("Bearer abc") == Bearer("abc")
    assert read("bearer  abc ") == Bearer("abc")
    assert read(basic("ann:pass:word")) == Basic("ann", "pass:word")
    assert read(basic("änn:ü")) == Basic("änn", "ü")
    assert read(basic("änn:ü".encode("latin-1"))) == Basic("änn", "ü")


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer \xe9",
        "Basic",
        "Basic ann:pw",
        basic("ann"),
        basic(":pw"),
        basic(b"\xff"),
        "Basic é",
        "Digest x",
    ],
)
def test_bad_ones(value: str) -> None:
    with pytest.raises(CredentialError):
        read(value)


@given(st.text(max_size=80) | st.binary(max_size=40).map(basic))
def test_nothing_but_the_documented_error(value: str) -> None:
    try:
        found = read(value)
    except CredentialError:
        found = None
    assert found is None or isinstance(found, Basic | Bearer)
