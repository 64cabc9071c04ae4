"""Emoji to choose from, by eye or by name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from natterjack.client.view.emoji import EMOJI
from natterjack.desktop.picking import Picker
from natterjack.desktop.theme import Themes

_COLUMNS: Final = 9
#: First of all, those that people react with.
_USUAL: Final = ("thumbsup", "heart", "joy", "tada", "eyes", "thinking", "cry", "fire", "rocket")


class EmojiPicker(Picker):
    """``chosen`` tells the character."""

    chosen = Signal(str)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(themes, "Choose an emoji", "Search emoji", "Emoji", 8, parent)
        self.setObjectName("emoji_picker")
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.itemActivated.connect(self._take)

    def open_at(self, at: QPoint) -> None:
        """Above that point of the screen."""
        px = self._themes.px
        self.list.setFont(self._themes.font(1.5))
        self.list.setGridSize(QSize(px(36), px(36)))
        self.setFixedSize(px(36) * _COLUMNS + px(36), px(300))
        self._open(at - QPoint(self.width() // 2, self.height() + px(6)))

    def _fill(self, text: str) -> None:
        wanted = text.strip().strip(":").casefold().replace(" ", "_")
        names = [name for name in (*_USUAL, *EMOJI) if wanted in name]
        self.list.clear()
        seen: set[str] = set()
        for name in names:
            sign = EMOJI[name]
            if sign in seen:
                continue
            seen.add(sign)
            item = QListWidgetItem(sign)
            item.setToolTip(f":{name}:")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, name.replace("_", " "))
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def _take(self, item: QListWidgetItem) -> None:
        self.hide()
        self.chosen.emit(item.text())
