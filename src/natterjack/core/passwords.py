"""Passwords said in the clear: whether one is right, whether one may be taken, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Generator

from natterjack.core.context import Context
from natterjack.core.policy import Logins
from natterjack.core.words import WORDS
from natterjack.ports.questions import Delay, DeriveKey, Question
from natterjack.ports.records import AccountRecord
from natterjack.proto import scram
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.limits import PASSWORD_MOST
from natterjack.proto.scram import ScramError, Verifier
from natterjack.proto.standard_replies import Fail

WRONG = "the account or the password is wrong"
NOT_HERE = "A password may be said only over TLS, or on the server's own machine"
#: Words of a password that is made up: 56 bits, and each try takes a quarter of a second.
_WORDS_A_PASSWORD = 7
#: Letters of what somebody says is an account's name; a request over HTTP has room for 16,000.
_NAME_MOST = 256


class UnacceptableError(ValueError):
    """Nobody may have this password: ``fail`` says it to programs, the text to people."""

    def __init__(self, fail: Fail, text: str) -> None:
        super().__init__(text)
        self.fail = fail


def check(ctx: Context, name: str, password: str) -> Generator[Question, bytes, AccountRecord | None]:
    """The account ``name`` if ``password`` is its own; None where not. Looked at when its turn has come."""
    yield from turn(ctx, name)
    return (yield from look(ctx, name, password))


def turn(ctx: Context, name: str) -> Generator[Question, bytes, None]:
    """Before a password for ``name``, or a proof of one, is looked at: whether it is right is not known yet."""
    if ctx.policy.limited:
        ctx.act()
        seconds = ctx.guard.take_turn(ctx.session.site, _account(name), ctx.now.mono)
        if seconds:
            yield Delay(seconds)


def wait(ctx: Context, name: str) -> float:
    """The seconds that :func:`turn` would take."""
    return ctx.guard.wait(ctx.session.site, _account(name), ctx.now.mono) if ctx.policy.limited else 0.0


def look(ctx: Context, name: str, password: str) -> Generator[Question, bytes, AccountRecord | None]:
    """:func:`check` without the wait, for whoever has seen to that himself.

    A name that is no account takes as long as any other.
    """
    verifier = ctx.accounts.verifier(name)
    if len(password.encode()) <= PASSWORD_MOST:  # whatever new ones may have: an old one stays good
        try:
            data = scram.prepare(password).encode()
        except ScramError:
            data = password.encode()
        key = yield DeriveKey(data, verifier.salt, verifier.rounds)
        # What holds now counts, not what held when the derivation began.
        if scram.fits(verifier, key) and ctx.accounts.verifier(name) == verifier:
            right(ctx, name)
            return ctx.accounts.get(name)
    wrong(ctx, name)
    return None


def wrong(ctx: Context, name: str) -> None:
    """A password for ``name`` was wrong: the next from there has to wait."""
    if ctx.policy.limited:
        ctx.act()
        ctx.guard.failed(ctx.session.site, _account(name), ctx.now.mono)


def right(ctx: Context, name: str) -> None:
    """It was right."""
    ctx.act()
    ctx.guard.succeeded(ctx.session.site, _account(name))


def _account(name: str) -> str:
    """``name`` as the guard has it. What is longer than any account's need not be told apart to its end."""
    return fold(name[:_NAME_MOST])


def prepared(password: str, limits: Logins) -> bytes:
    """``password``, a new one, as it is derived from. Raises :class:`UnacceptableError`."""
    least, most = limits.password_least, limits.password_most
    weak = UnacceptableError(fails.WEAK_PASSWORD, fails.WEAK_PASSWORD.text.format(least=least))
    size = len(password.encode())
    if size < least:
        raise weak
    if size > most:
        raise UnacceptableError(fails.UNACCEPTABLE_PASSWORD, f"A password has at most {most} bytes")
    try:
        data = scram.prepare(password).encode()
    except ScramError as error:
        raise UnacceptableError(fails.UNACCEPTABLE_PASSWORD, str(error)) from error
    if len(data) < least:
        raise weak
    return data


def derive(ctx: Context, password: bytes) -> Generator[Question, bytes, Verifier]:
    """What is kept of ``password``, which is :func:`prepared`."""
    salt = ctx.entropy(scram.SALT_BYTES)
    key = yield DeriveKey(password, salt, scram.ROUNDS)
    return scram.make_verifier(key, salt, scram.ROUNDS)


def made_up(entropy: Callable[[int], bytes]) -> str:
    """A password that nobody can guess, and everybody can type: ``otter-lamp-fern-coral-…``."""
    return "-".join(WORDS[byte] for byte in entropy(_WORDS_A_PASSWORD))
