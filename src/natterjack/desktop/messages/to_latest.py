"""The button that leads to the end, with how much is new there since the end was in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from natterjack.client.model.items import Item
from natterjack.client.view.rows import Row, Said
from natterjack.desktop import icons
from natterjack.desktop.messages.row_items import item_of, items_of, same
from natterjack.desktop.theme import Themes

#: Rows looked at for counting what is new below; half as many are counted.
_MOST_NEW: Final = 2000


class ToLatest(QPushButton):
    """Stands at the bottom of ``port``. The rows that it is given are all that there are, pending ones aside."""

    def __init__(self, port: QWidget, themes: Themes) -> None:
        super().__init__(port)
        self._port = port
        self._themes = themes
        self._below = 0  # messages that are new
        self._last_seen: Item | None = None  # the last item there was, when the end was in sight
        self.setObjectName("to_latest")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def restyle(self) -> None:
        """Colours or sizes are others now."""
        self.setIcon(icons.icon("down", self._themes.theme.on_accent))
        self.setProperty("look", "primary")

    def begin(self) -> None:
        """Another conversation is shown."""
        self._last_seen = None

    def see(self, rows: Sequence[Row]) -> None:
        """The end of ``rows`` is in sight."""
        self._below = 0
        self._last_seen = next((item for row in reversed(rows) if (item := item_of(row))), None)

    def has_seen(self, row: Row) -> bool:
        """Whether the last thing seen at the end stands in ``row``."""
        return any(same(item, self._last_seen) for item in items_of(row))

    def nothing_new(self) -> None:
        self._below = 0

    def count(self, rows: Sequence[Row]) -> None:
        """Something has come while the end was not in sight."""
        seen = self._last_seen
        self._below = 0
        for row in reversed(rows[-_MOST_NEW:]):
            item = item_of(row)
            if item is not None and seen is not None and (item is seen or item.time < seen.time):
                break
            self._below += isinstance(row, Said)

    def stand(self, *, shows: bool) -> None:
        """In its place, or nowhere."""
        if not shows:
            self.hide()
            return
        count = self._below
        many = f"{count}" if count < _MOST_NEW // 2 else f"{_MOST_NEW // 2}+"
        self.setText(f"{many} new" if count else "Latest")
        new = f", {count} new" if count else ""
        self.setAccessibleName(f"Jump to the latest message{new}")
        self.adjustSize()
        port = self._port.rect()
        at = QPoint(
            port.right() - self.width() - self._themes.px(20),
            port.bottom() - self.height() - self._themes.px(14),
        )
        self.move(at)
        self.show()
        self.raise_()
