"""A body in chunks (RFC 9112 section 7.1): where each begins and ends, and nothing that could be read in two ways.

Only CR LF ends a line, and no line has either of them within: what one takes for the end of an extension, and another
for a part of it, has hidden requests from proxies. Extensions and trailers say nothing that we want to know; they are
looked at once, in one direction, and passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: Bytes of the line before a chunk (section 7.1.1: that is for us to bound), and of all trailers.
LINE_BYTES = 4 * 1024
TRAILER_BYTES = 16 * 1024
_CRLF = b"\r\n"
#: As many digits as 2**64 - 1 has.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*")


class ChunkError(ValueError):
    """These are no chunks."""


class Chunks:
    """One body: :meth:`take` bytes until it is :attr:`over`; ``rest`` is what came behind it."""

    def __init__(self) -> None:
        self.over = False
        self.rest = b""
        self._held = b""
        self._at = 0  # how much of that is done with
        self._left = 0  # bytes of this chunk that are to come
        self._trailers = 0  # bytes of those that have come
        self._parts: list[bytes] = []
        # A function, not a method of this very object: that would keep it until the next collection.
        self._step: Callable[[Chunks], bool] = Chunks._size

    def take(self, data: bytes) -> bytes:
        """What ``data`` brings of the body. Raises :class:`ChunkError`; what was good before it comes first."""
        self._held += data
        try:
            while self._step(self):
                pass
        except ChunkError:
            # Else it is said the next time: what is done with is cut off, and the step is the same.
            if not self._parts:
                raise
        self._held, self._at = self._held[self._at :], 0
        if self.over:
            self.rest, self._held = self._held, b""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    # -- steps: each takes what is there for it, and answers whether the next may begin

    def _size(self) -> bool:
        line = self._line(LINE_BYTES)
        if line is None:
            return False
        found = _SIZE.fullmatch(line)
        if found is None:
            raise ChunkError("what should be the size of a chunk is none")
        self._at += len(line) + len(_CRLF)
        self._left = int(found[1], 16)
        self._step = Chunks._data if self._left else Chunks._trailer
        return True

    def _data(self) -> bool:
        part = self._held[self._at : self._at + self._left]
        if part:
            self._parts.append(part)
        self._at += len(part)
        self._left -= len(part)
        if self._left:
            return False
        self._step = Chunks._end
        return True

    def _end(self) -> bool:
        end = self._held[self._at : self._at + len(_CRLF)]
        if not _CRLF.startswith(end):
            raise ChunkError("a chunk is longer than was said")
        if end != _CRLF:
            return False
        self._at += len(_CRLF)
        self._step = Chunks._size
        return True

    def _trailer(self) -> bool:
        line = self._line(TRAILER_BYTES - self._trailers)
        if line is None:
            return False
        if line and not _TRAILER.fullmatch(line):
            raise ChunkError("what follows the last chunk is no header")
        size = len(line) + len(_CRLF)
        self._at += size
        self._trailers += size
        self.over = not line
        return bool(line)

    def _line(self, most: int) -> bytes | None:
        """The next one; None: it is not there yet."""
        end = self._held.find(_CRLF, self._at, self._at + most)
        if end >= 0:
            return self._held[self._at : end]
        if len(self._held) - self._at >= most:
            raise ChunkError("a line among the chunks is too long")
        return None
