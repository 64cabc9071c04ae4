"""Lines to messages and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.message import (
    Message,
    WireError,
    escape,
    parse,
    parse_tags,
    render,
    render_body,
    render_tags,
    understand,
    unescape,
)

#: What a tag's value and a last parameter may hold: anything but what ends lines.
TEXT = st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8"), max_size=40)
MIDDLE = TEXT.filter(lambda text: text != "" and text[0] != ":" and " " not in text)
KEYS = st.from_regex(r"\+?([A-Za-z0-9.-]{1,8}/)?[A-Za-z0-9-]{1,8}", fullmatch=True)
COMMANDS = st.one_of(
    st.from_regex(r"[A-Z]{1,10}", fullmatch=True), st.from_regex(r"[0-9]{3}", fullmatch=True)
)
MESSAGES = st.builds(
    lambda command, middle, last, tags, source: Message(command, (*middle, *last), tags, source),
    COMMANDS,
    st.lists(MIDDLE, max_size=5),
    st.lists(TEXT, max_size=1),
    st.dictionaries(KEYS, TEXT, max_size=4),
    st.one_of(st.just(""), MIDDLE),
)


@given(MESSAGES)
def test_what_is_rendered_is_parsed_as_the_same(message: Message) -> None:
    line = render(message)
    assert line.endswith(b"\r\n")
    assert parse(line[:-2]) == message


@given(st.text(max_size=60))
def test_a_tag_value_survives_escaping(value: str) -> None:
    escaped = escape(value)
    assert not set(escaped) & set("; \r\n")
    assert unescape(escaped) == value


@given(st.text(st.sampled_from("\\:srnab; "), max_size=12))
def test_unescaping_any_value_gives_one_that_escapes_and_unescapes_to_itself(value: str) -> None:
    assert unescape(escape(unescape(value))) == unescape(value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (r"a\sb", "a b"),
        (r"a\:b", "a;b"),
        (r"a\\b", "a\\b"),
        (r"\r\n", "\r\n"),
        (r"\b", "b"),
        ("end\\", "end"),
        (r"\\s", r"\s"),
        ("", ""),
    ],
)
def test_tag_values_are_unescaped_as_the_specification_says(raw: str, value: str) -> None:
    assert unescape(raw) == value


def test_tags_without_value_and_with_an_empty_one_are_the_same() -> None:
    assert parse(b"@a;b=;c=1 PING").tags == {"a": "", "b": "", "c": "1"}


def test_the_last_of_equal_tags_wins_and_what_is_no_key_is_dropped() -> None:
    assert parse_tags("a=1;a=2;=3;b c=4;+example.com/x=5;/=6;;\u00e9=7") == {"a": "2", "+example.com/x": "5"}


def test_no_tags_render_to_nothing() -> None:
    assert render_tags({}) == ""
    assert render_tags({"a": "", "b": "x;y"}) == "@a;b=x\\:y "


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"PING", Message("PING")),
        (b"ping :", Message("PING", ("",))),
        (b"PRIVMSG #a :two  words ", Message("PRIVMSG", ("#a", "two  words "))),
        (b"PRIVMSG   #a   b  ", Message("PRIVMSG", ("#a", "b"))),
        (b"PRIVMSG #a ::)", Message("PRIVMSG", ("#a", ":)"))),
        (b"PRIVMSG #a a:b :c :d", Message("PRIVMSG", ("#a", "a:b", "c :d"))),
        (b":src!u@h 001 me :Hi", Message("001", ("me", "Hi"), source="src!u@h")),
        (b"@a=1   :src   PING   x", Message("PING", ("x",), {"a": "1"}, "src")),
        (b"@a PING", Message("PING", (), {"a": ""})),
    ],
)
def test_lines_are_cut_at_spaces_and_nowhere_else(line: bytes, message: Message) -> None:
    assert parse(line) == message


@pytest.mark.parametrize(
    "space", ["\u2028", "\u2029", "\u0085", "\u00a0", "\u3000", "\t", "\x0b", "\x0c", "\x1c"]
)
def test_other_white_space_is_text(space: str) -> None:
    line = f"PRIVMSG #a{space}b :one{space}two"
    assert parse(line.encode()) == Message("PRIVMSG", (f"#a{space}b", f"one{space}two"))
    assert render(parse(line.encode())) == f"{line.replace(' :', ' ')}\r\n".encode()


def test_there_may_be_three_hundred_parameters() -> None:
    words = tuple(str(number) for number in range(300))
    assert parse(f"X {' '.join(words)}".encode()).params == words


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"PRIVMSG #a :\xff\xfe", "INVALID_UTF8"),
        (b"PRIVMSG #a :\xed\xa0\x80", "INVALID_UTF8"),  # a surrogate
        (b"PRIVMSG #a :\xc0\xaf", "INVALID_UTF8"),  # too long a form of "/"
        (b"PRIVMSG #a :\xf0\x9f\x98", "INVALID_UTF8"),
        (b"PRIVMSG #a :a\0b", "INVALID_LINE"),
        (b"PRIVMSG #a :a\rb", "INVALID_LINE"),
        (b"\r", "INVALID_LINE"),
        (b"", "EMPTY_LINE"),
        (b"    ", "EMPTY_LINE"),
        (b":only.source", "EMPTY_LINE"),
        (b"@only=tags", "EMPTY_LINE"),
        (b"@a :b ", "EMPTY_LINE"),
        (b" :no command", "EMPTY_LINE"),
        (b":source :no command", "INVALID_LINE"),
        (b"\x01 a", "INVALID_LINE"),
        ("PRIVM\u017fG a".encode(), "INVALID_LINE"),  # its upper case would be PRIVMSG
        ("jo\u0131n #a".encode(), "INVALID_LINE"),
        (b"A\tB c", "INVALID_LINE"),  # a tab parts no words
    ],
)
def test_what_is_no_message_says_why(line: bytes, code: str) -> None:
    with pytest.raises(WireError) as caught:
        parse(line)
    assert caught.value.code == code
    assert caught.value.text


@pytest.mark.parametrize("line", [b"", b"@a=1 PRIVMSG #a :\xff", b"a\0", b"\x01"])
def test_why_a_line_is_no_message_holds_nothing_of_where_that_was_found(line: bytes) -> None:
    for _ in range(2):
        with pytest.raises(WireError) as caught:
            parse(line)
        error = understand(line)
        assert isinstance(error, WireError)
        assert (error.code, error.text, error.command, error.tags) == (
            caught.value.code,
            caught.value.text,
            caught.value.command,
            caught.value.tags,
        )
        assert error.__traceback__ is error.__cause__ is error.__context__ is None


def parsed(line: bytes) -> Message | WireError:
    try:
        return parse(line)
    except WireError as error:
        return error


@given(
    st.one_of(st.binary(max_size=120), st.text(st.sampled_from("@:;=\\ +/abZ09\0\r\n\u2028é"), max_size=60))
)
def test_any_bytes_are_a_message_or_a_wire_error(data: bytes | str) -> None:
    line = data.encode() if isinstance(data, str) else data
    message = parsed(line)
    if isinstance(message, WireError):
        assert message.code in {"INVALID_UTF8", "INVALID_LINE", "EMPTY_LINE"}
        return
    assert message.command
    assert message.command == message.command.upper()
    assert not any(" " in param or param[:1] == ":" or not param for param in message.params[:-1])


@pytest.mark.parametrize(
    "params", [("", "x"), (":a", "x"), ("a b", "x"), ("a\nb",), ("a\rb",), ("a\0b",), ("x", "a\r\nQUIT")]
)
def test_what_would_come_out_as_something_else_is_not_rendered(params: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"parameter|CR, LF or NUL"):
        render_body("PRIVMSG", params)


def test_a_tag_holds_no_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        render(Message("PING", (), {"a": "\0"}))


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ((), "X"),
        (("a",), "X a"),
        (("a", ""), "X a :"),
        (("a", ":b"), "X a ::b"),
        (("a", "b c"), "X a :b c"),
        (("a", "b:c"), "X a b:c"),
    ],
)
def test_the_last_parameter_gets_a_colon_where_it_needs_one(params: tuple[str, ...], line: str) -> None:
    assert render_body("X", params) == line
    assert render_body("X", params, "me") == f":me {line}"
