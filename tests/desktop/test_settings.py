"""Settings are kept, and no file of them can keep the window from opening."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel
from pytestqt.qtbot import QtBot

from natterjack.desktop import shortcuts_help
from natterjack.desktop.avatars import avatar, colours_of, initials
from natterjack.desktop.settings import FILE, Preferences, Settings
from natterjack.desktop.settings_dialog import SettingsDialog
from natterjack.desktop.theme import Choice
from tests.desktop.people import Person


def test_what_is_chosen_is_there_in_the_next_run(qtbot: QtBot, tmp_path: Path) -> None:
    chosen = Settings(theme=Choice.DARK, zoom=1.25, twelve_hours=True, downloads=str(tmp_path))
    preferences = Preferences(tmp_path / "client")
    with qtbot.waitSignal(preferences.changed, timeout=1000):
        preferences.set(chosen)
    preferences.wait()
    assert Preferences(tmp_path / "client").settings == chosen
    assert chosen.download_folder == tmp_path


def test_what_is_as_it_was_is_not_told(qtbot: QtBot, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path)
    with qtbot.assertNotEmitted(preferences.changed):
        preferences.set(Settings())
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"zoom": "large"}', b"\xff\xfe", b'{"theme": "pink"}'])
def test_a_damaged_file_is_named_and_everything_is_as_at_the_beginning(
    qtbot: QtBot, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    preferences = Preferences(tmp_path)
    assert preferences.settings == Settings()
    assert str(tmp_path / FILE) in preferences.problem
    assert (tmp_path / FILE).read_bytes() == content


def test_a_zoom_that_would_hide_everything_is_not_taken(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'{"zoom": 400.0}')
    assert Preferences(tmp_path).settings.zoom == 2.0


def test_a_folder_that_cannot_be_written_to_is_told_and_the_choice_holds(
    qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    preferences = Preferences(tmp_path / "file" / "client")
    with qtbot.waitSignal(preferences.failed, timeout=5000):
        preferences.set(Settings(seconds=True))
    assert preferences.settings.seconds
    assert "forgotten at the end" in preferences.problem


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_the_settings_and_the_keys_fit_on_the_screen_at_every_size(
    qtbot: QtBot, tmp_path: Path, zoom: float
) -> None:
    me = Person(qtbot, tmp_path, "me")
    me.app.preferences.set(structs.replace(me.app.settings, zoom=zoom))
    dialog = SettingsDialog(me.app, me.window)
    dialog.show()
    screen = dialog.screen().availableGeometry()
    assert dialog.height() <= screen.height()
    close = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    assert dialog.rect().contains(close.geometry())
    assert dialog.focusWidget() is dialog.theme
    for _ in range(20):
        if dialog.focusWidget() is not dialog.downloads:
            qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    place = dialog.downloads.mapTo(dialog, QPoint(0, 0))
    assert dialog.rect().contains(place)  # it scrolls there
    keys = shortcuts_help.show(me.window)
    assert keys.height() <= screen.height()
    me.close()


def test_the_titles_of_the_settings_are_as_large_as_the_rest(qtbot: QtBot, tmp_path: Path) -> None:
    """They stayed as they were while one chose another size."""
    me = Person(qtbot, tmp_path, "me")
    dialog = SettingsDialog(me.app, me.window)
    dialog.open()
    (title,) = (each for each in dialog.findChildren(QLabel) if each.text() == "Appearance")
    me.app.preferences.set(structs.replace(me.app.settings, zoom=2.0))
    assert title.fontMetrics().height() > dialog.notifies.fontMetrics().height()
    dialog.close()
    me.close()


@pytest.mark.parametrize(
    ("settings", "format_"),
    [
        (Settings(), "%H:%M"),
        (Settings(seconds=True), "%H:%M:%S"),
        (Settings(twelve_hours=True), "%I:%M %p"),
        (Settings(twelve_hours=True, seconds=True), "%I:%M:%S %p"),
    ],
)
def test_times_are_written_as_people_write_them(settings: Settings, format_: str) -> None:
    assert settings.time_format == format_


@pytest.mark.parametrize(
    ("nick", "letters"),
    [
        ("alice", "A"),
        ("guest-kim", "GK"),
        ("ada_l", "AL"),
        ("_bob_", "B"),
        ("[]", "["),
        ("ß", "SS"),
        ("猫", "猫"),
    ],
)
def test_an_avatar_has_the_letters_by_which_one_finds_somebody(nick: str, letters: str) -> None:
    assert initials(nick) == letters


def test_an_avatar_is_drawn_once_for_each_size_and_theme(qtbot: QtBot) -> None:
    picture = avatar("alice", 32, False, 2.0)
    assert avatar("alice", 32, False, 2.0) is picture
    assert (picture.width(), picture.deviceIndependentSize().width()) == (64, 32)
    ground, ink = colours_of("alice", False)
    image = picture.toImage()
    assert image.pixelColor(32, 4) == ground
    assert ink.name() == "#ffffff"
    assert any(image.pixelColor(x, 32) == ink for x in range(64))
