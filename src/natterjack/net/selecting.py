"""Who is ready: the selector that the loop waits with.

On Linux it is one of our own, behind the face that ``selectors`` gives them all: that of the standard library makes
several objects for each event, which cost as much as a third of what it takes to read a message
(docs/where-the-time-goes.md). Elsewhere it is the best that ``selectors`` has.
"""

from __future__ import annotations

import select
import selectors
import sys
from collections.abc import Mapping
from selectors import BaseSelector, SelectorKey
from types import MappingProxyType
from typing import Any, Final, Protocol

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE


class Descriptor(Protocol):
    """A socket, or what looks like one to a selector."""

    def fileno(self) -> int:
        """The descriptor."""


def make_selector() -> BaseSelector:
    """The best that there is here. Raises ``RuntimeError`` where it could not serve many clients."""
    if sys.platform == "linux":
        return EpollSelector()
    found = selectors.DefaultSelector()
    if isinstance(found, selectors.SelectSelector):
        raise RuntimeError(
            "this system has neither epoll nor kqueue nor poll; select() can't serve many clients"
        )
    return found


if sys.platform == "linux":
    _IN: Final = select.EPOLLIN
    _OUT: Final = select.EPOLLOUT

    class EpollSelector(BaseSelector):
        """As ``selectors.EpollSelector``, but what it answers with was made when the descriptor was registered.

        An error or the peer's end counts as whatever is waited for. A descriptor must still be open when it is
        unregistered, and nobody registers one twice.
        """

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self._answers: dict[int, tuple[tuple[SelectorKey, int], ...]] = {}  # by descriptor, then by mask

        def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
            """Wait for ``fileobj`` too."""
            fd: int = fileobj.fileno()
            self._epoll.register(fd, _wanted(events))
            return self._keep(SelectorKey(fileobj, fd, events, data))

        def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
            """From now on for other ``events``, or for others' ``data``, of which the kernel knows nothing."""
            fd: int = fileobj.fileno()
            if events != self._answers[fd][0][0].events:
                self._epoll.modify(fd, _wanted(events))
            return self._keep(SelectorKey(fileobj, fd, events, data))

        def unregister(self, fileobj: Any) -> SelectorKey:
            """No longer at all."""
            fd: int = fileobj.fileno()
            key = self._answers.pop(fd)[0][0]
            self._epoll.unregister(fd)
            return key

        def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
            """Who is ready, and for what; within ``timeout`` seconds, or nobody."""
            known = self._answers
            ready = self._epoll.poll(timeout, len(known) or 1)
            return [
                known[fd][READ if event == _IN else _happened(event)] for fd, event in ready if fd in known
            ]

        def get_map(self) -> Mapping[Any, SelectorKey]:
            """All that is registered, by descriptor."""
            return MappingProxyType({fd: answers[0][0] for fd, answers in self._answers.items()})

        def close(self) -> None:
            """Give the descriptor back."""
            self._answers.clear()
            self._epoll.close()

        def _keep(self, key: SelectorKey) -> SelectorKey:
            self._answers[key.fd] = tuple((key, mask & key.events) for mask in range((READ | WRITE) + 1))
            return key

    def _wanted(events: int) -> int:
        return (_IN if events & READ else 0) | (_OUT if events & WRITE else 0)

    def _happened(event: int) -> int:
        return (WRITE if event & ~_IN else 0) | (READ if event & ~_OUT else 0)
