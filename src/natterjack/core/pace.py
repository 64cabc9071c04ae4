"""How fast a session may go: a bucket of tokens that fills steadily; each command takes some out.

Whoever is too fast is delayed, never dropped: what he says waits until there are tokens for it, and nothing more is
read from him meanwhile. So a paste of fifty lines arrives, only slowly, and others are not drowned by it.
"""

from __future__ import annotations

from typing import Final

from natterjack.core.registry import COMMANDS
from natterjack.core.state import Session
from natterjack.wire.message import Message, WireError

#: Tokens that a session can save up, and tokens that it gets a second.
BUCKET: Final = 10.0
REFILL: Final = 2.0
#: Tokens that a new session has: what it takes to introduce itself, and to log in, without being slowed.
INTRODUCTION: Final = 40.0
#: Tokens that logging in gives, once in this many seconds: a client that comes back has channels to join and
#: history to fetch.
LOGIN_TOKENS: Final = 300.0
LOGIN_SECONDS: Final = 60.0


def affords(session: Session, item: Message | WireError, now: float) -> bool:
    """Take the tokens for ``item`` at ``now`` (monotonic seconds). False, and nothing taken, where they don't suffice.

    Commands that nobody knows cost one, like any line.
    """
    command = COMMANDS.get(item.command) if isinstance(item, Message) else None
    cost = 1 if command is None else command.cost
    tokens = session.tokens + (now - session.refilled) * REFILL
    session.refilled = now
    if tokens > BUCKET:
        tokens = max(BUCKET, session.tokens)
    if tokens < cost:
        session.tokens = tokens
        return False
    session.tokens = tokens - cost
    return True


def settle(session: Session) -> None:
    """``session`` is through registration: what it has left of its introduction is no more than a full bucket."""
    session.tokens = min(session.tokens, BUCKET)


def grant(session: Session, now: float) -> None:
    """``session`` has logged in."""
    if now >= session.granted + LOGIN_SECONDS:
        session.granted = now
        session.tokens += LOGIN_TOKENS
