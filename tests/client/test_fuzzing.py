"""Whatever a server sends, the session takes it without an error, and however it is cut, it means the same."""

from __future__ import annotations

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.model import Model
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session.splitting import clusters, split_text
from tests.client.transcripts import Talk, welcome

WORDS = st.sampled_from(
    [
        "",
        "kim",
        "alice",
        "#c",
        "+o",
        "-b",
        "*",
        "@",
        ":x",
        "LS",
        "ACK",
        "NEW",
        "+h",
        "-h",
        "chathistory",
        "77",
        "\x01",
    ]
)
COMMANDS = st.sampled_from(
    [
        "PRIVMSG",
        "NOTICE",
        "JOIN",
        "PART",
        "QUIT",
        "NICK",
        "KICK",
        "TOPIC",
        "MODE",
        "INVITE",
        "AWAY",
        "ACCOUNT",
        "CHGHOST",
        "SETNAME",
        "FAIL",
        "WARN",
        "NOTE",
        "BATCH",
        "CAP",
        "PING",
        "PONG",
        "ERROR",
        "001",
        "005",
        "301",
        "311",
        "319",
        "322",
        "324",
        "332",
        "333",
        "341",
        "352",
        "353",
        "354",
        "366",
        "401",
        "433",
        "464",
        "ACK",
        "AUTHENTICATE",
        "REGISTER",
        "900",
        "903",
        "904",
        "906",
        "WHATEVER",
    ]
)
LINES = st.builds(
    lambda tags, source, command, words: f"{tags}{source}{command} {' '.join(words)}",
    st.sampled_from(["", "@label=n1 ", "@batch=h ", "@label=n1;batch=h ", "@time=nonsense;msgid=1 "]),
    st.sampled_from(["", ":kim!k@h ", ":alice!a@h ", ":srv "]),
    COMMANDS,
    st.lists(WORDS, max_size=10),
)


@given(st.lists(LINES, max_size=30))
def test_no_line_is_an_error(lines: list[str]) -> None:
    talk, model = Talk(), Model()
    for event in welcome(talk) + talk.server(*lines):
        model.apply(event)
    assert len(model.conversations) <= 500


@given(
    st.lists(st.builds(lambda one, other: f"{one} {other}", COMMANDS, WORDS), max_size=10),
    st.binary(max_size=900),
)
def test_no_line_upsets_a_login(lines: list[str], data: bytes) -> None:
    talk = Talk(login=Credentials("kim", Secret("pencil")))
    talk.server(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    talk.server(f"AUTHENTICATE {b64encode(data).decode()}", *lines)
    talk.session.lost()


@given(st.binary(max_size=2000))
def test_no_bytes_are_an_error(data: bytes) -> None:
    whole, pieces = Talk(), Talk()
    events = whole.session.receive(data, 0.0, 0.0)
    apart = [
        event for at in range(len(data)) for event in pieces.session.receive(data[at : at + 1], 0.0, 0.0)
    ]
    assert events == apart


@given(st.text(), st.integers(min_value=4, max_value=60))
def test_pieces_fit_and_make_up_the_text(text: str, budget: int) -> None:
    pieces = split_text(text, budget)
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= budget for piece in pieces)
    assert all(pieces) or text == ""


@given(st.text())
def test_clusters_make_up_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


def test_what_people_see_as_one_stays_whole() -> None:
    for whole in ("é", "👩‍👩‍👧", "🇩🇪", "👍🏽", "ह्"):
        assert list(clusters(f"a{whole}b")) == ["a", whole, "b"]
    assert list(clusters("🇩🇪🇫🇷")) == ["🇩🇪", "🇫🇷"]


def test_cut_at_spaces() -> None:
    assert split_text("hello big world", 10) == ["hello big ", "world"]
