"""Conversations: what a history is of, and who may read it.

A channel's conversation has a number of the order of all lines, which it keeps whatever it is called; that of two
accounts follows from their names, and is negative. Whoever is in a channel may read all of its history, whoever is not
none of it; a conversation of two is theirs alone. Guests have no name of their own, so nothing is kept of what is said
in private with one on either side; or, if the server is set up so, until he leaves: then he counts under a name that
nobody can have, and nobody ever gets again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Generator, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from natterjack.core.delivery import Gated, Line
from natterjack.core.state import Groups, User, group
from natterjack.ports.questions import FindLine, Question, StoredLine
from natterjack.ports.records import ForgetRecord, PairRecord
from natterjack.proto.casemap import fold
from natterjack.proto.names import is_channel

if TYPE_CHECKING:
    from natterjack.core.context import Context

#: Conversations of two that are remembered to be stored.
_PAIRS = 10_000
#: What is in the name of a guest here, and in no account's.
_GUEST: Final = "/"
#: The same where there is none and where it may not be read.
UNREADABLE: Final = "There is no history of that for you"


@lru_cache(maxsize=4096)
def of_two(one: str, other: str) -> int:
    """The conversation of two accounts, in either order."""
    names = "\0".join(sorted((fold(one), fold(other))))
    return -1 - (int.from_bytes(hashlib.sha256(names.encode()).digest()[:8], "big") >> 1)


class Readable:
    """A conversation that the session may read: its number, and its name as it is spelt.

    ``since`` is the id of the last line that it may not read, and that is none for it; 0: it may read all.
    """

    __slots__ = ("name", "number", "since")

    def __init__(self, number: int, name: str, since: int = 0) -> None:
        self.number = number
        self.name = name
        self.since = since


def readable(ctx: Context, target: str) -> Readable | None:
    """The conversation that the session calls ``target``, or None where it may not read that, or there is none."""
    user = ctx.user
    if is_channel(target):
        channel = ctx.world.channel(target)
        if channel is None or user.uid not in channel.members:
            return None
        return Readable(channel.conversation, channel.name, channel.since(user))
    own, other = name_of(ctx, user), _partner(ctx, ctx.world.find(target), target)
    return Readable(of_two(own, other), target) if other and own else None


def name_of(ctx: Context, user: User) -> str:
    """Under which name what ``user`` says in private is kept; ``""``: it is not."""
    if user.account or not ctx.policy.keep_guests:
        return user.account
    return f"{ctx.seed}{_GUEST}{user.uid}"


def _partner(ctx: Context, present: User | None, name: str) -> str:
    return name_of(ctx, present) if present is not None else account_of(ctx, name)


def kept_with(ctx: Context, receiver: User | None, account: str) -> str:
    """With whom what the context's user says to ``receiver``, or to the absent ``account``, is kept; ``""``: nobody."""
    if not ctx.policy.history or not name_of(ctx, ctx.user):
        return ""
    return name_of(ctx, receiver) if receiver is not None else account


def find(where: Readable, place: int) -> Generator[Question, Any, StoredLine | None]:
    """The line ``place`` of ``where``, if there is one for the session."""
    if place <= where.since:
        return None
    line: StoredLine | None = yield FindLine(where.number, place)
    return line


def still(ctx: Context, where: Readable, target: str) -> Readable | None:
    """``where`` as the session may read it now, or None where ``target`` is another one or closed to it by now:

    much can have happened while something was looked up.
    """
    again = readable(ctx, target)
    return again if again is not None and again.number == where.number else None


def keep(ctx: Context, line: Line, other: str, owners: Collection[Gated], *, message: bool) -> None:
    """``line`` of the context's user is part of what he and ``other`` (see :func:`kept_with`) say to each other."""
    own = name_of(ctx, ctx.user)
    number = of_two(own, other)
    guests = [name for name in (own, other) if _GUEST in name]
    if guests:
        ctx.pairs.note(guests, number)
    elif ctx.pairs.is_new(number):
        ctx.delivery.keep(PairRecord(fold(own), fold(other), number), owners)
    ctx.remember(line, (number,), owners, message=message)


def forget_guest(ctx: Context, user: User) -> None:
    """``user``, a guest, goes, or is one no longer: nobody may read any more what was said to him in private."""
    if not user.account:
        for number in ctx.pairs.take(f"{ctx.seed}{_GUEST}{user.uid}"):
            ctx.delivery.keep(ForgetRecord(number), (user,))


class Pairs:
    """Which conversations of two are known to be stored: they need not be stored with each message."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, None] = OrderedDict()
        self._guests: dict[str, set[int]] = {}  # name -> what was kept of what he said, and others to him

    def note(self, guests: Iterable[str], number: int) -> None:
        """The conversation ``number`` is one of ``guests``."""
        for name in guests:
            self._guests.setdefault(name, set()).add(number)

    def take(self, guest: str) -> set[int]:
        """All conversations of ``guest``, who is gone."""
        return self._guests.pop(guest, set())

    def is_new(self, number: int) -> bool:
        """Whether this is the first time, as far as is remembered."""
        if number in self._known:
            return False
        self._known[number] = None
        if len(self._known) > _PAIRS:
            self._known.popitem(last=False)
        return True


def audience(ctx: Context, target: str) -> tuple[Groups, tuple[Gated, ...]]:
    """Who sees an event about what was said to ``target``, and whose order it belongs to."""
    channel = ctx.world.channel(target) if is_channel(target) else None
    if channel is not None:
        return channel.groups, (channel,)
    present = ctx.world.find(target)
    users = {user.uid: user for user in (present, ctx.user) if user is not None}
    users |= {user.uid: user for user in ctx.world.users_of(account_of(ctx, target))}
    users |= {user.uid: user for user in ctx.world.users_of(ctx.user.account)}
    return group(session for user in users.values() for session in user.sessions), tuple(users.values())


def account_of(ctx: Context, name: str) -> str:
    """The account of whoever is called ``name``: somebody here, or an account; ``""`` where there is none."""
    present = ctx.world.find(name)
    if present is not None and present.account:
        return present.account
    record = ctx.accounts.get(name)
    return record.name if record is not None else ""
