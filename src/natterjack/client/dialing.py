"""From an address to a connected socket: names looked up off the loop, then address by address until one answers.

A :class:`Dial` is a step-by-step affair that the driver's loop turns: it is given the addresses, opens a socket for the
next one, is told when that became writable or ran out of time, and ends connected or with the error that tells most.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from threading import Thread
from typing import Any, Protocol

from natterjack.client.address import Address
from natterjack.client.errors import (
    ConnectError,
    ConnectRefused,
    ConnectTimedOut,
    HostNotFound,
    HostUnreachable,
)

#: Seconds for one address to answer. A machine that is there does in one.
PATIENCE = 10.0
#: Seconds for the name to be looked up.
LOOKUP_PATIENCE = 15.0
#: Addresses tried of one name.
_MOST_ADDRESSES = 6
#: What ``connect_ex`` says of a connection under way; the second is Windows'.
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, getattr(errno, "WSAEWOULDBLOCK", 10035), 0)
_REFUSED = (errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", 10061), errno.ECONNRESET)
_TIMED_OUT = (errno.ETIMEDOUT, getattr(errno, "WSAETIMEDOUT", 10060))

#: Family and socket address, as getaddrinfo gives them.
Target = tuple[int, Any]


class LookedUp(Protocol):
    """Called from another thread with the targets, or with an empty list where there are none."""

    def __call__(self, targets: list[Target], /) -> None: ...


def look_up(address: Address, answer: LookedUp) -> None:
    """Find the socket addresses of ``address`` in a thread of its own, and call ``answer`` from there.

    Not on the loop, since the system's resolver may take as long as it likes, and cannot be interrupted.
    """
    Thread(target=lambda: answer(_targets(address)), name="natterjack-lookup", daemon=True).start()


def _targets(address: Address) -> list[Target]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):  # ValueError, UnicodeError: no such name can exist
        return []
    return [(int(family), place) for family, _, _, _, place in found][:_MOST_ADDRESSES]


class Dial:
    """One attempt to connect. ``sock`` is the socket under way, None between two of them."""

    def __init__(self, address: Address, now: float, patience: float = PATIENCE) -> None:
        self.address = address
        self.sock: socket.socket | None = None
        self.deadline = now + LOOKUP_PATIENCE
        self._patience = patience
        self._targets: deque[Target] | None = None
        self._error: ConnectError | None = None

    def found(self, targets: list[Target]) -> None:
        """The name has been looked up. Go on with :meth:`next`."""
        self._targets = deque(targets)
        if not targets:
            self._error = HostNotFound(str(self.address), self.address.host)

    def next(self, now: float) -> ConnectError | None:
        """Open ``sock`` towards the next target; the error where none is left."""
        self.drop()
        while self._targets:
            family, place = self._targets.popleft()
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:  # a family that this machine does not speak
                self._note(error.errno)
                continue
            sock.setblocking(False)
            code = sock.connect_ex(place)
            if code in _UNDER_WAY:
                self.sock = sock
                self.deadline = now + self._patience
                return None
            sock.close()
            self._note(code)
        return self._error or HostUnreachable(str(self.address), "no address to try")

    def connected(self) -> bool:
        """Whether ``sock``, which has become writable, is connected; if not, go on with :meth:`next`."""
        assert self.sock is not None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._note(code)
        return not code

    def timed_out(self) -> None:
        """The deadline has passed. Go on with :meth:`next`."""
        where = str(self.address)
        if self._targets is None:
            self._targets = deque()
            self._error = HostNotFound(where, self.address.host)
        else:
            self._error = ConnectTimedOut(where, self._patience)

    def take(self) -> socket.socket:
        """The connected socket, which is the caller's from now on."""
        assert self.sock is not None
        sock, self.sock = self.sock, None
        return sock

    def drop(self) -> None:
        """Close what is under way."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _note(self, code: int | None) -> None:
        where = str(self.address)
        if code in _REFUSED:
            self._error = ConnectRefused(where)
        elif code in _TIMED_OUT:
            self._error = ConnectTimedOut(where, self._patience)
        elif not isinstance(self._error, ConnectRefused):  # a refusal tells more than the lack of a route
            why = os.strerror(code or 0).lower()
            self._error = HostUnreachable(where, f"error {code}" if "unknown" in why else why)
