"""Drafts, typed lines, the last conversation, talks that are closed, from run to run: a file only for its owner."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from natterjack.client import files
from natterjack.client.chatting.parse import is_secret
from natterjack.client.view.drafts import Drafts, Kept, laid

FILE = "desk.json"
#: Bytes; a larger one is not ours.
LARGEST = 16 * 1024 * 1024


class Desk:
    """What lies on the desk of the person. Where the file cannot be used, everything lasts as long as the program.

    Several programs may have one file: each writes what it has changed itself.
    """

    def __init__(self, directory: Path, file: str = FILE) -> None:
        self.path = directory / file
        self.problem = ""
        self._told = ""
        self._given: Kept | None = None  # what was last to be written
        kept = self._laid = self._read()  # ``_laid``: what of ours is in the file
        self.last, self.where = kept.current, kept.where
        self.closed = kept.closed  # talks that were put away, as the model compares names
        self.drafts = Drafts(is_secret, kept)

    def _read(self) -> Kept:
        try:
            if self.path.stat().st_size > LARGEST:
                raise ValueError("it is too large")
            return msgspec.json.decode(self.path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            self.problem = f"Cannot read {self.path}: {error}. Drafts and typed lines start anew."
            return Kept()

    def news(self, current: str, closed: Sequence[str] = (), where: str = "") -> Kept | None:
        """What is on the desk now, for :meth:`lay`; None where nothing is new.

        ``current`` is where one is, on the server ``where``; ``closed`` is put away.
        """
        if current:
            self.last, self.where = current, where
        self.closed = list(closed)
        now = structs.replace(self.drafts.kept(self.last), where=self.where, closed=self.closed)
        if now == self._given:
            return None
        self._given = now
        return now

    def lay(self, now: Kept, *, lasting: bool = True) -> str:
        """Lay what of ``now`` is new over what others have written meanwhile; why that cannot be, ``""`` if it can.

        In any thread, but in one at a time, and in the order of :meth:`news`. ``lasting``: as :func:`files.change`.
        """
        try:
            files.change(self.path, LARGEST, lambda there: self._merged(there, now), lasting=lasting)
        except OSError as error:
            return error.strerror or "it cannot be written"
        except UnicodeError as error:
            return str(error)
        self._laid = now
        return ""

    def _merged(self, there: bytes | None, now: Kept) -> bytes:
        over = now  # where nothing is there that can be read
        if there is not None and len(there) <= LARGEST:
            with contextlib.suppress(msgspec.MsgspecError, ValueError):
                over = laid(msgspec.json.decode(there, type=Kept), self._laid, now)
        return msgspec.json.encode(over)

    def save(
        self, current: str, closed: Sequence[str] = (), where: str = "", *, lasting: bool = True
    ) -> None:
        """Write down what is new. ``problem`` says what went wrong, if anything."""
        now = self.news(current, closed, where)
        if now is None:
            return
        why = self.lay(now, lasting=lasting)
        if why:
            self.failed(why)
        else:
            self.succeeded()

    def succeeded(self) -> None:
        """It was written: should it fail again, that is told again."""
        self._told = ""

    def failed(self, why: str) -> None:
        """It could not be written: that is tried again with the next look, and told once."""
        self._given = None
        text = f"Cannot write {self.path}: {why}. Drafts and typed lines were not kept."
        self.problem = "" if text == self._told else text
        self._told = text
