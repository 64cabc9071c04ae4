"""Names in Content-Disposition, both ways."""

from __future__ import annotations

import email.message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.files import disposition
from natterjack.files.names import clean


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.png"', "a b.png"),
        ("attachment; filename=a.png", "a.png"),
        ('inline; FileName = "x\\"y"', 'x"y'),
        ("attachment; filename*=UTF-8''%e2%82%ac%20rates", "€ rates"),
        ("attachment; filename=\"EURO\"; filename*=utf-8'en'%e2%82%ac", "€"),
        ("attachment; filename*=\"UTF-8''%e2%82%ac\"", "€"),  # quoted, which it may not be
        ("attachment; filename*=UTF-8''%ff", ""),
        ("attachment; filename*=ISO-8859-1''%e4; filename=\"a\"", "a"),
        ('attachment; filename="' + "€.png".encode().decode("latin-1") + '"', "€.png"),
        ('attachment; filename="\xe9"', "é"),
        ('attachment; filename="../../x"', "../../x"),
        ("attachment", ""),
        ("", ""),
        ('attachment; filename="', ""),
    ],
)
def test_reading(value: str, name: str) -> None:
    assert disposition.read(value) == name


def test_saying() -> None:
    assert disposition.say("a b.png", True) == 'inline; filename="a b.png"'
    assert disposition.say("50%.txt", False) == "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"
    assert disposition.say("€", False) == "attachment; filename=\"_\"; filename*=UTF-8''%E2%82%AC"


@given(st.text(max_size=100).map(clean))
def test_a_clean_name_survives_the_way(name: str) -> None:
    value = disposition.say(name, False)
    assert value.isascii()
    assert value.isprintable()
    assert disposition.read(value) == name
    message = email.message.Message()  # as another reader of such headers has it
    message["Content-Disposition"] = value
    assert message.get_filename() is not None


@given(st.text(max_size=100))
def test_reading_never_fails(value: str) -> None:
    assert clean(disposition.read(value))
