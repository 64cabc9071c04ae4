"""The colours can be read, everywhere and at every zoom."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from natterjack.client.view import colours
from natterjack.desktop import theme as t
from natterjack.desktop.troubles import Level

THEMES = {"light": t.LIGHT, "dark": t.DARK}


def contrast(one: QColor, other: QColor) -> float:
    return colours.contrast((one.red(), one.green(), one.blue()), (other.red(), other.green(), other.blue()))


@pytest.mark.parametrize("name", THEMES)
def test_what_is_read_has_a_contrast_of_4_5_at_least(name: str) -> None:
    theme = THEMES[name]
    found = {
        (text, ground): contrast(getattr(theme, text), getattr(theme, ground)) for text, ground in t.PAIRS
    }
    assert {pair: value for pair, value in found.items() if value < 4.5} == {}


@pytest.mark.parametrize("name", THEMES)
def test_what_has_to_be_seen_has_a_contrast_of_3_at_least(name: str) -> None:
    theme = THEMES[name]
    found = {
        (mark, ground): contrast(getattr(theme, mark), getattr(theme, ground)) for mark, ground in t.MARKS
    }
    assert {pair: value for pair, value in found.items() if value < 3} == {}


@pytest.mark.parametrize("name", THEMES)
def test_every_nick_can_be_read_wherever_nicks_stand(name: str) -> None:
    theme = THEMES[name]
    nicks = [theme.nick(f"nick{number}") for number in range(200)]
    worst = min(contrast(nick, getattr(theme, ground)) for nick in nicks for ground in t.NICK_GROUNDS)
    assert worst >= 4.5


def test_the_style_sheet_dresses_only_what_there_is() -> None:
    folder = Path(t.__file__).parent
    source = (folder / "style.qss").read_text("utf-8")
    code = "\n".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    looks = set(re.findall(r'look="([a-z-]+)"', source)) - {f"banner-{level.value}" for level in Level}
    names = set(re.findall(r"#([a-z_]+)", source))
    assert {each for each in looks | names if f'"{each}"' not in code} == set()


def test_the_style_sheet_names_no_colour_of_its_own_and_none_that_is_not_there() -> None:
    source = (Path(t.__file__).parent / "style.qss").read_text("utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", source)
    drawings = set(re.findall(r"url\(@([a-z]+)\)", source))
    names = set(re.findall(r"@([a-z_]+)", source)) - drawings
    assert names <= set(t.Theme.__struct_fields__)
    for theme in (t.LIGHT, t.DARK):
        made = t.style_sheet(source, theme, 1.0)
        paths = re.findall(r'url\("([^"]+)"\)', made)
        assert len(paths) == len(drawings)
        for path in paths:
            colours = re.findall(r"#[0-9a-f]{6}", Path(path).read_text("utf-8"))
            assert set(colours) <= {theme.on_accent.name(), theme.dim.name()}


def test_lengths_grow_with_the_zoom_and_hairlines_stay() -> None:
    source = "a { border: 1px solid @line; padding: 6px 14px; margin: 0px; }"
    assert t.style_sheet(source, t.LIGHT, 2.0) == (
        f"a {{ border: 1px solid {t.LIGHT.line.name()}; padding: 12px 28px; margin: 0px; }}"
    )


def test_zoom_and_theme_change_at_once_and_are_told(qtbot: QtBot) -> None:
    themes = t.Themes(t.Choice.LIGHT)
    before = themes.font().pointSizeF()
    with qtbot.waitSignal(themes.changed, timeout=1000):
        themes.set(t.Choice.DARK, 1.5)
    assert themes.theme is t.DARK
    assert themes.px(10) == 15
    assert themes.font().pointSizeF() == pytest.approx(before * 1.5)
    assert QApplication.palette().window().color() == t.DARK.window
    themes.set(t.Choice.LIGHT, 1.0)
    assert QApplication.palette().window().color() == t.LIGHT.window


class Counting(QObject):
    """How often each widget was told of another style."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Counter[QObject] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.StyleChange:
            self.told[watched] += 1
        return False


def test_each_widget_is_dressed_once_however_deep_it_is(qtbot: QtBot) -> None:
    themes = t.Themes(t.Choice.LIGHT)
    top = QWidget()
    qtbot.addWidget(top)
    widgets = [top]
    for _ in range(5):
        widgets.append(QWidget(widgets[-1]))
    label, window = (QLabel(words, widgets[-1]) for words in ("words", "a window of its own"))
    window.setWindowFlag(window.windowFlags().Window)
    for each in (label, window):
        each.setProperty("look", "dim")
    top.show()
    window.show()
    window.hide()
    counting = Counting()
    for widget in (*widgets, label, window):
        widget.installEventFilter(counting)
    for choice, theme in ((t.Choice.DARK, t.DARK), (t.Choice.LIGHT, t.LIGHT)):
        themes.set(choice, 1.0)
        assert set(counting.told.values()) == {1}
        assert len(counting.told) == len(widgets) + 2
        counting.told.clear()
        for each in (label, window):
            assert each.palette().color(QPalette.ColorRole.WindowText) == theme.dim


def test_steps_of_the_zoom_end_at_80_and_200_percent(qapp: QApplication) -> None:
    themes = t.Themes(t.Choice.LIGHT)
    for _ in range(20):
        themes.set(t.Choice.LIGHT, themes.step(1))
    assert themes.zoom == 2.0
    for _ in range(20):
        themes.set(t.Choice.LIGHT, themes.step(-1))
    assert themes.zoom == 0.8
    themes.set(t.Choice.LIGHT, themes.step(0))
    assert themes.zoom == 1.0


def test_a_second_theme_does_not_begin_with_the_size_of_the_first(qapp: QApplication) -> None:
    first = t.Themes(t.Choice.LIGHT)
    points = first.font().pointSizeF()
    first.set(t.Choice.LIGHT, 2.0)
    assert t.Themes(t.Choice.LIGHT).font().pointSizeF() == pytest.approx(points)
