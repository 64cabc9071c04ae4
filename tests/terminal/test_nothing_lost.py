"""The program with a real server behind it: killed, cut off, started again; nothing is lost, and nothing said twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest

from tests.client.scripted import Scripted
from tests.support.process import serving

CHAT = [sys.executable, "-m", "natterjack", "chat"]
#: Seconds; nothing here takes that long.
PATIENCE = 30


class Piped:
    """A chat with ``--json``, to which a test types."""

    def __init__(self, home: Path, place: str, *options: str, nick: str = "kim") -> None:
        command = [*CHAT, "--json", "--nick", nick, "--data-dir", str(home), *options, place]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def type(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def wait(self, kind: str, text: str | None = None) -> dict[str, Any]:
        """The next event of ``kind``, and with ``text`` if that is given."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind and text in (None, self.events[-1].get("text")):
                return self.events[-1]
        raise AssertionError(f"it ended without {kind} {text}: {self.events}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self) -> int:
        """No more input: the exit code."""
        out, _ = self.process.communicate(timeout=PATIENCE)
        self.events += map(json.loads, out.splitlines())
        return self.process.returncode

    @property
    def texts(self) -> list[str]:
        return [event["text"] for event in self.events if event["event"] == "message"]


def waiting(home: Path) -> list[str]:
    """What is in the outbox of a program that is dead."""
    connection = sqlite3.connect(home / "client" / "client.db")
    try:
        return [text for (text,) in connection.execute("SELECT text FROM outbox ORDER BY number")]
    finally:
        connection.close()


def test_a_client_that_is_killed_sends_at_its_next_start(tmp_path: Path) -> None:
    with Scripted() as server:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path, place) as chat:
            server.let_in_keeping()
            server.answer_history()
            chat.type("SEND one", "SEND two")
            cids = [server.expect_tagged("PRIVMSG")[0]["+natterjack/cid"] for _ in range(2)]
            chat.kill()
        assert waiting(tmp_path) == ["one", "two"]
        with Piped(tmp_path, place) as chat:
            server.let_in_keeping()
            server.answer_history("m1 kim one")
            assert server.answer_message("m1") == (cids[0], "one")
            assert server.answer_message("m2") == (cids[1], "two")
            acks = [chat.wait("ack") for _ in range(2)]
            assert [(ack["line"], ack["msgid"], ack["text"]) for ack in acks] == [
                (None, "m1", "one"),
                (None, "m2", "two"),
            ]
            assert chat.texts == ["one", "two"]


def test_the_end_of_the_input_waits_for_what_an_earlier_run_left(tmp_path: Path) -> None:
    with Scripted() as server:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path, place) as chat:
            server.let_in_keeping()
            server.answer_history()
            chat.type("SEND one")
            server.expect("PRIVMSG")
            chat.kill()
        with Piped(tmp_path, place) as chat:
            assert chat.process.stdin is not None
            chat.process.stdin.close()
            chat.process.stdin = None
            server.let_in_keeping()
            server.answer_history()
            assert server.answer_message("m1")[1] == "one"
            assert server.expect("QUIT")
            server.hang_up()
            assert chat.end() == 0
        assert waiting(tmp_path) == []


def test_a_server_that_is_killed_under_its_clients(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        port = server.port
        place = f"127.0.0.1:{port}"
        with Piped(tmp_path / "kim", place) as kim, Piped(tmp_path / "lee", place, nick="lee") as lee:
            kim.wait("ready")
            lee.wait("ready")
            kim.type("SEND one")
            kim.wait("ack")
            lee.wait("message", "one")
            server.process.kill()
            for each in (kim, lee):
                each.wait("disconnected")
            kim.type("SEND two", "SEND three")
            with serving(tmp_path / "data", "--port", str(port)):
                assert [kim.wait("ack")["line"] for _ in range(2)] == [2, 3]
                lee.wait("message", "three")
                kim.type("HISTORY 2", "SEARCH thr")
                assert kim.wait("found")["text"] == "three"
                assert kim.end() == 0
                assert lee.end() == 0
            assert [text for text in kim.texts if text != "three"][:2] == ["one", "two"]
            assert lee.texts == ["one", "two", "three"]
            assert waiting(tmp_path / "kim") == []


def test_who_was_away_is_shown_what_he_missed_once(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path / "kim", place) as kim, Piped(tmp_path / "lee", place, nick="lee") as lee:
            for each in (kim, lee):
                each.wait("ready")
                each.type("REGISTER correct-horse")
                each.wait("account")
            lee.type("SEND before")
            lee.wait("message", "before")
            kim.type("MSG lee hello")
            lee.wait("message", "hello")
            assert lee.end() == 0
            kim.type("SEND one", "MSG lee psst")
            for _ in range(3):
                kim.wait("ack")
            password = tmp_path / "password"
            password.write_text("correct-horse\n")
            password.chmod(0o600)
            login = ("--account", "lee", "--password-file", str(password))
            with Piped(tmp_path / "lee", place, *login, nick="lee") as again:
                again.wait("message", "psst")
                kim.type("SEND two")
                again.wait("message", "two")
                assert again.end() == 0
                assert sorted(again.texts[:-1]) == ["one", "psst"]
                assert [event["history"] for event in again.events if event["event"] == "message"] == [
                    True,
                    True,
                    False,
                ]


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_at_a_terminal_without_a_network(tmp_path: Path) -> None:
    import pexpect  # type: ignore[import-untyped]

    def start(port: int) -> pexpect.spawn:
        args = [
            *CHAT[1:],
            "--plain",
            "--nick",
            "kim",
            "--data-dir",
            str(tmp_path / "kim"),
            f"127.0.0.1:{port}",
        ]
        return pexpect.spawn(
            sys.executable, args, env={**os.environ, "TERM": "xterm"}, timeout=PATIENCE, encoding="utf-8"
        )

    with serving(tmp_path / "data") as server:
        port = server.port
        chat = start(port)
        chat.expect_exact("Connected to")
        chat.sendline("one")
        chat.expect_exact("kim  one")
        server.process.kill()
        chat.expect_exact("Disconnected:")
        chat.expect_exact("Reconnecting to")
        chat.sendline("two")
        chat.expect_exact("Waiting for the connection, to #lobby: two")
        chat.kill(9)
        chat.close()
    chat = start(port)
    chat.expect_exact("From before, as kept on this computer:")
    chat.expect_exact("kim to #lobby  one")
    chat.expect_exact("What you type waits until you are.")
    chat.sendline("three")
    chat.expect_exact("Waiting for the connection, to #lobby: three")
    with serving(tmp_path / "data", "--port", str(port)):
        chat.expect_exact("A message that was not sent before: trying again.")
        chat.expect_exact("Sent to #lobby: two")
        chat.expect_exact("Sent to #lobby: three")
        chat.sendline("QUIT")
        chat.expect(pexpect.EOF)
        chat.close()
        assert chat.exitstatus == 0
