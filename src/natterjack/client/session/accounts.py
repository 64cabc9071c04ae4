"""Accounts once we are in: LOGIN and REGISTER, and what their refusals mean in words.

Logging in on the way in is :mod:`.registration`'s; both have it done by :mod:`.login`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from natterjack.client.requests import LogIn, Oper, Register
from natterjack.client.secret import Credentials
from natterjack.client.session.login import BAD_PASSWORD, Derivation, Login, Outcome
from natterjack.proto import scram
from natterjack.proto.scram import ScramError
from natterjack.wire.message import Message

_NOT_PRIVATE = (
    "The connection is not encrypted, so others could read your password: it was not sent. "
    "Connect with TLS, and {} then."
)
_REGISTRATION = "draft/account-registration"
#: https://ircv3.net/specs/extensions/account-registration#standard-replies: code -> what to do about it.
_REGISTER_WORDS: Mapping[str, str] = {
    "ACCOUNT_EXISTS": (
        "That name is somebody's account already. If it is yours, type LOGIN, the name and your password; else take "
        "another name with NICK, and register that."
    ),
    "BAD_ACCOUNT_NAME": "That name cannot be an account's: take another with NICK, and register that.",
    "ACCOUNT_NAME_MUST_BE_NICK": "An account gets your present name: take the one you want with NICK first.",
    "NEED_NICK": "You need a name first: take one with NICK.",
    "ALREADY_AUTHENTICATED": "You are logged in to an account already: nothing was changed.",
    "COMPLETE_CONNECTION_REQUIRED": "The server registers nobody who is not in yet: try again.",
    "INVALID_EMAIL": (
        "This server wants an e-mail address, which this program cannot give: register with another IRC program."
    ),
    "WEAK_PASSWORD": "That password is too weak for this server: take a longer one.",
}


class Finished(Struct, frozen=True):
    """A LOGIN that is over."""

    request: LogIn
    outcome: Outcome


class Accounts:
    """Owns the login under way. What is to be sent goes to ``out``; ``patience`` is in seconds for its end."""

    def __init__(self, out: list[Message], patience: float, *, private: bool) -> None:
        self._patience = patience
        self._out = out
        self._private = private
        self._login: Login | None = None
        self._request = LogIn()
        self._until = 0.0

    @property
    def derivation(self) -> Derivation | None:
        return self._login.derivation if self._login else None

    def log_in(self, request: LogIn, offered: str | None, nonce: str, now: float) -> Finished | None:
        """Begin; None where it goes on, and :meth:`read` tells its end. ``offered`` is as for :meth:`Login.begin`."""
        if self._login is not None:
            text = "A login is under way already: wait for its end."
            return Finished(request, Outcome("busy", text))
        self._request = request
        self._until = now + self._patience
        self._login = Login(Credentials(request.account, request.password), nonce, self._out)
        self._login.begin(offered, private=self._private)
        return self._finished()

    def read(self, message: Message) -> tuple[bool, Finished | None]:
        """Whether ``message`` was part of a login, and what is over by it."""
        if self._login is None:
            return False, None
        taken = self._login.read(message)
        return taken, self._finished()

    def derived(self, derivation: Derivation, key: bytes) -> None:
        """See :meth:`Login.derived`."""
        if self._login is not None:
            self._login.derived(derivation, key)

    def deadline(self) -> float | None:
        """When :meth:`overdue` has something, if nothing comes until then."""
        return self._until if self._login else None

    def overdue(self, now: float) -> LogIn | None:
        """The request that got no answer in time; it is given up."""
        if self._login is None or now < self._until:
            return None
        self._login.give_up()
        return self.drop()

    def drop(self) -> LogIn | None:
        """The connection is gone: the request that was under way."""
        login, self._login = self._login, None
        return self._request if login else None

    def why_not(self, request: Register | Oper, offered: Mapping[str, str]) -> Outcome | None:
        """Why ``request`` is not sent at all; None where nothing is in its way. ``offered``: all capabilities."""
        if isinstance(request, Oper):
            return None if self._private else Outcome("not_private", _NOT_PRIVATE.format("try again"))
        settings = offered.get(_REGISTRATION)
        if settings is None:
            text = "This server makes no accounts: no password was sent. Ask whoever runs it for an account."
            return Outcome("not_offered", text)
        if "email-required" in settings.split(","):
            return Outcome("INVALID_EMAIL", _REGISTER_WORDS["INVALID_EMAIL"])
        if not self._private:
            return Outcome("not_private", _NOT_PRIVATE.format("register"))
        try:
            scram.prepare(request.password.text)
        except ScramError:  # its text would show a piece of the password
            return Outcome("bad_password", BAD_PASSWORD)
        return None

    def _finished(self) -> Finished | None:
        if self._login is None or self._login.outcome is None:
            return None
        outcome, self._login = self._login.outcome, None
        return Finished(self._request, outcome)


def register_words(code: str, text: str) -> str:
    """What FAIL REGISTER ``code`` means to people; the server's own ``text`` where we have no better."""
    if code == "WEAK_PASSWORD" and any(letter.isdigit() for letter in text):
        return f"That password is too weak for this server: {text[:1].lower()}{text[1:].rstrip('.')}."
    return _REGISTER_WORDS.get(code, text)
