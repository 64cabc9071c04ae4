"""What a typed line means, and what is held back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, ROWS
from natterjack.client.chatting.parse import (
    SECRET_WORDS,
    Command,
    HeldBack,
    Nothing,
    Text,
    Typed,
    Unknown,
    is_secret,
    parse,
)
from natterjack.client.chatting.typed import lines_typed
from tests.terminal.desk import ALICE, KIM, Desk


def online(line: str) -> Typed:
    return parse(line, CAPITALS, COMMANDS, connected=True)


def offline(line: str) -> Typed:
    return parse(line, CAPITALS, COMMANDS, connected=False)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("SEND hello there", Command("SEND", "hello there")),
        ("SEND   two  spaces ", Command("SEND", "two  spaces")),
        ("  QUIT", Command("QUIT", "")),
        ("QUIT\r\n", Command("QUIT", "")),
        ("/quit bye", Command("QUIT", "bye")),
        ("/QuIt", Command("QUIT", "")),
        ("/me waves", Command("ME", "waves")),
        ("/login kim secret", Command("LOGIN", "kim secret")),
        ("LOGIN kim secret", Command("LOGIN", "kim secret")),
        ("WHO", Command("WHO", "")),
        ("SEND\thello", Command("SEND", "hello")),
        ("LOGIN\u00a0kim secret", Command("LOGIN", "kim secret")),
        ("", Nothing()),
        (" \t ", Nothing()),
    ],
)
def test_commands(line: str, meant: Typed) -> None:
    assert online(line) == meant


@pytest.mark.parametrize(
    "line",
    ["OK", "LOL", "I agree", "send me that", "quit it", "WOW that is big", "ME too", "BACK soon", "hello", "A", "WHOA",
     "logic is on our side", "we should login later", "registers are full of it now", "  indented",
     "¡HOLA!", "LIST of things"],
)  # fmt: skip
def test_text(line: str) -> None:
    assert online(line) == Text(line)


def test_a_slash_is_sent_by_two() -> None:
    assert online("//quit is how one leaves") == Text("/quit is how one leaves")


#: What is held back, and what was probably meant.
HELD = [
    ("SNED hello", "SEND"),
    ("SEN hello", "SEND"),
    ("SENDD hello", "SEND"),
    ("QUTI", "QUIT"),
    ("JION #c", "JOIN"),
    ("CONNECTT", "CONNECT"),
    ("QUIT!", "QUIT"),
    ("login kim secret", "LOGIN"),
    ("Login", "LOGIN"),
    ("lOgIn: kim secret", "LOGIN"),
    ("logn kim secret", "LOGIN"),
    ("LOGN kim", "LOGIN"),
    ("log in kim secret", "LOGIN"),
    ("register secret", "REGISTER"),
    ("regster secret", "REGISTER"),
    ("Register my password please", "REGISTER"),
    ("identify secret", "LOGIN"),
    (" login kim secret", "LOGIN"),
    ("oper kim secret", "OPER"),
    ("NS IDENTIFY secret", "MSG NickServ"),
    ("ns identfy kim secret", "MSG NickServ"),
    ("NICKSERV PASSWD old new", "MSG NickServ"),
    ("nickserv: register secret", "MSG NickServ"),
    ("PASSWD old new", "MSG NickServ PASSWD"),
    ("PASSWD secret", "MSG NickServ PASSWD"),
    ("passwd old new", "MSG NickServ PASSWD"),
    ("/passwd old new", "MSG NickServ PASSWD"),
    ("console passwd kim secret", "CONSOLE PASSWD"),
    ("/ns identify secret", "MSG NickServ"),
    ("/NickServ login secret", "MSG NickServ"),
    ("msg nickserv identify secret", "MSG NickServ"),
    ("PRIVMSG NickServ :IDENTIFY kim secret", "MSG NickServ"),
    ("/notice NickServ@services identify secret", "MSG NickServ"),
]


@pytest.mark.parametrize(("line", "meant"), HELD)
def test_held_back(line: str, meant: str) -> None:
    found = online(line)
    assert isinstance(found, HeldBack)
    assert found.meant == meant
    assert isinstance(offline(line), HeldBack)


@pytest.mark.parametrize(
    "line", [*(line for line, meant in HELD if meant in SECRET_WORDS), "LOGIN kim secret", "REGISTER secret"]
)
@pytest.mark.parametrize(
    "text",
    ["{}\nhi", "hi\n{}", "\n{}", "\n\n{}\nhi", "JOIN #x\n{}", "hi\r\n{}", "//hi\n{}", "SEND hi\n{}", "SEND \n{}",
     "MSG alice hi\n{}", "/query alice hi\n{}", "/reply hi\n{}", "/edit hi\n{}", "/me waves\n{}"],
)  # fmt: skip
def test_no_line_with_a_password_is_said_among_others(text: str, line: str) -> None:
    desk = Desk().online()
    desk.happens(
        e.MessageReceived("m1", 0.0, KIM, "#lobby", "one", e.Kind.MESSAGE, own=True),
        e.MessageReceived("m2", 0.0, ALICE, "#lobby", "two", e.Kind.MESSAGE, own=False),
    )
    whole = text.format(line)
    said = [each for each in desk.type(*lines_typed(whole)) if isinstance(each, r.Say | r.Edit)]
    secret = [each for each in said if line.strip() in each.text]
    assert secret == []
    if not whole.startswith(("LOGIN", "REGISTER")):  # which are carried out, and what is below them is said
        assert said == []


def test_it_is_told_which_line_was_held_back() -> None:
    desk = Desk().online()
    assert desk.type("one\nlogin kim secret\nthree", "JOIN #x\nLOGIN kim secret") == []
    assert desk.failed() == ["Did you mean LOGIN in line 2? Nothing was sent."] * 2


@pytest.mark.parametrize(
    "text", ["hi\nsee natterjack://h/#invite=x", "hi\nSNED x", "QUIT\nnow we log in there"]
)
def test_other_lines_go_on_being_said(text: str) -> None:
    assert not isinstance(online(text), HeldBack)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("/qiut", "QUIT"),
        ("/whios alice", "WHOIS"),
        ("/xyzzy", None),
        ("/", None),
        ("/usr/bin/env is a path", None),
        ("/ quit", None),
    ],
)
def test_unknown(line: str, meant: str | None) -> None:
    found = online(line)
    assert isinstance(found, Unknown)
    assert found.meant == meant


@pytest.mark.parametrize(
    ("line", "meant"), [("connect", "CONNECT"), ("hlep", "HELP"), ("hello all", None), ("//x", None)]
)
def test_offline_nobody_hears_text(line: str, meant: str | None) -> None:
    found = offline(line)
    assert isinstance(found, Unknown)
    assert found.meant == meant


@pytest.mark.parametrize(
    "line",
    ["LOGIN kim secret", "/login kim secret", "login kim secret", "REGISTER secret",
     "/Register secret", "regster secret",
     "/raw PASS secret", "/raw OPER kim secret", "MSG NickServ identify secret", "/msg nickserv help me",
     "CONNECT natterjack://h/#invite=secret", "/oper kim secret", "/opr kim secret", "oper kim secret",
     "/console passwd kim secret", "/raw /raw PASS x", "hello\nLOGIN kim secret",
     "NS IDENTIFY secret", "/ns identify secret", "MSG NickServ@services identify secret",
     "MSG alice,NickServ identify secret", "/notice nickserv whatever", "/raw PRIVMSG NickServ :x y",
     "SEND identify secret", "passwd old new"],
)  # fmt: skip
def test_secrets(line: str) -> None:
    assert is_secret(line)


@pytest.mark.parametrize(
    "line",
    [
        "SEND hello",
        "hello",
        "CONNECT h 7667",
        "/raw VERSION",
        "/console users",
        "MSG alice hi",
        "",
        "ns is short for NickServ",
    ],
)
def test_no_secrets(line: str) -> None:
    assert not is_secret(line)


@given(st.text())
def test_every_line_means_something(line: str) -> None:
    found = online(line)
    if isinstance(found, Text):
        assert found.text in (line.rstrip("\r\n"), line.strip()[1:])
    is_secret(line)


@given(st.sampled_from(["login", "LOGIN", "Register", "rEGISTER"]), st.text())
def test_no_login_is_ever_said(word: str, rest: str) -> None:
    assert not isinstance(online(f"{word} {rest}"), Text)


def test_every_command_can_be_typed_and_explains_itself() -> None:
    for row in ROWS:
        assert row.usage.upper().lstrip("/").startswith(row.name)
        assert row.help
        assert online(f"/{row.name.lower()}") == Command(row.name, "")
        assert isinstance(online(row.name), Command if row.capitals else (Text, HeldBack))
