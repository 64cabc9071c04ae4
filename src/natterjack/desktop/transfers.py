"""Files on their way, in a pane at the bottom: how far each is, and what can be done about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.values import Direction, State, Transfer
from natterjack.client.view.spans import duration
from natterjack.desktop.header import Elided
from natterjack.desktop.theme import Themes
from natterjack.proto.sizes import in_words

if TYPE_CHECKING:
    from natterjack.desktop.server import Server
    from natterjack.desktop.window import Window

#: Rows shown: the newest; and so many without scrolling.
_MOST: Final = 60
_SEEN: Final = 3
#: All buttons of a row, in their order.
_ACTS: Final = ("Pause", "Resume", "Open", "Folder", "Cancel")
_STEPS: Final = 1000  # of a bar


def state_words(transfer: Transfer) -> str:
    """How it stands, in one line."""
    size = in_words(transfer.size) if transfer.size >= 0 else "unknown size"
    match transfer.state:
        case State.RUNNING:
            parts = [f"{in_words(transfer.done)} of {size}"]
            parts += [f"{in_words(transfer.speed)}/s"] if transfer.speed > 0 else []
            parts += [f"{duration(transfer.left)} left"] if transfer.left is not None else []
            return "  ·  ".join(parts)
        case State.WAITING:
            return f"Waits: {transfer.text}" if transfer.text else "Waits for its turn"
        case State.CHECKING:
            return "Looking at what is there already"
        case State.PAUSED:
            return f"Paused at {in_words(transfer.done)} of {size}"
        case State.DONE if transfer.direction is Direction.UP:
            return f"Sent to {transfer.target}  ·  {size}" if transfer.target else f"Sent  ·  {size}"
        case State.DONE:
            return f"Saved in {Path(transfer.path).parent}  ·  {size}"
        case State.CANCELLED:
            return "Cancelled"
    return transfer.text


def acts_for(transfer: Transfer) -> tuple[str, ...]:
    """What can be done about it, as its buttons say it."""
    if transfer.state is State.DONE:
        return ("Open", "Folder") if transfer.direction is Direction.DOWN else ()
    if transfer.state is State.PAUSED or transfer.again:
        return ("Resume", "Cancel")
    return ("Pause", "Cancel") if transfer.active else ()


class Row(QFrame):
    """One transfer."""

    def __init__(self, pane: TransferDock, server: Server, transfer: Transfer, themes: Themes) -> None:
        super().__init__()
        self._pane, self._server, self.transfer = pane, server, transfer
        self._buttons: dict[str, QPushButton] = {}
        self._name, self._words = Elided(self), Elided(self)
        self._arrow = arrow = QLabel("↑" if transfer.direction is Direction.UP else "↓", self)
        arrow.setAccessibleName("Sending" if transfer.direction is Direction.UP else "Fetching")
        arrow.setProperty("look", "dim")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._row = QHBoxLayout()
        self._grid = grid = QGridLayout(self)
        grid.addWidget(arrow, 0, 0, 3, 1)
        grid.addWidget(self._name, 0, 1)
        grid.addWidget(self._words, 1, 1)
        grid.addWidget(self._bar, 2, 1)
        grid.addLayout(self._row, 0, 2, 3, 1)
        grid.setColumnStretch(1, 1)
        for words in _ACTS:
            self._buttons[words] = self._button(words)
        self.restyle(themes)
        self.show_transfer(transfer)

    def restyle(self, themes: Themes) -> None:
        """Theme or zoom are others now."""
        self._name.setFont(themes.font(1.0, bold=True))
        self._arrow.setFont(themes.font(1.3))
        self._row.setSpacing(themes.px(4))
        self._grid.setContentsMargins(*(themes.px(length) for length in (16, 6, 12, 8)))
        self._grid.setHorizontalSpacing(themes.px(12))
        self._grid.setVerticalSpacing(themes.px(3))

    def press(self, words: str) -> None:
        """As if that button had been pressed."""
        self._buttons[words].click()

    def show_transfer(self, transfer: Transfer) -> None:
        """It stands otherwise now."""
        self.transfer = transfer
        self.setAccessibleName(f"{harmless(transfer.name)}: {state_words(transfer)}")
        self._name.set_whole(harmless(transfer.name))
        self._words.set_whole(harmless(state_words(transfer)))
        failed = transfer.state is State.FAILED
        _look(self._words, "wrong" if failed else "dim")
        known = transfer.size > 0
        moving = transfer.state is State.RUNNING
        self._bar.setRange(0, _STEPS if known or not moving else 0)
        if known:
            self._bar.setValue(_STEPS * min(transfer.done, transfer.size) // transfer.size)
        self._bar.setAccessibleName(f"How far {harmless(transfer.name)} is")
        self._bar.setVisible(transfer.state not in (State.DONE, State.CANCELLED))
        _look(self._bar, "wrong" if failed else "moving" if moving else "still")
        self._offer(acts_for(transfer))

    def _offer(self, wanted: tuple[str, ...]) -> None:
        """Have these buttons. A button that goes leaves the focus to what takes its place: the system would give it
        to the next one, and whoever presses Space twice on Pause would have cancelled."""
        goes = any(button.hasFocus() for words, button in self._buttons.items() if words not in wanted)
        for words in wanted:
            self._buttons[words].show()
        if goes:
            self._buttons[wanted[0]].setFocus() if wanted else self._pane.left.emit()
        for words, button in self._buttons.items():
            button.setVisible(words in wanted)

    def _button(self, words: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setProperty("look", "quiet")
        button.setAutoDefault(True)  # Enter presses it, too
        button.setAccessibleName(f"{words} {harmless(self.transfer.name)}")
        button.clicked.connect(lambda: self._pane.act(self._server, self.transfer, words))
        self._row.addWidget(button)
        return button


class TransferDock(QDockWidget):
    """Comes up by itself when something begins to move; nobody need look at it."""

    #: There is nothing left to do for whoever was at it with the keyboard.
    left = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__("Files", window)
        self._window = window
        self._rows: dict[tuple[int, int], Row] = {}  # by server and number
        self._put_away: set[tuple[int, int]] = set()
        self.setObjectName("transfers")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self._list = QWidget(self)
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setWidget(self._list)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Files on their way")
        self.setWidget(self._area)
        self._title = QLabel("Files", self)
        self._clear = QPushButton("Put away what is done", self)
        self._head = self._make_head()
        self._restyle()
        self._say_what_is_here()
        self.hide()
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        window.app.server_added.connect(self._added)
        window.app.server_removed.connect(self._removed)
        window.app.themes.changed.connect(self._restyle)
        for server in window.app.servers:
            self._added(server)

    def _make_head(self) -> QHBoxLayout:
        """Above the rows: what they are, and what can be done with all of them."""
        whole = QWidget(self)
        whole.setObjectName("transfers_title")
        row = QHBoxLayout(whole)
        self._title.setProperty("look", "dim")
        self._clear.clicked.connect(self.put_away)
        close = QPushButton("Hide", whole)
        close.setAccessibleName("Hide the files")
        close.clicked.connect(self.hide)
        row.addWidget(self._title, 1)
        for button in (self._clear, close):
            button.setProperty("look", "quiet")
            button.setAutoDefault(True)
            row.addWidget(button)
        self.setTitleBarWidget(whole)
        return row

    def _fit(self) -> None:
        """Room for a few rows."""
        rows = [row.sizeHint().height() for row in self._rows.values()]
        self._area.setMinimumHeight(sum(rows[-_SEEN:]))

    @property
    def rows(self) -> list[Row]:
        return list(self._rows.values())

    def _added(self, server: Server) -> None:
        server.changed.connect(self._refresh_all)
        self.refresh(server)

    def _refresh_all(self) -> None:
        for server in self._window.app.servers:
            self.refresh(server)

    def _removed(self, server: Server) -> None:
        for key in [key for key in self._rows if key[0] == id(server)]:
            self._drop(key)

    def refresh(self, server: Server) -> None:
        """Show how the files of ``server`` stand now."""
        wanted = {(id(server), each.number): each for each in server.model.transfers.all[-_MOST:]}
        for key in [key for key in self._rows if key[0] == id(server) and key not in wanted]:
            self._drop(key)
        for key, transfer in wanted.items():
            row = self._rows.get(key)
            if row is None and key not in self._put_away:
                row = self._rows[key] = Row(self, server, transfer, self._window.app.themes)
                self._column.insertWidget(0, row)
                if transfer.active:
                    self.show()
            elif row is not None and row.transfer != transfer:
                row.show_transfer(transfer)
        self._fit()
        self._say_what_is_here()
        over = any(row.transfer.over for row in self._rows.values())
        if over != self._clear.isEnabled():
            self._clear.setEnabled(over)

    def _say_what_is_here(self) -> None:
        self._title.setText("Files" if self._rows else "No files on their way")

    def put_away(self) -> None:
        """What is over is not shown any more."""
        for key in [key for key, row in self._rows.items() if row.transfer.over]:
            self._put_away.add(key)
            self._drop(key)
        self._clear.setEnabled(False)
        self._say_what_is_here()
        if not self._rows:
            self.hide()

    def toggle(self) -> None:
        self.setVisible(not self.isVisible())

    def act(self, server: Server, transfer: Transfer, words: str) -> None:
        """The button ``words`` of a row was pressed."""
        number = transfer.number
        match words:
            case "Pause":
                server.ask(lambda ref: f.PauseTransfer(ref, number))
            case "Resume":
                server.ask(lambda ref: f.ResumeTransfer(ref, number))
            case "Cancel":
                server.ask(lambda ref: f.CancelTransfer(ref, number))
            case "Open":
                self._window.acts.open_file(transfer.path)
            case "Folder":
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(transfer.path).parent)))

    def _drop(self, key: tuple[int, int]) -> None:
        row = self._rows.pop(key)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _restyle(self) -> None:
        themes = self._window.app.themes
        self._head.setContentsMargins(*(themes.px(length) for length in (16, 4, 8, 2)))
        self._title.setFont(themes.font(0.85, bold=True))
        for row in self._rows.values():
            row.restyle(themes)
        self._fit()


def _look(widget: QWidget, look: str) -> None:
    """The style sheet looks at properties only when it is told to."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
