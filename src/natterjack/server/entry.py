"""The way in: listeners, the door behind them, certificates, and the stacks that the door opens to.

**Bounds.** Sessions are counted by the core, newcomers by the door. Between them are those who have been let in and
are no sessions: whoever speaks HTTP, for as long as he likes, and whoever has not said enough to tell what he speaks.
They are counted here, by site and altogether, from their coming until they become sessions or their connections close.
Who is too many is closed at once, without a word, since nobody knows what he speaks.
"""

from __future__ import annotations

import datetime as dt
import errno
import logging
import resource
import socket
import time
from pathlib import Path

from natterjack.core.policy import Sites
from natterjack.exits import BAD_CONFIG, FAILED, CommandError
from natterjack.files.origins import Origins
from natterjack.net.connection import Connection
from natterjack.net.door import Door, DoorLimits
from natterjack.net.exchange import Later, Peer, Switch
from natterjack.net.http import HttpStack
from natterjack.net.hub import Hub
from natterjack.net.listener import Listener, open_tcp
from natterjack.net.origin import Origin, Proxies
from natterjack.net.roles import Stack
from natterjack.net.room import Room, Sharing
from natterjack.net.stacks import Sink, SniffingStack, Waiting, check_deadlines, irc_stack
from natterjack.net.tls import TlsContext, TlsSocket
from natterjack.ports.events import Now
from natterjack.server.config import Config, taken
from natterjack.server.identity import Identity, given, own
from natterjack.server.sts import Told, told
from natterjack.server.web import Web, WebPolicy
from natterjack.wire.http import Request, Response
from natterjack.wire.sniffer import Speech, sniff

_log = logging.getLogger(__name__)

#: Where our own key and certificate are, under the data directory.
TLS_DIRECTORY = "tls"
#: Connections that are no sessions, altogether: a half of the descriptors, and no more than this, since each takes some
#: 10 KB, and five times as much over TLS.
_STRANGERS = 8192


