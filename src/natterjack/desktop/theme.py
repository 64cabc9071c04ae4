"""All colours of the window in one table, its sizes, and its one style sheet.

Every pair of colours that meet as text and ground has a contrast of at least 4.5:1, as a test makes sure by
:data:`PAIRS`; https://www.w3.org/TR/WCAG22/#contrast-minimum.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from natterjack.client.view import colours

#: How far people may make everything larger or smaller.
ZOOMS: Final = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
#: Where the application remembers its own font.
_FONT: Final = "natterjack_font"
_LENGTH: Final = re.compile(r"\b(\d+)px\b")
_DRAWING: Final = re.compile(r"url\(@([a-z]+)\)")
#: Signs that the style sheet needs as files, each for light and for dark.
_DRAWINGS: Final = Path(__file__).parent / "drawings"


class Choice(Enum):
    """What a person chooses; ``SYSTEM`` is light or dark as everything else on this computer."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(Struct, frozen=True, eq=False):
    """One colour for each use. ``mention`` is the ground of a line that names us, ``found`` that of a search hit."""

    dark: bool
    window: QColor
    sidebar: QColor
    surface: QColor  # behind the messages
    raised: QColor  # composer, cards, dialogs' fields
    hover: QColor
    line: QColor
    scroll: QColor  # a scroll bar's handle
    edge: QColor  # of what can be typed into or pressed
    text: QColor
    dim: QColor
    faint: QColor
    accent: QColor
    on_accent: QColor
    mention: QColor
    mention_bar: QColor
    new: QColor
    danger: QColor
    on_danger: QColor
    danger_ground: QColor
    warning: QColor
    warning_ground: QColor
    link: QColor
    selection: QColor
    on_selection: QColor
    chip: QColor
    chip_own: QColor
    found: QColor
    online: QColor
    away: QColor
    badge: QColor
    on_badge: QColor
    current: QColor
    on_current: QColor

    def nick(self, nick: str) -> QColor:
        """The colour of ``nick``, the same everywhere."""
        ground = colours.Ground.DARK if self.dark else colours.Ground.LIGHT
        return QColor(*colours.rgb(colours.hue_of(nick), ground))


def _theme(*, dark: bool, **named: str) -> Theme:
    return Theme(dark=dark, **{name: QColor(colour) for name, colour in named.items()})


LIGHT: Final = _theme(
    dark=False,
    window="#f3f4f5",
    sidebar="#f3f4f5",
    surface="#ffffff",
    raised="#f8f9fa",
    hover="#f2f4f5",
    line="#dde1e5",
    scroll="#b4bcc4",
    edge="#868e98",
    text="#1b1f24",
    dim="#4b535d",
    faint="#5f6771",
    accent="#23683f",
    on_accent="#ffffff",
    mention="#fdf4dc",
    mention_bar="#b07a10",
    new="#b3261e",
    danger="#b3261e",
    on_danger="#ffffff",
    danger_ground="#fdecea",
    warning="#6b4a00",
    warning_ground="#fff4d6",
    link="#1a5da8",
    selection="#c4e3cf",
    on_selection="#10261a",
    chip="#eef1f3",
    chip_own="#d8eddf",
    found="#ffe58f",
    online="#2b8a47",
    away="#9a6b00",
    badge="#56606b",
    on_badge="#ffffff",
    current="#dbe9e0",
    on_current="#12301f",
)
DARK: Final = _theme(
    dark=True,
    window="#181b1e",
    sidebar="#181b1e",
    surface="#1f2326",
    raised="#262a2d",
    hover="#24282b",
    line="#363c41",
    scroll="#4b535a",
    edge="#727b84",
    text="#e4e8ea",
    dim="#abb3ba",
    faint="#98a1a9",
    accent="#7fcb98",
    on_accent="#0c2014",
    mention="#2e2a1b",
    mention_bar="#d8a62f",
    new="#ff9289",
    danger="#ff9289",
    on_danger="#2b0805",
    danger_ground="#3b2321",
    warning="#f0c766",
    warning_ground="#362d17",
    link="#82bbff",
    selection="#2d5c41",
    on_selection="#ffffff",
    chip="#2d3236",
    chip_own="#24452f",
    found="#5b4a14",
    online="#5cc078",
    away="#d8a62f",
    badge="#4d565f",
    on_badge="#ffffff",
    current="#2a3d32",
    on_current="#eaf6ee",
)

_GROUNDS: Final = ("window", "sidebar", "surface", "raised", "hover", "mention")
#: (text, ground): what is read on what.
PAIRS: Final = (
    *((text, ground) for text in ("text", "dim", "faint", "link", "new", "danger") for ground in _GROUNDS),
    *(("accent", ground) for ground in ("window", "sidebar", "surface", "raised", "hover")),
    *(("text", ground) for ground in ("chip", "chip_own", "found", "danger_ground", "warning_ground")),
    *(("dim", ground) for ground in ("chip", "chip_own", "danger_ground", "warning_ground")),
    ("on_accent", "accent"),
    ("on_danger", "danger"),
    ("danger", "danger_ground"),
    ("warning", "warning_ground"),
    ("link", "danger_ground"),
    ("link", "warning_ground"),
    ("on_selection", "selection"),
    ("on_badge", "badge"),
    ("on_current", "current"),
)
#: (mark, ground): what has to be seen, but is no text; 3:1, https://www.w3.org/TR/WCAG22/#non-text-contrast.
MARKS: Final = (
    *((mark, ground) for mark in ("online", "away", "edge", "accent") for ground in ("sidebar", "surface")),
    ("mention_bar", "mention"),
)
#: Where names stand in their own colours.
NICK_GROUNDS: Final = _GROUNDS


