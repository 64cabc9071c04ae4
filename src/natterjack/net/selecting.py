"""Who is ready: what the loop waits with.

On Linux it asks ``epoll`` itself: what the standard library has for it makes several objects for each event, which cost
as much as a third of what it takes to read a message, and some more for each newcomer
(docs/where-the-time-goes.md). Elsewhere it is the best that ``selectors`` has.
"""

from __future__ import annotations

import select
import selectors
import sys
from typing import Final, Protocol

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE


class Descriptor(Protocol):
    """A socket, or what looks like one to the kernel."""

    def fileno(self) -> int:
        """The descriptor."""


class Ready(Protocol):
    """Whoever is told of a descriptor."""

    def ready(self, mask: int) -> None:
        """The descriptor is readable or writable, as ``mask`` (READ | WRITE) says."""


class Poller(Protocol):
    """An error or the peer's end counts as whatever is waited for. A descriptor must still be open when it is
    unregistered, and nobody registers one twice.
    """

    def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """Wait for ``sock`` too."""

    def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """From now on for another ``mask``, or on behalf of another ``who``, of whom the kernel knows nothing."""

    def unregister(self, sock: Descriptor) -> None:
        """No longer at all. Raises ``KeyError`` where nobody waited for it."""

    def select(self, timeout: float) -> list[tuple[Ready, int]]:
        """Who is ready, and for what; within ``timeout`` seconds, or nobody."""

    def close(self) -> None:
        """Give the descriptor back."""


def make_poller() -> Poller:
    """The best that there is here. Raises ``RuntimeError`` where it could not serve many clients."""
    return EpollPoller() if sys.platform == "linux" else AnyPoller()


def has_ended(sock: Descriptor) -> bool:
    """Whether the peer of ``sock`` has ended, or closed its half, where the system tells that before all is read."""
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLRDHUP if sys.platform == "linux" else 0)
    return bool(poll.poll(0))


class AnyPoller:
    """Of whatever kind ``selectors`` has."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        if isinstance(self._selector, selectors.SelectSelector):
            raise RuntimeError(
                "this system has neither epoll nor kqueue nor poll; select() can't serve many clients"
            )

    def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """As the protocol has it."""
        self._selector.register(sock, mask, who)

    def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """As the protocol has it."""
        self._selector.modify(sock, mask, who)

    def unregister(self, sock: Descriptor) -> None:
        """As the protocol has it."""
        self._selector.unregister(sock)

    def close(self) -> None:
        """As the protocol has it."""
        self._selector.close()

    def select(self, timeout: float) -> list[tuple[Ready, int]]:
        """As the protocol has it."""
        return [(key.data, mask) for key, mask in self._selector.select(timeout)]


if sys.platform == "linux":
    _IN: Final = select.EPOLLIN
    _OUT: Final = select.EPOLLOUT
    #: By mask.
    _WANTED: Final = (0, _IN, _OUT, _IN | _OUT)

    class EpollPoller:
        """What it answers with where there is something to read, as nearly always, is made at registering."""

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self._readers: dict[int, tuple[Ready, int]] = {}  # by descriptor: who, and READ
            self._masks: dict[int, int] = {}  # by descriptor: what for

        def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
            """As the protocol has it."""
            fd = sock.fileno()
            self._epoll.register(fd, _WANTED[mask])
            self._readers[fd] = (who, READ)
            self._masks[fd] = mask

        def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
            """As the protocol has it."""
            fd = sock.fileno()
            if mask != self._masks[fd]:
                self._epoll.modify(fd, _WANTED[mask])
                self._masks[fd] = mask
            self._readers[fd] = (who, READ)

        def unregister(self, sock: Descriptor) -> None:
            """As the protocol has it."""
            fd = sock.fileno()
            del self._masks[fd], self._readers[fd]
            self._epoll.unregister(fd)

        def select(self, timeout: float) -> list[tuple[Ready, int]]:
            """As the protocol has it."""
            readers = self._readers
            return [
                readers[fd] if event == _IN else self._answer(fd, event)
                for fd, event in self._epoll.poll(timeout, len(readers) or 1)
                if fd in readers
            ]

        def close(self) -> None:
            """As the protocol has it."""
            self._readers.clear()
            self._masks.clear()
            self._epoll.close()

        def _answer(self, fd: int, event: int) -> tuple[Ready, int]:
            happened = (WRITE if event & ~_IN else 0) | (READ if event & ~_OUT else 0)
            return self._readers[fd][0], happened & self._masks[fd]
