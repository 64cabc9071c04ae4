"""How an account comes to be: who may make one just now, and the making.

Whoever makes his own says REGISTER, or a word to NickServ; an operator may make one for somebody else. Each way has its
own words for an answer; what is refused, and why, is found here.

Source: https://ircv3.net/specs/extensions/account-registration
"""

from __future__ import annotations

from collections.abc import Generator
from math import ceil
from typing import Any

from natterjack.core import logins, passwords
from natterjack.core.context import Context
from natterjack.core.replies import shown
from natterjack.core.sanctions import lock_text
from natterjack.ports.effects import Happened
from natterjack.ports.questions import Question, Stored
from natterjack.ports.records import AccountRecord
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.scram import Verifier
from natterjack.proto.standard_replies import Fail

NO_ROOM = "No account was made: the server has no room to store it just now. Try again later"
#: What is said in place of an address of mail.
NO_MAIL = "*"


class RefusedError(ValueError):
    """No account ``name`` is made: ``fail`` with its fields says it to programs, the text to people."""

    def __init__(self, fail: Fail, name: str, **fields: object) -> None:
        super().__init__(fail.text.format(**fields))
        self.fail = fail
        self.name = name
        self.fields = fields


def begin(ctx: Context, name: str, email: str, password: str) -> Generator[Question, Any, str]:
    """The session makes an account of its nick, which is ``name`` or ``*``: the steps to it; see :func:`_make_own`.

    Raises :class:`RefusedError` where that can be known at once; the steps may, too.
    """
    registration = ctx.session.registration
    if registration is not None and not _may_be_early(ctx):
        raise RefusedError(fails.COMPLETE_CONNECTION_REQUIRED, shown(name))
    if not ctx.session.uid:  # early, and somebody else has the nick
        raise RefusedError(fails.ACCOUNT_EXISTS, shown(name))
    name = ctx.user.nick if name == "*" else name
    if ctx.user.account or (registration is not None and registration.account):
        raise RefusedError(fails.ALREADY_AUTHENTICATED, shown(name))
    if fold(name) != fold(ctx.user.nick):
        raise RefusedError(fails.ACCOUNT_NAME_MUST_BE_NICK, shown(name))
    if ctx.accounts.reserving(name) is not None:
        raise RefusedError(fails.ACCOUNT_EXISTS, name)
    if email != NO_MAIL:
        raise RefusedError(fails.INVALID_EMAIL, name)
    if not ctx.secure:
        raise RefusedError(fails.UNACCEPTABLE_PASSWORD, name, why=passwords.NOT_HERE)
    _see_whether_now(ctx, name)
    return _make_own(ctx, ctx.user.nick, prepared(ctx, ctx.user.nick, password))


def prepared(ctx: Context, name: str, password: str) -> bytes:
    """``password`` of the new account ``name`` as it is derived from. Raises :class:`RefusedError`."""
    try:
        return passwords.prepared(password, ctx.policy.logins)
    except passwords.UnacceptableError as error:
        raise RefusedError(error.fail, name, why=error, least=ctx.policy.logins.password_least) from error


def make(ctx: Context, name: str, password: bytes) -> Generator[Question, Any, bool]:
    """Make the account ``name``, which the caller has seen to be free; whether there was room to store it.

    It is free still when the password is derived, or :class:`RefusedError` is raised.
    """
    verifier = yield from passwords.derive(ctx, password)
    if ctx.accounts.reserving(name) is not None:
        raise RefusedError(fails.ACCOUNT_EXISTS, name)  # somebody was faster
    return (yield from _store(ctx, name, verifier))


def _store(ctx: Context, name: str, verifier: Verifier) -> Generator[Question, Any, bool]:
    record = AccountRecord(
        name, ctx.now.wall, verifier.rounds, verifier.salt, verifier.stored_key, verifier.server_key
    )
    ctx.accounts.reserve(record)
    stored: bool = yield Stored((record,))
    ctx.accounts.settle(record, stored)
    return stored


def _make_own(ctx: Context, nick: str, password: bytes) -> Generator[Question, Any, str]:
    """The answer is the account's name, and the caller then calls :func:`enter`; ``""`` if the session has gone."""
    verifier = yield from passwords.derive(ctx, password)
    if ctx.accounts.reserving(nick) is not None or fold(ctx.user.nick) != fold(nick):
        # Somebody was faster, while the password was derived.
        raise RefusedError(fails.ACCOUNT_EXISTS, nick)
    _see_whether_now(ctx, nick)  # others of the site may have been faster, too
    ctx.act()
    ctx.guard.made(ctx.session.site, ctx.now.mono)
    if not (yield from _store(ctx, nick, verifier)):
        ctx.guard.taken_back(ctx.session.site, ctx.now.mono)
        raise RefusedError(fails.TEMPORARILY_UNAVAILABLE, nick, why=NO_ROOM)
    return nick if ctx.session.sid in ctx.world.sessions else ""


def enter(ctx: Context, name: str) -> None:
    """The session has made the account ``name``, was told so, and is logged in to it from now on."""
    logins.log_in(ctx, name)
    ctx.delivery.tell(Happened("registered", f"{name} made an account", name, ip=ctx.session.ip))


def _may_be_early(ctx: Context) -> bool:
    """Whether the session may make its account before it has come in: only if it needs nothing to come in."""
    policy = ctx.policy
    free = policy.access == "open" or (ctx.session.home and policy.access != "accounts")
    return policy.logins.register_early and free


def _see_whether_now(ctx: Context, name: str) -> None:
    """Raises :class:`RefusedError` where no account is made just now."""
    lock = ctx.sanctions.lock
    if lock is not None:  # guests may do nothing, and so can't get past that by making an account
        raise RefusedError(fails.TEMPORARILY_UNAVAILABLE, ctx.user.nick, why=lock_text(lock, "come in"))
    site = ctx.session.site
    seconds = ctx.guard.until_next(site, ctx.now.mono) if site else 0.0
    if seconds:
        why = (
            f"Only {ctx.guard.most_made(site)} accounts an hour can be made from where you are: "
            f"try again in {ceil(seconds / 60)} min"
        )
        raise RefusedError(fails.TEMPORARILY_UNAVAILABLE, name, why=why)
