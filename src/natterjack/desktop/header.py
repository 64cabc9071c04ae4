"""What stands above the messages: where one is, what it is about, and what can be opened beside it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Channel
from natterjack.desktop import icons
from natterjack.desktop.plain import tip
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes


class Elided(QLabel):
    """A text of one line of which as much is shown as there is room for; all of it where the pointer rests."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(20)

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def set_whole(self, text: str) -> None:
        if text != self._whole:
            self._whole = text
            self.setToolTip(tip(text))
            self.setAccessibleName(text)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(
            self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width() - 2)
        )


class Header(QFrame):
    """``pressed`` tells which button: "menu", "search", "calendar", "people"."""

    pressed = Signal(str)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setObjectName("header")
        self.title = Elided(self)
        self.title.setObjectName("title")
        self.topic = Elided(self)
        self.topic.setObjectName("topic")
        self.topic.setProperty("look", "dim")
        self.buttons: dict[str, QToolButton] = {}
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.topic)
        words.addStretch(1)
        self._row = row = QHBoxLayout(self)
        row.addWidget(self._button("menu", "Menu, channels and people"))
        row.addLayout(words, 1)
        for name, text in (
            ("search", "Search (Ctrl+F)"),
            ("calendar", "Jump to a date (Ctrl+J)"),
            ("people", "People (F3)"),
        ):
            row.addWidget(self._button(name, text))
        self.buttons["people"].setCheckable(True)
        self.buttons["menu"].hide()
        themes.changed.connect(self._restyle)
        self._restyle()

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"header_{name}")
        button.setToolTip(words)
        button.setAccessibleName(words.partition(" (")[0])
        button.clicked.connect(lambda: self.pressed.emit(name))
        self.buttons[name] = button
        return button

    def refresh(self, server: Server | None) -> None:
        """Where one is may be another place now, or be about something else."""
        conversation = server.current if server is not None else None
        if server is None or conversation is None or not conversation.name:
            self.title.set_whole(harmless(server.name) if server is not None else "Natterjack")
            self.topic.set_whole("")
        elif isinstance(conversation, Channel):
            self.title.set_whole(harmless(conversation.name))
            count = conversation.crowd
            gone = "not joined" if server.online else "not connected"
            people = f"{count} {'person' if count == 1 else 'people'}" if conversation.joined else gone
            topic = harmless(conversation.topic)
            self.topic.set_whole(f"{people}  ·  {topic}" if topic else people)
        else:
            self.title.set_whole(harmless(conversation.name))
            person = server.model.people.get(conversation.name)
            away = person.away if person is not None else None
            words = "Private conversation"
            if away is not None:
                words = f"Away: {harmless(away)}" if away else "Away"
            self.topic.set_whole(words)
        self.topic.setVisible(bool(self.topic.whole))

    def _restyle(self) -> None:
        theme, px = self._themes.theme, self._themes.px
        self.setFixedHeight(px(58))
        self._row.setContentsMargins(px(20), 0, px(12), 0)
        self._row.setSpacing(px(4))
        self.title.setFont(self._themes.font(1.15, bold=True))
        self.topic.setFont(self._themes.font(0.9))
        for name, button in self.buttons.items():
            button.setIcon(icons.icon(name, theme.dim))
            button.setIconSize(QSize(px(20), px(20)))
