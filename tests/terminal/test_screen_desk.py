"""What the screen keeps from run to run, and where it goes with it: without a terminal, a loop and a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.desk import Desk
from natterjack.client.chatting.here import BACK
from natterjack.client.places import client_directory
from natterjack.proto.source import Source
from natterjack.terminal.screen.client import Screen
from tests.terminal.desk import KIM
from tests.terminal.on_screen import WHERE, asked, happens, joined, make_screen


@pytest.fixture(params=[True, False], ids=["named", "typed"])
def screen(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Was in #dev the last time."""
    Desk(client_directory(tmp_path)).save("#dev")
    return make_screen(tmp_path, monkeypatch, named=request.param)


def test_one_is_where_one_was_although_something_is_kept_before_that(screen: Screen, tmp_path: Path) -> None:
    happens(
        screen, e.Connecting("127.0.0.1:7667"), e.Welcomed("kim", "srv"), joined("#lobby"), joined("#dev")
    )
    assert screen.chat.model.current == "#lobby"
    screen.place.changed()
    screen.tick()
    assert Desk(client_directory(tmp_path)).last == "#dev"
    happens(screen, e.Ready("kim", "srv", "natterjack"))
    assert screen.chat.model.current == "#dev"
    screen.chat.here.look_at("#lobby")
    screen.place.changed()
    screen.tick()
    assert Desk(client_directory(tmp_path)).last == "#lobby"


def test_a_guest_joins_the_channel_in_which_he_was(screen: Screen, tmp_path: Path) -> None:
    screen.desk.save("#pond", where=WHERE)
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"))
    (request,) = asked(screen, r.Join)
    assert request.channel == "#pond"
    screen.set_input("here I am")
    screen.enter()
    happens(screen, joined("#pond"), e.Done(request.ref, "JOIN"))
    assert screen.chat.model.current == "#pond"
    (said,) = asked(screen, r.Say)
    assert said.target == "#pond", "what is typed at once waits until one is there"
    screen.place.changed()
    screen.tick()
    kept = Desk(client_directory(tmp_path))
    assert (kept.last, kept.where) == ("#pond", WHERE)


def test_where_he_cannot_come_in_he_is_told(screen: Screen) -> None:
    screen.desk.save("#pond", where=WHERE)
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"))
    happens(screen, e.Refused(BACK, "JOIN", "#pond", "473", "Cannot join #pond: it is for invited people"))
    assert screen.chat.model.current == "#lobby"
    assert "Cannot join #pond" in screen.view.current.items[-1].text  # type: ignore[attr-defined]
    assert not screen.chat.busy


@pytest.mark.parametrize(("where", "account"), [("other.example:7667", ""), (WHERE, "kim")])
def test_a_channel_of_another_server_is_not_made_here_and_an_accounts_is_the_servers_business(
    screen: Screen, where: str, account: str
) -> None:
    screen.desk.save("#pond", where=where)
    happens(
        screen,
        e.Welcomed("kim", "srv"),
        *([e.AccountChanged("kim", account, own=True)] if account else []),
        joined("#lobby"),
        e.Ready("kim", "srv", "natterjack"),
    )
    assert not asked(screen, r.Join)
    assert screen.chat.model.current == "#lobby"


@pytest.mark.parametrize(
    ("typed", "target", "again"),
    [
        ("one\ntwo\nthree\nfour", "#lobby", "two\nfour"),
        ("one\n/two\nthree\nfour", "#lobby", "SEND /two\nfour"),
        ("/msg bob one\ntwo\nthree\nfour", "bob", "/msg bob two\nfour"),
    ],
)
def test_of_a_message_in_parts_only_what_was_refused_comes_back(
    screen: Screen, typed: str, target: str, again: str
) -> None:
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"))
    screen.set_input(typed)
    screen.enter()
    (request,) = asked(screen, r.Say)
    lines = request.text.split("\n")
    for left, line in zip((3, 2, 1, 0), lines, strict=True):
        assert screen.input.text == ""
        if left % 2:
            happens(screen, e.Acked(request.ref, f"m{left}", target, line, 1.0, left))
        else:
            happens(screen, e.Refused(request.ref, "PRIVMSG", target, "404", "Too fast", left, line))
    assert screen.input.text == again


