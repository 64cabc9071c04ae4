"""Windows that are narrow, or zoomed: nothing that is shown is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.desktop import geometry
from natterjack.desktop.panes import Panes, Wish, panes
from natterjack.desktop.theme import Choice
from natterjack.desktop.troubles import Act
from natterjack.desktop.writing import Writer
from tests.desktop.people import Person, alone, message


@pytest.fixture
def me(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#lake")
    yield person
    person.close()


@pytest.mark.parametrize("zoom", [1.0, 2.0])
@pytest.mark.parametrize("wide", [340, 480, 640, 900])
@pytest.mark.parametrize("opened", ["", "search", "people", "list", "search list", "list people search"])
def test_every_button_and_field_is_inside(me: Person, zoom: float, wide: int, opened: str) -> None:
    window = me.window
    window.resize(int(wide * zoom), int(500 * zoom))
    me.app.themes.set(Choice.LIGHT, zoom)
    open_it = {"search": window.open_search, "people": window.toggle_members, "list": window.toggle_sidebar}
    for name in opened.split():
        open_it[name]()
    me.qtbot.wait(1)
    found: list[QWidget] = [*window.findChildren(QAbstractButton), *window.findChildren(QLineEdit)]
    seen = [each for each in found if each.isVisible()]
    assert seen
    for widget in seen:
        corner = widget.mapTo(window, widget.rect().bottomRight())
        assert window.rect().contains(corner), (widget.accessibleName(), corner)
        assert widget.visibleRegion().boundingRect().width() == widget.width(), widget.accessibleName()


def test_a_pane_that_covers_the_messages_gives_way_once_one_has_chosen(me: Person) -> None:
    window = me.window
    window.resize(340, 500)
    window.toggle_sidebar()
    assert (window.left.isVisible(), window.middle.isVisible()) == (True, False)
    window.go(me.server, "#lake")
    assert (window.left.isVisible(), window.middle.isVisible()) == (False, True)
    window.open_search()
    assert (window.search.isVisible(), window.middle.isVisible()) == (True, False)
    window.close_search()
    assert (window.search.isVisible(), window.middle.isVisible()) == (False, True)


def test_a_hit_is_seen_where_the_search_covered_the_messages(me: Person) -> None:
    window = me.window
    for number in range(200):
        me.server.model.apply(message("bob", f"line {number} of many", f"m{number}"))
    me.server.changed.emit()
    window.resize(340, 500)
    window.open_search()
    window.search.field.setText("line 3 of")
    me.until(lambda: window.search.list.count() == 1)
    window.search.list.itemActivated.emit(window.search.list.item(0))
    me.until(lambda: not window.messages.follows)
    assert window.middle.isVisible()
    assert not window.search.isVisible()
    assert window.composer.field.hasFocus()


def test_what_needs_attention_scrolls_where_there_is_no_room_for_it(me: Person) -> None:
    """It was pressed together until nobody could read it, or what he typed there."""
    window, server = me.window, me.server
    window.resize(594, 520)
    me.app.themes.set(Choice.LIGHT, 1.75)
    window.activateWindow()
    me.until(window.isActiveWindow)
    server.troubles.heard(e.LoginFailed("kim", "904", "Not logged in as kim: the password is wrong."))
    server.settle()
    (banner,) = window.questions.banners
    form = banner.form
    assert form is not None
    password = form.fields[1]
    me.until(password.hasFocus)
    window.composer.setFocus()
    password.setFocus()
    me.until(lambda: password.visibleRegion().boundingRect().height() == password.height())
    assert password.height() >= 0.9 * password.minimumSizeHint().height()
    assert window.messages.height() >= window.messages.minimumSizeHint().height()
    window.resize(900, 1000)
    me.until(lambda: window.questions.visibleRegion().boundingRect() == window.questions.rect())
    banner.buttons[Act.CLOSE].click()
    assert not window.questions.isVisible()
    me.until(lambda: window.header.geometry().bottom() + 1 == window.messages.geometry().top())


def test_enter_presses_what_has_the_keyboard(me: Person) -> None:
    """Qt's buttons outside dialogs know only the space bar; and after the last server nothing had the keyboard."""
    window, server = me.window, me.server
    window.activateWindow()
    me.until(window.isActiveWindow)
    server.troubles.heard(e.KeepingFailed("The disk is full."))
    server.settle()
    close = window.questions.banners[0].buttons[Act.CLOSE]
    close.setFocus()
    me.qtbot.keyClick(close, Qt.Key.Key_Return)
    assert not window.questions.banners
    wanted: list[bool] = []
    window.welcome.connect_wanted.disconnect()
    window.welcome.connect_wanted.connect(lambda: wanted.append(True))
    window.show_server(None)
    found = QApplication.focusWidget()
    assert found is not None
    me.qtbot.keyClick(found, Qt.Key.Key_Return)
    assert wanted == [True]


