"""The corner below the list: who one is, and how it stands with the connection."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.view.spans import duration
from natterjack.desktop import icons
from natterjack.desktop.avatars import avatar
from natterjack.desktop.header import Elided
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes


def state_words(server: Server) -> str:
    """How it stands with the connection."""
    match server.chat.link.phase:
        case Phase.ONLINE:
            away = server.model.away
            return "Connected" if away is None else "Away"
        case Phase.CONNECTING:
            return "Connecting…"
        case Phase.LEAVING:
            return "Leaving…"
        case Phase.AWAY:
            due = server.view.reconnecting
            left = max(0.0, due - time.monotonic()) if due is not None else 0.0
            return f"Reconnecting in {duration(left)}" if left >= 1 else "Reconnecting…"
        case Phase.OFFLINE:
            return "Not connected"


class Me(QFrame):
    """``settings``: the person wants them."""

    settings = Signal()

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._nick = ""
        self.setObjectName("me")
        self._picture = QLabel(self)
        self._name = Elided(self)
        self._state = Elided(self)
        self._state.setObjectName("connection_state")
        self._state.setProperty("look", "dim")
        self._button = QToolButton(self)
        self._button.setObjectName("settings_button")
        self._button.setToolTip("Settings (Ctrl+,)")
        self._button.setAccessibleName("Settings")
        self._button.clicked.connect(self.settings)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._state)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._picture)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._button)
        themes.changed.connect(self._restyle)
        self._restyle()

    def refresh(self, server: Server | None) -> None:
        """Something may be otherwise now."""
        nick = (server.model.nick or server.options.nick) if server is not None else ""
        if nick != self._nick:
            self._nick = nick
            self._paint()
        guest = server is not None and server.online and not server.model.account
        self._name.set_whole(harmless(nick) + (" (guest)" if guest and not nick.startswith("guest-") else ""))
        self._state.set_whole(state_words(server) if server is not None else "Not connected")

    def _paint(self) -> None:
        side = self._themes.px(32)
        self._picture.setVisible(bool(self._nick))
        if self._nick:
            dark = self._themes.theme.dark
            self._picture.setPixmap(avatar(self._nick, side, dark, self.devicePixelRatioF()))

    def _restyle(self) -> None:
        theme, px = self._themes.theme, self._themes.px
        self._row.setContentsMargins(px(14), px(10), px(8), px(10))
        self._row.setSpacing(px(10))
        self._name.setFont(self._themes.font(1.0, bold=True))
        self._state.setFont(self._themes.font(0.85))
        self._button.setIcon(icons.icon("settings", theme.dim))
        self._button.setIconSize(QSize(px(20), px(20)))
        self._paint()
