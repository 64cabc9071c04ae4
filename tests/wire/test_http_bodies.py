"""Bodies: their bytes, where they end, and that what follows them is the next request and nothing else."""

from __future__ import annotations

import contextlib
import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.http import BadRequest, HttpCodec, Request, Response

NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
OK = Response(200, (), b"hello")


def post(*headers: str, body: bytes = b"", version: str = "1.1") -> bytes:
    return "\r\n".join([f"POST / HTTP/{version}", "Host: x", *headers, "", ""]).encode() + body


def play(data: bytes, step: int, size: int, direct: bool = False) -> list[tuple[str, bytes]]:
    """Paths and bodies, read ``size`` bytes at a time; ``direct``: past the codec where that may be."""
    codec = HttpCodec()
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    found = []
    view = memoryview(bytearray(size))
    while not codec.over:
        request = codec.next()
        while request is None and pieces:
            codec.feed(pieces.pop(0))
            request = codec.next()
        if request is None:
            break
        body = b""
        while not codec.body_over:
            got = codec.body(view)
            body += bytes(view[:got])
            if got or codec.body_over:
                continue
            if not pieces:
                return [*found, (request.path, body + b"...")]
            room = codec.direct(size) if direct else 0
            if room:
                piece = pieces.pop(0)
                taken, rest = piece[:room], piece[room:]
                body += taken
                codec.count(len(taken))
                if rest:
                    pieces.insert(0, rest)
            else:
                codec.feed(pieces.pop(0))
        found.append((request.path, body))
        codec.answer(OK)
    return found


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_bodies_are_read_and_what_follows_is_the_next_request(step: int, size: int, direct: bool) -> None:
    text = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    counted = post(f"Content-Length: {len(text)}", body=text)
    chunks = b"5;ext=1\r\n%b\r\n%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (text[:5], len(text) - 5, text[5:])
    chunked = post("Transfer-Encoding: chunked", body=chunks)
    found = play(counted + NEXT + chunked + NEXT, step, size, direct)
    assert found == [("/", text), ("/next", b""), ("/", text), ("/next", b"")]


@pytest.mark.parametrize("step", [1, 5, 1000])
@pytest.mark.parametrize(
    ("headers", "version", "last"),
    [
        (["Connection: close"], "1.1", True),
        (["Upgrade: h2c"], "1.1", False),
        (["Connection: upgrade", "Upgrade: websocket"], "1.1", False),
        ([], "1.0", True),
    ],
)
def test_chunks_have_an_end_whatever_comes_of_the_connection(
    headers: list[str], version: str, last: bool, step: int
) -> None:
    data = post(*headers, "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n", version=version)
    found = play(data + NEXT, step, 3)
    assert found == [("/", b"hello"), *([] if last else [("/next", b"")])]


@pytest.mark.parametrize(
    "body", [b"5;" + b" " * 60_000 + b"\n\r\n", b"0\r\nA:" + b" " * 60_000 + b"\x0b\n\r\n\r\n"]
)
def test_blanks_among_chunks_are_read_once(body: bytes) -> None:
    codec = HttpCodec()
    codec.feed(post("Transfer-Encoding: chunked", body=body))
    assert codec.next()
    begun = time.thread_time()
    with pytest.raises(BadRequest):
        codec.body(memoryview(bytearray(10)))
    assert time.thread_time() - begun < 1.0  # with a step back for each it was ten, for all threads


@pytest.mark.parametrize("headers", [[], ["Upgrade: h2c"]])
def test_what_came_with_the_last_chunk_is_read_once(headers: list[str]) -> None:
    chunked = post(*headers, "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")
    later = NEXT.replace(b"/next", b"/later")
    found = play(chunked + NEXT + later * 2, len(chunked + NEXT), 100)
    assert found == [("/", b"hello"), ("/next", b""), ("/later", b""), ("/later", b"")]


