"""Nothing that comes up is larger than the screen, or beside it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

#: The rest is for the frame that a desktop draws, and for its panels.
_OF_SCREEN: Final = 0.9


def fit(dialog: QWidget, width: int, height: int) -> None:
    """Have that size, or as much of it as the screen has."""
    screen = dialog.screen().availableGeometry()
    dialog.resize(min(width, screen.width()), min(height, round(screen.height() * _OF_SCREEN)))


def on_screen(card: QWidget, at: QPoint) -> QPoint:
    """``at``, or the nearest place where all of ``card`` can be seen."""
    room = (QGuiApplication.screenAt(at) or card.screen()).availableGeometry()
    x = max(room.left(), min(at.x(), room.right() + 1 - card.width()))
    y = max(room.top(), min(at.y(), room.bottom() + 1 - card.height()))
    return QPoint(x, y)
