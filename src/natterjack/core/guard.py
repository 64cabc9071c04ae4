"""Wrong passwords: answered later and later, so that guessing takes for ever, while a right one is never refused.

Two counts, since there are two ways to guess: many passwords for one account from many places, and many accounts from
one place. Nobody is ever locked out, which would let anybody lock out anybody.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

#: Failures a minute that a site has free, and the most seconds that its further ones wait.
FREE_A_MINUTE: Final = 3
MOST_FOR_SITE: Final = 5.0
#: The most seconds that a wrong password for one account waits: one, two, four … with each in a row.
MOST_FOR_ACCOUNT: Final = 60.0
#: Sites and accounts that are remembered; those that failed longest ago are forgotten first.
_REMEMBERED = 10_000
#: Seconds after which an account's failures are forgotten.
_FORGIVEN = 3600.0


class Guard:
    """Monotonic seconds throughout."""

    def __init__(self) -> None:
        self._sites: OrderedDict[str, deque[float]] = OrderedDict()
        self._accounts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def failed(self, site: str, account: str, now: float) -> float:
        """A wrong password for ``account`` (folded) came from ``site``: the seconds to wait before saying so."""
        return max(self._failed_site(site, now), self._failed_account(account, now))

    def succeeded(self, account: str) -> None:
        """The right one came: the account's failures are forgotten."""
        self._accounts.pop(account, None)

    def _failed_site(self, site: str, now: float) -> float:
        if not site:
            return 0.0
        times = self._sites.setdefault(site, deque(maxlen=FREE_A_MINUTE + int(MOST_FOR_SITE)))
        self._sites.move_to_end(site)
        _bound(self._sites)
        while times and times[0] < now - 60:
            times.popleft()
        times.append(now)
        return min(MOST_FOR_SITE, float(max(0, len(times) - FREE_A_MINUTE)))

    def _failed_account(self, account: str, now: float) -> float:
        count, last = self._accounts.pop(account, (0, now))
        if now - last > _FORGIVEN:
            count = 0
        self._accounts[account] = (count + 1, now)
        _bound(self._accounts)
        # The first three are free: people mistype.
        return 0.0 if count < FREE_A_MINUTE else min(MOST_FOR_ACCOUNT, 2.0 ** (count - FREE_A_MINUTE))


def _bound(entries: OrderedDict[str, deque[float]] | OrderedDict[str, tuple[int, float]]) -> None:
    while len(entries) > _REMEMBERED:
        entries.popitem(last=False)
