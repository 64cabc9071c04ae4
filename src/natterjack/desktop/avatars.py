"""A picture for everybody, made of the nick: its letters on its colour. The same nick has the same one everywhere."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap

from natterjack.client.view import colours

#: Pictures kept: those of the people whom one sees.
_MOST: Final = 512
#: What is at the ends of nicks, and tells nobody apart.
_DECORATION: Final = "_-`^|[]{}\\"


def initials(nick: str) -> str:
    """Two letters for a nick of two words (``guest-kim``, ``ada_l``), one for all others."""
    word = nick.strip(_DECORATION) or nick
    for place, letter in enumerate(word):
        if letter in _DECORATION and place + 1 < len(word):
            rest = word[place + 1 :].lstrip(_DECORATION)
            return (word[0] + rest[:1]).upper()
    return word[:1].upper()


def colours_of(nick: str, dark: bool) -> tuple[QColor, QColor]:
    """Ground and letters. The ground is as bright as text on the other theme's ground has to be: it contrasts."""
    ground = QColor(*colours.rgb(colours.hue_of(nick), colours.Ground.DARK if dark else colours.Ground.LIGHT))
    return ground, QColor("#000000") if dark else QColor("#ffffff")


@lru_cache(maxsize=_MOST)
def avatar(nick: str, size: int, dark: bool, ratio: float = 1.0) -> QPixmap:
    """``size`` pixels square, for a screen with so many of its own pixels (``ratio``) for each of those."""
    side = round(size * ratio)
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    ground, ink = colours_of(nick, dark)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.28, side * 0.28)
    text = initials(nick)
    font = QFont()
    font.setPixelSize(max(1, round(side * (0.42 if len(text) > 1 else 0.52))))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture
