"""What was typed at a terminal and has to wait: it is known that it does, and nobody is kept in the program by it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.link import Phase
from natterjack.client.errors import ConnectRefused, Dropped
from natterjack.client.transfers.events import TransferChanged
from natterjack.client.transfers.values import Direction, State, Transfer
from tests.client.scripted import Scripted
from tests.terminal.desk import Desk

WHERE = "127.0.0.1:7667"
LOST = e.Disconnected(WHERE, Dropped("The connection was lost."))
MOVING = Transfer(1, 2, Direction.UP, State.RUNNING, "x", "/x", "#lobby", size=10)

on_terminals = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


def connecting() -> Desk:
    desk = Desk()
    desk.type("CONNECT h 1")
    return desk


# -- while a connection is made --------------------------------------------------------------------------------------


def test_who_leaves_behind_what_waits_is_told_so_and_leaves_when_he_says_it_again() -> None:
    desk = connecting()
    assert desk.type("hello", "QUIT") == []
    assert desk.said() == [
        "QUIT is carried out once what was typed before is done. QUIT once more does not wait."
    ]
    assert desk.type("QUIT") == [("disconnect", "")]
    assert desk.said() == ["1 line that was typed is not carried out any more."]


def test_what_was_typed_before_a_quit_is_still_said() -> None:
    desk = connecting()
    assert desk.type("hello", "QUIT") == []
    assert desk.arrive() == [r.Say(2, "#lobby", "hello"), ("disconnect", "")]


def test_disconnect_said_twice_ends_an_attempt() -> None:
    desk = connecting()
    assert desk.type("hello", "DISCONNECT") == []
    assert desk.type("DISCONNECT") == [("disconnect", "")]
    desk.happens(e.Disconnected("h:1", None))
    assert desk.failed()[0].startswith("You are not connected, so nobody hears this.")
    assert desk.chat.lines.waiting == 0


def test_help_waits_for_nothing() -> None:
    desk = connecting()
    desk.type("hello", "HELP QUIT")
    assert desk.said() == ["QUIT [reason]: leave the server and the program"]
    assert desk.chat.lines.waiting == 1


def test_a_pipe_keeps_its_order() -> None:
    desk = Desk(interactive=False)
    desk.type("CONNECT h 1", "hello", "QUIT")
    assert desk.type("QUIT", "HELP QUIT") == []
    assert desk.said() == []


def test_the_end_of_what_is_typed_ends_an_attempt() -> None:
    desk = connecting()
    desk.chat.end_of_input()
    assert desk.line.take() == [("disconnect", "")]


def test_the_end_of_what_is_typed_waits_for_lines_and_says_so() -> None:
    desk = connecting()
    desk.type("hello")
    desk.chat.end_of_input()
    assert desk.line.take() == []
    assert desk.said() == ["This program ends once what was typed before is done. Ctrl+C does not wait."]
    desk.chat.interrupt()
    assert desk.line.take() == [("disconnect", "")]
    assert desk.said() == ["1 line that was typed is not carried out any more."]


def test_the_end_of_what_is_typed_waits_for_answers_and_says_so() -> None:
    desk = Desk().online()
    desk.type("hello")
    desk.chat.end_of_input()
    assert desk.chat.ending.near
    assert desk.said() == ["This program ends once what was typed before is done. Ctrl+C does not wait."]
    assert desk.happens(e.Acked(2, "m", "#lobby", "hello", 0.0)) == [("disconnect", "")]


# -- while a lost connection is waited for ---------------------------------------------------------------------------


def test_what_is_about_a_message_that_waits_is_refused_and_keeps_nothing_back() -> None:
    desk = Desk().online()
    desk.happens(LOST)
    assert desk.type("hello") == [r.Say(2, "#lobby", "hello")]
    desk.said(), desk.failed()
    desk.type("/edit hallo")
    assert desk.failed() == ["There is no connection now: EDIT was not carried out."]
    assert desk.type("QUIT") == [("disconnect", "")]


def test_connect_tries_at_once_though_a_file_waits() -> None:
    desk = Desk().online()
    desk.happens(TransferChanged(MOVING), LOST)
    ((what, where, _),) = desk.type("CONNECT")
    assert (what, where) == ("connect", WHERE)


def test_nor_does_it_wait_for_a_file_that_goes_on_after_one_has_left() -> None:
    desk = Desk().online()
    desk.happens(TransferChanged(MOVING))
    desk.type("DISCONNECT")
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.chat.link.phase is Phase.OFFLINE
    assert len(desk.type("CONNECT", "HELP QUIT")) == 1
    desk.happens(e.Connecting(WHERE), e.ConnectFailed(WHERE, ConnectRefused(WHERE)))
    assert desk.chat.lines.waiting == 0


# -- on the screen ---------------------------------------------------------------------------------------------------


def pane(home: Path, *words: str) -> Any:
    from tests.terminal.pane import Pane

    return Pane(home, *words)


@pytest.mark.terminal
@on_terminals
def test_the_screen_says_how_much_waits_and_that_one_leaves(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pane(tmp_path, f"127.0.0.1:{silent.getsockname()[1]}") as kim,
    ):
        kim.until("connecting ...")
        kim.type("hello")
        kim.until("connecting ... · 1 typed line to carry out")
        kim.press("ctrl-c")
        kim.until("Ctrl+C again quits")
        kim.press("ctrl-c")
        kim.until("leaving ...")
        kim.press("ctrl-c")
        assert kim.end() == 0
        assert "1 line that was typed is not carried out any more." in kim.text


@pytest.mark.terminal
@on_terminals
def test_the_screen_says_that_it_waits_before_it_leaves(tmp_path: Path) -> None:
    with Scripted() as server, pane(tmp_path, f"127.0.0.1:{server.port}") as kim:
        server.let_in()
        kim.until("kim at ")
        kim.type("hello")
        server.expect("PRIVMSG")
        kim.press("ctrl-d")
        kim.until("leaving ... · 1 not sent yet")


@pytest.mark.terminal
@on_terminals
def test_a_password_that_is_asked_for_hides_no_lost_connection(tmp_path: Path) -> None:
    with Scripted() as server, pane(tmp_path, f"127.0.0.1:{server.port}") as kim:
        server.let_in()
        kim.until("kim at ")
        kim.type("LOGIN kim")
        kim.until("Enter gives it")
        server.stop()
        kim.until(lambda: " · Enter gives it" in kim.text and "connecting" in kim.text)


@pytest.mark.terminal
@on_terminals
def test_one_ctrl_c_is_forgotten(tmp_path: Path) -> None:
    with pane(tmp_path) as kim:
        kim.until("not connected")
        kim.press("ctrl-c")
        kim.until("Ctrl+C again quits")
        kim.until("not connected")
        kim.press("ctrl-c")
        kim.until("Ctrl+C again quits")
