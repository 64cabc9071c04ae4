"""Bytes that are no UTF-8, as a terminal with another character set sends them: nothing ends by that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from natterjack.client.chatting.desk import Desk
from natterjack.client.chatting.sanitise import encodable
from tests.client.scripted import Scripted
from tests.terminal.test_screen import _pane, soon


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_byte_that_is_no_utf_8_is_a_question_mark(tmp_path: Path) -> None:
    kept = tmp_path / "client" / "desk.json"
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in_keeping()
        server.answer_history()
        pane.until("You are in #lobby")
        _bytes(pane, b"caf\xe9 x")
        pane.until("#lobby> caf? x")
        soon(lambda: kept.exists() and b"caf? x" in kept.read_bytes())
        _bytes(pane, b"\r")
        assert server.expect("PRIVMSG").endswith("PRIVMSG #lobby :caf? x")
        _bytes(pane, b"\x1b[200~caf\xe9 y\x1b[201~")
        pane.until("#lobby> caf? y")
        soon(lambda: b"caf? y" in kept.read_bytes())
        pane.press("enter")
        assert server.expect("PRIVMSG").endswith("PRIVMSG #lobby :caf? y")
        pane.press("ctrl-f")
        _bytes(pane, b"caf\xe9")
        pane.press("esc")
        pane.type("still here")
        assert server.expect("PRIVMSG").endswith("PRIVMSG #lobby :still here")
    assert msgspec.json.decode(kept.read_bytes())["current"] == "#lobby"


def _bytes(pane: object, data: bytes) -> None:
    os.write(pane.program.child_fd, data)  # type: ignore[attr-defined]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.begin("#lobby", "caf\udce9")
    desk.save("#lobby")
    assert desk.problem.startswith(f"Cannot write {desk.path}: ")
    desk.drafts.begin("#lobby", encodable("caf\udce9 \U0001f438"))
    desk.save("#lobby")
    assert Desk(tmp_path).drafts.resume("#lobby") == "caf? \U0001f438"
