"""What a peer speaks, by its first bytes.

TLS begins with a handshake record (0x16, RFC 8446 section 5.1), HTTP/1 with a method and a space (RFC 9112 section 3);
no IRC command that can open a connection looks like either. The PROXY protocol is no speech, but whoever begins with a
head of it where none is due has to be told; version 2 is known by its NUL, which no IRC line has. Everything else is
IRC.
"""

from __future__ import annotations

from enum import Enum

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"TRACE ", b"CONNECT ")

#: How the PROXY protocol's heads begin; see :mod:`natterjack.wire.proxyhead`.
_PROXY_HEADS = (b"PROXY ", b"\r\n\r\n\0")
#: Bytes with which no beginning of those is left undecided.
DECIDED = max(map(len, (*_METHODS, *_PROXY_HEADS)))
#: A handshake record.
TLS_FIRST_BYTE = 0x16


class Speech(Enum):
    """What is spoken on a connection."""

    IRC = "irc"
    TLS = "tls"
    HTTP = "http"
    PROXY = "proxy"


def sniff(head: bytes) -> Speech | None:
    """What a stream that begins with ``head`` is; None while that can't be told yet (at most eight bytes)."""
    if not head:
        return None
    if head[0] == TLS_FIRST_BYTE:
        return Speech.TLS
    if head.startswith(_METHODS):
        return Speech.HTTP
    if head.startswith(_PROXY_HEADS):
        return Speech.PROXY
    if len(head) < DECIDED and any(start.startswith(head) for start in (*_METHODS, *_PROXY_HEADS)):
        return None
    return Speech.IRC
