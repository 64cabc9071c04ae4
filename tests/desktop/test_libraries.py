"""What is said where Qt cannot work."""

from __future__ import annotations

import importlib
import sys

import pytest
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from natterjack.desktop import libraries


def test_a_widget_can_be_shown_where_the_tests_run(qtbot: QtBot) -> None:
    label = QLabel("hello")
    qtbot.addWidget(label)
    with qtbot.waitExposed(label):
        label.show()
    assert label.grab().width() > 0
    assert libraries.window_problem() == ""


def test_a_library_that_is_missing_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(importlib, "import_module", fails)
    assert libraries.qt_problem().startswith(
        "this machine has no libEGL.so.1; on Debian and Ubuntu: apt install libegl1 "
    )


def test_without_qt_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", fails)
    assert "python3 run.py gui" in libraries.qt_problem()


def test_without_a_screen_the_terminal_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    problem = libraries.window_problem()
    assert "no screen" in problem
    assert "natterjack chat" in problem


def test_a_part_of_qt_that_will_not_load_is_told_before_qt_dies_of_it() -> None:
    assert libraries._plugin_problem("libnowhere.so").startswith("this machine has no ")
    assert "libxcb-cursor0" in libraries._plugin_problem("libnowhere.so")


def test_who_names_x11_himself_is_told_before_qt_dies_of_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt ends the process with a core dump, whether it has chosen X11 by itself or by QT_QPA_PLATFORM."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(libraries, "_plugin_problem", lambda name: f"no {name}")
    monkeypatch.setenv("DISPLAY", ":0")
    for platform in ("xcb", "xcb:nograb"):
        monkeypatch.setenv("QT_QPA_PLATFORM", platform)
        for wayland in ("", "wayland-0"):
            monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
            assert libraries.window_problem() == "no libqxcb.so"
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert libraries.window_problem() == ""


def test_qt_counts_references_to_none_rightly(qapp: object) -> None:
    """PySide6 6.12.0 takes one away with each call under Python 3.11; after some thousand the process dies."""
    option = QTextOption()
    before = sys.getrefcount(None)
    for _ in range(500):
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
    assert abs(sys.getrefcount(None) - before) < 100
