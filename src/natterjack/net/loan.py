"""A connection in the hands of another thread: bulk both ways, waiting without the loop.

Theory of operation. The loop has lent the connection (:meth:`natterjack.net.connection.Connection.lend`), so this
thread alone uses socket and codec. The socket stays non-blocking; what can't be done now is waited for with ``poll``,
a while at a time, and between the whiles it is looked whether the peer moves on (:mod:`natterjack.net.progress`). The
loop's thread can end that wait by cutting the connection: the socket is ready then, and the next call fails. Only a
file on a plain connection is sent with a socket that blocks, since the kernel waits best itself; cutting ends that as
well.

What a peer does wrong or fails to do raises an ``OSError`` (:class:`~natterjack.net.progress.Stalled`, :class:`Ended`
or the system's), or :class:`~natterjack.wire.http.BadRequest` for chunks that are none.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import select
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import TypeVar

from natterjack.net.progress import Patience, Progress
from natterjack.net.reactor import READ, WRITE
from natterjack.net.tls import RECORD, Crossed, TlsSocket
from natterjack.wire.http import HttpCodec, Response

#: Bytes read at once of what has to pass through the codec.
_PIECE = 64 * 1024
#: Bytes read from a file at once for a connection that can't take them from it by itself.
_READ = 256 * 1024

_INT = struct.Struct("@i")
_T = TypeVar("_T")


class Ended(ConnectionError):  # noqa: N818 - says what happened
    """The peer has ended before all was there."""


class Loan:
    """``unsent`` goes first, and is what has to go first afterwards: of that, and of what came behind it, what is left.

    ``queued``: bytes of it at the beginning. ``clock``: monotonic seconds.
    """

    def __init__(
        self,
        sock: socket.SocketType | TlsSocket,
        codec: HttpCodec,
        unsent: bytes,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sock = sock
        self._codec = codec
        self.unsent = unsent
        self.queued = len(unsent)
        self._glance = patience.glance
        self._progress = Progress(patience)
        self._clock = clock
        self._poll = select.poll()
        self._mask = 0
        self.bytes_in = self.bytes_out = 0

    # -- the request's body

    def read_into(self, view: memoryview) -> int:
        """Some of the request's body: how many bytes. 0: that was all of it. Raises ``ValueError`` without any room."""
        if not view:
            raise ValueError("there is no room to read a body into, and so no end of it")
        codec = self._codec
        size = codec.body(view)
        while not size and not codec.body_over:
            direct = codec.direct(len(view))
            if direct:
                size = self._receive(view[:direct])
                codec.count(size)
            else:
                piece = memoryview(bytearray(_PIECE))
                codec.feed(bytes(piece[: self._receive(piece)]))
                size = codec.body(view)
        return size

    def _receive(self, view: memoryview) -> int:
        go_ahead = self._codec.go_ahead()
        if go_ahead or self.unsent:
            self.write(go_ahead)
        size = self._try(READ, lambda: self._sock.recv_into(view))
        if not size:
            raise Ended(errno.ECONNRESET, "the peer has ended")
        self.bytes_in += size
        return size

    # -- the answer

    def begin(self, response: Response) -> None:
        """The head of an answer whose body follows."""
        self.unsent += self._codec.answer(response)

    def write(self, data: bytes | memoryview) -> None:
        """Send ``data``, all of it, behind what is unsent; what an error leaves of both is unsent then."""
        view = memoryview(self.unsent + data if self.unsent else data)
        self.unsent = b""
        try:
            while view:
                sent = self._try(WRITE, lambda rest=view: self._sock.send(rest))  # type: ignore[misc]
                self.bytes_out += sent
                view = view[sent:]
        finally:
            self.unsent = bytes(view)

    def send_file(self, file: int, offset: int, count: int) -> None:
        """``count`` bytes of the open ``file`` from ``offset`` on. Raises :class:`Ended` if it has no more so many."""
        self.write(b"")
        if isinstance(self._sock, TlsSocket):
            self._send_read(file, offset, count)
            return
        self._blocking(self._sock, True)
        try:
            self._send_by_kernel(self._sock.fileno(), file, offset, offset + count)
        finally:
            self._blocking(self._sock, False)

    def _send_by_kernel(self, out: int, file: int, offset: int, end: int) -> None:
        while offset < end:
            before = self._clock()
            try:
                sent = os.sendfile(out, file, offset, end - offset)
            except BlockingIOError:  # this is how SO_SNDTIMEO is told
                sent = 0
            else:
                if not sent:
                    raise Ended(errno.EIO, "the file is shorter than it was")
            offset += sent
            self.bytes_out += sent
            if offset < end:
                self._progress.waited(self._clock() - before, self._taken())

    def _blocking(self, sock: socket.SocketType, blocks: bool) -> None:
        """The kernel does the waiting: all of a file in one call, without waking us for each third of a buffer.

        It comes back to us where it could not send the next part of it in a while.
        """
        sock.setblocking(blocks)
        if blocks:
            seconds, rest = divmod(self._glance, 1)
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", int(seconds), int(rest * 1e6))
            )

    def _taken(self) -> int:
        """Bytes that the peer has: what still waits in the kernel is not counted."""
        try:
            waiting = fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, bytes(_INT.size))
        except OSError:  # not all systems tell that of a socket
            return self.bytes_out
        return self.bytes_out - int(_INT.unpack(waiting)[0])

    def _send_read(self, file: int, offset: int, count: int) -> None:
        buffer = memoryview(bytearray(min(_READ, count)))
        end = offset + count
        while offset < end:
            size = os.preadv(file, [buffer[: end - offset]], offset)
            if not size:
                raise Ended(errno.EIO, "the file is shorter than it was")
            self.write(buffer[:size])
            offset += size

    # -- waiting

    def _try(self, mask: int, action: Callable[[], _T]) -> _T:
        waited = math.inf
        while True:
            try:
                return action()
            except BlockingIOError as error:
                waited = self._wait(error.mask if isinstance(error, Crossed) else mask, waited)

    def _wait(self, mask: int, since: float) -> float:
        """Until when that was. ``since``: when the last wait for the same ended, after which there was nothing.

        What has come in between was TLS' own: to read that is to wait, too, or whoever sends nothing else could go on.
        """
        if mask != self._mask:
            self._poll.register(self._sock.fileno(), select.POLLIN if mask == READ else select.POLLOUT)
            self._mask = mask
        ready = False
        while not ready:
            before = min(self._clock(), since)
            ready = bool(self._poll.poll(self._glance * 1000))
            moved = self.bytes_in if mask == READ else self._taken()
            since = self._clock()
            self._progress.waited(since - before, moved, stirred=ready)
        return since

    # -- giving back

    def settle(self) -> None:
        """Before giving back: what TLS has decrypted already is the loop's to see, which would not be told of it."""
        sock = self._sock
        while isinstance(sock, TlsSocket) and sock.pending():
            self._codec.feed(sock.recv(RECORD))
