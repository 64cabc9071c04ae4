"""How a client gets in: capability negotiation, NICK and USER, to the end of the MOTD. Lines in, lines out.

https://modern.ircdocs.horse/#connection-registration
https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from typing import Final

ALL_CAPABILITIES: Final = "all"
"""In place of a list of capabilities: whatever the server offers, less NEVER_REQUESTED."""

NEVER_REQUESTED: Final = frozenset({"sasl", "sts", "tls", "no-implicit-names", "draft/no-implicit-names"}) | {
    "ergo.chat/nope",
    "inspircd.org/poison",
}
"""Those that start a dialogue of their own, those that drop the 366 that ends a JOIN for us, and two that are traps."""

_REFUSALS: Final = frozenset(
    {b"ERROR", b"431", b"432", b"433", b"436", b"437", b"451", b"464", b"465", b"466"}
)


def split_line(line: bytes) -> tuple[bytes, list[bytes]]:
    """Command and parameters of one line without its line feed; tags and source are dropped."""
    line = line.rstrip(b"\r")
    if line.startswith(b"@"):
        line = line.partition(b" ")[2].lstrip(b" ")
    if line.startswith(b":"):
        line = line.partition(b" ")[2].lstrip(b" ")
    head, colon, trailing = line.partition(b" :")
    words = head.split()
    if colon:
        words.append(trailing)
    return (words[0].upper(), words[1:]) if words else (b"", [])


def offered(text: str) -> dict[str, str]:
    """Capabilities and their values out of the last parameter of `CAP * LS`."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, _, value in pairs}


def choose(wanted: str | frozenset[str], offer: dict[str, str]) -> list[str]:
    """What to request: of the `wanted` what is on offer, in a fixed order."""
    if wanted == ALL_CAPABILITIES:
        return sorted(set(offer) - NEVER_REQUESTED)
    return sorted(frozenset(wanted) & set(offer))


class Registration:
    """One client on its way in. Send `hello()`, then what `line()` returns for each line received.

    `ready` says that he is in; `refused` holds the server's words if he is not let in;
    `capabilities` holds what was acknowledged.
    """

    __slots__ = ("_offer", "_wanted", "capabilities", "nick", "ready", "refused", "welcomed")

    def __init__(self, nick: str, wanted: str | frozenset[str]) -> None:
        self.nick = nick
        self._wanted = wanted
        self._offer: dict[str, str] = {}
        self.capabilities: frozenset[str] = frozenset()
        self.ready = False
        self.welcomed = False
        self.refused: str | None = None

    def hello(self) -> bytes:
        """The first lines to send; without wanted capabilities those of a client that knows none."""
        negotiate = "CAP LS 302\r\n" if self._wanted else ""
        return f"{negotiate}NICK {self.nick}\r\nUSER {self.nick} 0 * :load\r\n".encode()

    def line(self, line: bytes) -> bytes:
        """Take one line from the server; what is to be sent in answer, perhaps nothing."""
        command, params = split_line(line)
        if command == b"PING":
            return b"PONG :" + (params[-1] if params else b"") + b"\r\n"
        if command == b"CAP" and len(params) >= 2:
            return self._cap(params)
        if command == b"421" and b"CAP" in params:  # a server that has never heard of capabilities
            return b""
        if command == b"001":
            self.welcomed = True
        elif command in (b"376", b"422"):
            self.ready = self.welcomed
        elif command in _REFUSALS and not self.ready:
            self.refused = line.decode(errors="replace").strip()
        return b""

    def _cap(self, params: list[bytes]) -> bytes:
        verb = params[1].upper()
        text = params[-1].decode(errors="replace")
        if verb == b"LS":
            self._offer.update(offered(text))
            if len(params) > 3 and params[2] == b"*":
                return b""  # more lines of the list follow
            chosen = choose(self._wanted, self._offer)
            return _requests(chosen) if chosen else b"CAP END\r\n"
        if verb == b"ACK":
            self.capabilities |= frozenset(text.split())
            expected = frozenset(choose(self._wanted, self._offer))
            return b"CAP END\r\n" if self.capabilities >= expected else b""
        if verb == b"NAK":
            self.refused = f"capabilities refused: {text}"
        return b""


def _requests(chosen: list[str]) -> bytes:
    """CAP REQ lines for `chosen`, none longer than a line may be."""
    lines: list[str] = []
    current = ""
    for name in chosen:
        if current and len(current) + len(name) > 400:
            lines.append(current)
            current = ""
        current = f"{current} {name}".strip()
    lines.append(current)
    return "".join(f"CAP REQ :{line}\r\n" for line in lines).encode()
