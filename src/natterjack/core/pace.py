"""How fast a session may go: a bucket of tokens that fills steadily; each command takes some out.

Whoever is too fast is delayed, never dropped: what he says waits until there are tokens for it, and nothing more is
read from him meanwhile. So a paste of fifty lines arrives, only slowly, and others are not drowned by it.

One line may name many channels, more than a full bucket could pay for. It is carried out at once, and what it takes is
owed (:func:`charge`): what comes behind it waits until that has grown back, but for what takes nothing (PONG, QUIT).

Who comes back has channels to join and history to fetch. What is left of his introduction, and what logging in gives,
is for that alone (``session.spare``), so that nobody gets to say more by coming again and again.

The sessions of trusted accounts (``Pace.exempt``) are not slowed: ``session.paced`` is False then.
"""

from __future__ import annotations

from typing import Final

from natterjack.core.policy import Pace, Policy
from natterjack.core.registry import COMMANDS
from natterjack.core.state import Session
from natterjack.proto.casemap import fold
from natterjack.wire.message import Message, WireError

#: What a client says for itself once it is in, for each of its channels; MODE where it only asks.
_CATCHING_UP: Final = frozenset({"JOIN", "CHATHISTORY", "MARKREAD", "NAMES", "WHO", "MODE"})


class Pacer:
    """Keeps the pace that it was made for. It is asked for each line, so it has what it needs at hand."""

    __slots__ = ("_bucket", "_catching_up", "_costs", "_message", "_refill")

    def __init__(self, pace: Pace) -> None:
        costs = (0.0, pace.message, pace.change, pace.question)
        known = {name: costs[command.cost] for name, command in COMMANDS.items()}
        self._catching_up = {name: cost for name, cost in known.items() if name in _CATCHING_UP}
        self._costs = {name: cost for name, cost in known.items() if name not in _CATCHING_UP}
        self._message = pace.message
        self._bucket = pace.bucket
        self._refill = pace.refill

    def affords(self, session: Session, item: Message | WireError, now: float) -> bool:
        """Take the tokens for ``item`` at ``now`` (monotonic seconds). False, and nothing taken, if they don't suffice.

        Commands that nobody knows cost as much as a message, like any line.
        """
        tokens = session.tokens + (now - session.refilled) * self._refill
        session.refilled = now
        if tokens > self._bucket:
            tokens = max(self._bucket, session.tokens)
        cost = self._message
        if isinstance(item, Message):
            known = self._costs.get(item.command)
            if known is not None:
                cost = known
            else:
                cost = self._catching_up.get(item.command, cost)
                if session.spare >= cost and _catches_up(item):
                    session.spare -= cost
                    session.tokens = tokens
                    return True
        if tokens < cost and cost:
            session.tokens = tokens
            return False
        session.tokens = tokens - cost
        return True


def _catches_up(item: Message) -> bool:
    """Whether ``item`` is such a line; one of MODE is, where it only asks."""
    return item.command in _CATCHING_UP and (item.command != "MODE" or len(item.params) == 1)


def settle(session: Session, pace: Pace) -> None:
    """``session`` is through registration: what it has left of its introduction is no more than a full bucket.

    What is more than that, it has still for catching up.
    """
    session.spare += max(session.tokens - pace.bucket, 0.0)
    session.tokens = min(session.tokens, pace.bucket)


def charge(session: Session, pace: Pace, more: int) -> None:
    """``session`` has named ``more`` channels than one in a line: each is as much as a message, and may be owed."""
    if session.paced and more > 0:
        cost = more * pace.message
        spared = min(cost, session.spare)
        session.spare -= spared
        session.tokens -= cost - spared


def owe(session: Session, pace: Pace, more: int) -> None:
    """What ``session`` has done took as much as ``more`` messages besides: it waits for them before it goes on."""
    if session.paced:
        session.tokens -= more * pace.message


def grant(session: Session, pace: Pace, now: float) -> None:
    """``session`` has logged in."""
    if now >= session.granted + pace.login_every:
        session.granted = now
        session.spare += pace.login


def is_paced(policy: Policy, account: str) -> bool:
    """Whether a session that is logged in to ``account`` (``""``: to none) has to keep the pace."""
    return policy.limited and fold(account) not in policy.pace.exempt
