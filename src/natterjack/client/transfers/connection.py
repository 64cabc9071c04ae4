"""A connection on which one transfer speaks HTTP, in a thread that may wait: to the chat's own server, with its key.

Whoever waits for it here can be freed from another thread, by :meth:`Connection.abort`.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from natterjack.client.address import Address
from natterjack.client.dialing import PATIENCE
from natterjack.client.errors import ConnectError
from natterjack.client.securing import Handshake
from natterjack.client.transfers.words import MOST_WORDS, Answer
from natterjack.client.trust import Trust
from natterjack.proto.joinlink import place
from natterjack.wire.http_client import Body, Broken, ClientCodec, End, Head

T = TypeVar("T")

#: Seconds without a byte after which a connection counts as broken.
SILENCE: Final = 45.0
#: Seconds for an answer after the last byte of a body: the server may have gigabytes to hash first.
ANSWER: Final = 600.0
#: Seconds between two looks at whether anything else is to be done.
_NAP: Final = 0.5
#: Bytes taken from the socket, and handed to it, in one piece.
_RECEIVE = 256 * 1024
_SEND = 128 * 1024
#: An answer without content of its own: its body is a sentence at most.
_MOST_BODY = 64 * 1024


class Cut(Exception):  # noqa: N818 - named for what has happened to the connection
    """It broke, or did not come about; the text is the end of a sentence."""


class Connection:
    """One exchange after another. Everything raises :class:`Cut`. ``idle`` is called now and then while it waits."""

    def __init__(self, address: Address, trust: Trust, idle: Callable[[], None] = lambda: None) -> None:
        self._address = address
        self._trust = trust
        self._sock: socket.socket | None = None
        self._codec = ClientCodec(place(address.host, address.port))
        self._idle = idle
        self._aborted = False

    @property
    def where(self) -> tuple[Address, Trust]:
        """What another one to the same server is made of."""
        return self._address, self._trust

    def open(self) -> None:
        """Connect. Nothing is sent to another key than the chat would speak with."""
        address = self._address
        self._codec = ClientCodec(place(address.host, address.port))
        try:
            sock = socket.create_connection((address.host, address.port), PATIENCE)
        except (OSError, UnicodeError) as error:
            raise Cut(_reason(error)) from error
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.wants_tls:
                sock = self._secured(sock)
        except (OSError, ConnectError) as error:
            sock.close()
            raise Cut(_reason(error)) from error
        sock.settimeout(_NAP)
        self._sock = sock
        if self._aborted:
            self.abort()

    def _secured(self, sock: socket.socket) -> ssl.SSLSocket:
        sock.setblocking(False)
        deadline = time.monotonic() + PATIENCE
        verify = not self._trust.expected(self._address)
        handshake = Handshake(
            sock, self._address, self._trust, verify=verify, deadline=deadline, protocol="http/1.1"
        )
        with selectors.DefaultSelector() as selector:
            selector.register(handshake.transport, selectors.EVENT_READ)
            try:
                while mask := handshake.step():
                    selector.modify(handshake.transport, mask)
                    if not selector.select(max(deadline - time.monotonic(), 0.0)):
                        raise Cut("no answer to TLS came in time")
            except BaseException:
                handshake.transport.close()
                raise
        return handshake.transport.take()

    def abort(self) -> None:
        """From any thread: whoever waits here is freed, and nothing more is sent."""
        self._aborted = True
        sock = self._sock
        if sock is not None:
            with suppress(OSError):  # it is gone already
                # not SSLSocket's own, which takes the connection out of the hands of the thread that uses it
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, headers: list[tuple[str, str]], length: int | None = None) -> None:
        """Send the head of a request; ``length`` bytes of body have to follow by :meth:`send`."""
        if self._sock is None:
            self.open()
        self._push(self._codec.request(method, path, headers, length))

    def send(self, data: memoryview) -> None:
        """A part of the body."""
        self._codec.sent(data)
        self._push(data)

    def all_sent(self) -> None:
        self._codec.all_sent()

    def has_answered(self) -> bool:
        """Whether the server says something before it has everything: it does not want the rest."""
        sock = self._sock
        if sock is None:
            return False
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(0))

    def _push(self, data: bytes | memoryview) -> None:
        sock = self._sock
        if sock is None:
            raise Cut("the connection is closed")
        view = memoryview(data)
        try:
            while view:  # not sendall, which has its time for all of it together
                view = view[self._patiently(SILENCE, partial(sock.send, view[:_SEND])) :]
        except (OSError, ValueError) as error:
            raise Cut(_reason(error)) from error

    # -- hearing ---------------------------------------------------------------------------------------------------

    def head(self, patience: float = SILENCE) -> Head:
        """The beginning of the answer, which may take ``patience`` seconds."""
        event = self._next(patience)
        if not isinstance(event, Head):
            self.close()
            raise Cut("the server's answer is no HTTP")
        return event

    def body(self) -> Iterator[bytes | bytearray]:
        """The rest of the answer, in pieces."""
        while True:
            event = self._next(SILENCE)
            if isinstance(event, Body):
                yield event.data
                continue
            if isinstance(event, End) and event.last:
                self.close()
            return

    def answer(self, patience: float = SILENCE) -> Answer:
        """A whole answer, whose body is for people at most."""
        head = self.head(patience)
        return self.rest(head)

    def told(self, head: Head) -> Answer:
        """The answer that begins with ``head``, whose body is yet to be taken."""
        return Answer(head.status, head.headers)

    def rest(self, head: Head) -> Answer:
        """The answer that begins with ``head``."""
        words = bytearray()
        taken = 0
        for piece in self.body():
            taken += len(piece)
            words += piece[: MOST_WORDS - len(words)]
            if taken > _MOST_BODY:  # a page, or somebody who does not stop
                self.close()
                break
        plain = head.headers.get("content-type", "text/plain").startswith("text/plain")
        return Answer(head.status, head.headers, words.decode(errors="replace") if plain else "")

    def _next(self, patience: float) -> Head | Body | End:
        try:
            while (event := self._codec.next()) is None:
                self._codec.feed(self._receive(patience))
        except Broken as error:
            self.close()
            raise Cut("the connection ended in the middle of an answer") from error
        return event

    def _receive(self, patience: float) -> bytes:
        sock = self._sock
        if sock is None:
            raise Cut("the connection is closed")
        try:
            return self._patiently(patience, partial(sock.recv, _RECEIVE))
        except ssl.SSLEOFError:
            return b""
        except (OSError, ValueError) as error:
            self.close()
            raise Cut(_reason(error)) from error

    def _patiently(self, patience: float, action: Callable[[], T]) -> T:
        """``action`` on the socket, repeated while it only waits. OpenSSL takes the same again, too."""
        until = time.monotonic() + patience
        while True:
            try:
                return action()
            except TimeoutError:
                if time.monotonic() >= until:
                    raise
                self._idle()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "nothing moved for too long"
    if isinstance(error, ConnectError):
        return error.text.rstrip(".")
    if isinstance(error, ConnectionRefusedError):
        return "no server answers"
    text = (getattr(error, "strerror", None) or "the connection broke").lower()
    return "the connection broke" if "broken pipe" in text or "reset" in text else text
