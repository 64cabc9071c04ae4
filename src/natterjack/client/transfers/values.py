"""What is known of files and of their transfers."""

from __future__ import annotations

import re
from enum import Enum

from msgspec import Struct

#: An id as the server gives it out, or might: 128 random bits in base64url are 22 letters. It goes into a path.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: More digits than any disk has bytes.
_MOST_DIGITS = 18


class FileInfo(Struct, frozen=True, gc=False):
    """A file on the server. ``name`` is as its sender called it: data, never a path. ``size`` in bytes."""

    id: str
    name: str
    size: int
    sha256: str


def file_info(id: str, name: str, size: str, sha256: str) -> FileInfo | None:
    """What a server tells of a file; None where that cannot be true."""
    if not (is_id(id) and is_count(size) and _SHA256.fullmatch(sha256.lower())):
        return None
    return FileInfo(id, name, int(size), sha256.lower())


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def is_count(text: str) -> bool:
    """Whether ``text`` is a number of bytes."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def is_sha256(text: str) -> bool:
    """Whether ``text`` is a SHA-256 as 64 small hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def hash_in(etag: str) -> str:
    """The SHA-256 that an ETag is; ``""`` where it is something else. A weak one does not mean the same bytes."""
    text = etag.strip()
    inner = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else ""
    return inner if is_sha256(inner) else ""


class Direction(Enum):
    UP = "up"
    DOWN = "down"


class State(Enum):
    """``WAITING``: it goes on by itself, for its turn, or for the network or the server, as its text says.

    ``CHECKING``: what is there already is read again. ``FAILED`` may be one that can be resumed.
    """

    WAITING = "waiting"
    CHECKING = "checking"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: In these something happens by itself sooner or later.
ACTIVE = frozenset({State.WAITING, State.CHECKING, State.RUNNING})


class Transfer(Struct, frozen=True):
    """One transfer as it stands. ``number`` is its own, in this run; ``ref`` that of the request (0: an earlier run's).

    ``path`` is the file's here, ``""`` while a download has none; ``target`` whom an upload is for. ``size`` is -1
    while it is not known. ``speed`` in bytes a second; ``left`` in seconds, None while nobody can tell. ``code`` and
    ``text`` say why it waits or has failed; ``again``: it has failed, and can be resumed where it stands.
    """

    number: int
    ref: int
    direction: Direction
    state: State
    name: str
    path: str = ""
    target: str = ""
    file_id: str = ""
    size: int = -1
    done: int = 0
    speed: float = 0.0
    left: float | None = None
    sha256: str = ""
    code: str = ""
    text: str = ""
    again: bool = False

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.state in (State.DONE, State.CANCELLED) or (self.state is State.FAILED and not self.again)
