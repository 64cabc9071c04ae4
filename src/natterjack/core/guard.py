"""Who tries something too often: wrong passwords, accounts made by the dozen, masks by the thousand.

After wrong passwords the next one is *looked at* later and later, be it right or wrong: were it only the answer that
comes late, whoever hears no yes would hang up and try the next. The time belongs to the site, so that hanging up does
not shorten it. A right one is never refused, and nobody elsewhere waits. Nobody is ever locked out, which would let
anybody lock out anybody: no wait is longer than :class:`~natterjack.core.policy.Logins` says.

Two counts, since there are two ways to guess. Many accounts from one site: the site's wrong ones within a minute say
how long it waits for its next, whomever that is for. Many passwords for one account, from many sites: the account's
wrong ones in a row say how long each of those sites waits for its next for that account. Other sites don't wait, since
its owner may be there.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from math import ceil

from natterjack.core.crowds import factor_of
from natterjack.core.policy import LISTED_A_DAY, Logins, Sites

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
#: Doublings of a delay: the longest that can be configured has been reached by then, and numbers stay small.
_DOUBLINGS = 20


class Guard:
    """Monotonic seconds throughout. ``limits`` and ``sites`` may be replaced at any time. Accounts are folded names."""

    def __init__(self, limits: Logins, sites: Sites) -> None:
        self.limits = limits
        self.sites = sites
        self._failures = _Moments(_MINUTE)
        self._made = _Moments(_HOUR)
        self._listed: OrderedDict[str, tuple[float, int]] = OrderedDict()  # by site: since when, how many
        self._accounts = _Counts()
        self._turns = _Turns()  # of sites
        self._turns_for = _Turns()  # of a site, for one account

    # -- wrong passwords

    def wait(self, site: str, account: str, now: float) -> float:
        """The seconds until the next password for ``account`` that ``site`` says is looked at."""
        due = max(self._turns.next(site, now), self._turns_for.next(f"{site} {account}", now))
        return due - now

    def take_turn(self, site: str, account: str, now: float) -> float:
        """The same, and this is the next: whatever comes from there until then comes behind it.

        The lines are as long as the waits may be: who comes to the end of one is looked at with the last in it.
        So no more wait than there may be sessions of the site, each of which says one password at a time.
        """
        wait = self.wait(site, account, now)
        limits = self.limits
        self._turns.take(site, self._after(site, now), now + limits.site_delay, now)
        pair = f"{site} {account}"
        self._turns_for.take(pair, self._after_for(account, now), now + limits.account_delay, now)
        return wait

    def failed(self, site: str, account: str, now: float) -> None:
        """A wrong password for ``account`` came from ``site``."""
        limits = self.limits
        if site:
            self._failures.add(site, now, limits.site_free + ceil(limits.site_delay), limits.remembered)
            self._turns.put_off(site, now + self._after(site, now), now, limits.remembered)
        self._accounts.add(account, now, limits.account_free, limits.remembered)
        until = now + self._after_for(account, now)
        self._turns_for.put_off(f"{site} {account}", until, now, limits.remembered)

    def succeeded(self, site: str, account: str) -> None:
        """The right one came from ``site``: the account's failures are forgotten."""
        self._accounts.forget(account)
        self._turns_for.forget(f"{site} {account}")

    def _after(self, site: str, now: float) -> float:
        """The seconds between a password that ``site`` says and its next."""
        limits = self.limits
        return min(limits.site_delay, max(0.0, len(self._failures.of(site, now)) + 1.0 - limits.site_free))

    def _after_for(self, account: str, now: float) -> float:
        """The seconds between a password for ``account`` that a site says and its next for that."""
        limits = self.limits
        count = self._accounts.of(account, now) - limits.account_free
        return min(limits.account_delay, 2.0 ** min(count, _DOUBLINGS)) if count >= 0 else 0.0

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

    # -- entries of channels' lists

    def may_list(self, site: str, now: float) -> bool:
        """Whether ``site`` may put one more entry into a list; if so it does."""
        if not site:
            return True
        since, count = self._listed.get(site, (now, 0))
        if now - since > _DAY:
            since, count = now, 0
        if count < LISTED_A_DAY:
            self._listed[site] = since, count + 1
            self._listed.move_to_end(site)
            while len(self._listed) > self.limits.remembered:
                self._listed.popitem(last=False)
        return count < LISTED_A_DAY


class _Turns:
    """From when on the next of each line may have its turn. Who had his longest ago is forgotten first."""

    def __init__(self) -> None:
        self._next: OrderedDict[str, float] = OrderedDict()

    def next(self, line: str, now: float) -> float:
        """When the next of ``line`` has his turn."""
        return max(now, self._next.get(line, now))

    def take(self, line: str, seconds: float, latest: float, now: float) -> None:
        """That turn is somebody's: the next is ``seconds`` after it, but not later than ``latest``."""
        if line in self._next:
            self._next[line] = min(self.next(line, now) + seconds, latest)

    def put_off(self, line: str, until: float, now: float, remembered: int) -> None:
        """Nobody has a turn before ``until``. So many lines are kept."""
        if until <= self.next(line, now):
            return
        self._next[line] = until
        self._next.move_to_end(line)
        while len(self._next) > remembered:
            self._next.popitem(last=False)

    def forget(self, line: str) -> None:
        """The next need not wait."""
        self._next.pop(line, None)


class _Counts:
    """How often in a row something happened to each name; an hour without it is the end of the row.

    Of too many names those with ``free`` at the most are forgotten first, so that whoever makes up names by the
    thousand can't have that forgotten which matters; among these, and among the others, whose last is longest ago.
    """

    def __init__(self) -> None:
        self._few: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._many: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def of(self, name: str, now: float) -> int:
        """How often."""
        count, last = self._many.get(name) or self._few.get(name) or (0, now)
        return count if now - last <= _HOUR else 0

    def add(self, name: str, now: float, free: int, remembered: int) -> None:
        """Once more. So many of each kind of names are kept."""
        count = self.of(name, now) + 1
        self.forget(name)
        kept = self._many if count > free else self._few
        kept[name] = (count, now)
        while len(kept) > remembered:
            kept.popitem(last=False)

    def forget(self, name: str) -> None:
        """It never happened."""
        self._few.pop(name, None)
        self._many.pop(name, None)


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
