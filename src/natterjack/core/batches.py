"""Batches that clients have opened: what has come of each until now.

A session has one at a time. One that was refused stays, without its lines, until it is closed: what else comes of it
is passed over, instead of being said line by line.

Source: https://ircv3.net/specs/extensions/client-batch
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from natterjack.core.answering import Suspended
    from natterjack.core.state import Session

#: Seconds between two lines of a batch. What the server itself takes, for its pace, does not count.
PATIENCE: Final = 30.0


class Batch:
    """``ref`` is its name, ``tags`` those of its first line, ``answers`` where what comes of it belongs."""

    __slots__ = ("answers", "deadline", "lines", "ref", "refused", "size", "tags", "target", "verb")

    def __init__(self, ref: str, tags: Mapping[str, str], mono: float) -> None:
        self.ref = ref
        self.tags = tags
        self.deadline = mono + PATIENCE  # monotonic seconds
        self.refused = False
        self.target = ""
        self.verb = ""  # PRIVMSG or NOTICE, once a line has come
        self.lines: list[tuple[bool, str]] = []  # see core/multiline.py
        self.size = 0  # bytes of the whole text
        self.answers: Suspended = ("", [], None)

    def add(self, goes_on: bool, text: str, mono: float) -> None:
        """One more line."""
        self.size += len(text.encode()) + bool(self.lines and not goes_on)
        self.lines.append((goes_on, text))
        self.deadline = mono + PATIENCE

    def refuse(self) -> None:
        """Nothing comes of it any more."""
        self.refused = True
        self.lines.clear()


class Batches:
    """Those that may be open, each with its time. Monotonic seconds."""

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}

    def begin(self, session: Session, batch: Batch) -> None:
        """``session`` has opened ``batch``."""
        session.batch = batch
        self._sessions[session.sid] = session

    def __bool__(self) -> bool:
        """Whether one may be under way."""
        return bool(self._sessions)

    def late(self, now: float, present: Container[int]) -> list[tuple[Session, Batch]]:
        """Those of the sessions ``present`` whose batch was left open for too long."""
        if not self._sessions:
            return []
        self._sessions = {
            sid: session
            for sid, session in self._sessions.items()
            if session.batch is not None and not session.batch.refused and sid in present
        }
        return [
            (session, batch)
            for session in self._sessions.values()
            if (batch := session.batch) is not None and batch.deadline <= now and session.waiting is None
        ]
