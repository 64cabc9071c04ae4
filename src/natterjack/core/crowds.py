"""How many sessions one site may have, by what they are: not yet registered, guests, logged in.

A site is an IPv4 address or an IPv6 /64; a private network counts as one site and may have eight times as many, since
a whole house or school stands behind it. This machine itself is not counted: its site is ``""``.
"""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

#: How many times as much a private network may have.
PRIVATE_FACTOR: Final = 8
#: The size of a private network that counts as one site.
_PRIVATE_V4, _PRIVATE_V6 = 16, 48


class Standing(Enum):
    """What a session is to the limits. The value is how many a site may have."""

    NEW = 64
    GUEST = 32
    MEMBER = 256


class Crowds:
    """Counts sessions by site and standing."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Standing], int] = {}

    def has_room(self, site: str, standing: Standing) -> bool:
        """Whether ``site`` may have one more session of ``standing``."""
        if not site:
            return True
        most = standing.value * (PRIVATE_FACTOR if site.startswith("private ") else 1)
        return self._counts.get((site, standing), 0) < most

    def enter(self, site: str, standing: Standing) -> None:
        """One more."""
        if site:
            self._counts[site, standing] = self._counts.get((site, standing), 0) + 1

    def move(self, site: str, old: Standing, new: Standing) -> None:
        """One of ``old`` is one of ``new`` from now on."""
        self.leave(site, old)
        self.enter(site, new)

    def leave(self, site: str, standing: Standing) -> None:
        """One less."""
        if site:
            left = self._counts[site, standing] - 1
            if left:
                self._counts[site, standing] = left
            else:
                del self._counts[site, standing]


def too_many(standing: Standing) -> str:
    """Why there is no room, in words."""
    what = {Standing.NEW: "connections under way", Standing.GUEST: "guests", Standing.MEMBER: "sessions"}[
        standing
    ]
    return f"too many {what} from your address, {standing.value} at the most: close some, or try again later"


def is_local(ip: str, proxied: bool) -> bool:
    """Whether a session from ``ip`` is a program on this machine; if it came through a proxy, it may be anybody's."""
    return not proxied and ip_address(ip.partition("%")[0]).is_loopback


def site_of(ip: str) -> str:
    """The site that ``ip`` belongs to."""
    address = ip_address(ip.partition("%")[0])
    is_v4 = isinstance(address, IPv4Address)
    if address.is_private:
        return f"private {ip_network((address, _PRIVATE_V4 if is_v4 else _PRIVATE_V6), strict=False)}"
    return str(ip_network((address, 32 if is_v4 else 64), strict=False))
