"""Where a connection comes from: the peer that the kernel tells, or whom a proxy before us tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network

from msgspec import Struct


class Origin(Struct, frozen=True):
    """``proxied``: it came through a configured proxy, so it may be anybody, whatever the address is.

    ``secure``: a proxy says that it came to it by TLS.
    """

    ip: str = ""
    port: int = 0
    proxied: bool = False
    secure: bool = False


def origin_of(address: object) -> Origin:
    """The peer at ``address``, as ``accept`` gave it.

    An IPv4 address that came through an IPv6 socket is shown as what it is.
    """
    if isinstance(address, tuple) and len(address) >= 2:
        return Origin(str(address[0]).removeprefix("::ffff:"), int(address[1]))
    return Origin()


class Proxies:
    """The configured proxies: ``entries`` are addresses and networks. Ask ``ip in proxies``."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._networks = tuple(map(ip_network, entries))

    def __contains__(self, ip: str) -> bool:
        if not self._networks or not ip:
            return False
        address = ip_address(ip.partition("%")[0])
        return any(address in network for network in self._networks)

    def asker(self, ip: str, hops: Sequence[str]) -> str:
        """Who asks, if the request came from ``ip`` and says that it came through ``hops`` before that.

        What is added to such a list is believed if a proxy added it: the rightmost that is no proxy is who asks.
        """
        for hop in reversed(hops):
            if not hop or ip not in self:
                break
            ip = hop
        return ip
