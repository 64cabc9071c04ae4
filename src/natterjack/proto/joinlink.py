"""Join links: where a server is, which key it has, and what lets one in.

``natterjack://host:port/#pin=SHA256:...&invite=...``, or the same with ``https``, which any browser opens: there the
server's own page says how to go on. Both parts behind ``#`` are optional. They stand there and not in a query because
a browser never sends that part to anybody.
"""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_address
from urllib.parse import quote, unquote

from msgspec import Struct

#: Where a server listens unless told otherwise.
DEFAULT_PORT = 7667
#: scheme -> the port where the link names none
SCHEMES = {"natterjack": DEFAULT_PORT, "https": 443}

PIN_PREFIX = "SHA256:"
_HOST = re.compile(r"[^\s/\\#?@\[\]:%]+")
_PIN = re.compile(r"[A-Za-z0-9+/]{43}=?")
#: What may stand in a fragment as it is (RFC 3986 section 3.5), without what parts our items.
_PLAIN = "!$'()*,;:@/?+~"


class BadLink(ValueError):  # noqa: N818 - named for what it is
    """What was given is no link, or no address. The text is a sentence that says why."""


class JoinLink(Struct, frozen=True):
    """``host`` is a name or an IP address without brackets; ``pin`` and ``invite`` are ``""`` where there is none."""

    host: str
    port: int = DEFAULT_PORT
    pin: str = ""
    invite: str = ""

    def render(self, scheme: str = "natterjack") -> str:
        """The link as text, with one of :data:`SCHEMES`."""
        wanted = (("pin", self.pin), ("invite", self.invite))
        items = [f"{key}={quote(value, safe=_PLAIN)}" for key, value in wanted if value]
        fragment = f"#{'&'.join(items)}" if items else ""
        return f"{scheme}://{place(self.host, self.port)}/{fragment}"


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this very machine, as it calls itself."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def place(host: str, port: int) -> str:
    """``host:port``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_link(text: str) -> JoinLink:
    """The link in ``text``. Raises :class:`BadLink`."""
    scheme, mark, rest = text.partition("://")
    default = SCHEMES.get(scheme.casefold())
    if not mark or default is None:
        raise BadLink(f"A join link begins with natterjack:// or https://, not with {scheme}://.")
    where, _, fragment = rest.partition("#")
    host, port = parse_place(where.rstrip("/"), default)
    wanted = {"pin": "", "invite": ""}
    for item in fragment.split("&"):
        key, _, value = item.partition("=")
        if key in wanted:
            wanted[key] = unquote(value)
    pin = parse_pin(wanted["pin"]) if wanted["pin"] else ""
    if not wanted["invite"].isprintable():  # it goes into a line as it is
        raise BadLink("The invite in that join link is damaged: have the link sent once more.")
    return JoinLink(host, port, pin, wanted["invite"])


def parse_place(text: str, default: int = DEFAULT_PORT) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port``, ``[::1]:port`` or a bare IPv6 address. Raises :class:`BadLink`."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise BadLink(f"An IPv6 address with a port is written [::1]:{DEFAULT_PORT}, not {text}.")
        return parse_host(host), parse_port(rest[1:]) if rest else default
    if text.count(":") > 1:  # an IPv6 address on its own
        return parse_host(text), default
    host, colon, port = text.partition(":")
    return parse_host(host), parse_port(port) if colon else default


def parse_host(text: str) -> str:
    """``text``, if it is a name or an IP address. Raises :class:`BadLink`."""
    if ":" in text:
        address, percent, zone = text.partition("%")
        try:
            ip_address(address)
        except ValueError:
            raise BadLink(f"{text} is no IPv6 address.") from None
        if percent and not _HOST.fullmatch(zone):  # an interface (RFC 4007 section 11)
            raise BadLink(f"{text!r} is no IPv6 address: behind its % stands the name of an interface.")
        if not text.isprintable():
            raise BadLink(f"{text!r} is no host: give a name or an IP address.")
        return text
    if not _HOST.fullmatch(text) or not text.isprintable():
        raise BadLink(f"{text!r} is no host: give a name or an IP address.")
    return text


def parse_port(text: str) -> int:
    """The port, from 1. Raises :class:`BadLink`."""
    # int() takes "1_000", " 7 " and other scripts' digits; a port has none of them
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise BadLink(f"{text!r} is no port: it is a number from 1 to 65535.")
    return int(text)


def make_pin(digest: bytes) -> str:
    """The pin of a key, by the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4)."""
    return PIN_PREFIX + base64.b64encode(digest).decode().rstrip("=")


def parse_pin(text: str) -> str:
    """The pin in the one form that can be compared. Raises :class:`BadLink`."""
    prefix, rest = text[: len(PIN_PREFIX)], text[len(PIN_PREFIX) :]
    if prefix.upper() == PIN_PREFIX and _PIN.fullmatch(rest):
        try:
            return make_pin(base64.b64decode(rest.rstrip("=") + "=", validate=True))
        except binascii.Error:
            raise BadLink(_no_pin(text)) from None
    raise BadLink(_no_pin(text))


def _no_pin(text: str) -> str:
    shown = text if text.isprintable() else repr(text)
    return f"{shown} is no key pin: that is {PIN_PREFIX} with 43 letters and digits behind it, as the server shows it."
