"""REGISTER, LOGIN and --account as typed: what is asked for, what is said, and what is said to nobody."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.password import VARIABLE, credentials
from natterjack.client.errors import ClosedByServer, NotLetIn
from natterjack.client.secret import Credentials, Secret
from natterjack.exits import CommandError
from tests.support.process import PATIENCE, ServerProcess, command, serving
from tests.terminal.desk import Desk

PASSWORD = "correct horse"
LOGIN = Credentials("kim", Secret(PASSWORD))
LOST = e.Disconnected("127.0.0.1:7667", ClosedByServer("The server closed the connection."))


def logged_in(desk: Desk, account: str = "kim") -> None:
    """The server takes the login on the way in."""
    desk.happens(e.Connecting("127.0.0.1:7667"), e.AccountChanged("kim", account, True))
    desk.arrive()


# -- typed -----------------------------------------------------------------------------------------------------------


def test_register() -> None:
    desk = Desk().online()
    assert desk.type(f"REGISTER {PASSWORD}") == [r.Register(2, Secret(PASSWORD))]
    desk.happens(
        e.Registered(2, "kim", True, "kim is your account"),
        e.AccountChanged("kim", "kim", True),
        e.Done(2, "REGISTER"),
    )
    assert desk.said() == [
        "kim is your account now: nobody else can take the name. Next time: LOGIN kim",
        "You are logged in as kim.",
    ]
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    assert config.login == LOGIN


def test_login_is_repeated_on_the_way_back_and_nowhere_else() -> None:
    desk = Desk().online()
    assert desk.type(f"LOGIN Al {PASSWORD}") == [r.LogIn(2, "Al", Secret(PASSWORD))]
    desk.happens(
        e.AccountChanged("kim", "al", True),
        e.NickKept("kim", "al", "al: Nick is already in use"),
        e.Done(2, "LOGIN"),
    )
    assert desk.said() == [
        "You are logged in as al.",
        (
            "You stay kim, since the account's name cannot be had now (al: Nick is already in use). "
            "If that is you on another device: CONNECT shares it."
        ),
    ]
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    assert (config.nick, config.login) == ("al", Credentials("al", Secret(PASSWORD)))
    logged_in(desk)
    ((_, _, config),) = desk.type("CONNECT elsewhere 1")
    assert (config.nick, config.login) == ("kim", None)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (f"LOGIN kim {PASSWORD}", e.Refused(2, "LOGIN", "", "904", "Not logged in as kim.")),
        (f"REGISTER {PASSWORD}", e.Refused(2, "REGISTER", "", "WEAK_PASSWORD", "That password is too weak.")),
    ],
)
def test_a_refusal_is_told_and_nothing_is_remembered(line: str, answer: e.Refused) -> None:
    desk = Desk(interactive=False).online()
    assert len(desk.type(line)) == 1
    desk.happens(answer)
    assert desk.failed() == [answer.text]
    assert desk.chat.exit_code == 1
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    assert config.login is None


@pytest.mark.parametrize("line", ["REGISTER", "LOGIN", "LOGIN kim", "/login kim"])
def test_something_is_missing(line: str) -> None:
    desk = Desk().online()
    assert desk.type(line) == []
    assert "password" in desk.failed()[0]


def test_a_second_login_is_none() -> None:
    desk = Desk(login=LOGIN)
    desk.type("CONNECT")
    logged_in(desk)
    assert desk.type(f"LOGIN al {PASSWORD}") == []
    assert desk.failed() == ["You are logged in as kim already. To be somebody else, QUIT and start again."]


@pytest.mark.parametrize("as_json", [False, True])
def test_passwords_are_never_shown(as_json: bool) -> None:
    desk = Desk(as_json=as_json)
    desk.type(f"LOGIN kim {PASSWORD}", f"login kim {PASSWORD}", f"REGISTER {PASSWORD}", "CONNECT")
    desk.arrive()
    desk.type(f"LOGIN kim {PASSWORD}")
    desk.happens(e.Refused(5, "LOGIN", "", "904", "no"), e.Unanswered(0, "REGISTER", "", "no answer"))
    desk.type(f"REGISTER {PASSWORD}", f"Login kim {PASSWORD}", f"logn kim {PASSWORD}")
    desk.happens(e.Refused(6, "REGISTER", "", "WEAK_PASSWORD", "no"), LOST)
    text = desk.out.getvalue() + desk.err.getvalue()
    assert text
    assert "horse" not in text


# -- --account -------------------------------------------------------------------------------------------------------


def test_account_on_the_way_in() -> None:
    desk = Desk(login=LOGIN)
    ((_, _, config),) = desk.type("CONNECT")
    assert (config.login, config.login_or_leave) == (LOGIN, False)
    logged_in(desk)
    assert desk.said()[0].startswith("Connected to natterjack at 127.0.0.1:7667 as kim, logged in.")
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    assert config.login == LOGIN
    logged_in(desk)
    ((_, _, config),) = desk.type("CONNECT elsewhere 1")
    assert config.login is None
    assert desk.said()[-1] == (
        "Your password for kim stays with the server that took it. To log in here: LOGIN account password"
    )


def test_under_another_name() -> None:
    desk = Desk(login=LOGIN)
    desk.type("CONNECT")
    logged_in(desk, "kimberley")
    assert "as kim, logged in as kimberley." in desk.said()[0]


def test_a_person_comes_in_as_a_guest() -> None:
    desk = Desk(login=LOGIN)
    desk.type("CONNECT")
    desk.happens(e.LoginFailed("kim", "904", "Not logged in as kim."))
    desk.arrive()
    assert desk.failed() == ["Not logged in as kim. To try again: LOGIN account"]
    assert "logged in" not in desk.said()[0]
    assert not desk.chat.finished


def test_who_was_not_let_in_may_log_in_right_there() -> None:
    desk = Desk(login=Credentials("kim", Secret("wrong")))
    assert desk.type(f"LOGIN kim {PASSWORD}") == []
    assert desk.failed() == ["LOGIN needs a server. Type: CONNECT"]
    desk.type("CONNECT")
    desk.happens(
        e.LoginFailed("kim", "904", "Not logged in as kim."),
        e.Disconnected("127.0.0.1:7667", NotLetIn("464", "you need an invite.")),
    )
    failed, refused = desk.failed()
    assert failed == "Not logged in as kim. To try again: LOGIN account"
    assert refused.startswith("You were not let in: you need an invite.")
    assert refused.endswith("Or with an account: LOGIN account")
    ((_, _, config),) = desk.type(f"LOGIN kim {PASSWORD}")
    assert config.login == LOGIN
    assert desk.type("LOGIN kim") == []
    logged_in(desk)
    desk.happens(LOST)
    desk.line.take()
    desk.type(f"LOGIN kim {PASSWORD}")
    assert desk.failed()[-1] == "There is no connection now: LOGIN was not carried out."


def test_a_pipe_does_not_come_in() -> None:
    desk = Desk(interactive=False, as_json=True, login=LOGIN)
    ((_, _, config),) = desk.type("CONNECT")
    assert config.login_or_leave
    desk.happens(e.Disconnected("127.0.0.1:7667", NotLetIn("904", "Not logged in as kim.")))
    assert desk.objects() == [
        {"event": "error", "line": None, "code": "904", "text": "Not logged in as kim."},
        {"event": "disconnected", "text": "Not logged in as kim."},
        {"event": "bye"},
    ]
    assert desk.failed() == ["natterjack: Not logged in as kim."]
    assert desk.chat.exit_code == 77


def test_json() -> None:
    desk = Desk(as_json=True).online()
    desk.type(f"LOGIN kim {PASSWORD}")
    desk.happens(e.AccountChanged("kim", "kim", True), e.Done(2, "LOGIN"))
    desk.happens(e.LoginFailed("kim", "904", "no"), e.Refused(2, "LOGIN", "", "904", "no"))
    desk.happens(e.Done(3, "JOIN"), e.Ready("kim", "srv", "net"))
    assert desk.objects() == [
        {"event": "account", "line": 2, "nick": "kim", "account": "kim"},
        {"event": "error", "line": None, "code": "904", "text": "no"},
        {"event": "error", "line": 2, "code": "904", "text": "no"},
        {"event": "ready", "v": 1, "nick": "kim", "server": "srv", "channels": ["#lobby"], "account": "kim"},
    ]


# -- where the password comes from -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    return path


@pytest.mark.parametrize(
    "text", [f"{PASSWORD}", f"{PASSWORD}\n", f"{PASSWORD}\r\nsecond line\n", f"\ufeff{PASSWORD}\n"]
)
def test_the_first_line_of_the_file(file: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(text, "utf-8", newline="")
    assert credentials("kim", file, {VARIABLE: "other"}, ask=False) == LOGIN
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.name != "posix", reason="others' rights are told otherwise there")
def test_a_file_that_others_can_read(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PASSWORD)
    file.chmod(0o640)
    assert credentials("kim", file, {}, ask=False) == LOGIN
    assert "chmod 600" in capsys.readouterr().err


def test_the_environment_and_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    assert credentials(None, None, {VARIABLE: PASSWORD}, ask=True) is None
    assert credentials("kim", None, {VARIABLE: PASSWORD}, ask=True) == LOGIN
    monkeypatch.setattr(getpass, "getpass", lambda prompt: PASSWORD)
    assert credentials("kim", None, {}, ask=True) == LOGIN


@pytest.mark.parametrize(
    ("account", "content", "said"),
    [
        ("kim", b"", "holds no password"),
        ("kim", b"\nlater\n", "holds no password"),
        ("kim", b"\xff\xfe", "not UTF-8"),
        (None, b"secret", "--account"),
        ("k im", b"secret", "one word"),
    ],
)
def test_no_password_to_be_had(file: Path, account: str | None, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(CommandError, match=said) as caught:
        credentials(account, file, {}, ask=False)
    assert caught.value.code == 2


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="--password-file"):
        credentials("kim", None, {}, ask=False)

    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", ended)
    with pytest.raises(CommandError, match="--password-file"):
        credentials("kim", None, {}, ask=True)


# -- with the server -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server")) as process:
        yield process


def chat(server: ServerProcess, typed: str, *args: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, events and errors of a client that was fed ``typed``."""
    done = subprocess.run(
        command("chat", f"127.0.0.1:{server.port}", "--json", *args),
        input=typed.encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert PASSWORD not in out + err
    return done.returncode, [json.loads(line) for line in out.splitlines()], err


def of(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def test_from_registering_to_coming_back(server: ServerProcess, file: Path) -> None:
    code, events, err = chat(server, f"REGISTER {PASSWORD}\nSEND mine\n", "--nick", "kim")
    assert (code, err) == (0, "")
    assert of(events, "account") == [{"event": "account", "line": 1, "nick": "kim", "account": "kim"}]
    assert [event["line"] for event in of(events, "ack")] == [2]

    file.write_text(f"{PASSWORD}\n")
    code, events, err = chat(server, "SEND again\n", "--account", "kim", "--password-file", str(file))
    assert (code, err) == (0, "")
    (ready,) = of(events, "ready")
    assert (ready["nick"], ready["account"]) == ("kim", "kim")

    code, events, err = chat(server, f"LOGIN KIM {PASSWORD}\nSEND later\n", "--nick", "somebody")
    assert (code, err) == (0, "")
    assert of(events, "account") == [{"event": "account", "line": 1, "nick": "kim", "account": "kim"}]
    assert [(event["nick"], event["new"]) for event in of(events, "nick")] == [("somebody", "kim")]

    file.write_text("wrong horse\n")
    code, events, err = chat(server, "SEND no\n", "--account", "kim", "--password-file", str(file))
    assert code == 77
    assert [event["code"] for event in of(events, "error")] == ["904"]
    assert err == "natterjack: Not logged in as kim: the account or the password is wrong. Check both.\n"
    assert not of(events, "ready")


def test_the_name_of_an_account_is_its_own(server: ServerProcess) -> None:
    chat(server, f"REGISTER {PASSWORD}\n", "--nick", "owner")
    _, events, _ = chat(server, "", "--nick", "owner")
    assert [event["code"] for event in of(events, "error")] == ["nick_taken"]
    code, events, _ = chat(server, "REGISTER short\nLOGIN owner wrong-horse\n", "--nick", "other")
    assert code == 1
    assert [(event["line"], event["code"]) for event in of(events, "error")] == [
        (1, "WEAK_PASSWORD"),
        (2, "904"),
    ]


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("plain", [False, True])
def test_asked_at_a_terminal(server: ServerProcess, plain: bool, tmp_path: Path) -> None:
    from tests.terminal.pane import Pane

    name = f"person{plain:d}"
    chat(server, f"REGISTER {PASSWORD}\n", "--nick", name)
    words = command("chat", f"127.0.0.1:{server.port}", "--account", name, *(["--plain"] if plain else []))
    for password, said in (
        (PASSWORD, [f"as {name}, logged in."]),
        ("wrong horse", ["To try again: LOGIN account", f"as {name}_."]),
    ):
        with Pane(tmp_path, size=(200, 30), command=words) as pane:
            pane.until(f"Password for {name}:")
            pane.type(password)
            for text in said:
                pane.until(text)
            assert "horse" not in pane.raw
            pane.type("QUIT")
            assert pane.end() == 0
            assert "Goodbye." in pane.text
