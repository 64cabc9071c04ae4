"""Masks against text."""

import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natterjack.proto import masks
from natterjack.proto.casemap import fold
from natterjack.proto.masks import matches, normalise


def naive(mask: str, text: str) -> bool:
    """The definition, spelled out: slow, and right."""
    mask, text = fold(mask), fold(text)

    @cache
    def fits(at: int, place: int) -> bool:
        if at == len(mask):
            return place == len(text)
        if mask[at] == "*":
            return fits(at + 1, place) or (place < len(text) and fits(at, place + 1))
        if place == len(text):
            return False
        if mask[at] == "?":
            return fits(at + 1, place + 1)
        if mask[at] == "\\":
            literal = mask[at + 1 : at + 2] or "\\"
            return text[place] == literal and fits(min(at + 2, len(mask)), place + 1)
        return mask[at] == text[place] and fits(at + 1, place + 1)

    return fits(0, 0)


LETTERS = st.text(st.sampled_from("aAbé*?\\"), max_size=9)


@given(LETTERS, LETTERS)
def test_masks_match_what_the_definition_says(mask: str, text: str) -> None:
    assert matches(mask, text) is naive(mask, text)


@given(st.text(max_size=20))
def test_an_escaped_text_matches_itself_alone(text: str) -> None:
    mask = "".join("\\" + letter for letter in text)
    assert matches(mask, text)
    assert not matches(mask, text + "x")
    assert matches("*", text)


@pytest.mark.parametrize(
    ("mask", "text", "fits"),
    [
        ("*!*@10.0.0.*", "eve!x@10.0.0.7", True),
        ("*!*@10.0.0.*", "eve!x@10.0.1.7", False),
        ("EVE!*@*", "eve!x@h", True),
        ("ÉVE!*@*", "éve!x@h", False),  # casemapping ascii
        ("?", "", False),
        ("", "", True),
        ("**a**", "a", True),
        ("[ab]", "a", False),
        (r"\*", "x", False),
    ],
)
def test_some_masks(mask: str, text: str, fits: bool) -> None:
    assert matches(mask, text) is fits


def letter_by_letter(mask: str, text: str) -> bool:
    """As masks were matched once, with steps back to the last star: right, and as slow as mask times text."""
    letters, kinds = masks._pattern(fold(mask))
    subject = fold(text)
    at = place = 0
    star = -1
    star_place = 0
    while place < len(subject):
        kind = kinds[at] if at < len(kinds) else None
        if kind == masks._RUN:
            star, star_place = at, place
            at += 1
        elif kind == masks._ANY or (kind == masks._LITERAL and letters[at] == subject[place]):
            at += 1
            place += 1
        elif star >= 0:
            star_place += 1
            at, place = star + 1, star_place
        else:
            return False
    return kinds.count(masks._RUN, at) == len(kinds) - at


@settings(max_examples=1000)
@given(st.text(st.sampled_from("ab*?"), max_size=40), st.text(st.sampled_from("ab"), max_size=60))
def test_masks_match_as_they_did(mask: str, text: str) -> None:
    assert matches(mask, text) is letter_by_letter(mask, text)


class Steps(str):
    """A text that counts how often something in it is looked for, or one of its letters is looked at."""

    __slots__ = ()
    taken = 0

    def __getitem__(self, key: object) -> str:
        Steps.taken += 1
        return str.__getitem__(self, key)  # type: ignore[index]

    def find(self, *args: object) -> int:
        Steps.taken += 1
        return str.find(self, *args)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "mask",
    [
        "*a" * 100 + "b",
        "a*" * 150,
        "*" * 400 + "b",
        "*?" * 150 + "b",
        "*aaaa" * 40 + "c",
        "*a*b" * 50,
        "*" + "a" * 150 + "b",
        "*" + "a?" * 75 + "b",
        "*" + "a?" * 75 + "b*",
    ],
)
def test_hostile_masks_take_no_more_steps_than_mask_and_text_have_letters(
    mask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "a" * 300
    Steps.taken = 0
    monkeypatch.setattr(masks, "fold", lambda word: Steps(word) if word == text else fold(word))
    matches(mask, text)
    assert 0 < Steps.taken <= len(mask) + len(text)


@pytest.mark.parametrize("mask", ["*?" * 200, "?*" * 200, "*?" * 200 + "b", "*" + "?a" * 200 + "*"])
def test_pieces_that_any_letter_fits_are_not_looked_for_one_by_one(
    mask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    find = masks._find
    monkeypatch.setattr(masks, "_find", lambda *args: looked.append(args) or find(*args))
    matches(mask, "a" * 150)
    assert len(looked) <= 2


@pytest.mark.parametrize("mask", ["x" * 390, "ж" * 390, "\\x" * 195, "🐸" * 97])
def test_a_mask_that_is_remembered_takes_little_memory(mask: str) -> None:
    """Thousands are, and anybody may make up as many: WHO and LIST take masks."""
    assert matches(mask, mask) is ("\\" not in mask)
    assert sum(map(sys.getsizeof, masks._pattern(mask))) < 1500


@pytest.mark.parametrize(
    ("mask", "full"),
    [
        ("eve", "eve!*@*"),
        ("eve!", "eve!*@*"),
        ("eve!x", "eve!x@*"),
        ("eve!x@h", "eve!x@h"),
        ("x@h", "*!x@h"),
        ("@h", "*!*@h"),
        ("h.example", "*!*@h.example"),
        ("fe80::1", "*!*@fe80::1"),
        ("*", "*!*@*"),
        ("!@", "*!*@*"),
    ],
)
def test_short_masks_are_filled_up(mask: str, full: str) -> None:
    assert normalise(mask) == full
    assert normalise(full) == full