def test_files_of_the_last_run_do_not_come_up_empty(me: Person, tmp_path: Path) -> None:
    me.window.transfers.show()
    title = me.window.transfers.titleBarWidget().findChild(QLabel)
    assert title.text() == "No files on their way"
    writer = Writer(tmp_path / geometry.FILE, geometry.MOST_BYTES)
    geometry.keep(me.window, writer)
    assert writer.wait() == ""
    assert geometry.restore(me.window, tmp_path)
    assert not me.window.transfers.isVisible()


def test_where_nobody_has_asked_the_width_decides() -> None:
    for width, shown in ((900, Panes(True, True, True)), (700, Panes(True, True, False))):
        assert panes(width, Wish(), searching=False, has_people=True) == shown
    assert panes(500, Wish(), searching=False, has_people=True) == Panes(False, True, False)
    assert panes(900, Wish(), searching=False, has_people=False) == Panes(True, True, False)


def test_what_was_asked_for_last_goes_before_the_rest() -> None:
    assert panes(640, Wish(), searching=True, has_people=True) == Panes(False, True, True)
    both = Wish(True, True, "list")
    assert panes(500, both, searching=False, has_people=True) == Panes(True, True, False)
    both = Wish(True, True, "right")
    assert panes(500, both, searching=False, has_people=True) == Panes(False, True, True)


def test_what_can_be_written_stands_on_one_line(me: Person) -> None:
    field = me.window.composer.field
    field.set_hint("Message " + "#a-very-long-name" * 20)
    room = field.viewport().width()
    assert field.fontMetrics().horizontalAdvance(field.placeholderText()) <= room
    assert field.accessibleName().endswith("#a-very-long-name")


def test_the_switcher_ends_with_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    """With large letters in a small window it went on below it."""
    one = alone(qtbot, tmp_path, "#pond")
    one.app.preferences.set(structs.replace(one.app.settings, zoom=2.0))
    one.window.resize(800, 600)
    one.window.switch()
    switcher = one.window.switcher
    assert switcher.y() + switcher.height() <= one.window.mapToGlobal(QPoint(0, 0)).y() + one.window.height()
    switcher.hide()
    one.close()


@pytest.mark.parametrize("key", [Qt.Key.Key_F2, Qt.Key.Key_F3])
def test_who_hides_the_pane_that_has_the_keyboard_types_where_one_types(
    me: Person, qtbot: QtBot, key: Qt.Key
) -> None:
    """The list of conversations had it then: "/login" was lost there, and the password was said."""
    window = me.window
    window.resize(1100, 700)
    window.activateWindow()
    pane = window.sidebar if key is Qt.Key.Key_F2 else window.members
    pane.setFocus()
    me.until(pane.hasFocus)
    qtbot.keyClick(pane, key)
    assert not pane.isVisible()
    assert window.composer.field.hasFocus()


def test_where_one_types_above_the_messages_stays_in_sight_in_a_window_that_gets_smaller(me: Person) -> None:
    me.app.preferences.set(structs.replace(me.app.settings, zoom=2.0))
    me.window.resize(1000, 900)
    me.window.activateWindow()
    me.server.chat.happened([e.LoginFailed("me", "904", "the password is wrong")])
    me.server.settle()
    field = me.window.questions.findChildren(QLineEdit)[-1]
    me.until(field.hasFocus)
    me.window.resize(800, 560)
    me.until(lambda: field.visibleRegion().boundingRect() == field.rect())
