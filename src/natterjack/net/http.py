"""HTTP on a connection: requests to whoever answers them, a few in a turn, each head within its time."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from natterjack.net.connection import Connection
from natterjack.net.exchange import Exchange, Later, Peer, Switch
from natterjack.net.stacks import Waiting
from natterjack.wire.http import BadRequest, HttpCodec, Request, Response

#: Seconds for a request's head to be complete, unless another patience is configured.
HEAD_SECONDS = 10.0
#: Requests of one connection answered in a turn; the others' come first then. One takes some 100 microseconds.
REQUESTS_A_TURN = 8


#: Connections of one site that stay open from one answer to the next request: ten browsers' worth. Each further one
#: ends with its answer, so that holding it costs a handshake every time.
KEPT = 64

#: What is wrong with the request as HTTP is answered by :func:`refuse` already.
Answer = Callable[[Request, Peer], Response | Later | Switch]


def refuse(error: BadRequest) -> Response:
    """The answer to what is no request."""
    text = f"{error}\n".encode(errors="replace")
    return Response(error.status, (("Content-Type", "text/plain; charset=utf-8"),), text, close=True)


class Kept:
    """How many connections of each site stay open after an answer. The site ``""`` may keep as many as it likes."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def enter(self, site: str, most: int) -> bool:
        """One more of ``site``, if that makes no more than ``most``; whether it does not."""
        count = self._counts.get(site, 0)
        if site and count >= most:
            return False
        self._counts[site] = count + 1
        return True

    def leave(self, site: str) -> None:
        """One less."""
        left = self._counts[site] - 1
        if left:
            self._counts[site] = left
        else:
            del self._counts[site]


class Stay(Struct, frozen=True):
    """By what a connection may stay open: it counts among those of ``site``, of which there may be ``most``."""

    kept: Kept
    site: str = ""
    most: int = KEPT


class HttpStack:
    """One connection on which HTTP is spoken.

    A request's head has ``patience`` seconds from the connection's beginning, or from the answer before it. While an
    answer is still to come, nothing more is read. Where ``stay`` does not let it stay, its first answer is its last.
    """

    __slots__ = (
        "_answer",
        "_busy",
        "_codec",
        "_connection",
        "_more",
        "_patience",
        "_peer",
        "_stay",
        "_stays",
        "_waiting",
        "deadline",
    )

    def __init__(
        self,
        connection: Connection,
        waiting: Waiting,
        answer: Answer,
        patience: float = HEAD_SECONDS,
        stay: Stay | None = None,
    ) -> None:
        self._patience = patience
        self._stay = stay or Stay(Kept())
        self._stays = False  # whether it is counted among those that do
        self._connection = connection
        self._waiting = waiting
        self._answer = answer
        self._codec = HttpCodec()
        self._peer = Peer(connection.ip, connection.via == "tls", connection.origin.proxied)
        self._more = False  # whether requests may wait for the next turn
        self._busy = False  # whether an answer is still to come
        self.deadline = 0.0
        self._await_head()

    def _await_head(self) -> None:
        self.deadline = self._connection.hub.reactor.now.mono + self._patience
        self._waiting[self._connection.sid] = self

    def receive(self, data: bytes) -> None:
        """Take in ``data``, and answer the requests that are complete with it."""
        self._codec.feed(data)
        if not self._more and not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        connection = self._connection
        if connection.closed or connection.closing:
            return
        waited, self._more = self._more, False
        for _ in range(REQUESTS_A_TURN):
            response = self._next()
            if response is None:
                break
            if isinstance(response, Later):
                self._put_off(response)
                return
            if isinstance(response, Switch):
                self._switch(response)
                return
            connection.hub.send(connection.sid, self._codec.answer(response))
            if self._ended():
                return
        else:
            self._more = self._codec.holds
        if self._more:
            connection.hub.reactor.soon(self._go_on)
        if self._more or waited:
            connection.update_interest()

    def _next(self) -> Response | Later | Switch | None:
        try:
            request = self._codec.next()
        except BadRequest as error:
            return refuse(error)
        if request is None:
            return None
        if not self._stays:
            stay = self._stay
            self._stays = stay.kept.enter(stay.site, stay.most)
            self._codec.last = not self._stays
        return self._answer(request, self._peer)

    def _leave(self) -> None:
        """It stays no longer; said again, that changes nothing."""
        self._waiting.pop(self._connection.sid, None)
        if self._stays:
            self._stays = False
            self._stay.kept.leave(self._stay.site)

    def _ended(self) -> bool:
        """After an answer: whether it was the last."""
        if self._codec.over:
            self._leave()
            self._connection.finish()
            return True
        self._await_head()
        return False

    def _put_off(self, later: Later) -> None:
        """Nothing more is read until the answer has been given, which may be at once."""
        connection = self._connection
        self._waiting.pop(connection.sid, None)
        self._busy = True
        connection.update_interest()
        later.begin(Exchange(connection, self._codec, self._answered))

    def _switch(self, switch: Switch) -> None:
        """The answer goes out before there is another stack, which may put what is sent from then on into frames."""
        connection = self._connection
        self._leave()
        connection.hub.send(connection.sid, switch.answer)
        connection.flush()
        if not connection.closed:
            connection.stack = switch.make(connection)
            connection.stack.receive(self._codec.leave())
            connection.update_interest()

    def _answered(self) -> None:
        connection = self._connection
        self._busy = False
        if connection.closed or connection.closing:
            self._leave()
            return
        if self._ended():
            return
        self._more = True  # what has come meanwhile; at the turn's end, since we may be inside of it
        connection.hub.reactor.soon(self._go_on)

    def pending(self) -> bool:
        """Whether requests wait for their turn, or answers for their peer.

        Until he has taken them nothing is read: neither more of what he asks, nor that he has nothing more to ask.
        """
        return self._more or self._busy or self._connection.queued > 0

    def lost(self, _reason: str) -> None:
        """Nothing depends on it."""
        self._leave()

    def expire(self) -> None:
        """The head did not come in time: 408 for a part of one; who has said nothing is not waiting for an answer."""
        connection = self._connection
        self._leave()
        if self._codec.holds:
            error = BadRequest(408, f"the request was not complete within {self._patience:.0f} seconds")
            connection.hub.send(connection.sid, self._codec.answer(refuse(error)))
        connection.finish()
