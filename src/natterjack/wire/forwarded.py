"""``Forwarded`` (RFC 7239) and ``X-Forwarded-For``: through whose hands a request says that it has come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

from natterjack.wire.proxyhead import plain

NAMES = ("forwarded", "x-forwarded-for")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
#: A pair (RFC 7239 section 4) or nothing (lists may have empty elements, RFC 9110 section 5.6.1), and what ends it.
#: Without a pair there is one place for blanks: of two, the search would take the square of how many there are.
_PAIR = re.compile(rf'[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")[ \t]*)?([;,]|$)')
_NODE = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[^:]+)?|([0-9.]+)(?::[^:]+)?|([0-9A-Fa-f:.]+)")


class ForwardedError(ValueError):
    """The headers are malformed, or say different things."""


def hops(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses that the request has come from, the latest last; ``""`` for one that is not told.

    ``headers`` have lower-case names. A proxy that writes one of the two may pass the other on as a client made it up,
    so that two are believed only where they agree. Raises :class:`ForwardedError`.
    """
    said = [reader(headers[name]) for name, reader in _READERS.items() if name in headers]
    if len(said) > 1 and said[0] != said[1]:
        raise ForwardedError("Forwarded and X-Forwarded-For say different things")
    return said[0] if said else ()


def _forwarded(value: str) -> tuple[str, ...]:
    found: list[str] = []
    at, fresh, told = 0, False, ""
    while True:
        pair = _PAIR.match(value, at)
        if pair is None:
            raise ForwardedError("Forwarded is malformed")
        name, token, quoted, end = pair.groups()
        if name:
            fresh = True
            if name.lower() == "for":
                told = token or re.sub(r"\\(.)", r"\1", quoted or "")
        if end != ";":
            if fresh:
                found.append(_node(told))
            fresh, told = False, ""
        if not end:
            return tuple(found)
        at = pair.end()


def _for(value: str) -> tuple[str, ...]:
    return tuple(_node(word.strip()) for word in value.split(",") if word.strip())


def _node(text: str) -> str:
    """The address in ``text``; ``""`` for "unknown", a name of somebody's own, and what is none."""
    match = _NODE.fullmatch(text)
    if match is None:
        return ""
    try:
        address = ip_address(match[1] or match[2] or match[3])
    except ValueError:
        return ""
    return plain(address) if match[2] or isinstance(address, IPv6Address) else ""


_READERS = {"forwarded": _forwarded, "x-forwarded-for": _for}
