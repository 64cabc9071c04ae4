"""Nobody is taken elsewhere by what others do, or a lost connection: what he types reaches whom it was meant for."""

from __future__ import annotations

from pathlib import Path

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.here import BACK
from natterjack.client.errors import Dropped
from natterjack.client.model.items import Note, Removal
from natterjack.proto.source import Source
from natterjack.terminal.screen.client import Screen
from tests.terminal.desk import KIM, Desk
from tests.terminal.on_screen import WHERE, asked, happens, joined, make_screen

READY = e.Ready("kim", "srv", "natterjack")
KICKED = e.Kicked("kim", "#pond", "alice", "out", True, 1.0)
TAKEN_OUT = e.Parted(KIM, "#pond", "", True, 1.0)
LOST = e.Disconnected(WHERE, Dropped("The connection was lost."))
AGAIN = (e.Connecting(WHERE), e.Welcomed("kim", "srv"), joined("#lobby"), READY)


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """In #lobby and #pond, and looking at #pond."""
    screen = make_screen(tmp_path, monkeypatch)
    happens(screen, e.Welcomed("kim", "srv"), joined("#lobby"), joined("#pond"), READY)
    screen.go(screen.chat.model.find("#pond"))
    return screen


def at_pond(*, interactive: bool = True) -> Desk:
    """The same, line by line."""
    desk = Desk(interactive=interactive).online()
    desk.type("JOIN #pond")
    desk.happens(joined("#pond"), e.Done(2, "JOIN"))
    return desk


@pytest.mark.parametrize("events", [(KICKED,), (TAKEN_OUT,), (TAKEN_OUT, joined("#lake")), (LOST, *AGAIN)])
def test_a_sentence_goes_to_those_for_whom_it_was_begun(screen: Screen, events: tuple[e.Event, ...]) -> None:
    screen.set_input("that was ")
    happens(screen, *events)
    screen.input.insert_text("unfair")
    screen.enter()
    (said,) = asked(screen, r.Say)
    assert (said.target, said.text) == ("#pond", "that was unfair")
    happens(screen, e.Refused(said.ref, "PRIVMSG", "#pond", "404", "#pond: Cannot send to channel", 0))
    assert screen.input.text == "that was unfair"


def test_that_one_is_out_is_told_once(screen: Screen) -> None:
    before = len(screen.view.current.items)
    happens(screen, KICKED)
    removal, hint = screen.view.current.items[before:]
    assert isinstance(removal, Removal)
    assert isinstance(hint, Note)
    assert hint.text.startswith("You still look at #pond, where you are not")


def test_the_next_time_one_is_in_no_channel_that_one_was_put_out_of(screen: Screen) -> None:
    screen.place.keep(lasting=False)
    assert screen.desk.last == "#pond"
    happens(screen, KICKED)
    screen.place.keep(lasting=False)
    assert screen.desk.last == "#lobby"
    happens(screen, e.Disconnected(WHERE, None))
    screen.place.keep(lasting=True)
    assert screen.desk.last == "#lobby"


@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize("events", [(KICKED,), (TAKEN_OUT,), (LOST, *AGAIN)])
def test_line_by_line_too(events: tuple[e.Event, ...], interactive: bool) -> None:
    desk = at_pond(interactive=interactive)
    desk.type("before")
    desk.happens(*events)
    (said,) = [each for each in desk.type("after") if isinstance(each, r.Say)]
    assert said.target == "#pond"


def test_who_leaves_is_in_another_channel() -> None:
    desk = at_pond()
    desk.type("PART")
    desk.said()
    desk.happens(e.Parted(KIM, "#pond", "", True, 1.0, asked=True), e.Done(3, "PART"))
    assert desk.said() == ["You left #pond. You are in #lobby."]
    assert desk.chat.prompt == "#lobby> "


def test_who_is_out_is_told_how_to_go_on() -> None:
    desk = at_pond()
    desk.said()
    desk.happens(KICKED)
    assert [line.partition(" ")[2] for line in desk.said()] == [
        "You were kicked from #pond by alice (out).",
        "still look at #pond, where you are not: JOIN #lobby takes you to #lobby.",
    ]
    desk.type("JOIN #lobby")
    desk.happens(e.Done(3, "JOIN"))
    assert desk.chat.prompt == "#lobby> "


def test_who_leaves_the_server_and_comes_again_is_where_he_is_let_in() -> None:
    desk = at_pond()
    desk.type("DISCONNECT")
    desk.happens(e.Disconnected(WHERE, None))
    desk.type("CONNECT")
    desk.happens(*AGAIN)
    assert desk.chat.prompt == "#lobby> "


def test_what_is_begun_while_a_command_leads_elsewhere_comes_along(screen: Screen) -> None:
    screen.desk.drafts.begin("#lake", "a draft")
    screen.set_input("JOIN #lake")
    screen.enter()
    (request,) = [each for each in asked(screen, r.Join) if each.ref != BACK]
    screen.set_input("hello ")
    screen.place.changed()
    screen.tick()
    happens(screen, joined("#lake"), e.Done(request.ref, "JOIN"))
    assert screen.place.here == "#lake"
    assert screen.input.text == "a draft\nhello "
    assert screen.desk.drafts.resume("#pond") == ""


def test_who_has_gone_elsewhere_meanwhile_stays_there(screen: Screen) -> None:
    screen.set_input("JOIN #lake")
    screen.enter()
    (request,) = [each for each in asked(screen, r.Join) if each.ref != BACK]
    screen.go(screen.chat.model.find("#lobby"))
    screen.set_input("good morn")
    happens(screen, joined("#lake"), e.Done(request.ref, "JOIN"))
    assert (screen.place.here, screen.input.text) == ("#lobby", "good morn")


def test_a_draft_stays_where_it_is_when_one_chooses_to_look_elsewhere(screen: Screen) -> None:
    screen.set_input("half a sent")
    screen.go_next(1)
    assert (screen.place.here, screen.input.text) == ("#lobby", "")
    screen.go_next(1)
    assert (screen.place.here, screen.input.text) == ("#pond", "half a sent")


def test_whoever_gets_another_name_is_who_he_was(screen: Screen) -> None:
    bob = Source("bob", "b", "h")
    happens(screen, e.MessageReceived("m1", 1.0, bob, "kim", "psst", e.Kind.MESSAGE, own=False))
    screen.go(screen.chat.model.find("bob"))
    screen.set_input("what is")
    happens(screen, e.NickChanged("bob", "robert", False, 2.0))
    assert (screen.place.here, screen.input.text) == ("robert", "what is")
