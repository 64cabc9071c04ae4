"""AUTHENTICATE and REGISTER: logging in to an account, and making one.

Logging in is SASL (https://ircv3.net/specs/extensions/sasl-3.2): PLAIN, which says the password and is therefore
offered only where nobody can listen; SCRAM-SHA-256, which proves it; and EXTERNAL, which is a client certificate and
offered to whoever has one (see :mod:`natterjack.core.handlers.certificates`). A wrong name and a wrong password can't
be told apart, neither by the words nor by the time that the answer takes.

Making one is https://ircv3.net/specs/extensions/account-registration.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from typing import Any

from natterjack.core import enrolling, logins, passwords
from natterjack.core.context import Context
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.state import Exchange
from natterjack.ports.questions import Question
from natterjack.proto import scram
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import (
    ERR_SASLABORTED,
    ERR_SASLALREADY,
    ERR_SASLFAIL,
    ERR_SASLTOOLONG,
    ERR_UNKNOWNCOMMAND,
    RPL_SASLMECHS,
    RPL_SASLSUCCESS,
)
from natterjack.proto.scram import AUTHENTICATE_BYTES, MECHANISM, ScramError, ServerExchange

#: Chunks of one message: longer than name and password can be.
_MOST_CHUNKS = 4
_NO_ACCOUNTS_CERTIFICATE = "this certificate stands for no account: log in by password, then say CERT ADD"


@command(
    "AUTHENTICATE",
    "<mechanism, or a part of a message>",
    "Logs in to an account.",
    params=1,
    early=True,
    cost=2,
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def authenticate(ctx: Context) -> Steps | None:
    """The first names the mechanism; those after it carry the messages, in base64; ``*`` gives up."""
    if not ctx.policy.store:
        ctx.reply(ERR_UNKNOWNCOMMAND, "AUTHENTICATE")
        return None
    session = ctx.session
    word = ctx.params[0]
    exchange = session.sasl
    if word == "*":
        session.sasl = None
        ctx.reply(ERR_SASLABORTED)
    elif not logins.may_log_in(ctx):
        session.sasl = None  # what was begun before REGISTER is of no use any more
        ctx.reply(ERR_SASLALREADY)
    elif exchange is None:
        _begin(ctx, word.upper())
    elif len(word) > AUTHENTICATE_BYTES:
        session.sasl = None
        ctx.reply(ERR_SASLTOOLONG)
    elif len(exchange.parts) >= _MOST_CHUNKS:
        _failed(ctx, "no name and password are so long")
    else:
        if word != "+":
            exchange.parts.append(word)
        if len(word) < AUTHENTICATE_BYTES:
            return _message(ctx, exchange)
    return None


def _begin(ctx: Context, mechanism: str) -> None:
    if mechanism not in ctx.mechanisms:
        ctx.reply(RPL_SASLMECHS, ",".join(ctx.mechanisms))
        ctx.reply(ERR_SASLFAIL, why="that mechanism is not offered here")
    else:
        ctx.act()
        ctx.exchanges.begin(ctx.session, mechanism, ctx.now.mono, ctx.policy.limits.sasl)
        ctx.say_bare("AUTHENTICATE", "+")


def _message(ctx: Context, exchange: Exchange) -> Steps | None:
    """A whole message has come."""
    text = "".join(exchange.parts)
    exchange.parts.clear()
    try:
        data = scram.decode_base64(text)
        if exchange.mechanism == "PLAIN":
            return _plain(ctx, *_read_plain(data))
        if exchange.mechanism == MECHANISM:
            return _scram(ctx, exchange, data)
        _external(ctx, data)
    except ScramError as error:
        _failed(ctx, str(error))
    return None


def _read_plain(data: bytes) -> tuple[str, str]:
    """Account and password: https://www.rfc-editor.org/rfc/rfc4616."""
    try:
        authzid, account, password = data.decode().split("\0")
    except ValueError as error:
        raise ScramError("the message is malformed") from error
    if not account or authzid not in ("", account):
        raise ScramError("nobody may act for somebody else")
    return account, password


def _plain(ctx: Context, name: str, password: str) -> Steps:
    record = yield from passwords.check(ctx, name, password)
    if record is None:
        _failed(ctx, passwords.WRONG)
    else:
        _succeeded(ctx, record.name)


