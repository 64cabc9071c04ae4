"""What people show with requests for files: tokens that sessions were given, and passwords that were right lately."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable

from natterjack.core.policy import FILE_PASSWORDS, FILE_TOKEN_SECONDS, FILE_TOKENS
from natterjack.proto.casemap import fold
from natterjack.proto.scram import Verifier

#: 128 bits, which nobody guesses.
_BYTES = 16


def secret(entropy: Callable[[int], bytes]) -> str:
    """22 letters, digits, ``-`` and ``_``: for tokens, and for the keys of links."""
    return urlsafe_b64encode(entropy(_BYTES)).rstrip(b"=").decode()


class Tickets:
    """Monotonic seconds. A token belongs to a session and goes with it, whenever its time would be over."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._tokens: dict[str, tuple[int, float]] = {}  # token -> sid, until when
        self._by_session: dict[int, list[str]] = {}  # sid -> tokens, the oldest first
        self._seed = b""
        self._right: OrderedDict[tuple[str, bytes], tuple[Verifier, float]] = OrderedDict()

    # -- tokens

    def give(self, sid: int, now: float) -> str:
        """A new token of the session ``sid``; the oldest of too many is no good any more."""
        token = secret(self._entropy)
        tokens = self._by_session.setdefault(sid, [])
        tokens.append(token)
        self._tokens[token] = (sid, now + FILE_TOKEN_SECONDS)
        while len(tokens) > FILE_TOKENS:
            del self._tokens[tokens.pop(0)]
        return token

    def session(self, token: str, now: float, late: bool = False) -> int:
        """The session whose ``token`` is; 0 where it is nobody's. Using one gives it its whole time anew.

        ``late``: its time may be over, for what was begun with it in time.
        """
        sid, until = self._tokens.get(token, (0, 0.0))
        if not sid or (now >= until and not late):
            return 0
        if now < until:
            self._tokens[token] = (sid, now + FILE_TOKEN_SECONDS)
        return sid

    def forget(self, sid: int) -> None:
        """The session is over."""
        for token in self._by_session.pop(sid, ()):
            del self._tokens[token]

    # -- passwords

    def was_right(self, account: str, password: str, verifier: Verifier, now: float) -> bool | None:
        """Whether ``password``, which proved right for ``account`` lately, is so still; None: it did not, lately.

        False means that the account has got another ``verifier``, or is none any more. Who asks the next time is
        nobody known.
        """
        proof = self._proof(account, password)
        known, until = self._right.pop(proof, (None, 0.0))
        if known is None or now >= until:
            return None
        if known != verifier:
            return False
        self._right[proof] = (verifier, now + FILE_TOKEN_SECONDS)
        return True

    def proved(self, account: str, password: str, verifier: Verifier, now: float) -> None:
        """It has proved right just now."""
        self._right[self._proof(account, password)] = (verifier, now + FILE_TOKEN_SECONDS)
        while len(self._right) > FILE_PASSWORDS:
            self._right.popitem(last=False)

    def _proof(self, account: str, password: str) -> tuple[str, bytes]:
        # The password itself is not kept, nor anything from which it could be guessed without this run's own secret.
        self._seed = self._seed or self._entropy(32)
        return fold(account), hmac.digest(self._seed, password.encode(), "sha256")
