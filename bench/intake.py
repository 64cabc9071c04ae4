"""One large receive buffer for all sockets of a process, always cut at the last line feed.

What the buffer holds after `read` are whole lines, so that counting substrings in it is exact: nothing that
is looked for ever lies across two reads. The unfinished rest of a line waits for the next read of its socket.
"""

from __future__ import annotations

import socket
from typing import Final

BUFFER_BYTES: Final = 1 << 20
"""More than a socket's receive buffer usually holds, so that one call takes all there is."""


LINE_FEED: Final = 10


class Intake:
    """The buffer `data`, and the unfinished lines by descriptor."""

    __slots__ = ("data", "rest", "view")

    def __init__(self, size: int = BUFFER_BYTES) -> None:
        self.data = bytearray(size)
        self.view = memoryview(self.data)
        self.rest: dict[int, bytes] = {}

    def read(self, sock: socket.socket, fd: int) -> int:
        """Receive once; the length of the whole lines that `data` now starts with, 0 if none is complete.

        Raises BlockingIOError if nothing has come, ConnectionError if the server has closed the connection.
        """
        if self.rest:
            rest = self.rest.pop(fd, b"")
            if rest:
                return self._read_after(rest, sock, fd)
        return self.cut_or_raise(fd, sock.recv_into(self.view))

    def _read_after(self, rest: bytes, sock: socket.socket, fd: int) -> int:
        start = len(rest)
        self.data[:start] = rest
        try:
            received = sock.recv_into(self.view[start:])
        except BlockingIOError:
            self.rest[fd] = rest
            raise
        return self.cut_or_raise(fd, received, start)

    def cut_or_raise(self, fd: int, received: int, start: int = 0) -> int:
        """What a recv of `received` bytes to `start` comes to; see `read`."""
        if received == 0:
            raise ConnectionResetError("the server closed the connection")
        if self.data[start + received - 1] == LINE_FEED:
            return start + received
        return self.cut(fd, start + received)

    def cut(self, fd: int, filled: int) -> int:
        """Put aside what follows the last line feed in the first `filled` bytes; the length of the rest."""
        end = self.data.rfind(b"\n", 0, filled) + 1
        if end < filled:
            if filled == len(self.data) and end == 0:
                raise ConnectionError("a line longer than the receive buffer")
            self.rest[fd] = bytes(self.view[end:filled])
        return end

    def forget(self, fd: int) -> None:
        """The socket is closed: drop its unfinished line."""
        self.rest.pop(fd, None)

    def lines(self, length: int) -> list[bytes]:
        """The whole lines in the first `length` bytes, without their line feeds."""
        return bytes(self.view[:length]).split(b"\n")[:-1]

    def pings(self, length: int) -> list[bytes]:
        """Answers to the PINGs among the first `length` bytes."""
        answers = []
        for line in self.lines(length):
            words = line.split(b" ", 2)
            if words[0].startswith(b":"):
                del words[0]
            if words and words[0].upper() == b"PING":
                answers.append(b"PONG " + b" ".join(words[1:]).rstrip(b"\r") + b"\r\n")
        return answers
