"""What the server tells of itself in 005."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto import isupport, limits, modes
from natterjack.proto.limits import USUAL, clip


def settings(network: str = "Natterjack") -> dict[str, str]:
    found: dict[str, str] = {}
    for items in isupport.lines(isupport.tokens(network)):
        isupport.read(found, items)
    return found


@given(st.text(max_size=30))
def test_a_value_survives_escaping(value: str) -> None:
    escaped = isupport.escape(value)
    assert not set(escaped) & set(" =")
    assert isupport.unescape(escaped) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (r"a\x20b", "a b"),
        (r"\x3D\x5Cx20", r"=\x20"),
        (r"\x+1", r"\x+1"),
        (r"\x", r"\x"),
        (r"\x4", r"\x4"),
        (r"\xzz", r"\xzz"),
        (r"\x 1", r"\x 1"),
        (r"\x1_", r"\x1_"),
        (r"\n", r"\n"),
        (r"\x6a\x6A", "jj"),
    ],
)
def test_only_two_hexadecimal_digits_are_an_escape(raw: str, value: str) -> None:
    assert isupport.unescape(raw) == value


def test_the_tokens_say_what_the_server_does() -> None:
    found = settings("My Own = Network")
    assert found["NETWORK"] == "My Own = Network"
    assert found["CASEMAPPING"] == "ascii"
    assert found["CHANTYPES"] == "#"
    assert found["PREFIX"] == "(qohv)~@%+"
    assert found["STATUSMSG"] == "~@%+"
    assert found["CHANMODES"] == "Ibe,k,flw,CHMRUimnst"
    assert (found["EXTBAN"], found["ACCOUNTEXTBAN"]) == ("~,am", "a")
    assert found["NICKLEN"] == str(USUAL.nick)
    assert found["MODES"] == str(limits.MODES_PER_COMMAND)
    assert found["UTF8ONLY"] == ""
    assert found["TARGMAX"].split(",")[-1] == "WHOIS:1"
    assert f"PRIVMSG:{USUAL.targets}" in found["TARGMAX"].split(",")


def test_every_channel_mode_is_announced_once() -> None:
    found = settings()
    prefix = found["PREFIX"][1:].partition(")")[0]
    assert sorted(found["CHANMODES"].replace(",", "") + prefix) == sorted(modes.CHANNEL_MODES)


def test_lines_are_short_and_hold_every_token_once() -> None:
    tokens = isupport.tokens("N" * 100)
    lines = list(isupport.lines(tokens))
    assert [token for items in lines for token in items] == tokens
    assert len(set(tokens)) == len(tokens)
    for items in lines:
        assert len(items) <= limits.ISUPPORT_TOKENS
        line = f":{'s' * 63} 005 {'n' * USUAL.nick} {' '.join(items)} :are supported by this server\r\n"
        assert len(line) <= 512
    assert all(token and " " not in token and token[0] != ":" for token in tokens)


def test_a_token_can_be_taken_back() -> None:
    found = settings()
    isupport.read(found, ["-MONITOR", "-NOSUCH", "NICKLEN=9", "X"])
    assert "MONITOR" not in found
    assert (found["NICKLEN"], found["X"]) == ("9", "")


@given(st.text(max_size=30), st.integers(0, 60))
def test_clipping_never_cuts_a_character_and_never_too_much(text: str, size: int) -> None:
    cut = clip(text, size)
    assert text.startswith(cut)
    assert len(cut.encode()) <= size
    assert cut == text or len(cut.encode()) + len(text[len(cut)].encode()) > size
