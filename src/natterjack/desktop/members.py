"""The list at the right: who is in the channel, by rank and by the alphabet."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Channel
from natterjack.desktop.avatars import avatar
from natterjack.desktop.plain import tip
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes
from natterjack.proto.casemap import fold

#: Milliseconds between two looks at who is there.
_PAUSE: Final = 250
_RANKS: Final = "~&@%+"
_RANK_WORDS: Final = {"~": "founder", "&": "admin", "@": "operator", "%": "half-operator", "+": "voice"}
Index = QModelIndex | QPersistentModelIndex
#: Folded nick, nick, sign of rank, whether away.
Line = tuple[str, str, str, bool]


class _People(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt has it
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        _, nick, rank, away = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return harmless(nick)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            words = [harmless(nick), _RANK_WORDS.get(rank, ""), "away" if away else ""]
            found = ", ".join(word for word in words if word)
            return tip(found) if role == Qt.ItemDataRole.ToolTipRole else found
        return None

    def replace(self, lines: list[Line]) -> None:
        if len(lines) == len(self.lines):
            changed = [
                row for row, (old, new) in enumerate(zip(self.lines, lines, strict=True)) if old != new
            ]
            self.lines = lines
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()


class Members(QListView):
    """``chosen`` tells the nick that was double-clicked; ``menu`` one for a menu, and where."""

    chosen = Signal(str)
    menu = Signal(str, object)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._server: Server | None = None
        self._people = _People(self)
        self.setModel(self._people)
        self.setItemDelegate(_Painter(themes, self))
        self.setObjectName("members")
        self.setAccessibleName("People in this channel")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.activated.connect(lambda index: self.chosen.emit(self._people.lines[index.row()][1]))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._look)
        themes.changed.connect(self._restyle)
        self._restyle()

    def refresh(self, server: Server | None, *, at_once: bool = False) -> None:
        """Somebody may have come or gone."""
        self._server = server
        if at_once:
            self._look()
        elif not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        server = self._server
        channel = server.current if server is not None else None
        if server is None or not isinstance(channel, Channel):
            self._people.replace([])
            return
        get = server.model.people.get
        lines: list[Line] = []
        for member in channel.members:
            person = get(member.nick)
            away = person is not None and person.away is not None
            lines.append((fold(member.nick), member.nick, member.prefixes[:1], away))
        lines.sort(key=lambda line: (_rank(line[2]), line[0]))
        if lines != self._people.lines:
            self._people.replace(lines)

    def _ask_menu(self, at: Any) -> None:
        index = self.indexAt(at)
        if index.isValid():
            self.menu.emit(self._people.lines[index.row()][1], self.viewport().mapToGlobal(at))

    def _restyle(self) -> None:
        self.doItemsLayout()


class _Painter(QStyledItemDelegate):
    def __init__(self, themes: Themes, parent: Members) -> None:
        super().__init__(parent)
        self._themes = themes
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, self._themes.px(34))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _People)
        _, nick, rank, away = model.lines[index.row()]
        theme, px = self._themes.theme, self._themes.px
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = rect.adjusted(px(8), px(1), -px(8), -px(1))
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if state & QStyle.StateFlag.State_MouseOver or focused:
            painter.setPen(theme.accent if focused else Qt.PenStyle.NoPen)
            painter.setBrush(theme.line)
            painter.drawRoundedRect(box, px(6), px(6))
        side = px(24)
        ratio = painter.device().devicePixelRatioF()
        painter.setOpacity(0.5 if away else 1.0)
        top = box.center().y() - side / 2
        painter.drawPixmap(int(box.left() + px(8)), int(top), avatar(nick, side, theme.dark, ratio))
        painter.setOpacity(1.0)
        dot = px(8)
        painter.setPen(Qt.PenStyle.NoPen)
        x, y = box.left() + px(8) + side - dot / 2, top + side - dot / 2
        painter.setBrush(theme.sidebar)
        painter.drawEllipse(QRectF(x - 3, y - 3, dot + 4, dot + 4))
        painter.setBrush(theme.away if away else theme.online)
        painter.drawEllipse(QRectF(x - 1, y - 1, dot, dot))
        right = box.right() - px(8)
        if rank:
            painter.setFont(self._themes.font(0.75))
            painter.setPen(theme.faint)
            words = _RANK_WORDS.get(rank, rank) if rank in "~&@" else ""
            width = painter.fontMetrics().horizontalAdvance(words)
            inside = QRectF(right - width, box.top(), width + 1, box.height())
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, words)
            right -= width + px(6)
        painter.setFont(self._themes.font())
        painter.setPen(theme.dim if away else theme.text)
        left = box.left() + px(8) + side + px(10)
        inside = QRectF(left, box.top(), right - left, box.height())
        name = painter.fontMetrics().elidedText(
            harmless(nick), Qt.TextElideMode.ElideRight, int(inside.width())
        )
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()


def _rank(sign: str) -> int:
    place = _RANKS.find(sign) if sign else len(_RANKS)
    return place if place >= 0 else len(_RANKS) - 1
