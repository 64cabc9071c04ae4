"""WebSocket as bytes: the way in, messages to lines, lines to messages, and how it ends."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response as Answer
from websockets.streams import StreamReader

from natterjack.wire.frames import NORMAL, frames, is_asked_for
from natterjack.wire.framing import TooLong
from natterjack.wire.http import HttpCodec, Request, Response
from natterjack.wire.message import WireError
from natterjack.wire.websocket import MESSAGE_BYTES, WebSocketCodec, accept

KEY = base64.b64encode(bytes(16)).decode()
HEADERS = {
    "host": "x",
    "connection": "keep-alive, Upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
}


def request(**changed: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return Request(
        "GET", "/ws", {name: value for name, value in (HEADERS | named).items() if value}, body=False
    )


def a_codec(**changed: str) -> WebSocketCodec:
    codec = accept(request(**changed))
    assert isinstance(codec, WebSocketCodec)
    return codec


def said(data: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    """A frame of a client's."""
    return Frame(opcode, data, fin).serialize(mask=True)


def heard(data: bytes, mask: bool = False) -> list[Frame]:
    """The frames that ``data`` is made of."""
    reader = StreamReader()
    reader.feed_data(data)
    found = []
    while data:
        parser = Frame.parse(reader.read_exact, mask=mask)
        try:
            next(parser)
        except StopIteration as done:
            found.append(done.value)
        else:
            break
    return found


def close_code(data: bytes) -> int:
    last = heard(data)[-1]
    assert last.opcode is Opcode.CLOSE
    return int.from_bytes(bytes(last.data[:2]), "big")


# -- the way in


@pytest.mark.parametrize(
    ("offered", "chosen", "binary"),
    [
        ("text.ircv3.net", "text.ircv3.net", False),
        ("binary.ircv3.net, text.ircv3.net", "binary.ircv3.net", True),
        ("x, text.ircv3.net, binary.ircv3.net", "text.ircv3.net", False),
        ("x", "", False),
        ("", "", False),
    ],
)
def test_the_first_subprotocol_of_the_client_that_is_known(offered: str, chosen: str, binary: bool) -> None:
    codec = a_codec(sec_websocket_protocol=offered)
    reader = StreamReader()
    reader.feed_data(codec.answer)
    parser = Answer.parse(reader.read_line, reader.read_exact, reader.read_to_eof)
    with pytest.raises(StopIteration) as done:
        next(parser)
    answer = done.value.value
    assert answer.status_code == 101
    assert answer.headers["Sec-WebSocket-Accept"] == "ICX+Yqv66kxgM0FcWaLWlFLwTAI="
    assert answer.headers.get("Sec-WebSocket-Protocol", "") == chosen
    assert "Sec-WebSocket-Extensions" not in answer.headers
    assert codec.binary is binary


def test_compression_is_not_agreed_to() -> None:
    assert b"xtension" not in a_codec(sec_websocket_extensions="permessage-deflate").answer


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"connection": "keep-alive"}, 426),
        ({"upgrade": "h2c, websocket"}, 426),
        ({"sec_websocket_key": ""}, 400),
        ({"sec_websocket_key": "AAAA"}, 400),
        ({"sec_websocket_version": ""}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_protocol": "a b"}, 400),
    ],
)
def test_what_is_no_good_request_is_told_why(changed: dict[str, str], status: int) -> None:
    wanted = request(**changed)
    assert is_asked_for(wanted)
    refusal = accept(wanted)
    assert isinstance(refusal, Response)
    assert refusal.status == status
    assert refusal.body.startswith(b"No WebSocket: ")
    assert (("Upgrade", "websocket") in refusal.headers) is (status == 426)


def test_only_get_without_a_body() -> None:
    for method, body in (("POST", False), ("GET", True)):
        refusal = accept(Request(method, "/ws", HEADERS, body))
        assert isinstance(refusal, Response)
        assert refusal.status == 400


def test_who_asks_for_something_else_does_not_ask_for_this() -> None:
    assert not is_asked_for(request(upgrade="h2c"))
    assert not is_asked_for(request(upgrade=""))


def test_what_follows_the_request_is_left_over() -> None:
    codec = HttpCodec()
    head = b"GET /ws HTTP/1.1\r\n" + b"".join(
        f"{name}: {text}\r\n".encode() for name, text in HEADERS.items()
    )
    codec.feed(head + b"\r\n" + said(b"NICK a"))
    wanted = codec.next()
    assert wanted is not None
    socket = accept(wanted)
    assert isinstance(socket, WebSocketCodec)
    assert socket.feed(codec.leave()) == [b"NICK a"]


# -- messages to lines


def codes(found: list[bytes | TooLong | WireError]) -> list[object]:
    return [
        item.code if isinstance(item, WireError) else item if isinstance(item, bytes) else "long"
        for item in found
    ]


