"""Volleys to readers that count what comes without looking into it, so that TLS costs a reader what plain text does.

Why. A reader who decrypts costs the generator more than encrypting costs the server, and one processor drives a
thousand of them. Then it is the generator that sets the pace: the server waits, gathers less in a turn, writes smaller
pieces, and takes more CPU time per delivery for a reason that has nothing to do with TLS. Two things settle that.

*Volleys.* One client says so many messages in one write, and the next speaks when all of them have reached everybody.
So the server has the same messages in each turn, in plain text and over TLS, however fast or slow the readers are.

*Counting.* Once everybody is in the channel, most clients take bytes from the socket as the kernel has them: in plain
text they count them; over TLS 1.3 they add up what the records hold, whose headers say how long they are (RFC 8446
section 5.2), and whose overhead is fixed: a byte for the type inside, and 16 of authentication. All messages have the
same length, so bytes are deliveries, and that is exact: at the end of a round the sum has to be messages times
recipients, to the byte, or the round is not used.

A few clients talk, and decrypt all that they are sent; some of them read it line by line and time it, and show that
what comes is what was said.
"""

from __future__ import annotations

import socket
from time import perf_counter_ns
from typing import Final

from bench.counters import Word
from bench.swarm import Latencies, LoadError, Swarm

HEADER: Final = 5
"""Bytes of a record's header: type, version, length."""
OVERHEAD: Final = 17
"""Bytes of a record's body that are not content, with any of the ciphers of TLS 1.3."""
_APPLICATION_DATA: Final = 23
_EVENTS: Final = 64


class Records:
    """One stream of TLS 1.3 records: how much content has come, without decrypting any."""

    __slots__ = ("_content", "_head", "_owed")

    def __init__(self) -> None:
        self._head = b""  # what there is of a header that is not whole
        self._owed = 0  # what is missing of a record's body
        self._content = 0  # and what it holds

    def take(self, data: bytearray, length: int) -> int:
        """The first `length` bytes of `data` have come: bytes of content in the records that are whole by that.

        Raises LoadError for a record that is no application data.
        """
        at, content = 0, 0
        if self._head:
            at = HEADER - len(self._head)
            self._head += data[: min(at, length)]
            if len(self._head) < HEADER:
                return 0
            self._begin(bytearray(self._head), 0)
            self._head = b""
        while True:
            if self._owed:
                if length - at < self._owed:
                    self._owed -= length - at
                    return content
                at += self._owed
                self._owed = 0
                content += self._content
            if length - at < HEADER:
                self._head = bytes(data[at:length])
                return content
            self._begin(data, at)
            at += HEADER

    def _begin(self, data: bytearray, at: int) -> None:
        if data[at] != _APPLICATION_DATA:
            raise LoadError(f"a TLS record of type {data[at]} came")
        self._owed = data[at + 3] << 8 | data[at + 4]
        self._content = self._owed - OVERHEAD


class Undeciphered(Swarm):
    """A swarm in which few clients talk; of these the sampled ones read line by line, and all others only count."""

    speakers = 16
    """How many of them. Enough that none is asked to say much, few enough that their reading costs little."""

    def flood(self, seconds: float, window: int, text_bytes: int, rate: float) -> Latencies:
        """In volleys: one client after the other says `window` messages at once, when all before have arrived."""
        if self.layout.workers > 1 or rate:
            raise LoadError("volleys take a single worker, and no rate")
        round_ = _Round(self, text_bytes)
        words, row, poll, read = self.words, self.row, self.epoll.poll, round_.read
        copies = self.layout.channel_size - 1
        end = perf_counter_ns() + int(seconds * 1e9)
        sent = 0
        self._mark(Word.FIRST)
        while True:
            if words[row + Word.RECEIVED] == sent * copies:
                if perf_counter_ns() < end:
                    round_.say(sent, window)
                    sent += window
                    words[row + Word.SENT] = sent
                else:
                    words[row + Word.DONE] = 1
            for fd, _ in poll(0.05, _EVENTS):
                if fd == self.pipe_fd:
                    return round_.finish()
                read(fd)
            words[row + Word.RECEIVED] = round_.deliveries()
            words[row + Word.LAST] = perf_counter_ns()


class _Round:
    """One flood: who talks, how each is read, and what has come."""

    def __init__(self, swarm: Undeciphered, text_bytes: int) -> None:
        self._swarm = swarm
        self._intake = swarm.intake
        clients, count = swarm.clients, min(swarm.speakers, len(swarm.clients))
        # Evenly spread, and whoever is sampled among them.
        chosen = [client for client in clients if client.sampled]
        others = [client for client in clients if not client.sampled]
        chosen += others[:: max(1, len(others) // max(1, count - len(chosen)))][: count - len(chosen)]
        self._speakers = chosen
        self._heads = [f"PRIVMSG {client.channel} :".encode() for client in chosen]
        self._tail = b"x" * max(1, text_bytes - 32) + b"\r\n"
        self._size = self._source_bytes() + 1 + len(self._heads[0]) + 32 + len(self._tail)
        self._latencies = Latencies([], [])
        self._seen: set[tuple[int, int]] = set()
        self._lines = 0  # deliveries read as lines
        self._bytes = 0  # and of all others
        self._deciphering = {client.fd for client in chosen} if swarm.tls else set()
        self._records = (
            {client.fd: Records() for client in clients if client.fd not in self._deciphering}
            if swarm.tls
            else {}
        )

    def say(self, number: int, count: int) -> None:
        """Messages `number` and on, counted from 0; all have the same length."""
        turn = number // count % len(self._speakers)
        now = perf_counter_ns()
        lines = [
            b"%b%010d %020d %b" % (self._heads[turn], each, now, self._tail)
            for each in range(number, number + count)
        ]
        self._swarm.send(self._speakers[turn], b"".join(lines))

    def read(self, fd: int) -> None:
        """Something has come for one of them."""
        client = self._swarm.by_fd[fd]
        intake = self._intake
        try:
            if client.sampled:
                length = intake.read(client.sock, fd)
                self._lines += intake.data.count(b" PRIVMSG ", 0, length)
                self._swarm.sample(client, length, self._seen, self._latencies)
                return
            if fd in self._deciphering:
                length = client.sock.recv_into(intake.view)
            else:
                length = socket.socket.recv_into(client.sock, intake.view)  # as the kernel has it
        except BlockingIOError:
            return
        if not length:
            raise LoadError("the server closed a connection")
        records = self._records.get(fd)
        self._bytes += length if records is None else records.take(intake.data, length)

    def deliveries(self) -> int:
        """Whole messages that have come."""
        return self._lines + self._bytes // self._size

    def finish(self) -> Latencies:
        """The latencies of the sampled. Raises LoadError if something else came than messages."""
        if self._bytes % self._size:
            raise LoadError(f"{self._bytes} bytes came, which are no messages of {self._size}")
        return self._latencies

    def _source_bytes(self) -> int:
        """How long the source of everybody's messages is: all nicks and user names are, and come from one address."""
        client = self._speakers[0]
        nick = self._swarm.layout.nick(client.index)
        self._swarm.send(client, f"PRIVMSG {nick} :how long is my source?\r\n".encode())
        client.sock.settimeout(5.0)
        heard = b""
        while b"?\r\n" not in heard:
            heard += client.sock.recv(4096)
        client.sock.settimeout(0.0)
        return heard.index(b" PRIVMSG ")
