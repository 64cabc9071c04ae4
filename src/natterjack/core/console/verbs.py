"""What a verb of the console is, who may use it, and what several verbs read alike."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from typing import Any

from msgspec import Struct

from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.ports.questions import Question
from natterjack.ports.records import AccountRecord
from natterjack.proto.nearest import nearest

Rows = tuple[dict[str, Any], ...]
#: Whether it was done, a sentence, and records of one shape each.
Answer = tuple[bool, str, Rows]
#: An answer, or the steps to it where that takes a while; see :mod:`natterjack.core.waits`.
Outcome = Answer | Generator[Question, bytes, Answer]

#: How a length of time is written, for usages and errors.
DURATIONS = "30m|12h|7d"


class Right(IntEnum):
    """How much somebody may ask for; more includes less."""

    MEMBER = 1  # whoever has an account, where the configuration lets members invite
    OPERATOR = 2
    OWNER = 3  # whoever sits at the console itself


class Asker(Struct, frozen=True):
    """Who asks. ``name`` goes into the log: the account by whose right he asks, or ``console``."""

    name: str
    right: Right

    def record(self, ctx: Context, verb: str, about: str) -> None:
        """Put into the log what he did. His answer waits until that, and all that he did with it, is stored."""
        ctx.record(self.name, verb, about, (ctx.session,))

    def still_may(self, ctx: Context) -> bool:
        """Whether he has the right of an operator now, after having waited."""
        return self.right is Right.OWNER or ctx.user.operator == self.name

    def is_secure(self, ctx: Context) -> bool:
        """Whether nobody can listen to what is said to him."""
        return self.right is Right.OWNER or ctx.secure


#: The answer in place of a success that could not be stored.
UNSTORED = (
    "done, and it holds, but it can't be stored just now (see status): it is stored as soon as there is room, "
    "and lost if the server ends before that"
)


class Verb(Struct, frozen=True):
    """``usage`` and ``about`` are what ``help`` shows; ``least`` is the right that it takes.

    ``unstored`` is the answer where it was carried out and could not be stored.
    """

    usage: str
    about: str
    handler: Callable[[Context, Asker, tuple[str, ...]], Outcome]
    least: Right = Right.OPERATOR
    unstored: str = UNSTORED


def find_account(ctx: Context, name: str) -> AccountRecord | str:
    """The account ``name``, or why there is none, in words."""
    record = ctx.accounts.get(name)
    if record is not None:
        return record
    near = nearest(name, (each.name for each in ctx.accounts))
    return f"there is no account {name}: " + (f"did you mean {near}?" if near else "see accounts")


def find_channel(ctx: Context, name: str) -> Channel | str:
    """The channel ``name``, or why there is none, in words."""
    channel = ctx.world.channel(name)
    if channel is not None:
        return channel
    near = nearest(name, (each.name for each in ctx.world.channels.values()))
    return f"there is no channel {name}: " + (f"did you mean {near}?" if near else "see channels")


def because(reason: str) -> str:
    """``reason`` in brackets, where there is one."""
    return f" ({reason})" if reason else ""


def sessions(count: int) -> str:
    """How many sessions, in words."""
    return counted(count, "session")


def counted(count: int, one: str, several: str = "") -> str:
    """How many of what ``one`` is, in words; ``several``: the plural, where it is no plain one."""
    return f"1 {one}" if count == 1 else f"{count} {several or f'{one}s'}"
