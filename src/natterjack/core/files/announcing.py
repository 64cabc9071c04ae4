"""What announces a file: a message for people, and tags for programs.

The message is one line of IRC, which a long name and a link may not fit together: then the name is shortened in it,
and where even that does not help, there is no link. The tags always have all of it.
"""

from __future__ import annotations

from urllib.parse import quote

from natterjack.core.context import Context
from natterjack.core.policy import FILE_NAME_BYTES, LINE_LIMIT
from natterjack.ports.records import FileRecord
from natterjack.proto.limits import clip
from natterjack.proto.sizes import in_words
from natterjack.wire.message import escape

#: Bytes of a name that are shown in any case, and what ends a link whose name would be too long.
_LEAST, _NAMELESS = 24, "file"
_CUT = "\u2026"


def tidy(name: str) -> str:
    """``name`` as it may stand in a line, whatever it was: it is clean already, and here nothing may go wrong."""
    kept = "".join(letter if letter.isprintable() else "_" for letter in name)
    return clip(kept, FILE_NAME_BYTES).strip() or _NAMELESS


def announcement(ctx: Context, record: FileRecord) -> tuple[str, str]:
    """Text and tags (as on the wire) of the message by which the context's user tells of ``record``."""
    tags = (
        f"natterjack/file={record.id};natterjack/file-name={escape(record.name)};"
        f"natterjack/file-size={record.size};natterjack/file-sha256={record.sha256}"
    )
    head = f":{ctx.user.source} PRIVMSG {record.target} :\r\n"
    return _text(ctx, record, LINE_LIMIT - len(head.encode())), tags


def _text(ctx: Context, record: FileRecord, space: int) -> str:
    """What people read, in at most ``space`` bytes."""
    size = f" ({in_words(record.size)})"
    for link in _links(ctx, record):
        left = space - len(f"{size}{link}".encode())
        if len(record.name.encode()) <= left:
            return f"{record.name}{size}{link}"
    for link in (*_links(ctx, record), ""):
        left = space - len(f"{size}{link}".encode()) - len(_CUT.encode())
        if left >= _LEAST or not link:
            return f"{clip(record.name, left)}{_CUT}{size}{link}"
    raise AssertionError("a link of no bytes always fits")


def _links(ctx: Context, record: FileRecord) -> list[str]:
    """Its link, with its name and without; the space before it included."""
    url = ctx.policy.files.url
    if not record.key or not url:
        return [""]
    place = f" {url}{record.id}/{record.key}/"
    return [place + quote(record.name, safe=""), place + _NAMELESS]
