"""A place for what stands above something else: as high as that is, and scrolling where there is no room for it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QSizePolicy, QWidget

#: Pixels of it that are kept in sight.
_LEAST: Final = 96


class Above(QScrollArea):
    """``inner`` decides whether there is anything: with it this is shown and hidden."""

    def __init__(self, inner: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._inner = inner
        self.setAccessibleName(inner.accessibleName())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidgetResizable(True)
        self.setWidget(inner)
        self.setHidden(inner.isHidden())
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_changed)

    def _whole(self) -> int:
        """The height of all that is in it."""
        return max(self._inner.heightForWidth(self.width()), self._inner.minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self._inner.sizeHint().width(), self._whole())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._inner.minimumSizeHint().width(), min(self._whole(), _LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            self.updateGeometry()
        QTimer.singleShot(
            0, self, lambda: self._focus_changed(None, QApplication.focusWidget())
        )  # once laid out

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inner:
            match event.type():
                case QEvent.Type.LayoutRequest:
                    self.updateGeometry()
                case QEvent.Type.ShowToParent | QEvent.Type.HideToParent:
                    self.setHidden(self._inner.isHidden())
        return super().eventFilter(watched, event)

    def _focus_changed(self, _: QWidget | None, now: QWidget | None) -> None:
        """What has the keyboard is to be seen."""
        if now is not None and self._inner.isAncestorOf(now):
            self.ensureWidgetVisible(now)
