"""Passwords as values that show themselves to nobody by accident: not in a log, a traceback or a failing test."""

from __future__ import annotations

from msgspec import Struct


class Secret(Struct, frozen=True):
    """``text`` is the password; only what needs it asks for that."""

    text: str = ""

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self.text)


class Credentials(Struct, frozen=True):
    """What it takes to log in."""

    account: str
    password: Secret
