"""What can be done with a message: pressed, chosen by keys, and by its menu."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.model.items import Message
from natterjack.client.requests import Say
from natterjack.client.transfers.events import TransferChanged
from natterjack.client.transfers.values import Direction, FileInfo, Transfer
from natterjack.client.transfers.values import State as Moving
from natterjack.desktop.sending import Pending
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message
from tests.desktop.rows import block_of, fill, in_sight, press


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#other")
    yield person
    person.close()


def test_web_links_are_opened_and_others_only_after_a_question(
    one: Person, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "natterjack.desktop.acts.QDesktopServices.openUrl", lambda url: opened.append(url.toString())
    )
    one.server.model.apply(message("alice", "see https://example.org/a. and irc://example.org/b", "l1"))
    one.server.settle()
    at, block = block_of(one, "see https")
    web, other = (hit for hit in block.hits if hit.what.endswith("link"))
    press(qtbot, one, at, web)
    assert opened == ["https://example.org/a"]
    press(qtbot, one, at, other)
    assert opened == ["https://example.org/a"]
    from PySide6.QtWidgets import QMessageBox

    box = one.window.findChild(QMessageBox)
    assert box is not None
    assert "irc://example.org/b" in box.text()
    next(button for button in box.buttons() if button.text() == "Open").click()
    assert opened == ["https://example.org/a", "irc://example.org/b"]


@pytest.mark.parametrize("name", ["frog.png", "frog.desktop"])
def test_no_file_is_opened_without_a_question(
    one: Person, monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(b"ribbit")
    opened: list[str] = []
    monkeypatch.setattr(
        "natterjack.desktop.acts.QDesktopServices.openUrl", lambda url: opened.append(url.toString())
    )
    from PySide6.QtWidgets import QMessageBox

    one.window.acts.open_file(str(path))
    box = one.window.findChild(QMessageBox)
    assert box is not None
    assert name in box.text()
    assert not opened
    next(button for button in box.buttons() if button.text() == "Open").click()
    assert opened == [f"file://{path}"]


def test_a_file_that_is_not_here_any_more_is_fetched_and_not_opened(one: Person, tmp_path: Path) -> None:
    """A picture that was pasted is gone from this computer once it is sent: Open did nothing."""
    path = tmp_path / "pasted.bin"
    path.write_bytes(b"ribbit")
    file = FileInfo("f1", path.name, 6, "ab" * 32)
    sent = Transfer(1, 1, Direction.UP, Moving.DONE, path.name, str(path), "#pond", size=6, file_id="f1")
    one.server.model.apply(TransferChanged(sent))
    one.server.model.apply(structs.replace(message("me", "pasted.bin", "p1"), file=file))
    one.server.settle()
    assert [hit.what for hit in block_of(one, "pasted.bin")[1].hits][-1] == "open-file"
    path.unlink()
    one.window.acts.open_file(str(path))
    assert "There is no file" in in_sight(one)[-1]
    assert [hit.what for hit in block_of(one, "pasted.bin")[1].hits][-1] == "fetch"


def test_an_answer_shows_what_it_answers_and_leads_there(one: Person, qtbot: QtBot) -> None:
    fill(one, 400)
    one.server.model.apply(message("carol", "indeed", "a1", reply_to="#pond-3"))
    one.server.settle()
    at, block = block_of(one, "indeed")
    quote = next(hit for hit in block.hits if hit.what == "quote")
    press(qtbot, one, at, quote)
    one.until(lambda: any("line 3" in words for words in in_sight(one)))


def test_a_message_that_failed_can_be_said_again(one: Person, qtbot: QtBot) -> None:
    one.server.sending.asked(Say(901, "#pond", "lost"))
    one.server.sending.heard(e.Refused(901, "PRIVMSG", "#pond", "404", "You may not speak here."))
    one.server.settle()
    at, block = block_of(one, "lost")
    assert "failed" in block.words
    discard = next(hit for hit in block.hits if hit.what == "discard")
    press(qtbot, one, at, discard)
    assert not any("lost" in words for words in in_sight(one))


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
