"""What a peer speaks, by its first bytes.

TLS begins with a handshake record (0x16, RFC 8446 section 5.1), HTTP/1 with a method and a space (RFC 9112 section 3);
no IRC command that can open a connection looks like either, so everything else is IRC.
"""

from __future__ import annotations

from enum import Enum

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"TRACE ", b"CONNECT ")

#: A handshake record.
TLS_FIRST_BYTE = 0x16


class Speech(Enum):
    """What is spoken on a connection."""

    IRC = "irc"
    TLS = "tls"
    HTTP = "http"


def sniff(head: bytes) -> Speech | None:
    """What a stream that begins with ``head`` is; None while that can't be told yet (at most eight bytes)."""
    if not head:
        return None
    if head[0] == TLS_FIRST_BYTE:
        return Speech.TLS
    if any(head.startswith(method) for method in _METHODS):
        return Speech.HTTP
    if any(method.startswith(head) for method in _METHODS):
        return None
    return Speech.IRC