def test_a_message_is_a_line() -> None:
    codec = a_codec()
    stream = b"".join(
        [
            said(b"NICK a"),
            said("PRIVMSG b :grüße".encode()),
            said(b"PRIVMSG b :\xff", Opcode.BINARY),
            said(b"PING 1\r\n"),
            said(b"PING 2\n"),
            said(b"NICK b\r\nQUIT"),
            said(b""),
            said(b"PRIVMSG #a", fin=False),
            said(b"in between", Opcode.PING),
            said(b" :in pieces", Opcode.CONT),
            said(b"x" * 511),
            said(b"@a=" + b"x" * 4000 + b" A " + b"x" * 500),
        ]
    )
    wanted = [
        b"NICK a",
        "PRIVMSG b :grüße".encode(),
        b"PRIVMSG b :\xff",
        b"PING 1",
        b"PING 2",
        "INVALID_LINE",
        b"",
        b"PRIVMSG #a :in pieces",
        "long",
        b"@a=" + b"x" * 4000 + b" A " + b"x" * 500,
    ]
    assert codes(codec.feed(stream)) == wanted
    assert codec.frames == 12
    assert heard(codec.take()) == [Frame(Opcode.PONG, b"in between")]
    slowly = a_codec()
    assert codes([item for byte in stream for item in slowly.feed(bytes([byte]))]) == wanted
    assert not slowly.over


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (said(b"x" * (MESSAGE_BYTES + 1)), CloseCode.MESSAGE_TOO_BIG),
        (said(b"x" * MESSAGE_BYTES, fin=False) + said(b"y", Opcode.CONT), CloseCode.MESSAGE_TOO_BIG),
        (said(b"PRIVMSG a :\xff"), CloseCode.INVALID_DATA),
        (Frame(Opcode.TEXT, b"NICK a").serialize(mask=False), CloseCode.PROTOCOL_ERROR),
        (said(b"x", Opcode.CONT), CloseCode.PROTOCOL_ERROR),
        (said(b"x", fin=False) + said(b"x"), CloseCode.PROTOCOL_ERROR),
        (b"\xc1\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # as if it were compressed
        (b"\x83\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # no such opcode
        (b"GET / HTTP/1.1\r\n", CloseCode.PROTOCOL_ERROR),
    ],
    ids=[
        "long",
        "long in parts",
        "no UTF-8",
        "not masked",
        "no first part",
        "no last part",
        "compressed",
        "no such opcode",
        "no frame",
    ],  # masks are random, and names of tests must not be
)
def test_what_is_against_the_rules_ends_it(data: bytes, code: CloseCode) -> None:
    codec = a_codec()
    assert codec.feed(said(b"NICK a") + data + said(b"NICK b")) == [b"NICK a"]
    assert codec.over
    assert codec.why.startswith("WebSocket error: ")
    assert close_code(codec.take()) == code
    assert codec.feed(said(b"NICK c")) == []
    assert codec.close(NORMAL) == b""


def test_a_close_is_answered_once() -> None:
    codec = a_codec()
    assert codec.feed(said(b"QUIT") + Frame(Opcode.CLOSE, b"\x03\xe8bye").serialize(mask=True)) == [b"QUIT"]
    assert (codec.over, codec.why) == (True, "Connection closed")
    assert close_code(codec.take()) == 1000
    assert codec.close(NORMAL) == b""


def test_our_own_close() -> None:
    codec = a_codec()
    assert close_code(codec.close(1001)) == 1001
    assert codec.over
    assert codec.close(NORMAL) == b""


def frame(data: bytes, first: int) -> bytes:
    """One with any bits in its first byte."""
    return bytes((first,)) + said(data)[1:]


@given(st.lists(st.binary(max_size=40) | st.builds(frame, st.binary(max_size=20), st.integers(0, 255))))
def test_any_bytes_are_lines_or_the_end(pieces: list[bytes]) -> None:
    codec = a_codec()
    for piece in pieces:
        codec.feed(piece)
    assert codec.over is bool(codec.why)
    sent = heard(codec.take())
    assert all(frame.opcode in (Opcode.PONG, Opcode.CLOSE) for frame in sent)
    assert [frame.opcode for frame in sent].count(Opcode.CLOSE) == codec.over


# -- lines to messages


@pytest.mark.parametrize("size", [1, 125, 126, 510, 8000, 65_535, 65_536])
@pytest.mark.parametrize("binary", [False, True])
def test_a_line_is_a_message(size: int, binary: bool) -> None:
    opcode = Opcode.BINARY if binary else Opcode.TEXT
    lines = [b"x" * size, b"PING :a"]
    assert heard(frames(b"".join(line + b"\r\n" for line in lines), binary)) == [
        Frame(opcode, line) for line in lines
    ]


def test_text_is_utf8_whatever_was_said() -> None:
    (text,) = heard(frames("a :grüße ".encode() + b"caf\xe9\r\n", binary=False))
    assert bytes(text.data).decode() == "a :grüße caf\ufffd"
    (raw,) = heard(frames(b"caf\xe9\r\n", binary=True))
    assert bytes(raw.data) == b"caf\xe9"