@pytest.mark.parametrize("rest", [b"", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"no chunk\r\n"])
def test_nothing_of_it_stays_until_a_collection(rest: bytes) -> None:
    def once() -> None:
        codec = HttpCodec()
        codec.feed(NEXT + post("Transfer-Encoding: chunked", body=rest))
        assert codec.next() is not None
        codec.answer(OK)
        assert codec.next() is not None
        with contextlib.suppress(BadRequest):
            codec.body(memoryview(bytearray(100)))
        codec.answer(OK)

    once()
    gc.collect()
    gc.disable()
    try:
        once()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_what_is_announced() -> None:
    def first(data: bytes) -> Request:
        codec = HttpCodec()
        codec.feed(data)
        request = codec.next()
        assert request is not None
        return request

    for header, body, length in (
        ("Content-Length: 5000000000", True, 5_000_000_000),
        ("Content-Length: 0", False, 0),
        ("Content-Length: 000", False, 0),
        ("Transfer-Encoding: chunked", True, -1),
        ("Transfer-Encoding: Chunked", True, -1),
        ("A: b", False, 0),
    ):
        request = first(post(header))
        assert (request.body, request.length) == (body, length), header


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["Content-Length: 5", "Content-Length: 5"], 400),
        (["Content-Length: 5", "Content-Length: 6"], 400),
        (["Content-Length: 5, 5"], 400),
        (["Content-Length: 5,"], 400),
        (["Content-Length: -5"], 400),
        (["Content-Length: +5"], 400),
        (["Content-Length: 5_0"], 400),
        (["Content-Length: 0x5"], 400),
        (["Content-Length: 5 5"], 400),
        (["Content-Length:"], 400),
        (["Content-Length: " + "9" * 21], 400),
        (["Content-Length : 5"], 400),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501),
        (["Transfer-Encoding: chunked, identity"], 501),
        (["Transfer-Encoding: identity, chunked"], 501),
        (["Transfer-Encoding: xchunked"], 501),
        (["X: a", " Content-Length: 5"], 400),
        (["X: a\r Content-Length: 5"], 400),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(headers: list[str], status: int) -> None:
    codec = HttpCodec()
    codec.feed(post(*headers, body=b"hello" + NEXT))
    with pytest.raises(BadRequest) as caught:
        codec.next()
    assert caught.value.status in (status, 400)
    codec.answer(Response(caught.value.status, close=True))
    assert codec.over


@pytest.mark.parametrize(
    "body",
    [
        b"-1\r\nx\r\n0\r\n\r\n",
        b"0x1\r\nx\r\n0\r\n\r\n",
        b"zz\r\n",
        b"1\r\nxy0\r\n\r\n",
        b"\r\n",
        b"5\nhello\n0\n\n",
        b"1" * 30 + b"\r\n",
        b"1;" + b"x" * 20_000,
        b"0\r\nA: b\r\n folded\r\nbad header\r\n\r\n",
    ],
)
def test_chunks_that_are_none(body: bytes) -> None:
    codec = HttpCodec()
    codec.feed(post("Transfer-Encoding: chunked"))
    assert codec.next()
    codec.feed(body)

    def read() -> None:
        while not codec.body_over:
            codec.body(memoryview(bytearray(100)))
            codec.feed(b"\r\n")

    with pytest.raises(BadRequest) as caught:
        read()
    assert caught.value.status == 400
    assert b"Connection: close" in codec.answer(Response(400))
    assert codec.over


def test_a_body_that_was_not_read_ends_the_connection() -> None:
    codec = HttpCodec()
    codec.feed(post("Content-Length: 5", body=b"hel"))
    assert codec.next()
    assert codec.body(memoryview(bytearray(10))) == 3
    assert b"Connection: close\r\n" in codec.answer(OK)
    assert codec.over


def test_whoever_waits_to_be_told_to_go_on_is_told_once() -> None:
    codec = HttpCodec()
    codec.feed(post("Content-Length: 5", "Expect: 100-continue"))
    assert codec.next()
    assert codec.go_ahead().startswith(b"HTTP/1.1 100 ")
    assert codec.go_ahead() == b""
    codec.feed(b"hello" + NEXT)
    assert codec.body(memoryview(bytearray(10))) == 5
    assert codec.go_ahead() == b""
    codec.answer(OK)
    request = codec.next()
    assert request is not None
    assert request.path == "/next"
    assert codec.go_ahead() == b""


def test_a_body_from_elsewhere_is_only_counted() -> None:
    codec = HttpCodec()
    codec.feed(NEXT * 2)
    assert codec.next()
    head = codec.answer(Response(200, (), length=5_000_000_000))
    assert head.endswith(b"Content-Length: 5000000000\r\n\r\n")
    assert not codec.over
    assert codec.next() is not None


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_have_no_length(status: int) -> None:
    codec = HttpCodec()
    codec.feed(NEXT)
    assert codec.next()
    assert b"Content-Length" not in codec.answer(Response(status))
    assert not codec.over


def test_head_says_the_length_of_what_get_would_bring() -> None:
    codec = HttpCodec()
    codec.feed(NEXT.replace(b"GET", b"HEAD"))
    assert codec.next()
    assert codec.answer(Response(200, (), length=77)).endswith(b"Content-Length: 77\r\n\r\n")
    assert not codec.over


def test_the_last_of_http_1_0_with_a_body() -> None:
    assert play(post("Content-Length: 2", body=b"hi", version="1.0") + NEXT, 100, 10) == [("/", b"hi")]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_nothing_but_the_documented_error(body: bytes, step: int) -> None:
    for header in ("Transfer-Encoding: chunked", "Content-Length: 50"):
        try:
            found = play(post(header, body=body), step, 20)
        except BadRequest as error:
            found = [("", b"")] if error.status >= 400 else []
        assert found
