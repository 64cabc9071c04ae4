"""Text in columns: nothing is wider than it says, nothing is lost, nothing obeys."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout import BufferControl
from prompt_toolkit.layout.processors import TransformationInput

from natterjack.terminal.screen.cells import Undisputed, cut, fit, shown, width, wrap

ALPHABET = st.text(st.sampled_from(f"{string.ascii_lowercase}    日本👍é\u0301שלם"), max_size=120)


@given(st.lists(ALPHABET, max_size=4), st.integers(2, 60))
def test_wrapping(texts: list[str], columns: int) -> None:
    pieces = [(f"s{number}", text) for number, text in enumerate(texts)]
    lines = wrap(pieces, columns)
    assert lines
    assert all(width("".join(text for _, text in line)) <= columns for line in lines)
    after = "".join(text for line in lines for _, text in line)
    assert after.replace(" ", "") == "".join(texts).replace(" ", "")


@given(ALPHABET, st.integers(1, 40))
def test_fitting(text: str, columns: int) -> None:
    assert width(fit(text, columns)) == columns
    assert width(cut(text, columns)) <= columns


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb\x07", "a␛[31mb␇"),
        ("👨‍👩‍👧 👍🏽 ❤️", "👨👩👧 👍 ❤"),
        ("\u202eabc", "abc"),
        ("x\U000e0001y", "xy"),
        ("e\u0301 ש\u05b8לום", "e\u0301 ש\u05b8לום"),
    ],
)
def test_what_reaches_the_terminal(text: str, found: str) -> None:
    assert shown(text) == found


def test_breaking() -> None:
    lines = wrap([("", "one two three"), ("x", " abcdefghijkl")], 8)
    assert ["".join(text for _, text in line) for line in lines] == ["one two ", "three ", "abcdefgh", "ijkl"]


def test_a_flag_is_two_columns_wide() -> None:
    assert (width("🇩🇪"), width("🇩🇪🇫🇷"), fit("🇩🇪", 4)) == (2, 4, "🇩🇪  ")


@pytest.mark.parametrize("typed", ["x 👨‍👩‍👧 y", "❤️", "👍🏽!", "plain", "नमस्ते 🇩🇪"])
def test_what_is_typed_is_drawn_as_what_is_read(typed: str) -> None:
    control, document = BufferControl(), Document(typed)
    fragments: StyleAndTextTuples = [("class:x", typed)]
    drawn = Undisputed().apply_transformation(
        TransformationInput(control, document, 0, lambda place: place, fragments, 80, 5)
    )
    assert fragment_list_to_text(drawn.fragments) == shown(typed)
    assert drawn.source_to_display(len(typed)) == len(shown(typed))
    for place, letter in enumerate(shown(typed)):
        assert typed[drawn.display_to_source(place)] == letter
        assert drawn.source_to_display(drawn.display_to_source(place)) == place
