"""Bytes to lines, in whatever pieces they come."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.framing import (
    CLIENT_TAG_BYTES,
    LINE_BYTES,
    SERVER_TAG_BYTES,
    TOO_LONG,
    LineFramer,
    TooLong,
)

#: Runs of letters around the bounds, and all that ends or begins something.
PIECES = st.one_of(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"@", b" ", b"", b"\0", b"@t ", b"\xff"]),
    st.builds(
        lambda size: b"x" * size,
        st.sampled_from([1, 2, 100, 508, 509, 510, 511, 512, 4094, 4095, 4096, 4097, 4606, 4607, 4608, 9000]),
    ),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


def fed(pieces: list[bytes]) -> list[bytes | TooLong]:
    framer = LineFramer()
    return [line for piece in pieces for line in framer.feed(piece)]


def chunks(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    start = 0
    for cut in sorted(cuts):
        yield data[start:cut]
        start = max(start, cut)
    yield data[start:]


@given(STREAMS)
def test_byte_by_byte_gives_the_same_as_all_at_once(data: bytes) -> None:
    stream = data + b"\nend\n"
    whole = fed([stream])
    assert whole[-1] == b"end"
    assert fed([stream[at : at + 1] for at in range(len(stream))]) == whole


@given(STREAMS, st.lists(st.integers(0, 12_000), max_size=8))
def test_any_chunks_give_the_same_as_all_at_once(data: bytes, cuts: list[int]) -> None:
    stream = data + b"\nend\n"
    assert fed(list(chunks(stream, cuts))) == fed([stream])


@given(st.lists(st.binary(max_size=LINE_BYTES).filter(lambda line: not set(line) & {10, 13}), max_size=20))
def test_lines_come_out_as_they_went_in(lines: list[bytes]) -> None:
    wanted = [TOO_LONG if line[:1] == b"@" and len(line) > LINE_BYTES else line for line in lines]
    assert fed([b"".join(line + b"\r\n" for line in lines)]) == wanted
    assert fed([b"".join(line + b"\n" for line in lines)]) == wanted


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    ("line", "fits"),
    [
        (b"x" * LINE_BYTES, True),
        (b"x" * (LINE_BYTES + 1), False),
        (b"@" + b"t" * 4094 + b" " + b"x" * LINE_BYTES, True),
        (b"@" + b"t" * 4094 + b" " + b"x" * (LINE_BYTES + 1), False),
        (b"@" + b"t" * 4095 + b" " + b"x", False),
        (b"@" + b"t" * LINE_BYTES, False),  # no space: all of it would be tags, and no message
        (b"@" + b"t" * (LINE_BYTES - 1), True),  # short enough to be kept, whatever it means
    ],
)
def test_a_line_may_have_512_bytes_and_4094_of_tags(line: bytes, fits: bool, end: bytes) -> None:
    assert fed([line + end + b"PING\r\n"]) == [line if fits else TOO_LONG, b"PING"]


def test_servers_may_send_more_tags() -> None:
    line = b"@" + b"t" * (SERVER_TAG_BYTES - 2) + b" " + b"x" * LINE_BYTES
    assert LineFramer(SERVER_TAG_BYTES).feed(line + b"\r\n") == [line]
    assert LineFramer(SERVER_TAG_BYTES).feed(b"@t" + line[1:] + b"\r\n") == [TOO_LONG]
    assert LineFramer(CLIENT_TAG_BYTES).feed(line + b"\r\n") == [TOO_LONG]


@given(STREAMS, st.lists(st.integers(0, 12_000), max_size=8), st.integers(2, 5))
def test_a_few_lines_at_a_time_are_the_same(data: bytes, cuts: list[int], most: int) -> None:
    stream = data + b"\nend\n"
    framer = LineFramer(CLIENT_TAG_BYTES, most)
    found: list[bytes | TooLong] = []
    for piece in chunks(stream, cuts):
        while piece:
            lines = framer.feed(piece)
            assert len(lines) <= most
            found += lines
            piece = framer.left()
    assert found == fed([stream])


def test_what_is_left_is_told_once() -> None:
    framer = LineFramer(CLIENT_TAG_BYTES, 2)
    assert framer.left() == b""
    assert framer.feed(b"a\nb\nc\nd") == [b"a", b"b"]
    assert framer.left() == b"c\nd"
    assert framer.left() == b""
    assert framer.feed(b"c\nd") == [b"c"]
    assert framer.left() == b""
    assert framer.feed(b"\n") == [b"d"]


def test_too_long_is_said_once_and_in_its_place() -> None:
    data = b"one\r\n" + b"x" * 20_000 + b"\r\ntwo\r\n"
    assert fed([data]) == [b"one", TOO_LONG, b"two"]
    assert fed([data[at : at + 7] for at in range(0, len(data), 7)]) == [b"one", TOO_LONG, b"two"]


def test_too_long_is_said_before_its_end_has_come() -> None:
    framer = LineFramer()
    assert framer.feed(b"x" * 20_000) == [TOO_LONG]
    assert framer.feed(b"x" * 20_000) == []
    assert framer.feed(b"x\nPING\n") == [b"PING"]


def test_only_one_carriage_return_before_the_end_goes() -> None:
    assert fed([b"a\r\r\nb\n\r\nc\r", b"\nd\r"]) == [b"a\r", b"b", b"", b"c"]


def held(framer: LineFramer) -> int:
    """Bytes that the framer keeps."""
    return sum(map(len, framer._parts or ()))


def test_ten_megabytes_without_a_newline_are_not_kept() -> None:
    framer = LineFramer()
    found: list[bytes | TooLong] = []
    most = 0
    for _ in range(10 * 1024 // 16):
        found += framer.feed(b"x" * 16 * 1024)
        most = max(most, held(framer))
    assert found == [TOO_LONG]
    assert most <= CLIENT_TAG_BYTES + LINE_BYTES + 1
    assert framer.feed(b"\nPING\n") == [b"PING"]


class Counted(bytes):
    """Counts how often its bytes are looked through."""

    scanned = 0

    def split(self, *args: object, **kwargs: object) -> list[bytes]:
        Counted.scanned += len(self)
        return [Counted(piece) for piece in bytes(self).split(b"\n")]


def test_every_byte_is_scanned_once_however_small_the_pieces() -> None:
    Counted.scanned = 0
    framer = LineFramer()
    line = b"@" + b"t" * 4000 + b" " + b"x" * 500
    found = [got for byte in line for got in framer.feed(Counted(bytes([byte])))]
    assert found == []
    assert framer.feed(Counted(b"\n")) == [line]
    assert Counted.scanned == len(line) + 1
