"""HTTP as bytes: what is taken, what is refused, and that one request is not two."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.http import HEAD_BYTES, BadRequest, HttpCodec, Request, Response

OK = Response(200, (), b"hello")


def play(data: bytes, step: int = 0) -> list[Request | int]:
    """The requests in ``data``, each answered; a status stands for what was refused."""
    codec = HttpCodec()
    found: list[Request | int] = []
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    for piece in pieces:
        codec.feed(piece)
        while not codec.over:
            status = 0
            try:
                request = codec.next()
            except BadRequest as error:
                status, request = error.status, None
            if status:
                found.append(status)
                assert codec.answer(Response(status, close=True)).startswith(b"HTTP/1.1 %d " % status)
            if request is None:
                break
            found.append(request)
            codec.answer(OK)
    return found


def get(path: str = "/", *headers: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: x", *headers, "", ""]).encode()


@pytest.mark.parametrize("step", [0, 1, 7])
def test_one_after_another(step: int) -> None:
    paths = ["/", "/metrics?x=1", "/a%20b"]
    found = play(b"".join(map(get, paths)), step)
    assert [request.path for request in found if isinstance(request, Request)] == ["/", "/metrics", "/a%20b"]


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://chat.net:7667/a?b", "/a"), ("HTTPS://chat.net:7667", "/"), ("http://chat.net:7667?b", "/")],
)
def test_a_target_may_name_the_server(target: str, path: str) -> None:
    (request,) = play(get(target))
    assert isinstance(request, Request)
    assert (request.path, request.headers["host"]) == (path, "chat.net:7667")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (get("/", "Content-Length: 1", "Content-Length: 2"), 400),
        (get("/", "Content-Length: -1"), 400),
        (get("/", f"Content-Length: {'9' * 5000}"), 400),  # more digits than Python makes a number of
        (get("/", "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (get("/", "A: b", " folded"), 400),
        (get("/", "A: b", "\tfolded"), 400),
        (get("/", "Bad name: b"), 400),
        (get("/", "A : b"), 400),
        (get("/", "A: \0"), 400),
        (get("/", "Transfer-Encoding: gzip"), 501),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
        (get(version="2.0"), 505),
        (get("/" + "x" * HEAD_BYTES), 431),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * HEAD_BYTES, 431),
    ],
)
@pytest.mark.parametrize("step", [0, 100])
def test_refused_and_over(data: bytes, status: int, step: int) -> None:
    assert play(data + get(), step) == [status]


@pytest.mark.parametrize("control", ["\x00", "\x0b", "\x0c", "\r", "\x1b", "\x7f"])
def test_blanks_before_a_control_character_are_read_once(control: str) -> None:
    data = get("/", f"A:{' ' * (HEAD_BYTES - 100)}{control}b")
    begun = time.thread_time()
    for _ in range(5):
        assert play(data) == [400]
    assert time.thread_time() - begun < 1.0  # with a step back for each blank it was five, for everybody


def test_a_body_is_announced_and_nothing_after_it_is_a_request() -> None:
    for header in ("Content-Length: 50", "Transfer-Encoding: chunked"):
        (request,) = play(get("/", header) + get("/smuggled"))
        assert isinstance(request, Request)
        assert request.body


def test_http_1_0_is_one_request_unless_asked_for_more() -> None:
    assert len(play(get(version="1.0") * 2)) == 1


def test_head_is_answered_without_a_body() -> None:
    codec = HttpCodec()
    codec.feed(get().replace(b"GET", b"HEAD"))
    assert codec.next()
    answer = codec.answer(OK)
    assert answer.endswith(b"\r\n\r\n")
    assert re.search(rb"Content-Length: 5\r\n", answer)


@pytest.mark.parametrize(
    "head",
    [
        get(version="0.9"),
        get("/", "Content-Length: 3", "Transfer-Encoding: chunked"),
    ],
)
def test_a_head_that_is_refused_is_answered_without_a_body_too(head: bytes) -> None:
    codec = HttpCodec()
    codec.feed(head.replace(b"GET", b"HEAD"))
    with pytest.raises(BadRequest) as caught:
        codec.next()
    answer = codec.answer(Response(caught.value.status, (), b"why", close=True))
    assert answer.endswith(b"\r\n\r\n")
    assert codec.over


@given(
    st.binary(max_size=300)
    | st.binary(max_size=100).map(lambda data: b"GET / HTTP/1.1\r\nHost: x\r\n" + data)
)
def test_nothing_but_documented_errors_however_it_is_cut(data: bytes) -> None:
    assert play(data) == play(data, 1)
