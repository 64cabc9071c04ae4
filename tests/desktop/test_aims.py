"""An answer or a change that was begun: it stays with its conversation, and ends with its message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.model.items import Note
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message

ME = Source("me", "u", "h")


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    """With a message of his own, and one of alice's."""
    person = alone(qtbot, tmp_path, "#pond", "#garden")
    person.server.model.apply(message("me", "old", "m1"))
    person.server.model.apply(message("alice", "question?", "a1"))
    person.server.settle()
    yield person
    person.close()


@pytest.fixture
def asked(one: Person, monkeypatch: pytest.MonkeyPatch) -> list[r.Request]:
    """What the server is asked for."""
    found: list[r.Request] = []
    monkeypatch.setattr(one.server.chat._connection, "send", found.append)
    return found


def change(one: Person, text: str) -> None:
    """Begin to change one's message."""
    own = one.server.current.message("m1")
    assert own is not None
    one.window.composer.change(own)
    one.window.composer.field.selectAll()
    one.window.composer.field.insertPlainText(text)


def edited(text: str) -> e.Edited:
    return e.Edited(msgid="m1", by="x1", sender=ME, target="#pond", time=time.time(), own=True, text=text)


def taken_back() -> e.Redacted:
    return e.Redacted(
        msgid="m1", by="x2", sender=ME, target="#pond", time=time.time(), own=False, reason="oops"
    )


def test_a_change_that_was_begun_stays_with_its_conversation(one: Person, asked: list[r.Request]) -> None:
    """It was dropped as one looked elsewhere."""
    composer, server = one.window.composer, one.server
    composer.set_text("a draft")
    change(one, "new and")
    server.look_at("#garden")
    assert (composer.text, composer.note.isVisible()) == ("", False)
    assert {each.name: each.has_draft for each in one.window.sidebar.entries(server)}["#pond"]
    one.enter("meanwhile")
    server.look_at("#pond")
    assert (composer.text, composer.note.text()) == (
        "new and",
        "Change your message. Escape leaves it as it is.",
    )
    composer.field.insertPlainText(" better")
    composer.enter()
    (made,) = (each for each in asked if isinstance(each, r.Edit))
    assert (made.target, made.msgid, made.text) == ("#pond", "m1", "new and better")
    assert composer.text == "a draft"
    server.look_at("#garden")
    server.look_at("#pond")
    assert (composer.text, composer.note.isVisible()) == ("a draft", False)


def test_an_answer_that_was_begun_is_one_still_after_a_look_elsewhere(
    one: Person, asked: list[r.Request]
) -> None:
    composer, server = one.window.composer, one.server
    question = server.current.message("a1")
    assert question is not None
    composer.answer(question)
    composer.field.insertPlainText("answer")
    server.look_at("#garden")
    server.look_at("#pond")
    assert composer.note.text() == "Reply to alice: question?"
    composer.set_text("answer!")
    server.say("something else", target="#garden")
    composer.enter()
    said = asked[-1]
    assert isinstance(said, r.Say)
    assert (said.target, said.text, said.reply_to) == ("#pond", "answer!", "a1")


@pytest.mark.parametrize(
    ("what", "words"), [(taken_back(), "deleted"), (edited("otherwise"), "changed elsewhere"), (None, "gone")]
)
@pytest.mark.parametrize("away", [True, False])
def test_a_change_ends_with_its_message(
    one: Person, asked: list[r.Request], what: e.Event | None, words: str, *, away: bool
) -> None:
    """What one has written stands there until one drops it; it is said nowhere."""
    composer, server = one.window.composer, one.server
    composer.set_text("a draft")
    change(one, "new")
    if away:
        server.look_at("#garden")
    if what is None:
        server.model.find("#pond").clear()
    else:
        server.model.apply(what)
    server.settle()
    server.look_at("#pond")
    assert words in composer.note.text()
    assert composer.text == "new"
    composer.enter()
    assert [each for each in asked if isinstance(each, r.Edit | r.Say)] == []
    told = server.current.items[-1]
    assert isinstance(told, Note)
    assert words in told.text
    composer.cancel()
    assert (composer.text, composer.note.isVisible()) == ("a draft", False)
    server.look_at("#garden")
    server.look_at("#pond")
    assert (composer.text, composer.note.isVisible()) == ("a draft", False)


def test_a_change_in_which_nothing_was_written_follows_its_message(one: Person, qtbot: QtBot) -> None:
    """As by Up and Enter, twice in a moment."""
    composer, server = one.window.composer, one.server
    change(one, "old")
    server.model.apply(edited("older"))
    server.settle()
    assert (composer.text, composer.note.text()) == (
        "older",
        "Change your message. Escape leaves it as it is.",
    )
    server.model.apply(taken_back())
    server.settle()
    assert (composer.text, composer.note.isVisible()) == ("", False)
    qtbot.keyClick(composer.field, Qt.Key.Key_X)
    assert composer.text == "x"
