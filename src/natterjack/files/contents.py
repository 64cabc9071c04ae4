"""Which contents are kept, which are about to be, and which are about to go. Owned by the loop's thread.

A content may be deleted while an upload of the same is being finished. So an upload *pins* its content before it gives
it a name, and a pinned content is never deleted; and where the deletion has been handed to a thread already, pinning
waits until that is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping


class Contents:
    """``delete`` is called with a SHA-256; :meth:`deleted` is to be called when that is done."""

    def __init__(self, delete: Callable[[str], None]) -> None:
        self._delete = delete
        self._kept: set[bytes] | None = None  # None: nobody has said yet
        self._counted: set[bytes] = set()  # those whose bytes are among the stored
        self._pins: Counter[str] = Counter()
        self._going: dict[str, list[Callable[[], None]]] = {}
        #: Bytes of all that is on the disk, what is about to go included; what an upload has pinned and no file has yet
        #: counts with the upload.
        self.stored = 0

    def begin(self, kept: Iterable[str], there: Mapping[str, int]) -> None:
        """Those that have files; of those that are ``there`` (with their sizes) the others go."""
        self._kept = set(map(bytes.fromhex, kept))
        self._counted = set(map(bytes.fromhex, there))
        self.stored = sum(there.values())
        for sha256 in there:
            self._consider(sha256)

    def pin(self, sha256: str, then: Callable[[], None]) -> None:
        """It stays until :meth:`unpin`, and after that while a file has it; ``then`` is called when that is certain."""
        if sha256 in self._going:
            self._going[sha256].append(lambda: self.pin(sha256, then))
        else:
            self._pins[sha256] += 1
            then()

    def keep(self, sha256: str, size: int) -> None:
        """A file has it, of so many bytes."""
        digest = bytes.fromhex(sha256)
        if self._kept is None:
            return
        self._kept.add(digest)
        if digest not in self._counted:
            self._counted.add(digest)
            self.stored += size

    def unpin(self, sha256: str) -> None:
        """The upload is finished, or was refused."""
        self._pins[sha256] -= 1
        if not self._pins[sha256]:
            del self._pins[sha256]
        self._consider(sha256)

    def unkeep(self, sha256: str) -> None:
        """No file has it any more."""
        if self._kept is not None:
            self._kept.discard(bytes.fromhex(sha256))
            self._consider(sha256)

    def _consider(self, sha256: str) -> None:
        if self._kept is None or sha256 in self._pins or sha256 in self._going:
            return
        if bytes.fromhex(sha256) not in self._kept:
            self._going[sha256] = []
            self._delete(sha256)

    def deleted(self, sha256: str, size: int) -> None:
        """It is gone from the disk, where it had so many bytes; 0: it is there still, or was not."""
        digest = bytes.fromhex(sha256)
        if size and digest in self._counted:
            self._counted.remove(digest)
            self.stored -= size
        for then in self._going.pop(sha256):
            then()
