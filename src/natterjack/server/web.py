"""What is answered over HTTP: health, readiness, metrics, a page that says how to join, files, and the way to chat
over WebSocket.

From other machines everything but health and readiness takes TLS, as chatting does. A request that a proxy has passed
on (it has ``Forwarded`` or ``X-Forwarded-For``) never counts as coming from this machine; whom it comes from is
believed of configured proxies.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from msgspec import Struct

from natterjack.core.crowds import factor_of, site_of
from natterjack.core.policy import Sites
from natterjack.files.origins import Origins
from natterjack.net.connection import Connection
from natterjack.net.exchange import Exchange, Later, Peer, Switch
from natterjack.net.http import KEPT, Kept, Stay
from natterjack.net.origin import Origin, Proxies
from natterjack.net.websocket import WebSockets
from natterjack.server.page import CONTENT_SECURITY_POLICY, PAGE
from natterjack.server.pages import may_chat
from natterjack.wire import forwarded
from natterjack.wire.frames import is_asked_for
from natterjack.wire.http import Headers, Request, Response

_log = logging.getLogger(__name__)

#: Gets a request for a file, who asks, and whether that is a program on this machine; answers it later.
FilesBegin = Callable[[Exchange, Request, Peer, bool], None]
#: Where files are.
_FILES = "/files"
#: Where IRC is spoken over WebSocket; at ``/`` too, for whoever has given his client an address without a path.
_SOCKET = "/ws"

_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_COMMON: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


class Metric(Struct, frozen=True):
    """One figure. ``kind`` is ``counter`` or ``gauge``; ``name`` comes behind ``natterjack_``."""

    name: str
    kind: str
    about: str
    value: float


class WebPolicy(Struct, frozen=True):
    """What the configuration says: ``pages`` of other origins may chat, those of ``origins`` may use files.

    ``limited``: whether what one site may have is limited at all.
    """

    trust_loopback: bool = True
    allow_plaintext: bool = False
    metrics_token: str = ""
    proxies: Proxies = Proxies()
    pages: frozenset[str] = frozenset()
    name: str = ""
    origins: Origins = Origins()
    sites: Sites = Sites()
    limited: bool = True


class Web:
    """``unready`` answers why nobody new is let in, ``""`` where they are; ``metrics`` the figures of now.

    ``files`` None: there are none; ``sockets`` None: IRC is not spoken here.
    """

    def __init__(
        self,
        policy: WebPolicy,
        unready: Callable[[], str],
        metrics: Callable[[], Iterable[Metric]],
        files: FilesBegin | None = None,
        sockets: WebSockets | None = None,
    ) -> None:
        self.policy = policy
        self._sockets = sockets
        self._files = files
        self._unready = unready
        self._metrics = metrics
        self._kept = Kept()
        self._routes: dict[str, Callable[[Request, Peer], Response]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._show_metrics,
            _SOCKET: self._no_socket,
            "/": self._page,
        }

    def leave(self) -> None:
        """The server ends: tell those who chat here so, as they are closed."""
        if self._sockets is not None:
            self._sockets.leaving = True

    def stay(self, origin: Origin) -> Stay:
        """By what a connection from ``origin`` may stay open between requests.

        Those of this machine are not counted, nor those of proxies, which come with everybody's requests.
        """
        policy = self.policy
        home = policy.trust_loopback and not origin.proxied and _is_loopback(origin.ip)
        if not policy.limited or home or (origin.ip in policy.proxies and not origin.proxied):
            return Stay(self._kept)
        site = site_of(origin.ip)
        return Stay(self._kept, site, KEPT * factor_of(site, policy.sites))

    def answer(self, request: Request, peer: Peer) -> Response | Later | Switch:
        """The answer to ``request`` of ``peer``."""
        if self._sockets is not None and request.path in (_SOCKET, "/") and is_asked_for(request):
            return self._socket(self._sockets, request, peer)
        if self._files is not None and (request.path == _FILES or request.path.startswith(f"{_FILES}/")):
            return self._file(self._files, request, peer)
        return self._answer(request, peer)

    def _answer(self, request: Request, peer: Peer) -> Response:
        route = self._routes.get(request.path)
        if route is None:
            response = _words(404, "There is nothing here.")
        elif request.method not in ("GET", "HEAD"):
            response = _words(405, "This can only be read.", ("Allow", "GET, HEAD"))
        elif request.body:
            response = _words(413, "Nothing is taken in here.")
        else:
            try:
                response = route(request, self._asker(request, peer))
            except forwarded.ForwardedError as error:
                response = _words(400, f"{error}.")
        return _guarded(response, close=request.body)

    # -- routes

    def _health(self, _request: Request, _peer: Peer) -> Response:
        return _words(200, "ok")

    def _ready(self, _request: Request, _peer: Peer) -> Response:
        why = self._unready()
        return _words(503, why, ("Retry-After", "10")) if why else _words(200, "ready")

    def _show_metrics(self, request: Request, peer: Peer) -> Response:
        if not self._is_home(peer):
            if not self._may_pass(peer):
                return _needs_tls()
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            token = self.policy.metrics_token
            if not token or scheme.lower() != "bearer":
                return _words(401, "Metrics take a token from elsewhere.", ("WWW-Authenticate", "Bearer"))
            if not hmac.compare_digest(given.strip().encode(), token.encode()):
                _log.info("%s showed a wrong token for /metrics", peer.ip)
                return _words(
                    401, "This is not the token.", ("WWW-Authenticate", 'Bearer error="invalid_token"')
                )
        return Response(
            200, (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),), render(self._metrics())
        )

    def _page(self, _request: Request, peer: Peer) -> Response:
        if not self._is_home(peer) and not self._may_pass(peer):
            return _needs_tls()
        headers = (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        )
        return Response(200, headers, PAGE)

    def _file(self, files: FilesBegin, request: Request, peer: Peer) -> Response | Later:
        also = self.policy.origins.headers(request.method, request.headers)

        def refused(response: Response) -> Response:
            return Response(response.status, (*response.headers, *also), response.body)

        try:
            asker = self._asker(request, peer)
        except forwarded.ForwardedError as error:
            return refused(_words(400, f"{error}."))
        home = self._is_home(asker)
        if not home and not self._may_pass(asker):
            return refused(_needs_tls())
        if self.policy.origins.refuses(request.method, request.headers):
            return refused(
                _words(403, "Pages of other origins can't do that here, unless files.origins names them.")
            )

        def begin(exchange: Exchange) -> None:
            exchange.also(also)
            files(exchange, request, asker, home)

        return Later(begin)

    def _no_socket(self, _request: Request, _peer: Peer) -> Response:
        return _words(
            426, "IRC is spoken here over WebSocket; this was no request for one.", ("Upgrade", "websocket")
        )

    def _socket(self, sockets: WebSockets, request: Request, peer: Peer) -> Response | Switch:
        """Who may come in, and by what way, is the core's to say; here it is only looked at what page asks."""
        try:
            asker = self._asker(request, peer)
        except forwarded.ForwardedError as error:
            return _guarded(_words(400, f"{error}."), close=True)
        policy = self.policy
        host, page = request.headers.get("host", ""), request.headers.get("origin", "")
        if page and not may_chat(page, host, policy, secure=peer.secure, home=self._is_home(asker)):
            # Escaped: whoever reads the log reads it on a terminal, which must not take any of it for a command.
            _log.info("%s: a page from %.200a asked to chat, which is not in web.origins", asker.ip, page)
            text = f"No WebSocket: pages from {page[:200]} may not chat here"
            return _guarded(
                _words(403, f"{text} (the server's owner can allow it: web.origins)."), close=True
            )
        from natterjack.wire.websocket import accept  # noqa: PLC0415 - slow to load, and of no use to a start

        codec = accept(request)
        if isinstance(codec, Response):
            return _guarded(codec, close=True)

        def identify(connection: Connection) -> Origin:
            port = connection.port if asker.ip == connection.ip else 0
            return Origin(asker.ip, port, asker.proxied, asker.secure)

        return sockets.switch(codec, identify, asker is not peer)

    # -- who asks

    def _asker(self, request: Request, peer: Peer) -> Peer:
        """Whom ``peer`` speaks for, if it is a proxy. Raises :class:`forwarded.ForwardedError`.

        Any request may say that it was passed on, and is then nobody's on this machine; for whom is believed of
        configured proxies alone. A proxy on this machine has taken the TLS off: what it passes on has come that far.
        """
        if not any(name in request.headers for name in forwarded.NAMES):
            return peer
        proxies = self.policy.proxies
        ip = proxies.asker(peer.ip, forwarded.hops(request.headers)) if peer.ip in proxies else peer.ip
        return Peer(ip, peer.secure or _is_loopback(peer.ip), proxied=True)

    def _is_home(self, peer: Peer) -> bool:
        """Whether a program on this machine asks, for itself."""
        return self.policy.trust_loopback and not peer.proxied and _is_loopback(peer.ip)

    def _may_pass(self, peer: Peer) -> bool:
        """Whether nobody on the way can read along, or the owner does not mind."""
        return peer.secure or self.policy.allow_plaintext


def _guarded(response: Response, close: bool) -> Response:
    return Response(response.status, (*response.headers, *_COMMON), response.body, close=close)


def _is_loopback(ip: str) -> bool:
    return ip_address(ip.partition("%")[0]).is_loopback


def render(metrics: Iterable[Metric]) -> bytes:
    """Prometheus' text format, https://prometheus.io/docs/instrumenting/exposition_formats/."""
    lines = []
    for each in metrics:
        name = f"natterjack_{each.name}"
        lines += [f"# HELP {name} {each.about}", f"# TYPE {name} {each.kind}", f"{name} {each.value:.10g}"]
    return "".join(f"{line}\n" for line in lines).encode()


def _words(status: int, text: str, *headers: tuple[str, str]) -> Response:
    return Response(status, (_TEXT, *headers), f"{text}\n".encode())


def _needs_tls() -> Response:
    return _words(403, "From other machines this takes TLS: put https:// before the address.")
