"""Messages of several lines, on their way out and in: ``draft/multiline``.

A text has LF between its lines. On the wire each line is a message of a batch; a line that is too long for one goes on
in the next, with a tag that says so. How a text is cut depends on nothing but the text and the room, so that what is
sent again is cut as it was.

Source: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from natterjack.client.session.splitting import split_text
from natterjack.proto.limits import Announced
from natterjack.wire.message import Message

#: The capability, and the type of the batch.
NAME: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"
COMMANDS: Final = frozenset({"PRIVMSG", "NOTICE"})
#: Lines of one message, and its bytes, whatever a server offers or sends: more is none that people read, and fills the
#: memory. What we send goes as several messages then; what comes in is cut, and says so.
_MOST_LINES: Final = 1000
_MOST_BYTES: Final = 64 * 1024
_CUT: Final = "[The rest of this message is too long to be shown.]"
_USUAL: Final = Announced()

#: Whether it goes on where the one before has ended, and its text.
Piece = tuple[bool, str]


class Limits(Struct, frozen=True):
    """What one such message may have, as far as nobody has said otherwise: as our own server has it."""

    most_bytes: int = _USUAL.multiline_bytes
    most_lines: int = _USUAL.multiline_lines


def read_limits(value: str) -> Limits | None:
    """What the capability's ``value`` says, within our own bounds; None where it does not say what it must."""
    words = dict(word.partition("=")[::2] for word in value.split(","))
    most_bytes, most_lines = (_count(words.get(name, "")) for name in ("max-bytes", "max-lines"))
    if not most_bytes:
        return None
    return Limits(min(most_bytes, _MOST_BYTES), min(most_lines or _MOST_LINES, _MOST_LINES))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def pieces_of(text: str, room: int) -> list[Piece]:
    """``text`` in lines of at most ``room`` bytes."""
    return [
        (place > 0, piece) for line in text.split("\n") for place, piece in enumerate(split_text(line, room))
    ]


def joined(pieces: Sequence[Piece]) -> str:
    """The opposite."""
    return "".join(
        piece if goes_on or not place else f"\n{piece}" for place, (goes_on, piece) in enumerate(pieces)
    )


def fits(text: str, room: int, limits: Limits) -> bool:
    """Whether ``text`` can be one message."""
    return len(pieces_of(text, room)) <= limits.most_lines and len(text.encode()) <= limits.most_bytes


def messages_of(text: str, room: int, limits: Limits | None) -> Iterator[str]:
    """The texts of the messages that ``text`` becomes: one, or as few as are within ``limits``.

    None: each has one line that fits into ``room``. Blank lines stand only between others.
    """
    lines = [line if line.strip() else "" for line in text.split("\n")]
    if limits is None:
        for line in lines:
            yield from split_text(line, room) if line else ()
        return
    under_way: list[Piece] = []
    size = 0
    for goes_on, piece in pieces_of("\n".join(lines), room):
        cost = len(piece.encode())
        more = size + cost + (not goes_on)
        if under_way and (len(under_way) >= limits.most_lines or more > limits.most_bytes):
            yield from _without_blanks(under_way)
            under_way, size = [], 0
        size = more if under_way else cost
        under_way.append((goes_on, piece))
    yield from _without_blanks(under_way)


def _without_blanks(pieces: Sequence[Piece]) -> Iterator[str]:
    text = joined(pieces).strip("\n")
    if text:
        yield text


def batch(
    name: str, command: str, target: str, pieces: Sequence[Piece], tags: Mapping[str, str]
) -> list[Message]:
    """The lines that say ``pieces`` as one message. ``tags`` are the message's own."""
    inside = [
        Message(command, (target, piece), {"batch": name, CONCAT: ""} if goes_on else {"batch": name})
        for goes_on, piece in pieces
    ]
    return [
        Message("BATCH", (f"+{name}", NAME, target), tags),
        *inside,
        Message("BATCH", (f"-{name}",)),
    ]


class Gathering:
    """One that comes in. ``opening`` is the BATCH that began it."""

    def __init__(self, opening: Message) -> None:
        self._opening = opening
        self._first: Message | None = None
        self._pieces: list[Piece] = []
        self._size = 0
        self._cut = False

    def add(self, line: Message) -> None:
        """One more line of it."""
        if len(line.params) < 2 or self._cut:
            return
        goes_on, text = CONCAT in line.tags, line.params[1]
        self._size += len(text.encode()) + (bool(self._pieces) and not goes_on)
        if self._size > _MOST_BYTES or len(self._pieces) >= _MOST_LINES:
            self._cut = True
            return
        self._first = self._first or line
        self._pieces.append((goes_on, text))

    def whole(self) -> Message | None:
        """All of it as the one message that it is, with the tags of its opening; None where it has no line."""
        first = self._first
        if first is None:
            return None
        own = {key: value for key, value in first.tags.items() if key not in ("batch", CONCAT)}
        pieces = [*self._pieces, (False, _CUT)] if self._cut else self._pieces
        params = (first.params[0], joined(pieces))
        return Message(
            first.command, params, {**own, **self._opening.tags}, first.source or self._opening.source
        )
