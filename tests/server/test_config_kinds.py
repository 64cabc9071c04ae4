"""How values are written, and what is said of wrong ones."""

import pytest

from natterjack.server.config import texts
from natterjack.server.config.kinds import (
    BadValueError,
    Choice,
    Duration,
    Kind,
    Many,
    Size,
    Text,
    Whole,
    YesNo,
)

PORT = Whole(0, 65535, "a port")
SIZE = Size(1024, 1024**3)
TIME = Duration(1, 86400 * 30)
CHOICE = Choice(("power", "none"))
LIST = Many(Text("names"), 2)


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (PORT, 7667, 7667),
        (PORT, 0, 0),
        (SIZE, 1024, 1024),
        (SIZE, "64 KiB", 65536),
        (SIZE, "64KiB", 65536),
        (SIZE, "2 MiB", 2 * 1024**2),
        (SIZE, "1 GiB", 1024**3),
        (SIZE, "2048 B", 2048),
        (SIZE, "2048", 2048),
        (TIME, 30, 30),
        (TIME, "30 s", 30),
        (TIME, "5 min", 300),
        (TIME, "2 h", 7200),
        (TIME, "7 d", 604800),
        (YesNo(), True, True),
        (CHOICE, "none", "none"),
        (LIST, ["a", "b"], ("a", "b")),
        (LIST, [], ()),
    ],
)
def test_values_of_toml(kind: Kind, value: object, meant: object) -> None:
    assert kind.read(value) == meant
    assert type(kind.read(value)) is type(meant)


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        (PORT, "7667", 7667),
        (PORT, " 7667 ", 7667),
        (YesNo(), "yes", True),
        (YesNo(), "NO", False),
        (YesNo(), "1", True),
        (YesNo(), "false", False),
        (LIST, "a, b", ("a", "b")),
        (LIST, "", ()),
        (CHOICE, "power", "power"),
    ],
)
def test_values_of_text(kind: Kind, text: str, meant: object) -> None:
    assert kind.read_text(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "1_000", "-1", "+1", "1.5", "1e3", "nan", "inf", "0x10", "", " ", "٣", "1 2", "1\n", "9" * 16,
        "65536", "7667 B", "sixty",
    ],
)  # fmt: skip
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(BadValueError, match=r"\(?.*give a port|give the number alone"):
        PORT.read_text(text)


@pytest.mark.parametrize("value", [True, False, 1.5, float("nan"), "7667", None, [1], {}, -1, 65536, 10**30])
def test_what_is_no_port_in_toml(value: object) -> None:
    with pytest.raises(BadValueError):
        PORT.read(value)


@pytest.mark.parametrize(
    "text", ["64 KB", "64 kib", "1.5 MiB", "64 KiB KiB", "KiB", "-1 KiB", "1_0 KiB", "64 s"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(BadValueError):
        SIZE.read(text)


@pytest.mark.parametrize("text", ["30 m", "30 sec", "P7D", "1 min 30 s", "0", "31 d", "3 weeks"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadValueError):
        TIME.read(text)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (PORT, 65536, "65536 is more than 65535: give a port"),
        (PORT, 10**30, "the number is more than 65535: give a port"),
        (TIME, 0, 'give a time from 1 s to 30 d, written like "30 s" or as seconds'),
        (TIME, "30 m", "the units are s, min, h, d"),
        (SIZE, "1 KB", "the units are B, KiB, MiB, GiB"),
        (SIZE, 5, "5 is less than 1 KiB"),
        (YesNo(), "yes", "write true or false, without quotes"),
        (CHOICE, "full", "give one of power, none"),
        (LIST, "a", "write it in brackets"),
        (LIST, ["a", "b", "c"], "give 2 at most"),
        (LIST, [1], "put it in quotes"),
        (Text("a name"), 5, "5 is no text: put it in quotes: a name"),
    ],
)
def test_what_is_said(kind: Kind, value: object, said: str) -> None:
    with pytest.raises(BadValueError) as error:
        kind.read(value)
    assert said in str(error.value)


def test_a_wrong_value_is_not_quoted_at_any_length() -> None:
    with pytest.raises(BadValueError) as error:
        PORT.read_text("x" * 10000)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (SIZE, 65536, '"64 KiB"'),
        (SIZE, 1025, '"1025 B"'),
        (TIME, 90, '"90 s"'),
        (TIME, 7200, '"2 h"'),
        (PORT, 7667, "7667"),
        (YesNo(), False, "false"),
        (LIST, ("a", 'b"'), '["a", "b\\""]'),
        (Text(""), "two\nlines\x07", '"two\\nlines\\U00000007"'),
    ],
)
def test_values_as_toml(kind: Kind, value: object, text: str) -> None:
    assert kind.show(value) == text


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("proxy.example.org", "neither an address nor a network", "such as 10.0.0.2"),
        ("10.0.0.1/33", "neither an address nor a network", "such as 10.0.0.2"),
        ("fe80::1%eth0", "names an interface", "give fe80::1"),
        ("", "neither an address nor a network", "such as 10.0.0.2"),
        ("10.0.0.1/8", "bits behind its prefix", "give 10.0.0.0/8"),
        ("0.0.0.0/0", "is everybody", "name those alone"),
        ("::/0", "is everybody", "name those alone"),
        ("::ffff:10.0.0.1", "in the clothes of IPv6", "give 10.0.0.1"),
        ("::ffff:10.0.0.0/104", "in the clothes of IPv6", "give 10.0.0.0/8"),
    ],
)
def test_what_can_be_no_proxy(text: str, wrong: str, right: str) -> None:
    found = texts.network(text)
    assert found is not None
    assert wrong in found[0]
    assert right in found[1]


@pytest.mark.parametrize("text", ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/64", "127.0.0.2/32"])
def test_what_can_be_a_proxy(text: str) -> None:
    assert texts.network(text) is None


@pytest.mark.parametrize("origin", ["*", "https://a.example", "http://localhost:8080", "http://[::1]:8080",
                                    "capacitor://localhost"])  # fmt: skip
def test_origins_as_browsers_write_them(origin: str) -> None:
    assert texts.origin_or_any(origin) is None


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("", "or * for all"),
        ("a.example", "https://chat.example.org"),
        ("null", "https://chat.example.org"),
        ("https://*.a.example", "or * for all"),
        ("https://a.example/", "give https://a.example"),
        ("https://a.example/files/", "give https://a.example"),
        ("https://a.example:443", "give https://a.example"),
        ("http://a.example:80", "give http://a.example"),
        ("https://A.example", "give https://a.example"),
        ("https://ann@a.example", "or * for all"),
        ("https://a.example b", "or * for all"),
    ],
)
def test_origins_as_people_write_them(origin: str, right: str) -> None:
    found = texts.origin_or_any(origin)
    assert found is not None
    assert found[1].endswith(right) or right in found[1]


def test_all_origins_may_not_chat() -> None:
    assert texts.origin("https://a.example") is None
    assert texts.origin("*") == (
        "'*' is no origin",
        "give one such as https://chat.example.org or http://localhost:8080",
    )
