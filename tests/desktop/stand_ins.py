"""An application and a window with as little in them as a part needs that is tested alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from natterjack.client.chatting.options import Options
from natterjack.desktop.recent import Recents
from natterjack.desktop.settings import Preferences
from natterjack.desktop.theme import Choice, Themes

if TYPE_CHECKING:
    from natterjack.client.address import Address
    from natterjack.client.secret import Credentials
    from natterjack.desktop.server import Server


class StandInApp(QObject):
    """Notes what it was asked to open, as address, nick and login."""

    server_added = Signal(object)
    server_removed = Signal(object)

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.options = Options("kim", interactive=True)
        self.themes = Themes(Choice.LIGHT)
        self.preferences = Preferences(directory)
        self.recents = Recents(directory)
        self.servers: list[Server] = []
        self.opened: list[tuple[Address | None, str, Credentials | None]] = []
        self.asked: list[Address | None] = []

    def open_server(
        self, address: Address | None, *, nick: str = "", login: Credentials | None = None
    ) -> None:
        self.opened.append((address, nick, login))

    def ask_where(self, address: Address | None = None) -> None:
        self.asked.append(address)


class StandInWindow(QWidget):
    """Shows what is put into its layout."""

    server_changed = Signal()

    def __init__(self, app: StandInApp) -> None:
        super().__init__()
        self.app = app
        self.server: Server | None = None
        self.rows = QVBoxLayout(self)
        self.composer = QLineEdit(self)
        self.resize(900, 600)

    def show_server(self, server: Server | None) -> None:
        self.server = server
        self.server_changed.emit()
