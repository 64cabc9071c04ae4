"""Streams of bytes that no honest client sends: mostly something that means something, and then not quite."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from typing import Final

_VERBS: Final = (
    "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "PART", "KICK", "MODE", "NICK", "TOPIC", "INVITE", "WHO", "WHOIS",
    "NAMES", "LIST", "MONITOR", "AWAY", "CAP", "AUTHENTICATE", "REGISTER", "OPER", "REDACT", "CHATHISTORY",
    "SEARCH", "MARKREAD", "TBAN", "CERT", "PING", "PONG", "USER", "PASS", "SETNAME", "HELP", "INFO", "MOTD",
    "LUSERS", "USERHOST", "ISON", "VERSION", "QUIT", "CONSOLE",
)  # fmt: skip
_WORDS: Final = (
    "#a", "#b", "#lobby", "#" + "ö" * 40,
    "g1", "g2", "nobody", "*", "0", "", "+o", "-ovb", "+beI", "*!*@*", "~a:*", "~m:x",
    "+w", "LS", "302", "REQ", "END", ":message-tags batch labeled-response echo-message", "LATEST", "BETWEEN", "AROUND",
    "timestamp=2026-11-22T20:31:02.500Z", "msgid=x", "50", "-1", "99999999999999999999", "text=a;in=#a", "PLAIN",
    "SCRAM-SHA-256", "EXTERNAL", "AGEAYg==", "biws", "+", "2s", "%tcuihsnfdlaor,1", ":two words", ":\x01ACTION x\x01",
    "\u2028",
    "x" * 300, "@", "::", "a,b,c,,", "#a,#b,#c",
)  # fmt: skip
_TAGS: Final = ("", "", "", "@label=1 ", "@+typing=active ", "@a=\\:\\s\\\\\\ ", "@=;;;= ",
                "@+natterjack/cid=abcdefgh1 ",
                "@+natterjack/edit=x ", "@" + "k=v;" * 1000 + " ", "@time=x;msgid=y;account=z ")  # fmt: skip
_REQUESTS: Final = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b'HEAD /healthz HTTP/1.0\r\nForwarded: for="[::1]"\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n',
    b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"GET /readyz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nUpgrade: websocket\r\n\r\n0\r\n\r\n",
)  # fmt: skip
_HEADS: Final = (
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    b"PROXY UNKNOWN\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(range(12)),
    b"\r\n\r\n\0\r\nQUIT\n\x21\x21\xff\xff",
)


def stream(dice: random.Random, number: int) -> tuple[str, bytes]:
    """One connection's bytes, and of which kind they are; ``number`` makes nicks that nobody else has."""
    kind = dice.choice(tuple(KINDS))
    return kind, KINDS[kind](dice, number)


def cut(dice: random.Random, data: bytes) -> list[bytes]:
    """``data`` in pieces, at random places."""
    if not data:
        return []
    count = min(len(data) - 1, dice.choice((0, 1, 2, 5, 20)))
    places = sorted(dice.sample(range(1, len(data)), count)) if count else []
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def changed(dice: random.Random, data: bytes) -> bytes:
    """``data`` with some bytes more, fewer, or others; sometimes as it is."""
    found = bytearray(data)
    for _ in range(dice.choice((0, 1, 1, 3, 10))):
        at = dice.randrange(len(found) + 1)
        match dice.randrange(4):
            case 0:
                found[at:at] = dice.randbytes(dice.randrange(1, 9))
            case 1:
                del found[at : at + dice.randrange(1, 20)]
            case 2:
                found[at : at + 1] = bytes((dice.randrange(256),))
            case _:
                found[at:at] = found[at : at + dice.randrange(1, 60)]
    return bytes(found)


def _line(dice: random.Random) -> bytes:
    words = [dice.choice(_WORDS) for _ in range(dice.randrange(5))]
    line = f"{dice.choice(_TAGS)}{dice.choice(_VERBS)} {' '.join(words)}".encode()
    return changed(dice, line) + dice.choice((b"\r\n", b"\n", b"\r\n"))


def _lines(dice: random.Random, _number: int) -> bytes:
    return b"".join(_line(dice) for _ in range(dice.randrange(1, 30)))


def _from_inside(dice: random.Random, number: int) -> bytes:
    """What a member says that has come in properly."""
    return f"NICK g{number}\r\nUSER g 0 * :G\r\nJOIN #a,#b\r\n".encode() + _lines(dice, number)


def _noise(dice: random.Random, _number: int) -> bytes:
    return dice.randbytes(dice.choice((1, 10, 100, 1000, 20_000)))


def _endless(dice: random.Random, _number: int) -> bytes:
    return dice.choice((b"A", b"@", b"@a=", b"\0", b":", b" ", b"\r", b"\xff")) * dice.choice(
        (600, 5000, 50_000)
    )


def _http(dice: random.Random, _number: int) -> bytes:
    return b"".join(changed(dice, dice.choice(_REQUESTS)) for _ in range(dice.randrange(1, 5)))


def _proxy(dice: random.Random, number: int) -> bytes:
    return changed(dice, dice.choice(_HEADS)) + _from_inside(dice, number)


def _tls(dice: random.Random, _number: int) -> bytes:
    """A client's first message of TLS: cut off, changed, or with noise behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        hello = outgoing.read()
    else:
        raise AssertionError("a handshake needs two")
    match dice.randrange(3):
        case 0:
            return hello[: dice.randrange(1, len(hello))]
        case 1:
            return changed(dice, hello)
        case _:
            return hello + dice.randbytes(dice.randrange(2000))


KINDS: Final[dict[str, Callable[[random.Random, int], bytes]]] = {
    "lines from inside": _from_inside,
    "lines": _lines,
    "noise": _noise,
    "endless": _endless,
    "HTTP": _http,
    "PROXY": _proxy,
    "TLS": _tls,
}
"""Kinds of streams by name."""
