"""Whether somebody is there to hear what another says in private, and wants to.

With the user mode R he takes messages of those with an account alone, of operators of the server and of those whom he
has accepted, by name or by writing to them; with T none that is a CTCP. Whoever is not here gets what is kept for him.
"""

from __future__ import annotations

from typing import Final

from natterjack.core import multiline
from natterjack.core.context import Context
from natterjack.core.state import ACCEPTED, NOT_HERE, User
from natterjack.proto.names import is_service
from natterjack.proto.numerics import ERR_CANNOTSENDTOUSER, ERR_NEEDREGGEDNICK, Numeric

_LATER: Final = f"{NOT_HERE}, and gets your message later"
_LOST: Final = f"{NOT_HERE}, and nothing is kept of what those say who have no account"


def accept(user: User, guest: User) -> None:
    """``guest`` may write to ``user``, who takes messages of accounts alone; the one who could longest is forgotten."""
    user.accepted.pop(guest.uid, None)
    user.accepted[guest.uid] = None
    if len(user.accepted) > ACCEPTED:
        del user.accepted[next(iter(user.accepted))]


def unwelcome(ctx: Context, receiver: User, text: str) -> tuple[Numeric, str] | None:
    """Why ``receiver`` does not want to hear ``text`` from the context's user, or never would: a numeric, its words."""
    user = ctx.user
    if receiver is user or (receiver.sessions and not receiver.modes):  # nearly always
        return None
    if "R" in receiver.modes and not (user.account or user.operator or user.uid in receiver.accepted):
        why = f"{receiver.nick} takes messages of those with an account alone (+R): log in first"
        return ERR_NEEDREGGEDNICK, why
    if "T" in receiver.modes and multiline.has_ctcp(text):
        return ERR_CANNOTSENDTOUSER, "takes no CTCP but /me (+T)"
    if not ctx.world.sessions_of(receiver) and not absent(ctx, receiver.account):
        return ERR_CANNOTSENDTOUSER, _LOST
    return None


def absence(receiver: User | None, receivers: tuple[User, ...]) -> str:
    """Why an answer may take a while, in words; ``""`` where it need not. ``receivers`` are all of that account."""
    if receiver is not None and receiver.sessions:
        return receiver.away
    return "" if any(user.sessions for user in receivers) else _LATER


def is_welcome(ctx: Context, receiver: User, text: str | None, quiet: bool) -> bool:
    """Whether it can be said to ``receiver``; if not, the user was told, unless it is nothing to be told of."""
    found = unwelcome(ctx, receiver, text or "")
    if found is not None and not quiet and text is not None:
        ctx.reply(found[0], receiver.nick, why=found[1])
    return found is None


def absent(ctx: Context, name: str) -> str:
    """The account ``name``, nobody of which is here under that nick; ``""`` where nothing can be kept for it.

    Nor is for one that is called as a service, from before such names were reserved: it would be told passwords.
    """
    if not (ctx.policy.history and ctx.user.account) or is_service(name):
        return ""
    record = ctx.accounts.get(name)
    return record.name if record is not None and not record.revoked else ""
