"""What stands around the messages, where there is little room: without a terminal, a loop and a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client.chatting.bars import bars
from natterjack.client.overdue import Overdue
from natterjack.client.transfers.values import Direction, State, Transfer
from natterjack.terminal.screen import panels
from natterjack.terminal.screen.client import Screen
from natterjack.terminal.screen.layout import Places
from tests.terminal.on_screen import happens, joined, make_screen

LONG = "#a-very-long-channel-name-indeed-0123456789"


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """In #lobby and in a channel with a long name, where he looks."""
    found = make_screen(tmp_path, monkeypatch)
    happens(found, e.Welcomed("kim", "srv"), joined("#lobby"), joined(LONG), e.Ready("kim", "srv", "Net"))
    found.chat.here.look_at(LONG)
    found.settle()
    return found


def words(pieces: object) -> str:
    return "".join(text for _, text, *_ in pieces)  # type: ignore[attr-defined]


def test_a_prompt_ends_as_one_where_the_name_is_cut(screen: Screen) -> None:
    places = Places(screen)
    assert words(places._prefix(0, 0)) == "#a-very-long-channel-name-indeed-0123…> "
    screen.chat.here.look_at("#lobby")
    assert words(places._prefix(0, 0)) == "#lobby> "


def test_that_something_is_begun_is_seen_behind_a_long_name(screen: Screen) -> None:
    screen.set_input("begun")
    screen.go(screen.chat.model.find("#lobby"))
    listed = words(panels.conversations(screen.chat.model, screen.desk.drafts.begun, 5))
    assert listed == "1 #lobby          \n2 #a-very-long-c…*"


def test_a_narrow_bar_shows_where_one_is_although_its_name_is_long(screen: Screen) -> None:
    assert words(panels.activity(screen.chat.model, 30)) == "2 #a-very-long-channel-name-i…  "


def test_what_is_asked_of_a_paste_is_seen_after_control_c(screen: Screen) -> None:
    places = Places(screen)
    screen.interrupt()
    assert "Ctrl+C again quits" in words(places._status())
    screen.pasting.paste("one\ntwo\nthree\nfour\nfive")
    assert "5 lines: Enter sends" in words(places._status())


def test_what_is_on_its_way_is_soon_seen(screen: Screen) -> None:
    """What was typed was nowhere to be seen for two seconds, where the link is slow."""
    driver: Any = screen.driver
    overdue = Overdue(driver.settings["patience"])
    overdue.typed(1, 10.0)
    assert overdue.now(10.2) == []
    assert overdue.now(10.5) == [1]


def test_a_transfer_that_is_told_of_at_length_ends_in_a_sign_of_that() -> None:
    why = "the chat is not connected"
    transfer = Transfer(
        1, 0, Direction.UP, State.WAITING, "big.bin", size=60_000_000, done=15_000_000, text=why
    )
    assert bars([transfer], 78, 1).endswith("waiting (the chat is not conne...")
    assert len(bars([transfer], 78, 1)) == 77
    assert bars([transfer], 100, 1).endswith("waiting (the chat is not connected)")