def _wrong(ctx: Context, name: str) -> None:
    """The account or the password is wrong: say so, and take longer over the next."""
    passwords.wrong(ctx, name)
    _failed(ctx, passwords.WRONG)


def _scram(ctx: Context, exchange: Exchange, data: bytes) -> Steps | None:
    """One message of SCRAM: the client's first, its last, or the empty one after the server's proof."""
    if exchange.scram is None:
        exchange.scram = ServerExchange()
        exchange.scram.begin(data)
        challenge = exchange.scram.challenge(
            ctx.accounts.verifier(exchange.scram.username), ctx.entropy(18).hex()
        )
        _send(ctx, challenge)
    elif exchange.scram.done:
        name = exchange.scram.username
        # What holds now counts, not what held when the challenge was sent.
        if exchange.scram.verifier != ctx.accounts.verifier(name):
            _wrong(ctx, name)
            return None
        passwords.right(ctx, name)
        _succeeded(ctx, name)
    else:
        return _judge(ctx, exchange, exchange.scram, data)
    return None


def _judge(ctx: Context, exchange: Exchange, served: ServerExchange, data: bytes) -> Steps:
    """The client's proof, when its turn has come: it waits as the password itself would, but not in its own time."""
    left = exchange.deadline - ctx.now.mono
    yield from passwords.turn(ctx, served.username)
    exchange.deadline = ctx.now.mono + left
    try:
        proof = served.end(data)
    except ScramError:
        _wrong(ctx, served.username)
    else:
        _send(ctx, proof)


def _external(ctx: Context, data: bytes) -> None:
    """TLS has proved whose certificate it is; ``data`` may say who that should be.

    https://www.rfc-editor.org/rfc/rfc4422#appendix-A
    """
    known = ctx.certificates.get(ctx.session.certfp)
    record = ctx.accounts.get(known.account) if known is not None else None
    if record is None or record.revoked:
        _failed(ctx, _NO_ACCOUNTS_CERTIFICATE)
    elif data and fold(data.decode(errors="replace")) != fold(record.name):
        _failed(ctx, "nobody may act for somebody else")
    else:
        _succeeded(ctx, record.name)


def _send(ctx: Context, data: bytes) -> None:
    text = b64encode(data).decode()
    for start in range(0, len(text) + 1, AUTHENTICATE_BYTES):
        ctx.say_bare("AUTHENTICATE", text[start : start + AUTHENTICATE_BYTES] or "+")


def _succeeded(ctx: Context, name: str) -> None:
    ctx.act()
    ctx.session.sasl = None
    record = ctx.accounts.get(name)
    if record is None or record.revoked:
        _failed(ctx, passwords.WRONG)
    elif not logins.may_log_in(ctx):  # it may share its nick by now
        ctx.reply(ERR_SASLALREADY)
    elif logins.log_in(ctx, record.name):
        ctx.reply(RPL_SASLSUCCESS)


def _failed(ctx: Context, why: str) -> None:
    ctx.session.sasl = None
    ctx.reply(ERR_SASLFAIL, why=why)


@command(
    "REGISTER",
    "<nick or *> * <password>",
    "Makes your nick an account.",
    params=3,
    early=True,
    cost=3,
    changes=Changes.ITSELF_UNTIL_IT_ACTS,
)
def register(ctx: Context) -> Steps | None:
    """The account gets the nick as its name, and the session is logged in to it."""
    name, email, password = ctx.params[:3]
    if not ctx.policy.store:
        ctx.reply(ERR_UNKNOWNCOMMAND, "REGISTER")
        return None
    try:
        return _register(ctx, enrolling.begin(ctx, name, email, password))
    except enrolling.RefusedError as error:
        ctx.fail(error.fail, "REGISTER", error.name, **error.fields)
        return None


def _register(ctx: Context, steps: Generator[Question, Any, str]) -> Steps:
    try:
        name = yield from steps
    except enrolling.RefusedError as error:
        ctx.fail(error.fail, "REGISTER", error.name, **error.fields)
        return
    if name:
        ctx.say("REGISTER", "SUCCESS", name, f"{name} is your account from now on")
        enrolling.enter(ctx, name)
