"""HTTP/1.1 from the client's side as bytes: a face on h11.

One request after another on one connection: :meth:`ClientCodec.request`, the body's bytes as they are, then
:meth:`ClientCodec.next` until it gives an :class:`End`. Bodies of requests always have a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.wire.http import HEAD_BYTES, Headers

if TYPE_CHECKING:
    import h11


class Head(Struct, frozen=True):
    """The beginning of a response. ``headers`` have lower-case names, lists joined."""

    status: int
    headers: dict[str, str]


class Body(Struct, frozen=True):
    """A part of its body."""

    data: bytes | bytearray


class End(Struct, frozen=True):
    """The response is complete. ``last``: so is the connection."""

    last: bool


class Broken(ValueError):  # noqa: N818 - it is the connection that is
    """What came is no HTTP, or ends in the middle. The connection is of no use any more."""


class ClientCodec:
    """See the module."""

    def __init__(self, host: str) -> None:
        """``host``: what the server is called, with its port."""
        global h11  # noqa: PLW0603 - an import, but that who moves no files does not wait for it
        import h11  # noqa: PLC0415

        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._host = host

    def request(self, method: str, path: str, headers: Headers = (), length: int | None = None) -> bytes:
        """The bytes of a request's head; ``length`` bytes of body have to follow (None: there is none)."""
        fields: Sequence[tuple[str, str]] = [("Host", self._host), *headers]
        if length is not None:
            fields = [*fields, ("Content-Length", str(length))]
        data = self._machine.send(h11.Request(method=method, target=path, headers=list(fields)))
        assert data is not None
        if not length:
            self._machine.send(h11.EndOfMessage())
        return data

    def sent(self, data: bytes | memoryview) -> None:
        """Part of the body is on its way."""
        self._machine.send_with_data_passthrough(h11.Data(data=data))  # type: ignore[arg-type]

    def all_sent(self) -> None:
        """The whole body is."""
        self._machine.send(h11.EndOfMessage())

    def feed(self, data: bytes) -> None:
        """What has come; ``b""`` when the other side has closed."""
        try:
            self._machine.receive_data(data)
        except RuntimeError as error:  # bytes after the end of the connection
            raise Broken("it goes on after its end") from error

    def next(self) -> Head | Body | End | None:
        """What it means; None until more is fed. Raises :class:`Broken`."""
        while True:
            try:
                event = self._machine.next_event()
            except h11.RemoteProtocolError as error:
                raise Broken(str(error)) from error
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return None
            if isinstance(event, h11.InformationalResponse):
                continue
            if isinstance(event, h11.Response):
                return Head(event.status_code, _joined(event.headers))
            if isinstance(event, h11.Data):
                return Body(event.data)
            if isinstance(event, h11.EndOfMessage):
                return End(not self._go_on())
            raise Broken("the other side has closed the connection")

    def _go_on(self) -> bool:
        if self._machine.our_state is h11.DONE and self._machine.their_state is h11.DONE:
            self._machine.start_next_cycle()
            return True
        return False


def _joined(fields: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
