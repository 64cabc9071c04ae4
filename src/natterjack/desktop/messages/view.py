"""The message view: paints the rows that are in sight, and takes what the pointer and the keyboard do to them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextLayout,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from natterjack.client.model.items import Message
from natterjack.client.view.rows import Row, Said
from natterjack.desktop.messages.blocks import Block, Hit
from natterjack.desktop.messages.laying import ThumbnailOf
from natterjack.desktop.messages.paper import Paper
from natterjack.desktop.messages.reading import Lines, Readable, key_of
from natterjack.desktop.messages.row_items import items_of
from natterjack.desktop.messages.scroller import Seen
from natterjack.desktop.messages.texts import LINE_END, length16, marked
from natterjack.desktop.messages.toolbar import Toolbar
from natterjack.desktop.plain import tip
from natterjack.desktop.sending import Pending, State
from natterjack.desktop.settings import Settings
from natterjack.desktop.theme import Themes

#: Pixels of a turn of the wheel, at 100 %.
_NOTCH: Final = 90


class Messages(Paper):
    """See :class:`~natterjack.desktop.messages.paper.Paper`, too."""

    #: Something about a message is wanted: "reply", "react", "edit", "delete", "menu"; and the message, or the
    #: ``Pending`` that failed.
    wanted = Signal(str, object)
    #: A place was pressed: the ``Hit``, and the message it belongs to, or None.
    pressed = Signal(object, object)
    #: The person is done here, and begins to type: the text, ``""`` for none yet.
    left = Signal(str)

    def __init__(
        self, themes: Themes, settings: Settings, thumbnail_of: ThumbnailOf, parent: QWidget | None = None
    ) -> None:
        super().__init__(themes, settings, thumbnail_of, parent)
        self._current: Message | Pending | None = None  # chosen by keyboard
        self.lines = Lines(self)
        self.toolbar = Toolbar(self.viewport(), themes)
        self.toolbar.chosen.connect(self._tool)
        self._restyle()

    def _elsewhere(self) -> None:
        self._current = None
        self.toolbar.hide()

    def _other_rows(self) -> None:
        current = self._current
        if isinstance(current, Pending):
            self._current = next((each for each in self._pending if each.key == current.key), None)
        elif current is not None and current.msgid:  # as it reads now
            self._current = self.conversation.message(current.msgid) or current
        self.lines.moved()

    def _pointed(self) -> None:
        self._hovered(self.viewport().mapFromGlobal(self.cursor().pos()))

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        theme = self._themes.theme
        painter.fillRect(event.rect(), theme.surface)
        for each in self._scroller.seen():
            block = self._block(each.row)
            if each.y + block.height >= event.rect().top() and each.y <= event.rect().bottom():
                self._paint(painter, each, block)
        if not self._scroller.count and self._server is not None and self._rows.conversation.name:
            painter.setPen(theme.dim)
            painter.setFont(self._layer.style.body)
            painter.drawText(
                self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, "Nothing was said here yet."
            )
        loading = self._server.view.older.loading if self._server is not None else ""
        if loading and loading == self._rows.conversation.name and self._scroller.at_top:
            self._paint_loading(painter)
        painter.end()

    def _paint_loading(self, painter: QPainter) -> None:
        """Something older is on its way."""
        theme, style = self._themes.theme, self._layer.style
        painter.setFont(style.small)
        words = "Loading older messages…"
        width = painter.fontMetrics().horizontalAdvance(words) + style.px(28)
        place = QRectF((self.viewport().width() - width) / 2, style.px(8), width, style.px(26))
        painter.setPen(QPen(theme.line, 1))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
        painter.setPen(theme.dim)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _paint(self, painter: QPainter, seen: Seen, block: Block) -> None:
        theme, style = self._themes.theme, self._layer.style
        width = self.viewport().width()
        row = self._row(seen.row)
        flashes = self._flash is not None and self._flash in items_of(row)
        painter.save()
        painter.translate(0, seen.y)
        ground = theme.found if flashes else block.ground
        hovered = seen.row == self._hover and isinstance(row, Said)
        if ground is None and hovered:
            ground = theme.hover
        if ground is not None:
            painter.fillRect(QRectF(0, 0, width, block.height), ground)
        if block.marks is not None:
            painter.fillRect(QRectF(0, 0, style.px(3), block.height), block.marks)
        if self._is_current(row):
            painter.setPen(QPen(theme.accent, style.px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(3, 1, width - 6, block.height - 2), 6, 6)
        for piece in block.pieces:
            piece.paint(painter)
        if hovered and isinstance(row, Said) and not row.first:
            painter.setPen(theme.faint)
            painter.setFont(style.tiny)
            moment = style.time(row.item.time)
            rect = QRectF(0, block.body_at.y(), style.left - style.px(14), style.nick_metrics.height() * 1.22)
            painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, moment)
        chosen = self._selection.part(seen.row)
        if chosen is not None and block.body is not None:
            self._paint_selection(painter, block, *chosen)
        painter.restore()

    def _paint_selection(self, painter: QPainter, block: Block, start: int, end: int) -> None:
        theme = self._themes.theme
        body = block.body
        assert body is not None
        last = length16(body.text())
        end = last if end < 0 else min(end, last)
        if end <= start:
            return
        found = marked(start, end - start, colour=theme.on_selection, behind=theme.selection)
        body.draw(painter, block.body_at, [found])

    # -- pointer ---------------------------------------------------------------------------------------------------

    def _at(self, y: float) -> Seen | None:
        """The row at that height."""
        found = None
        for each in self._scroller.seen():
            if each.y <= y:
                found = each
        return found

    def _message_at(self, index: int) -> Message | None:
        row = self._row(index) if 0 <= index < self._scroller.count else None
        return row.item if isinstance(row, Said) else None

    def _hit(self, point: QPointF) -> tuple[Hit | None, Seen | None]:
        seen = self._at(point.y())
        if seen is None:
            return None, None
        return self._block(seen.row).hit(point.x(), point.y() - seen.y), seen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit, seen = self._hit(event.position())
        if event.button() is not Qt.MouseButton.LeftButton or seen is None:
            return
        if hit is None:
            self._selection.begin(seen.row, self._place(seen, event.position()))
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if event.buttons() & Qt.MouseButton.LeftButton and self._selection.begun:
            self.drag_to(point.toPoint())
            return
        self._hovered(point.toPoint())
        hit, seen = self._hit(point)
        cursor = Qt.CursorShape.ArrowCursor
        if hit is not None:
            cursor = Qt.CursorShape.PointingHandCursor
        elif (
            seen is not None
            and self._block(seen.row).body is not None
            and point.x() >= self._layer.style.left
        ):
            cursor = Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(cursor)

    def drag_to(self, to: QPoint) -> None:
        """What is between where the button was pressed and there is selected."""
        point = QPointF(to)
        height = self.viewport().height()
        if point.y() < 0:
            self.scroll_by(min(40.0, -point.y()))
        elif point.y() > height:
            self.scroll_by(-min(40.0, point.y() - height))
        seen = self._at(min(max(point.y(), 1.0), height - 1.0))
        if seen is not None:
            self._selection.reach(seen.row, self._place(seen, point))
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        hit, seen = self._hit(event.position())
        self._selection.end()
        if hit is not None and seen is not None and self._selection.is_empty:
            self.pressed.emit(hit, self._message_at(seen.row))
        clipboard = QGuiApplication.clipboard()
        if not self._selection.is_empty and clipboard.supportsSelection():
            clipboard.setText(self.selected_text(), clipboard.Mode.Selection)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        seen = self._at(event.position().y())
        if seen is None:
            return
        body = self._block(seen.row).body
        if body is not None:
            place = self._place(seen, event.position())
            start = body.previousCursorPosition(place + 1, QTextLayout.CursorMode.SkipWords)
            end = body.nextCursorPosition(start, QTextLayout.CursorMode.SkipWords)
            self._selection.choose(seen.row, start, end)
            self.viewport().update()

    def _place(self, seen: Seen, point: QPointF) -> int:
        return self._block(seen.row).place(point.x(), point.y() - seen.y)

    def _hovered(self, point: QPoint) -> None:
        inside = self.viewport().rect().contains(point) and self.viewport().underMouse()
        seen = self._at(point.y()) if inside else None
        index = seen.row if seen is not None else -1
        self._hover = index
        message = self._message_at(index)
        if seen is None or message is None or not message.msgid or message.redacted is not None:
            self.toolbar.hide()
        else:
            server = self._server
            own = message.own and server is not None and bool(server.model.account)  # a guest changes nothing
            right = self.viewport().width() - self._themes.px(18)
            self.toolbar.show_for(message, right, round(seen.y), own=own)
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.toolbar.underMouse():
            self._hover = -1
            self.toolbar.hide()
            self.viewport().update()
        super().leaveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tip(event)
            return True
        if event.type() is QEvent.Type.Leave:
            self._hovered(self.viewport().mapFromGlobal(self.cursor().pos()))
        return super().viewportEvent(event)

    def _tip(self, event: QHelpEvent) -> None:
        hit, seen = self._hit(QPointF(event.pos()))
        items = items_of(self._row(seen.row)) if seen is not None else ()
        if hit is not None and hit.tip:
            QToolTip.showText(event.globalPos(), tip(hit.tip), self.viewport())
        elif items and event.pos().x() < self.viewport().width():
            QToolTip.showText(event.globalPos(), self._layer.style.moment(items[0].time), self.viewport())
        else:
            QToolTip.hideText()

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels = float(event.pixelDelta().y())
        if not pixels:
            pixels = event.angleDelta().y() / 120 * self._themes.px(_NOTCH)
        self.scroll_by(pixels)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.wanted.emit("menu", self._current)
        elif (seen := self._at(event.pos().y())) is not None:
            self.wanted.emit("menu", _chosen(self._row(seen.row)))

    def _tool(self, what: str) -> None:
        message = self.toolbar.message
        if message is not None:
            self.wanted.emit(what, message)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.viewport().width() != self._layer.width:
            self._layer.width = float(self.viewport().width())
            self._blocks.clear()
        self._moved()

    # -- keyboard --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        keys = Qt.Key
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        match event.key():
            case keys.Key_PageUp:
                self.page(1)
            case keys.Key_PageDown:
                self.page(-1)
            case keys.Key_Home:
                self.to_beginning()
            case keys.Key_End:
                self.follow()
            case keys.Key_Up:
                self._choose(-1)
            case keys.Key_Down:
                self._choose(1)
            case keys.Key_Escape:
                self._current = None
                self.left.emit("")
            case _ if self._current is not None and not control and self._act(event.key()):
                return
            case _ if event.text().isprintable() and event.text() and not control:
                self.left.emit(event.text())
            case _:
                event.ignore()

    def _act(self, key: int) -> bool:
        keys = Qt.Key
        what = {
            keys.Key_R: "reply",
            keys.Key_E: "edit",
            keys.Key_Plus: "react",
            keys.Key_Delete: "delete",
            keys.Key_Return: "menu",
            keys.Key_Enter: "menu",
            keys.Key_Menu: "menu",
        }.get(Qt.Key(key))
        if what is not None:
            self.wanted.emit(what, self._current)
        return what is not None

    def choose(self) -> None:
        """Have one chosen that is in sight, whether or not the keyboard was here before."""
        if not any(self._is_current(self._row(each.row)) for each in self._scroller.seen()):
            self._current = None  # if there is one, it is out of sight
            self._choose(-1)

    def _choose(self, step: int) -> None:
        """The message above or below the one that is chosen."""
        count = self._scroller.count
        if self._current is None:
            seen = self._scroller.seen()
            index = min(seen[-1].row + 1, count) if seen else count
            step = -1
        else:
            index = self._row_of(self._current)
        index += step
        while 0 <= index < count:
            chosen = _chosen(self._row(index))
            if chosen is not None:
                self._current = chosen
                self._bring_into_sight(index)
                break
            index += step
        self._say_current()
        self.viewport().update()

    def _say_current(self) -> None:
        if self._current is not None:
            self.lines.at(key_of(self._row(self._row_of(self._current))))

    def _is_current(self, row: Row | Pending) -> bool:
        """Whether the keyboard is at it."""
        current = self._current
        return current is not None and self.hasFocus() and (current is row or current in items_of(row))

    def _row_of(self, chosen: Message | Pending) -> int:
        if isinstance(chosen, Pending):
            return len(self._rows.rows) + self._pending.index(chosen)
        return self._index_of(chosen)

    def hits(self, chosen: Message | Pending) -> list[Hit]:
        """What can be pressed in it."""
        return self._block(self._row_of(chosen)).hits

    def place_for_menu(self, chosen: Message | Pending) -> QPoint:
        """Where on the screen that opens which is about ``chosen``: at the pointer, if that is there too."""
        row = self._row_of(chosen)
        if row == self._hover:
            return QCursor.pos()
        y = next((each.y for each in self._scroller.seen() if each.row == row), 0.0)
        y = min(max(0.0, y) + min(self._height_of(row), self._themes.px(24)), self.viewport().height())
        return self.viewport().mapToGlobal(QPoint(self._layer.style.left, round(y)))

    def readable(self) -> list[Readable]:
        """For :mod:`~natterjack.desktop.messages.reading`: the rows in sight."""
        corner = self.viewport().mapToGlobal(QPoint(0, 0))
        width = self.viewport().width()
        found = []
        for each in self._scroller.seen():
            row, block = self._row(each.row), self._block(each.row)
            place = QRect(corner.x(), corner.y() + round(each.y), width, round(block.height))
            found.append(Readable(key_of(row), block.words, place, self._is_current(row)))
        return found

    def _bring_into_sight(self, index: int) -> None:
        seen = {each.row: each.y for each in self._scroller.seen()}
        y = seen.get(index)
        if y is None or y < 0:
            self._scroller.stand_at(index, 0.0 if y is None or y < 0 else y)
        elif y + self._height_of(index) > self.viewport().height():
            self._scroller.move(-(y + self._height_of(index) - self.viewport().height()))
        self._moved()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        if by_key:
            self.choose()
        if self._current is not None:
            QTimer.singleShot(0, self, self._say_current)  # after Qt has said that the view has the keyboard
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # -- copying ---------------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """What is selected, or the message that is chosen."""
        text = self.selected_text() or (self._current.text if self._current else "")
        if text:
            QGuiApplication.clipboard().setText(text)

    def selected_text(self) -> str:
        """What is selected; of several messages each with its time and nick."""
        return self._selection.text(self._line_of)

    def _line_of(self, index: int) -> tuple[str, str]:
        """What stands before a row's text where several are copied, and its text."""
        if not 0 <= index < self._scroller.count:
            return "", ""
        row, body = self._row(index), self._block(index).body
        text = body.text().replace(LINE_END, "\n") if body is not None else ""
        if isinstance(row, Said):
            return f"[{self._layer.style.time(row.item.time)}] {row.item.nick}: ", text
        return "", text


def _chosen(row: Row | Pending) -> Message | Pending | None:
    """What can be chosen by keyboard of ``row``: a message, or one that failed."""
    if isinstance(row, Pending):
        return row if row.state is State.FAILED else None
    return row.item if isinstance(row, Said) else None
