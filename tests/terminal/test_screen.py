"""The full-screen client as it is used: keys, what it leaves behind, and what must never reach a terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.scripted import Scripted

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]


def _pane(*args: object, **settings: object):  # type: ignore[no-untyped-def]
    from tests.terminal.pane import Pane

    return Pane(*args, **settings)  # type: ignore[arg-type]


def _child_of(pid: int) -> int:
    from tests.terminal.test_screen_leaving import child_of

    return child_of(pid)


def given_back(raw: str) -> bool:
    """Whether what the terminal was told last is that everything is as it was."""
    from tests.terminal.pane import GIVEN_BACK

    return all(raw.rfind(sign) > raw.rfind(undone) for sign, undone in GIVEN_BACK.items())


def soon(true: Callable[[], object]) -> None:
    """Wait for what no screen shows."""
    late = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < late
        time.sleep(0.02)


def test_a_first_conversation(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path) as pane:
        pane.until("Type CONNECT to join")
        pane.type(f"CONNECT 127.0.0.1:{server.port}")
        server.let_in()
        pane.until("You are in #lobby with alice.")
        pane.type("SEND loud and clear")
        server.answer_ping()
        pane.until("kim  loud and clear")
        server.send(":alice!a@h PRIVMSG #lobby :\x1b]0;evil\x07welcome!")
        pane.until("alice  ␛]0;evil␇welcome!")
        assert "\x1b]0;evil" not in pane.raw
        pane.type("login kim secret")
        pane.until("Did you mean LOGIN?")
        pane.type("SNED hello")
        pane.until("Did you mean SEND?")
        server.send("ERROR :Closing link: restart")
        server.hang_up()
        pane.until("Disconnected: The server closed the")
        pane.until("connecting ")
        pane.type("QUIT")
        assert pane.end() == 0
        assert "Goodbye." in pane.raw
        assert given_back(pane.raw)
    desk = tmp_path / "client" / "desk.json"
    kept = desk.read_text()
    assert "loud and clear" in kept
    assert "secret" not in kept
    assert desk.stat().st_mode & 0o077 == 0


def test_what_was_begun_is_there_again(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.press("half a line")
        pane.until("half a line")
        pane.kill(signal.SIGTERM)
        pane.end()
    assert json.loads((tmp_path / "client" / "desk.json").read_text())["drafts"] == {"#lobby": "half a line"}
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("#lobby> half a line")


def test_what_was_begun_is_there_again_after_kill_9(tmp_path: Path) -> None:
    desk = tmp_path / "client" / "desk.json"
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.press("half a line")
        soon(lambda: desk.exists() and "half a line" in desk.read_text())
        os.kill(_child_of(pane.program.pid), signal.SIGKILL)
        pane.end()
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("#lobby> half a line")
        assert "#lobby*" not in pane.text, "one sees it"
        pane.press("enter")
        soon(lambda: 'drafts":{}' in desk.read_text())


def test_leaving_by_keys(tmp_path: Path) -> None:
    with _pane(tmp_path) as pane:
        pane.until("not connected")
        pane.press("text", "ctrl-c")
        pane.until(lambda: "text" not in pane.text)
        pane.press("ctrl-c")
        pane.until("Ctrl+C again quits")
        pane.press("ctrl-c")
        assert pane.end() == 0
    with _pane(tmp_path) as pane:
        pane.until("not connected")
        pane.press("ctrl-d")
        assert pane.end() == 0
        assert given_back(pane.raw)


def test_escape_puts_away_what_is_offered(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby with alice.")
        pane.press("al", "tab")
        pane.until("#lobby> alice:")
        pane.press("esc")
        pane.until(lambda: pane.lines[-1] == "#lobby> al")
        assert "F1 help" in pane.lines[-2]


def test_many_pasted_lines_wait_for_a_yes(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        pane.paste("one\ntwo\nthree\n/four\n")
        pane.until("4 lines: Enter sends")
        pane.press("esc")
        pane.until("F1 help")
        pane.paste("one\r\ntwo\n  QUIT\n/four\n")
        pane.until("4 lines: Enter sends")
        pane.press("enter")
        said = []
        for _ in range(4):
            said.append(server.expect("PRIVMSG"))
            server.answer_ping()
        assert [line.partition(" #lobby ")[2] for line in said] == ["one", "two", ":  QUIT", "/four"]


def test_resizing(tmp_path: Path) -> None:
    with _pane(tmp_path, size=(120, 30)) as pane:
        pane.until("Type CONNECT to join")
        for size in ((40, 12), (20, 6), (200, 50), (80, 24)):
            pane.resize(*size)
            pane.until(lambda: any("not connected" in line for line in pane.lines[-3:]))
        pane.until("Type CONNECT to join")


def test_help_lists_every_key_and_command(tmp_path: Path) -> None:
    with _pane(tmp_path, size=(100, 100)) as pane:
        pane.until("not connected")
        pane.press("f1")
        pane.until("Ctrl+K")
        pane.until("SENDFILE nick-or-#channel path")
        pane.press("esc")
        pane.until("Type CONNECT")


def test_without_colours(tmp_path: Path) -> None:
    with _pane(tmp_path, NO_COLOR="1") as pane:
        pane.until("not connected")
        assert not re.search(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7]|4[0-7]|38|48)\b[0-9;]*m", pane.raw)


def test_a_theme_with_a_background_lays_it_everywhere(tmp_path: Path) -> None:
    """Beside what was written, the terminal's own was to be seen."""
    with _pane(tmp_path, "--theme", "dark") as pane:
        pane.until("not connected")
        pane.quiet()
        assert pane.backgrounds == {"1c1c1c", "3a3a3a"}


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    with _pane(tmp_path, TERM="dumb") as pane:
        pane.until("Type CONNECT to join")
        pane.program.sendline("QUIT")
        assert pane.end() == 0
        assert "\x1b" not in pane.raw


def test_a_mention_rings_and_a_link_leads_somewhere(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in()
        pane.until("You are in #lobby")
        server.send(":alice!a@h PRIVMSG #lobby :kim: see https://example.org/x")
        pane.until("https://example.org/x")
        pane.quiet()
        assert "\x1b]9;alice: kim: see https://example.org/x\x07\x07" in pane.raw
        assert "\x1b]8;id=n0;https://example.org/x\x1b\\h\x1b]8;;\x1b\\" in pane.raw
        pane.press("al", "tab")
        pane.until("#lobby> alice:")


def test_what_a_browser_says_does_not_stand_on_the_screen(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho NOISE\necho NOISE >&2\necho "$1" >{asked}.new\nmv {asked}.new {asked}\n'
    )
    browser.chmod(0o755)
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}", BROWSER=str(browser)) as pane:
        server.let_in()
        pane.until("You are in #lobby")
        server.send(":alice!a@h PRIVMSG #lobby :see https://example.org/x")
        pane.until("https://example.org/x")
        pane.type("/open")
        soon(asked.exists)
        pane.quiet()
        assert asked.read_text() == "https://example.org/x\n"
        assert "NOISE" not in pane.raw


def test_reading_back_fetches_older_lines(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in_keeping()
        server.answer_history("m1 alice known already")
        pane.until("known already")
        pane.press("pageup")
        assert "BEFORE #lobby msgid=m1 100" in server.answer_history("m0 alice long ago")
        pane.until("long ago")
        pane.press("pageup")
        assert "BEFORE #lobby" in server.answer_history()
        pane.until(lambda: "fetching" not in pane.text)
        pane.press("pageup")
        pane.type("still here")
        server.answer_message("m2")
        pane.until("kim  still here")
