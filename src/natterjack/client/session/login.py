"""One login to an account: what is said between AUTHENTICATE and its end, by SCRAM-SHA-256 or, failing that, PLAIN.

Theory of operation::

    begin --AUTHENTICATE mechanism--> OPENING --"+"--> (PLAIN) ENDING --903--> outcome
                                                  --> (SCRAM) ASKED --salt, rounds--> DERIVING
    DERIVING --key from outside--> PROVING --the server's own proof--> ENDING

A numeric of failure ends it at any point. What the server sends out of turn ends it too: we say ``AUTHENTICATE *``, and
wait in ABORTING for the server to agree. A server that cannot prove that it knows the account's verifier, or takes us
in without having proved it, is an *impostor*: to such a one nothing more is to be said.

The key takes a processor up to a second, so it is not derived here: :attr:`Login.derivation` says what to derive, and
:meth:`Login.derived` takes the key.

Sources: https://ircv3.net/specs/extensions/sasl-3.2, https://www.rfc-editor.org/rfc/rfc5802,
https://www.rfc-editor.org/rfc/rfc4616
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from enum import Enum

from msgspec import Struct

from natterjack.client.secret import Credentials, Secret
from natterjack.proto import numerics as n
from natterjack.proto import scram
from natterjack.proto.scram import AUTHENTICATE_BYTES, ClientExchange, ScramError
from natterjack.wire.message import Message

PLAIN = "PLAIN"
BAD_PASSWORD = "That cannot be a password: it has characters that none may have. Nothing was sent."
#: Chunks taken of one message: no server has so much to say.
_MOST_CHUNKS = 16
_REFUSALS = frozenset(
    {"902", n.ERR_SASLFAIL.code, n.ERR_SASLTOOLONG.code, n.ERR_SASLABORTED.code, n.ERR_SASLALREADY.code}
)


class Outcome(Struct, frozen=True):
    """How a login ended. ``code`` is ``""`` where it succeeded, else the numeric or a word of ours; ``text`` is for
    people. ``impostor``: the server is not to be trusted, and the connection is of no use."""

    code: str = ""
    text: str = ""
    impostor: bool = False


class Derivation(Struct, frozen=True):
    """To be derived by PBKDF2 with SHA-256: the key of ``password``, in UTF-8, with ``salt`` and ``rounds``."""

    password: Secret
    salt: bytes
    rounds: int


class Step(Enum):
    """What is expected of the server; see the module."""

    OPENING = "opening"
    ASKED = "asked"
    DERIVING = "deriving"
    PROVING = "proving"
    ENDING = "ending"
    ABORTING = "aborting"


def make_nonce(seed: int, count: int) -> str:
    """The nonce of the session's login number ``count``: nobody guesses it who does not know ``seed``."""
    return hashlib.sha256(f"natterjack login {seed} {count}".encode()).hexdigest()[:40]


