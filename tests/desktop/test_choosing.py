"""Messages, and people, of which something is wanted: chosen by keys, from their menus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.model.items import Message
from natterjack.client.requests import Say
from natterjack.desktop.sending import Pending
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message
from tests.desktop.sight import fill, in_sight


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#other")
    yield person
    person.close()


def test_a_message_is_chosen_and_answered_by_keys(one: Person, qtbot: QtBot) -> None:
    fill(one, 30)
    messages = one.window.messages
    wanted: list[tuple[str, str]] = []
    messages.wanted.connect(lambda what, item: wanted.append((what, item.text)))
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.keyClick(messages, Qt.Key.Key_Up)
    qtbot.keyClick(messages, Qt.Key.Key_R)
    qtbot.keyClick(messages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert wanted == [("reply", wanted[0][1])]
    assert wanted[0][1].startswith("line 2")
    assert QGuiApplication.clipboard().text() == wanted[0][1]


def test_a_chosen_message_is_the_one_that_reads_so_now(one: Person, qtbot: QtBot) -> None:
    """It was the one of the moment in which it was chosen: who changed it twice began with the first text again."""
    one.server.model.apply(message("me", "first", "s1"))
    one.server.settle()
    messages = one.window.messages
    wanted: list[Message] = []
    messages.wanted.connect(lambda what, item: wanted.append(item))
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    who = Source("me", "u", "h")
    one.server.model.apply(e.Edited("s1", "s2", time.time(), who, "#pond", own=True, text="second"))
    one.server.settle()
    qtbot.keyClick(messages, Qt.Key.Key_E)
    assert [item.text for item in wanted] == ["second"]
    assert [each.current for each in messages.readable()][-1]


def test_to_the_messages_is_to_one_in_sight(one: Person, qtbot: QtBot) -> None:
    fill(one, 300)
    messages = one.window.messages
    wanted: list[str] = []
    messages.wanted.connect(lambda what, item: wanted.append(item.text))
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    one.window.composer.setFocus()
    messages.to_beginning()
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.keyClick(messages, Qt.Key.Key_R)
    assert any(wanted[0] in words for words in in_sight(one))


def test_to_the_messages_chooses_one_though_the_keyboard_was_there_before_any(one: Person) -> None:
    one.window.menus._to_messages()
    fill(one, 3)
    assert not any(each.current for each in one.window.messages.readable())
    one.window.menus._to_messages()
    assert any(each.current for each in one.window.messages.readable())


def test_what_can_be_pressed_is_in_the_menu_too(one: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(one.window.acts, "browse", opened.append)
    one.server.model.apply(message("alice", "see https://example.org/a?b=c&d", "s1"))
    one.server.model.apply(message("bob", "yes", "s2", reply_to="s1"))
    one.server.settle()
    acts, current = one.window.acts, one.server.current
    seen, answer = current.message("s1"), current.message("s2")
    assert seen is not None
    assert answer is not None
    lines = {each.text(): each for each in acts.menu_for(one.server, seen).actions()}
    assert "Copy https://example.org/a?b=c&&d" in lines  # one of them is not seen
    lines["Open https://example.org/a?b=c&&d"].trigger()
    assert opened == ["https://example.org/a?b=c&d"]
    assert "Show what this answers" in [each.text() for each in acts.menu_for(one.server, answer).actions()]


def test_what_is_read_by_coming_back_to_the_window_is_not_listed_as_unread(
    one: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of a guest said until something else happened that there was something."""
    server, window = one.server, one.window
    looks = False
    monkeypatch.setattr(window, "isActiveWindow", lambda: looks)
    server.model.apply(message("bob", "me: hi", "s1"))
    server.settle()
    assert [each.mentions for each in window.sidebar.entries(server) if each.name == "#pond"] == [1]
    looks = True
    window.changeEvent(QEvent(QEvent.Type.ActivationChange))
    one.until(lambda: not any(each.mentions for each in window.sidebar.entries(server)))


def test_nobody_is_offered_to_ignore_or_to_kick_himself(one: Person) -> None:
    people = (e.Named("me", "@"), e.Named("alice"))
    one.server.model.apply(e.NamesListed(0, "#pond", people))
    menus = one.window.menus
    assert [each.text() for each in menus.for_member(one.server, "me").actions()] == ["Who is me?"]
    assert "Kick alice" in [each.text() for each in menus.for_member(one.server, "alice").actions()]


def test_a_message_that_failed_is_reached_by_keys(one: Person, qtbot: QtBot) -> None:
    fill(one, 5)
    one.server.sending.asked(Say(901, "#pond", "lost"))
    one.server.sending.heard(e.Refused(901, "PRIVMSG", "#pond", "404", "You may not speak here."))
    one.server.settle()
    messages = one.window.messages
    wanted: list[Pending] = []
    messages.wanted.connect(lambda what, item: wanted.append(item))
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    words, current = next((each.words, each.current) for each in messages.readable() if "lost" in each.words)
    assert current
    assert "You may not speak here." in words
    qtbot.keyClick(messages, Qt.Key.Key_Delete)
    menu = one.window.acts.menu_for_failed(wanted[0])
    lines = {each.text(): each for each in menu.actions()}
    assert list(lines) == ["Retry", "Discard", "Copy text"]
    lines["Discard"].trigger()
    assert not any("lost" in words for words in in_sight(one))
    assert not any(each.current for each in messages.readable())
    qtbot.keyClick(messages, Qt.Key.Key_Up)
    assert any(each.current for each in messages.readable())


def test_a_menu_opened_by_keys_is_where_the_message_is(one: Person, qtbot: QtBot) -> None:
    fill(one, 30)
    messages = one.window.messages
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    place = next(each.place for each in messages.readable() if each.current)
    chosen = messages._current
    assert chosen is not None
    assert place.adjusted(0, 0, 0, 1).contains(messages.place_for_menu(chosen))  # below it
