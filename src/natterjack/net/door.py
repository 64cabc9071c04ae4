"""What stands between ``accept`` and a connection: what a newcomer speaks, and his TLS handshake.

Theory of operation. Nearly everybody has said something by the time he is accepted (:mod:`natterjack.net.listener`),
and it is no TLS: he goes to the hub at once, and is heard. Any other is a newcomer: a socket and a state, which is the
method that the reactor's news goes to:

    head --(a configured proxy's)--> first_byte --(0x16)--> in_line --> handshake --> the hub, as a TLS connection
                                        \\--(any other)--> the hub, as a plain one

The first bytes are looked at and left where they are (MSG_PEEK), so that whoever comes next reads them. One byte is
all that is waited for: a selector tells of the same unread bytes again and again, and waiting for a second would spin.

A configured proxy may begin with a head of the PROXY protocol (:mod:`natterjack.wire.proxyhead`), which says whose
connection it is. It is peeked at as a whole and then read to its end, never beyond; of one that is not complete all
that has come is read off and kept, so that nothing spins here either. What turns out to be no head goes to the plain
connection: TLS can't begin like one.

**Bounds.** Newcomers cost descriptors, handshakes memory (some 60 KB each until done) and time (about 0.5 ms each).
So there is a bound for both, and one site may have an eighth of either (a private network more, see
:mod:`natterjack.net.room`), so that nobody can shut the door for others. Newcomers beyond their bound are closed. Those
beyond that of handshakes stand in line, where the reactor does not look at them; each site has a line of its own, and
sites take turns. At most :data:`STEPS_A_TURN` steps of handshakes are taken in a turn, the others stay readable and
are told of again in the next. Each has his time for his first byte and for his handshake, the latter less of it while
others stand in line for his place. :class:`DoorLimits` has the numbers.

Whoever has been heard already is no newcomer, so he gets in whatever stands before the door; how many of those there
may be who are no sessions is for the handover to say.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from msgspec import Struct, structs

from natterjack.net.connection import Connection
from natterjack.net.origin import Origin, Proxies, origin_of
from natterjack.net.reactor import READ, Reactor
from natterjack.net.room import Lines, Room, Sharing
from natterjack.net.stacks import FIRST_BYTE, SniffingStack
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.wire import proxyhead
from natterjack.wire.sniffer import DECIDED, TLS_FIRST_BYTE

_log = logging.getLogger(__name__)

#: Steps of handshakes in a turn: some 8 ms at most, so that those inside don't notice.
STEPS_A_TURN = 32
#: Into how many parts the room for newcomers, and that for handshakes, goes, of which a single address may have one.
PARTS = 8


class DoorLimits(Struct, frozen=True, kw_only=True):
    """How many may be on their way in, and how long (seconds)."""

    first_byte: float = FIRST_BYTE
    tls_handshake: float = 10.0
    #: For a handshake while others wait to begin theirs: several times the round trip to the Moon.
    tls_handshake_crowded: float = 3.0
    #: Sockets that are not connections yet.
    newcomers: int = 4096
    #: Handshakes begun and not done.
    handshakes: int = 512


#: Gets the socket (plain or TLS), where it comes from, whether it may speak IRC only, and what can be seen already of
#: what is to be read there (``b""``: nothing). None: there was no room for it, and the socket is closed.
Handover = Callable[[socket.SocketType | TlsSocket, Origin, bool, bytes], Connection | None]


class Door:
    """``handover`` makes the connection. Set ``tls`` to a new context to have later handshakes use it, and ``proxies``
    to others, for whoever comes from then on.

    ``limits`` and ``sharing`` may be replaced at any time; nobody has to go for that. Call :meth:`check` about once a
    second.
    """

    def __init__(
        self,
        reactor: Reactor,
        tls: TlsContext | None,
        handover: Handover,
        limits: DoorLimits = DoorLimits(),  # noqa: B008 - a frozen value
    ) -> None:
        self.reactor = reactor
        self.limits = limits
        self.tls = tls
        self.handover = handover
        self.proxies = Proxies()
        self.sharing = Sharing()
        self.needs_heads = False  # whether those must begin with a head
        # Since the start, for whoever counts.
        self.accepted = self.refused = self.failed = self.shaken = self.bad_heads = 0
        self._newcomers: Room[Newcomer] = Room()
        self._shaking: Room[Newcomer] = Room()
        self._lines: Lines[Newcomer] = Lines()
        self._calling = False  # whether the next in line will be called in this turn or the next
        self._turn: object = None
        self._steps = 0

    def __len__(self) -> int:
        return len(self._newcomers)

    def take(self, sock: socket.SocketType, address: object, irc_only: bool = False) -> None:
        """A new non-blocking socket."""
        self.accepted += 1
        origin = origin_of(address)
        if origin.ip in self.proxies:
            origin = structs.replace(origin, proxied=True)
        elif (head := _seen(sock, DECIDED)) and (head[0] != TLS_FIRST_BYTE or self.tls is None):
            connection = self.handover(sock, origin, irc_only, head)
            if connection is None:
                self.refused += 1
            else:
                connection.ready(READ)
            return
        site = self.site(origin)
        if self._admits(site):
            self._newcomers.enter(Newcomer(self, sock, origin, irc_only), site)
        else:
            self.refused += 1
            sock.close()

    def site(self, origin: Origin) -> str:
        """Where somebody from ``origin`` is counted; see :meth:`Sharing.site`."""
        return self.sharing.site(origin, self.proxies)

    def _admits(self, site: str) -> bool:
        most = self.limits.newcomers
        return self._newcomers.admits(site, most, self.sharing.share(site, most // PARTS, most))

    def _may_shake(self, site: str) -> bool:
        most = self.limits.handshakes
        return self._shaking.admits(site, most, self.sharing.share(site, most // PARTS, most))

    def check(self, now: float) -> None:
        """Turn away those who took too long."""
        late = [newcomer for newcomer in self._newcomers if newcomer.since + self._patience(newcomer) <= now]
        for newcomer in late:
            newcomer.expire()

    def _patience(self, newcomer: Newcomer) -> float:
        limits = self.limits
        if newcomer not in self._shaking:
            return limits.first_byte
        full = len(self._shaking) >= limits.handshakes
        crowded = len(self._lines) > 0 if full else self._newcomers.site(newcomer) in self._lines
        return limits.tls_handshake_crowded if crowded else limits.tls_handshake

    def close(self) -> None:
        """Turn everybody away at once."""
        self._lines.clear()
        for newcomer in list(self._newcomers):
            newcomer.leave()

    # -- for newcomers

    def let_in(
        self, sock: socket.SocketType | TlsSocket, origin: Origin, irc_only: bool, head: bytes
    ) -> Connection | None:
        """Hand ``sock`` over; None where there is no room for it."""
        connection = self.handover(sock, origin, irc_only, head)
        if connection is None:
            self.refused += 1
        return connection

    def forget(self, newcomer: Newcomer) -> None:
        """``newcomer`` is none any more; if that makes room for a handshake, the next in line begins his."""
        self._newcomers.leave(newcomer)
        if newcomer in self._shaking:
            self._shaking.leave(newcomer)
            if len(self._lines) and not self._calling:
                self._calling = True
                self.reactor.soon(self._call_next)

    def move(self, newcomer: Newcomer, origin: Origin) -> bool:
        """``newcomer``, who has begun no handshake, turns out to come from ``origin``. False: there is no room."""
        self._newcomers.leave(newcomer)
        site = self.site(origin)
        admitted = self._admits(site)
        self._newcomers.enter(newcomer, site)
        if not admitted:
            self.refused += 1
        return admitted

    def call(self, newcomer: Newcomer) -> None:
        """Let ``newcomer`` begin his handshake; or, if too many are at it, when it is his turn."""
        site = self._newcomers.site(newcomer)
        if self._may_shake(site):
            self._begin(newcomer)
        else:
            self._lines.add(newcomer, site)

    def _begin(self, newcomer: Newcomer) -> None:
        self._shaking.enter(newcomer, self._newcomers.site(newcomer))
        newcomer.begin()

    def _call_next(self) -> None:
        self._calling = False
        while len(self._shaking) < self.limits.handshakes:
            following = self._lines.next(self._may_shake)
            if following is None:
                break
            if following in self._newcomers:
                self._begin(following)

    def may_step(self) -> bool:
        """Whether this turn has time for one more step."""
        turn = self.reactor.now
        if turn is not self._turn:
            self._turn = turn
            self._steps = 0
        self._steps += 1
        return self._steps <= STEPS_A_TURN


def _seen(sock: socket.SocketType, size: int) -> bytes | None:
    """What has come, left where it is; None: nothing yet, ``b""``: nothing will."""
    try:
        return sock.recv(size, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    except OSError as error:
        _log.debug("a newcomer was lost: %s", error)
        return b""


class Newcomer:
    """One socket on its way in. ``since`` is when its present state began (monotonic seconds)."""

    __slots__ = ("_door", "_held", "_irc_only", "_mask", "_origin", "_sock", "_state", "since")

    def __init__(self, door: Door, sock: socket.SocketType, origin: Origin, irc_only: bool) -> None:
        self._door = door
        self._sock: socket.SocketType | TlsSocket = sock
        self._origin = origin
        self._held = b""  # what was read and may be a head, or a part of one
        self._irc_only = irc_only
        self.since = door.reactor.now.mono
        # A function, not a method of this very object: that would keep it, and its socket, until the next collection.
        self._state: Callable[[Newcomer], None] = Newcomer.head if origin.proxied else Newcomer.first_byte
        self._mask = READ
        door.reactor.register(sock, READ, self)

    def ready(self, _mask: int) -> None:
        """Called by the reactor."""
        self._state(self)

    # -- states

    def head(self) -> None:
        """A proxy says something: whose connection it is, or what anybody says."""
        peeked = self._peek(proxyhead.HEAD_BYTES)
        if peeked is None:
            return
        sock = self._sock
        assert isinstance(sock, socket.SocketType)
        known = len(self._held)
        try:
            size = proxyhead.measure(self._held + peeked)
            if size is None:
                self._held += sock.recv(len(peeked))
            elif size:
                self._believe(proxyhead.read(self._held + sock.recv(size - known)))
            elif self._door.needs_heads:
                self._bad_head("there is none, and access.proxy_heads wants one")
            elif known:
                self._hand_over()
            else:
                self._state = Newcomer.first_byte
                self.first_byte()
        except proxyhead.BadHeadError as error:
            self._bad_head(str(error))

    def _believe(self, told: proxyhead.Told) -> None:
        """The head is complete. Where it tells no address, the proxy speaks for itself."""
        self._held = b""
        old = self._origin
        self._origin = Origin(told.ip or old.ip, told.port if told.ip else old.port, True, told.secure)
        self.since = self._door.reactor.now.mono
        self._state = Newcomer.first_byte
        if not self._door.move(self, self._origin):
            self.leave()

    def _bad_head(self, why: str) -> None:
        self._door.bad_heads += 1
        _log.warning(
            "closed a connection from the proxy %s: bad PROXY protocol head: %s", self._origin.ip, why
        )
        self.leave()

    def _peek(self, size: int) -> bytes | None:
        """What has come, left where it is; None where it is nothing, or the peer has gone."""
        sock = self._sock
        assert isinstance(sock, socket.SocketType)
        seen = _seen(sock, size)
        if seen == b"":
            self.leave()
        return seen or None

    def first_byte(self) -> None:
        """Something has come: TLS or not?"""
        head = self._peek(DECIDED)
        if head is None:
            return
        if head[0] == TLS_FIRST_BYTE and self._door.tls is not None:
            self.since = self._door.reactor.now.mono
            self._state = Newcomer.in_line
            self._watch(0)
            self._door.call(self)
        else:
            connection = self._hand_over(head)
            if connection is not None:
                connection.ready(READ)

    def in_line(self) -> None:
        """Never called: nobody watches the socket of one who stands in line."""

    def begin(self) -> None:
        """It is his turn to shake hands: his first bytes are there."""
        tls = self._door.tls
        assert tls is not None
        assert isinstance(self._sock, socket.SocketType)
        self.since = self._door.reactor.now.mono
        self._state = Newcomer.handshake
        try:
            self._sock = tls.wrap(self._sock)
        except OSError as error:
            _log.debug("a newcomer was lost: %s", error)
            self.leave()
            return
        self._watch(READ)

    def handshake(self) -> None:
        """Go on with the handshake, if this turn has time for it."""
        door = self._door
        sock = self._sock
        assert isinstance(sock, TlsSocket)
        if not door.may_step():
            return
        try:
            want = sock.handshake()
        except OSError as error:
            door.failed += 1
            _log.debug("a TLS handshake failed: %s", error)
            self.leave()
            return
        if want:
            self._watch(want)
        else:
            door.shaken += 1
            self._hand_over()

    # -- ends

    def _hand_over(self, head: bytes = b"") -> Connection | None:
        door = self._door
        self._watch(0)
        door.forget(self)
        connection = door.let_in(self._sock, self._origin, self._irc_only, head)
        if self._held and connection is not None:
            connection.stack.receive(self._held)
        return connection

    def expire(self) -> None:
        """Too slow. Whoever said nothing may speak IRC, and is told so, if there is room for that."""
        if self._held:
            self._bad_head("the rest of it did not come in time")
            return
        if self._state in (Newcomer.head, Newcomer.first_byte):
            connection = self._hand_over()
            if connection is not None:
                assert isinstance(connection.stack, SniffingStack)
                connection.stack.expire()
            return
        self._door.failed += 1
        self.leave()

    def leave(self) -> None:
        """Close."""
        self._watch(0)
        self._door.forget(self)
        self._sock.close()

    def _watch(self, mask: int) -> None:
        if mask == self._mask:
            return
        reactor = self._door.reactor
        if not mask:
            reactor.unregister(self._sock)
        elif not self._mask:
            reactor.register(self._sock, mask, self)
        else:
            reactor.modify(self._sock, mask, self)
        self._mask = mask
