"""Which web pages may chat here: any page in a browser can open a WebSocket to anywhere, to its user's own machine too.

A browser says truly which page asks (``Origin``); whoever sends none is no browser (RFC 6455 section 10.2). What comes
from the very address that it asks may do so. But the name in that address is what the page's owner has made of it: he
may let it lead to the user's own machine for a moment (DNS rebinding), where programs are trusted. So there it has to
be a name of that machine.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Protocol

_PORTS = {"http": "80", "https": "443"}
_HERE = ("localhost", "localhost.")


class Pages(Protocol):
    """What the configuration says: ``pages`` may chat too; ``name`` is the server's."""

    @property
    def pages(self) -> frozenset[str]: ...
    @property
    def name(self) -> str: ...


def may_chat(page: str, host: str, policy: Pages, *, secure: bool, home: bool) -> bool:
    """Whether a page from the origin ``page`` may. ``host`` is the address that it has asked; ``secure``: with TLS,
    as far as is known here.

    ``home``: the browser runs on this machine, and this machine is trusted.
    """
    page = page.lower()
    if page in policy.pages:
        return True
    scheme, _, place = page.partition("://")
    port = _PORTS.get(scheme)
    if port is None or (secure and scheme != "https"):
        return False
    name = _name(host)
    if home and name not in (*_HERE, policy.name.lower()) and not _is_address(name):
        return False
    return bool(name) and _with_port(place, port) == _with_port(host.lower(), port)


def _with_port(place: str, port: str) -> str:
    return place if place.rpartition(":")[2].isdigit() and not place.endswith("]") else f"{place}:{port}"


def _name(host: str) -> str:
    """``host`` without its port, and without the brackets of an IPv6 address."""
    host = host.lower()
    if host[:1] == "[":
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
