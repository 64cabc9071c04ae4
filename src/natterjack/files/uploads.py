"""Uploads under way: those that grow just now, and those that rest. Owned by the loop's thread."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator

from natterjack.files.limits import FileLimits
from natterjack.files.vault import Content, Meta


class Upload:
    """``touched``: monotonic seconds of the last progress; ``cut`` ends the request that it is busy with.

    ``most``: to how many bytes that request may bring it, 0 without one. ``spent``: bytes of its payer's that became
    files since the core said how much room he has. ``waiting``: whoever wants it next.

    What it takes is changed by :meth:`Uploads.changing`.
    """

    __slots__ = ("busy", "content", "cut", "hasher", "meta", "most", "offset", "spent", "touched", "waiting")

    def __init__(self, meta: Meta, touched: float, offset: int = 0) -> None:
        self.meta = meta
        self.offset = offset
        self.most = self.spent = 0
        self.touched = touched
        self.hasher: hashlib._Hash | None = None
        self.content: Content | None = None
        self.busy = False
        self.cut: Callable[[], None] | None = None
        self.waiting: list[Callable[[], None]] = []

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return self.offset == self.meta.size

    @property
    def reserved(self) -> int:
        """Bytes that it takes, or will."""
        return max(self.meta.size, self.offset, self.most)


class Uploads:
    """All of them, by id."""

    def __init__(self, limits: FileLimits) -> None:
        self.limits = limits
        self._uploads: dict[str, Upload] = {}
        self._of: dict[str, dict[str, Upload]] = {}  # by payer
        #: Bytes that all of them take or will take, and those of them that are still to come. What was given up or
        #: finished is among them until the next :meth:`count`.
        self.promised = self.coming = 0

    def __len__(self) -> int:
        return len(self._uploads)

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def get(self, upload: str) -> Upload | None:
        """The one with that id."""
        return self._uploads.get(upload)

    def refusal(self, payer: str) -> str:
        """Why no further one can be begun; ``""`` where it can."""
        if len(self._of.get(payer, ())) >= self.limits.uploads_of_one:
            return "you have too many uploads under way: finish or delete some"
        return "too many uploads are under way, try again later" if len(self) >= self.limits.uploads else ""

    def reserved(self, payer: str) -> int:
        """Bytes that those of ``payer`` take."""
        return sum(each.reserved for each in self._of.get(payer, {}).values())

    def spend(self, payer: str, size: int) -> None:
        """So many bytes of ``payer`` have become a file; for the uploads of his that are under way."""
        for each in self._of.get(payer, {}).values():
            each.spent += size

    def add(self, upload: Upload) -> None:
        """A new one."""
        self._uploads[upload.meta.id] = upload
        self._promise(upload, 1)
        self._of.setdefault(upload.meta.payer, {})[upload.meta.id] = upload

    @contextlib.contextmanager
    def changing(self, upload: Upload) -> Iterator[None]:
        """While something is changed of what it takes or will take."""
        self._promise(upload, -1)
        yield
        self._promise(upload, 1)

    def _promise(self, upload: Upload, sign: int) -> None:
        self.promised += sign * upload.reserved
        self.coming += sign * (upload.reserved - upload.offset)

    def count(self) -> None:
        """About once a second: count anew what is promised."""
        self.promised = sum(each.reserved for each in self)
        self.coming = self.promised - sum(each.offset for each in self)

    def remove(self, upload: Upload) -> None:
        """It is finished, or given up."""
        meta = upload.meta
        if self._uploads.pop(meta.id, None) is not None:
            of = self._of[meta.payer]
            del of[meta.id]
            if not of:
                del self._of[meta.payer]

    def expires(self, upload: Upload) -> float:
        """When it is given up, if nothing more comes; monotonic seconds."""
        limits = self.limits
        return upload.touched + (limits.expire if upload.offset else limits.expire_empty)

    def expired(self, now: float) -> list[Upload]:
        """Those that rest for too long; monotonic seconds."""
        return [each for each in self if not each.busy and self.expires(each) <= now]
