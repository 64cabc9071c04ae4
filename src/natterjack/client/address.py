"""Where a server is, as people type it: a host, ``host:port``, or a join link (:mod:`natterjack.proto.joinlink`)."""

from __future__ import annotations

from enum import Enum
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from natterjack.client.errors import BadAddress
from natterjack.proto.joinlink import (
    DEFAULT_PORT,
    BadLink,
    parse_host,
    parse_link,
    parse_place,
    parse_port,
    place,
)

DEFAULT_HOST = "127.0.0.1"


class Security(Enum):
    """What goes over the connection: ``USUAL`` is TLS, except to this very machine without a pin."""

    USUAL = "usual"
    TLS = "tls"
    PLAIN = "plain"


#: This machine, as it is usually called: whoever types one of these means the same server.
_HERE: Final = ("127.0.0.1", "::1", "localhost")


class Address(Struct, frozen=True):
    """``host`` is a name or an IP address without brackets; ``pin`` and ``invite`` are ``""`` where none was given."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    invite: str = ""
    pin: str = ""
    security: Security = Security.USUAL

    def __str__(self) -> str:
        return place(self.host, self.port)

    @property
    def name(self) -> str:
        """The same for everything that means this place: what is kept of servers is kept by it."""
        host = self.host.casefold().rstrip(".")
        return place(DEFAULT_HOST if host in _HERE else host, self.port)

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine, as far as the name alone can tell."""
        try:
            return ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return self.host.casefold().rstrip(".") in ("localhost", "localhost.localdomain")

    @property
    def wants_tls(self) -> bool:
        """Whether to speak TLS there. A pin can be kept with TLS only, so whoever gives one wants it."""
        if self.pin or self.security is Security.TLS:
            return True
        return self.security is Security.USUAL and not self.is_loopback


def parse_address(text: str) -> Address:
    """The address that ``text`` means. Raises :class:`BadAddress`, which says what is wrong with it."""
    words = text.split()
    try:
        if not words:
            return Address()
        if len(words) > 1 and "://" in words[0]:
            raise BadAddress("A join link has no spaces in it: copy it as a whole.")
        if len(words) == 2:
            host = words[0].removeprefix("[").removesuffix("]")
            return Address(parse_host(host), parse_port(words[1]))
        if len(words) == 1:
            if "://" in words[0]:
                link = parse_link(words[0])
                return Address(link.host, link.port, link.invite, link.pin)
            return Address(*parse_place(words[0]))
    except BadLink as error:
        raise BadAddress(str(error)) from error
    raise BadAddress(f"An address is a host and a port, such as 'example.org 7667', not {text.strip()!r}.")
