"""Texts laid out by Qt, whose places count in 16-bit units where Python's count in characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QFont, QTextCharFormat, QTextLayout, QTextOption

#: Lines stand apart by so much of their height.
_SPACING: Final = 1.22
#: What parts lines for Qt, as LF does for Python.
LINE_END: Final = "\u2028"


def place16(text: str, place: int) -> int:
    """Python's ``place`` in ``text`` as Qt counts."""
    if text.isascii():
        return place
    return place + sum(1 for letter in text[:place] if letter > "\uffff")


def slice16(text: str, start: int, end: int) -> str:
    """What Qt means by ``start`` to ``end`` of ``text``."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "replace")


def length16(text: str) -> int:
    return place16(text, len(text))


def marked(
    start: int,
    length: int,
    *,
    colour: QColor | None = None,
    behind: QColor | None = None,
    font: QFont | None = None,
    underline: bool = False,
) -> QTextLayout.FormatRange:
    """A part of a text that looks different; ``start`` and ``length`` as Qt counts."""
    shape = QTextCharFormat()
    if colour is not None:
        shape.setForeground(QBrush(colour))
    if behind is not None:
        shape.setBackground(QBrush(behind))
    if font is not None:
        shape.setFont(font)
    if underline:
        shape.setFontUnderline(True)
    found = QTextLayout.FormatRange()
    found.start, found.length, found.format = start, length, shape
    return found


def lay(
    text: str,
    font: QFont,
    width: float,
    formats: Sequence[QTextLayout.FormatRange] = (),
    most_lines: int = 0,
) -> tuple[QTextLayout, float]:
    """``text`` in lines of at most ``width`` pixels, and how high that is. ``most_lines``: the rest is left out."""
    layout = QTextLayout(text.replace("\n", LINE_END), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    if formats:
        layout.setFormats(list(formats))
    layout.beginLayout()
    height = 0.0
    count = 0
    while not most_lines or count < most_lines:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(width, 1.0))
        room = line.height() * _SPACING
        line.setPosition(QPointF(0, height + (room - line.height()) / 2))
        height += room
        count += 1
    layout.endLayout()
    return layout, height


def natural_width(layout: QTextLayout) -> float:
    """How wide the widest of its lines is."""
    return max((layout.lineAt(n).naturalTextWidth() for n in range(layout.lineCount())), default=0.0)
