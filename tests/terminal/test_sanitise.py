"""Nothing that a terminal obeys gets through; what people write does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.chatting.sanitise import harmless

_DIRECTIONS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello", "hello"),
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b31m", "\ufffd31m"),
        ("a\rb\nc", "a␍b c"),
        ("a\tb", "a b"),
        ("back\x08space\x7f", "back␈space␡"),
        ("\x0304,12red\x03 \x02bold\x0f", "red bold"),
        ("\x04ff0000hex", "hex"),
        ("abc\u202edcba", "abcdcba"),
        ("\u2066isolate\u2069\u200f", "isolate"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028end", "line\ufffdend"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 6),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    "text", ["grüße", "жаба", "שלום", "می‌خواهم", "👩‍👩‍👧 👍🏽 🇩🇪", "ไม่เป็นไร", "नमस्ते", "日本語", "café"]
)
def test_every_script_stays(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_nothing_is_left_that_is_obeyed(text: str) -> None:
    shown = harmless(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(letter) for letter in shown} & _DIRECTIONS
    assert harmless(shown) == shown
