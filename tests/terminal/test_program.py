"""The program as it is started: fed from a pipe, asked for JSON, and at a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from natterjack import demo
from tests.client.scripted import Scripted, unused_port

CHAT = [sys.executable, "-m", "natterjack", "chat", "--nick", "kim"]
#: Seconds; nothing here takes that long.
PATIENCE = 20


def start(*args: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*CHAT, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TZ": "UTC"},
        **options,
    )


def feed(text: bytes, *args: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a chat that was fed ``text``."""
    with start(*args) as chat:
        out, err = chat.communicate(text, timeout=PATIENCE)
        return chat.returncode, out.decode(), err.decode()


def test_a_pipe_waits_until_all_is_acknowledged() -> None:
    with Scripted() as server, start(f"127.0.0.1:{server.port}") as chat:
        assert chat.stdin is not None
        chat.stdin.write("\ufeffSEND eins\nzwei grüße\n".encode())
        chat.stdin.close()
        chat.stdin = None
        server.let_in()
        for text in ("eins", ":zwei grüße"):
            assert server.expect("PRIVMSG") == f"PRIVMSG #lobby {text}"
            server.answer_ping()
        assert server.expect("QUIT")
        server.hang_up()
        out, err = chat.communicate(timeout=PATIENCE)
        assert chat.returncode == 0
        assert err == b""
        assert [line[6:] for line in out.decode().splitlines()[1:3]] == ["kim  eins", "kim  zwei grüße"]


def test_json() -> None:
    with Scripted() as server, start("--json") as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write(f"CONNECT 127.0.0.1 {server.port}\nSEND hi\nSNED\n".encode())
        chat.stdin.flush()
        server.let_in()
        server.answer_ping()
        wanted = {"ready", "message", "ack", "error"}
        events = []
        while wanted:
            events.append(json.loads(chat.stdout.readline()))
            wanted.discard(events[-1]["event"])
        assert [event["line"] for event in events if "line" in event] in ([2, 3], [3, 2])
        server.send("ERROR :Closing link: restart")
        server.hang_up()
        assert json.loads(chat.stdout.readline()) == {
            "event": "disconnected",
            "text": "The server closed the connection: restart",
        }
        out, err = chat.communicate(timeout=PATIENCE)
        assert json.loads(out) == {"event": "bye"}
        assert err.decode() == "natterjack: The server closed the connection: restart\n"
        assert chat.returncode == 69


@pytest.mark.parametrize(
    ("text", "args", "code", "said"),
    [
        (b"", (), 0, ""),
        (b"hello\n\xff\n", (), 1, "not UTF-8"),
        (b"x" * 70000 + b"\nHELP\n", (), 1, "longer than"),
        (b"", ("--nick", "a b"), 2, "one word"),
        (b"", ("h:99999",), 2, "no port"),
        (b"", ("--channel", "a,b"), 2, "no channel"),
        (b"", ("--password-file", "/nonexistent/file"), 2, "cannot read"),
        (b"", ("natterjack://192.0.2.1/#pin=SHA256:x",), 2, "no key pin"),
    ],
)
def test_errors_are_one_line(text: bytes, args: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = feed(text, *args)
    assert found == code
    assert said in err.splitlines()[-1] if said else err == ""


@pytest.mark.parametrize("args", [(), ("--json",)])
def test_refused(args: tuple[str, ...]) -> None:
    port = unused_port()
    code, _, err = feed(b"SEND hi\n", f"127.0.0.1:{port}", *args)
    assert code == 69
    assert f"no server answers at 127.0.0.1:{port}" in err
    assert len(err.splitlines()) == 1


def test_not_let_in() -> None:
    with Scripted() as server, start(f"127.0.0.1:{server.port}", "--invite", "wrong") as chat:
        server.accept()
        assert server.expect("PASS") == "PASS wrong"
        server.send(":srv 464 * :Password incorrect", "ERROR :Closing link")
        server.hang_up()
        _, err = chat.communicate(timeout=PATIENCE)
        assert chat.returncode == 77
        assert b"Password incorrect" in err


def test_nothing_to_read_at_all() -> None:
    chat = subprocess.run(
        [*CHAT], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
    )
    assert chat.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_not_our_fault() -> None:
    with Path("/dev/full").open("wb") as full:
        chat = subprocess.run(
            [*CHAT], input=b"HELP\n", stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE, check=False
        )
    assert chat.returncode == 1
    assert (
        chat.stderr
        == b"natterjack: cannot write to stdout: no space left on device. What was sent is kept.\n"
    )


def test_the_demo() -> None:
    assert demo.run() == 0


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_line_by_line_at_a_terminal(tmp_path: Path) -> None:
    import pexpect  # type: ignore[import-untyped]

    args = [*CHAT[1:], "--data-dir", str(tmp_path), "--plain"]
    with Scripted() as server:
        chat = pexpect.spawn(
            sys.executable,
            args,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            timeout=PATIENCE,
            dimensions=(30, 200),
            encoding="utf-8",
        )
        chat.expect_exact("Type CONNECT to join")
        chat.sendline(f"CONNECT 127.0.0.1:{server.port}")
        server.let_in()
        chat.expect_exact("You are in #lobby with alice.")
        chat.sendline("SEND loud and clear")
        server.answer_ping()
        chat.expect_exact("kim  loud and clear")
        server.send(":alice!a@h PRIVMSG #lobby :\x1b]0;evil\x07welcome!")
        chat.expect_exact("alice  ␛]0;evil␇welcome!")
        chat.sendline("login kim secret")
        chat.expect_exact("Did you mean LOGIN?")
        server.send("ERROR :Closing link: restart")
        server.hang_up()
        chat.expect_exact("Disconnected: The server closed the connection: restart. CONNECT tries at once")
        chat.expect_exact("Reconnecting to 127.0.0.1:")
        chat.sendline("QUIT")
        chat.expect_exact("Goodbye.")
        chat.expect(pexpect.EOF)
        chat.close()
        assert chat.exitstatus == 0
