"""The small bar of buttons at the message that the pointer is on."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from natterjack.client.model.items import Message
from natterjack.desktop import icons
from natterjack.desktop.theme import Themes

#: What is wanted, and what the button says.
_TOOLS: Final = (
    ("react", "React"),
    ("reply", "Reply"),
    ("edit", "Edit"),
    ("delete", "Delete"),
    ("more", "More"),
)
#: Only for messages of one's own.
_OWN: Final = frozenset({"edit", "delete"})


class Toolbar(QFrame):
    """``chosen`` tells what is wanted of ``message``."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, themes: Themes) -> None:
        super().__init__(parent)
        self._themes = themes
        self.message: Message | None = None
        self.setObjectName("message_tools")
        self.setProperty("look", "card")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        self._buttons: dict[str, QToolButton] = {}
        for what, words in _TOOLS:
            button = QToolButton(self)
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the same is in the menu, which keys open
            button.clicked.connect(partial(self.chosen.emit, "menu" if what == "more" else what))
            self._buttons[what] = button
            row.addWidget(button)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_for(self, message: Message, right: int, top: int, *, own: bool) -> None:
        """At the upper edge of ``message``'s row, which is at ``top``."""
        if message is not self.message:
            self.message = message
            for what, button in self._buttons.items():
                button.setVisible(own or what not in _OWN)
            self.adjustSize()
        self.move(right - self.width(), max(2, top - self.height() // 2))
        self.show()
        self.raise_()

    def _restyle(self) -> None:
        side = self._themes.px(18)
        for what, button in self._buttons.items():
            button.setIcon(icons.icon(what, self._themes.theme.dim))
            button.setIconSize(QSize(side, side))
        self.message = None
