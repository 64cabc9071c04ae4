"""A server's key in the terminal: the question on first use, refusal from a pipe, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from natterjack.client import events as e
from natterjack.client.errors import KeyChanged, NoTls, UnknownKey
from natterjack.proto.joinlink import make_pin
from tests.support.elsewhere import Elsewhere, elsewhere_fixture
from tests.support.process import run, serving
from tests.terminal.desk import Desk

elsewhere = elsewhere_fixture
PIN = make_pin(bytes(32))
UNKNOWN = e.ConnectFailed("h:7667", UnknownKey("h:7667", PIN))


def asked() -> Desk:
    desk = Desk()
    desk.type("CONNECT h")
    assert desk.happens(e.Connecting("h:7667"), UNKNOWN) == []
    assert any(PIN in line for line in desk.failed())
    assert desk.said()[-1] == "Do you trust this key from now on? Type yes, or no."
    assert desk.chat.prompt == "Trust this key from now on (yes or no)? "
    return desk


@pytest.mark.parametrize("answer", ["yes", " YES ", "y"])
def test_yes_connects_with_the_key_that_was_shown(answer: str) -> None:
    desk = asked()
    ((verb, where, _),) = desk.type(answer)
    assert (verb, where) == ("connect", "h:7667")
    assert desk.line.addresses[-1].pin == PIN


@pytest.mark.parametrize("answer", ["no", "n", ""])
def test_no_does_not(answer: str) -> None:
    desk = asked()
    assert desk.type(answer) == []
    assert desk.said() == ["The key is not trusted, and you are not connected."]
    assert desk.chat.prompt == "> "
    assert desk.type("yes") == []  # nobody asks any more


def test_what_is_neither_is_asked_once_more() -> None:
    desk = asked()
    assert desk.type("yess", "hello", "login kim secret", "/yes", "HELP CONNECT") == []
    assert desk.said()[:2] == ["Do you trust this key from now on? Type yes, or no."] * 2
    assert [line.partition("?")[0] for line in desk.failed()] == [
        "Did you mean LOGIN",
        "There is no command /yes. HELP lists the commands. (To say something that begins with /, type //.)",
    ]
    assert len(desk.type("yes")) == 1


def test_another_command_is_no_and_carried_out() -> None:
    desk = asked()
    assert [each[1] for each in desk.type("CONNECT other")] == ["other:7667"]
    assert desk.line.addresses[-1].pin == ""


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (UNKNOWN, 77),
        (e.ConnectFailed("h:1", KeyChanged("h:1", PIN, PIN, "f")), 77),
        (e.ConnectFailed("h:1", NoTls("h:1")), 69),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_from_a_pipe_nobody_is_asked(failed: e.ConnectFailed, code: int, as_json: bool) -> None:
    desk = Desk(interactive=False, as_json=as_json)
    desk.type("CONNECT h", "yes")
    assert desk.happens(failed) == []
    assert desk.chat.finished
    assert desk.chat.exit_code == code
    assert not any("yes" in line for line in desk.said())


def test_a_pin_that_is_none() -> None:
    done = run("chat", "--pin", "SHA256:x", "h", input="")
    assert done.returncode == 2
    assert "SHA256:x is no key pin" in done.stderr


def test_from_another_machine(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """Unknown, by link, known, changed, and plain text where that is all there is."""
    memory = tmp_path / "memory"

    def chat(*words: str) -> tuple[int, str, str]:
        command = [
            sys.executable,
            "-m",
            "natterjack",
            "chat",
            "--json",
            "--nick",
            "far",
            "--data-dir",
            str(memory),
        ]
        done = elsewhere.run(*command, *words, text=b"SEND hello\n")
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    options = ("--host", elsewhere.here, "--access", "open")
    with serving(tmp_path / "one", *options) as server:
        place = f"{elsewhere.here}:{server.port}"
        code, out, err = chat(place)
        assert code == 77
        assert server.first["pin"] in err
        assert not memory.exists()
        code, out, err = chat(server.first["link"])
        assert (code, err) == (0, "")
        assert [event["text"] for event in map(json.loads, out.splitlines()) if event["event"] == "ack"] == [
            "hello"
        ]
        assert chat(place)[0] == 0
        code, _, err = chat("--plaintext", place)
        assert code == 77  # the server takes no plain text from there
        port = server.port
    with serving(tmp_path / "two", *options, "--port", str(port)):
        code, out, err = chat(place)
        assert code == 77
        assert "has changed" in err
        assert "somebody on the way" in err
    with serving(tmp_path / "three", *options, "--allow-plaintext") as server:
        assert chat("--plaintext", f"{elsewhere.here}:{server.port}")[0] == 0
    assert sorted(os.listdir(memory / "client")) == ["client.db", "known-servers.json", "runs"]
