"""The program's own picture: a natterjack, the toad with the yellow line down its back, drawn at any size."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap

_SIZES: Final = (16, 22, 24, 32, 48, 64, 128, 256)
_SKIN: Final = QColor("#2f7d4d")
_DARK: Final = QColor("#1d5534")
_LINE: Final = QColor("#f2d24b")
_EYE: Final = QColor("#f6f3e4")
_PUPIL: Final = QColor("#16241b")
_CALLING: Final = QColor("#d3352b")


@lru_cache(maxsize=64)
def picture(size: int, calling: bool = False) -> QPixmap:
    """The toad, ``size`` pixels square; with a red dot where somebody is called."""
    made = QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.scale(size / 100, size / 100)
    painter.setBrush(_SKIN)
    for x in (27, 73):  # the eyes stand out above the head
        painter.drawEllipse(QPointF(x, 30), 20, 20)
    painter.drawRoundedRect(QRectF(4, 24, 92, 70), 36, 34)
    painter.setBrush(_LINE)
    painter.drawRoundedRect(QRectF(45, 25, 10, 36), 5, 5)
    for x in (27, 73):
        painter.setBrush(_EYE)
        painter.drawEllipse(QPointF(x, 31), 14, 14)
        painter.setBrush(_PUPIL)
        painter.drawEllipse(QPointF(x, 32), 7.5, 8.5)
    mouth = QPainterPath(QPointF(22, 68))
    mouth.cubicTo(QPointF(36, 84), QPointF(64, 84), QPointF(78, 68))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setColor(_DARK)
    pen.setWidthF(6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawPath(mouth)
    if calling:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(QPointF(78, 78), 22, 22)
        painter.setBrush(_CALLING)
        painter.drawEllipse(QPointF(78, 78), 17, 17)
    painter.end()
    return made


def icon(calling: bool = False) -> QIcon:
    """In all sizes that windows and trays ask for."""
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(picture(size, calling))
    return made
