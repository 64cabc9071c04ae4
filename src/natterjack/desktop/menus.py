"""The menus, and with them all keys: what is in a menu can be pressed too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QInputDialog, QMenu

from natterjack.client import requests as r
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Channel
from natterjack.desktop.plain import label
from natterjack.desktop.server import Server

if TYPE_CHECKING:
    from natterjack.desktop.window import Window

_TITLES: Final = {"file": "Server", "go": "Go", "view": "View", "help": "Help"}


class Menus(QObject):
    """``menus[name]`` are "file", "go", "view" and "help"."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._menus = {name: QMenu(words, window) for name, words in _TITLES.items()}
        self._all = QMenu(window)
        self._all.setAccessibleName("Menu")
        for menu in self._menus.values():
            self._all.addMenu(menu)
        self._file()
        self._go()
        self._view()
        self.add("help", "Keys", "F1", self._keys)

    def __getitem__(self, name: str) -> QMenu:
        return self._menus[name]

    def all(self) -> QMenu:
        """All of them as one."""
        return self._all

    def add(self, menu: str, words: str, keys: str, do: Callable[[], object]) -> QAction:
        """Another line of ``menu``; ``keys`` may be several, with blanks between them."""
        action = QAction(words, self._window)
        action.setShortcuts([QKeySequence(each) for each in keys.split()])
        action.triggered.connect(lambda _=False: do())
        self._menus[menu].addAction(action)
        self._window.addAction(action)
        return action

    def _key(self, keys: str, do: Callable[[], object]) -> None:
        QShortcut(QKeySequence(keys), self._window).activated.connect(do)

    def _file(self) -> None:
        window = self._window
        self.add("file", "Connect…", "Ctrl+N", window.connect_somewhere)
        self.add("file", "Join a channel…", "Ctrl+Shift+J", self.join)
        self.add("file", "Send a file…", "Ctrl+O", window.attaching.attach)
        self._menus["file"].addSeparator()
        self.add("file", "Settings…", "Ctrl+,", window.open_settings)
        self.add("file", "Leave this server", "", self._leave)
        self.add("file", "Quit", "Ctrl+Q", window.app.quit)

    def _go(self) -> None:
        window = self._window
        self.add("go", "Go to…", "Ctrl+K", window.switch)
        self.add("go", "Next unread", "Alt+A", window.go_unread)
        self.add("go", "Previous conversation", "Alt+Up Ctrl+Shift+Tab", lambda: window.go_next(-1))
        self.add("go", "Next conversation", "Alt+Down Ctrl+Tab", lambda: window.go_next(1))
        self.add("go", "Previous unread", "Alt+Shift+Up", lambda: window.go_next(-1, unread=True))
        self.add("go", "Following unread", "Alt+Shift+Down", lambda: window.go_next(1, unread=True))
        self.add("go", "Leave the channel, or close the conversation", "Ctrl+W", window.leave_conversation)
        self._menus["go"].addSeparator()
        self.add("go", "Search…", "Ctrl+F", window.open_search)
        self.add("go", "Jump to a date…", "Ctrl+J", lambda: window.search.ask_date(window.header))
        self.add("go", "First message", "Ctrl+Home", window.messages.to_beginning)
        self.add("go", "First new message", "Alt+U", window.first_new.jump)
        self.add("go", "Latest message", "Ctrl+End", window.messages.follow)
        self.add("go", "To the messages", "F4 Ctrl+M", self._to_messages)
        for number in range(1, 10):
            self._key(f"Ctrl+{number}", partial(window.go_to, number))
            self._key(f"Alt+{number}", partial(window.go_to, number))
        self._key("PgUp", lambda: window.messages.page(1))
        self._key("PgDown", lambda: window.messages.page(-1))

    def _view(self) -> None:
        window = self._window
        self.add("view", "Channels", "F2", window.toggle_sidebar)
        self.add("view", "People", "F3", window.toggle_members)
        self.add("view", "Files", "F6", window.transfers.toggle)
        self._menus["view"].addSeparator()
        self.add("view", "Larger", "Ctrl++ Ctrl+=", lambda: self._zoom(1))
        self.add("view", "Smaller", "Ctrl+-", lambda: self._zoom(-1))
        self.add("view", "Usual size", "Ctrl+0", lambda: self._zoom(0))

    # -- what they do ----------------------------------------------------------------------------------------------

    def _zoom(self, way: int) -> None:
        app = self._window.app
        app.preferences.set(structs.replace(app.settings, zoom=app.themes.step(way)))

    def _keys(self) -> None:
        from natterjack.desktop import shortcuts_help

        shortcuts_help.show(self._window)

    def _to_messages(self) -> None:
        from PySide6.QtCore import Qt

        self._window.messages.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.messages.choose()

    def join(self) -> None:
        """Ask which channel to join."""
        server = self._window.server
        if server is None:
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Join a channel")
        dialog.setLabelText("Which channel? It is made if there is none of that name.")
        dialog.setTextValue("#")
        dialog.setOkButtonText("Join")
        dialog.textValueSelected.connect(
            lambda name: server.type(f"/join {name.strip()}") if name.strip("# ") else None
        )
        dialog.open()

    def _leave(self) -> None:
        if self._window.server is not None:
            self._window.app.close_server(self._window.server)

    # -- for what is in the lists ----------------------------------------------------------------------------------

    def for_conversation(self, server: Server, name: str) -> QMenu:
        """``name`` ``""``: for the server."""
        menu = QMenu(self._window)
        if not name:
            menu.addAction("Connect").triggered.connect(lambda: server.type("/connect"))
            menu.addAction("Leave this server").triggered.connect(
                lambda: self._window.app.close_server(server)
            )
            menu.actions()[0].setEnabled(not server.online)
            return menu
        menu.addAction("Mark as read").triggered.connect(lambda: self._read(server, name))
        conversation = server.model.find(name)
        if isinstance(conversation, Channel) and server.online and not conversation.joined:
            menu.addAction(label(f"Join {harmless(name)} again")).triggered.connect(
                lambda: server.type(f"/join {name}")
            )
            menu.addAction("Close").triggered.connect(lambda: server.leave(name))
        elif isinstance(conversation, Channel):
            menu.addAction(label(f"Leave {harmless(name)}")).triggered.connect(lambda: server.leave(name))
        else:
            menu.addAction(f"Who is {harmless(name)}?").triggered.connect(
                lambda: server.type(f"/whois {name}")
            )
            menu.addAction("Close until the next message").triggered.connect(lambda: server.leave(name))
        return menu

    def for_member(self, server: Server, nick: str) -> QMenu:
        """What can be done about ``nick``."""
        menu = QMenu(self._window)
        shown = harmless(nick)
        about = QAction(f"Who is {shown}?", menu)
        about.triggered.connect(lambda: server.type(f"/whois {nick}"))
        if server.model.is_me(nick):
            menu.addAction(about)  # the rest is for others
            return menu
        menu.addAction(f"Talk to {shown}").triggered.connect(lambda: self._window.go(server, nick))
        menu.addAction(about)
        words = f"Hear {shown} again" if server.model.is_ignored(nick) else f"Ignore {shown}"
        menu.addAction(words).triggered.connect(lambda: server.type(f"/ignore {nick}"))
        here = server.current
        mine = here.member(server.model.nick) if isinstance(here, Channel) else None
        if mine is not None and set(mine.prefixes) & set("~&@%"):
            menu.addSeparator()
            channel = here.name
            menu.addAction(f"Kick {shown}").triggered.connect(
                lambda: server.ask(lambda ref: r.Kick(ref, channel, nick))
            )
        return menu

    def _read(self, server: Server, name: str) -> None:
        server.chat.here.read(name)
        server.settle()