class Entry:
    """``web`` answers HTTP, ``sink`` takes the events of IRC. Raises :class:`CommandError` for a bad certificate."""

    def __init__(self, config: Config, data: Path, hub: Hub, web: Web, sink: Sink) -> None:
        self._data = data
        self._hub = hub
        self._web = web
        self._sink = sink
        self._waiting: Waiting = {}
        self._strangers: Room[int] = Room()  # by sid
        hub.left = self._strangers.leave
        self._most_strangers = _most_strangers()
        self._listeners: list[Listener] = []
        self.identity = identity(config, data)
        self.told = told(config)
        self._fault = ""  # of its dates, as the log has it
        self.door = Door(
            hub.reactor, tls_context(config, self.identity), self._enter, taken(DoorLimits, config.limits)
        )
        self.door.proxies = Proxies(config.access.proxies)
        self.door.needs_heads = config.access.proxy_heads
        self.door.sharing = sharing(config)
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
            raise CommandError(FAILED, _cannot_listen(error)) from error
        self.host, self.port = opened[0].getsockname()[:2]
        reactor = self._hub.reactor
        self._listeners = [Listener(reactor, sock, self.door.take) for sock in opened]
        self._listeners += [Listener(reactor, sock, self._take_irc) for sock in further]

    def _take_irc(self, sock: socket.SocketType, address: object) -> None:
        self.door.take(sock, address, irc_only=True)

    def _enter(
        self, sock: socket.SocketType | TlsSocket, origin: Origin, irc_only: bool, head: bytes
    ) -> Connection | None:
        if sniff(head) is Speech.IRC:  # nearly always
            return self._hub.adopt(sock, origin, self._irc)
        site = self.door.site(origin)
        most, shares = self._most_strangers, self.door.sharing
        if not self._strangers.admits(site, most, shares.share(site, shares.connections, most)):
            sock.close()
            return None

        def make(new: Connection) -> Stack:
            self._strangers.enter(new.sid, site)
            make_http = None if irc_only else self._http
            return SniffingStack(new, self._known, self._waiting, make_http, self.door.limits.first_byte)

        return self._hub.adopt(sock, origin, make)

    def _irc(self, connection: Connection) -> Stack:
        return irc_stack(connection, self._sink)

    def _known(self, connection: Connection) -> Stack:
        """A stranger speaks IRC."""
        self._strangers.leave(connection.sid)
        return self._irc(connection)

    def _http(self, connection: Connection, waiting: Waiting) -> HttpStack:
        stay = self._web.stay(connection.origin)
        return HttpStack(connection, waiting, self._answer, self._http_head, stay)

    def _answer(self, request: Request, peer: Peer) -> Response | Later | Switch:
        answer = self._web.answer(request, peer)
        return self._to_session(answer) if isinstance(answer, Switch) else answer

    def _to_session(self, switch: Switch) -> Switch:
        def make(connection: Connection) -> Stack:
            self._strangers.leave(connection.sid)
            return switch.make(connection)

        return Switch(switch.answer, make)

    # -- as time goes by

    def check(self, now: Now) -> None:
        """About once a second: those who take too long, accepting again after a pause, and a certificate's end."""
        self.door.check(now.mono)
        check_deadlines(self._waiting, now.mono)
        for listener in self._listeners:
            listener.resume()
        self.look_at_dates(now.wall)

    @property
    def awaits(self) -> bool:
        """Whether :meth:`check` has to be called each second: somebody has begun to come in, or nobody can."""
        return bool(self._waiting or len(self.door) or any(listener.awaits for listener in self._listeners))

    def look_at_dates(self, wall: float) -> None:
        """Say in the log what is wrong with the certificate's, once."""
        fault = self.identity.fault(_date(wall))
        if fault and fault != self._fault:
            _log.error("%s", fault)
        self._fault = fault

    def reload(self, config: Config) -> str:
        """Read the certificate again, for whoever comes from now on; the answer says so, if it is another one.

        Limits too: those on their way in have as much time as ``config`` says.

        Raises :class:`CommandError`, and keeps the old, where the new is not valid, or good for fewer clients.
        """
        self._web.policy = web_policy(config)
        self.door.proxies = Proxies(config.access.proxies)
        self.door.needs_heads = config.access.proxy_heads
        self.door.limits = taken(DoorLimits, config.limits)
        self.door.sharing = sharing(config)
        self._http_head = config.limits.http_head
        if not config.tls.sts:
            self.told = Told()
        found = identity(config, self._data)
        now = _date(time.time())
        fault = found.fault(now)
        if fault and not self.identity.fault(now):
            raise CommandError(BAD_CONFIG, fault)
        self.door.tls = tls_context(config, found)
        old, self.identity = self.identity, found
        self.told = told(config)
        self._fault = ""
        return "; ".join(each for each in (_news(old, found), fault) if each)

    def close(self) -> None:
        """Nobody comes in any more, since the server ends."""
        self._web.leave()
        for listener in self._listeners:
            listener.close()
        self.door.close()


def identity(config: Config, data: Path) -> Identity:
    """The certificate that ``config`` names, or our own. Raises :class:`CommandError`."""
    if config.tls.cert:
        certificate = Path(config.tls.cert).expanduser()
        return given(data / TLS_DIRECTORY, certificate, Path(config.tls.key).expanduser())
    return own(data / TLS_DIRECTORY, config.server.name, _date(time.time()))


def _date(wall: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(wall, dt.UTC)


def _news(old: Identity, new: Identity) -> str:
    """What it means to show ``new`` in place of ``old``."""
    if old == new:
        return ""
    if old.pin == new.pin:
        return f"a new certificate is shown, good until {new.expires:%Y-%m-%d}"
    return (
        f"a new certificate is shown, and its key is another one: {new.pin}; who came by a join link from before "
        "is not let in by his client, and needs the new one"
    )


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


def sharing(config: Config) -> Sharing:
    """Who counts as one site, and what one may have."""
    return taken(
        Sharing, config.sites, limited=config.limits.enabled, trust_loopback=config.access.trust_loopback
    )


def _most_strangers() -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _STRANGERS if descriptors == resource.RLIM_INFINITY else min(_STRANGERS, descriptors // 2)


def _cannot_listen(error: OSError) -> str:
    remedy = "choose another with --port or --host"
    if error.errno == errno.EACCES:  # a port below 1024
        remedy = "choose one from 1024 on, or install it as a service, which may have it"
    return f"can't listen on {error.filename}: {error.strerror}: {remedy}"
