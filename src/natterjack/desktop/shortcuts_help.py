"""F1: every key, with what it does. Those of the menus come from the menus; the others stand here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from natterjack.desktop.fitting import fit

if TYPE_CHECKING:
    from natterjack.desktop.window import Window

#: What no menu has: group, and keys with what they do.
OTHERS: Final = (
    (
        "Writing",
        (
            ("Enter", "send"),
            ("Shift+Enter", "another line of the same message"),
            ("Up", "on an empty field: change what you said last; else what you typed before"),
            ("Down", "what you typed after that"),
            ("Tab", "complete a name, #channel, /command or :emoji:"),
            ("Esc", "answer or change nothing after all"),
            ("Ctrl+V", "paste; pictures and files are sent, once you have said yes"),
        ),
    ),
    (
        "Going",
        (
            ("Ctrl+1 … Ctrl+9", "to the conversation of that number; Alt+1 … Alt+9 do the same"),
            ("PgUp, PgDn", "turn the pages; further up, older ones are fetched"),
        ),
    ),
    (
        "On a message (F4, then Up and Down)",
        (
            ("R", "answer it"),
            ("E", "change it"),
            ("+", "react to it"),
            ("Delete", "take it back"),
            ("Enter", "all that can be done with it"),
            ("Ctrl+C", "copy it"),
        ),
    ),
)


def groups(window: Window) -> list[tuple[str, list[tuple[str, str]]]]:
    """All keys, as they are shown."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for name in ("file", "go", "view", "help"):
        menu = window.menus[name]
        lines = []
        for action in menu.actions():
            keys = ", ".join(_words(each) for each in action.shortcuts())
            if keys:
                lines.append((keys, action.text().replace("&", "").rstrip("…")))
        if lines:
            found.append((menu.title().replace("&", ""), lines))
    return found + [(title, list(lines)) for title, lines in OTHERS]


def show(window: Window) -> QDialog:
    """Open it."""
    themes = window.app.themes
    px = themes.px
    dialog = QDialog(window)
    dialog.setWindowTitle("Keys")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    page = QWidget(dialog)
    grid = QGridLayout(page)
    grid.setContentsMargins(px(24), px(8), px(24), px(16))
    grid.setHorizontalSpacing(px(20))
    grid.setVerticalSpacing(px(5))
    grid.setColumnStretch(1, 1)
    row = 0
    for title, lines in groups(window):
        heading = QLabel(title, page)
        heading.setFont(themes.font(1.0, bold=True))
        heading.setContentsMargins(0, px(12), 0, 0)
        grid.addWidget(heading, row, 0, 1, 2)
        row += 1
        for keys, what in lines:
            key, words = QLabel(keys, page), QLabel(what, page)
            key.setProperty("look", "dim")
            key.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            words.setWordWrap(True)
            grid.addWidget(key, row, 0)
            grid.addWidget(words, row, 1)
            row += 1
    grid.setRowStretch(row, 1)
    area = QScrollArea(dialog)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setAccessibleName("Keys")
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.addWidget(area, 1)
    column.addWidget(buttons)
    fit(dialog, px(580), px(640))
    dialog.open()
    area.setFocus()
    return dialog


def _words(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)
