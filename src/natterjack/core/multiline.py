"""A message of several lines: one message, with one id and one place in the history.

Its text is what its lines say, with LF before a line that begins anew and CR before one that goes on where the last one
ended: neither can stand in a line of IRC. So how it was cut into lines is kept, as is well for those who get it line
by line.

Those with ``draft/multiline`` get a batch, named by the message's id. Others get its lines, blank ones left out; the
id is that of the first.

Source: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from msgspec import structs

from natterjack.core.delivery import Line
from natterjack.proto import caps

BATCH_TYPE: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"
#: Characters of further tags that are repeated at each line.
_REPEATED: Final = 256
_JOINTS: Final = re.compile("([\n\r])")


class Lines(Line, frozen=True, gc=False):
    """A :class:`Line` whose ``body`` has a text of several lines."""

    LOOKS: ClassVar[int] = Line.LOOKS | caps.MULTILINE

    def render(self, kind: int, label: str = "") -> bytes:
        """All its lines as sessions of ``kind`` get them, with ``label`` at the first."""
        (tags, body), *others = self.parts(kind)
        if label:
            tags = f"label={label};{tags}" if tags else f"label={label}"
        return "".join(
            f"@{tags} {body}\r\n" if tags else f"{body}\r\n" for tags, body in ((tags, body), *others)
        ).encode()

    def parts(self, kind: int) -> list[tuple[str, str]]:
        """Tags and body of each line that this is for ``kind``."""
        head, _, text = self.body.partition(" :")
        pieces = list(split(text))
        tags = self.tags(kind)
        if not kind & caps.MULTILINE:
            extra = self.extra if len(self.extra) <= _REPEATED else ""
            later = structs.replace(self, msgid="", extra=extra).tags(kind)
            bodies = [f"{head} :{piece}" for _, piece in pieces if piece]
            return [(later if index else tags, body) for index, body in enumerate(bodies)]
        source, _, target = head.split(" ", 2)
        ref = self.msgid
        inside = [
            (f"batch={ref};{CONCAT}" if goes_on else f"batch={ref}", f"{head} :{piece}")
            for goes_on, piece in pieces
        ]
        opening = f"{source} BATCH +{ref} {BATCH_TYPE} {target}"
        return [(tags, opening), *inside, ("", f"{source} BATCH -{ref}")]


def is_long(text: str) -> bool:
    """Whether ``text`` has several lines."""
    return "\n" in text or "\r" in text


def has_ctcp(text: str) -> bool:
    """Whether ``text``, of one line or several, is a CTCP other than /me to somebody: each of its lines may be."""
    if not is_long(text):
        return _is_ctcp(text)
    return any(_is_ctcp(piece) for _, piece in split(text))


def _is_ctcp(line: str) -> bool:
    return line[:1] == "\x01" and not line.startswith("\x01ACTION ")


def join(pieces: Iterable[tuple[bool, str]]) -> str:
    """The text whose lines are ``pieces``: whether it goes on where the last one ended, and what it says."""
    text = ""
    for index, (goes_on, piece) in enumerate(pieces):
        if index:
            text += "\r" if goes_on else "\n"
        text += piece
    return text


def split(text: str) -> Iterator[tuple[bool, str]]:
    """The opposite."""
    first, *others = _JOINTS.split(text)
    yield False, first
    for joint, piece in zip(others[::2], others[1::2], strict=True):
        yield joint == "\r", piece
