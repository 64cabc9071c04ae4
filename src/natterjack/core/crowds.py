"""How many sessions one site may have, by what they are: not yet registered, guests, logged in; and how many passwords
of its requests over HTTP are looked at at a time.

For sites see :mod:`natterjack.ports.sites`. This machine itself is not counted: its site is ``""``.
"""

from __future__ import annotations

from enum import Enum

from natterjack.core.policy import FILE_CHECKS, Sites
from natterjack.ports.sites import is_network


class Standing(Enum):
    """What a session is to the limits."""

    NEW = "connections under way"
    GUEST = "guests"
    MEMBER = "sessions"
    CHECK = "passwords to be looked at"


#: By name: to look one up in its class takes ten times as long, and each who comes needs several.
NEW, GUEST, MEMBER, CHECK = Standing


class Crowds:
    """Counts sessions by site and standing. ``limits`` may be replaced at any time; nobody has to go for that."""

    def __init__(self, limits: Sites) -> None:
        self.limits = limits
        self._counts: dict[tuple[str, Standing], int] = {}

    def refusal(self, site: str, standing: Standing) -> str:
        """Why ``site`` may not have one more session of ``standing``, in words; ``""`` where it may."""
        if not site:
            return ""
        limits = self.limits
        most = {
            NEW: limits.newcomers,
            GUEST: limits.guests,
            MEMBER: limits.members,
            CHECK: FILE_CHECKS,
        }[standing] * factor_of(site, limits)
        if self._counts.get((site, standing), 0) < most:
            return ""
        where = "network" if is_network(site) else "address"
        return (
            f"too many {standing.value} from your {where}, {most} at the most: close some, or try again later"
        )

    def enter(self, site: str, standing: Standing) -> None:
        """One more."""
        if site:
            self._counts[site, standing] = self._counts.get((site, standing), 0) + 1

    def move(self, site: str, old: Standing, new: Standing) -> None:
        """One of ``old`` is one of ``new`` from now on."""
        if site:
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


def factor_of(site: str, limits: Sites) -> int:
    """How many times as much as a single address ``site`` may have."""
    return limits.private_factor if is_network(site) else 1