class Themes(QObject):
    """The theme and the zoom in force. ``changed`` tells that one of them is another now."""

    changed = Signal()

    def __init__(self, choice: Choice = Choice.SYSTEM, zoom: float = 1.0) -> None:
        super().__init__()
        self.choice = choice
        self.zoom = zoom
        base = _own_font()
        self._points = base.pointSizeF() if base.pointSizeF() > 0 else 10.0
        self._family = base.family()
        self._sheet = (Path(__file__).parent / "style.qss").read_text("utf-8")
        self.theme = LIGHT
        QApplication.setStyle("Fusion")  # the same on every system, as far as the style sheet says nothing
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        self._apply()

    def set(self, choice: Choice, zoom: float) -> None:
        """Have this theme and this zoom from now on."""
        if (choice, zoom) != (self.choice, self.zoom):
            self.choice, self.zoom = choice, zoom
            self._apply()
            self.changed.emit()

    def step(self, way: int) -> float:
        """The next zoom, larger (1) or smaller (-1), 1.0 for 0: to be :meth:`set`."""
        if way == 0:
            return 1.0
        beyond = [zoom for zoom in ZOOMS if (zoom - self.zoom) * way > 1e-6]
        return (min if way > 0 else max)(beyond, default=self.zoom)

    def px(self, length: float) -> int:
        """``length`` pixels at 100 %, as many as they are at this zoom."""
        return max(1, round(length * self.zoom)) if length else 0

    def font(self, size: float = 1.0, bold: bool = False) -> QFont:
        """``size`` 1.0 is that of the text."""
        font = QFont(self._family)
        font.setPointSizeF(self._points * size * self.zoom)
        font.setBold(bold)
        return font

    def _system_changed(self) -> None:
        if self.choice is Choice.SYSTEM:
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        system = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        self.theme = (
            DARK if self.choice is Choice.DARK or (self.choice is Choice.SYSTEM and system) else LIGHT
        )
        app = QApplication.instance()
        assert isinstance(app, QApplication), "a theme is for the widgets of an application"
        app.setPalette(palette(self.theme))
        app.setFont(self.font())
        _dress(app, style_sheet(self._sheet, self.theme, self.zoom))


def _own_font() -> QFont:
    """The font that this computer has for programs, whatever sizes an earlier theme has made of it."""
    app = QApplication.instance()
    assert app is not None
    found = app.property(_FONT)
    if not isinstance(found, QFont):
        found = QApplication.font()
        app.setProperty(_FONT, found)
    return found


def _dress(app: QApplication, sheet: str) -> None:
    """Have ``sheet`` in force for all widgets, at about a third of the price of ``app.setStyleSheet`` alone.

    That has each widget that it knows dress all that is in it, so that one five levels down is dressed five times. What
    takes leave of the application knows no widgets any more, and each is dressed here, as Qt does: once.
    """
    app.style().unpolish(app)
    app.setStyleSheet(sheet)
    event = QEvent(QEvent.Type.StyleChange)
    for each in app.topLevelWidgets():
        if each.parentWidget() is None:
            _dress_all_of(each, event)


def _dress_all_of(widget: QWidget, event: QEvent) -> None:
    widget.style().polish(widget)
    QApplication.sendEvent(widget, event)
    for each in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        _dress_all_of(each, event)


def style_sheet(source: str, theme: Theme, zoom: float) -> str:
    """``source`` with colours for ``@name``, its lengths (``8px``) as long as ``zoom`` makes them."""

    def longer(found: re.Match[str]) -> str:
        return f"{max(1, round(int(found[1]) * zoom)) if int(found[1]) > 1 else found[1]}px"

    def colour(found: re.Match[str]) -> str:
        value: QColor = getattr(theme, found[1])
        return value.name()

    def drawing(found: re.Match[str]) -> str:
        name = f"{found[1]}-{'dark' if theme.dark else 'light'}.svg"
        return f'url("{(_DRAWINGS / name).as_posix()}")'

    return re.sub(r"@([a-z_]+)", colour, _DRAWING.sub(drawing, _LENGTH.sub(longer, source)))


def palette(theme: Theme) -> QPalette:
    """For what the style draws by itself."""
    role = QPalette.ColorRole
    made = QPalette()
    for where, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.surface),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.faint),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.danger),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.Highlight, theme.selection),
        (role.HighlightedText, theme.on_selection),
        (role.Link, theme.link),
        (role.LinkVisited, theme.link),
        (role.Accent, theme.accent),
        (role.Light, theme.hover),
        (role.Midlight, theme.line),
        (role.Mid, theme.line),
        (role.Dark, theme.edge),
        (role.Shadow, theme.line),
    ):
        made.setColor(where, colour)
    disabled = QPalette.ColorGroup.Disabled
    for where in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(disabled, where, theme.faint)
    return made
