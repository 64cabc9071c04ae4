"""The button that leads to the first message that is new, as long as that is further up and was not seen yet."""

from __future__ import annotations

from itertools import islice
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from natterjack.client.model import Conversation
from natterjack.client.model.items import Item, Message
from natterjack.desktop.messages.paper import Paper
from natterjack.desktop.theme import Themes

#: New lines looked at for counting.
_MOST: Final = 1000


class FirstNew(QPushButton):
    """Stands at the top of ``paper``. :meth:`refresh` is to be called when something may be different."""

    def __init__(self, paper: Paper, themes: Themes) -> None:
        super().__init__(paper.viewport())
        self._paper = paper
        self._themes = themes
        #: Where the first one was, once it has been in sight.
        self._seen: tuple[Conversation, float] | None = None
        self.setObjectName("to_new")
        self.setProperty("look", "primary")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.jump)
        self.hide()

    def refresh(self) -> None:
        """Show it where it leads somewhere."""
        conversation = self._paper.conversation
        first = conversation.first_new
        if first is None:
            self._seen = None
            self.hide()
            return
        place = (conversation, first.time)
        if self._paper.isActiveWindow() and not self._paper.is_above(first):
            self._seen = place
        if place == self._seen or not self._paper.is_above(first):
            self.hide()
            return
        self._show(conversation, first)

    def _show(self, conversation: Conversation, first: Item) -> None:
        new = islice(conversation.items, len(conversation.items) - conversation.new_items, None)
        count = sum(isinstance(each, Message) and not each.own for each in islice(new, _MOST))
        many = f"{count}+" if conversation.new_items > _MOST else f"{count}"
        words = f"{many} new {'message' if count == 1 else 'messages'} since {self._paper.when(first.time)}"
        self.setText(f"↑  {words}")
        self.setAccessibleName(f"{words}: jump there")
        self.setToolTip("Jump there (Alt+U)")
        self.adjustSize()
        port = self._paper.viewport().rect()
        self.move(max(0, (port.width() - self.width()) // 2), self._themes.px(10))
        self.show()
        self.raise_()

    def jump(self) -> None:
        """There. It has been seen by that."""
        conversation = self._paper.conversation
        first = conversation.first_new
        if first is not None:
            self._seen = (conversation, first.time)
            self._paper.jump_to(first)
        self.refresh()
