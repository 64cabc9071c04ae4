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
_LARGEST = 16 * 1024 * 1024


class Desk:
    """What lies on the desk of the person. Where the file cannot be used, everything lasts as long as the program."""

    def __init__(self, directory: Path, file: str = FILE) -> None:
        self.path = directory / file
        self.problem = ""
        kept = self._read()
        self.last = kept.current
        self.closed = kept.closed  # talks that were put away, as the model compares names
        self.drafts = Drafts(is_secret, kept)

    def _read(self) -> Kept:
        try:
            if self.path.stat().st_size > _LARGEST:
                raise ValueError("it is too large")
            return msgspec.json.decode(self.path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            self.problem = f"Cannot read {self.path}: {error}. Drafts and typed lines start anew."
            return Kept()

    def save(self, current: str, closed: Sequence[str] = ()) -> None:
        """Write it down; ``current`` is where one is, ``closed`` is put away.

        ``problem`` says what went wrong, if anything.
        """
        self.last, self.closed = current or self.last, list(closed)
        data = msgspec.json.encode(structs.replace(self.drafts.kept(self.last), closed=self.closed))
        beside = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.touch(mode=0o600)
            beside.write_bytes(data)
            beside.replace(self.path)
        except OSError as error:
            self.problem = (
                f"Cannot write {self.path}: {error.strerror}. Drafts and typed lines were not kept."
            )
