"""The program: its servers, its window, and what they share."""

from __future__ import annotations

from msgspec import structs
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from natterjack.client.address import Address
from natterjack.client.chatting.options import Options
from natterjack.client.places import client_directory
from natterjack.client.secret import Credentials
from natterjack.desktop import geometry
from natterjack.desktop.notifying import Notifying
from natterjack.desktop.recent import Recents
from natterjack.desktop.server import Server
from natterjack.desktop.settings import Preferences, Settings
from natterjack.desktop.theme import Themes
from natterjack.desktop.window import Window
from natterjack.desktop.writing import Writer

#: Milliseconds for the servers to say goodbye.
_GOODBYE = 1500


class App(QObject):
    """``options`` are those of the command line; each server gets them with its own address."""

    server_added = Signal(object)
    server_removed = Signal(object)

    def __init__(self, qt: QApplication, options: Options) -> None:
        super().__init__()
        self.qt = qt
        self.options = options
        self.directory = client_directory(options.data_dir)
        self.servers: list[Server] = []
        self.preferences = Preferences(self.directory)
        self.recents = Recents(self.directory)
        self.themes = Themes(self.settings.theme, self.settings.zoom)
        self.preferences.changed.connect(self._preferences_changed)
        self._geometry = Writer(self.directory / geometry.FILE, geometry.MOST_BYTES)
        self._leaving = False
        self._left: list[Server] = []
        self.window = Window(self)
        self.notifying = Notifying(self)

    @property
    def settings(self) -> Settings:
        return self.preferences.settings

    def begin(self) -> None:
        """Show the window, as it was the last time, and go where the command line says, or ask where."""
        geometry.restore(self.window, self.directory)
        self.window.show()
        if self.options.address is not None:
            self.open_server(self.options.address)
        else:
            QTimer.singleShot(0, self.ask_where)

    def ask_where(self, address: Address | None = None) -> None:
        """Ask where to go; ``address`` is what was meant."""
        from natterjack.desktop.connecting import ConnectDialog

        ConnectDialog(self, self.window, address).open()

    def open_server(self, address: Address, *, nick: str = "", login: Credentials | None = None) -> Server:
        """Go to a server, beside those that there are; the window shows it. One that is there already is shown."""
        known = next((each for each in self.servers if each.at(address)), None)
        if known is not None:
            if not known.online:
                known.chat.connect(address)
            self.window.show_server(known)
            return known
        options = structs.replace(
            self.options, address=address, downloads=self.options.downloads or self.settings.download_folder
        )
        if nick:
            options = structs.replace(options, nick=nick, named=True)
        elif not options.named:
            options = structs.replace(options, nick=self.recents.nick_at(address) or options.nick)
        if login is not None:
            options = structs.replace(options, login=login)
        server = Server(options, self)
        server.shows_typing = self.settings.shows_typing
        server.finished.connect(lambda: self._finished(server))
        self.recents.follow(server)
        self.servers.append(server)
        self.server_added.emit(server)
        self.window.show_server(server)
        return server

    def close_server(self, server: Server) -> None:
        """Leave it; it is not shown any more."""
        server.quit()

    def _finished(self, server: Server) -> None:
        """It has been left."""
        if server in self.servers:
            self.servers.remove(server)
            self._left.append(server)  # closed once it is done with what it is doing now
            self.server_removed.emit(server)
            QTimer.singleShot(0, self._close_left)
        if self._leaving and not self.servers:
            self.qt.quit()

    def _close_left(self) -> None:
        while self._left:
            self._left.pop().close()

    def quit(self) -> None:
        """Leave all servers in order, and end."""
        if self._leaving:
            self.end()
            return
        self._leaving = True
        self.window.keep()
        geometry.keep(self.window, self._geometry)
        if not self.servers:
            self.qt.quit()
        for server in list(self.servers):
            server.quit()
        QTimer.singleShot(_GOODBYE, self.end)

    def end(self) -> None:
        """Now, whatever is under way."""
        self._close_left()
        for server in self.servers:
            server.close()
        self.servers.clear()
        self.qt.quit()

    def _preferences_changed(self) -> None:
        settings = self.settings
        self.themes.set(settings.theme, settings.zoom)
        for server in self.servers:
            server.shows_typing = settings.shows_typing
        self.window.settings_changed()
