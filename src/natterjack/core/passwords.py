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


class UnacceptableError(ValueError):
    """Nobody may have this password: ``fail`` says it to programs, the text to people."""

    def __init__(self, fail: Fail, text: str) -> None:
        super().__init__(text)
        self.fail = fail


def check(ctx: Context, name: str, password: str) -> Generator[Question, bytes, AccountRecord | None]:
    """The account ``name`` if ``password`` is its own; None where not, told later each time."""
    record = yield from look(ctx, name, password)
    if record is None:
        yield from punish(ctx, name)
    return record


def look(ctx: Context, name: str, password: str) -> Generator[Question, bytes, AccountRecord | None]:
    """The same without waiting: whoever gets None has to see to what follows from it (:func:`wrong`).

    A name that is no account takes as long, and so does a password that is too long to be anybody's.
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
            ctx.guard.succeeded(fold(name))
            return ctx.accounts.get(name)
    return None


def punish(ctx: Context, name: str) -> Generator[Question, bytes, None]:
    """A wrong password for ``name``: the answer has to wait."""
    seconds = wrong(ctx, name)
    if seconds:
        yield Delay(seconds)


def wrong(ctx: Context, name: str) -> float:
    """A wrong password for ``name``: the seconds that the answer has to wait."""
    return ctx.guard.failed(ctx.session.site, fold(name), ctx.now.mono) if ctx.policy.limited else 0.0


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
