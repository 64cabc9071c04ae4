"""Where somebody comes from, as far as counting goes: his site.

A site is an IPv4 address or an IPv6 /64. A private network counts as one, and may have several times as much, since a
whole house or school stands behind it.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network

#: The size of a private network that counts as one site.
_PRIVATE_V4, _PRIVATE_V6 = 16, 48
_PRIVATE = "private "


def is_network(site: str) -> bool:
    """Whether ``site`` is a private network."""
    return site.startswith(_PRIVATE)


@lru_cache(maxsize=1024)
def is_local(ip: str, proxied: bool) -> bool:
    """Whether a session from ``ip`` is a program on this machine; if it came through a proxy, it may be anybody's."""
    return not proxied and ip_address(ip.partition("%")[0]).is_loopback


@lru_cache(maxsize=1024)
def site_of(ip: str) -> str:
    """The site that ``ip`` belongs to."""
    address = ip_address(ip.partition("%")[0])
    is_v4 = isinstance(address, IPv4Address)
    if address.is_private:
        return f"{_PRIVATE}{ip_network((address, _PRIVATE_V4 if is_v4 else _PRIVATE_V6), strict=False)}"
    return str(ip_network((address, 32 if is_v4 else 64), strict=False))
