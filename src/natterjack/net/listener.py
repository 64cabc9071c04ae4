"""Listening sockets, and accepting from them without falling over when descriptors run out."""

from __future__ import annotations

import errno
import logging
import os
import resource
import socket
import stat
import sys
import time
from collections.abc import Callable, Sequence

from natterjack.net.reactor import ENOUGH, READ, Reactor

_log = logging.getLogger(__name__)

#: Connections that the kernel holds for us while we are busy.
BACKLOG = 1024
#: Accepted in one turn at most, so that a storm of newcomers doesn't silence those inside.
ACCEPTS_A_TURN = 64
#: Bytes that the kernel takes from us for a peer who is not ready for them; the rest is ours to count. Left alone it
#: takes 4 MB, beside our budget and unseen by it: a hundred slow readers had 400 MB. What is on its way is not in it.
MOST_UNSENT = 256 * 1024
#: Linux and macOS have it.
_UNSENT_OPTION: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
#: Linux tells of a newcomer as soon as he has said something, so that he can be heard at once. Where many come,
#: that is a fifth of the processor time (docs/where-the-time-goes.md). Of one who says nothing it tells after a second,
#: the least that can be asked for.
_HEARD_OPTION: int | None = getattr(socket, "TCP_DEFER_ACCEPT", None)
_HEARD_WITHIN = 1
#: Whether what is accepted has the options of the socket that it was accepted from; elsewhere each is given its own.
_INHERITED = sys.platform == "linux"
#: Out of descriptors, or of memory for sockets: pause, don't spin.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: Descriptors that newcomers leave to ourselves, and of few an eighth: files, the database and what Python loads late
#: need some at any time, and whoever loads a module where there is none fails.
_OWN, _OWN_PART = 64, 8

#: Gets a new non-blocking socket and the peer's address as the kernel gave it.
Accept = Callable[[socket.SocketType, object], None]


class Listener:
    """Accepts from one listening socket. Call :meth:`resume` about once a second.

    It pauses before descriptors run out; one of the owner's (a unix socket) only where there is none at all.
    """

    def __init__(self, reactor: Reactor, sock: socket.socket, accept: Accept) -> None:
        self._reactor = reactor
        self._sock = sock
        self._kind = int(sock.family), int(sock.type), sock.proto
        self._accept = accept
        self._paused = False
        self._closed = False
        self._most = sys.maxsize if sock.family == socket.AF_UNIX else _most()
        reactor.register(sock, READ, self)

    def ready(self, _mask: int) -> None:
        """Accept when all that this turn brings was heard: who has left, and is back by now, has left first then."""
        self._reactor.soon(self._accept_waiting)

    def _accept_waiting(self) -> None:
        """What they have said may be carried out meanwhile, so only until it is enough."""
        if self._closed or self._paused:
            return
        until = time.monotonic() + ENOUGH
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, address = self._accepted()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(error)
                    return
                # The newcomer's trouble, not ours (accept(2): "retry"): his network failed, a firewall forbade him.
                _log.debug("a connection was lost before it was accepted: %s", error)
                continue
            sock.setblocking(False)
            if not _INHERITED and not _tuned(sock):
                sock.close()
                continue
            if sock.fileno() >= self._most:  # the lowest that was free, so nearly all are in use
                self._pause(OSError(errno.EMFILE, os.strerror(errno.EMFILE)))
            self._accept(sock, address)
            if self._paused:
                return
            if time.monotonic() >= until:
                return

    def _accepted(self) -> tuple[socket.SocketType, object]:
        """As the library's ``accept``, which looks up the kind of the listening socket in two enumerations each time,
        and takes longer for that than the kernel for a newcomer. What comes of it is the socket without the library's
        additions (to copy it, to make files of it), which nobody here needs.
        """
        fd, address = self._sock._accept()  # type: ignore[attr-defined]  # what accept is made of
        return socket.SocketType(*self._kind, fd), address

    def _pause(self, error: OSError) -> None:
        if not self._paused:
            self._paused = True
            self._reactor.unregister(self._sock)
            _log.warning("not accepting connections for now: %s", error.strerror)

    @property
    def awaits(self) -> bool:
        """Whether it has to look for room, to accept again."""
        return self._paused

    def resume(self) -> None:
        """Accept again after a pause, if there is room again."""
        if self._paused and not self._closed and self._has_room():
            self._paused = False
            self._reactor.register(self._sock, READ, self)

    def _has_room(self) -> bool:
        try:
            probe = os.dup(self._sock.fileno())
        except OSError:
            return False
        os.close(probe)
        self._most = max(self._most, _most())  # it may have been raised from outside
        return probe < self._most

    def close(self) -> None:
        """Stop listening."""
        if self._closed:
            return
        self._closed = True
        if not self._paused:
            self._reactor.unregister(self._sock)
        self._sock.close()


def _most() -> int:
    """The descriptor from which on all are our own."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit - min(_OWN, limit // _OWN_PART)


def _tune(sock: socket.SocketType) -> None:
    """What is written leaves at once, and no more waits in the kernel than has to."""
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if _UNSENT_OPTION is not None:
        sock.setsockopt(socket.IPPROTO_TCP, _UNSENT_OPTION, MOST_UNSENT)


def _tuned(sock: socket.SocketType) -> bool:
    """The same for one that was accepted; whether that could be done: some systems refuse it if the peer has gone."""
    try:
        _tune(sock)
    except OSError as error:
        _log.debug("a connection was lost as it was accepted: %s", error)
        return False
    return True


def open_tcp(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Listening sockets for ``hosts``, all on one port (0: whichever is free). No hosts: all addresses, both families.

    Raises ``OSError``, its ``filename`` naming the address that could not be had.
    """
    opened: list[socket.socket] = []
    try:
        for host in hosts or ("",):
            for family, address in _addresses(host, port):
                sock = _listen(family, address)
                opened.append(sock)
                port = port or sock.getsockname()[1]
    except OSError:
        for sock in opened:
            sock.close()
        raise
    return opened


def _addresses(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    if not host:
        if socket.has_dualstack_ipv6():
            return [(socket.AF_INET6, ("::", port))]
        return [(socket.AF_INET, ("0.0.0.0", port))]
    flags = socket.AI_PASSIVE
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except socket.gaierror as error:
        raise OSError(errno.EADDRNOTAVAIL, f"{error.strerror}", host) from error
    return list(dict.fromkeys((family, (str(address[0]), port)) for family, _, _, _, address in found))


def _listen(family: int, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        _tune(sock)
        if _HEARD_OPTION is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _HEARD_OPTION, _HEARD_WITHIN)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, error.strerror, f"{address[0]} port {address[1]}") from error
    return sock


def open_unix(path: str) -> socket.socket:
    """A listening unix socket at ``path`` that only its owner can open. What was left there by a dead server goes."""
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)
    except FileNotFoundError:
        _log.debug("no socket was left at %s", path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        sock.bind(path)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(mask)
    return sock
