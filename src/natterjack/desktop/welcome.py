"""What is in the window as long as there is no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from natterjack.desktop import logo

if TYPE_CHECKING:
    from natterjack.desktop.window import Window


class Welcome(QWidget):
    """``connect_wanted``: the person wants to go somewhere."""

    connect_wanted = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._themes = window.app.themes
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picture = QLabel(self)
        self._title = QLabel("Natterjack", self)
        words = QLabel("Join a server to begin: with a link that somebody gave you, or by its address.", self)
        words.setProperty("look", "dim")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._button = QPushButton("Connect…", self)
        self._button.setObjectName("welcome_connect")
        self._button.setProperty("look", "primary")
        self._button.setAutoDefault(True)  # Enter presses it, too
        self.setFocusProxy(self._button)
        self._button.clicked.connect(self.connect_wanted)
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(2)
        column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(words)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._themes.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self._picture.setPixmap(logo.picture(self._themes.px(96)))
        self._title.setFont(self._themes.font(2.0, bold=True))