class Login:
    """Call :meth:`begin`, then :meth:`read` with each line, until :attr:`outcome` is not None.

    What is to be sent goes to ``out``.
    """

    def __init__(self, credentials: Credentials, nonce: str, out: list[Message]) -> None:
        self.account = credentials.account
        self.outcome: Outcome | None = None
        self.derivation: Derivation | None = None  # set while the key is wanted
        self._password = credentials.password
        self._nonce = nonce
        self._out = out
        self._step = Step.OPENING
        self._mechanism = ""
        self._others: list[str] = []  # what may be tried where the server does not know the mechanism
        self._exchange: ClientExchange | None = None
        self._parts: list[str] = []
        self._why: Outcome | None = None  # what ABORTING will end with

    def begin(self, offered: str | None, *, private: bool) -> None:
        """``offered`` is the value of the capability ``sasl``, None without it; ``private``: a password may be said."""
        try:
            scram.prepare(self.account)
        except ScramError:
            self.outcome = Outcome(
                "bad_account", f"{self.account!r} cannot be an account's name: check its spelling."
            )
            return
        try:
            self._password = Secret(scram.prepare(self._password.text))
        except ScramError:  # its text would show a piece of the password
            self.outcome = Outcome("bad_password", BAD_PASSWORD)
            return
        chosen = _choose(offered, private)
        if isinstance(chosen, Outcome):
            self.outcome = chosen
            return
        self._others = chosen
        self._try_next()

    def read(self, message: Message) -> bool:
        """Whether ``message`` was part of the login; :attr:`derivation` and :attr:`outcome` may be set after it."""
        if self.outcome is not None:
            return False
        command = message.command
        if command == "AUTHENTICATE":
            self._part(message.params[0] if message.params else "+")
        elif command == n.RPL_SASLSUCCESS.code:
            self._accepted()
        elif command in _REFUSALS:
            self._refused(command, message.params[-1] if message.params else "")
        elif command == n.ERR_UNKNOWNCOMMAND.code and "AUTHENTICATE" in message.params:
            self.outcome = _NOT_OFFERED
        else:
            return command == n.RPL_SASLMECHS.code  # says what the refusal after it will say again
        return True

    def derived(self, derivation: Derivation, key: bytes) -> None:
        """``key`` is what ``derivation`` asked for. One that is no longer wanted is passed over."""
        if self._step is not Step.DERIVING or derivation is not self.derivation or self.outcome is not None:
            return
        assert self._exchange is not None
        self.derivation = None
        self._step = Step.PROVING
        self._send(self._exchange.final(key))

    def give_up(self) -> None:
        """Tell the server that this login is over, without waiting for its answer."""
        self._out.append(Message("AUTHENTICATE", ("*",)))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _try_next(self) -> None:
        self._mechanism = self._others.pop(0)
        self._out.append(Message("AUTHENTICATE", (self._mechanism,)))

    def _part(self, word: str) -> None:
        """A message of the server's, or a piece of it."""
        if self._step is Step.ABORTING:
            return
        if len(word) > AUTHENTICATE_BYTES or len(self._parts) >= _MOST_CHUNKS:
            self._abort("its message is too long")
            return
        if word != "+":
            self._parts.append(word)
            if len(word) == AUTHENTICATE_BYTES:
                return
        text = "".join(self._parts)
        self._parts.clear()
        try:
            self._message(scram.decode_base64(text))
        except ScramError as error:
            self._abort(str(error))

    def _message(self, data: bytes) -> None:
        """What the whole of ``data`` means where we are. Raises :class:`ScramError`."""
        if self._step is Step.OPENING and self._mechanism == PLAIN:
            self._step = Step.ENDING
            self._send(f"\0{self.account}\0{self._password.text}".encode())
        elif self._step is Step.OPENING:
            self._exchange = ClientExchange(self.account, self._nonce)
            self._step = Step.ASKED
            self._send(self._exchange.first())
        elif self._step is Step.ASKED and self._exchange:
            self._exchange.read_challenge(data)
            self._step = Step.DERIVING
            self.derivation = Derivation(self._password, self._exchange.salt, self._exchange.rounds)
        elif self._step is Step.PROVING and self._exchange:
            self._proof(self._exchange, data)
        else:
            raise ScramError("it speaks out of turn")

    def _proof(self, exchange: ClientExchange, data: bytes) -> None:
        if data.startswith(b"e="):  # RFC 5802, section 7: its way to refuse; the numeric follows
            self._send(b"")
            return
        try:
            exchange.check(data)
        except ScramError:
            self._unproved()
        else:
            self._step = Step.ENDING
            self._send(b"")

    def _accepted(self) -> None:
        if self._step is Step.ABORTING:
            self.outcome = self._why
        elif self._step is Step.ENDING:
            self.outcome = Outcome()
        else:
            self._unproved()

    def _refused(self, code: str, text: str) -> None:
        if self._step is Step.ABORTING:
            self.outcome = self._why
        elif self._step is Step.OPENING and code == n.ERR_SASLFAIL.code and self._others:
            self._try_next()
        elif self._step is Step.OPENING and code == n.ERR_SASLFAIL.code:
            self.outcome = Outcome(code, f"Not logged in as {self.account}: {_sentence(text)}")
        elif code == n.ERR_SASLFAIL.code:
            why = "the account or the password is wrong. Check both."
            self.outcome = Outcome(code, f"Not logged in as {self.account}: {why}")
        elif code == n.ERR_SASLALREADY.code:
            why = "You are logged in already. To log in as somebody else, leave and start again."
            self.outcome = Outcome(code, why)
        else:
            self.outcome = Outcome(code, f"Not logged in as {self.account}: {_sentence(text)}")

    def _unproved(self) -> None:
        text = (
            f"This server could not prove that it knows the account {self.account}: it may not be the one that it "
            "claims to be. Your password was not said. Check the address, and ask whoever runs the server."
        )
        self.outcome = Outcome("server_unproved", text, impostor=True)

    def _abort(self, why: str) -> None:
        text = f"Not logged in as {self.account}: what the server says of it is not understood ({why})."
        self._why = Outcome("login_garbled", f"{text} Try again, or tell whoever runs the server.")
        self._step = Step.ABORTING
        self.derivation = None
        self.give_up()

    def _send(self, data: bytes) -> None:
        text = b64encode(data).decode()
        for start in range(0, len(text) + 1, AUTHENTICATE_BYTES):
            self._out.append(Message("AUTHENTICATE", (text[start : start + AUTHENTICATE_BYTES] or "+",)))


_NOT_OFFERED = Outcome(
    "not_offered",
    "This server has no accounts: your password was not sent. Try without one, as a guest.",
)


def _choose(offered: str | None, private: bool) -> list[str] | Outcome:
    """The mechanisms to try, best first; or why there is none."""
    if offered is None:
        return _NOT_OFFERED
    if not offered:  # an older server, which does not say
        return [scram.MECHANISM, PLAIN] if private else [scram.MECHANISM]
    names = offered.upper().split(",")
    if scram.MECHANISM in names:
        return [scram.MECHANISM]
    if PLAIN not in names:
        text = f"This server takes logins by {offered} only, which this program cannot do. Nothing was sent."
        return Outcome("no_mechanism", text)
    if not private:
        text = (
            "This server wants to be told the password itself, and the connection is not encrypted: nothing was sent. "
            "Connect with TLS."
        )
        return Outcome("not_private", text)
    return [PLAIN]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
