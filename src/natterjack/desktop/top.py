"""What stands above the list: the menu, the way to everywhere, and the way in."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from natterjack.desktop import icons
from natterjack.desktop.theme import Themes


class Top(QFrame):
    """``pressed`` tells which: "menu", "switch" or "join"."""

    pressed = Signal(str)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setObjectName("top")
        self.menu = self._button("menu", "Menu")
        self.jump = QPushButton("Go to…", self)
        self.jump.setObjectName("jump")
        self.jump.setToolTip("Go to a channel or a person (Ctrl+K)")
        self.jump.setAccessibleName("Go to a channel or a person")
        self.jump.setCursor(Qt.CursorShape.PointingHandCursor)
        self.jump.clicked.connect(lambda: self.pressed.emit("switch"))
        self._join = self._button("plus", "Join a channel")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.menu)
        self._row.addWidget(self.jump, 1)
        self._row.addWidget(self._join)
        themes.changed.connect(self._restyle)
        self._restyle()

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"top_{name}")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self.pressed.emit("join" if name == "plus" else name))
        return button

    def _restyle(self) -> None:
        theme, px = self._themes.theme, self._themes.px
        self.setFixedHeight(px(58))
        self._row.setContentsMargins(px(8), 0, px(8), 0)
        self._row.setSpacing(px(2))
        self.jump.setIcon(icons.icon("search", theme.faint))
        self.jump.setIconSize(QSize(px(14), px(14)))
        for name, button in (("menu", self.menu), ("plus", self._join)):
            button.setIcon(icons.icon(name, theme.dim))
            button.setIconSize(QSize(px(20), px(20)))
