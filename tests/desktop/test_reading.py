"""What who does not see finds in the message view: asked as a screen reader asks, by Qt's own interfaces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.desktop.messages import reading
from natterjack.desktop.messages.paper import Paper
from natterjack.desktop.messages.reading import Line
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message

OLD = 1_700_000_000.0
NAME, ROLE, EVENT = QAccessible.Text.Name, QAccessible.Role, QAccessible.Event


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#other")
    yield person
    person.close()


@pytest.fixture
def listening() -> Iterator[None]:
    """As while a screen reader runs."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[QObject, QAccessible.Event]]:
    """What Qt was told, and still is."""
    found: list[tuple[QObject, QAccessible.Event]] = []
    tell = reading._tell

    def note(about: QObject, what: QAccessible.Event) -> None:
        found.append((about, what))
        tell(about, what)

    monkeypatch.setattr(reading, "_tell", note)
    return found


def fill(person: Person, count: int) -> None:
    """With messages from before one came."""
    for number in range(count):
        nick = ("alice", "bob")[number // 3 % 2]
        person.server.model.apply(message(nick, f"line {number}.", f"m{number}", at=OLD + 60 * number))
    person.server.settle()


def seen(person: Person) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(person.window.messages)
    assert found is not None
    return found


def items(person: Person) -> list[QAccessibleInterface]:
    view = seen(person)
    children = [view.child(index) for index in range(view.childCount())]
    return [each for each in children if each.role() is ROLE.ListItem]


def names(person: Person) -> list[str]:
    return [each.text(NAME) for each in items(person)]


def test_the_messages_are_a_list_of_those_in_sight(one: Person) -> None:
    fill(one, 200)
    view = seen(one)
    assert (view.role(), view.text(NAME)) == (ROLE.List, "Messages in #pond")
    rows = one.window.messages.in_sight()
    assert names(one) == [block.words for _, block in rows]
    assert names(one)[-1] == "me joined"
    said = next(words for words in reversed(names(one)) if ": " in words)
    assert said.startswith("alice, ")
    assert said.endswith(": line 199.")
    assert 5 < len(rows) < 60
    frame = one.window.geometry()
    for place, item in enumerate(items(one)):
        assert view.indexOfChild(item) == place
        assert item.parent().object() is one.window.messages
        assert item.window() is view.window()
        assert item.childCount() == 0
        state = item.state()
        assert state.readOnly
        assert not state.invisible
        assert frame.intersects(item.rect())
    last = items(one)[-1]
    middle = last.rect().center()
    assert view.childAt(middle.x(), middle.y()).text(NAME) == last.text(NAME)


def test_what_else_is_in_the_view_comes_after_the_messages(one: Person) -> None:
    fill(one, 200)
    one.window.messages.scroll_by(2000)
    view = seen(one)
    children = [view.child(index) for index in range(view.childCount())]
    others = children[len(items(one)) :]
    assert others
    assert [view.indexOfChild(each) for each in children] == list(range(len(children)))
    button = QAccessible.queryAccessibleInterface(one.window.messages.to_latest)
    assert button is not None
    assert button.text(NAME) == "Jump to the latest message"
    assert any(button.parent().object() is each.object() for each in others)


def test_what_became_of_a_message_is_read_too(one: Person) -> None:
    model, who, now = one.server.model, Source("alice", "u", "h"), time.time()
    model.apply(message("bob", "who is there?", "m1"))
    model.apply(message("alice", "me", "m2", reply_to="m1"))
    model.apply(e.Edited(msgid="m2", by="x", sender=who, target="#pond", time=now, own=False, text="I am"))
    for number, nick in enumerate(("bob", "carol")):
        model.apply(
            e.Reacted(
                msgid="m2",
                by=f"r{number}",
                sender=Source(nick, "u", "h"),
                target="#pond",
                time=now,
                own=False,
                reaction="+1",
            )
        )
    one.server.settle()
    read = names(one)[-1]
    assert read.startswith("alice, to bob, ")
    assert read.endswith(": I am, edited, 2 reactions")


@pytest.mark.usefixtures("listening")
def test_the_message_that_the_keyboard_is_at_is_read(
    one: Person, qtbot: QtBot, told: list[tuple[QObject, QAccessible.Event]]
) -> None:
    fill(one, 30)
    messages = one.window.messages
    one.window.activateWindow()
    one.until(one.window.isActiveWindow)
    messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    one.until(lambda: told and told[-1][1] is EVENT.Focus)
    qtbot.keyClick(messages, Qt.Key.Key_Up)
    line, what = told[-1]
    assert isinstance(line, Line)
    assert what is EVENT.Focus
    focused = seen(one).focusChild()
    assert focused.object() is line
    assert focused.text(NAME).endswith(": line 28.")
    state = focused.state()
    assert state.focused
    assert state.selected
    assert sum(bool(each.state().focused) for each in items(one)) == 1


def test_nothing_is_made_where_nobody_listens(
    one: Person, qtbot: QtBot, told: list[tuple[QObject, QAccessible.Event]]
) -> None:
    fill(one, 30)
    one.window.messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
    for _ in range(5):
        qtbot.keyClick(one.window.messages, Qt.Key.Key_Up)
    one.window.messages.scroll_by(300)
    assert told == []
    assert len(one.window.messages.lines) == 0


@pytest.mark.usefixtures("listening")
def test_whoever_reads_all_of_it_makes_it_no_larger(one: Person) -> None:
    fill(one, 1500)
    messages = one.window.messages
    one.until(lambda: messages.complete)
    first = items(one)[-1]
    read: dict[str, None] = {}
    while "line 0." not in " ".join(read):
        assert names(one) == [block.words for _, block in messages.in_sight()]
        read.update(dict.fromkeys(names(one)))
        messages.page(1)
    assert sum(": line " in each for each in read) == 1500
    assert len(messages.lines) == len(messages.findChildren(Line)) <= 256
    assert first.isValid(), "who holds one may go on to ask it"


@pytest.mark.usefixtures("listening")
def test_a_row_out_of_sight_says_so_and_keeps_its_words(
    one: Person, told: list[tuple[QObject, QAccessible.Event]]
) -> None:
    fill(one, 200)
    last = items(one)[-1]
    words = last.text(NAME)
    messages = one.window.messages
    one.until(lambda: (messages, EVENT.ObjectReorder) in told)
    told.clear()
    for _ in range(5):
        messages.scroll_by(100)
    messages.to_beginning()
    one.until(lambda: told)
    assert told == [(messages, EVENT.ObjectReorder)]
    state = last.state()
    assert state.invisible
    assert state.offscreen
    assert last.text(NAME) == words
    assert last.rect().isEmpty()
    assert seen(one).indexOfChild(last) == -1


@pytest.mark.usefixtures("listening")
def test_what_comes_is_announced_where_one_follows(one: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Paper, "_announce", lambda _, words: said.append(words))
    one.window.activateWindow()
    one.until(one.window.isActiveWindow)
    fill(one, 100)
    assert said == [], "what was said long ago is not news"
    one.server.model.apply(message("carol", "the newest", "n1"))
    one.server.settle()
    assert [words.partition(", ")[0] for words in said] == ["carol"]
    assert said[0].endswith(": the newest")
    one.window.messages.to_beginning()
    one.server.model.apply(message("carol", "newer still", "n2"))
    one.server.settle()
    assert len(said) == 1
    one.window.messages.follow()
    for number in range(5):
        one.server.model.apply(message("dan", f"one of many, {number}", f"d{number}"))
    one.server.model.apply(
        e.Edited(
            msgid="d4", by="x", sender=Source("dan", "u", "h"), target="#pond", time=1.0, own=False, text="4"
        )
    )
    one.server.settle()
    assert [words.rpartition(": ")[2] for words in said[1:]] == [
        "one of many, 2",
        "one of many, 3",
        "4, edited",
    ]
    one.server.model.apply(
        e.Edited(
            msgid="d4", by="y", sender=Source("dan", "u", "h"), target="#pond", time=1.0, own=False, text="5"
        )
    )
    one.server.settle()
    one.server.look_at("#other")
    one.server.look_at("#pond")
    assert len(said) == 4, "what was there already is not news"


@pytest.mark.usefixtures("listening")
def test_a_window_that_goes_takes_its_lines_along(qtbot: QtBot, tmp_path: Path) -> None:
    person = alone(qtbot, tmp_path, "#pond", "#other")
    fill(person, 100)
    held = [*items(person), seen(person)]
    assert held[0].isValid()
    at = QPoint(held[0].rect().center())
    person.close()
    other = alone(qtbot, tmp_path, "#pond", "#other")
    fill(other, 3)
    assert any(words.endswith(": line 2.") for words in names(other))
    assert seen(other).childAt(at.x(), at.y()) is not held[0]
    other.close()
