"""HTTP/1.1 as bytes: the face on h11.

Stricter than h11 where lenience has been a way to smuggle requests past a proxy: a folded header line (RFC 9112
section 5.2), a length that is given twice, even the same (section 6.3), a request with both Content-Length and
Transfer-Encoding (section 6.1), and controls in a head (RFC 9110 section 5.5) are refused. h11 would refuse the latter
as well, but where many blanks stand before one, only after time in the square of those.

Bodies. Whoever wants a request's body asks :meth:`HttpCodec.body` for it until :attr:`HttpCodec.body_over`, and feeds
what comes from the connection in between. A body whose length is known need not pass through here: as much of it as
:meth:`HttpCodec.direct` says may be read straight into its place, and is only counted. One in chunks is cut by
:mod:`natterjack.wire.chunks`. h11 sees neither. A request whose body was not read to its end is the last on its
connection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.wire.chunks import ChunkError, Chunks

if TYPE_CHECKING:
    import h11

#: Bytes of a request's line and headers: more than any browser sends without cookies, of which we set none.
HEAD_BYTES = 16 * 1024

_END = re.compile(rb"\r?\n\r?\n")
#: How far before the end of what was searched the end of a head may begin.
_OVERLAP = 3
_FOLDED = re.compile(rb"\n[ \t]")
#: What no head has but at the end of its lines.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_LENGTHS = re.compile(rb"\n(?:content-length|transfer-encoding)[ \t]*:([^\r\n]*)", re.IGNORECASE)
#: A target that names the server too, as for a proxy: that name counts, not the header (RFC 9112 section 3.2.2).
_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
#: Statuses that :mod:`http` does not know: https://tus.io/protocols/resumable-upload#checksum
_PHRASES = {460: "Checksum Mismatch"}
#: Answers that have no body, nor its length (RFC 9110 sections 8.6 and 15.4.5).
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

Headers = Sequence[tuple[str, str]]


class Request(Struct, frozen=True):
    """``path`` is without the query; ``headers`` have lower-case names, lists joined; ``body``: one follows.

    ``length``: bytes of the body; -1: it comes in chunks, and says itself where it ends.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bool
    length: int = 0


