"""The search panel: what was said here, at once, and on the whole server; a hit is jumped to."""

from __future__ import annotations

import time
from datetime import date, datetime
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDate, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QCalendarWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.channels import is_channel
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model.items import Message
from natterjack.desktop import icons
from natterjack.desktop.fitting import on_screen
from natterjack.desktop.messages.style import day_of
from natterjack.desktop.server import Server

if TYPE_CHECKING:
    from natterjack.desktop.window import Window

#: Hits shown; lines looked at in one go, so that nothing waits for them; milliseconds after the last key.
_MOST: Final = 200
_SLICE: Final = 5000
_PAUSE: Final = 200
_HIT: Final = Qt.ItemDataRole.UserRole


class SearchPanel(QWidget):
    """Beside the messages."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._server: Server | None = None
        self._asked = 0  # the number of the search under way on the server
        self._place = 0  # how far back has been looked
        self._answered = False  # whether the list is the server's answer
        self.setObjectName("search_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._begin)
        self._looking = QTimer(self)
        self._looking.setInterval(0)
        self._looking.timeout.connect(self._look)
        self.field = QLineEdit(self)
        self._close = QToolButton(self)
        self.here = QToolButton(self)
        self.server = QToolButton(self)
        self._scopes = QButtonGroup(self)
        self.count = QLabel(self)
        self.list = QListWidget(self)
        self._column = QVBoxLayout(self)
        self._lay_out()
        window.app.themes.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self.field.setPlaceholderText("Search")
        self.field.setAccessibleName("Search for")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(lambda _: self._timer.start())
        self.field.returnPressed.connect(self._entered)
        self._close.setAccessibleName("Close the search")
        self._close.setToolTip("Close (Escape)")
        self._close.clicked.connect(self._window.close_search)
        QShortcut(
            QKeySequence("Escape"),
            self,
            self._window.close_search,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        scopes = QHBoxLayout()
        for button, words in ((self.here, "Here"), (self.server, "Whole server")):
            button.setText(words)
            button.setCheckable(True)
            button.setAccessibleName(f"Search: {words}")
            self._scopes.addButton(button)
            scopes.addWidget(button)
        scopes.addStretch(1)
        self.here.setChecked(True)
        self._scopes.buttonClicked.connect(lambda _: self._begin())
        self.count.setProperty("look", "dim")
        self.count.setWordWrap(True)
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.list.setObjectName("found")
        self.list.setAccessibleName("Found messages")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._jump)
        self.list.itemActivated.connect(self._jump)
        top = QHBoxLayout()
        top.addWidget(self.field, 1)
        top.addWidget(self._close)
        self._column.addLayout(top)
        self._column.addLayout(scopes)
        self._column.addWidget(self.count)
        self._column.addWidget(self.list, 1)

    def begin(self) -> None:
        """The person wants to type what is looked for."""
        self.field.setFocus()
        self.field.selectAll()

    def show_server(self, server: Server | None) -> None:
        """Another server is shown."""
        if self._server is not None:
            self._server.heard.disconnect(self._heard)
        self._server = server
        if server is not None:
            server.heard.connect(self._heard)
        self.moved()

    def moved(self) -> None:
        """Another conversation is shown."""
        if self.isVisible() and self.here.isChecked():
            self._begin()

    # -- looking ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._looking.stop()
        self._asked, self._answered = 0, False
        self.list.clear()
        text = self.field.text().strip()
        self._window.messages.search(text)
        server = self._server
        if not text or server is None:
            self.count.setText("")
            return
        if self.here.isChecked():
            self._place = len(server.current.items)
            self.count.setText("Searching…")
            self._looking.start()
        else:
            self.count.setText("Press Enter to search on the server.")

    def _entered(self) -> None:
        text = self.field.text().strip()
        if self._timer.isActive():
            self._timer.stop()
            self._begin()
        if self.server.isChecked() and self._server is not None and text and not self._answered:
            self.list.clear()
            self.count.setText("Searching…")
            if not self._server.online:
                self.count.setText("There is no connection. Here is searched without one.")
                return
            self._asked = self._server.ask(lambda ref: r.Search(ref, "", text, 100), elsewhere=True)
        elif self.list.count():
            row = (self.list.currentRow() + 1) % self.list.count()
            self.list.setCurrentRow(row)
            self._jump(self.list.item(row))

    def _look(self) -> None:
        """Through some more lines, from the last to the first."""
        server = self._server
        wanted = self.field.text().strip().casefold()
        if server is None or not wanted:
            self._looking.stop()
            return
        items = server.current.items
        first = max(0, self._place - _SLICE)
        for item in reversed(items[first : self._place]):
            if isinstance(item, Message) and wanted in item.text.casefold():
                self._add(item.nick, item.time, item.text, "", item.msgid, item)
                if self.list.count() >= _MOST:
                    first = 0
                    break
        self._place = first
        if first == 0:
            self._looking.stop()
            self._tell()

    def _heard(self, event: e.Event) -> None:
        """What the server answers."""
        if getattr(event, "ref", 0) != self._asked or not self._asked:
            return
        if isinstance(event, e.Found):
            where = event.target if is_channel(event.target) else event.sender.nick
            self._add(event.sender.nick, event.time, event.text, where, event.msgid, None)
        elif isinstance(event, e.Done):
            self._asked = 0
            self._answered = self.list.count() > 0
            self._tell()
        elif isinstance(event, e.Refused | e.Unanswered):
            self._asked = 0
            self.count.setText(harmless(event.text))

    def _tell(self) -> None:
        count = self.list.count()
        if count >= _MOST:
            self.count.setText(f"The last {count} that fit.")
        elif count:
            self.count.setText(f"{count} found. Enter goes from one to the next.")
        elif self.here.isChecked():
            self.count.setText("Nothing of what is here fits. The whole server may have more.")
        else:
            self.count.setText("Nothing was found.")

    def _add(
        self, nick: str, moment: float, text: str, where: str, msgid: str, message: Message | None
    ) -> None:
        head = f"{harmless(nick)}  ·  {self._moment(moment)}"
        head += f"  ·  {harmless(where)}" if where else ""
        item = QListWidgetItem(f"{head}\n{harmless(text)[:300]}")
        item.setData(_HIT, (where, msgid, moment, message))
        self.list.addItem(item)

    def _moment(self, seconds: float) -> str:
        """Short: what one knows anyhow is left out."""
        day, today = day_of(seconds), day_of(time.time())
        moment = time.strftime(self._window.app.settings.time_format, time.localtime(seconds))
        if day == today:
            return moment
        return f"{day.day} {day:%b} {moment}" if day.year == today.year else f"{day.day} {day:%b %Y} {moment}"

    def _jump(self, item: QListWidgetItem) -> None:
        where, msgid, moment, message = item.data(_HIT)
        server = self._server
        if server is None:
            return
        if where:
            server.look_at(where)

        def jump() -> None:
            messages = self._window.messages
            if message is not None:
                messages.jump_to(message)
            elif not messages.jump_to_message(msgid):
                self.jump_to_time(moment)

        if self._window.uncover():
            QTimer.singleShot(0, jump)  # the messages have no size before they have been laid out
        else:
            jump()

    # -- by date ---------------------------------------------------------------------------------------------------

    def ask_date(self, below: QWidget) -> None:
        """Choose a day to jump to."""
        if self._server is None:
            return
        frame = QFrame(self._window, Qt.WindowType.Popup)
        frame.setProperty("look", "card")
        frame.setAccessibleName("Jump to a date")
        calendar = QCalendarWidget(frame)
        calendar.setAccessibleName("Day")
        calendar.setMaximumDate(QDate.currentDate())
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):  # not in a red that no theme knows of
            calendar.setWeekdayTextFormat(day, calendar.weekdayTextFormat(Qt.DayOfWeek.Monday))
        calendar.activated.connect(lambda day: self._date_chosen(frame, day))
        calendar.clicked.connect(lambda day: self._date_chosen(frame, day))
        box = QVBoxLayout(frame)
        box.setContentsMargins(6, 6, 6, 6)
        box.addWidget(calendar)
        frame.adjustSize()
        at = below.mapToGlobal(QPoint(below.width() - frame.width(), below.height() + 4))
        frame.move(on_screen(frame, at))
        frame.show()
        calendar.setFocus()

    def _date_chosen(self, frame: QFrame, day: QDate) -> None:
        frame.close()
        self.jump_to_day(date(day.year(), day.month(), day.day()))

    def jump_to_day(self, day: date) -> None:
        """To the first that was said on ``day``, or after it."""
        self.jump_to_time(datetime.combine(day, time_of_day()).timestamp())

    def jump_to_time(self, seconds: float) -> None:
        """To the first that was said from then on; what is not here is fetched."""
        server = self._server
        if server is None:
            return
        items = server.current.items
        old_enough = bool(items) and items[0].time <= seconds
        if old_enough or not server.online:
            self._window.messages.jump_to_time(seconds)
            return
        server.load_back_to(seconds, lambda: self._window.messages.jump_to_time(seconds))

    # -- look ------------------------------------------------------------------------------------------------------

    def _restyle(self) -> None:
        themes = self._window.app.themes
        px = themes.px
        self._column.setContentsMargins(px(12), px(12), px(12), px(8))
        self._column.setSpacing(px(8))
        self._close.setIcon(icons.icon("close", themes.theme.dim))
        self._close.setIconSize(QSize(px(18), px(18)))
