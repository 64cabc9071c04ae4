"""The window's icons: lines on a field of 24 by 24, drawn in the colour and size that is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

#: Orders with their numbers: M move, L line, C curve, Z close, O a circle (x, y, radius), D a dot, R a rounded
#: rectangle (x, y, width, height, radius).
_SHAPES: Final = {
    "reply": "M 9 7 L 4 12 L 9 17 M 4 12 L 14 12 C 18 12 20 14 20 18",
    "react": "O 12 12 9 D 9 10 1.1 D 15 10 1.1 M 8 14 C 9.5 16.7 14.5 16.7 16 14",
    "edit": "M 4 20 L 5 15.5 L 16 4.5 L 19.5 8 L 8.5 19 Z M 14 6.5 L 17.5 10",
    "delete": "M 4 7 L 20 7 M 9 7 L 9 4 L 15 4 L 15 7 M 6 7 L 7 20 L 17 20 L 18 7 M 10 11 L 10 16 M 14 11 L 14 16",
    "more": "D 5 12 1.7 D 12 12 1.7 D 19 12 1.7",
    "send": "M 4 12 L 20 4.5 L 15 20 L 11.5 13 Z M 11.5 13 L 20 4.5",
    "attach": "M 19.5 11.5 L 12 19 C 7.5 23 1.5 17 6 12.5 L 13.5 5 C 16.5 2 20.5 6 17.5 9 L 10.5 16 "
    "C 9 17.5 7 15.5 8.5 14 L 15 7.5",
    "search": "O 10.5 10.5 6.5 M 15.5 15.5 L 20.5 20.5",
    "people": "O 9 8 3.6 M 2.5 20 C 2.5 15 5 13.5 9 13.5 C 13 13.5 15.5 15 15.5 20 M 16 4.8 C 19.5 5 19.5 11 16 11.2 "
    "M 18 14 C 20.5 15 21.5 17 21.5 20",
    "calendar": "R 3.5 5 17 15.5 2.5 M 3.5 10 L 20.5 10 M 8 3 L 8 7 M 16 3 L 16 7",
    "file": "M 6 3.5 L 14 3.5 L 18.5 8 L 18.5 20.5 L 6 20.5 Z M 14 3.5 L 14 8 L 18.5 8",
    "down": "M 6 10 L 12 16 L 18 10",
    "close": "M 6 6 L 18 18 M 18 6 L 6 18",
    "plus": "M 12 5 L 12 19 M 5 12 L 19 12",
    "hash": "M 5 9 L 20 9 M 4 15 L 19 15 M 10 4 L 8 20 M 16 4 L 14 20",
    "info": "O 12 12 9 M 12 11 L 12 16.5 D 12 7.7 1.2",
    "warning": "O 12 12 9 M 12 7 L 12 13 D 12 16.4 1.2",
    "join": "M 4 12 L 15 12 M 11 8 L 15 12 L 11 16 M 18.5 5 L 18.5 19",
    "menu": "M 4 7 L 20 7 M 4 12 L 20 12 M 4 17 L 20 17",
    "settings": "O 12 12 3 M 12 3.5 L 12 6 M 12 18 L 12 20.5 M 3.5 12 L 6 12 M 18 12 L 20.5 12 "
    "M 6 6 L 7.8 7.8 M 16.2 16.2 L 18 18 M 18 6 L 16.2 7.8 M 7.8 16.2 L 6 18",
    "clock": "O 12 12 8.5 M 12 7 L 12 12 L 15.5 14",
}
_WIDTH: Final = 1.7


def icon(name: str, colour: QColor) -> QIcon:
    """For a button."""
    return QIcon(pixmap(name, 48, colour.rgba()))


@lru_cache(maxsize=256)
def pixmap(name: str, size: int, rgba: int, ratio: float = 1.0) -> QPixmap:
    """``size`` pixels square, for a screen of that ``ratio``."""
    side = round(size * ratio)
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / 24, side / 24)
    colour = QColor.fromRgba(rgba)
    pen = QPen(colour, _WIDTH)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    lines, dots = _paths(_SHAPES[name])
    painter.drawPath(lines)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(dots)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def _paths(shape: str) -> tuple[QPainterPath, QPainterPath]:
    """What is drawn as a line, and what is filled."""
    lines, dots = QPainterPath(), QPainterPath()
    words = iter(shape.split())

    def number() -> float:
        return float(next(words))

    def point() -> QPointF:
        return QPointF(number(), number())

    for order in words:
        match order:
            case "M":
                lines.moveTo(point())
            case "L":
                lines.lineTo(point())
            case "C":
                lines.cubicTo(point(), point(), point())
            case "Z":
                lines.closeSubpath()
            case "O":
                centre, radius = point(), number()
                lines.addEllipse(centre, radius, radius)
            case "D":
                centre, radius = point(), number()
                dots.addEllipse(centre, radius, radius)
            case "R":
                x, y, width, height, radius = (number() for _ in range(5))
                lines.addRoundedRect(QRectF(x, y, width, height), radius, radius)
    return lines, dots
