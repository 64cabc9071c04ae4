"""What goes out over WebSocket, as bytes.

It is not masked (RFC 6455 section 5.1), and so the same for everybody who is sent the same line: nothing here knows a
connection. What comes in is :mod:`natterjack.wire.websocket`'s, which has to be loaded only where somebody asks for it.

Sources: RFC 6455, https://ircv3.net/specs/extensions/websocket
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from natterjack.wire.http import Request

#: Why we close, RFC 6455 section 7.4.1.
NORMAL: Final = 1000
GOING_AWAY: Final = 1001

_TEXT: Final = 0x1
_BINARY: Final = 0x2
_FIN: Final = 0x80
_SHORT: Final = 125
_SIZE_16 = Struct("!BBH")
_SIZE_64 = Struct("!BBQ")


def is_asked_for(request: Request) -> bool:
    """Whether ``request`` wants to go on as a WebSocket."""
    return "websocket" in (word.strip() for word in request.headers.get("upgrade", "").lower().split(","))


def frames(lines: bytes, binary: bool) -> bytes:
    """``lines``, each with its CR LF, as one message each.

    Messages of text are UTF-8, whatever was said: what is none is replaced, as the specification wants it.
    """
    if not binary and not lines.isascii():
        lines = lines.decode(errors="replace").encode()
    begin = _FIN | (_BINARY if binary else _TEXT)
    return b"".join([_frame(begin, line) for line in lines.split(b"\r\n")[:-1]])


def _frame(begin: int, line: bytes) -> bytes:
    """RFC 6455 section 5.2; the library's own way takes ten times as long."""
    size = len(line)
    if size <= _SHORT:
        return bytes((begin, size)) + line
    if size < 1 << 16:
        return _SIZE_16.pack(begin, _SHORT + 1, size) + line
    return _SIZE_64.pack(begin, _SHORT + 2, size) + line
