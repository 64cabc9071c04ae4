"""What others see in place of an IP address: the same for the same address, and nothing of the address in it.

A cloak has a part for the address and one for each network around it, the widest last, so that a ban can still mean a
network: ``*!*@*.q2v7d4.m5x9k1.ip``. The parts are keyed with the server's secret: on another server, and for whoever
does not know the secret, they say nothing. Loopback addresses hide nobody and are shown as they are.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network

#: Bits of the networks that get a part each: the address itself, then a site, then its provider's block.
_V4 = (32, 24, 16)
_V6 = (128, 64, 48)
#: Letters of a part: 35 bits, so that two addresses of a network hardly ever share one.
_LETTERS = 7


@lru_cache(maxsize=1024)
def cloak(secret: bytes, ip: str) -> str:
    """The host that is shown for ``ip``."""
    address = ip_address(ip.partition("%")[0])
    if not secret or address.is_loopback:
        # An IPv6 address may begin with a colon, which no parameter in the middle of a line may.
        return f"0{ip}" if ip[:1] == ":" else ip
    sizes = _V4 if isinstance(address, IPv4Address) else _V6
    networks = (str(ip_network((address, size), strict=False)) for size in sizes)
    return ".".join([*(_part(secret, network) for network in networks), "ip"])


def _part(secret: bytes, network: str) -> str:
    digest = hmac.digest(secret, f"cloak:{network}".encode(), "sha256")
    return b32encode(digest)[:_LETTERS].decode().lower()
