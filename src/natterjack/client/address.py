"""Where a server is, as people type it: a host, ``host:port``, or a join link.

A join link is ``natterjack://host:port/#pin=SHA256:...&invite=...``; both parts after ``#`` are optional, and stay on
this machine when a browser is given the link by mistake, which is why they are there and not in a query.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import unquote

from msgspec import Struct

from natterjack.client.errors import BadAddress

#: Where a server listens unless told otherwise.
DEFAULT_PORT = 7667
DEFAULT_HOST = "127.0.0.1"
_SCHEME = "natterjack://"
_HOST = re.compile(r"[^\s/\\#?@\[\]:%]+")


class Address(Struct, frozen=True):
    """``host`` is a name or an IP address without brackets; ``pin`` and ``invite`` are ``""`` where none was given."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    invite: str = ""
    pin: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine, as far as the name alone can tell."""
        try:
            return ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return self.host.casefold().rstrip(".") in ("localhost", "localhost.localdomain")


def parse_address(text: str) -> Address:
    """The address that ``text`` means. Raises :class:`BadAddress`, which says what is wrong with it."""
    words = text.split()
    if not words:
        return Address()
    if len(words) == 2:
        return Address(_host(words[0].removeprefix("[").removesuffix("]")), _port(words[1]))
    if len(words) > 2:
        raise BadAddress(
            f"An address is a host and a port, such as 'example.org 7667', not {text.strip()!r}."
        )
    word = words[0]
    if word.casefold().startswith(_SCHEME):
        return _parse_link(word[len(_SCHEME) :])
    if "://" in word:
        raise BadAddress(f"A join link begins with {_SCHEME}, not with {word.partition('://')[0]}://.")
    return _parse_host_port(word)


def _parse_link(rest: str) -> Address:
    place, _, fragment = rest.partition("#")
    plain = _parse_host_port(place.rstrip("/"))
    wanted = {"pin": "", "invite": ""}
    for item in fragment.split("&"):
        key, _, value = item.partition("=")
        if key in wanted:
            wanted[key] = unquote(value)
    return Address(plain.host, plain.port, wanted["invite"], wanted["pin"])


def _parse_host_port(word: str) -> Address:
    if word.startswith("["):
        host, closed, rest = word[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise BadAddress(f"An IPv6 address with a port is written [::1]:{DEFAULT_PORT}, not {word}.")
        return Address(_host(host), _port(rest[1:]) if rest else DEFAULT_PORT)
    if word.count(":") > 1:  # an IPv6 address on its own
        return Address(_host(word))
    host, colon, port = word.partition(":")
    return Address(_host(host), _port(port) if colon else DEFAULT_PORT)


def _host(text: str) -> str:
    if ":" in text:
        try:
            ip_address(text.partition("%")[0])
        except ValueError:
            raise BadAddress(f"{text} is no IPv6 address.") from None
        return text
    if not _HOST.fullmatch(text) or not text.isprintable():
        raise BadAddress(f"{text!r} is no host: give a name or an IP address.")
    return text


def _port(text: str) -> int:
    # int() takes "1_000", " 7 " and other scripts' digits; a port has none of them
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise BadAddress(f"{text!r} is no port: it is a number from 1 to 65535.")
    return int(text)
