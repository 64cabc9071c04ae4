"""Drives a session by hand: lines in, events and lines out, on a clock that moves only when told."""

from __future__ import annotations

from natterjack.client.events import Event
from natterjack.client.requests import Request
from natterjack.client.session import Session, SessionConfig

CAPS = (
    "account-notify account-tag away-notify batch cap-notify chghost echo-message extended-join invite-notify "
    "labeled-response message-tags multi-prefix server-time setname standard-replies userhost-in-names"
)


class Talk:
    """``now`` is the session's clock, and 1000 more is the wall's. ``piece``: bytes handed over at a time, 0: all."""

    def __init__(self, nick: str = "kim", *, piece: int = 0, private: bool = True, **options: object) -> None:
        self.now = 0.0
        self.piece = piece
        config = SessionConfig(nick, **options)  # type: ignore[arg-type]
        self.session = Session(config, self.now, seed=7, private=private)

    def sent(self) -> list[str]:
        """What the session wants to send, line by line."""
        return self.session.output().decode().split("\r\n")[:-1]

    def server(self, *lines: str) -> list[Event]:
        """The server sends ``lines``; the events of that."""
        data = "".join(f"{line}\r\n" for line in lines).encode()
        size = self.piece or len(data) or 1
        events: list[Event] = []
        for start in range(0, len(data), size):
            events += self.session.receive(data[start : start + size], self.now, self.now + 1000)
        return events

    def ask(self, request: Request) -> list[str]:
        """Submit ``request``; the lines that it becomes."""
        events = self.session.submit(request, self.now)
        assert events == [], events
        return self.sent()

    def later(self, seconds: float) -> list[Event]:
        """Let time pass, as far as the session wants to be told."""
        self.now += seconds
        return self.session.tick(self.now)


def welcome(talk: Talk, *, caps: str = CAPS, nick: str = "kim") -> list[Event]:
    """Let ``talk`` in, with ``caps`` ("": a server that knows none), up to and with Ready."""
    talk.sent()
    events: list[Event] = []
    if caps:
        events += talk.server(f":srv CAP * LS :{caps}")
        (asked,) = talk.sent()
        names = asked.removeprefix("CAP REQ ").removeprefix(":")
        events += talk.server(f":srv CAP * ACK :{names}")
        assert talk.sent() == ["CAP END"]
    events += talk.server(
        f":srv 001 {nick} :Welcome to net",
        f":srv 005 {nick} CHANTYPES=# NETWORK=Net PREFIX=(ohv)@%+ WHOX :are supported",
        f":srv 422 {nick} :no message of the day",
    )
    (ping,) = [line for line in talk.sent() if line.startswith("PING ")]
    return events + talk.server(f":srv PONG srv {ping[5:]}")
