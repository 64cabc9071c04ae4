"""Whom the server keeps out (bans) or silent (mutes), and the lock, which keeps guests out and silent.

What a target is shows in its form: a mask has a ``!``, an address or network a ``.`` or ``:``, an account neither.
Accounts and addresses are looked up, however many there are; masks have to be tried one by one, so there are few.

Whether somebody may speak is not asked when he speaks: :class:`Sanctions` sets :attr:`User.muted` to the answer, and
:meth:`Sanctions.judge` has to be called whenever what it depends on has changed: his account, his nick, his sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import inf
from typing import Any

from msgspec import Struct

from natterjack.core.state import User
from natterjack.ports.events import Now
from natterjack.ports.records import LockRecord, SanctionRecord, Snapshot
from natterjack.proto.casemap import fold
from natterjack.proto.masks import matches
from natterjack.proto.timestamps import format_time

BAN, MUTE = "ban", "mute"
_LOOPBACKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
#: Hosts of this machine, as masks meet them.
_LOOPBACK_HOSTS = ("127.0.0.1", "::1", "0::1")


class Person(Struct, frozen=True):
    """Whom a sanction may mean. ``nick`` is ``""`` while it is not known; then no mask fits."""

    account: str
    nick: str
    username: str
    host: str
    ips: tuple[str, ...]


class Targets:
    """Sanctions of one kind, found by whom they mean."""

    def __init__(self, records: Iterable[SanctionRecord] = ()) -> None:
        self._accounts: dict[str, SanctionRecord] = {}
        self._networks: dict[
            tuple[int, int], dict[int, SanctionRecord]
        ] = {}  # by version and length, then bits
        self._masks: dict[str, SanctionRecord] = {}
        self._count = 0  # whoever comes in asks whether there are any
        for record in records:
            self.put(record)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SanctionRecord]:
        yield from self._accounts.values()
        for table in self._networks.values():
            yield from table.values()
        yield from self._masks.values()

    @property
    def masks(self) -> int:
        """How many of them are masks."""
        return len(self._masks)

    def put(self, record: SanctionRecord) -> None:
        """From now on ``record`` holds, in place of what was said of its target before."""
        table, key = self._place(record.target)
        self._count += key not in table
        table[key] = record

    def pop(self, target: str) -> SanctionRecord | None:
        """What was said of ``target``, and is no longer."""
        table, key = self._place(target)
        gone = table.pop(key, None)
        self._count -= gone is not None
        return gone

    def get(self, target: str) -> SanctionRecord | None:
        """What is said of ``target``."""
        table, key = self._place(target)
        return table.get(key)

    def fits(self, person: Person) -> SanctionRecord | None:
        """One that means ``person``."""
        for ip in person.ips:
            found = self.on_address(ip)
            if found is not None:
                return found
        found = self.on_account(person.account)
        if found is None and self._masks and person.nick:
            return self._on_masks(person)
        return found

    def on_account(self, name: str) -> SanctionRecord | None:
        """One that means the account ``name``."""
        return self._accounts.get(fold(name))

    def on_address(self, ip: str) -> SanctionRecord | None:
        """One that means the address ``ip``."""
        if not self._networks or not ip:
            return None
        address = _address(ip)
        bits = int(address)
        for (version, length), table in self._networks.items():
            if version == address.version:
                rest = address.max_prefixlen - length
                found = table.get(bits >> rest << rest)
                if found is not None:
                    return found
        return None

    def _on_masks(self, person: Person) -> SanctionRecord | None:
        name = f"{person.nick}!{person.username}@"
        sources = [name + host for host in (person.host, *person.ips)]
        for record in self._masks.values():
            if any(matches(record.target, source) for source in sources):
                return record
        return None

    def _place(self, target: str) -> tuple[dict[Any, SanctionRecord], str | int]:
        if "!" in target:
            return self._masks, fold(target)
        network = read_network(target)
        if network is None:
            return self._accounts, fold(target)
        table = self._networks.setdefault((network.version, network.prefixlen), {})
        return table, int(network.network_address)


class Sanctions:
    """The owner of bans, mutes and the lock, and of what they make of users.

    An end is stored and told by the clock on the wall, and kept by the one that never jumps.
    """

    def __init__(self, snapshot: Snapshot, now: Now) -> None:
        self.bans = Targets()
        self.mutes = Targets()
        self.lock: LockRecord | None = snapshot.lock
        self._dues: dict[tuple[str, str], float] = {}  # kind and folded target -> when it ends, where it does
        self._next = inf  # when the next one ends
        for record in snapshot.sanctions:
            self._place(record, now)
        self._plan()

    def __iter__(self) -> Iterator[SanctionRecord]:
        yield from self.bans
        yield from self.mutes

    def of_kind(self, kind: str) -> Targets:
        """Bans or mutes."""
        return self.bans if kind == BAN else self.mutes

    def put(self, record: SanctionRecord, now: Now) -> None:
        """``record`` holds from now on. The caller judges, or cuts, those whom it means."""
        self._place(record, now)
        self._plan()

    def lift(self, kind: str, target: str) -> SanctionRecord | None:
        """It is over; None where there was none. The caller judges those whom it meant."""
        gone = self._remove(kind, target)
        self._plan()
        return gone

    def expired(self, mono: float) -> list[SanctionRecord]:
        """Those whose time was up at ``mono`` (monotonic seconds): they are over, as by :meth:`lift`."""
        if mono < self._next:
            return []
        over = [record for record in self if self._dues.get(_key(record.kind, record.target), inf) <= mono]
        for record in over:
            self._remove(record.kind, record.target)
        self._plan()
        return over

    def any_by(self, mono: float) -> bool:
        """Whether :meth:`expired` would have anything to answer at ``mono``."""
        return self._next <= mono

    def judge(self, user: User) -> None:
        """Find out whether ``user`` may speak, after something about him or the mutes has changed."""
        user.mute = self.mutes.fits(seen(user)) if self.mutes else None
        self.silence(user)

    def silence(self, user: User) -> None:
        """The same where only the lock has changed."""
        if user.mute is not None:
            user.muted = mute_text(user.mute)
        elif self.lock is not None and not user.account:
            user.muted = lock_text(self.lock, "do that")
        else:
            user.muted = ""

    def _place(self, record: SanctionRecord, now: Now) -> None:
        self.of_kind(record.kind).put(record)
        if record.until:
            # The clock may have been set since: nothing lasts longer for that than it was meant to.
            left = min(max(record.until - now.wall, 0.0), record.until - record.since)
            self._dues[_key(record.kind, record.target)] = now.mono + left
        else:
            self._dues.pop(_key(record.kind, record.target), None)

    def _remove(self, kind: str, target: str) -> SanctionRecord | None:
        self._dues.pop(_key(kind, target), None)
        return self.of_kind(kind).pop(target)

    def _plan(self) -> None:
        self._next = min(self._dues.values(), default=inf)


def _key(kind: str, target: str) -> tuple[str, str]:
    return kind, fold(target)


def seen(user: User) -> Person:
    """``user``, through whichever session; each address once, for every mask is tried on each of them."""
    ips = tuple(dict.fromkeys(session.ip for session in user.sessions))
    return Person(user.account, user.nick, user.username, user.host, ips)


# -- targets


def read_network(text: str) -> IPv4Network | IPv6Network | None:
    """The network or single address that ``text`` is; None where it is neither."""
    if "." not in text and ":" not in text:
        return None
    if "." in text:
        text = text.lower().removeprefix("::ffff:")  # as it came through an IPv6 socket; we know it as IPv4
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def show_network(network: IPv4Network | IPv6Network) -> str:
    """``network`` as a target: an address alone stands for itself."""
    return str(network if network.prefixlen < network.max_prefixlen else network.network_address)


def means_loopback(target: str) -> bool:
    """Whether ``target`` would hit whoever is on this machine, whatever he is called."""
    network = read_network(target)
    if network is not None:
        return any(network.version == each.version and network.overlaps(each) for each in _LOOPBACKS)
    name, at, host = target.rpartition("@")
    if not at or set(name) - set("*?!"):
        return False
    return host.startswith("127.") or any(matches(host, each) for each in _LOOPBACK_HOSTS)


def _address(ip: str) -> IPv4Address | IPv6Address:
    return ip_address(ip.partition("%")[0])


# -- in words


def day(wall: float) -> str:
    """A time for people: ``2026-11-22 20:31 UTC``."""
    return f"{format_time(wall)[:16].replace('T', ' ')} UTC"


def ban_text(record: SanctionRecord) -> str:
    """What whoever is kept out is told."""
    return _text("you are banned from this server", record)


def mute_text(record: SanctionRecord) -> str:
    """What whoever is kept silent is told."""
    return _text("you are muted", record)


def lock_text(lock: LockRecord, what: str) -> str:
    """What guests are told who want to do ``what`` while the server is locked."""
    because = f" ({lock.text})" if lock.text else ""
    return f"only members may {what} just now{because}: log in to an account"


def _text(what: str, record: SanctionRecord) -> str:
    until = f" until {day(record.until)}" if record.until else ""
    return f"{what}{until}{_because(record.reason)}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
