"""A command that lacks its password: it is asked for, and what is typed then is seen and kept by nobody."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.typed import lines_typed
from natterjack.client.errors import ClosedByServer, ConnectRefused, NotLetIn, UnknownKey
from natterjack.client.secret import Credentials, Secret
from tests.support.process import ServerProcess, serving
from tests.terminal.desk import Desk

PASSWORD = "correct horse"
LOGIN = Credentials("kim", Secret(PASSWORD))
LINK = f"natterjack://h:1/#pin=SHA256:{'A' * 43}&invite=code"
ASKED = "The password of kim, please. It is not shown; Enter alone leaves everything as it was."
LEFT = "No password was given: everything is as it was."
LOST = e.Disconnected("127.0.0.1:7667", ClosedByServer("The server closed the connection."))


def terminal(**options: Any) -> Desk:
    return Desk(hides=True, **options)


def shown(desk: Desk) -> str:
    return desk.out.getvalue() + desk.err.getvalue()


def test_login() -> None:
    desk = terminal().online()
    assert desk.type("LOGIN kim") == []
    assert desk.said() == [ASKED]
    assert desk.chat.prompt == "The password of kim: "
    assert desk.type(PASSWORD) == [r.LogIn(2, "kim", Secret(PASSWORD))]
    assert desk.chat.prompt == "#lobby> "
    desk.happens(e.AccountChanged("kim", "kim", True), e.Done(2, "LOGIN"))
    assert desk.said() == ["You are logged in as kim."]
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    assert config.login == LOGIN


@pytest.mark.parametrize(
    "password",
    ["hello", "QUIT", "/quit", "SEND hello", "//x", "MSG alice hi", "LOGN", "a\u2028b", " a  b ", "\ta"],
)
def test_whatever_it_looks_like_it_is_the_password(password: str) -> None:
    desk = terminal().online()
    desk.type("LOGIN kim")
    assert desk.type(password) == [r.LogIn(2, "kim", Secret(password))]
    assert not desk.chat.ending.quitting


def test_blanks_around_it_are_part_of_it_whatever_asks_for_it() -> None:
    password = " with blanks "
    desk = terminal().online()
    assert desk.type("REGISTER", password, password) == [r.Register(2, Secret(password))]
    desk.happens(e.Done(2, "REGISTER"))
    assert desk.type("/oper kim", password) == [r.Oper(5, "kim", Secret(password))]
    desk = terminal(data_dir=None)
    desk.type(f"CONNECT {LINK}", "LOGIN kim")
    ((_, _, config),) = desk.type(password)
    assert config.login == Credentials("kim", Secret(password))


@pytest.mark.parametrize("line", ["LOGIN kim  secret", "LOGIN kim secret "])
def test_who_types_it_with_the_command_is_told_that_they_are_not(line: str) -> None:
    desk = terminal().online()
    assert desk.type(line) == [r.LogIn(2, "kim", Secret("secret"))]
    (told,) = desk.said()
    assert told.startswith("Blanks before and behind a password are left out here. LOGIN without one asks")
    desk.happens(e.Refused(2, "LOGIN", "", "904", "No"))
    desk.type("LOGIN kim two words")
    assert desk.said() == []


@pytest.mark.parametrize("line", ["REGISTER  secret", "/oper kim  secret", "LOGIN  kim \tsecret"])
def test_so_is_who_chooses_one(line: str) -> None:
    desk = terminal().online()
    (asked,) = desk.type(line)
    assert asked.password == Secret("secret")
    assert "left out here" in desk.said()[0]


@pytest.mark.parametrize(
    "line", ["LOGIN  kim", "LOGIN  kim secret", " LOGIN kim secret", "LOGIN kim two  words"]
)
def test_blanks_elsewhere_are_not_worth_a_word(line: str) -> None:
    desk = terminal().online()
    desk.type(line)
    assert "left out" not in shown(desk)
    desk = terminal()
    desk.type(line)
    assert "left out" not in shown(desk)


@pytest.mark.parametrize("line", ["LOGIN kim", "REGISTER", "/oper kim", "/register"])
def test_enter_alone_leaves_everything_as_it_was(line: str) -> None:
    desk = terminal().online()
    assert desk.type(line, " ") == []
    assert desk.said()[-1] == LEFT
    assert desk.type("hello") == [r.Say(4, "#lobby", "hello")]
    assert desk.chat.lines.taken == 4


def test_so_does_ctrl_c_and_nothing_else_ends() -> None:
    desk = terminal().online()
    desk.type("LOGIN kim")
    desk.chat.interrupt()
    assert desk.said()[-1] == LEFT
    assert (desk.line.take(), desk.chat.ending.quitting) == ([], False)


def test_at_the_end_of_the_input_it_is_over() -> None:
    desk = terminal().online()
    desk.type("LOGIN kim")
    desk.chat.end_of_input()
    assert desk.line.take() == [("disconnect", "")]


def test_a_new_password_is_typed_twice() -> None:
    desk = terminal().online()
    assert desk.type("REGISTER", PASSWORD, "correct hrose") == []
    first, again, wrong, anew = desk.said()
    assert first == "A password for kim, please. It is not shown; Enter alone leaves everything as it was."
    assert again == "The same once more, since nobody sees what you type."
    assert wrong == "These were two passwords: nothing was done yet."
    assert anew == first
    assert desk.type(PASSWORD, PASSWORD) == [r.Register(2, Secret(PASSWORD))]
    assert "horse" not in shown(desk)


def test_of_operators_and_of_accounts_that_need_not_be_named() -> None:
    desk = terminal().online()
    assert desk.type("/oper al", "sesame") == [r.Oper(2, "al", Secret("sesame"))]
    desk.happens(e.Done(2, "OPER"))
    assert desk.type("LOGIN", "sesame") == [r.LogIn(4, "kim", Secret("sesame"))]
    desk.happens(e.AccountChanged("kim", "kim", True), e.Done(4, "LOGIN"))
    assert desk.type("/oper", "sesame") == [r.Oper(6, "kim", Secret("sesame"))]


def test_a_guest_has_to_say_as_which_account_he_is_an_operator() -> None:
    desk = terminal().online()
    assert desk.type("/oper") == []
    assert desk.failed() == ["As which account? Type: /oper account"]


def test_a_wrong_one_of_an_operator() -> None:
    desk = terminal().online()
    desk.type("/oper al", "sesame")
    desk.happens(e.Refused(2, "OPER", "", "464", "the account or the password is wrong"))
    assert desk.failed() == ["You are no operator: the account or the password is wrong."]


def test_a_guests_made_up_name_is_nobodys_account() -> None:
    desk = terminal().online()
    desk.happens(e.NickChanged("kim", "guest-kim", True, 0.0))
    assert desk.type("LOGIN") == []
    assert desk.failed() == ["Log in to which account? Type: LOGIN account"]
    assert desk.chat.password is None


def test_where_it_would_be_of_no_use_it_is_not_asked_for() -> None:
    desk = terminal()
    desk.type("LOGIN kim", "REGISTER")
    assert desk.failed() == ["LOGIN needs a server. Type: CONNECT", "REGISTER needs a server. Type: CONNECT"]
    desk.online()
    desk.happens(e.AccountChanged("kim", "kim", True))
    desk.type("LOGIN kim", "REGISTER")
    assert desk.failed() == [
        "You are logged in as kim already. To be somebody else, QUIT and start again.",
        "kim is an account already, and you are logged in to it.",
    ]
    assert desk.chat.password is None


@pytest.mark.parametrize(
    ("line", "rest"), [("REGISTER", 2), ("LOGIN kim", 1), ("LOGIN", 1), ("/oper kim", 1), ("/oper", 1)]
)
def test_without_a_connection_it_is_not_said_by_who_does_not_look(line: str, rest: int) -> None:
    """It went into the outbox, and to all once there was a connection."""
    desk = terminal().online()
    desk.happens(LOST)
    desk.said()
    assert desk.type(line, *[PASSWORD] * rest) == []
    name = line.split(maxsplit=1)[0].strip("/").upper()
    assert desk.said()[0] == f"There is no connection now: {name} was not carried out."
    assert "horse" not in shown(desk)
    desk.happens(e.Connecting("127.0.0.1:7667", known=True))
    asked = desk.arrive() + desk.type(*[PASSWORD] * rest)
    assert not [each for each in asked if isinstance(each, r.Say)]
    assert isinstance(asked[-1], r.Register | r.LogIn | r.Oper)


def test_it_is_asked_for_at_once_whatever_waits() -> None:
    desk = terminal().online()
    desk.type("JOIN c", "WHO #lobby", "LOGIN kim")
    assert desk.chat.prompt == "The password of kim: "
    desk.type(PASSWORD)
    assert desk.happens(e.Done(2, "JOIN")) == [r.AskWho(3, "#lobby")]
    assert desk.happens(e.Done(3, "WHO")) == [r.LogIn(4, "kim", Secret(PASSWORD))]


def test_the_name_may_be_about_to_change() -> None:
    desk = terminal().online()
    desk.type("NICK al", "REGISTER")
    assert desk.chat.prompt == "A password for your name: "


@pytest.mark.parametrize(
    "line", [f"LOGIN kim\n{PASSWORD}", f"REGISTER\n{PASSWORD}", f"/oper kim\n{PASSWORD}\n2"]
)
def test_what_is_pasted_below_may_be_it_and_is_never_said(line: str) -> None:
    assert lines_typed(line) == [line]
    desk = terminal().online()
    (request,) = desk.type(line)
    assert isinstance(request, r.LogIn | r.Register | r.Oper)
    desk.happens(e.Done(2, "LOGIN"), e.AccountChanged("kim", "kim", True))
    assert not [each for each in desk.type(line) if isinstance(each, r.Say)]
    desk.happens(LOST)
    assert not [each for each in desk.type(line) if isinstance(each, r.Say)]


def test_while_a_connection_is_made() -> None:
    desk = terminal()
    desk.type("CONNECT", "LOGIN kim")
    assert desk.type(PASSWORD) == []
    assert desk.arrive() == [r.LogIn(2, "kim", Secret(PASSWORD))]


def test_the_question_stays_where_the_connection_is_lost() -> None:
    desk = terminal().online()
    desk.type("LOGIN kim")
    desk.happens(LOST)
    assert desk.chat.prompt == "The password of kim: "
    assert desk.type(PASSWORD) == []
    assert desk.said()[-1] == (
        "There is no connection now: LOGIN was not carried out. Please type the password again when it is back."
    )
    assert desk.chat.prompt == "The password of kim: "
    assert desk.arrive() == []
    assert desk.type(PASSWORD) == [r.LogIn(2, "kim", Secret(PASSWORD))]
    assert "horse" not in shown(desk)


def test_another_question_comes_after_it() -> None:
    desk = terminal()
    desk.type("CONNECT h 1", "LOGIN kim")
    desk.said()
    desk.happens(e.ConnectFailed("h:1", UnknownKey("h:1", "SHA256:k")))
    trust = "Do you trust this key from now on? Type yes, or no."
    assert desk.said() == [trust]
    assert desk.type("") == []
    assert desk.said() == [LEFT, trust]
    ((_, where, _),) = desk.type("yes")
    assert where == "h:1"


def test_what_is_typed_for_a_server_is_not_lost_where_its_key_is_asked_about() -> None:
    desk = terminal()
    desk.type("CONNECT h 1")
    desk.happens(e.ConnectFailed("h:1", ConnectRefused("h:1")))
    desk.type("LOGIN kim")
    ((_, _, config),) = desk.type(PASSWORD)
    assert config.login == LOGIN
    desk.happens(e.ConnectFailed("h:1", UnknownKey("h:1", "SHA256:k")))
    ((_, _, config),) = desk.type("yes")
    assert config.login == LOGIN


def test_instead_of_a_name() -> None:
    desk = terminal()
    desk.type(f"CONNECT {LINK}")
    assert desk.said()[-1].endswith("(If you have an account there: LOGIN name)")
    assert desk.type("LOGIN kim") == []
    assert desk.said() == [ASKED]
    desk.type("")
    assert desk.said()[0] == LEFT
    assert desk.chat.prompt == "Your name [kim]: "
    desk.type("LOGIN kim")
    ((_, _, config),) = desk.type(PASSWORD)
    assert config.login == LOGIN


def test_who_was_not_let_in() -> None:
    desk = terminal()
    desk.type("CONNECT")
    desk.happens(e.Disconnected("127.0.0.1:7667", NotLetIn("464", "you need an invite.")))
    desk.type("LOGIN kim")
    ((_, _, config),) = desk.type(PASSWORD)
    assert config.login == LOGIN


def test_a_pipe_is_asked_nothing() -> None:
    desk = Desk(interactive=False).online()
    assert desk.type("LOGIN kim", "hello") == [r.Say(3, "#lobby", "hello")]
    assert desk.failed() == ["LOGIN needs an account and its password, in one line: LOGIN account password"]


# -- at a terminal ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server")) as process:
        yield process


def kept(directory: Path) -> str:
    """All that is written down there."""
    files = [Path(where) / name for where, _, names in os.walk(directory) for name in names]
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in files)


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("plain", [False, True])
def test_nobody_sees_it(server: ServerProcess, tmp_path: Path, plain: bool) -> None:
    from tests.terminal.pane import Pane

    words = ["--plain"] if plain else []
    name, password = f"person{plain:d}", "correct-horse"
    with Pane(tmp_path, f"127.0.0.1:{server.port}", "--nick", name, *words, size=(120, 30)) as pane:
        pane.until(f"as {name}.")
        pane.type("REGISTER")
        pane.until(f"A password for {name}, please.")
        pane.type(password)
        pane.until("The same once more")
        pane.resize(90, 20)
        pane.type(password)
        pane.until(f"You are logged in as {name}.")
        pane.type("QUIT")
        assert pane.end() == 0
        assert password not in pane.raw
    with Pane(tmp_path, f"127.0.0.1:{server.port}", "--nick", "guest", *words, size=(120, 30)) as pane:
        pane.until("as guest.")
        pane.type(f"LOGIN {name}")
        pane.until(f"The password of {name}, please.")
        pane.press("secret", "ctrl-c")
        pane.until(LEFT)
        pane.type(f"LOGIN {name}\rQUIT")  # faster than anybody can be asked
        pane.until(f"Not logged in as {name}")
        pane.type("seen by all")
        pane.until("seen by all")
        pane.type(f"LOGIN {name}")
        pane.until(lambda: pane.text.count(f"The password of {name}, please.") > 1)
        pane.type(password)
        pane.until(f"You are logged in as {name}.")
        pane.type("QUIT")
        assert pane.end() == 0
        assert password not in pane.raw
    written = kept(tmp_path)
    assert plain or "seen by all" in written
    assert password not in written


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_two_devices_of_one_account(server: ServerProcess, tmp_path: Path) -> None:
    from tests.terminal.pane import Pane

    where, size = f"127.0.0.1:{server.port}", (120, 30)
    with Pane(tmp_path, where, "--nick", "owner", size=size) as one:
        one.until("as owner.")
        one.type(f"REGISTER {PASSWORD}")
        one.until("You are logged in as owner.")
        with Pane(tmp_path / "two", where, "--nick", "guest", size=size) as two:
            two.until("as guest.")
            two.type("LOGIN owner")
            two.until("The password of owner, please.")
            two.type(PASSWORD)
            two.until("CONNECT shares it.")
            two.type("CONNECT")
            two.until("as owner, logged in.")
            two.type("QUIT")
            assert two.end() == 0
        one.type("QUIT")
        assert one.end() == 0


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_nothing_of_it_is_left_in_the_input(server: ServerProcess, tmp_path: Path) -> None:
    from tests.terminal.pane import Pane

    with Pane(tmp_path, f"127.0.0.1:{server.port}", size=(120, 30)) as pane:
        pane.until("#lobby>")
        pane.paste("LOGIN nobody\nhidden pasted")
        pane.until("hidden pasted")
        pane.press("enter")
        pane.until("Not logged in as nobody")
        pane.type("LOGIN nobody")
        pane.until("The password of nobody:")
        pane.press("hidden cut", "\x15", "hidden left", "esc")
        pane.until(LEFT)
        pane.press("\x19", "up", "up", "\x10", "done")
        pane.until("#lobby> done")
        pane.type("")
        pane.until("kim  done")
        pane.type("QUIT")
        assert pane.end() == 0
        assert pane.raw.count("hidden") == 1, "the line that was pasted together with the command"
    typed = json.loads((tmp_path / "client" / "desk.json").read_text())["typed"]
    assert typed == {"#lobby": ["done", "QUIT"]}
    assert "hidden" not in kept(tmp_path)
