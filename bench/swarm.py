"""One worker's clients: connecting, joining, talking, and counting what comes back.

A phase runs until the coordinator writes to the worker's pipe; the swarm publishes its progress in shared
counters meanwhile, and answers PINGs in every phase. The loop that measures is `flood`: there the work
per received chunk is one epoll event, one recv into a common buffer and one substring count.

After each message its sender asks for TCP_QUICKACK. Otherwise Linux would take him for one half of a dialogue
and hold back his next acknowledgement for 40 ms; to a server that has left Nagle's algorithm on, and most
have, each such delay would be a pause in which there is nothing to measure.
"""

from __future__ import annotations

import errno
import re
import select
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from time import perf_counter_ns, time_ns
from typing import Final, NamedTuple

from .counters import WIDTH, Counters, Word
from .intake import LINE_FEED, Intake
from .layout import Layout, due
from .registration import Registration
from .stamped import StampedSocket, stamped

_RETRIES: Final = 20
"""Attempts to connect a client: a full listen backlog refuses some."""

_DEAF_BYTES: Final = 16 * 1024
"""Receive buffer of one who stops reading: what he does not take is soon the server's to keep."""

_EVENTS: Final = 64
"""Events taken at a time: few, so that the window is filled up smoothly and not in bursts."""

_STAMP: Final = re.compile(rb" PRIVMSG \S+ :(\d+) (\d+) ")
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER 0: closing leaves no TIME_WAIT behind, of which thousands would use up the ports."""


class TlsSocket(ssl.SSLSocket):
    """Says in a plain socket's way that nothing has come."""

    def recv_into(self, buffer: memoryview, nbytes: int | None = None, flags: int = 0) -> int:  # type: ignore[override]
        try:
            return super().recv_into(buffer, nbytes, flags)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None


def tls_context() -> ssl.SSLContext:
    """One that trusts any server: what is measured is its work."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = TlsSocket
    return context


Speaker = tuple[Callable[[bytes], int], Callable[[int, int, int], None], bytes, bytes]


class Latencies(NamedTuple):
    """Of the sampled deliveries, in nanoseconds from the sending on."""

    read: list[int]
    """Until the generator had read them."""
    arrived: list[int]
    """Until they were in the client's socket; empty where that is not asked for."""


class LoadError(Exception):
    """The load could not be made: the server refused a client, closed a connection or the like."""


class Client:
    """One connection and where it stands."""

    __slots__ = ("attempts", "channel", "fd", "index", "registration", "sampled", "shaking", "sock")

    def __init__(self, index: int, channel: str, sampled: bool) -> None:
        self.index = index
        self.channel = channel
        self.sampled = sampled
        self.attempts = 0
        self.shaking = False  # hands: TLS
        self.fd = -1
        self.sock: socket.socket
        self.registration: Registration


