"""One connection: a non-blocking socket, a queue of what is to be sent, and the stack that reads it.

**Sending.** ``out`` collects a turn's data; :meth:`Connection.flush` joins and sends it. What the kernel does not take
goes into the backlog, and only then is the reactor asked to say when there is room again. While there is a backlog,
new data is counted once and put behind it.

**Bounds.** A backlog over ``stop_reading`` keeps us from reading what the peer says (it makes us produce more) until
half of that is left; over ``close`` it is closed, and so it is where it has taken nothing for ``no_progress`` seconds.
All backlogs together have a bound as well, which the hub keeps. See :class:`~natterjack.net.roles.QueueLimits`.

**Ending.** A socket that is closed with unread data in it makes the kernel reset the connection, and the peer may lose
the last lines that it was sent, which say why. So after the last byte we close our half only, and read on without
looking until the peer closes its own, for ``LINGER`` seconds at most.

**Lending.** What takes long in bulk goes on in another thread: :meth:`Connection.lend` takes the socket out of the
loop, and :meth:`Connection.take_back` puts it in again. In between nothing here touches the socket but to cut it; the
descriptor stays open, so that its number can't become somebody else's.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable

from natterjack.net.origin import Origin
from natterjack.net.reactor import READ, WRITE
from natterjack.net.roles import Framing, Keeper, Stack
from natterjack.net.selecting import has_ended
from natterjack.net.tls import Crossed, TlsSocket, cut
from natterjack.ports.events import Opened

#: Bytes read at once of what is thrown away, and how often at the most: some peers go on and on.
_READ_OFF = 16 * 1024
_ROUNDS = 64
#: Bytes joined for one send: more than a socket's buffer usually takes.
_SEND_BYTES = 256 * 1024
#: Bytes with which a send is large enough: what a short one left of as much is not copied again to put more behind it.
_JOIN_BYTES = 64 * 1024
#: Seconds that a peer has to close its half after we have closed ours.
LINGER = 2.0


class _NoStack:
    """That of a connection which is closed."""

    def receive(self, data: bytes) -> None:
        """Nobody listens any more."""

    def pending(self) -> bool:
        """Nothing waits."""
        return False

    def lost(self, reason: str) -> None:
        """It is known."""


_NONE = _NoStack()


class Connection:
    """``sid`` is its number; ``stack`` is set by the hub right after making it."""

    __slots__ = (
        "_backlog",
        "_mask",
        "_only",
        "closed",
        "closing",
        "framing",
        "gone",
        "held",
        "hub",
        "ip",
        "lent",
        "lingering",
        "origin",
        "out",
        "parked",
        "paused",
        "port",
        "progress",
        "queued",
        "sid",
        "sock",
        "stack",
    )

    stack: Stack

    def __init__(self, hub: Keeper, sid: int, sock: socket.SocketType | TlsSocket, origin: Origin) -> None:
        self.hub = hub
        self.sid = sid
        self.sock = sock
        self.origin = origin
        self.ip = origin.ip
        self.port = origin.port
        self.out: list[bytes] = []  # since the last flush; the hub appends, and notes that there is something
        self._backlog: deque[bytes | memoryview] | None = None
        self.queued = 0  # bytes in the backlog
        self.progress = 0.0  # monotonic time at which the peer last took something
        self.closing = False  # to be closed as soon as all is sent
        self.held = -1  # from which place in ``out`` on everything waits; -1: nothing does
        self.framing: Framing | None = None  # None: lines go out as they are
        self.paused = False  # the core has asked for nothing more for now
        self.parked: Callable[[], None] | None = None  # what its stack does once that is over
        self.lingering = False  # our half is closed; what still comes is thrown away
        self.lent = False  # to another thread, to which the socket belongs meanwhile
        self.closed = False
        self.gone = False  # closed, or soon, since the peer is not there any more: nothing is sent to it
        self._mask = READ
        self._only = 0  # what TLS alone waits for, whatever else is wanted; see Crossed

    @property
    def via(self) -> str:
        """How lines come here: ``irc`` or ``tls``; ``ws`` or ``wss``, where they are framed."""
        plain, secure = ("irc", "tls") if self.framing is None else ("ws", "wss")
        return secure if isinstance(self.sock, TlsSocket) or self.origin.secure else plain

    def opened(self) -> Opened:
        """Who this is, for the core."""
        sock = self.sock
        certfp = sock.fingerprint() if isinstance(sock, TlsSocket) else ""
        return Opened(self.sid, self.ip, self.port, self.via, self.origin.proxied, certfp)

    def comes_from(self, origin: Origin) -> None:
        """It has turned out later where this comes from."""
        self.origin = origin
        self.ip = origin.ip
        self.port = origin.port

    def framed_by(self, framing: Framing) -> None:
        """From now on lines are put into something else on their way out."""
        self.hub.block(self)
        self.framing = framing

    # -- reading

    def ready(self, mask: int) -> None:
        """Called by the reactor."""
        if self.gone:
            return  # another's event in the same turn has ended it
        if self._only:
            only, self._only = self._only, 0
            if only == WRITE and not self.closing:  # it was a read that had to write
                self._read()
            self.update_interest()
            mask = WRITE
        elif mask & READ:
            self._read()
        if mask & WRITE and not self.gone:
            if self._backlog:
                self._send_backlog()
            elif self.closing and not self.lingering:
                self._close_half()

    def _read(self) -> None:
        hub = self.hub
        try:
            data = self.sock.recv(hub.limits.unread)
        except BlockingIOError as error:
            self._blocked(error)
            return
        except OSError as error:
            self._end(error.strerror or "Connection lost")
            return
        if not data:
            self._end("Connection closed")
        elif not self.lingering:
            hub.bytes_in += len(data)
            self.stack.receive(data)

    def has_ended(self) -> bool:
        """Whether the peer has closed its half at least: for one that is not read from, whatever lies there unread.

        False while another thread has it, which finds out by itself.
        """
        return self.gone or (not self.lent and has_ended(self.sock))

    def _blocked(self, error: BlockingIOError) -> None:
        if isinstance(error, Crossed):
            self._only = error.mask
            self.update_interest()

    def update_interest(self) -> None:
        """Ask the reactor for what is wanted now; called when the stack or the backlog has changed its mind."""
        if self.gone or self.lent:
            return
        mask = 0
        if self._only:
            mask = self._only
        elif self.lingering:
            mask = READ
        elif not self.closing and not self.paused and not self.stack.pending():
            bound = self.hub.limits.stop_reading
            mask = READ if self.queued <= (bound if self._mask & READ else bound // 2) else 0
        if self._backlog and not self._only:
            mask |= WRITE
        if mask == self._mask:
            return
        reactor = self.hub.reactor
        if not self._mask:
            reactor.register(self.sock, mask, self)
        elif not mask:
            reactor.unregister(self.sock)
        else:
            reactor.modify(self.sock, mask, self)
        self._mask = mask

    def pause(self, paused: bool) -> None:
        """The core asks for nothing more for now, or for what has come meanwhile."""
        self.paused = paused
        if not paused and self.parked is not None:
            self.hub.reactor.soon(self.parked)
            self.parked = None
        self.update_interest()

    # -- writing

    def flush(self) -> None:
        """Send what this turn brought. Called by the hub at the end of the turn."""
        out = self.out
        if self.gone or not out:
            out.clear()
            return
        if self.held >= 0:
            return
        if self.framing is not None and not self.framing.frame(out):
            return
        if self._backlog:
            self._queue(out)
            out.clear()
        else:
            data = out[0] if len(out) == 1 else b"".join(out)
            out.clear()
            try:
                sent = self.sock.send(data)
            except OSError as error:
                self.unsent(data, error)
                return
            if sent < len(data):
                self.sent_partly(data, sent)
        if self.closing and not self._backlog and not self.closed:  # queueing may have been too much
            self._close_half()

    def way(self) -> Callable[[bytes], int] | None:
        """How to send to it with nothing in between; None: something is in the way. Good until the hub is told."""
        blocked = self.gone or self.closing or self.lent or self.framing is not None or self.held >= 0
        return None if blocked or self._backlog else self.sock.send

    def sent_partly(self, data: bytes, sent: int) -> None:
        """Of ``data``, before which nothing waited, the kernel took the first ``sent`` bytes."""
        self.hub.block(self)
        self._backlog = deque()
        self.progress = self.hub.reactor.now.mono
        self._queue([memoryview(data)[sent:]])

    def unsent(self, data: bytes, error: OSError) -> None:
        """Nothing of ``data`` was taken, because of ``error``."""
        if isinstance(error, BlockingIOError):
            self._blocked(error)
            self.sent_partly(data, 0)
        else:
            self._lost(error.strerror or "Connection lost")

    def hold(self) -> None:
        """What is queued from now on waits for :meth:`release`."""
        if self.held < 0:
            self.hub.block(self)
            self.held = len(self.out)

    def release(self, data: bytes) -> None:
        """``data`` comes before what has waited; all of it goes at the end of the turn."""
        if self.held >= 0:
            if data:
                self.out.insert(self.held, data)
            self.held = -1
            self.hub.touch(self)

    def _queue(self, items: list[bytes] | list[memoryview]) -> None:
        assert self._backlog is not None
        self._backlog.extend(items)
        size = sum(map(len, items))
        self.queued += size
        self.hub.count_queued(self, size)
        if self.queued > self.hub.limits.close:
            self._lost("Send queue exceeded: too slow in reading")
        else:
            self.update_interest()

    def _send_backlog(self) -> None:
        backlog = self._backlog
        while backlog:
            pieces = [backlog.popleft()]
            size = len(pieces[0])
            while backlog and size < _JOIN_BYTES and size + len(backlog[0]) <= _SEND_BYTES:
                size += len(backlog[0])
                pieces.append(backlog.popleft())
            data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            try:
                sent = self.sock.send(data)
            except BlockingIOError as error:
                sent = 0
                self._blocked(error)
            except OSError as error:
                self._lost(error.strerror or "Connection lost")
                return
            self.queued -= sent
            self.hub.count_queued(self, -sent)
            if sent:
                self.progress = self.hub.reactor.now.mono
            if sent < len(data):
                backlog.appendleft(memoryview(data)[sent:])
                break
        if not backlog:
            self._backlog = None
            if self.closing:
                self._close_half()
                return
        self.update_interest()

    # -- lending

    def lend(self) -> bytes:
        """Leave the loop: the answer is what was queued and not sent, which has to be sent first."""
        self.hub.block(self)
        unsent = b"".join([*(self._backlog or ()), *self.out])
        size, self.queued, self._backlog = self.queued, 0, None
        self.hub.count_queued(self, -size)
        self.out.clear()
        if self._mask:
            self.hub.reactor.unregister(self.sock)
        self._mask = self._only = 0
        self.lent = True
        return unsent

    def take_back(self, alive: bool) -> None:
        """The socket is ours again; not ``alive``: it is of no use any more. What was cut meanwhile is closed."""
        self.lent = False
        if self.closing or not alive:
            self.close()
        else:
            self.update_interest()

    def cut(self) -> None:
        """End it under the hands of whoever has it; he gives it back then."""
        if isinstance(self.sock, TlsSocket):
            self.sock.cut()
        else:
            cut(self.sock)

    # -- ending

    def finish(self) -> None:
        """Close as soon as all that is queued is sent; take in nothing more."""
        if self.closing:
            return
        self.hub.block(self)
        self.release(b"")
        if self.framing is not None:
            self.hub.send(self.sid, self.framing.farewell())
        self.closing = True
        if self.lent:
            self.cut()
        elif not self.out and not self._backlog:
            self._close_half()
        else:
            self.update_interest()

    def _close_half(self) -> None:
        if not self.hub.may_linger(self):
            self.close()
            return
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            # TLS has a last word, and no room for it yet: we linger until there is, or time is up.
            self._only = WRITE
            self.update_interest()
            return
        except OSError:  # the peer has gone already
            self.close()
            return
        self.lingering = True
        self.update_interest()

    def close(self) -> None:
        """Close now; what is lent, as soon as it is back."""
        if self.closed:
            return
        if self.lent:
            self.closing = True
            self.cut()
            return
        self.closed = self.gone = True
        if self._mask:
            self.hub.reactor.unregister(self.sock)
            self._mask = 0
        self.hub.count_queued(self, -self.queued)
        self.hub.forget(self)
        self._backlog = self.parked = None
        self.queued = 0
        # They know each other, and Python would need its collector to see that nobody else does.
        self.stack = _NONE
        if self.lingering:
            self._read_off()
        self.sock.close()

    def _read_off(self) -> None:
        """What lies unread in a socket when it is closed makes the kernel reset the connection."""
        try:
            for _ in range(_ROUNDS):
                if not self.sock.recv(_READ_OFF):
                    return
        except OSError:
            return  # nothing more for now, or the peer has gone

    def _end(self, reason: str) -> None:
        """The peer has gone: we are closed when the hub comes to it, and hear nothing until then."""
        self.hub.block(self)
        self.gone = True
        if self._mask:
            self.hub.reactor.unregister(self.sock)
            self._mask = 0
        self.hub.ended(self, reason)

    def _lost(self, reason: str) -> None:
        if not self.closed:
            told, stack = not self.closing, self.stack
            self.close()
            if told:
                stack.lost(reason)

    def fail(self, reason: str) -> None:
        """Close now, and tell the stack why."""
        self._lost(reason)
