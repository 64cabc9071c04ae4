"""Room for so many altogether, of which each site may have a part.

Whoever comes costs descriptors and memory before anything is known of him. A bound for all together is one that a
single stranger can use up, so that nobody else gets in. So one site has a part of it at most, and beyond that only
those who come from there are turned away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from natterjack.net.origin import Origin, Proxies
from natterjack.ports.sites import is_local, is_network, site_of

T = TypeVar("T")


class Sharing(Struct, frozen=True, kw_only=True):
    """Who counts as one, and how much one may have. ``limited`` False: only what all together may have is bounded."""

    limited: bool = True
    trust_loopback: bool = True
    #: How many times as much a private network may have.
    private_factor: int = 1
    #: Connections of one site that are no sessions: of HTTP, and those that have not said yet what they speak.
    connections: int = 256

    def site(self, origin: Origin, proxies: Proxies) -> str:
        """Where ``origin`` is counted; ``""`` for whom nothing but the whole is bounded.

        Those are this machine's own programs, and proxies that do not tell for whom they speak.
        """
        ip = origin.ip
        if not self.limited or not ip or (origin.proxied and ip in proxies):
            return ""
        return "" if self.trust_loopback and is_local(ip, origin.proxied) else site_of(ip)

    def share(self, site: str, of_one: int, most: int) -> int:
        """How much of ``most`` is for ``site``, if a single address may have ``of_one``: half of it at most."""
        wanted = of_one * self.private_factor if is_network(site) else of_one
        return max(1, min(wanted, most // 2))


class Room(Generic[T]):
    """Who is in, in the order in which they came, and from which sites."""

    def __init__(self) -> None:
        self._sites: dict[T, str] = {}
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._sites)

    def __iter__(self) -> Iterator[T]:
        return iter(self._sites)

    def __contains__(self, who: object) -> bool:
        return who in self._sites

    def site(self, who: T) -> str:
        """Where ``who``, who is in, is counted."""
        return self._sites[who]

    def admits(self, site: str, most: int, share: int) -> bool:
        """Whether there is room for one more of ``site``: for ``most`` altogether, and ``share`` of one site."""
        return len(self._sites) < most and (not site or self._counts.get(site, 0) < share)

    def enter(self, who: T, site: str) -> None:
        """``who`` is in from now on, and counted at ``site``."""
        self.leave(who)
        self._sites[who] = site
        if site:
            self._counts[site] = self._counts.get(site, 0) + 1

    def leave(self, who: T) -> None:
        """``who`` is not in, whether he was or not."""
        site = self._sites.pop(who, "")
        if site:
            left = self._counts[site] - 1
            if left:
                self._counts[site] = left
            else:
                del self._counts[site]


class Lines(Generic[T]):
    """Who waits for room: each site in a line of its own, and the sites take turns."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[T]] = {}  # whose turn is next comes first

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, site: object) -> bool:
        return site in self._lines

    def add(self, who: T, site: str) -> None:
        """``who`` is the last in the line of ``site``."""
        self._lines.setdefault(site, deque()).append(who)

    def next(self, may: Callable[[str], bool]) -> T | None:
        """Whose turn it is, of those whose sites ``may``, and he does not wait any more; None: there is nobody."""
        for site, line in self._lines.items():
            if may(site):
                who = line.popleft()
                del self._lines[site]
                if line:
                    self._lines[site] = line  # behind all others
                return who
        return None

    def clear(self) -> None:
        """Nobody waits any more."""
        self._lines.clear()
