"""The way in: listeners, the door behind them, certificates, and the stacks that the door opens to."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from natterjack.core.policy import Sites
from natterjack.exits import FAILED, CommandError
from natterjack.files.origins import Origins
from natterjack.net.connection import Connection, Stack
from natterjack.net.door import Door, DoorLimits
from natterjack.net.http import HttpStack
from natterjack.net.hub import Hub
from natterjack.net.listener import Listener, open_tcp
from natterjack.net.origin import Origin, Proxies
from natterjack.net.stacks import Sink, Waiting, check_deadlines, first_stack
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.server.config import Config, taken
from natterjack.server.identity import Identity, given, own
from natterjack.server.web import Web, WebPolicy

_log = logging.getLogger(__name__)

#: Where our own key and certificate are, under the data directory.
TLS_DIRECTORY = "tls"


class Entry:
    """``web`` answers HTTP, ``sink`` takes the events of IRC. Raises :class:`CommandError` for a bad certificate."""

    def __init__(self, config: Config, data: Path, hub: Hub, web: Web, sink: Sink) -> None:
        self._data = data
        self._hub = hub
        self._web = web
        self._sink = sink
        self._waiting: Waiting = {}
        self._listeners: list[Listener] = []
        self.identity = identity(config, data)
        self.door = Door(
            hub.reactor, tls_context(config, self.identity), self._enter, taken(DoorLimits, config.limits)
        )
        self.door.proxies = Proxies(config.access.proxies)
        self.door.needs_heads = config.access.proxy_heads
        self._http_head = config.limits.http_head
        self.host = ""
        self.port = 0

    def listen(self, config: Config) -> None:
        """Open the listeners. Raises :class:`CommandError`."""
        listen = config.listen
        opened = []
        try:
            opened = open_tcp(listen.host, listen.port)
            further = open_tcp(listen.host, listen.irc_port) if listen.irc_port else []
        except OSError as error:
            for sock in opened:
                sock.close()
            text = f"can't listen on {error.filename}: {error.strerror}: choose another with --port or --host"
            raise CommandError(FAILED, text) from error
        self.host, self.port = opened[0].getsockname()[:2]
        reactor = self._hub.reactor
        self._listeners = [Listener(reactor, sock, self.door.take) for sock in opened]
        self._listeners += [Listener(reactor, sock, self._take_irc) for sock in further]

    def _take_irc(self, sock: socket.SocketType, address: object) -> None:
        self.door.take(sock, address, irc_only=True)

    def _enter(
        self, sock: socket.SocketType | TlsSocket, origin: Origin, irc_only: bool, head: bytes
    ) -> Connection:
        make_http: Callable[[Connection, Waiting], HttpStack] | None = None if irc_only else self._http
        patience = self.door.limits.first_byte

        def make(new: Connection) -> Stack:
            return first_stack(new, head, self._sink, self._waiting, make_http, patience)

        return self._hub.adopt(sock, origin, make)

    def _http(self, connection: Connection, waiting: Waiting) -> HttpStack:
        stay = self._web.stay(connection.origin)
        return HttpStack(connection, waiting, self._web.answer, self._http_head, stay)

    # -- as time goes by

    def check(self, now: float) -> None:
        """About once a second: those who take too long, and accepting again after a pause."""
        self.door.check(now)
        check_deadlines(self._waiting, now)
        for listener in self._listeners:
            listener.resume()

    def reload(self, config: Config) -> str:
        """Read the certificate again, for whoever comes from now on; the answer says so, if it is another one.

        Limits too: those on their way in have as much time as ``config`` says.

        Raises :class:`CommandError`, and keeps the old, where the new is not valid.
        """
        self._web.policy = web_policy(config)
        self.door.proxies = Proxies(config.access.proxies)
        self.door.needs_heads = config.access.proxy_heads
        self.door.limits = taken(DoorLimits, config.limits)
        self._http_head = config.limits.http_head
        found = identity(config, self._data)
        self.door.tls = tls_context(config, found)
        old, self.identity = self.identity, found
        if old == found:
            return ""
        if old.pin == found.pin:
            return f"a new certificate is shown, good until {found.expires:%Y-%m-%d}"
        return f"a new certificate is shown, and its key is another one: {found.pin}"

    def close(self) -> None:
        """Nobody comes in any more, since the server ends."""
        self._web.leave()
        for listener in self._listeners:
            listener.close()
        self.door.close()


def identity(config: Config, data: Path) -> Identity:
    """The certificate that ``config`` names, or our own. Raises :class:`CommandError`."""
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    if config.tls.cert:
        certificate = Path(config.tls.cert).expanduser()
        return given(data / TLS_DIRECTORY, certificate, Path(config.tls.key).expanduser(), now)
    return own(data / TLS_DIRECTORY, config.server.name, now)


def tls_context(config: Config, found: Identity) -> TlsContext:
    """What handshakes take. Raises :class:`CommandError`."""
    wanted = config.tls.client_certificates
    context = found.context(ask=wanted)
    if wanted and not context.asks:
        _log.info("this Python can't ask clients for certificates: SASL EXTERNAL is not offered")
    return context


def web_policy(config: Config) -> WebPolicy:
    """What HTTP needs of the configuration."""
    access = config.access
    return WebPolicy(
        access.trust_loopback,
        access.allow_plaintext,
        config.metrics.token,
        Proxies(access.proxies),
        frozenset(config.web.origins),
        config.server.name,
        Origins(config.files.origins, config.files.url),
        taken(Sites, config.sites),
        config.limits.enabled,
    )
