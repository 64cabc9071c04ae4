"""Drafts, typed lines, the last conversation, talks that are closed, from run to run: a file only for its owner."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from natterjack.client.chatting.parse import is_secret
from natterjack.client.view.drafts import Drafts, Kept

FILE = "desk.json"
#: Bytes; a larger one is not ours.
LARGEST = 16 * 1024 * 1024


class Desk:
    """What lies on the desk of the person. Where the file cannot be used, everything lasts as long as the program."""

    def __init__(self, directory: Path, file: str = FILE) -> None:
        self.path = directory / file
        self.problem = ""
        self._written = b""
        self._told = ""
        kept = self._read()
        self.last = kept.current
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

    def news(self, current: str, closed: Sequence[str] = ()) -> bytes | None:
        """What is to be written, for whoever does so; None where nothing is new.

        ``current`` is where one is, ``closed`` is put away.
        """
        self.last, self.closed = current or self.last, list(closed)
        data = msgspec.json.encode(structs.replace(self.drafts.kept(self.last), closed=self.closed))
        if data == self._written:
            return None
        self._written = data
        return data

    def save(self, current: str, closed: Sequence[str] = ()) -> None:
        """Write down what is new. ``problem`` says what went wrong, if anything."""
        try:
            data = self.news(current, closed)
        except UnicodeError as error:
            self.failed(str(error))
            return
        if data is None:
            return
        beside = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.touch(mode=0o600)
            beside.write_bytes(data)
            beside.replace(self.path)
            self._told = ""
        except OSError as error:
            self.failed(error.strerror)

    def failed(self, why: str | None) -> None:
        """It could not be written: that is tried again with the next look, and told once."""
        self._written = b""
        text = f"Cannot write {self.path}: {why}. Drafts and typed lines were not kept."
        self.problem = "" if text == self._told else text
        self._told = text
