"""Ctrl+K: from wherever one is to any conversation, by a few letters of its name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidgetItem, QWidget

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.view.switcher import ranked
from natterjack.desktop.going import names
from natterjack.desktop.picking import Picker
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes

#: Conversations in the list.
_MOST: Final = 50


class Switcher(Picker):
    """``chosen`` tells a server and a name."""

    chosen = Signal(object, str)

    def __init__(self, themes: Themes, parent: QWidget) -> None:
        ask = "Go to a channel or a person"
        super().__init__(themes, "Go to a conversation", ask, "Conversations", 10, parent)
        self._over = parent
        self._servers: list[Server] = []
        self.setObjectName("switcher")
        self.list.setProperty("look", "field")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def open_for(self, servers: list[Server]) -> None:
        """In the upper middle of the window."""
        self._servers = servers
        parent = self._over
        px = self._themes.px
        above = px(70)
        self.resize(min(px(460), parent.width() - px(20)), min(px(380), parent.height() - above - px(20)))
        at = QPoint((parent.width() - self.width()) // 2, above)
        self._open(parent.mapToGlobal(at))

    def _fill(self, text: str) -> None:
        self.list.clear()
        several = len(self._servers) > 1
        for server, name in zip(self._servers, names(self._servers), strict=True):
            for each in ranked(server.conversations, text)[:_MOST]:
                words = harmless(each.name)
                if each.unread:
                    words += f"   {each.unread} unread" if not each.mentions else f"   {each.mentions} to you"
                if several:
                    words += f"   {harmless(name)}"
                item = QListWidgetItem(words)
                item.setData(Qt.ItemDataRole.UserRole, (server, each.name))
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._step(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._step(-1)
            case _:
                super().keyPressEvent(event)

    def _step(self, way: int) -> None:
        self.list.setCurrentRow((self.list.currentRow() + way) % max(1, self.list.count()))

    def _take(self, item: QListWidgetItem) -> None:
        self.hide()
        server, name = item.data(Qt.ItemDataRole.UserRole)
        self.chosen.emit(server, name)
