"""The one token with which all transfers of a connection are made: asked for when it is needed, and not twice."""

from __future__ import annotations

from typing import Final

from natterjack.client.secret import Secret

#: Seconds before its end from which on a token is not given out any more.
_MARGIN: Final = 60.0


class Tokens:
    """``now`` is in seconds of a clock that never jumps. ``asking``: the answer of the server is awaited."""

    def __init__(self) -> None:
        self.asking = False
        self._token: Secret | None = None
        self._until = 0.0

    def current(self, now: float) -> Secret | None:
        """The one that can be used."""
        return self._token if now < self._until else None

    def given(self, token: Secret, seconds: float, now: float) -> None:
        """The server has given one, for so long."""
        self._token, self._until, self.asking = token, now + max(seconds - _MARGIN, seconds / 2), False

    def refused(self, token: Secret | None) -> None:
        """The server did not take that one."""
        if token is not None and token == self._token:
            self._token, self._until = None, 0.0

    def forget(self) -> None:
        """The connection is another one, or we are."""
        self._token, self._until, self.asking = None, 0.0, False
