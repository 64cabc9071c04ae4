"""The face that the driver sees of a connection, and the plain one behind it.

A transport turns a connected non-blocking socket into bytes in and out. What is encrypted can have bytes to give that
no selector will tell of, and can need to write in order to read: that is why :meth:`Transport.receive` is called until
it has nothing more, and why the transport says itself what it waits for.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Protocol

#: Bytes taken in one piece.
_RECEIVE = 65_536


class Transport(Protocol):
    """Every method returns at once. Errors of the connection come as ``OSError``."""

    def fileno(self) -> int:
        """For the selector."""

    def receive(self) -> bytes | None:
        """What has come; ``b""`` when the other side has closed; None when there is nothing now."""

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """How many bytes of ``data`` were taken; 0 when none can be now."""

    def is_private(self) -> bool:
        """Whether a password may be said: what is sent is encrypted, or stays on this machine."""

    def wants_write(self, pending: bool) -> bool:
        """Whether to watch for room to write; ``pending``: the driver has something to send."""

    def close(self) -> None:
        """Let go of the socket."""


class PlainTransport:
    """Bytes as they are."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fileno(self) -> int:
        return self._sock.fileno()

    def receive(self) -> bytes | None:
        try:
            return self._sock.recv(_RECEIVE)
        except BlockingIOError:
            return None

    def send(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0

    def is_private(self) -> bool:
        try:
            return ip_address(self._sock.getpeername()[0].partition("%")[0]).is_loopback
        except OSError:
            return False  # it is gone already

    def wants_write(self, pending: bool) -> bool:
        return pending

    def close(self) -> None:
        self._sock.close()
