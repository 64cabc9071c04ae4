"""The PROXY protocol: how a proxy says, before anything else, whose connection it passes on. Versions 1 and 2.

:func:`measure` finds the end of a head, so that nothing behind it need be read; :func:`read` says what is in it.

Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt (sections below are its own)
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

#: Bytes of a line of version 1, CR LF included (section 2.1, "worst case").
LINE_BYTES = 107
#: Bytes of a head of version 2. Without a client's certificate in it 536 are the most (section 2); one has some 2,000.
HEAD_BYTES = 4096
_LINE_START = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
#: Signature, version and command, family and protocol, length (section 2.2).
_FIXED = 16
_VERSION = 2
_LOCAL, _PROXY = 0, 1
_FAMILIES, _PROTOCOLS = 3, 2  # the greatest that are defined
#: Family and protocol -> bytes of an address, and of all addresses and ports. Other streams tell no address of use.
_STREAMS = {0x11: (4, 12), 0x21: (16, 36), 0x31: (0, 216)}
#: Type and length of what follows the addresses (section 2.2, "TLV").
_TLV_HEAD = 3
_TYPE_SSL = 0x20
#: Bytes of flags, and of what came of verifying a certificate.
_SSL_LEAST = 1 + 4
#: The client came by TLS (section 2.2.6, PP2_CLIENT_SSL).
_CLIENT_SSL = 0x01
#: A port, without leading zeros.
_PORT = re.compile("0|[1-9][0-9]{0,4}")


class BadHeadError(ValueError):
    """It begins like a head and is none: close the connection. The text says why."""


class Told(Struct, frozen=True):
    """What a head says. ``ip`` ``""``: nothing, so that the connection is the proxy's own.

    ``secure``: the client came to the proxy by TLS.
    """

    ip: str = ""
    port: int = 0
    secure: bool = False


def measure(data: bytes) -> int | None:
    """How many bytes of ``data`` are a head; 0 where it does not begin with one, None until more has come.

    Where it is None all of ``data`` belongs to the head, or to something that is no head and of which no more than
    twelve bytes have come. Raises :class:`BadHeadError`.
    """
    if data.startswith(_SIGNATURE):
        return _measure_block(data)
    if data.startswith(_LINE_START):
        return _measure_line(data)
    more = _SIGNATURE.startswith(data) or _LINE_START.startswith(data)
    return None if more else 0


def _measure_line(data: bytes) -> int | None:
    end = data.find(b"\n", 0, LINE_BYTES)
    if end < 0:
        if len(data) >= LINE_BYTES:
            raise BadHeadError(f"its line is longer than {LINE_BYTES} bytes")
        return None
    if data[end - 1] != ord("\r"):
        raise BadHeadError("its line does not end with CR LF")
    return end + 1


def _measure_block(data: bytes) -> int | None:
    if len(data) < _FIXED:
        return None
    size = _FIXED + int.from_bytes(data[14:16], "big")
    if size > HEAD_BYTES:
        raise BadHeadError(f"it has {size} bytes, and {HEAD_BYTES} are the most")
    return size if len(data) >= size else None


def read(head: bytes) -> Told:
    """What ``head``, as :func:`measure` found it, says. Raises :class:`BadHeadError`."""
    return _read_line(head) if head.startswith(_LINE_START) else _read_block(head)


def _read_line(head: bytes) -> Told:
    words = head[len(_LINE_START) : -2].decode("latin-1").split(" ")
    if words[0] == "UNKNOWN":  # whatever follows is to be ignored
        return Told()
    if len(words) != 5 or words[0] not in ("TCP4", "TCP6"):
        raise BadHeadError("its line is not: PROXY TCP4|TCP6 address address port port")
    family = IPv4Address if words[0] == "TCP4" else IPv6Address
    source, _ = (_address(word, family) for word in words[1:3])
    port, _ = (_port(word) for word in words[3:])
    return Told(source, port)


def _address(word: str, family: type[IPv4Address | IPv6Address]) -> str:
    try:
        if "%" in word:  # a scope means nothing on another machine
            raise ValueError(word)
        return plain(family(word))
    except ValueError as error:
        raise BadHeadError(f"{word!r} is no address of its family") from error


def _port(word: str) -> int:
    if not _PORT.fullmatch(word) or int(word) > 0xFFFF:
        raise BadHeadError(f"{word!r} is no port")
    return int(word)


def _read_block(head: bytes) -> Told:
    version, command = divmod(head[12], 16)
    family, protocol = divmod(head[13], 16)
    if version != _VERSION:
        raise BadHeadError(f"its version is {version}, and 1 and 2 are known")
    if command not in (_LOCAL, _PROXY):
        raise BadHeadError(f"its command is {command}, and 0 and 1 are known")
    if family > _FAMILIES or protocol > _PROTOCOLS:
        raise BadHeadError(f"its family and protocol are {head[13]:#04x}")
    if command == _LOCAL or head[13] not in _STREAMS:
        return Told()  # the proxy itself, or a client of whom nothing of use can be told
    width, size = _STREAMS[head[13]]
    if len(head) < _FIXED + size:
        raise BadHeadError("its addresses are cut off")
    secure = _came_by_tls(head[_FIXED + size :])
    if not width:
        return Told(secure=secure)
    address = ip_address(head[_FIXED : _FIXED + width])
    ports = _FIXED + 2 * width
    return Told(plain(address), int.from_bytes(head[ports : ports + 2], "big"), secure)


def _came_by_tls(rest: bytes) -> bool:
    """Whether what follows the addresses says so. All of it has to be in form."""
    secure = False
    at = 0
    while at < len(rest):
        value = at + _TLV_HEAD
        end = value + int.from_bytes(rest[at + 1 : value], "big")
        if len(rest) < end:
            raise BadHeadError("what follows its addresses is cut off")
        if rest[at] == _TYPE_SSL:
            if end - value < _SSL_LEAST:
                raise BadHeadError("what it says of TLS is cut off")
            secure = bool(rest[value] & _CLIENT_SSL)
        at = end
    return secure


def plain(address: IPv4Address | IPv6Address) -> str:
    """``address`` as text; one of IPv4 in the clothes of IPv6 (RFC 4291 section 2.5.5.2) as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
