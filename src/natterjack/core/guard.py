"""Who tries to get in too often: wrong passwords, and accounts made by the dozen.

Wrong passwords are answered later and later, so that guessing takes for ever, while a right one is never refused. Two
counts, since there are two ways to guess: many passwords for one account from many places, and many accounts from one
place. Nobody is ever locked out, which would let anybody lock out anybody.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from math import ceil

from natterjack.core.crowds import factor_of
from natterjack.core.policy import Logins, Sites

_MINUTE, _HOUR = 60.0, 3600.0
#: Doublings of a delay: the longest that can be configured has been reached by then, and numbers stay small.
_DOUBLINGS = 20


class Guard:
    """Monotonic seconds throughout. ``limits`` and ``sites`` may be replaced at any time."""

    def __init__(self, limits: Logins, sites: Sites) -> None:
        self.limits = limits
        self.sites = sites
        self._failures = _Moments(_MINUTE)
        self._made = _Moments(_HOUR)
        self._accounts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    # -- wrong passwords

    def failed(self, site: str, account: str, now: float) -> float:
        """A wrong password for ``account`` (folded) came from ``site``: the seconds to wait before saying so."""
        return max(self._failed_site(site, now), self._failed_account(account, now))

    def succeeded(self, account: str) -> None:
        """The right one came: the account's failures are forgotten."""
        self._accounts.pop(account, None)

    def _failed_site(self, site: str, now: float) -> float:
        limits = self.limits
        if not site:
            return 0.0
        count = self._failures.add(site, now, limits.site_free + ceil(limits.site_delay), limits.remembered)
        return min(limits.site_delay, float(max(0, count - limits.site_free)))

    def _failed_account(self, account: str, now: float) -> float:
        limits = self.limits
        count, last = self._accounts.pop(account, (0, now))
        if now - last > _HOUR:
            count = 0
        self._accounts[account] = (count + 1, now)
        while len(self._accounts) > limits.remembered:
            self._accounts.popitem(last=False)
        if count < limits.account_free:
            return 0.0
        return min(limits.account_delay, 2.0 ** min(count - limits.account_free, _DOUBLINGS))

    # -- new accounts

    def made(self, site: str, now: float) -> None:
        """An account was made from ``site``."""
        if site:
            self._made.add(site, now, self.most_made(site), self.limits.remembered)

    def taken_back(self, site: str, now: float) -> None:
        """The last of those accounts was not made after all."""
        moments = self._made.of(site, now)
        if moments:
            moments.pop()

    def most_made(self, site: str) -> int:
        """How many accounts may be made from ``site`` in an hour."""
        return self.sites.new_accounts * factor_of(site, self.sites)

    def until_next(self, site: str, now: float) -> float:
        """The seconds until another account may be made from ``site``; 0 where it may be now."""
        most = self.most_made(site)
        moments = self._made.of(site, now)
        return 0.0 if len(moments) < most else max(1.0, moments[-most] + _HOUR - now)


class _Moments:
    """When something happened, by site: within the last so many seconds. Who did it longest ago is forgotten first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def of(self, site: str, now: float) -> deque[float]:
        """The moments of ``site``, oldest first."""
        moments = self._moments.get(site)
        if moments is None:
            return deque()
        while moments and moments[0] < now - self._seconds:
            moments.popleft()
        return moments

    def add(self, site: str, now: float, most: int, remembered: int) -> int:
        """One more of ``site``; the answer is how many there are. ``most`` of them, and so many sites, are kept."""
        moments = self._moments.setdefault(site, deque())
        self._moments.move_to_end(site)
        self.of(site, now)
        moments.append(now)
        while len(moments) > most:
            moments.popleft()
        while len(self._moments) > remembered:
            self._moments.popitem(last=False)
        return len(moments)
