"""A request that is not answered at once: its connection waits, or is lent to another thread meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from natterjack.net.connection import Connection
from natterjack.net.loan import Loan
from natterjack.net.progress import Patience
from natterjack.net.roles import Stack
from natterjack.wire.http import Headers, HttpCodec, Response


class Peer(Struct, frozen=True):
    """Who asks. ``secure``: inside TLS; ``proxied``: through a configured proxy."""

    ip: str
    secure: bool
    proxied: bool = False


class Exchange:
    """On the loop's thread: :meth:`answer` once, at any time; or :meth:`lend`, :meth:`take_back` and then the answer,
    or :meth:`sent` in its place where whoever had the loan has given it.

    ``answered`` is called when it is over; the connection goes on with the next request, or ends.
    """

    def __init__(self, connection: Connection, codec: HttpCodec, answered: Callable[[], None]) -> None:
        self._connection = connection
        self._codec = codec
        self._answered = answered

    @property
    def gone(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._connection.closed or self._connection.closing

    @property
    def left(self) -> bool:
        """Whether the peer has ended its side, which nobody is told of while an answer is to come; not while lent."""
        return self.gone or self._connection.has_ended()

    def also(self, headers: Headers) -> None:
        """The answer has these headers too, whoever gives it."""
        self._codec.also = headers

    def answer(self, response: Response) -> None:
        """The answer; nothing happens where nobody waits for it."""
        connection = self._connection
        if not self.gone:
            connection.hub.send(connection.sid, self._codec.answer(response))
        self._answered()

    def lend(self, patience: Patience) -> Loan:
        """The connection is another thread's until :meth:`take_back`. Not where it is :attr:`gone`."""
        connection = self._connection
        unsent = connection.lend()
        return Loan(connection.sock, self._codec, unsent, patience)

    def take_back(self, loan: Loan, alive: bool) -> None:
        """The other thread has done with it; not ``alive``: the connection broke.

        What was queued before, and found no occasion there to be sent, goes before all that was queued since.
        """
        connection, hub = self._connection, self._connection.hub
        rest = loan.unsent if alive else b""
        hub.bytes_in += loan.bytes_in
        queued = loan.queued  # counted when that was done
        hub.bytes_out += max(0, loan.bytes_out + len(rest) - queued)
        connection.take_back(alive)
        if rest and not connection.closed:
            connection.out.insert(0, rest)
            hub.touch(connection)

    def sent(self) -> None:
        """The answer is out, whole or not, by whoever had the loan."""
        self._answered()

    def cut(self) -> None:
        """End the connection, whoever has it."""
        self._connection.close()


class Later(Struct, frozen=True):
    """In place of a response: ``begin`` gets the exchange, and sees to its answer."""

    begin: Callable[[Exchange], None]


class Switch(Struct, frozen=True):
    """In place of a response: ``answer`` is sent, and what is spoken from then on is ``make``'s stack's."""

    answer: bytes
    make: Callable[[Connection], Stack]
