"""All connections: takes them in, hands them their stacks, carries out the core's effects on them.

**Shares.** What a turn brings is written at its end. To write to 10,000 takes 130 ms, for which everybody else would
wait, so what goes to more than a turn can bear (:data:`SHARE`) is put off: it is in their queues at once, where
everything keeps its order, and they are written in the next turns, some in each, in the order in which they were put
off. Answers don't stand behind that: whoever gets one is written at the end of the turn, with all that waits for him.

**Straight.** Where the last thing that a turn brings is one run of lines for many, it is not put into their queues at
all, but written from where it is, after what was queued before it; see :mod:`natterjack.net.straight`. Anything that
comes behind it in the same turn has it queued as ever, so that nobody is written to twice.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Container

from natterjack.net.connection import LINGER, Connection
from natterjack.net.origin import Origin
from natterjack.net.reactor import READ, Reactor
from natterjack.net.roles import QueueLimits, Stack
from natterjack.net.straight import Straight
from natterjack.net.tls import TlsSocket
from natterjack.ports.effects import Deliver

#: Connections that may linger at a time; any further one is closed at once, so that leaving costs no descriptors.
MOST_LINGERING = 1024

#: Connections that a turn can bear to write to: about 13 ms. Of those that were put off it writes to half as many.
SHARE = 1000

#: Connections closed in a turn because their peers have gone: about 15 ms. Further ones wait for the next turns.
ENDS = 250

#: To how many at least something must go to be written straight. People who share a small room share others too, and to
#: write to them once for each room would cost more than it saves.
MANY = 16

#: How many times as many as are written to in this turn anyway: some of those would be written to twice.
TWICE = 8

#: Makes the stack for a new connection.
StackMaker = Callable[[Connection], Stack]


class Hub:
    """What comes goes up by the connections, each of which calls its stack; effects come back by the methods here.

    ``limits`` may be replaced at any time.
    """

    def __init__(self, limits: QueueLimits = QueueLimits()) -> None:  # noqa: B008 - a frozen value
        self.limits = limits
        self.reactor: Reactor  # set by the composition root, since the two need each other
        self._connections: dict[int, Connection] = {}
        self._touched: list[Connection] = []  # those that are written at the end of this turn
        self._put_off: deque[Connection] = deque()  # those that are written in one of the next turns
        self._share: list[Connection] = []  # those of them whose turn this is
        self._sharing = False  # whether the next turn takes a share
        self._straight = Straight(self._connections)
        self._latest: list[Deliver] = []  # parts of one run, to be written straight at the end of this turn
        self._latest_many = 0  # to how many that turn writes altogether
        self._ended: deque[tuple[Connection, str]] = deque()  # those whose peers have gone, and how we know
        self._slow: dict[int, Connection] = {}  # those with a backlog
        self._held: dict[int, Connection] = {}  # those that are sent nothing for now
        self._lingering: dict[int, float] = {}  # sid -> monotonic time at which it is closed
        #: Called with a sid and True once more waits for it than is good, and with False when there is room again.
        self.backlogged: Callable[[int, bool], None] = _nobody
        #: Called with the sid of each connection that has closed, whichever way.
        self.left: Callable[[int], None] = _nothing
        self._full: set[int] = set()
        self._queued = 0
        self._last_sid = 0
        self.bytes_in = 0  # read, and queued for sending; since the start
        self.bytes_out = 0

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def queued(self) -> int:
        """Bytes of all backlogs together."""
        return self._queued

    @property
    def awaits(self) -> bool:
        """Whether somebody has to go, or something is given up, if time passes and nothing else happens."""
        return bool(self._slow or self._held or self._lingering)

    # -- coming and going

    def adopt(
        self, sock: socket.SocketType | TlsSocket, origin: Origin, make_stack: StackMaker
    ) -> Connection:
        """A new connection on ``sock``, which comes from ``origin``."""
        self._last_sid = sid = self._last_sid + 1
        self._connections[sid] = connection = Connection(self, sid, sock, origin)
        connection.stack = make_stack(connection)
        self.reactor.register(sock, READ, connection)
        return connection

    def forget(self, connection: Connection) -> None:
        """Called by a connection that has closed."""
        del self._connections[connection.sid]
        self._straight.block(connection.sid)
        self._slow.pop(connection.sid, None)
        self._full.discard(connection.sid)
        self._held.pop(connection.sid, None)
        self._lingering.pop(connection.sid, None)
        self.left(connection.sid)

    def ended(self, connection: Connection, reason: str) -> None:
        """Called by a connection whose peer has gone: it is closed in this turn, or when its turn has come."""
        if not self._ended:
            self.reactor.soon(self._close_ended, first=True)  # before those who come, who may be the same
        self._ended.append((connection, reason))

    def _close_ended(self) -> None:
        ended = self._ended
        for _ in range(min(ENDS, len(ended))):
            connection, reason = ended.popleft()
            connection.fail(reason)
        if ended:
            self.reactor.soon(self._close_ended)

    def may_linger(self, connection: Connection) -> bool:
        """Whether ``connection``, all sent, may wait for its peer's end; if so it is closed in time."""
        if len(self._lingering) >= MOST_LINGERING:
            return False
        self._lingering[connection.sid] = self.reactor.now.mono + LINGER
        return True

    def settled(self) -> bool:
        """Whether nothing is left to send: every connection that is still there waits for its peer's end."""
        return len(self._lingering) == len(self._connections)

    def finish_all(self, but: Container[int] = ()) -> None:
        """Close every connection after what is queued for it; not those ``but``, whose end somebody else sees to."""
        self._queue_latest()
        for sid, connection in list(self._connections.items()):
            if sid not in but:
                connection.finish()

    def close_all(self) -> None:
        """Close every connection at once, sent or not."""
        for connection in list(self._connections.values()):
            connection.close()

    # -- effects

    def send(self, sid: int, data: bytes) -> None:
        """Queue ``data`` for ``sid``; nothing happens where that is gone."""
        connection = self._connections.get(sid)
        if connection is not None and data:
            if self._latest:
                self._queue_latest()
            if not connection.out or self._put_off:  # it may be one of those
                self._touched.append(connection)
            connection.out.append(data)
            self.bytes_out += len(data)

    def deliver(self, effect: Deliver) -> None:
        """Have the same data sent to many."""
        many = len(effect.to)
        self.bytes_out += len(effect.data) * many  # those who get something else instead are few
        if self._latest:
            if effect.part and self._latest_many + many <= SHARE:
                self._latest.append(effect)
                self._latest_many += many
                return
            self._queue_latest()
        elif many >= MANY and self._may_be_straight(many):
            self._latest.append(effect)
            self._latest_many = len(self._touched) + many
            return
        self._queue(effect)

    def _may_be_straight(self, many: int) -> bool:
        """Not if it would pass what is put off, nor if a good part of those may be among them who are written to."""
        touched = len(self._touched)
        if self._put_off or self._share:
            return False
        return touched * TWICE <= many and touched + many <= SHARE

    def _queue_latest(self) -> None:
        """Something comes behind what was to be written straight."""
        latest, self._latest = self._latest, []
        for effect in latest:
            self._queue(effect)

    def _queue(self, effect: Deliver) -> None:
        get = self._connections.get
        touched: list[Connection] | deque[Connection] = self._touched
        if len(touched) + len(effect.to) > SHARE:
            touched = self._put_off
        data = effect.data
        for connection in map(get, effect.to):
            if connection is not None:
                out = connection.out
                if not out:
                    touched.append(connection)
                out.append(data)
        if effect.instead is not None:
            for sid, own in effect.instead.items():
                connection = get(sid)
                if connection is not None:
                    if own:
                        connection.out[-1] = own
                        if touched is self._put_off:
                            self._touched.append(connection)  # an answer
                    else:
                        connection.out.pop()

    def block(self, connection: Connection) -> None:
        """Called by a connection that can't be written straight to any more."""
        self._straight.block(connection.sid)

    def touch(self, connection: Connection) -> None:
        """Flush ``connection`` at the end of the turn."""
        self._touched.append(connection)

    def hold(self, sid: int) -> None:
        """Send nothing more to ``sid`` for now."""
        self._queue_latest()
        connection = self._connections.get(sid)
        if connection is not None:
            connection.hold()
            self._held[sid] = connection

    def release(self, sid: int, data: bytes) -> None:
        """Go on, with ``data`` before what has waited."""
        self._queue_latest()
        connection = self._held.pop(sid, None)
        if connection is not None:
            self.bytes_out += len(data)
            connection.release(data)

    def pause(self, sid: int, paused: bool) -> None:
        """Hand on nothing more that comes from ``sid``, or go on."""
        connection = self._connections.get(sid)
        if connection is not None:
            connection.pause(paused)

    def close(self, sid: int) -> None:
        """Close ``sid`` after what is queued for it."""
        self._queue_latest()
        connection = self._connections.get(sid)
        if connection is not None:
            self._held.pop(sid, None)
            connection.finish()

    def flush(self) -> bool:
        """The end of a turn: write everything that was queued and not put off, once for each connection.

        Whether there was anything; connections may have been lost by that, and their stacks told.
        """
        if self._put_off and not self._sharing:
            self._sharing = True
            self.reactor.soon(self._take_share)
        touched, latest, share = self._touched, self._latest, self._share
        if not touched and not latest and not share:
            return False
        self._touched, self._latest, self._share = [], [], []
        for connection in touched:
            connection.flush()
        for effect in latest:
            self._straight.write(effect)
        for connection in share:
            connection.flush()
        return True

    def _take_share(self) -> None:
        """At the end of this turn the next of those who were put off are written."""
        self._sharing = False
        put_off = self._put_off
        self._share = [put_off.popleft() for _ in range(min(SHARE // 2, len(put_off)))]

    # -- bounds

    def count_queued(self, connection: Connection, change: int) -> None:
        """Called by a connection whose backlog grew or shrank by ``change`` bytes."""
        self._queued += change
        if connection.queued:
            self._slow[connection.sid] = connection
        else:
            self._slow.pop(connection.sid, None)
        self._note_backlog(connection)
        if change > 0 and self._queued > self.limits.all_together:
            longest = max(self._slow.values(), key=lambda each: each.queued)
            longest.fail("Send queues are full, and this one is the longest")

    def _note_backlog(self, connection: Connection) -> None:
        """As with reading: too much above the bound, and room again below half of it."""
        sid, bound = connection.sid, self.limits.stop_reading
        full = sid in self._full
        if connection.closed or full == (connection.queued > (bound // 2 if full else bound)):
            return
        (self._full.discard if full else self._full.add)(sid)
        self.backlogged(sid, not full)

    def check_progress(self) -> None:
        """Once a second: close those whose peers have taken nothing, or not ended, for too long."""
        now = self.reactor.now.mono
        for sid in [sid for sid, deadline in self._lingering.items() if deadline <= now]:
            self._connections[sid].close()
        for connection in list(self._held.values()):
            if sum(map(len, connection.out)) > self.limits.close:
                connection.fail("Send queue exceeded while the history was read")
        patience = self.limits.no_progress
        for connection in list(self._slow.values()):
            if connection.progress < now - patience:
                connection.fail(f"Took nothing of what was sent for {patience:g} seconds")


def _nobody(_sid: int, _full: bool) -> None:
    """Until somebody wants to know."""


def _nothing(_sid: int) -> None:
    """The same."""
