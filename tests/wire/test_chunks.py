"""Chunks: what is in them, where they end, and what is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.chunks import LINE_BYTES, TRAILER_BYTES, ChunkError, Chunks


def play(data: bytes, step: int) -> tuple[bytes, bytes]:
    """What was in them, and what came behind; ``...`` at the end of the former: the end has not come."""
    chunks = Chunks()
    found = b""
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    while pieces and not chunks.over:
        found += chunks.take(pieces.pop(0))
    if not chunks.over:
        found += chunks.take(b"")  # what is wrong behind something good is said only now
    return (found if chunks.over else found + b"..."), chunks.rest + b"".join(pieces)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "found", "rest"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello", b""),
        (b"0\r\n\r\nGET", b"", b"GET"),
        (b"000\r\n\r\n", b"", b""),
        (b"2\r\nhe\r\n003 ;a=b;c\r\nllo\r\n0;x\r\n\r\n\r\n", b"hello", b"\r\n"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n", b""),
        (b"A\r\n0123456789\r\n0\r\nDigest: x\r\nY:\r\n\r\nrest", b"0123456789", b"rest"),
        (b"5\r\nhel", b"hel...", b""),
        (b"5\r\nhello\r\n0\r\nA: b\r\n", b"hello...", b""),
    ],
)
def test_chunks(data: bytes, found: bytes, rest: bytes, step: int) -> None:
    assert play(data, step) == (found, rest)


@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b" 5\r\n",
        b"5\n",
        b"5;a\nb\r\n",
        b"5;a\rb\r\n",
        b"0x5\r\n",
        b"-5\r\n",
        b"5_0\r\n",
        b"5 5\r\n",
        b"1" * 17 + b"\r\n",
        b"1;" + b"x" * LINE_BYTES,
        b"0\r\nno header\r\n\r\n",
        b"0\r\nA: b\r\n folded\r\n\r\n",
        b"0\r\nA: b\nC: d\r\n\r\n",
        b"0\r\n" + b"A: b\r\n" * TRAILER_BYTES,
        b"0\r\nA: " + b"b" * TRAILER_BYTES,
    ],
)
def test_none(data: bytes, step: int) -> None:
    with pytest.raises(ChunkError):
        play(data + b"\r\n", step)


@pytest.mark.parametrize("bad", [b"world", b"\rX", b"\r\nzz\r\n"])
def test_what_was_good_comes_first_and_what_is_bad_is_said_again(bad: bytes) -> None:
    chunks = Chunks()
    assert chunks.take(b"5\r\nhello" + bad) == b"hello"
    for _ in range(2):
        with pytest.raises(ChunkError):
            chunks.take(b"")


@pytest.mark.parametrize(
    "data", [b"5;" + b" " * 60_000 + b"\n\r\n", b"0\r\nA:" + b" " * 60_000 + b"\x0b\r\n\r\n"]
)
def test_blanks_are_read_once(data: bytes) -> None:
    begun = time.thread_time()
    with pytest.raises(ChunkError):
        play(data, len(data))
    assert time.thread_time() - begun < 1.0  # with a step back for each it was ten


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 50), st.binary(max_size=20))
def test_what_goes_in_comes_out(parts: list[bytes], step: int, rest: bytes) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert play(data + rest, step) == (b"".join(parts), rest)


@given(
    st.lists(st.sampled_from([b"0", b"5", b"a", b"\r\n", b"\r", b"\n", b";", b" ", b":", b"hello"])).map(
        b"".join
    )
)
def test_however_it_comes_it_is_the_same(data: bytes) -> None:
    def whole(step: int) -> tuple[bytes, bytes] | str:
        try:
            return play(data, step)
        except ChunkError as error:
            return str(error)

    assert whole(1) == whole(3) == whole(max(1, len(data)))
