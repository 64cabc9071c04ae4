"""The history of a real server, with its real database: what a transcript in memory can't find."""

from __future__ import annotations

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
