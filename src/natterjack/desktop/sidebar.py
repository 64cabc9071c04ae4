"""The list at the left: each server with its channels and people, what is unread there, and who is about."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Channel, Conversation
from natterjack.desktop import icons
from natterjack.desktop.avatars import avatar
from natterjack.desktop.going import names
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes
from natterjack.proto.casemap import fold

_ENTRY: Final = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class Entry(Struct, frozen=True):
    """What one line shows. ``presence`` is "online", "away", "gone" or, for channels, ``""``."""

    name: str
    is_server: bool = False
    is_channel: bool = False
    is_current: bool = False
    unread: int = 0
    mentions: int = 0
    presence: str = ""
    has_draft: bool = False

    @property
    def words(self) -> str:
        """For a screen reader."""
        parts = [self.name]
        parts += [f"{self.unread} unread"] if self.unread else []
        parts += [f"{self.mentions} to you"] if self.mentions and self.is_channel else []
        parts += ["draft"] if self.has_draft else []
        parts += [self.presence] if self.presence and not self.is_channel else []
        return ", ".join(parts)


def entry_of(server: Server, conversation: Conversation, drafts: set[str], *, shown: bool) -> Entry:
    """``shown``: it is the server that one looks at."""
    model = server.model
    key = fold(conversation.name)
    is_channel = isinstance(conversation, Channel)
    presence = "" if isinstance(conversation, Channel) and conversation.joined else "gone"
    if not is_channel:
        person = model.people.get(conversation.name)
        presence = "gone" if person is None else ("online" if person.away is None else "away")
    return Entry(
        conversation.name,
        is_channel=is_channel,
        is_current=shown and key == fold(model.current),
        unread=conversation.unread,
        mentions=conversation.mentions,
        presence=presence,
        has_draft=key in drafts,
    )


class Sidebar(QTreeView):
    """``chosen`` tells a server and the name of a conversation; ``menu`` the same, for a menu, and where."""

    chosen = Signal(object, str)
    menu = Signal(object, str, object)

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._servers: list[Server] = []
        self._shown: Server | None = None
        self._entries: list[list[Entry]] = []
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(_Painter(themes, self))
        self.setObjectName("sidebar")
        self.setAccessibleName("Channels and people")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setExpandsOnDoubleClick(False)
        self.setItemsExpandable(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.clicked.connect(self._clicked)
        self.activated.connect(self._clicked)
        themes.changed.connect(self._restyle)
        self._restyle()

    def refresh(self, servers: list[Server], shown: Server | None) -> None:
        """Something may be otherwise now."""
        called = zip(servers, names(servers), strict=True)
        entries = [_entries(server, name, shown=server is shown) for server, name in called]
        if entries == self._entries and servers == self._servers:
            return
        same = servers == self._servers and [[e.name for e in each] for each in entries] == [
            [e.name for e in each] for each in self._entries
        ]
        self._servers, self._shown, self._entries = list(servers), shown, entries
        if not same:
            self._build()
        for place, each in enumerate(entries):
            top = self._items.item(place)
            for row, entry in enumerate(each):
                item = top if row == 0 else top.child(row - 1)
                if item.data(_ENTRY) != entry:
                    item.setData(entry, _ENTRY)
                    item.setData(entry.words, Qt.ItemDataRole.AccessibleTextRole)
                if entry.is_current:
                    self.setCurrentIndex(item.index())

    def entries(self, server: Server) -> list[Entry]:
        """The lines of ``server``, as they are shown."""
        return self._entries[self._servers.index(server)]

    def _build(self) -> None:
        self._items.clear()
        for each in self._entries:
            top = QStandardItem(each[0].name)
            top.setSelectable(False)
            for entry in each[1:]:
                top.appendRow(QStandardItem(harmless(entry.name)))
            self._items.appendRow(top)
        self.expandAll()

    def _found(self, index: Index) -> tuple[Server, str] | None:
        if not index.isValid():
            return None
        top = index.parent() if index.parent().isValid() else index
        entry: Entry = index.data(_ENTRY)
        return self._servers[top.row()], "" if entry.is_server else entry.name

    def _clicked(self, index: QModelIndex) -> None:
        found = self._found(index)
        if found is not None:
            self.chosen.emit(*found)

    def _ask_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        found = self._found(index)
        if found is not None:
            self.menu.emit(*found, self.viewport().mapToGlobal(at))

    def _restyle(self) -> None:
        self.doItemsLayout()


def _entries(server: Server, name: str, *, shown: bool) -> list[Entry]:
    drafts = server.desk.drafts.begun | {key for key, aim in server.aims.items() if aim.changes}
    presence = "online" if server.online else "gone"
    lines = [entry_of(server, each, drafts, shown=shown) for each in server.conversations]
    return [Entry(name, is_server=True, presence=presence), *lines]


class _Painter(QStyledItemDelegate):
    def __init__(self, themes: Themes, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry | None = index.data(_ENTRY)
        high = 38 if entry is not None and entry.is_server else 30
        return QSize(80, self._themes.px(high))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry | None = index.data(_ENTRY)
        if entry is None:
            return
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.is_server:
            self._server(painter, QRectF(rect), entry)
        else:
            hovered = bool(state & QStyle.StateFlag.State_MouseOver)
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            self._conversation(painter, QRectF(rect), entry, hovered=hovered, focused=focused)
        painter.restore()

    def _server(self, painter: QPainter, rect: QRectF, entry: Entry) -> None:
        theme, px = self._themes.theme, self._themes.px
        painter.setFont(self._themes.font(0.85, bold=True))
        painter.setPen(theme.dim)
        inside = rect.adjusted(px(16), px(8), -px(28), 0)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inside, flags, _cut(painter, harmless(entry.name), inside.width()))
        self._dot(painter, rect.right() - px(20), inside.center().y(), px(8), entry.presence)

    def _conversation(
        self, painter: QPainter, rect: QRectF, entry: Entry, *, hovered: bool, focused: bool
    ) -> None:
        theme, px = self._themes.theme, self._themes.px
        box = rect.adjusted(px(8), px(1), -px(8), -px(1))
        painter.setPen(Qt.PenStyle.NoPen)
        if entry.is_current or hovered:
            painter.setBrush(theme.current if entry.is_current else theme.line)
            painter.drawRoundedRect(box, px(6), px(6))
        if focused:
            painter.setPen(theme.accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), px(6), px(6))
        ratio = painter.device().devicePixelRatioF()
        middle = box.center().y()
        text = theme.on_current if entry.is_current else (theme.text if entry.unread else theme.dim)
        if entry.is_channel:
            side = px(16)
            picture = icons.pixmap("hash", side, text.rgba(), ratio)
            painter.drawPixmap(int(box.left() + px(9)), int(middle - side / 2), picture)
        else:
            side = px(20)
            picture = avatar(entry.name, side, theme.dark, ratio)
            painter.setOpacity(0.55 if entry.presence == "gone" else 1.0)
            painter.drawPixmap(int(box.left() + px(7)), int(middle - side / 2), picture)
            painter.setOpacity(1.0)
            if entry.presence in ("online", "away"):
                self._dot(painter, box.left() + px(25), middle + px(8), px(8), entry.presence, ring=True)
        right = box.right() - px(8)
        right -= self._badge(painter, right, middle, entry)
        left = box.left() + px(34)
        font = self._themes.font(1.0, bold=bool(entry.unread))
        font.setItalic(entry.is_channel and entry.presence == "gone")
        painter.setFont(font)
        painter.setPen(text)
        name = harmless(entry.name)
        name = name.lstrip("#") if entry.is_channel and name.startswith("#") else name
        name += " ✎" if entry.has_draft and not entry.is_current else ""
        inside = QRectF(left, box.top(), right - left - px(4), box.height())
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, _cut(painter, name, inside.width()))

    def _badge(self, painter: QPainter, right: float, middle: float, entry: Entry) -> float:
        """How many are unread, at the right; its width."""
        if not entry.unread:
            return 0.0
        theme, px = self._themes.theme, self._themes.px
        called = bool(entry.mentions)
        count = entry.mentions if called else entry.unread
        words = "999+" if count > 999 else str(count)
        painter.setFont(self._themes.font(0.8, bold=True))
        width = max(px(20), painter.fontMetrics().horizontalAdvance(words) + px(12))
        rect = QRectF(right - width, middle - px(9), width, px(18))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent if called else theme.badge)
        painter.drawRoundedRect(rect, px(9), px(9))
        painter.setPen(theme.on_accent if called else theme.on_badge)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
        return float(width)

    def _dot(
        self, painter: QPainter, x: float, y: float, side: float, presence: str, *, ring: bool = False
    ) -> None:
        theme = self._themes.theme
        colour = {"online": theme.online, "away": theme.away}.get(presence, theme.edge)
        painter.setPen(Qt.PenStyle.NoPen)
        if ring:
            painter.setBrush(theme.sidebar)
            painter.drawEllipse(QRectF(x - side / 2 - 2, y - side / 2 - 2, side + 4, side + 4))
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(x - side / 2, y - side / 2, side, side))


def _cut(painter: QPainter, text: str, room: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
