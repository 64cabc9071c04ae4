"""MODE's letters and parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto import modes
from natterjack.proto.modes import CHANNEL_MODES, Change, Kind, of_kind, parse_changes, render_changes

PARAMS = st.text(st.characters(exclude_characters=" \0\r\n", codec="utf-8"), min_size=1, max_size=8)


def a_change(letter: str, adding: bool, param: str) -> Change:
    kind = CHANNEL_MODES[letter]
    takes = kind in (Kind.LIST, Kind.ALWAYS, Kind.RANK) or (kind is Kind.WHEN_SET and adding)
    return Change(adding, letter, param if takes else None)


CHANGES = st.lists(
    st.builds(a_change, st.sampled_from(sorted(CHANNEL_MODES)), st.booleans(), PARAMS), max_size=12
)


@given(CHANGES)
def test_what_is_rendered_is_parsed_as_the_same(changes: list[Change]) -> None:
    letters, *params = render_changes(changes)
    assert parse_changes(letters, params) == changes
    assert len(params) == sum(change.param is not None for change in changes)


@given(st.text(st.sampled_from("+-bklimnstohveIxyzqwMR é"), max_size=30), st.lists(PARAMS, max_size=5))
def test_any_letters_and_parameters_are_read(letters: str, params: list[str]) -> None:
    changes = parse_changes(letters, params)
    assert [change.letter for change in changes] == [letter for letter in letters if letter not in "+-"]
    assert [change.param for change in changes if change.param is not None] == params[: len(changes)][
        : sum(change.param is not None for change in changes)
    ]


@pytest.mark.parametrize(
    ("letters", "params", "rendered"),
    [
        ("o", ["a"], ["+o", "a"]),
        ("+o-v", ["a", "b"], ["+o-v", "a", "b"]),
        ("-k+k", ["old", "new"], ["-k+k", "old", "new"]),
        ("-l", ["5"], ["-l"]),
        ("+l", ["5"], ["+l", "5"]),
        ("+-+i--t", [], ["+i-t"]),
        ("b", [], ["+b"]),
        ("+x", ["a"], ["+x"]),
        ("", [], [""]),
    ],
)
def test_who_takes_a_parameter(letters: str, params: list[str], rendered: list[str]) -> None:
    assert render_changes(parse_changes(letters, params)) == rendered


def test_a_client_passes_the_modes_that_its_server_announced() -> None:
    kinds = {"q": Kind.RANK, "F": Kind.WHEN_SET}
    assert parse_changes("+qF-F", ["me", "2"], kinds=kinds) == [
        Change(True, "q", "me"),
        Change(True, "F", "2"),
        Change(False, "F"),
    ]


def test_the_tables_agree_with_each_other() -> None:
    assert sum(map(len, map(of_kind, Kind))) == len(CHANNEL_MODES)
    assert {letter for letter, _, _ in modes.RANKS} == set(of_kind(Kind.RANK))
    assert [bit for _, _, bit in modes.RANKS] == sorted(modes.RANK_OF_LETTER.values(), reverse=True)
    below = ("", "+", "%", "%+", "@", "@+", "@%", "@%+")
    assert (*below, *("~" + signs for signs in below)) == modes.ALL_PREFIXES
    assert list(modes.USER_MODES) == sorted(modes.USER_MODES)
