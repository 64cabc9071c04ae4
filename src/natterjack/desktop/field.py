"""The field in which one types: as high as its text, and what is dropped or pasted there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit

if TYPE_CHECKING:
    from natterjack.desktop.composer import Composer

#: Lines that are seen at a time.
_MOST_LINES: Final = 8


class Field(QPlainTextEdit):
    """As high as what is in it. ``entered``: it is meant; ``key`` lets the composer see keys first."""

    entered = Signal()
    dropped = Signal(object)

    def __init__(self, composer: Composer) -> None:
        super().__init__(composer)
        self._composer = composer
        self._hint = ""
        self.setObjectName("composer_field")
        self.setAccessibleName("Message")
        self.setTabChangesFocus(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self.fit())
        self.fit()

    def fit(self) -> None:
        """Have the height of the text."""
        metrics = self.fontMetrics()
        lines = min(_MOST_LINES, max(1, round(self.document().size().height())))
        margins = self.contentsMargins()
        extra = 2 * self.document().documentMargin() + margins.top() + margins.bottom() + 4
        self.setFixedHeight(round(lines * metrics.lineSpacing() + extra))

    def set_hint(self, words: str) -> None:
        """``words`` stand there as long as nothing else does, on one line."""
        self._hint = words
        self.setAccessibleName(words)
        room = self.viewport().width() - round(2 * self.document().documentMargin())
        self.setPlaceholderText(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.set_hint(self._hint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._composer.takes(event):
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasUrls() or source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Files and pictures go to the server, texts into the field."""
        if files_in(source) or (source.hasImage() and not source.hasText()):
            self.dropped.emit(source)
        else:
            self.insertPlainText(source.text().replace("\r\n", "\n").replace("\r", "\n"))


def files_in(source: QMimeData) -> list[str]:
    """The paths of the files in what was dropped or pasted."""
    return [url.toLocalFile() for url in source.urls() if url.isLocalFile()] if source.hasUrls() else []