@pytest.mark.parametrize(("fails", "again"), [("ab", "/reply one\ntwo"), ("bc", "two\nthree"), ("abc", "")])
def test_an_answer_comes_back_as_one_if_it_has_not_arrived(screen: Screen, fails: str, again: str) -> None:
    said = e.MessageReceived("m1", 5.0, Source("bob", "b", "h"), "#lobby", "well?", e.Kind.MESSAGE, own=False)
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"), said)
    typed = "/reply one\ntwo\nthree"
    screen.set_input(typed)
    screen.enter()
    (request,) = asked(screen, r.Say)
    for left, line, name in ((2, "one", "a"), (1, "two", "b"), (0, "three", "c")):
        if name in fails:
            happens(screen, e.Refused(request.ref, "PRIVMSG", "#lobby", "404", "Too fast", left, line))
        else:
            happens(screen, e.Acked(request.ref, name, "#lobby", line, 1.0, left))
    assert screen.input.text == (again or typed)


def test_what_fails_to_some_comes_back_for_them(screen: Screen) -> None:
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"))
    screen.set_input("/msg ann,bob,eve hello")
    screen.enter()
    (request,) = asked(screen, r.Say)
    happens(
        screen,
        e.Acked(request.ref, "m1", "ann", "hello", 1.0, 2),
        e.Refused(request.ref, "PRIVMSG", "bob", "401", "No such nick", 1, "hello"),
        e.Refused(request.ref, "PRIVMSG", "eve", "401", "No such nick", 0, "hello"),
    )
    assert screen.input.text == "/msg bob,eve hello"


def test_a_change_that_is_refused_comes_back(screen: Screen) -> None:
    own = e.MessageReceived("m1", 5.0, KIM, "#lobby", "old", e.Kind.MESSAGE, own=True)
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"), own)
    screen.set_input("/edit new\nand long")
    screen.enter()
    (request,) = asked(screen, r.Edit)
    assert screen.input.text == ""
    happens(screen, e.Refused(request.ref, "EDIT", "#lobby", "TOO_LONG", "One line."))
    assert screen.input.text == "/edit new\nand long"


def online(screen: Screen) -> None:
    """Logged in, in #lobby, where one has said something."""
    own = e.MessageReceived("m1", 5.0, KIM, "#lobby", "hello", e.Kind.MESSAGE, own=True)
    account = e.AccountChanged("kim", "kim", own=True)
    here = e.Welcomed("kim", "srv"), account, joined("#lobby"), e.Ready("kim", "srv", "natterjack"), own
    happens(screen, *here)


@pytest.mark.parametrize("typed", ["SNED hello", "/jion #x", "/topci news", "/reply"])
def test_up_brings_back_what_was_not_carried_out(screen: Screen, typed: str) -> None:
    online(screen)
    screen.set_input("SEND before")
    screen.enter()
    screen.set_input(typed)
    screen.enter()
    screen.up()
    assert screen.input.text == typed
    screen.up()
    assert screen.input.text == "SEND before"
    screen.interrupt()
    screen.up()
    assert screen.input.text == typed, "whoever clears the line begins anew"
    screen.set_input("hello")
    screen.enter()
    screen.up()
    assert screen.input.text == "/edit hello"


def test_up_brings_back_no_password(screen: Screen) -> None:
    online(screen)
    screen.set_input("login kim secret")
    screen.enter()
    screen.up()
    assert screen.input.text == "/edit hello"


def test_what_was_not_carried_out_elsewhere_comes_up_there(screen: Screen) -> None:
    online(screen)
    happens(screen, joined("#pond"))
    screen.set_input("SNED hello")
    screen.enter()
    screen.go_next(1)
    screen.up()
    assert screen.input.text == ""
    screen.go_next(1)
    screen.up()
    assert screen.input.text == "SNED hello"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("REGI", False), ("JOIN #x", False), ("/reg", False), ("hel", True), ("JOINERY", True)],
)
def test_that_one_types_is_shown_for_what_is_said_alone(screen: Screen, typed: str, shown: bool) -> None:
    online(screen)
    screen.set_input(typed)
    assert bool(asked(screen, r.ShowTyping)) is shown