class Response(Struct, frozen=True):
    """What is answered. Content-Length is added; ``close``: the last on this connection.

    ``length``: that of a body which comes from elsewhere, behind the head (or would, but for HEAD).
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    close: bool = False
    length: int = -1


class BadRequest(ValueError):  # noqa: N818 - it is called so in RFC 9110
    """Not HTTP as it should be. Answer with ``status`` and close."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class HttpCodec:
    """One connection: :meth:`feed` it bytes, take a request with :meth:`next`, give its :meth:`answer`, and so on.

    ``over``: the answer given last is the last.
    """

    def __init__(self) -> None:
        self._machine = _machine()
        self._held = b""
        self._searched = 0
        self._head_only = False
        self._left = 0  # bytes of the body to come, where its length is known; -1: it comes in chunks
        self._chunks = Chunks()  # those of this body
        self._decoded = b""  # what came of them, and is not taken yet
        self.body_over = True
        self.over = False
        #: Headers that the next answer has besides its own.
        self.also: Headers = ()
        #: Whether the next answer is the last, whatever it says itself.
        self.last = False

    @property
    def holds(self) -> bool:
        """Whether anything was fed that is no complete request yet, or none that was taken."""
        return bool(self._held)

    def feed(self, data: bytes) -> None:
        """More bytes."""
        if not self.over:
            self._held += data

    def next(self) -> Request | None:
        """The next request; None until more is fed. Raises :class:`BadRequest`."""
        self._held = self._held.lstrip(b"\r\n") if not self._searched else self._held  # RFC 9112 section 2.2
        found = _END.search(self._held, max(0, self._searched - _OVERLAP))
        self._searched = len(self._held)
        if (found.end() if found else len(self._held)) > HEAD_BYTES:
            text = f"the request's head is longer than {HEAD_BYTES} bytes"
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
        if not found:
            return None
        head, self._held = self._held[: found.end()], self._held[found.end() :]
        self._searched = 0
        return self._read(head)

    def _read(self, head: bytes) -> Request:
        self.body_over = False  # until we know better
        if _FOLDED.search(head):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "a header line is folded")
        if _CONTROL.search(head):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "there is a control character in the head")
        if head.startswith(b"CONNECT "):
            raise BadRequest(HTTPStatus.NOT_IMPLEMENTED, "CONNECT is for proxies, and this is none")
        try:
            self._machine.receive_data(head)
            event = self._machine.next_event()
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint, "this is no good request") from error
        if not isinstance(event, h11.Request):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "this is no request")
        self._head_only = (
            event.method == b"HEAD"
        )  # the answer has no body, even if it is that this is refused
        lengths = _LENGTHS.findall(head)
        if len(lengths) > 1 or (lengths and b"," in lengths[0]):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "the length of the body is given twice")
        if not event.http_version.startswith(b"1."):
            raise BadRequest(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and 1.0 are spoken")
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        length = -1 if "transfer-encoding" in headers else int(headers.get("content-length", "0"))
        self.body_over = not length
        self._left = length
        if length < 0:
            self._chunks = Chunks()
        if not length:
            self._machine.next_event()  # the end of the message
        target = event.target.decode("ascii")
        absolute = _ABSOLUTE.match(target)
        if absolute:
            headers["host"] = absolute[1]
            target = target[absolute.end() :]
        path = target.partition("?")[0] or "/"
        return Request(event.method.decode("ascii"), path, headers, bool(length), length)

    def leave(self) -> bytes:
        """What has come behind the request taken last, for whoever speaks here from now on: no longer HTTP."""
        rest, self._held = self._held, b""
        self.over = True
        return rest

    # -- bodies

    def go_ahead(self) -> bytes:
        """What to send before reading the body: 100, where the peer waits for it (RFC 9110 section 10.1.1)."""
        if self.body_over or not self._machine.they_are_waiting_for_100_continue:
            return b""
        return self._machine.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def body(self, view: memoryview) -> int:
        """Move what was fed of the body into ``view``; how many bytes. 0: feed more, unless :attr:`body_over`.

        Raises :class:`BadRequest` for chunks that are none.
        """
        if self.body_over:
            return 0
        if self._left >= 0:
            part = self._held[: min(len(view), self._left)]
            self._held = self._held[len(part) :]
            self.count(len(part))
        else:
            if not self._decoded:
                self._decoded = self._decode()
            part, self._decoded = self._decoded[: len(view)], self._decoded[len(view) :]
            self.body_over = self._chunks.over and not self._decoded
        view[: len(part)] = part
        return len(part)

    def _decode(self) -> bytes:
        held, self._held = self._held, b""
        try:
            data = self._chunks.take(held)
        except ChunkError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, f"these are no chunks: {error}") from error
        if self._chunks.over:
            self._held = self._chunks.rest
        return data

    def direct(self, size: int) -> int:
        """How many bytes, ``size`` at most, may be read from the connection as they are; tell :meth:`count` of them."""
        return 0 if self._held or self._left < 0 else min(size, self._left)

    def count(self, size: int) -> None:
        """So many bytes of the body were read from the connection."""
        self._left -= size
        self.body_over = not self._left

    # -- answers

    def answer(self, response: Response) -> bytes:
        """The bytes of the answer to the request taken last, or to what was none.

        Where ``response`` has a ``length``, so many bytes have to follow, unless this was HEAD.
        """
        machine = self._machine
        length = len(response.body) if response.length < 0 else response.length
        headers = [*response.headers, *self.also]
        self.also = ()
        if response.status not in _BODILESS:
            headers.append(("Content-Length", str(length)))
        if response.close or self.last or not self.body_over:
            headers.append(("Connection", "close"))
        status = response.status
        reason = _PHRASES.get(status) or HTTPStatus(status).phrase
        parts = [machine.send(h11.Response(status_code=status, headers=headers, reason=reason))]
        if length and not self._head_only and status not in _BODILESS:
            machine.send_with_data_passthrough(h11.Data(data=_Counted(length)))  # type: ignore[arg-type]
            parts.append(response.body)
        parts.append(machine.send(h11.EndOfMessage()))
        if machine.our_state is h11.DONE and self.body_over:
            if machine.their_state is h11.DONE:
                machine.start_next_cycle()
            else:  # the body went past it
                self._machine = _machine()
        else:
            self.over = True
            self._held = b""
        self._head_only = False
        return b"".join(part for part in parts if part)


class _Counted:
    """Stands for bytes that h11 need not see; it asks for their number alone."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


def _machine() -> h11.Connection:
    """The first one loads h11: a server that starts has to answer its first client, who need not speak HTTP."""
    global h11  # noqa: PLW0603 - an import, like any other of the module but for its time
    import h11  # noqa: PLC0415

    return h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
