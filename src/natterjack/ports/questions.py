"""What a handler may have to wait for: asked by the core, answered by the shell, and only that session waits."""

from __future__ import annotations

from msgspec import Struct


class DeriveKey(Struct, frozen=True, gc=False):
    """PBKDF2 with SHA-256 of ``password`` (bytes as prepared by SASLprep). The answer is 32 bytes."""

    password: bytes
    salt: bytes
    rounds: int


class Delay(Struct, frozen=True, gc=False):
    """Let so many seconds pass; the core answers this itself, with nothing, up to a second late."""

    seconds: float


Question = DeriveKey | Delay
