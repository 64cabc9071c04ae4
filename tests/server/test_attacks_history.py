"""The history of a real server, with its real database: what a transcript in memory can't find."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.process import Irc, ServerProcess, serving

_CAPS = "batch message-tags echo-message draft/chathistory draft/event-playback draft/message-redaction natterjack/edit"


def _member(server: ServerProcess, nick: str, caps: str = _CAPS) -> Irc:
    irc = Irc(server.port, nick, caps)
    irc.send(f"REGISTER * * {nick}-password")
    irc.until(" 900 ")
    irc.sync()
    return irc


def _said(irc: Irc, line: str) -> str:
    """The message id of what ``line`` says."""
    irc.send(line)
    tags = irc.sync()[-1].partition(" ")[0]
    return next(tag for tag in tags[1:].split(";") if tag.startswith("msgid=")).removeprefix("msgid=")


@pytest.mark.parametrize("durability", ["power", "none"])
def test_what_was_taken_back_stays_so_for_whoever_asks_or_comes(tmp_path: Path, durability: str) -> None:
    with serving(tmp_path / "data", "--durability", durability) as server:
        with _member(server, "alice") as alice:
            alice.send("JOIN #pond")
            alice.sync()
            _said(alice, "PRIVMSG #pond :before")
            name = _said(alice, "PRIVMSG #pond :a mistake")
            _said(alice, "PRIVMSG #pond :after")
            alice.send(f"REDACT #pond {name}")
            alice.sync()
            for request in ("LATEST #pond * 9", f"AROUND #pond msgid={name} 9"):
                alice.send(f"CHATHISTORY {request}")
                said = [line.rpartition(" :")[2] for line in alice.sync() if " PRIVMSG " in line]
                assert said == ["before", "after"]
            alice.send("CHATHISTORY LATEST #pond * 2")  # a page is as full as there are lines
            assert sum("batch=" in line for line in alice.sync()) == 2
            with Irc(server.port, "plain") as plain:
                plain.send("JOIN #pond")
                shown = [line for line in plain.sync() if " PRIVMSG " in line]
                assert [line.rpartition("] ")[2] for line in shown] == ["before", "after"]
        assert server.end()[0] == 0


def test_the_history_of_many_channels_comes_as_fast_as_the_line_carries_it(server: ServerProcess) -> None:
    """All asked for at once, as a client does that comes back: far more than a send queue takes."""
    channels = [f"#c{number}" for number in range(12)]
    with _member(server, "carl") as carl, _member(server, "dora") as dora:
        carl.send(f"JOIN {','.join(channels)}")
        for channel in channels:
            carl.send(*(f"PRIVMSG {channel} :{number} {'x' * 400}" for number in range(300)))
            carl.sync()
        dora.send(f"JOIN {','.join(channels)}")
        dora.sync()
        dora.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
        dora.send(
            *(f"CHATHISTORY LATEST {channel} * 300" for channel in channels), "PING :the-end"
        )  # and her JOIN
        for _ in range(200):
            carl.sync()
        lines = dora.until("PONG natterjack the-end")  # read by and by: there is more than a send queue takes
        assert sum(" PRIVMSG " in line for line in lines) == 299 * len(channels)
