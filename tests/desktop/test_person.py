"""What a person chooses, is called by, and finds again: settings, notifications, the window's place, the keys."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.chatting.desk import Desk
from natterjack.client.model.items import Note
from natterjack.client.places import client_directory
from natterjack.desktop import geometry, logo, plain, shortcuts_help
from natterjack.desktop.banner import Banner
from natterjack.desktop.connecting import ConnectDialog
from natterjack.desktop.notifying import Notifying
from natterjack.desktop.server import Server
from natterjack.desktop.settings_dialog import SettingsDialog
from natterjack.desktop.theme import DARK, Choice
from natterjack.desktop.troubles import Act, Form, Level, Trouble
from natterjack.desktop.writing import Writer
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message


@pytest.fixture
def me(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#lake")
    yield person
    person.close()


@pytest.fixture
def settings(me: Person) -> Iterator[SettingsDialog]:
    dialog = SettingsDialog(me.app, me.window)
    dialog.show()
    yield dialog
    dialog.close()


# -- settings --------------------------------------------------------------------------------------------------------


def test_what_is_chosen_is_in_force_at_once_and_kept(
    me: Person, settings: SettingsDialog, tmp_path: Path
) -> None:
    settings.theme.setCurrentIndex(settings.theme.findData(Choice.DARK))
    settings.theme.activated.emit(settings.theme.currentIndex())
    assert me.app.themes.theme is DARK
    settings.zoom.setCurrentIndex(settings.zoom.findData(1.25))
    settings.zoom.activated.emit(settings.zoom.currentIndex())
    assert me.app.themes.zoom == 1.25
    settings.times.activated.emit(1)
    for box in (settings.seconds, settings.pictures, settings.shows_typing):
        box.click()
    settings.choose_folder(str(tmp_path))
    assert me.app.settings == structs.replace(
        me.app.settings,
        theme=Choice.DARK,
        zoom=1.25,
        twelve_hours=True,
        seconds=True,
        pictures=False,
        shows_typing=False,
        downloads=str(tmp_path),
    )
    me.app.preferences.wait()
    assert type(me.app.preferences)(me.app.directory).settings == me.app.settings
    assert not me.server.shows_typing


def test_without_notifications_there_is_nothing_to_choose_about_them(settings: SettingsDialog) -> None:
    assert settings.previews.isEnabled()
    settings.notifies.click()
    assert not settings.previews.isEnabled()


def test_a_folder_that_is_not_there_is_told_and_files_go_on_as_before(
    me: Person, settings: SettingsDialog, tmp_path: Path
) -> None:
    settings.choose_folder(str(tmp_path / "nowhere"))
    assert "There is no folder" in settings.problem.text()
    assert settings.problem.isVisible()
    assert me.app.settings.downloads == ""


# -- banners -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("widths", [(400, 900), (900, 400)])
def test_a_banner_uses_the_width_that_there_is(me: Person, qtbot: QtBot, widths: tuple[int, int]) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(widths[0], 300)
    text = "The connection to the server was lost: the other side closed it. What you write is kept."
    trouble = Trouble(Level.WARNING, "No connection to Pond", text, (Act.NOW, Act.STOP))
    banner = Banner(trouble, me.app.themes, lambda act: None, lambda form, values: "", lambda form: [], page)
    page.show()
    for width in widths:
        page.resize(width, 300)
        banner.resize(width, banner.heightForWidth(width))
        qtbot.waitUntil(lambda: not banner.turning)
        QApplication.sendPostedEvents()  # what has turned is laid out
        (words,) = [label for label in banner.findChildren(QLabel) if label.text() == text]
        buttons = banner.buttons[Act.NOW].mapTo(banner, banner.buttons[Act.NOW].rect().topLeft())
        beside = width == 900
        assert (buttons.x() > words.geometry().right()) is beside
        assert (buttons.y() > words.geometry().bottom()) is not beside
        assert words.width() > (400 if beside else 300)


@pytest.mark.parametrize("width", [400, 900])
def test_what_leaves_a_banner_is_behind_what_is_filled_in(me: Person, qtbot: QtBot, width: int) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(width, 300)
    trouble = Trouble(
        Level.WARNING, "You are in as a guest", "Log in.", (Act.CLOSE,), (Form.LOGIN, Form.LINK)
    )
    banner = Banner(trouble, me.app.themes, lambda act: None, lambda form, values: "", lambda form: [], page)
    banner.resize(width, banner.heightForWidth(width))
    page.show()
    QApplication.sendPostedEvents()
    assert banner.form is not None
    close, below = banner.buttons[Act.CLOSE], banner.form.geometry().bottom()
    assert (close.mapTo(banner, close.rect().topLeft()).y() > below) is (width == 400)
    banner.form.fields[0].setFocus()
    order = []
    following: QWidget | None = banner.form.fields[0]
    while following is not close:
        assert following is not None
        if following.focusPolicy() & Qt.FocusPolicy.TabFocus:
            order.append(following)
        following = following.nextInFocusChain()
    assert order[:3] == [*banner.form.fields, banner.form.button]
    assert len(order) == 4


# -- going elsewhere -------------------------------------------------------------------------------------------------


def test_a_server_that_never_answered_is_not_left_behind(qtbot: QtBot, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [each.getsockname()[1] for each in (one, other)]
    person = Person(qtbot, tmp_path, "me", ports[0])
    failed = person.server
    person.until(lambda: person.window.questions.banners)
    person.app.ask_where(failed.chat.link.trying)
    dialog = next(each for each in person.window.findChildren(ConnectDialog) if each.isVisible())
    assert dialog.where.text() == f"127.0.0.1:{ports[0]}"
    dialog.where.setText(f"127.0.0.1:{ports[1]}")
    dialog.accept()
    person.until(lambda: failed not in person.app.servers)
    assert [each.chat.link.trying.port for each in person.app.servers] == [ports[1]]
    assert person.window.server is person.app.servers[0]
    person.close()


# -- being called ----------------------------------------------------------------------------------------------------


class Calls(Notifying):
    """Notes what it would show."""

    def __init__(self, me: Person) -> None:
        self.shown: list[tuple[str, str]] = []
        self.now = 100.0
        super().__init__(me.app, lambda: self.now)

    def notify(self, title: str, text: str) -> None:
        self.shown.append((title, text))


def test_who_looks_elsewhere_is_called_once_in_a_while(me: Person) -> None:
    calls = Calls(me)
    for number in range(3):
        calls.called(me.server, message("ada", f"me: come {number}", target="#lake"), "#lake")
    calls.called(me.server, message("ben", "hello", target="me"), "ben")
    assert calls.shown == [("ada in #lake", "me: come 0"), ("ben", "hello")]
    calls.now += 5
    calls.called(me.server, message("ada", "me: come now", target="#lake"), "#lake")
    assert calls.shown[-1] == ("ada in #lake", "me: come now")


def test_what_one_sees_calls_nobody(me: Person) -> None:
    calls = Calls(me)
    me.window.activateWindow()
    me.qtbot.waitUntil(me.window.isActiveWindow)
    me.server.look_at("#pond")
    calls.called(me.server, message("ada", "me: here", target="#pond"), "#pond")
    assert calls.shown == []
    calls.called(me.server, message("ada", "me: there", target="#lake"), "#lake")
    assert len(calls.shown) == 1


def test_what_was_said_can_be_kept_off_the_screen_and_all_of_it(me: Person) -> None:
    calls = Calls(me)
    me.app.preferences.set(structs.replace(me.app.settings, previews=False))
    calls.called(me.server, message("ada", "me: the secret", target="#lake"), "#lake")
    assert calls.shown == [("ada in #lake", "has written to you")]
    me.app.preferences.set(structs.replace(me.app.settings, notifies=False))
    calls.now += 100
    calls.called(me.server, message("ada", "me: more", target="#lake"), "#lake")
    assert len(calls.shown) == 1


def test_a_hostile_name_is_harmless_in_a_notification(me: Person) -> None:
    calls = Calls(me)
    calls.called(me.server, message("a\u202eda", "me: \x1b[31mred\nline", target="#lake"), "#lake")
    ((title, text),) = calls.shown
    assert "\u202e" not in title
    assert "\x1b" not in text
    assert "\n" not in text


def test_what_others_write_is_nowhere_taken_for_html(me: Person) -> None:
    hostile = '<img src="file:///etc/passwd"><b>me</b>'
    calls = Calls(me)
    calls.called(me.server, message("ada", f"me: {hostile}", target="#lake"), "#lake")
    assert calls.shown == [("ada in #lake", 'me: ‹img src="file:///etc/passwd"›‹b›me‹/b›')]
    assert plain.tip(hostile).startswith("<qt>&lt;img")
    assert plain.tip("2 < 3, and so on") == "2 < 3, and so on"


def test_pressing_a_notification_leads_there(me: Person) -> None:
    calls = Calls(me)
    me.server.look_at("#pond")
    calls.called(me.server, message("ada", "me: here", target="#lake"), "#lake")
    me.window.hide()
    calls._go()
    assert me.window.isVisible()
    assert me.server.model.current == "#lake"


def test_the_toad_has_a_dot_where_somebody_calls(qtbot: QtBot) -> None:
    quiet, calling = (logo.picture(64, dot).toImage() for dot in (False, True))
    assert quiet != calling
    assert calling.pixelColor(50, 50).red() > 200
    assert logo.icon().availableSizes()


# -- the window's place ----------------------------------------------------------------------------------------------


def test_the_window_is_as_it_was(me: Person, qtbot: QtBot, tmp_path: Path) -> None:
    me.window.resize(777, 555)
    writer = Writer(tmp_path / geometry.FILE, geometry.MOST_BYTES)
    geometry.keep(me.window, writer)
    assert writer.wait() == ""
    me.window.resize(900, 700)
    assert geometry.restore(me.window, tmp_path)
    assert (me.window.width(), me.window.height()) == (777, 555)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b'{"geometry": "AAAA", "state": "%%"}', b'{"geometry": "AAAA"}']
)
def test_a_place_that_cannot_be_read_changes_nothing(me: Person, tmp_path: Path, content: bytes) -> None:
    (tmp_path / geometry.FILE).write_bytes(content)
    me.window.resize(900, 700)
    assert not geometry.restore(me.window, tmp_path)
    assert me.window.width() == 900


@pytest.mark.skipif(sys.platform == "win32", reason="no directory can be locked there")
def test_who_keeps_the_folder_locked_does_not_stop_the_window(me: Person, tmp_path: Path) -> None:
    import fcntl  # does not exist on Windows

    writer = Writer(tmp_path / geometry.FILE, geometry.MOST_BYTES)
    other = os.open(tmp_path, os.O_RDONLY)  # as another process that was stopped in the midst of it
    fcntl.flock(other, fcntl.LOCK_EX)
    geometry.keep(me.window, writer)
    assert not writer.path.exists()
    os.close(other)
    assert writer.wait() == ""
    assert writer.path.exists()


# -- keys, and who works without a mouse, or without seeing ----------------------------------------------------------


def test_f1_lists_every_key_of_the_menus_once(me: Person) -> None:
    dialog = shortcuts_help.show(me.window)
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    keys = [
        each.toString(QKeySequence.SequenceFormat.NativeText)
        for action in me.window.actions()
        for each in action.shortcuts()
    ]
    assert len(keys) > 15
    listed = ", ".join(shown)
    assert [key for key in keys if key not in listed] == []
    assert len(keys) == len(set(keys)), "no key means two things"
    dialog.close()


def test_everything_that_can_be_used_has_a_name_and_is_reached_by_tab(
    me: Person, settings: SettingsDialog
) -> None:
    me.app.recents.note(Address("a.example.org"), "A", "kim")
    connect = ConnectDialog(me.app, me.window)
    connect.show()
    keys = shortcuts_help.show(me.window)
    nameless, unreachable, count = [], [], 0
    for top in (me.window, settings, connect, keys):
        for widget in top.findChildren(QWidget):
            if widget.isHidden() or not _is_control(widget):
                continue
            count += 1
            where = f"{top.windowTitle()}: {type(widget).__name__} {widget.objectName()}"
            if not _name(widget):
                nameless.append(where)
            if widget.isVisible() and widget.focusPolicy() is Qt.FocusPolicy.NoFocus and _is_pressed(widget):
                unreachable.append(f"{where} {_name(widget)}")
    assert count > 30
    assert "\n".join(nameless) == ""
    assert "\n".join(unreachable) == ""
    connect.close()
    keys.close()


def test_controls_tell_what_kind_they_are(me: Person, settings: SettingsDialog) -> None:
    for widget in [*settings.findChildren(QWidget), *me.window.findChildren(QWidget)]:
        if _is_control(widget):
            seen = QAccessible.queryAccessibleInterface(widget)
            assert seen is not None
            role = seen.role()
            assert role not in (QAccessible.Role.NoRole, QAccessible.Role.Window), type(widget).__name__


def _is_pressed(widget: QWidget) -> bool:
    return isinstance(widget, QAbstractButton | QComboBox | QLineEdit)


def _is_control(widget: QWidget) -> bool:
    """What a person uses, and not the parts that Qt makes of it."""
    parent: Any = widget.parent()
    inside = isinstance(parent, QComboBox | QLineEdit | QAbstractItemView)
    popup = parent is not None and parent.metaObject().className().startswith("QComboBox")
    kinds = QAbstractButton | QComboBox | QLineEdit | QAbstractScrollArea
    return isinstance(widget, kinds) and not inside and not popup


def _name(widget: QWidget) -> str:
    """As a screen reader has it."""
    seen = QAccessible.queryAccessibleInterface(widget)
    return seen.text(QAccessible.Text.Name) if seen is not None else ""


def test_a_conversation_with_one_person_can_be_closed(me: Person) -> None:
    model = me.server.model
    model.apply(message("alice", "hi", "m1", target="me"))
    me.server.look_at("alice")
    actions = me.window.menus.for_conversation(me.server, "alice").actions()
    next(action for action in actions if action.text().startswith("Close")).trigger()
    assert [each.name for each in me.server.conversations] == ["#pond", "#lake"]
    assert model.current == "#pond"
    model.apply(message("alice", "still there?", "m2", target="me"))
    me.server.settle()
    assert [each.name for each in me.server.conversations] == ["#pond", "#lake", "alice"]
    me.server.leave("alice")
    me.server.save()
    assert type(me.server.desk)(me.server.desk.path.parent, me.server.desk.path.name).closed == ["alice"]


def test_one_is_where_one_was_although_something_is_kept_before_that(qtbot: QtBot, tmp_path: Path) -> None:
    Desk(client_directory(tmp_path), "window-none.json").save("#dev")
    person = Person(qtbot, tmp_path, "me")
    server = Server(person.app.options, person.app)
    person.app.servers.append(server)
    me = Source("me", "u", "h")
    server.chat.happened([e.Connecting("127.0.0.1:7667"), e.Welcomed("me", "irc.test")])
    server.chat.happened([e.Joined(me, name, "", "", own=True, time=1.0) for name in ("#lobby", "#dev")])
    server.settle()
    server._keep()
    assert server._writer.wait() == ""
    server.chat.happened([e.Ready("me", "irc.test", "Pond")])
    server.settle()
    assert server.model.current == "#dev"
    person.close()
    assert Desk(client_directory(tmp_path), "window-none.json").last == "#dev"


def test_that_drafts_are_not_kept_is_told_each_time_it_begins(me: Person) -> None:
    server = me.server
    path = server.desk.path

    def told() -> int:
        return sum("Cannot write" in item.text for item in server.current.items if isinstance(item, Note))

    def begin(text: str) -> None:
        server.desk.drafts.begin("#pond", text)
        server._keep()

    begin("at first")
    me.until(path.exists)
    for count in (1, 2):
        path.unlink()
        path.mkdir()  # no file can take its place
        begin(f"fails {count}")
        me.until(lambda count=count: told() == count)
        server._keep()
        server._writer.wait()
        path.rmdir()
        begin(f"goes well {count}")
        me.until(path.is_file)
        server._writer.wait()
        QApplication.processEvents()
        assert told() == count