class Swarm:
    """The clients of worker number `worker`; `pipe` leads to the coordinator."""

    def __init__(
        self,
        address: tuple[str, int],
        layout: Layout,
        worker: int,
        wanted: str | frozenset[str],
        *,
        counters: Counters,
        pipe: Connection,
        tls: bool = False,
    ) -> None:
        self.address = address
        self.tls = tls_context() if tls else None
        self.layout = layout
        self.worker = worker
        self.wanted = wanted
        self.words = counters.words
        self.row = worker * WIDTH
        self.counters = counters
        self.intake = Intake()
        self.epoll = select.epoll()
        self.pipe_fd = pipe.fileno()
        self.epoll.register(self.pipe_fd, select.EPOLLIN)
        self.clients = [
            Client(index, layout.channel(index), layout.is_sampled(index)) for index in layout.mine(worker)
        ]
        self.by_fd: dict[int, Client] = {}
        self.waiting: list[Client] = []
        self.deaf: list[Client] = []
        self.under_way = 0

    def close(self) -> None:
        """Drop all connections at once."""
        for client in (*self.by_fd.values(), *self.deaf):
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            client.sock.close()
        self.by_fd.clear()
        self.epoll.close()

    # --- phases -----------------------------------------------------------------------------------------

    def idle(self) -> None:
        """Only answer PINGs, until the coordinator speaks."""
        self._run(lambda: None, lambda client, length: None)

    def connect(self, batch: int) -> frozenset[str]:
        """Register all clients, `batch` of them at a time; the capabilities that each of them has."""
        self.waiting = self.clients[::-1]
        self.under_way = 0
        self._mark(Word.FIRST)

        def start_some() -> None:
            while self.waiting and self.under_way < batch:
                self._start(self.waiting.pop())

        self._run(start_some, self._registering)
        sets = {client.registration.capabilities for client in self.clients}
        if len(sets) > 1:
            raise LoadError("the server gave different capabilities to different clients")
        return sets.pop() if sets else frozenset()

    def join(self, batch: int) -> None:
        """Join every client to its channel, `batch` at a time (0: all at once)."""
        queue = self.clients[::-1] if self.layout.channel_size else []
        room = batch or len(queue)
        words, row, data = self.words, self.row, self.intake.data
        entered = joins = asked = 0
        self._mark(Word.FIRST)

        def start_some() -> None:
            nonlocal asked
            while queue and asked - entered < room:
                client = queue.pop()
                self.send(client, f"JOIN {client.channel}\r\n".encode())
                asked += 1

        def count(client: Client, length: int) -> None:
            nonlocal entered, joins
            entered += data.count(b" 366 ", 0, length)
            joins += data.count(b" JOIN ", 0, length)
            words[row + Word.ENTERED] = entered
            words[row + Word.JOINS] = joins
            self._mark(Word.LAST)

        self._run(start_some, count)

    def flood(self, seconds: float, window: int, text_bytes: int, rate: float) -> Latencies:
        """Keep `window` messages under way for `seconds`, then wait for the rest.

        With a `rate` no more than so many a second are sent, by all workers together (0: as many as will go). Then the
        kernel is asked, too, when they came.

        The window is over all workers: message number m is sent when fewer than `window` of those before it
        are out, where deliveries received / recipients of a message counts as that many messages done.
        """
        layout, words, row, counters = self.layout, self.words, self.row, self.counters
        workers, worker = layout.workers, self.worker
        copies = layout.copies + ("echo-message" in self.clients[0].registration.capabilities)
        self._prepare(stamps=bool(rate))
        speakers = [self._speaker(index, text_bytes) for index in layout.speakers(worker)]
        intake, by_fd, poll = self.intake, self.by_fd, self.epoll.poll
        data, view, rest = intake.data, intake.view, intake.rest
        latencies = Latencies([], [])
        seen: set[tuple[int, int]] = set()
        sent = received = allowed = 0
        begin = perf_counter_ns()
        end = begin + int(seconds * 1e9)
        # What another worker receives may open our window, and so may time.
        patience = 0.05 if workers == 1 and not rate else 0.001
        sending = True
        self._mark(Word.FIRST)
        while True:
            if sending and perf_counter_ns() >= end:
                sending = False
                words[row + Word.DONE] = 1
            if sending:
                everywhere = received if workers == 1 else counters.total(Word.RECEIVED)
                paced = int((perf_counter_ns() - begin) / 1e9 * rate) + 1 if rate else sys.maxsize
                allowed = due(min(everywhere // copies + window, paced), worker, workers)
                while sent < allowed:
                    send, option, head, tail = speakers[sent % len(speakers)]
                    line = b"%b%d %d %b" % (head, sent * workers + worker, perf_counter_ns(), tail)
                    if send(line) != len(line):
                        raise LoadError("the server does not read fast enough")
                    option(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                    sent += 1
                words[row + Word.SENT] = sent
            for fd, _ in poll(patience, _EVENTS):
                client = by_fd.get(fd)
                if client is None:
                    return latencies
                try:
                    if rest:
                        length = intake.read(client.sock, fd)
                    else:  # the same without the call
                        length = client.sock.recv_into(view)
                        if data[length - 1] != LINE_FEED or not length:
                            length = intake.cut_or_raise(fd, length)
                except BlockingIOError:
                    continue
                received += data.count(b" PRIVMSG ", 0, length)
                if client.sampled:
                    self.sample(client, length, seen, latencies)
                if data.find(b"PING ", 0, length) >= 0:
                    self._answer(client, length)
            words[row + Word.RECEIVED] = received
            words[row + Word.LAST] = perf_counter_ns()

    # --- steps ------------------------------------------------------------------------------------------

    def _run(self, step: Callable[[], None], lines: Callable[[Client, int], None]) -> None:
        """Turn after turn, `step()` then `lines(client, length)` for each that has sent whole lines."""
        intake, by_fd = self.intake, self.by_fd
        while True:
            step()
            for fd, event in self.epoll.poll(0.05, _EVENTS):
                client = by_fd.get(fd)
                if client is None:
                    if fd == self.pipe_fd:
                        return
                    continue
                if event & select.EPOLLOUT:
                    self._connected(client)
                    continue
                if client.shaking:
                    self._shake(client)
                    continue
                try:
                    length = intake.read(client.sock, fd)
                except BlockingIOError:
                    continue
                except ConnectionError as error:
                    self._lost(client, error)
                    continue
                lines(client, length)
                if client.registration.ready and intake.data.find(b"PING ", 0, length) >= 0:
                    self._answer(client, length)

    def _start(self, client: Client) -> None:
        client.attempts += 1
        client.registration = Registration(self.layout.nick(client.index), self.wanted)
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        client.sock = socket.socket(family, socket.SOCK_STREAM)
        client.sock.setblocking(False)
        if self.layout.is_deaf(client.index):
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _DEAF_BYTES)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.fd = client.sock.fileno()
        code = client.sock.connect_ex(self.address)
        if code not in (0, errno.EINPROGRESS):
            raise LoadError(f"connect to {self.address[0]} port {self.address[1]}: {errno.errorcode[code]}")
        self.by_fd[client.fd] = client
        self.epoll.register(client.fd, select.EPOLLIN | select.EPOLLOUT)
        self.under_way += 1

    def _connected(self, client: Client) -> None:
        code = client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._lost(client, OSError(code, errno.errorcode.get(code, "")))
            return
        self.epoll.modify(client.fd, select.EPOLLIN)
        if self.tls is None:
            self.send(client, client.registration.hello())
            return
        client.sock = self.tls.wrap_socket(client.sock, do_handshake_on_connect=False)
        client.shaking = True
        self._shake(client)

    def _shake(self, client: Client) -> None:
        assert isinstance(client.sock, ssl.SSLSocket)
        try:
            client.sock.do_handshake()
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            client.shaking = False
            self._lost(client, error)
            return
        client.shaking = False
        self.send(client, client.registration.hello())

    def _registering(self, client: Client, length: int) -> None:
        """Lines for one who may still be on his way in."""
        registration = client.registration
        if registration.ready:
            return
        for line in self.intake.lines(length):
            answer = registration.line(line)
            if answer:
                self.send(client, answer)
        if registration.refused:
            raise LoadError(f"client {client.index + 1} was refused: {registration.refused}")
        if registration.ready:
            self.under_way -= 1
            self.words[self.row + Word.READY] += 1
            self._mark(Word.LAST)

    def _lost(self, client: Client, error: OSError) -> None:
        """A connection is gone: try again while its client is not in, else give up."""
        if client.registration.ready or client.attempts >= _RETRIES:
            raise LoadError(f"client {client.index + 1}: {error}")
        del self.by_fd[client.fd]
        self.intake.forget(client.fd)
        client.sock.close()
        self.under_way -= 1
        self.waiting.insert(0, client)

    def sample(self, client: Client, length: int, seen: set[tuple[int, int]], latencies: Latencies) -> None:
        """Read what a sampled client received line by line: how old it is, and that nothing comes twice."""
        now = perf_counter_ns()
        waited = 0
        if isinstance(client.sock, StampedSocket) and client.sock.arrived:
            waited = time_ns() - client.sock.arrived
        for number, stamp in _STAMP.findall(self.intake.data, 0, length):
            mark = (client.index, int(number))
            if mark in seen:
                raise LoadError(f"message {number.decode()} came twice to client {client.index + 1}")
            seen.add(mark)
            latencies.read.append(now - int(stamp))
            if waited:
                latencies.arrived.append(now - waited - int(stamp))

    def _answer(self, client: Client, length: int) -> None:
        for answer in self.intake.pings(length):
            self.send(client, answer)

    def send(self, client: Client, line: bytes) -> None:
        """A line from `client`. Raises LoadError if there is no room for it."""
        try:
            if client.sock.send(line) != len(line):
                raise LoadError("the server does not read fast enough")
        except BlockingIOError as error:
            raise LoadError("the server does not read fast enough") from error

    def _prepare(self, stamps: bool) -> None:
        """For a flood; with ``stamps`` the kernel says of what the sampled clients receive when it came."""
        self._deafen()
        if stamps and self.tls is None:
            for client in self.by_fd.values():
                if client.sampled and not isinstance(client.sock, StampedSocket):
                    client.sock = stamped(client.sock)

    def _deafen(self) -> None:
        """Those who are to stop reading do, if they have not yet."""
        for client in self.clients:
            if self.layout.is_deaf(client.index) and client.fd in self.by_fd:
                del self.by_fd[client.fd]
                self.epoll.unregister(client.fd)
                self.deaf.append(client)

    def _speaker(self, index: int, text_bytes: int) -> Speaker:
        """How client `index` says something: its send and setsockopt, and what precedes and follows the stamp."""
        client = self.clients[index - self.layout.mine(self.worker).start]
        padding = b"x" * max(1, text_bytes - 24)  # number and time take some 24 bytes
        head = f"PRIVMSG {self.layout.target(index)} :".encode()
        return client.sock.send, client.sock.setsockopt, head, padding + b"\r\n"

    def _mark(self, word: Word) -> None:
        self.words[self.row + word] = perf_counter_ns()
