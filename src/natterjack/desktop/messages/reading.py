"""What a screen reader finds in the message view: a list, with an item for each row that is in sight.

Theory of operation. Qt asks the factory here how an object is seen, when somebody asks, and only then. An item needs an
object of its own: a :class:`Line`, made when it is asked for, since Qt forgets what it has made of an object when that
goes. A few hundred lines are kept and used again for other rows, so that nothing grows while somebody listens for days.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from functools import cache
from typing import Final, Protocol, cast

from msgspec import Struct
from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QAccessibleObject, QWindow
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from natterjack.client.view.rows import Day, Happened, New, Row, Said, Told
from natterjack.desktop.sending import Pending

#: Lines kept: more than rows are ever in sight.
_MOST: Final = 256
#: Milliseconds in which it is told once at most that other rows are in sight: that is a signal for each row.
_PAUSE: Final = 200


class Readable(Struct, frozen=True):
    """A row in sight: ``key`` tells it from others, ``words`` are read out, ``place`` is where it is on the screen.

    ``current``: the keyboard is at it.
    """

    key: Hashable
    words: str
    place: QRect
    current: bool


class Reader(Protocol):
    """The view."""

    @property
    def lines(self) -> Lines: ...

    def readable(self) -> list[Readable]:
        """The rows in sight, from top to bottom."""
        ...


class Line(QObject):
    """Stands for the row of ``key`` in ``view``. ``words`` are the last that were read of it."""

    def __init__(self, view: QWidget, key: Hashable) -> None:
        super().__init__(view)
        self.view = view
        self.key = key
        self.words = ""

    def now(self) -> Readable | None:
        """The row; None where it is out of sight."""
        found = next((each for each in _reader(self.view).readable() if each.key == self.key), None)
        if found is not None:
            self.words = found.words
        return found


class Lines:
    """Those of one view."""

    def __init__(self, view: QWidget) -> None:
        self._view = view
        self._lines: OrderedDict[Hashable, Line] = OrderedDict()
        self._moving = QTimer(view)
        self._moving.setSingleShot(True)
        self._moving.setInterval(_PAUSE)
        self._moving.timeout.connect(lambda: _tell(view, QAccessible.Event.ObjectReorder))
        _install()

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, key: Hashable) -> Line:
        """The line of that row."""
        line = self._lines.get(key)
        if line is not None:
            self._lines.move_to_end(key)
            return line
        if len(self._lines) < _MOST:
            line = Line(self._view, key)
        else:
            _, line = self._lines.popitem(last=False)
            line.key, line.words = key, ""
            _tell(line, QAccessible.Event.NameChanged)
        self._lines[key] = line
        return line

    def at(self, key: Hashable) -> None:
        """The keyboard is at that row now."""
        if QAccessible.isActive():
            _tell(self.of(key), QAccessible.Event.Focus)

    def moved(self) -> None:
        """Other rows are in sight, perhaps."""
        if QAccessible.isActive() and not self._moving.isActive():
            self._moving.start()


def key_of(row: Row | Pending) -> Hashable:
    """What stays the same of a row, whatever becomes of it: the message's id, if it has one."""
    match row:
        case Said(item=item):
            return item.msgid or id(item)
        case Told(item=told):
            return id(told)
        case Happened(items=items):
            return id(items[0])
        case Day(date=date):
            return date
        case Pending(ref=ref):
            return (Pending, ref)
        case New():
            return New
    raise TypeError(f"{row!r} is read by nobody")


class _ListSeen(QAccessibleWidget):
    """The view: the rows, and then what else is in it."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view, QAccessible.Role.List)

    @property
    def _view(self) -> Reader:
        return _reader(self.widget())

    def childCount(self) -> int:
        return len(self._view.readable()) + super().childCount()

    def child(self, index: int) -> QAccessibleInterface:
        rows = self._view.readable()
        if 0 <= index < len(rows):
            return QAccessible.queryAccessibleInterface(self._view.lines.of(rows[index].key))
        return super().child(index - len(rows))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        rows = self._view.readable()
        line = child.object()
        if isinstance(line, Line):
            return next((place for place, each in enumerate(rows) if each.key == line.key), -1)
        found = super().indexOfChild(child)
        return found + len(rows) if found >= 0 else found

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        for each in self._view.readable():
            if each.place.contains(x, y):
                return QAccessible.queryAccessibleInterface(self._view.lines.of(each.key))
        return super().childAt(x, y)

    def focusChild(self) -> QAccessibleInterface:
        for each in self._view.readable():
            if each.current:
                return QAccessible.queryAccessibleInterface(self._view.lines.of(each.key))
        return super().focusChild()


class _LineSeen(QAccessibleObject):
    @property
    def _line(self) -> Line:
        return cast("Line", self.object())

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def text(self, t: QAccessible.Text) -> str:
        if t is not QAccessible.Text.Name:
            return ""
        now = self._line.now()
        return now.words if now is not None else self._line.words

    def rect(self) -> QRect:
        now = self._line.now()
        return now.place if now is not None else QRect()

    def state(self) -> QAccessible.State:
        now = self._line.now()
        state = QAccessible.State()
        state.readOnly = state.focusable = state.selectable = True
        state.invisible = state.offscreen = now is None
        state.focused = state.selected = now is not None and now.current
        return state

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._line.view)

    def window(self) -> QWindow:
        return self.parent().window()

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> QAccessibleInterface:
        return cast("QAccessibleInterface", None)  # Qt's word for none, which PySide6's types do not know

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1


def _reader(view: QWidget) -> Reader:
    return cast("Reader", view)


def _tell(about: QObject, what: QAccessible.Event) -> None:
    QAccessible.updateAccessibility(QAccessibleEvent(about, what))


def _seen_as(name: str, about: QObject | None) -> QAccessibleInterface | None:
    """How ``about`` is seen; ``name`` is that of its class, or of one above it. None: as Qt sees it."""
    if isinstance(about, Line):
        return _LineSeen(about)
    if name == "Messages" and isinstance(about, QWidget):
        return _ListSeen(about)
    return None


@cache
def _install() -> None:
    """Once: Qt keeps what it is given."""
    QAccessible.installFactory(_seen_as)
