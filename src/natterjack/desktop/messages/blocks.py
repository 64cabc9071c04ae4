"""A row laid out: what is painted where, what can be pressed, and the text that can be selected."""

from __future__ import annotations

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QTextLayout


class Hit(Struct, frozen=True):
    """A place that can be pressed. ``what`` is "link", "other-link", "quote", "reaction", "retry" and the like.

    ``tip`` is shown where the pointer rests.
    """

    rect: QRectF
    what: str
    value: str
    tip: str = ""


class Text:
    """A laid-out text at ``x``, ``y``, in ``colour`` where its formats say nothing else."""

    __slots__ = ("colour", "layout", "x", "y")

    def __init__(self, layout: QTextLayout, x: float, y: float, colour: QColor) -> None:
        self.layout = layout
        self.x = x
        self.y = y
        self.colour = colour

    def paint(self, painter: QPainter) -> None:
        painter.setPen(self.colour)
        self.layout.draw(painter, QPointF(self.x, self.y))


class Box:
    """A rectangle with round corners."""

    __slots__ = ("border", "fill", "radius", "rect")

    def __init__(self, rect: QRectF, radius: float, fill: QColor, border: QColor | None = None) -> None:
        self.rect = rect
        self.radius = radius
        self.fill = fill
        self.border = border

    def paint(self, painter: QPainter) -> None:
        painter.setPen(QPen(self.border, 1) if self.border is not None else Qt.PenStyle.NoPen)
        painter.setBrush(self.fill)
        if self.radius:
            painter.drawRoundedRect(self.rect, self.radius, self.radius)
        else:
            painter.drawRect(self.rect)


class Picture:
    """A pixmap at ``x``, ``y``."""

    __slots__ = ("pixmap", "x", "y")

    def __init__(self, pixmap: QPixmap, x: float, y: float) -> None:
        self.pixmap = pixmap
        self.x = x
        self.y = y

    def paint(self, painter: QPainter) -> None:
        painter.drawPixmap(QPointF(self.x, self.y), self.pixmap)


class Block:
    """``ground`` is behind all of it. ``body`` is the text that can be selected, as laid out at ``body_at``.

    ``words`` is what a screen reader says of it, ``stale`` whether it is to be laid out anew when something about
    transfers or pictures changes.
    """

    __slots__ = ("body", "body_at", "ground", "height", "hits", "marks", "pieces", "stale", "words")

    def __init__(self) -> None:
        self.height = 0.0
        self.pieces: list[Text | Box | Picture] = []
        self.hits: list[Hit] = []
        self.body: QTextLayout | None = None
        self.body_at = QPointF()
        self.ground: QColor | None = None
        self.marks: QColor | None = None  # of the bar at the left edge
        self.words = ""
        self.stale = False

    def hit(self, x: float, y: float) -> Hit | None:
        """What is pressed there."""
        point = QPointF(x, y)
        return next((each for each in self.hits if each.rect.contains(point)), None)

    def place(self, x: float, y: float) -> int:
        """The place in the body that is nearest, as Qt counts."""
        body = self.body
        if body is None or body.lineCount() == 0:
            return 0
        y -= self.body_at.y()
        number = 0
        while number + 1 < body.lineCount() and body.lineAt(number + 1).y() <= y:
            number += 1
        if y < 0:
            return 0
        return body.lineAt(number).xToCursor(x - self.body_at.x())
