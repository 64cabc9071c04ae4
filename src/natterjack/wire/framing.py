r"""Cuts a byte stream into lines, within bounds.

A line ends at ``\n``; one ``\r`` before it goes too. Every byte is looked at once, however small the pieces are in
which it comes, and no more is kept than one line may have. A line that is too long is reported once, in its place,
and the rest of it is thrown away up to its end.

Sources: https://modern.ircdocs.horse/#messages (512 bytes a line, CR LF included),
https://ircv3.net/specs/extensions/message-tags#size-limit (8191 bytes of tags, 4094 of them from clients).
"""

from __future__ import annotations

#: A line without its tags: 512 bytes with CR LF, so 510 without.
LINE_BYTES = 510
#: Tag section that a client may send: "@", 4094 bytes, and the space.
CLIENT_TAG_BYTES = 4096
#: Tag section that a server may send: 8191 bytes with "@" and space.
SERVER_TAG_BYTES = 8191


class TooLong:
    """Stands in a framer's answer where a line was too long to be kept."""


TOO_LONG = TooLong()


class LineFramer:
    """``feed`` bytes as they come; each call answers with the lines that are complete by now.

    ``most``: so many lines at a time; what lies behind them is not looked at, and has to be fed again, before anything
    that comes later: see :meth:`left`. -1: all that there are.
    """

    __slots__ = ("_discarding", "_held", "_left", "_most", "_parts", "_tag_bytes")

    def __init__(self, tag_bytes: int = CLIENT_TAG_BYTES, most: int = -1) -> None:
        self._tag_bytes = tag_bytes
        self._most = most
        self._left = b""
        self._parts: list[bytes] | None = None  # of the line under way; None when there is none
        self._held = 0
        self._discarding = False

    def feed(self, data: bytes) -> list[bytes | TooLong]:
        """The lines that ``data`` completes, without their ends; :data:`TOO_LONG` in place of one that is too long."""
        lines = data.split(b"\n", self._most)
        rest = lines.pop()
        if not rest and self._parts is None and not self._discarding:  # nearly always
            if len(lines) == 1:
                line = lines[0].removesuffix(b"\r")
                return [line if len(line) <= LINE_BYTES or fits(line, self._tag_bytes) else TOO_LONG]
            return self._whole(lines)
        if len(lines) == self._most:
            self._left, rest = rest, b""
        if lines:
            if self._discarding:
                self._discarding = False
                del lines[0]
            elif self._parts is not None:
                self._parts.append(lines[0])
                lines[0] = b"".join(self._parts)
                self._parts = None
            self._held = 0
        found = self._whole(lines)
        if rest and not self._discarding:
            self._hold(rest, found)
        return found

    def _whole(self, lines: list[bytes]) -> list[bytes | TooLong]:
        """``lines`` without what is left of their ends, where they are not too long."""
        found: list[bytes | TooLong] = []
        for line in lines:
            line = line.removesuffix(b"\r")
            found.append(line if len(line) <= LINE_BYTES or fits(line, self._tag_bytes) else TOO_LONG)
        return found

    def left(self) -> bytes:
        """What the last :meth:`feed` did not look at; told once. Nothing, if it found fewer lines than it may."""
        left, self._left = self._left, b""
        return left

    def _hold(self, rest: bytes, found: list[bytes | TooLong]) -> None:
        self._held += len(rest)
        if self._held > self._tag_bytes + LINE_BYTES + 1:
            self._parts = None
            self._held = 0
            self._discarding = True
            found.append(TOO_LONG)
        elif self._parts is None:
            self._parts = [rest]
        else:
            self._parts.append(rest)


def fits(line: bytes, tag_bytes: int) -> bool:
    """Whether ``line`` is no longer than it may be, with as many bytes of tags (``@`` and the space included)."""
    if line[:1] != b"@":
        return len(line) <= LINE_BYTES
    end = line.find(b" ") + 1
    return len(line) <= LINE_BYTES or (0 < end <= tag_bytes and len(line) - end <= LINE_BYTES)
