"""Extended masks, and durations as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto import durations
from natterjack.proto.extbans import Mask, MaskError, read, read_stored
from natterjack.proto.limits import MASK_LENGTH
from natterjack.proto.masks import normalise


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("kim", Mask("kim!*@*", "kim!*@*")),
        ("*!~kim@*", Mask("*!~kim@*", "*!~kim@*")),
        ("~kim@host:1", Mask("*!~kim@host:1", "*!~kim@host:1")),
        ("~a:Kim", Mask("~a:Kim", "Kim", account=True)),
        ("~a:k?m*", Mask("~a:k?m*", "k?m*", account=True)),
        ("~m:bar!*@*", Mask("~m:bar!*@*", "bar!*@*", mute=True)),
        ("~m:bar", Mask("~m:bar!*@*", "bar!*@*", mute=True)),
        ("~m:10.0.*", Mask("~m:*!*@10.0.*", "*!*@10.0.*", mute=True)),
        ("~m:~a:kim", Mask("~m:~a:kim", "kim", account=True, mute=True)),
    ],
)
def test_normal_forms(text: str, mask: Mask) -> None:
    assert read(text, mutes=True) == mask
    assert read(mask.text, mutes=True) == mask


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "A mask is one word"),
        ("a b", "A mask is one word"),
        (":a", "A mask is one word"),
        ("x" * 300, f"A mask has at most {MASK_LENGTH} bytes"),
        ("~a:" + "x" * 300, f"A mask has at most {MASK_LENGTH} bytes"),
        ("~a:", "~a: takes the name of an account, such as ~a:kim"),
        ("~a:kim!*@*", "~a: takes the name of an account, such as ~a:kim"),
        ("~a:~a:kim", "~a: takes the name of an account, such as ~a:kim"),
        ("~m:", "~m: takes a mask, such as ~m:kim or ~m:~a:kim"),
        ("~m:~m:kim", "~m: takes a mask, such as ~m:kim or ~m:~a:kim"),
        ("~m:~a:", "~a: takes the name of an account, such as ~a:kim"),
        ("~z:kim", "Masks that begin with ~: ~a:ACCOUNT means an account, ~m:MASK keeps from speaking alone"),
        ("~kim", "Masks that begin with ~: ~a:ACCOUNT means an account, ~m:MASK keeps from speaking alone"),
        (
            "~m:~z:kim",
            "Masks that begin with ~: ~a:ACCOUNT means an account, ~m:MASK keeps from speaking alone",
        ),
    ],
)
def test_what_is_no_mask(text: str, why: str) -> None:
    with pytest.raises(MaskError) as caught:
        read(text, mutes=True)
    assert str(caught.value) == why


def test_a_mute_has_no_place_where_nobody_is_muted() -> None:
    with pytest.raises(MaskError, match="no meaning"):
        read("~m:kim", mutes=False)
    assert read("~a:kim", mutes=False).account


@given(st.text(st.sampled_from("~ma:kK!@.*?\\ é,"), max_size=12), st.booleans())
def test_only_the_documented_error_and_a_normal_form_stays(text: str, mutes: bool) -> None:
    try:
        mask = read(text, mutes)
    except MaskError:
        return
    assert read(mask.text, mutes) == mask
    assert read_stored(mask.text) == mask
    if not text.startswith("~"):
        assert (mask.text, mask.account, mask.mute) == (normalise(text), False, False)
    assert not mask.account or not mask.fits("kim!kim@host", "")


def test_an_account_is_matched_whatever_its_case_and_a_guest_never() -> None:
    mask = read("~a:*i*", mutes=True)
    assert mask.fits("somebody!else@host", "KIM")
    assert not mask.fits("kim!kim@kim", "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800), ("12h", 43200), ("7d", 604800), ("1w", 604800), ("5s", 5), ("5S", 5), ("007m", 420),
        ("", None), ("m", None), ("30", None), ("0m", None), ("-5m", None), ("1.5h", None), ("30 m", None),
        ("1_0m", None), ("٣m", None), ("1h30m", None), ("9999999s", None), ("30m\n", None),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: int | None) -> None:
    assert durations.read(text) == seconds
