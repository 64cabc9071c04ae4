"""HTTP as a client reads it, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.http_client import Body, Broken, ClientCodec, End, Head

ANSWER = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial\r\nContent-Length: 5\r\nX: a\r\nx: b\r\n\r\nhello"
)


def read(codec: ClientCodec, data: bytes, piece: int) -> tuple[Head, bytes, End]:
    head, body, end = None, b"", None
    for start in range(0, len(data), piece):
        codec.feed(data[start : start + piece])
        while (event := codec.next()) is not None:
            match event:
                case Head():
                    head = event
                case Body():
                    body += event.data
                case End():
                    end = event
                    break
    assert head is not None
    assert end is not None
    return head, body, end


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_one_after_another(piece: int) -> None:
    codec = ClientCodec("host:7667")
    asked = codec.request("GET", "/files/x", [("Range", "bytes=1-")])
    assert asked.startswith(b"GET /files/x HTTP/1.1\r\nHost: host:7667\r\nRange: bytes=1-\r\n")
    assert read(codec, ANSWER, piece) == (
        Head(206, {"content-length": "5", "x": "a, b"}),
        b"hello",
        End(False),
    )
    assert b"Content-Length: 3\r\n" in codec.request("PATCH", "/", [], 3)
    codec.sent(b"abc")
    codec.all_sent()
    assert read(codec, b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", piece)[2] == End(True)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b":srv 001 kim\r\n\r\n",
        b"x" * 20000,
    ],
)
def test_what_is_no_http(data: bytes) -> None:
    codec = ClientCodec("h")
    codec.request("GET", "/")
    with pytest.raises(Broken):  # noqa: PT012 - either may say it
        codec.feed(data)
        codec.next()


def test_cut_in_the_middle() -> None:
    codec = ClientCodec("h")
    codec.request("GET", "/")
    codec.feed(ANSWER[:-1])
    assert isinstance(codec.next(), Head)
    assert codec.next() == Body(bytearray(b"hell"))
    assert codec.next() is None
    codec.feed(b"")
    with pytest.raises(Broken):
        codec.next()


@given(st.binary(max_size=300), st.integers(1, 40))
def test_only_the_documented_error(data: bytes, piece: int) -> None:
    codec = ClientCodec("h")
    codec.request("GET", "/")
    seen: list[object] = []
    try:
        for start in range(0, len(data), piece):
            codec.feed(data[start : start + piece])
            while (event := codec.next()) is not None and not isinstance(event, End):
                seen.append(event)
    except Broken as error:
        seen.append(error)
    assert sum(isinstance(each, Broken) for each in seen) <= 1
