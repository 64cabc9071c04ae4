"""The list of what could be meant by what is typed; it comes up with Tab, and by itself for :emoji: and #channels."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from natterjack.client.chatting.commands import COMMANDS
from natterjack.client.chatting.listing import listing
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Completion, Model
from natterjack.client.view.completing import completions
from natterjack.client.view.emoji import EMOJI
from natterjack.desktop.theme import Themes

#: Candidates in the list, and those that are seen at a time.
_MOST: Final = 60
_SEEN: Final = 8
_NAMES: Final = {sign: name for name, sign in reversed(EMOJI.items())}


def complete(model: Model, text: str, cursor: int) -> Completion:
    """What could be meant by what stands before ``cursor``."""
    found = completions(model, text, cursor, tuple(COMMANDS), listing)
    return Completion(found.start, found.candidates[:_MOST])


class CompletionList(QListWidget):
    """Above the composer. ``chosen`` tells the candidate to be put in."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, themes: Themes) -> None:
        super().__init__(parent)
        self._themes = themes
        self.place = parent
        self.start = 0
        self.setObjectName("completion")
        self.setAccessibleName("Completions")
        self.setProperty("look", "field")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._clicked)
        self.hide()

    def offer(self, found: Completion, at: QPoint, width: int) -> None:
        """Show ``found`` above the point ``at``, of the parent."""
        self.clear()
        self.start = found.start
        for candidate in found.candidates:
            words = candidate.strip()
            name = _NAMES.get(words)
            item = QListWidgetItem(f"{words}  :{name}:" if name else harmless(words))
            item.setData(Qt.ItemDataRole.UserRole, candidate)
            self.addItem(item)
        if not found.candidates:
            self.hide()
            return
        self.setCurrentRow(0)
        rows = min(_SEEN, self.count())
        high = self.sizeHintForRow(0) * rows + 2 * self.frameWidth() + 4
        self.setFixedSize(QSize(min(width, self._themes.px(320)), high))
        self.move(at - QPoint(0, high))
        self.show()
        self.raise_()

    def step(self, way: int) -> None:
        """The next candidate (1), or the one before (-1)."""
        self.setCurrentRow((self.currentRow() + way) % max(1, self.count()))

    def is_whole(self, word: str) -> bool:
        """Whether ``word`` is one of them already, and nobody has gone to another."""
        found = [self.item(row).data(Qt.ItemDataRole.UserRole).strip() for row in range(self.count())]
        return self.currentRow() == 0 and word in found

    def take(self) -> None:
        """The one that is marked is meant."""
        item = self.currentItem()
        if item is not None:
            self._clicked(item)

    def _clicked(self, item: QListWidgetItem) -> None:
        self.hide()
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
