"""What the messages are written on: which rows there are, which of them are in sight, and how one gets to others.

Theory of operation. The rows come from :class:`~natterjack.client.view.rows.Rows`, first those at the end, and the
others in slices while nothing else is to be done. What is in sight is decided by :class:`~.scroller.Scroller`; rows are
laid out when they come into sight, and the last few hundred of them kept. The scroll bar counts rows, not pixels.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from itertools import islice
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from natterjack.client.model import Conversation
from natterjack.client.model.items import Item, Note
from natterjack.client.transfers.values import Transfer
from natterjack.client.view.rows import Row, Rows, Said
from natterjack.desktop.messages.blocks import Block
from natterjack.desktop.messages.laying import Layer, ThumbnailOf
from natterjack.desktop.messages.row_items import items_of
from natterjack.desktop.messages.scroller import Scroller
from natterjack.desktop.messages.selection import Selection
from natterjack.desktop.messages.style import Style, day_of, day_words
from natterjack.desktop.messages.to_latest import ToLatest
from natterjack.desktop.sending import Pending
from natterjack.desktop.server import Server
from natterjack.desktop.settings import Settings
from natterjack.desktop.theme import Themes

#: Items whose rows are made when a conversation is opened, and in one slice after that; milliseconds between slices.
_FIRST: Final = 300
_SLICE: Final = 1500
_PAUSE: Final = 15
#: Blocks kept.
_MOST_BLOCKS: Final = 800
#: Units of the scroll bar for one row.
_UNITS: Final = 16
#: Milliseconds for which a row that was jumped to stands out.
_FLASH: Final = 1600
#: New messages read out at a time.
_ANNOUNCED: Final = 3
#: Pixels below the last row.
_BELOW: Final = 10


class Paper(QAbstractScrollArea):
    """:meth:`show_conversation` says which is shown, :meth:`refresh` that it may have changed.

    Painting, pointer and keyboard are for :class:`~natterjack.desktop.messages.view.Messages`, which calls
    :meth:`_restyle` once everything is made.
    """

    #: The end is in sight now, or not any more; one is near the beginning.
    followed = Signal(bool)
    near_top = Signal()

    def __init__(
        self, themes: Themes, settings: Settings, thumbnail_of: ThumbnailOf, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._settings = settings
        self._server: Server | None = None
        self._rows = Rows(Conversation(""), day_of, _FIRST)
        self._pending: list[Pending] = []
        self._blocks: OrderedDict[int, tuple[Row | Pending, Block]] = OrderedDict()
        self._scroller = Scroller(self._height_of)
        self._layer = Layer(self._style(), self._transfer_of, thumbnail_of)
        self._selection = Selection()
        self._anchor: Item | None = None  # the first item in sight, where it does not follow
        self._hover = -1
        self._flash: Item | None = None
        self._goal: Item | None = None  # to be jumped to once its row is there
        self._opening = False
        self._setting = False
        self._loading = ""  # the conversation of which something older is on its way
        self._transfers: tuple[object, ...] = ()
        self._styled: tuple[object, ...] = ()  # what the style was made of
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setObjectName("messages")
        self.setAccessibleName("Messages")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().valueChanged.connect(self._bar_moved)
        self._growing = QTimer(self)
        self._growing.setInterval(_PAUSE)
        self._growing.timeout.connect(self._grow)
        self._flashing = QTimer(self)
        self._flashing.setSingleShot(True)
        self._flashing.setInterval(_FLASH)
        self._flashing.timeout.connect(self._flashed)
        self.to_latest = ToLatest(self.viewport(), themes)
        self.to_latest.clicked.connect(self.follow)

    # -- for who paints --------------------------------------------------------------------------------------------

    def _elsewhere(self) -> None:
        """Another conversation is shown: what pointer and keyboard were at is gone."""

    def _pointed(self) -> None:
        """What is under the pointer may be something else."""

    def _other_rows(self) -> None:
        """Other rows are in sight, perhaps: for who listens."""

    def _style(self) -> Style:
        return Style(self._themes, self._settings, self.devicePixelRatioF())

    def _restyle(self) -> None:
        theme = self._themes.theme
        wanted = (theme, self._themes.zoom, self._settings, self.devicePixelRatioF())
        if wanted == self._styled:
            return
        self._styled = wanted
        self._layer.style = self._style()
        self.to_latest.restyle()
        self._blocks.clear()
        self._moved()

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def follows(self) -> bool:
        """Whether one sees what comes."""
        return self._scroller.follows

    def in_sight(self) -> list[tuple[float, Block]]:
        """The rows that one sees, laid out, each with where its upper edge is."""
        return [(each.y, self._block(each.row)) for each in self._scroller.seen()]

    @property
    def laid_out(self) -> int:
        """How many rows are."""
        return len(self._blocks)

    @property
    def complete(self) -> bool:
        """Whether there is a row for all that is here."""
        return self._rows.whole

    @property
    def conversation(self) -> Conversation:
        return self._rows.conversation

    def show_conversation(self, server: Server | None) -> None:
        """Show where one looks on ``server``, from its end."""
        self._server = server
        conversation = server.current if server else Conversation("")
        self._rows = Rows(conversation, day_of, _FIRST)
        self._layer.conversation = conversation
        self._blocks.clear()
        self._selection.clear()
        self._flash = self._goal = self._anchor = None
        self._scroller.follow()
        self._hover = -1
        self._elsewhere()
        self._growing.start()
        self.setAccessibleName(f"Messages in {conversation.name}" if conversation.name else "Messages")
        self.to_latest.begin()
        self._opening = True
        self.refresh()
        self._opening = False

    def set_settings(self, settings: Settings) -> None:
        """Times are shown otherwise, or everything is."""
        self._settings = settings
        self._restyle()

    def refresh(self) -> None:
        """What is shown may have changed."""
        server = self._server
        if server is not None and server.current is not self._rows.conversation:
            self.show_conversation(server)
            return
        loading = server.view.older.loading if server is not None else ""
        if loading != self._loading:  # that it is so is painted
            self._loading = loading
            self.viewport().update()
        before, follows = len(self._rows.rows), self.follows
        changed = self._rows.update()
        pending = server.sending.of(self._rows.conversation, online=server.online) if server else []
        files_changed = self._files_changed()
        if changed is None and pending == self._pending and not files_changed:
            return
        self._pending = pending
        if changed is not None and changed < before - 1:
            self._blocks.clear()  # a quotation may be of what has changed
        self._layer.nick = server.model.nick if server else ""
        self._scroller.count = len(self._rows.rows) + len(pending)
        if changed is not None and not follows:
            self._find_anchor()
            self.to_latest.count(self._rows.rows)
        elif changed is not None and not self._opening:
            self._announce_new()
        if not self._rows.whole and not self._growing.isActive():
            self._growing.start()
        self._moved()

    def pictures_changed(self) -> None:
        """A picture can be shown now."""
        for key in [key for key, (_, block) in self._blocks.items() if block.stale]:
            del self._blocks[key]
        self._moved()

    def search(self, text: str) -> None:
        """Mark ``text`` wherever it stands; ``""``: nothing."""
        if text != self._layer.found:
            self._layer.found = text
            self._blocks.clear()
            self._moved()

    def _files_changed(self) -> bool:
        if self._server is None:
            return False
        transfers = tuple((each.number, each.state, each.done) for each in self._server.model.transfers.all)
        if transfers == self._transfers:
            return False
        self._transfers = transfers
        stale = [key for key, (_, block) in self._blocks.items() if block.stale]
        for key in stale:
            del self._blocks[key]
        return bool(stale)

    def _transfer_of(self, file_id: str) -> Transfer | None:
        if self._server is None:
            return None
        found = [each for each in self._server.model.transfers.all if each.file_id == file_id]
        return found[-1] if found else None

    # -- rows and blocks -------------------------------------------------------------------------------------------

    def _row(self, index: int) -> Row | Pending:
        rows = self._rows.rows
        return rows[index] if index < len(rows) else self._pending[index - len(rows)]

    def _block(self, index: int) -> Block:
        row = self._row(index)
        kept = self._blocks.get(id(row))
        if kept is not None:
            self._blocks.move_to_end(id(row))
            return kept[1]
        block = self._layer.block(row)
        self._blocks[id(row)] = (row, block)
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        return block

    def _height_of(self, index: int) -> float:
        return max(1.0, self._block(index).height)

    def _index_of(self, item: Item, near: int = -1) -> int:
        """The row of ``item``; the last one before it, where there is none any more."""
        rows = self._rows.rows
        if 0 <= near < len(rows) and any(each is item for each in items_of(rows[near])):
            return near
        low, high = 0, len(rows)
        while low < high:
            middle = (low + high) // 2
            there = self._time_at(middle)
            if there is None or there <= item.time:
                low = middle + 1
            else:
                high = middle
        for index in range(low - 1, max(-1, low - 400), -1):
            if any(each is item for each in items_of(rows[index])):
                return index
        return max(0, low - 1)

    def _time_at(self, index: int) -> float | None:
        """When what is shown in the row was, or in the nearest one after it."""
        rows = self._rows.rows
        for row in rows[index : index + 3]:
            items = items_of(row)
            if items:
                return items[0].time
        return None

    def _find_anchor(self) -> None:
        """Stand where one stood, whatever has come above."""
        if self._anchor is not None:
            row = min(self._index_of(self._anchor, self._scroller.row), max(0, self._scroller.count - 1))
            self._selection.shifted(row - self._scroller.row)
            self._scroller.row = row

    def _remember_anchor(self) -> None:
        rows = self._rows.rows
        self._anchor = None
        if self.follows:
            return
        for index in range(self._scroller.row, min(len(rows), self._scroller.row + 4)):
            items = items_of(rows[index])
            if items:
                # the anchor is in a row that has items: the rows before it have none
                if index != self._scroller.row:
                    for before in range(self._scroller.row, index):
                        self._scroller.offset += self._height_of(before)
                    self._scroller.row = index
                self._anchor = items[-1]
                return

    def _grow(self) -> None:
        """Make some more rows of older items."""
        if self._rows.whole or self._rows.update() is not None:
            self._growing.stop()
            self._arrive()
            return
        self._grown(self._rows.earlier(_SLICE))
        self._arrive()

    def _grown(self, more: int) -> None:
        if more:
            self._scroller.count = len(self._rows.rows) + len(self._pending)
            self._scroller.shifted(more)
            self._selection.shifted(more)
            if self._hover >= 0:
                self._hover += more
            self._set_bar()

    # -- moving ----------------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """To the end."""
        self._scroller.follow()
        self.to_latest.nothing_new()
        self._moved()

    def scroll_by(self, pixels: float) -> None:
        """Up by so many pixels, or down where that is negative."""
        self._scroller.move(pixels)
        self._moved()

    def page(self, way: int) -> None:
        """A page up (1) or down (-1)."""
        self.scroll_by(way * max(50.0, self.viewport().height() - self._themes.px(60)))

    def to_beginning(self) -> None:
        """To the first row that there is."""
        self._scroller.stand_at(0)
        self._moved()

    def jump_to(self, item: Item) -> None:
        """Have ``item`` in the middle, and stand out for a moment."""
        self._goal = item
        self._growing.start()
        self._arrive()

    def is_above(self, item: Item) -> bool:
        """Whether one has to go up to see ``item``."""
        seen, first = self._scroller.seen(), self._time_at(0)
        if first is not None and item.time < first:
            return True  # there is no row for it yet
        at = self._index_of(item)
        return bool(seen) and (at < seen[0].row or (at == seen[0].row and seen[0].y < 0))

    def when(self, seconds: float) -> str:
        """The time of day, with the day where that is another."""
        at = self._layer.style.time(seconds)
        day = day_of(seconds)
        return at if day == day_of(time.time()) else f"{day_words(day)}, {at}"

    def jump_to_message(self, msgid: str) -> bool:
        """Whether that message is here."""
        message = self._rows.conversation.message(msgid)
        if message is not None:
            self.jump_to(message)
        return message is not None

    def jump_to_time(self, seconds: float) -> bool:
        """To the first that was said from then on; False where nothing that is here is as old as that."""
        items = self._rows.conversation.items
        low, high = 0, len(items)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if items[middle].time < seconds else (low, middle)
        if low >= len(items):
            self.follow()
            return True
        said = (item for item in islice(items, low, None) if not isinstance(item, Note))
        self.jump_to(next(said, items[low]))
        return low > 0

    def _arrive(self) -> None:
        """Where one wants to be, if that is there yet."""
        goal = self._goal
        rows = self._rows.rows
        first = self._time_at(0)
        if goal is None or (first is not None and goal.time < first and not self._rows.whole):
            return
        self._goal = None
        if not rows:
            return
        row = self._index_of(goal)
        self._scroller.stand_at(row, self.viewport().height() / 3)
        self._flash = goal
        self._flashing.start()
        self._moved()

    def _flashed(self) -> None:
        self._flash = None
        self.viewport().update()

    def _moved(self) -> None:
        """Something else is in sight now, perhaps."""
        self._scroller.height = float(self.viewport().height() - self._themes.px(_BELOW))
        follows_before = self._anchor is None
        seen = self._scroller.seen()
        self._remember_anchor()
        if self.follows:
            self.to_latest.see(self._rows.rows)
        elif follows_before:
            self.to_latest.nothing_new()
        self._set_bar()
        self.to_latest.stand(shows=not self.follows and self._scroller.count > 0)
        self._pointed()
        self._other_rows()
        self.viewport().update()
        self.followed.emit(self.follows)
        if seen and self._rows.whole and seen[0].row < 10 and len(self._rows.rows) > 0:
            self.near_top.emit()

    def _set_bar(self) -> None:
        bar = self.verticalScrollBar()
        seen = self._scroller.seen()
        page = max(1, len(seen) - 1)
        most = max(0, (self._scroller.count - page) * _UNITS)
        if seen and seen[0].row == 0 and seen[0].y >= 0:
            most = 0 if self.follows else most
        self._setting = True
        bar.setPageStep(page * _UNITS)
        bar.setSingleStep(_UNITS)
        bar.setRange(0, most)
        bar.setEnabled(most > 0)
        bar.setValue(most if self.follows else min(most, round(self._scroller.place * _UNITS)))
        self._setting = False

    def _bar_moved(self, value: int) -> None:
        if self._setting:
            return
        if value >= self.verticalScrollBar().maximum():
            self._scroller.follow()
        else:
            row, part = divmod(value, _UNITS)
            self._scroller.stand_at(row)
            if part and self._scroller.count:
                self._scroller.move(-part / _UNITS * self._height_of(self._scroller.row))
        self._moved()

    def _announce(self, words: str) -> None:
        """Have a screen reader say it."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _announce_new(self) -> None:
        """What has come, where one sees it come: the last few, if there are many."""
        if not (QAccessible.isActive() and self.window().isActiveWindow()):
            return
        fresh: list[int] = []
        for index in range(len(self._rows.rows) - 1, -1, -1):
            row = self._rows.rows[index]
            if len(fresh) == _ANNOUNCED or self.to_latest.has_seen(row):
                break
            if isinstance(row, Said) and not (row.item.own or row.item.history):
                fresh.append(index)
        for index in reversed(fresh):
            self._announce(self._block(index).words)
