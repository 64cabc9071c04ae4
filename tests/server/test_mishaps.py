"""Errors of ours in a real server: what others notice, what the operator finds, and how it ends."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from natterjack.core.mishaps import WHY
from natterjack.exits import INTERNAL
from tests.chaos.stage import Stage
from tests.support.process import PATIENCE, Irc


def test_a_line_that_the_server_fails_at_ends_one_session(tmp_path: Path) -> None:
    with Stage(tmp_path / "data", defect="whois_fails") as stage:
        stage.start()
        with Irc(stage.port, "alice") as alice, Irc(stage.port, "bob") as bob:
            alice.sync()
            bob.send("PRIVMSG #lobby :before", "WHOIS alice", "PRIVMSG #lobby :never said")
            assert bob.rest()[-1] == f"ERROR :Closing link: {WHY}"
            said = [line.partition(" ")[2] for line in alice.until(" QUIT ")]
            assert said == ["PRIVMSG #lobby :before", "QUIT :Internal error"]
            alice.send("NAMES #lobby")
            assert " 353 alice = #lobby :alice" in alice.until(" 366 ")[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{stage.port}/metrics", timeout=PATIENCE) as page:
                assert "natterjack_internal_errors_total 1" in page.read().decode().splitlines()
            with Irc(stage.port, "bob") as again:
                again.send("PRIVMSG #lobby :back")
                alice.until(" PRIVMSG #lobby :back")
        stage.stop()
    told = stage.errors()
    assert "internal error, which is our fault, in WHOIS of bob from 127.0.0.1 port" in told
    assert 'raise RuntimeError("nobody foresaw this")' in told  # where it came from


def test_an_error_in_the_middle_of_a_change_ends_the_server_and_what_was_acknowledged_is_kept(
    tmp_path: Path,
) -> None:
    with Stage(tmp_path / "data", defect="part_fails") as stage:
        stage.start()
        with Irc(stage.port, "alice", "echo-message") as alice:
            alice.send("PRIVMSG #lobby :acknowledged")
            alice.until(" PRIVMSG #lobby :acknowledged")
            alice.send("PART #lobby")
            assert alice.rest() == []
        assert stage.wait() == INTERNAL
    told = stage.errors()
    assert 'raise RuntimeError("nobody foresaw this")' in told
    assert "internal error, which is our fault: RuntimeError: nobody foresaw this" in told
    with Stage(tmp_path / "data") as stage:
        stage.start()
        with Irc(stage.port, "bob", "batch draft/chathistory") as bob:
            bob.send("CHATHISTORY LATEST #lobby * 9")
            assert any(line.endswith("PRIVMSG #lobby :acknowledged") for line in bob.sync())
        stage.stop()
