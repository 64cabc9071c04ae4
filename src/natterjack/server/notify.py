"""What a service manager is told: ready, reloading, stopping, alive.

The protocol of sd_notify(3): one datagram of ``NAME=value`` lines to the unix socket that ``NOTIFY_SOCKET`` names.
Without that variable nobody wants to know, and nothing is sent.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from collections.abc import Callable, Mapping

from natterjack.server.output import visible

_log = logging.getLogger(__name__)


class Notifier:
    """``environ`` as the process got it; ``clock`` gives monotonic nanoseconds.

    A message that can't be sent is logged, and nothing else comes of it: the service manager has its own timeouts.
    """

    def __init__(
        self, environ: Mapping[str, str], pid: int | None = None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._clock = clock
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._every = _watchdog(environ, os.getpid() if pid is None else pid) if self._address else 0
        self._last_sign = 0

    def ready(self, status: str = "") -> None:
        """Everything is up, or the configuration has been read again (or kept): ``status`` says it to people."""
        self._send(f"READY=1\nSTATUS={visible(status)}" if status else "READY=1")

    def reloading(self) -> None:
        """The configuration is being read; :meth:`ready` has to follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={self._clock() // 1000}")

    def stopping(self) -> None:
        """On the way out."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Call about once a second: a sign of life goes out where the manager wants one, twice as often as it must."""
        if self._every and self._clock() - self._last_sign >= self._every:
            self._last_sign = self._clock()
            self._send("WATCHDOG=1")

    @property
    def patience(self) -> float:
        """Seconds that may pass between two calls of :meth:`alive` without the manager missing a sign."""
        return self._every / 2e9 if self._every else math.inf

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto(text.encode(), self._address)
        except OSError as error:
            _log.warning("could not tell the service manager %r: %s", text.partition("\n")[0], error)


def _address(name: str) -> str:
    """The address that ``NOTIFY_SOCKET`` names; ``@`` stands for the abstract namespace. ``""`` if there is none."""
    if name.startswith("@"):
        return f"\0{name[1:]}"
    if name and not name.startswith("/"):
        _log.warning(
            "NOTIFY_SOCKET is %r, which is no unix socket: the service manager is told nothing", name
        )
        return ""
    return name


def _watchdog(environ: Mapping[str, str], pid: int) -> int:
    """Nanoseconds between signs of life; 0 where nobody wants any (sd_watchdog_enabled(3))."""
    text, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(pid))
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or whose != str(pid):
        return 0
    return int(text) * 1000 // 2
