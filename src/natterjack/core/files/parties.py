"""Who it is that asks for a file: somebody by his session's token, or an account by its password."""

from __future__ import annotations

from collections.abc import Generator
from math import ceil
from typing import Any, Final

from msgspec import Struct

from natterjack.core import passwords
from natterjack.core.context import Context
from natterjack.core.crowds import CHECK, factor_of, site_of
from natterjack.core.sanctions import Person, ban_text
from natterjack.core.state import Session, User
from natterjack.ports.files import Basic, Bearer, Credential, Denied, FileAsked, Granted
from natterjack.ports.questions import Question
from natterjack.proto.casemap import fold

_NO_CREDENTIAL: Final = Denied(
    401, "say who you are: by a token (FILE TOKEN, over IRC), or an account's password"
)
_TOO_SOON: Final = (
    "wrong passwords came from where you are: the next one is looked at in a while, try again then"
)
_BUSY: Final = Denied(
    429, "passwords from where you are are being looked at already: try again in a moment", retry=1
)
_BAD_TOKEN: Final = Denied(
    401, "that token is not good (any more): ask for another one, by FILE TOKEN over IRC"
)
#: Guests of this machine are of no site. No account is called like that.
_HERE = "guests here"


class Party(Struct, frozen=True):
    """``account`` is ``""`` for a guest. ``users`` are those as whom he is here: one, if it was a session's token.

    ``session`` is that one, None with a password. ``payer`` is who is charged for what he uploads.
    """

    account: str
    users: tuple[User, ...]
    session: Session | None
    payer: str

    @property
    def owner(self) -> str:
        """As :class:`Granted` has it."""
        return fold(self.account)


Identity = Generator[Question, Any, Party | Denied]


def identify(ctx: Context, event: FileAsked, late: bool = False) -> Identity:
    """Whoever asks. ``late``: a token may be too old, since what is asked ends what was begun with it."""
    ban = ctx.sanctions.bans.on_address(event.ip)
    if ban is not None:
        return Denied(403, ban_text(ban))
    credential = event.credential
    if isinstance(credential, Basic):
        return (yield from _by_password(ctx, event.ip, credential))
    if isinstance(credential, Bearer):
        return _by_token(ctx, credential.token, late)
    return _NO_CREDENTIAL


def again(ctx: Context, credential: Credential, party: Party) -> Party | Denied:
    """``party``, after something was waited for; he may be gone, or kept out, by now."""
    if isinstance(credential, Bearer):
        return _by_token(ctx, credential.token, late=True)
    return _of_account(ctx, party.account, "")


def _by_token(ctx: Context, token: str, late: bool) -> Party | Denied:
    session = ctx.world.sessions.get(ctx.tickets.session(token, ctx.now.mono, late))
    user = ctx.world.users.get(session.uid) if session is not None else None
    if session is None or user is None:
        return _BAD_TOKEN
    return Party(user.account, (user,), session, fold(user.account) or _site(session))


def _site(session: Session) -> str:
    return _HERE if session.home else f"guests at {site_of(session.ip)}"


def _by_password(ctx: Context, ip: str, credential: Basic) -> Identity:
    name, password = credential.account, credential.password
    verifier = ctx.accounts.verifier(name)
    right = ctx.tickets.was_right(name, password, verifier, ctx.now.mono)
    if right is False:  # no guess, and so at once: a download that is under way has to end
        return Denied(401, passwords.WRONG)
    if right is None:
        denied = yield from _check(ctx, credential)
        if denied is not None:
            return denied
        ctx.tickets.proved(name, password, ctx.accounts.verifier(name), ctx.now.mono)
    return _of_account(ctx, name, ip)


def _check(ctx: Context, credential: Basic) -> Generator[Question, Any, Denied | None]:
    """None where the password is right.

    Nobody is kept waiting for his turn, since that would cost us a connection, and him nothing: nothing counts those
    who only ask. He is told when to come again. Few passwords of one site are looked at at a time, for the same reason.
    """
    site = ctx.session.site
    seconds = passwords.wait(ctx, credential.account)
    if seconds:
        return Denied(429, _TOO_SOON, retry=ceil(seconds))
    if ctx.crowds.refusal(site, CHECK):
        return _BUSY
    ctx.crowds.enter(site, CHECK)
    try:
        yield from passwords.turn(ctx, credential.account)  # which is now
        record = yield from passwords.look(ctx, credential.account, credential.password)
    finally:
        ctx.crowds.leave(site, CHECK)
    return None if record is not None else Denied(401, passwords.WRONG)


def _of_account(ctx: Context, name: str, ip: str) -> Party | Denied:
    record = ctx.accounts.get(name)
    if record is None or record.revoked:
        return Denied(401, passwords.WRONG)
    ban = ctx.sanctions.bans.fits(Person(record.name, "", "", "", (ip,)))
    if ban is not None:
        return Denied(403, ban_text(ban))
    here = tuple(user for user in ctx.world.users_of(record.name) if user.sessions)
    return Party(record.name, here, None, fold(record.name))


def granted(ctx: Context, party: Party) -> Granted:
    """What ``party`` may still upload."""
    limits = ctx.policy.files
    return Granted(party.owner, party.payer, max(0, room(ctx, party.account, party.payer)), limits.most)


def room(ctx: Context, account: str, payer: str) -> int:
    """How many bytes ``payer`` may still store; negative, where that was more once."""
    return quota(ctx, account, payer) - ctx.files.used(payer)


def quota(ctx: Context, account: str, payer: str) -> int:
    """How many altogether. A private network, and this machine, has as many guests as it likes: it gets more."""
    limits = ctx.policy.files
    if account:
        return limits.quota
    if payer == _HERE:
        return limits.guest_quota * ctx.policy.sites.private_factor
    return limits.guest_quota * factor_of(payer.removeprefix("guests at "), ctx.policy.sites)
