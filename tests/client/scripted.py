"""A server that a test scripts: real sockets on loopback, and nothing but what the test says."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

#: Seconds after which a test has failed. Nothing here takes that long.
PATIENCE = 10.0
#: What a server offers that keeps history and knows client message ids.
KEEPING = (
    "batch draft/chathistory echo-message labeled-response message-tags natterjack/client-msgid server-time "
    "soju.im/search standard-replies"
)


class Scripted:
    """One connection at a time: ``accept``, then ``expect`` and ``send`` lines."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.port: int = self._listener.getsockname()[1]
        self._sock: socket.socket | None = None
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        self._listener.close()

    def accept(self) -> None:
        self.hang_up()
        self._sock, _ = self._listener.accept()
        self._sock.settimeout(PATIENCE)
        self._held = b""

    def stop(self) -> None:
        """Hang up, and answer nobody any more."""
        self.hang_up()
        self._listener.close()

    def send(self, *lines: str) -> None:
        assert self._sock is not None
        self._sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def line(self) -> str:
        """The next line from the client; "" at its end."""
        assert self._sock is not None
        while b"\n" not in self._held:
            data = self._sock.recv(4096)
            if not data:
                return ""
            self._held += data
        line, _, self._held = self._held.partition(b"\n")
        return line.decode().rstrip("\r")

    def expect(self, start: str) -> str:
        """Read lines up to the first that begins with ``start``, without regard to tags."""
        while True:
            line = self.line()
            assert line, f"the client closed before it sent {start}"
            text = line.partition(" ")[2] if line.startswith("@") else line
            if text.startswith(start):
                return line

    def let_in(self, nick: str = "kim", channel: str = "#lobby") -> None:
        """Accept, and greet as a server that knows no capabilities."""
        self.accept()
        self.expect("USER ")
        self.send(f":srv 001 {nick} :Welcome", f":srv 005 {nick} CHANTYPES=# NETWORK=Net :are supported")
        if channel:
            self.send(
                f":{nick}!k@h JOIN {channel}",
                f":srv 353 {nick} = {channel} :{nick} alice",
                f":srv 366 {nick} {channel} :End",
            )
        self.send(f":srv 422 {nick} :no message of the day")
        self.answer_ping("natterjack-ready")

    def let_in_keeping(self, nick: str = "kim", channel: str = "#lobby", *, caps: str = KEEPING) -> None:
        """Accept, and greet as a server that keeps history and knows client message ids."""
        self.accept()
        self.expect("USER ")
        self.send(f":srv CAP * LS :{caps}")
        names = self.expect("CAP REQ").removeprefix("CAP REQ ").removeprefix(":")
        self.send(f":srv CAP * ACK :{names}")
        self.expect("CAP END")
        self.send(
            f":srv 001 {nick} :Welcome",
            f":srv 005 {nick} CHANTYPES=# NETWORK=Net CHATHISTORY=500 :are supported",
        )
        if channel:
            self.send(f":{nick}!k@h JOIN {channel}", f":srv 353 {nick} = {channel} :{nick} alice")
            self.send(f":srv 366 {nick} {channel} :End")
        self.send(f":srv 422 {nick} :no message of the day")
        self.answer_ping("natterjack-ready")

    def expect_tagged(self, start: str) -> tuple[dict[str, str], str]:
        """As :meth:`expect`: the tags of that line, and the rest."""
        line = self.expect(start)
        tags, _, rest = line[1:].partition(" ") if line.startswith("@") else ("", "", line)
        return dict(tag.partition("=")[::2] for tag in tags.split(";")), rest

    def answer_history(self, *lines: str, start: str = "CHATHISTORY") -> str:
        """Answer the next request for history with ``lines``, each ``msgid nick text``; the request."""
        tags, request = self.expect_tagged(start)
        self.send(f"@label={tags['label']} :srv BATCH +h chathistory #lobby")
        for line in lines:
            msgid, nick, text = line.split(" ", 2)
            self.send(
                f"@batch=h;msgid={msgid};time=2026-01-01T00:00:00.000Z :{nick}!u@h PRIVMSG #lobby :{text}"
            )
        self.send(":srv BATCH -h")
        return request

    def answer_message(self, msgid: str, nick: str = "kim") -> tuple[str, str]:
        """Acknowledge the next message; its client message id, and its text."""
        tags, request = self.expect_tagged("PRIVMSG")
        self.send(f"@label={tags['label']};msgid={msgid} :{nick}!k@h {request}")
        return tags.get("+natterjack/cid", ""), request.partition(" ")[2].partition(" ")[2].removeprefix(":")

    def answer_ping(self, start: str = "natterjack-n") -> None:
        """Let the fence behind a request through."""
        token = self.expect(f"PING {start}").split(" ")[1]
        self.send(f":srv PONG srv {token}")

    def hang_up(self, *, rudely: bool = False) -> None:
        if self._sock is not None:
            if rudely:  # a reset instead of an orderly end
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self._sock.close()
            self._sock = None


def unused_port() -> int:
    """A port on which nothing listens, most probably."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
