"""The loop: one thread, non-blocking sockets, ``selectors``.

A *turn* is: wait for readiness; let everyone who is ready read; do what was put off, which is to close those whose
peers have gone, and then to accept whoever comes (:mod:`.listener`); tick, once a second; end the turn.
Writing happens at the end of the turn, once for each connection that has something to send, so that everything that a
turn produced goes out in as few system calls as there are receivers.

While many read, others become ready. They come into the same turn, so that what they say goes out with the rest; but
each has one turn at most, so that nobody is heard twice before somebody else, and no turn is without an end. Where what
they say has taken long already, the others wait for the next turn. In that they take turns with those who have become
ready since: so when thousands speak at once, no turn is long, and somebody else need not wait until all were heard.

There is no ``call_later``: whoever needs a timer looks at the clock in the tick. Where nothing happens and nothing is
due, the next tick may come later; whatever happens meanwhile brings it back to a second. Signals and other threads get
in through a pair of sockets, by :meth:`Reactor.wake`.
"""

from __future__ import annotations

import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import TypeAlias

from natterjack.net.selecting import READ, WRITE, Descriptor, Ready, make_poller
from natterjack.ports.events import Now

__all__ = ["READ", "WRITE", "Descriptor", "Reactor", "Ready"]

#: Seconds between ticks, while anything happens.
TICK = 1.0
#: With fewer who are ready there is no look for more: what they produce goes out at once, and the look would cost more
#: than it could save.
MANY = 16
#: Seconds that all who are ready may take to read, in which what they say is carried out; looked at after each
#: :data:`MANY`. What comes of it is sent after that, and may take several times as long.
ENOUGH = 0.02
#: Bytes to read off the wake-up socket at a time; what they are doesn't matter.
_WAKE_BYTES = 4096


#: Whom to call, and with what.
_Call: TypeAlias = tuple[Ready, int]


class Reactor:
    """``turn_ended`` is called at the end of each turn, ``ticked`` about once a second.

    ``ticked`` answers for how many seconds it need not be called again if nothing happens: 0 where a second is enough.
    """

    def __init__(self, ticked: Callable[[], float], turn_ended: Callable[[], None]) -> None:
        self._poller = make_poller()
        self._ticked = ticked
        self._turn_ended = turn_ended
        self._later: deque[Callable[[], None]] = deque()  # appended to by other threads too
        self._left: dict[Ready, None] = {}  # who was ready and had no turn, whoever waits longest first
        self._had: set[Ready] = set()  # who had one in that turn
        self._stopping = False
        #: Turns so far; seconds spent in them, waiting left out; and the longest, in seconds.
        self.turns = 0
        self.busy = 0.0
        self.longest = 0.0
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._poller.register(self._wake_in, READ, _Waker(self._wake_in))
        #: When this turn began; read once a turn, so that all that happens in it happens at one time.
        self.now = Now(time.monotonic(), time.time())

    # -- interest

    def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """Call ``who.ready`` whenever ``sock`` is ready for ``mask``."""
        self._poller.register(sock, mask, who)

    def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """From now on for ``mask``."""
        self._poller.modify(sock, mask, who)

    def unregister(self, sock: Descriptor) -> None:
        """No longer at all. The socket must still be open."""
        self._poller.unregister(sock)

    # -- from elsewhere

    def wake(self) -> None:
        """End the present wait. From any thread, and from signal handlers; after :meth:`close` it is too late."""
        try:
            self._wake_out.send(b"\0")
        except BlockingIOError:
            return  # it is full of wake-up calls already
        except OSError:
            if self._wake_out.fileno() >= 0:
                raise
            # A thread that still had something on the disk is done with it, and the loop is gone.

    def soon(self, action: Callable[[], None], first: bool = False) -> None:
        """Do ``action`` in this turn or the next; ``first``: before all others. From any thread."""
        if first:
            self._later.appendleft(action)
        else:
            self._later.append(action)

    def call(self, action: Callable[[], None]) -> None:
        """:meth:`soon`, and :meth:`wake`: for other threads and signal handlers."""
        self._later.append(action)
        self.wake()

    def catch_signals(self) -> None:
        """Have signals end the wait, so that Python's handlers run at once. In the main thread."""
        signal.set_wakeup_fd(self._wake_out.fileno(), warn_on_full_buffer=False)

    # -- running

    def stop(self) -> None:
        """Return from :meth:`run` at the end of the turn."""
        self._stopping = True

    def run(self) -> None:
        """Turn after turn until :meth:`stop`."""
        select = self._poller.select
        monotonic = time.monotonic
        wall_clock = time.time
        ended = monotonic()
        next_tick = ended + TICK
        self._stopping = False
        while not self._stopping:
            wait = 0.0 if self._later else max(0.0, next_tick - ended)
            events = select(wait)
            now = monotonic()
            self.now = Now(now, wall_clock())
            if len(events) < MANY:
                for who, mask in events:
                    who.ready(mask)
            else:
                self._hear_many(events, now + ENOUGH)
            for _ in range(len(self._later)):
                self._later.popleft()()
            if now >= next_tick:
                next_tick = now + max(TICK, self._ticked())
            elif next_tick - now > TICK:
                next_tick = now + TICK
            self._turn_ended()
            ended = monotonic()
            self.turns += 1
            self.busy += ended - now
            self.longest = max(self.longest, ended - now)

    def _hear_many(self, events: list[_Call], until: float) -> None:
        """While ``events`` have their turn, others may become ready: they come into it too, ``until`` it is enough."""
        left, self._left = self._left, {}
        if left:
            events = _alternating(events, left, self._had)
        had: set[Ready] = set()
        while True:
            for start in range(0, len(events), MANY):
                if start and time.monotonic() >= until:
                    rest = [who for who, _ in events[start:]]
                    self._left = dict.fromkeys(sorted(rest, key=lambda who: who not in left))
                    self._had = had.union([who for who, _ in events[:start]])
                    return
                for who, mask in events[start : start + MANY]:
                    who.ready(mask)
            if len(events) < MANY or time.monotonic() >= until:
                return
            had.update([who for who, _ in events])
            events = [event for event in self._poller.select(0.0) if event[0] not in had]

    def close(self) -> None:
        """Give the descriptors back."""
        signal.set_wakeup_fd(-1)
        self._poller.close()
        self._wake_in.close()
        self._wake_out.close()


def _alternating(events: list[_Call], waiting: Iterable[Ready], had: set[Ready]) -> list[_Call]:
    """One of those who are ``waiting``, in their order, then one of the others, and so on.

    Of the others last those who ``had`` their turn just before.
    """
    others = {event[0]: event for event in events}
    waited = [others.pop(who) for who in waiting if who in others]
    later = sorted(others.values(), key=lambda event: event[0] in had)
    return [event for pair in zip_longest(waited, later) for event in pair if event is not None]


class _Waker:
    """Reads off what :meth:`Reactor.wake` wrote."""

    __slots__ = ("_sock",)

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def ready(self, _mask: int) -> None:
        try:
            self._sock.recv(_WAKE_BYTES)
        except BlockingIOError:
            return  # spurious
