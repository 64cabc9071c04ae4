"""What a typed line means, and what is held back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.chatting.commands import CAPITALS, COMMANDS, ROWS
from natterjack.client.chatting.parse import (
    Command,
    HeldBack,
    Nothing,
    Text,
    Typed,
    Unknown,
    is_secret,
    parse,
)


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


@pytest.mark.parametrize(
    ("line", "meant"),
    [
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
        ("/ns identify secret", "MSG NickServ"),
        ("/NickServ login secret", "MSG NickServ"),
        ("msg nickserv identify secret", "MSG NickServ"),
        ("PRIVMSG NickServ :IDENTIFY kim secret", "MSG NickServ"),
        ("/notice NickServ@services identify secret", "MSG NickServ"),
    ],
)
def test_held_back(line: str, meant: str) -> None:
    found = online(line)
    assert isinstance(found, HeldBack)
    assert found.meant == meant
    assert isinstance(offline(line), HeldBack)


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
