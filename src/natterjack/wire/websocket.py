"""WebSocket as bytes: the face on websockets' protocol without input and output, which is slow to load.

Theory of operation. The request is read by :mod:`natterjack.wire.http`, as any is; :func:`accept` makes a codec of it,
or says in HTTP why not. What comes is unmasked, put together from its fragments and taken for one line a message, by
the library; pings are answered by it as well, and what is against the rules makes it close with the code for that. What
goes out is made by :mod:`natterjack.wire.frames`.

One line is one message, and its end does not belong into it. One CR LF at its end is passed over, since there are
clients that send it; a line end within is refused with all that stands in that message.

Sources: RFC 6455, https://ircv3.net/specs/extensions/websocket
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from natterjack.wire.framing import CLIENT_TAG_BYTES, TOO_LONG, TooLong, fits
from natterjack.wire.http import Request, Response
from natterjack.wire.message import WireError

#: Bytes of a message, in however many fragments: more than any line has, so that one too long is told so (417).
MESSAGE_BYTES = 16 * 1024
TEXT, BINARY = Subprotocol("text.ircv3.net"), Subprotocol("binary.ircv3.net")
VERSION = "13"

_SEVERAL = WireError(
    "INVALID_LINE", "Nothing was done: a WebSocket message is one line, and this one has several"
)
#: What the library needs of a request.
_HEADERS = ("connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol")
#: Below errors, which are its own, it tells of every frame: no level of ours may bring passwords into the log.
_LOGGER = logging.Logger("websocket", logging.ERROR)  # noqa: LOG001 - so it stands outside of all that have levels


def accept(request: Request) -> WebSocketCodec | Response:
    """A codec for what follows ``request``, or why it can't be."""
    headers = request.headers
    if request.method != "GET" or request.body:
        return _refusal(HTTPStatus.BAD_REQUEST, "a WebSocket is asked for with GET, and without a body")
    if headers.get("sec-websocket-version", "") != VERSION:  # RFC 6455 section 4.4
        text = f"version {VERSION} of the WebSocket protocol is spoken here"
        return _refusal(HTTPStatus.UPGRADE_REQUIRED, text, ("Sec-WebSocket-Version", VERSION))
    protocol = ServerProtocol(
        subprotocols=[TEXT, BINARY],
        select_subprotocol=_choose,
        state=OPEN,  # as soon as the answer is sent, which is done before anything is read
        max_size=MESSAGE_BYTES,
        logger=_LOGGER,
    )
    try:
        needed = Headers([(name, headers[name]) for name in _HEADERS if name in headers])
    except InvalidHandshake as error:
        # Control characters, which HTTP's own grammar does not forbid everywhere.
        return _refusal(HTTPStatus.BAD_REQUEST, f"{error}")
    response = protocol.accept(Handshake(request.path, needed))
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        status = HTTPStatus(response.status_code)
        return _refusal(status, f"{protocol.handshake_exc}")
    return WebSocketCodec(protocol, response.serialize())


def _choose(_protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first that we speak: the order is the client's."""
    return next((each for each in offered if each in (TEXT, BINARY)), None)


def _refusal(status: HTTPStatus, why: str, *headers: tuple[str, str]) -> Response:
    if status == HTTPStatus.UPGRADE_REQUIRED:
        headers = (*headers, ("Upgrade", "websocket"))  # RFC 9110 section 15.5.22
    text = f"No WebSocket: {why}.\n".encode()
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"), *headers), text)


class WebSocketCodec:
    """One connection: send ``answer``, then :meth:`feed` what comes, and after each time send what :meth:`take` gives.

    ``over``: a close has come, or there was an error; ``why`` says which. The last that :meth:`take` gives then is our
    own close, and nothing may follow it. ``frames`` counts those that came.
    """

    __slots__ = ("_message", "_opcode", "_protocol", "answer", "binary", "frames", "over", "why")

    def __init__(self, protocol: ServerProtocol, answer: bytes) -> None:
        self._protocol = protocol
        self._message = bytearray()  # fragments so far
        self._opcode = Opcode.TEXT  # of that message
        self.answer = answer
        #: Whoever has not said which he wants gets text, which is what programs without subprotocols expect.
        self.binary = protocol.subprotocol == BINARY
        self.frames = 0
        self.over = False
        self.why = ""

    def feed(self, data: bytes) -> list[bytes | TooLong | WireError]:
        """The lines that are complete with ``data``, and what stands for those that are none."""
        protocol = self._protocol
        if self.over:
            return []
        protocol.receive_data(data)
        found: list[bytes | TooLong | WireError] = []
        for event in protocol.events_received():
            self.frames += 1
            if isinstance(event, Frame) and not self._take_in(event, found):
                break
        self._see()
        return found

    def _take_in(self, frame: Frame, found: list[bytes | TooLong | WireError]) -> bool:
        """A frame that is no control frame is (a part of) a message. False: nothing further counts."""
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.BINARY:
            self._opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return True
        self._message += frame.data
        if not frame.fin:
            return True
        message = bytes(self._message)
        self._message.clear()
        if self._opcode is Opcode.TEXT and not _is_utf8(message):
            self._protocol.fail(CloseCode.INVALID_DATA, "text has to be UTF-8")  # RFC 6455 section 8.1
            return False
        found.append(_line(message))
        return True

    def _see(self) -> None:
        protocol = self._protocol
        if protocol.state is OPEN:
            return
        self.over = True
        sent = protocol.close_sent
        if protocol.close_rcvd is not None:
            self.why = "Connection closed"
        else:
            self.why = f"WebSocket error: {sent.reason if sent is not None else 'unknown'}"

    def take(self) -> bytes:
        """What has to be sent now: answers to pings, and to a close."""
        return b"".join(self._protocol.data_to_send())

    def close(self, code: int) -> bytes:
        """Our own close, which is the last to be sent; ``b""`` where there was one."""
        if self.over:
            return b""
        self.over = True
        self._protocol.send_close(code)
        return self.take()


def _line(message: bytes) -> bytes | TooLong | WireError:
    line = message.removesuffix(b"\n").removesuffix(b"\r")
    if b"\n" in line:
        return _SEVERAL
    return line if fits(line, CLIENT_TAG_BYTES) else TOO_LONG


def _is_utf8(message: bytes) -> bool:
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True
