"""Numerics, standard replies, capabilities, times, sources: each table in itself."""

import re
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto import caps, numerics, standard_replies
from natterjack.proto.caps import CAPABILITIES
from natterjack.proto.nearest import distance, nearest
from natterjack.proto.numerics import Numeric
from natterjack.proto.source import Source, parse_source
from natterjack.proto.standard_replies import Fail
from natterjack.proto.timestamps import format_time, parse_time

NUMERICS = {name: value for name, value in vars(numerics).items() if isinstance(value, Numeric)}
FAILS = {name: value for name, value in vars(standard_replies).items() if isinstance(value, Fail)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_every_numeric_has_a_code_of_its_own() -> None:
    codes = [value.code for value in NUMERICS.values()]
    assert len(codes) > 100
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[0-9]{3}", code) for code in codes)
    assert {numerics.NAMES[value.code] for value in NUMERICS.values()} == set(NUMERICS)


def test_errors_and_replies_are_where_the_numbers_say() -> None:
    for name, value in NUMERICS.items():
        is_error = "400" <= value.code < "600" or value.code in {"696", "734"} or "904" <= value.code <= "907"
        assert name.startswith("ERR_" if is_error else "RPL_"), (name, value.code)


@pytest.mark.parametrize(
    "template", [*(n.text for n in NUMERICS.values() if n.text), *(f.text for f in FAILS.values())]
)
def test_texts_are_templates_of_named_fields(template: str) -> None:
    fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    assert all(field.isidentifier() for field in fields), template
    assert template.format(**dict.fromkeys(fields, "x"))
    assert template.isprintable()


def test_standard_replies_have_codes_for_programs() -> None:
    assert FAILS
    assert all(re.fullmatch("[A-Z][A-Z0-9_]+", fail.code) for fail in FAILS.values())
    assert len({fail.code for fail in FAILS.values()}) == len(FAILS)


def test_every_capability_has_a_bit_of_its_own() -> None:
    bits = [capability.bit for capability in CAPABILITIES]
    assert len(set(bits)) == len(bits)
    assert all(bit.bit_count() == 1 for bit in bits)
    assert [capability.name for capability in CAPABILITIES] == sorted(caps.BY_NAME)
    assert all(capability.spec.startswith(("https://", "docs/")) for capability in CAPABILITIES)


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_formatted_as_datetime_has_them(milli: int) -> None:
    wanted = (EPOCH + timedelta(milliseconds=milli)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    wanted = wanted.rjust(24, "0")
    text = format_time((milli + 0.5) / 1000)
    assert text == wanted
    parsed = parse_time(text)
    assert parsed is not None
    assert abs(parsed * 1000 - milli) < 0.5


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 - UTC is added
def test_times_are_parsed_as_datetime_has_them(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    text = f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond:06}Z"
    parsed = parse_time(text)
    assert parsed is not None
    assert abs(parsed - (moment - EPOCH) / timedelta(seconds=1)) < 0.00101


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-22", "2026-11-22T20:31:02", "2026-11-22 20:31:02Z", "2026-13-01T00:00:00Z",
     "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
     "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+01:00", "２026-01-01T00:00:00Z",
     "2026-1-1T0:0:0Z", "2026-01-01T00:00:00Z\n", "2_26-01-01T00:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a!b@c", Source("a", "b", "c")),
        ("a", Source("a")),
        ("irc.example", Source("irc.example")),
        ("a@c", Source("a", "", "c")),
        ("a!b", Source("a", "b")),
        ("", Source("")),
    ],
)
def test_sources_are_parted(text: str, source: Source) -> None:
    assert parse_source(text) == source


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_zero_only_for_equals(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one) <= max(len(one), len(other))
    assert (distance(one, other) == 0) is (one == other)


def test_the_nearest_word_is_found() -> None:
    words = ["users", "channels", "kick", "status", "shutdown"]
    assert nearest("user", words) == "users"
    assert nearest("kcik", words) == "kick"
    assert nearest("STAUTS", words) == "status"
    assert nearest("shut", words) == "shutdown"
    assert nearest("xyzzy", words) is None
    assert nearest("k", words) is None
    assert nearest("k" * 1000, words) is None
