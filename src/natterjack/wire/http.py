"""HTTP/1.1 as bytes: the face on h11.

Stricter than h11 where lenience has been a way to smuggle requests past a proxy: a folded header line (RFC 9112
section 5.2) and a request with both Content-Length and Transfer-Encoding (section 6.1) are refused. Bodies are not
read: a request that announces one is the last on its connection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

import h11
from msgspec import Struct

#: Bytes of a request's line and headers: more than any browser sends without cookies, of which we set none.
HEAD_BYTES = 16 * 1024

_END = re.compile(rb"\r?\n\r?\n")
#: How far before the end of what was searched the end of a head may begin.
_OVERLAP = 3
_FOLDED = re.compile(rb"\n[ \t]")

Headers = Sequence[tuple[str, str]]


class Request(Struct, frozen=True):
    """``path`` is without the query; ``headers`` have lower-case names, lists joined; ``body``: one follows."""

    method: str
    path: str
    headers: dict[str, str]
    body: bool


class Response(Struct, frozen=True):
    """What is answered. Content-Length is added; ``close``: the last on this connection."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    close: bool = False


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
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._held = b""
        self._searched = 0
        self._head_only = False
        self.over = False

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
        if _FOLDED.search(head):
            raise BadRequest(HTTPStatus.BAD_REQUEST, "a header line is folded")
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
        if not event.http_version.startswith(b"1."):
            raise BadRequest(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and 1.0 are spoken")
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if "content-length" in headers and "transfer-encoding" in headers:
            raise BadRequest(HTTPStatus.BAD_REQUEST, "a length is given, and chunks are announced")
        body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if not body:
            self._machine.next_event()  # the end of the message
        path = event.target.decode("ascii").partition("?")[0]
        return Request(event.method.decode("ascii"), path, headers, body)

    def answer(self, response: Response) -> bytes:
        """The bytes of the answer to the request taken last, or to what was none."""
        machine = self._machine
        headers = [*response.headers, ("Content-Length", str(len(response.body)))]
        if response.close or machine.their_state is not h11.DONE:
            headers.append(("Connection", "close"))
        reason = HTTPStatus(response.status).phrase
        parts = [machine.send(h11.Response(status_code=response.status, headers=headers, reason=reason))]
        if response.body and not self._head_only:
            parts.append(machine.send(h11.Data(data=response.body)))
        parts.append(machine.send(h11.EndOfMessage()))
        if machine.our_state is h11.DONE and machine.their_state is h11.DONE:
            machine.start_next_cycle()
        else:
            self.over = True
            self._held = b""
        self._head_only = False
        return b"".join(part for part in parts if part)
