"""Emoji to choose from, by eye or by name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from natterjack.client.view.emoji import EMOJI
from natterjack.desktop.theme import Themes

_COLUMNS: Final = 9
#: First of all, those that people react with.
_USUAL: Final = ("thumbsup", "heart", "joy", "tada", "eyes", "thinking", "cry", "fire", "rocket")


class EmojiPicker(QFrame):
    """``chosen`` tells the character."""

    chosen = Signal(str)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._themes = themes
        self.setObjectName("emoji_picker")
        self.setProperty("look", "card")
        self.setAccessibleName("Choose an emoji")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Search emoji")
        self.field.setAccessibleName("Search emoji")
        self.field.textChanged.connect(self._fill)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Emoji")
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.itemClicked.connect(self._take)
        self.list.itemActivated.connect(self._take)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self.field)
        box.addWidget(self.list)

    def open_at(self, at: QPoint) -> None:
        """Above that point of the screen."""
        px = self._themes.px
        self.list.setFont(self._themes.font(1.5))
        self.list.setGridSize(QSize(px(36), px(36)))
        self.setFixedSize(px(36) * _COLUMNS + px(36), px(300))
        self.field.clear()
        self._fill("")
        self.move(at - QPoint(self.width() // 2, self.height() + px(6)))
        self.show()
        self.field.setFocus()

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
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                item = self.list.currentItem()
                if item is not None:
                    self._take(item)
            case Qt.Key.Key_Down:
                self.list.setFocus()
            case _:
                super().keyPressEvent(event)

    def _take(self, item: QListWidgetItem) -> None:
        self.hide()
        self.chosen.emit(item.text())
