"""What nicks, channels and user names may be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto.casemap import fold
from natterjack.proto.limits import USER_LENGTH, USUAL
from natterjack.proto.names import check_channel, check_nick, is_channel, normalise_nick, skeleton, tidy_user
from natterjack.wire.message import Message, parse, render


@pytest.mark.parametrize(
    "nick",
    ["alice", "Alice_", "[a]", "{a|b}^", "7up", "a" * USUAL.nick, "Ünal", "Борис", "ελένη", "ひらがな漢字カナ",
     "한국漢字", "أحمد", "नमस्ते", "דנה", "张伟", "x٣", "-_-"],
)  # fmt: skip
def test_nicks_are_letters_and_digits_of_one_script(nick: str) -> None:
    assert check_nick(normalise_nick(nick)) is None


@pytest.mark.parametrize(
    ("nick", "why"),
    [
        ("", "empty"),
        ("a" * (USUAL.nick + 1), "longer"),
        ("a b", "contain"),
        ("a!b", "contain"),
        ("a@b", "contain"),
        ("#a", "contain"),
        ("@a", "contain"),
        ("+a", "contain"),
        (":a", "contain"),
        ("a,b", "contain"),
        ("a.b", "contain"),
        ("a*", "contain"),
        ("é.", "contain"),
        ("a\u2028b", "contain"),
        ("\u00a0", "contain"),
        ("a\u200bb", "contain"),
        ("a\u202eb", "contain"),
        ("é😀", "contain"),
        ("аlice", "scripts"),  # the first letter is Cyrillic
        ("paypaӏ", "scripts"),
        ("ひらГ", "scripts"),
        ("e\u0301", "normal form"),
        ("\u0301é", "combining mark"),
        ("console", "the server's own"),
        ("C0nsole", "the server's own"),
    ],
)
def test_what_can_be_no_nick_says_why(nick: str, why: str) -> None:
    assert why in (check_nick(nick) or "")


@pytest.mark.parametrize(
    "letter", ["\ufe0f", "\u034f", "\u3164", "\u115f", "\u1160", "\uffa0", "\u17b4", "\u180b", "\U000e0100"]
)
def test_letters_that_cannot_be_seen_are_in_no_nick(letter: str) -> None:
    assert unicodedata.category(letter)[0] in "LM", "else it would be refused anyway"
    assert check_nick(f"alice{letter}") is not None
    assert check_nick(f"한{letter}") is not None
    assert check_nick(letter) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "aIice"),
        ("lilo", "1i10"),
        ("bill", "bi||"),
        ("modern", "modem"),
        ("сор", "cop"),  # Cyrillic
        ("ρορ", "pop"),  # Greek
        ("оо", "00"),
        ("ｂｏｂ", "bob"),  # full width
        ("ſam", "sam"),
    ],
)
def test_look_alikes_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("alice", "alise"), ("bob", "rob"), ("anna", "ana"), ("é", "e")])
def test_different_nicks_have_different_skeletons(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=USUAL.nick + 1))
def test_a_good_nick_goes_through_a_line_unchanged(text: str) -> None:
    nick = normalise_nick(text)
    if check_nick(nick) is None:
        assert nick.isprintable()
        assert unicodedata.is_normalized("NFC", nick)
        assert not is_channel(nick)
        assert parse(render(Message("NICK", (nick, "x"))).rstrip(b"\r\n")).params == (nick, "x")


@given(st.text(max_size=8), st.text(max_size=8))
def test_folding_touches_ascii_alone(one: str, other: str) -> None:
    assert fold(one) == "".join(letter.lower() if letter.isascii() else letter for letter in one)
    assert fold(fold(one)) == fold(one)
    assert fold(one + other) == fold(one) + fold(other)


@pytest.mark.parametrize("name", ["#a", "#" * USUAL.channel, "#Ünï-cödé", "#😀", "##", "#a.b!@*", "#नमस्‍ते"])
def test_channels_may_have_almost_any_name(name: str) -> None:
    assert check_channel(name) is None
    assert is_channel(name)


@pytest.mark.parametrize(
    "name", ["", "a", "&a", "#", "#" * (USUAL.channel + 1), "#a b", "#a,b", "#a:b", "#a\x07", "#a\u2028", "#\u00a0",
             "#a\u202eb", "#a\x85b", "#a\x1bb", "#\ufeff", "#\u200b"],
)  # fmt: skip
def test_what_would_end_a_name_or_hide_is_in_no_channel(name: str) -> None:
    assert check_channel(name)


@given(st.text(max_size=40))
def test_a_user_name_holds_nothing_that_could_be_taken_for_a_part_of_a_source(text: str) -> None:
    user = tidy_user(text)
    assert 0 < len(user) <= USER_LENGTH
    assert user.isascii()
    assert not set(user) & set("!@ :*?~")
    assert tidy_user(user) == user
