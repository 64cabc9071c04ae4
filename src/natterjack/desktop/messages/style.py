"""The fonts and lengths that messages are laid out with; made anew when theme, zoom or the time's format change."""

from __future__ import annotations

import time
from datetime import date

from PySide6.QtGui import QFont, QFontMetricsF

from natterjack.desktop.settings import Settings
from natterjack.desktop.theme import Theme, Themes


class Style:
    """Lengths are in pixels. ``left``: where texts begin; what is before that is for avatars and times."""

    def __init__(self, themes: Themes, settings: Settings, ratio: float) -> None:
        px = themes.px
        self.theme: Theme = themes.theme
        self.ratio = ratio
        self.px = px
        self.body = themes.font()
        self.nick = themes.font(1.0)
        self.nick.setWeight(QFont.Weight.DemiBold)
        self.small = themes.font(0.88)
        self.small_bold = themes.font(0.88)
        self.small_bold.setWeight(QFont.Weight.DemiBold)
        self.tiny = themes.font(0.8)
        self.large = themes.font(2.2)
        self.italic = themes.font()
        self.italic.setItalic(True)
        self.pad = px(20)
        self.avatar = px(36)
        self.left = self.pad + self.avatar + px(14)
        self.right = px(28)
        self.nick_metrics = QFontMetricsF(self.nick)
        self.tiny_metrics = QFontMetricsF(self.tiny)
        self._format = settings.time_format

    def time(self, seconds: float) -> str:
        """As the person wants it."""
        text = time.strftime(self._format, time.localtime(seconds))
        return text.lstrip("0") if text.endswith(("AM", "PM")) else text

    def moment(self, seconds: float) -> str:
        """Day and time, with seconds."""
        at = time.localtime(seconds)
        return f"{day_words(date(*at[:3]))}, {time.strftime('%H:%M:%S', at)}"


def day_words(day: date) -> str:
    """In words: Friday, 1 May 2026."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def day_of(seconds: float) -> date:
    """The day of that moment, where the person lives."""
    return date(*time.localtime(seconds)[:3])
