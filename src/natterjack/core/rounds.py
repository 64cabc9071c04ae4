"""Metadata as those who follow it are told of it, each in lines of his own: a few at once, many over several turns.

What one turn tells is bounded, however many follow, and whatever they follow: somebody else's PING waits for one share.
Rounds are made one after the other, so nobody is told of an older value last. What changes again before its round has
begun is told as it is then: so there are no more of them than people and channels, however fast those change. Who has
gone since is passed over, and so is a round about somebody who has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.policy import LINE_LIMIT, METADATA_MEMBERS
from natterjack.core.state import User
from natterjack.core.waits import OwnErrand, Steps, Waits
from natterjack.ports.questions import NextTurn
from natterjack.proto.limits import NICK_BYTES, clip
from natterjack.proto.numerics import RPL_KEYNOTSET, RPL_KEYVALUE

#: Who can see a value: everybody who can see whom it is of.
VISIBLE: Final = "*"


class Round(Struct, eq=False):
    """The sessions ``sids`` are to be told ``changes`` of somebody or a channel (None: the key is not set any more).

    ``owner`` is whose order that keeps; None: each one's own. ``deaf`` are not to be told of them.
    """

    about: User | Channel
    changes: dict[str, str | None]
    sids: deque[int]
    owner: Gated | None
    deaf: Set[int] = frozenset()


def begin(ctx: Context, each: Round) -> int:
    """Tell them now, or where they are many, later; how many they are."""
    count = len(each.sids)
    if not ctx.untold and count <= METADATA_MEMBERS:
        _tell(ctx, each, count)
        return count
    waiting = islice(ctx.untold, 1, None)  # the first may have begun
    later = [other for other in waiting if other.about is each.about]
    for other in later:
        if other.owner is each.owner:
            other.changes.update(each.changes)
            sids = dict.fromkeys((*other.sids, *each.sids))
            other.sids = deque(sid for sid in sids if sid not in each.deaf)
            if other is not later[-1]:  # which would tell what was before, and tell it last
                ctx.untold.remove(other)
                ctx.untold.append(other)
            return count
    ctx.untold.append(each)
    return count


def _tell(ctx: Context, each: Round, most: int) -> int:
    """Tell so many more of them; how many that were."""
    about, world = each.about, ctx.world
    channel = about if isinstance(about, Channel) else None
    gone = world.channels.get(about.folded) if isinstance(about, Channel) else world.users.get(about.uid)
    if gone is not about:
        each.sids.clear()
        return 0
    lines = _lines(ctx, each)
    told = 0
    while each.sids and told < most:
        session = world.sessions.get(each.sids.popleft())
        if session is None or (channel is not None and session.uid not in channel.members):
            continue
        followed, nick = session.subscribed or (), world.users[session.uid].nick
        text = "".join([f"{head}{nick}{tail}" for key, (head, tail) in lines.items() if key in followed])
        if text:
            ctx.delivery.send(each.owner or session, session.sid, text.encode())
        told += 1
    return told


def _lines(ctx: Context, each: Round) -> dict[str, tuple[str, str]]:
    """By key what stands in a line before the nick of whoever gets it, and behind that.

    It fits a line, whatever that nick is: what it is about may have had a shorter name when the value was set.
    """
    about, server = each.about, ctx.policy.name
    name = about.name if isinstance(about, Channel) else about.nick
    set_, unset = f":{server} {RPL_KEYVALUE.code} ", f":{server} {RPL_KEYNOTSET.code} "
    lines = {
        key: (
            (unset, f" {name} {key} :{RPL_KEYNOTSET.text}")
            if value is None
            else (set_, f" {name} {key} {VISIBLE} :{value}")
        )
        for key, value in each.changes.items()
    }
    room = LINE_LIMIT - NICK_BYTES - 2
    return {key: (head, f"{clip(tail, room - len(head))}\r\n") for key, (head, tail) in lines.items()}


class Teller(OwnErrand):
    """Tells what could not be told at once."""

    def __init__(self, ctx: Context, waits: Waits) -> None:
        super().__init__(ctx, waits)
        self._under_way = False

    def go_on(self) -> None:
        """There is something to tell: the first share of it is told now, unless another is already under way."""
        if not self._under_way:
            self._under_way = True
            self.start(_tell_all(self._ctx))

    def finish(self, result: Any) -> None:
        self._under_way = False


def _tell_all(ctx: Context) -> Steps:
    while ctx.untold:
        left = METADATA_MEMBERS
        while ctx.untold and left > 0:
            left -= _tell(ctx, ctx.untold[0], left)
            if not ctx.untold[0].sids:
                ctx.untold.popleft()
        if ctx.untold:
            yield NextTurn()
