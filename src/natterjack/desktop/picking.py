"""A card with a field, and below it a list that follows what is typed there: one of its rows is taken."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from natterjack.desktop.fitting import on_screen
from natterjack.desktop.theme import Themes


class Picker(QFrame):
    """``name`` is the card's for those who hear it, ``ask`` what the field asks for, ``what`` what the list has.

    The ``margin`` around both is in pixels.
    """

    def __init__(
        self, themes: Themes, name: str, ask: str, what: str, margin: int, parent: QWidget | None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._themes = themes
        self.setProperty("look", "card")
        self.setAccessibleName(name)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(ask)
        self.field.setAccessibleName(ask)
        self.field.textChanged.connect(self._fill)
        self.list = QListWidget(self)
        self.list.setAccessibleName(what)
        self.list.itemClicked.connect(self._take)
        box = QVBoxLayout(self)
        box.setContentsMargins(margin, margin, margin, margin)
        box.addWidget(self.field)
        box.addWidget(self.list)

    def _open(self, at: QPoint) -> None:
        """At that point of the screen, with all there is."""
        self.field.clear()
        self._fill("")
        self.move(on_screen(self, at))
        self.show()
        self.field.setFocus()

    def _fill(self, text: str) -> None:
        """The list has what fits ``text``."""
        raise NotImplementedError

    def _take(self, item: QListWidgetItem) -> None:
        """This one it is."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._take(item)
        else:
            super().keyPressEvent(event)
