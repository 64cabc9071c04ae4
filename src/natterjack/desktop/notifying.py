"""Calls the person who looks elsewhere: by a notification, the tray, and the window's place in the task bar.

A conversation calls once in a while, however much is said in it; the words of the last call stand for the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from natterjack.client import events as e
from natterjack.client.chatting.sanitise import harmless
from natterjack.desktop import logo
from natterjack.desktop.plain import note
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.desktop.app import App
    from natterjack.desktop.server import Server

#: Seconds between two notifications of one conversation, and milliseconds that one is seen.
_PAUSE: Final = 4.0
_SHOWN: Final = 8000
_MOST_CONVERSATIONS: Final = 500
#: Letters of a message that it shows.
_MOST: Final = 200


class Notifying(QObject):
    """Follows all servers of ``app``. ``clock`` tells seconds that never jump."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(app)
        self._app = app
        self._clock = clock
        self._last: dict[tuple[int, str], float] = {}
        self._shown: tuple[Server, str] | None = None  # what the notification is about
        self._calling = False
        self.tray: QSystemTrayIcon | None = None
        if QSystemTrayIcon.isSystemTrayAvailable():
            self.tray = self._make_tray()
        app.server_added.connect(self._added)
        for server in app.servers:
            self._added(server)

    @property
    def has_tray(self) -> bool:
        """Whether a window that is closed can be opened again."""
        return self.tray is not None and self.tray.isVisible()

    def _make_tray(self) -> QSystemTrayIcon:
        tray = QSystemTrayIcon(logo.icon(), self)
        tray.setToolTip("Natterjack")
        self._menu = QMenu()
        self._menu.addAction("Show Natterjack").triggered.connect(lambda _=False: self.show_window())
        self._menu.addAction("Quit").triggered.connect(lambda _=False: self._app.quit())
        tray.setContextMenu(self._menu)
        tray.activated.connect(self._pressed)
        tray.messageClicked.connect(self._go)
        tray.show()
        return tray

    def _added(self, server: Server) -> None:
        server.called.connect(lambda event, name: self.called(server, event, name))
        server.changed.connect(self._look)
        server.renamed.connect(lambda old, new: self._renamed(server, old, new))

    # -- calling ---------------------------------------------------------------------------------------------------

    def called(self, server: Server, event: e.MessageReceived, name: str) -> None:
        """``event`` speaks to the person, in the conversation ``name``."""
        if self.sees(server, name) or not self._app.settings.notifies:
            return
        QApplication.alert(self._app.window)
        key, now = (id(server), fold(name)), self._clock()
        if now - self._last.get(key, -_PAUSE) < _PAUSE:
            return
        if len(self._last) >= _MOST_CONVERSATIONS:
            self._last.clear()
        self._last[key] = now
        self._shown = (server, name)
        nick = harmless(event.sender.nick)
        title = nick if name == event.sender.nick else f"{nick} in {harmless(name)}"
        text = _clip(harmless(event.text)) if self._app.settings.previews else "has written to you"
        self.notify(note(title), note(text))

    def notify(self, title: str, text: str) -> None:
        """Show it, where this computer can."""
        if self.tray is not None and QSystemTrayIcon.supportsMessages():
            self.tray.showMessage(title, text, logo.icon(), _SHOWN)

    def sees(self, server: Server, name: str) -> bool:
        """Whether the person has that conversation before his eyes."""
        window = self._app.window
        return (
            window.isActiveWindow()
            and window.server is server
            and fold(server.model.current) == fold(name)
            and window.messages.follows
        )

    def _renamed(self, server: Server, old: str, new: str) -> None:
        if self._shown == (server, old):
            self._shown = (server, new)

    def _look(self) -> None:
        """The tray shows whether there is something for the person."""
        calling = any(each.mentions for server in self._app.servers for each in server.conversations)
        if calling != self._calling:
            self._calling = calling
            if self.tray is not None:
                self.tray.setIcon(logo.icon(calling))
                self.tray.setToolTip("Natterjack: somebody has written to you" if calling else "Natterjack")

    # -- coming back -----------------------------------------------------------------------------------------------

    def _pressed(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            window = self._app.window
            if window.isVisible() and window.isActiveWindow():
                window.hide()
            else:
                self.show_window()

    def _go(self) -> None:
        """The notification was pressed."""
        self.show_window()
        if self._shown is not None and self._shown[0] in self._app.servers:
            self._app.window.go(*self._shown)

    def show_window(self) -> None:
        """Bring the window before the person."""
        window = self._app.window
        if window.isMinimized():
            window.showNormal()
        else:
            window.show()
        window.raise_()
        window.activateWindow()


def _clip(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
