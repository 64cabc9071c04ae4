"""Who is ready: what the loop waits with.

With epoll it is asked itself, without ``selectors`` in between, whose objects for each event cost as much as a third of
what it takes to read a message (docs/performance.md). Elsewhere it is whatever ``selectors`` finds.
"""

from __future__ import annotations

import select
import selectors
import sys
from collections.abc import Sequence
from typing import Protocol

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE


class Descriptor(Protocol):
    """A socket, or what looks like one."""

    def fileno(self) -> int:
        """The descriptor."""


class Ready(Protocol):
    """Whatever is registered."""

    def ready(self, mask: int) -> None:
        """The descriptor is readable or writable, as ``mask`` (READ | WRITE) says."""


class Poller(Protocol):
    """Knows who waits for what. A socket is registered once, and must still be open when it is unregistered."""

    def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """Tell of ``who`` whenever ``sock`` is ready for ``mask``."""

    def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
        """From now on for ``mask``."""

    def unregister(self, sock: Descriptor) -> None:
        """No longer at all."""

    def poll(self, wait: float) -> Sequence[tuple[Ready, int]]:
        """Who is ready, and for what; within ``wait`` seconds, or nobody."""

    def close(self) -> None:
        """Give back what it needs."""


class _Selector:
    """The best that ``selectors`` has here."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        if isinstance(self._selector, getattr(selectors, "SelectSelector", ())):
            raise RuntimeError(
                "this system has neither epoll nor kqueue nor poll; select() can't serve many clients"
            )

    def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
        self._selector.register(sock, mask, who)

    def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
        self._selector.modify(sock, mask, who)

    def unregister(self, sock: Descriptor) -> None:
        self._selector.unregister(sock)

    def poll(self, wait: float) -> Sequence[tuple[Ready, int]]:
        return [(key.data, mask) for key, mask in self._selector.select(wait)]

    def close(self) -> None:
        self._selector.close()


if sys.platform == "linux":

    class _Epoll:
        """As ``selectors.EpollSelector`` does it. An error or the peer's end counts as whatever is waited for."""

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self._who: dict[int, tuple[Ready, int]] = {}

        def register(self, sock: Descriptor, mask: int, who: Ready) -> None:
            fd = sock.fileno()
            self._epoll.register(fd, _events(mask))
            self._who[fd] = (who, mask)

        def modify(self, sock: Descriptor, mask: int, who: Ready) -> None:
            fd = sock.fileno()
            self._epoll.modify(fd, _events(mask))
            self._who[fd] = (who, mask)

        def unregister(self, sock: Descriptor) -> None:
            fd = sock.fileno()
            del self._who[fd]
            self._epoll.unregister(fd)

        def poll(self, wait: float) -> Sequence[tuple[Ready, int]]:
            found = []
            whose = self._who
            for fd, event in self._epoll.poll(wait, len(whose) or 1):
                known = whose.get(fd)
                if known is None:
                    continue
                who, mask = known
                if event != _IN:
                    mask &= (WRITE if event & ~_IN else 0) | (READ if event & ~_OUT else 0)
                else:
                    mask = READ
                found.append((who, mask))
            return found

        def close(self) -> None:
            self._epoll.close()

    _IN, _OUT = select.EPOLLIN, select.EPOLLOUT

    def _events(mask: int) -> int:
        return (_IN if mask & READ else 0) | (_OUT if mask & WRITE else 0)


def make_poller() -> Poller:
    """The best that there is here."""
    return _Epoll() if sys.platform == "linux" else _Selector()
