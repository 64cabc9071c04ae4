"""Many connections in one process, opened, secured and read without waiting for any of them.

A `Pool` tells the `Guest` of each connection what becomes of it. What a guest is shown lies in the pool's one
receive buffer (see `intake`), in whole lines, and only until it returns.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
from typing import Final, Protocol

from bench.intake import Intake
from bench.swarm import RESET_ON_CLOSE, LoadError, tls_context

_EVENTS: Final = 64
"""Events taken at a time."""


class Guest(Protocol):
    """Whoever has a connection."""

    def opened(self, link: Link) -> None:
        """The connection is there, TLS included: say hello."""

    def read(self, link: Link, intake: Intake, length: int) -> None:
        """The first `length` bytes of `intake.data` are whole lines that have come."""

    def ended(self, link: Link, reason: str) -> None:
        """The connection is gone, or did not come about, and it was not we who closed it."""


class Link:
    """One connection of a pool."""

    __slots__ = ("fd", "guest", "held", "shaking", "sock", "up")

    def __init__(self, sock: socket.socket, guest: Guest) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.guest = guest
        self.up = False  # TCP is
        self.shaking = False  # hands: TLS
        self.held = False  # not read from

    def send(self, data: bytes) -> None:
        """Whole lines. Raises LoadError if there is no room: what is sent here is little."""
        try:
            if self.sock.send(data) != len(data):
                raise LoadError("the server does not read fast enough")
        except (BlockingIOError, ssl.SSLWantWriteError) as error:
            raise LoadError("the server does not read fast enough") from error
        except OSError:
            return  # it has ended; reading will say so


class Pool:
    """`tls` is whether its connections are secured; `pipe` a descriptor that ends a turn when it is readable."""

    def __init__(self, tls: bool = False, pipe: int = -1) -> None:
        self.intake = Intake()
        self.links: dict[int, Link] = {}
        self._tls: ssl.SSLContext | None = tls_context() if tls else None
        self._epoll = select.epoll()
        self._pipe = pipe
        if pipe >= 0:
            self._epoll.register(pipe, select.EPOLLIN)

    def open(self, address: tuple[str, int], guest: Guest, source: str = "", buffer: int = 0) -> Link:
        """Begin a connection to `address`, from the address `source` if given; `buffer`: bytes to receive into."""
        sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if source:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source, 0))
        link = Link(sock, guest)
        code = sock.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            sock.close()
            raise LoadError(f"connect to {address[0]} port {address[1]}: {errno.errorcode[code]}")
        self.links[link.fd] = link
        self._epoll.register(link.fd, select.EPOLLIN | select.EPOLLOUT)
        return link

    def turn(self, seconds: float) -> bool:
        """Wait for news for so long at most, and pass it on. Whether something has come through the pipe."""
        called = False
        for fd, event in self._epoll.poll(max(0.0, seconds), _EVENTS):
            if fd == self._pipe:
                called = True
                continue
            link = self.links.get(fd)
            if link is None:
                continue  # closed in this very turn
            if not link.up:
                self._connected(link)
            elif link.shaking:
                self._shake(link)
            elif event & ~select.EPOLLOUT:
                self._read(link)
        return called

    def hold(self, link: Link) -> None:
        """Read nothing from it."""
        if not link.held:
            link.held = True
            self._epoll.unregister(link.fd)

    def release(self, link: Link) -> None:
        """Read on."""
        if link.held:
            link.held = False
            self._epoll.register(link.fd, select.EPOLLIN)

    def close(self, link: Link, reset: bool = True) -> None:
        """End the connection; the guest is not told. A reset leaves nothing behind, like a network that breaks."""
        if self.links.pop(link.fd, None) is None:
            return
        self.intake.forget(link.fd)
        if reset:
            link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        link.sock.close()

    def close_all(self) -> None:
        """All of them, and the pool."""
        for link in list(self.links.values()):
            self.close(link)
        self._epoll.close()

    # --- steps ------------------------------------------------------------------------------------------

    def _connected(self, link: Link) -> None:
        code = link.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._ended(link, errno.errorcode.get(code, str(code)))
            return
        link.up = True
        self._epoll.modify(link.fd, select.EPOLLIN)
        if self._tls is None:
            link.guest.opened(link)
            return
        try:
            link.sock = self._tls.wrap_socket(link.sock, do_handshake_on_connect=False)
        except OSError as error:  # it has gone already, and Python has closed the socket
            link.guest.ended(self.links.pop(link.fd), str(error))
            return
        link.shaking = True
        self._shake(link)

    def _shake(self, link: Link) -> None:
        assert isinstance(link.sock, ssl.SSLSocket)
        try:
            link.sock.do_handshake()
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            self._ended(link, f"TLS: {error}")
            return
        link.shaking = False
        link.guest.opened(link)

    def _read(self, link: Link) -> None:
        try:
            length = self.intake.read(link.sock, link.fd)
        except BlockingIOError:
            return
        except OSError as error:
            self._ended(link, str(error))
            return
        if length:
            link.guest.read(link, self.intake, length)

    def _ended(self, link: Link, reason: str) -> None:
        self.close(link)
        link.guest.ended(link, reason)
