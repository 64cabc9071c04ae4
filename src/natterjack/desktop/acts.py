"""What can be done with a message: by its bar, its menu, the keyboard, and by pressing what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QCursor, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox

from natterjack.client import requests as r
from natterjack.client.chatting.past import clip
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model.items import Message
from natterjack.client.transfers import requests as f
from natterjack.client.view.links import find_links
from natterjack.desktop.emoji_picker import EmojiPicker
from natterjack.desktop.messages.blocks import Hit
from natterjack.desktop.plain import label, tip
from natterjack.desktop.sending import Pending
from natterjack.desktop.server import Server
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.desktop.window import Window


#: Lines of a menu for what can be pressed in a message.
_MOST_PRESSED: Final = 5


class Acts(QObject):
    """For the messages of ``window``."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._about: Message | None = None
        self.picker = EmojiPicker(window.app.themes, window)
        self.picker.chosen.connect(self._react)
        window.messages.wanted.connect(self.wanted)
        window.messages.pressed.connect(self.pressed)

    # -- what is wanted --------------------------------------------------------------------------------------------

    def wanted(self, what: str, message: Message | Pending | None) -> None:
        """``what`` as in ``Messages.wanted``."""
        server = self._window.server
        if server is None or message is None:
            return
        if isinstance(message, Pending):
            if what == "menu":
                self.menu_for_failed(message).popup(self._window.messages.place_for_menu(message))
            return
        if what != "menu" and not _can(server, message, what):
            return
        self._about = message
        match what:
            case "reply":
                self._window.composer.answer(message)
            case "react":
                self.picker.open_at(self._window.messages.place_for_menu(message))
            case "edit":
                self._window.composer.change(message)
            case "delete":
                self._ask_delete(server, message)
            case "menu":
                self.menu_for(server, message).popup(self._window.messages.place_for_menu(message))

    def menu_for(self, server: Server, message: Message) -> QMenu:
        """All that can be done with ``message``."""
        menu = QMenu(self._window)
        menu.setAccessibleName("Message")
        for words, what, key in (
            ("Reply", "reply", "R"),
            ("React…", "react", "+"),
            ("Edit", "edit", "E"),
            ("Delete…", "delete", "Del"),
        ):
            action = menu.addAction(words)
            action.setShortcut(QKeySequence(key))
            action.setEnabled(_can(server, message, what))
            action.triggered.connect(lambda _=False, what=what: self.wanted(what, message))
        menu.addSeparator()
        self._add_pressed(menu, message, message)
        selected = self._window.messages.selected_text()
        if selected:
            menu.addAction("Copy selection").triggered.connect(lambda: _copy(selected))
        menu.addAction("Copy text").triggered.connect(lambda: _copy(message.text))
        for link in find_links(message.text)[:3]:
            menu.addAction(label(f"Copy {clip(link.url)}")).triggered.connect(
                lambda _=False, url=link.url: _copy(url)
            )
        if message.own or server.model.is_me(message.nick):
            return menu
        menu.addSeparator()
        nick = message.nick
        shown = harmless(nick)
        menu.addAction(f"Talk to {shown}").triggered.connect(lambda: self._window.go(server, nick))
        menu.addAction(f"Who is {shown}?").triggered.connect(lambda: server.type(f"/whois {nick}"))
        ignored = server.model.is_ignored(nick)
        words = f"Hear {shown} again" if ignored else f"Ignore {shown}"
        menu.addAction(words).triggered.connect(lambda: server.type(f"/ignore {nick}"))
        return menu

    def menu_for_failed(self, failed: Pending) -> QMenu:
        """All that can be done with what was not sent."""
        menu = QMenu(self._window)
        menu.setAccessibleName("Message that was not sent")
        self._add_pressed(menu, failed, None)
        menu.addAction("Copy text").triggered.connect(lambda: _copy(failed.text))
        return menu

    def _add_pressed(self, menu: QMenu, chosen: Message | Pending, message: Message | None) -> None:
        """What can be pressed in it, for who has no pointer."""
        offered: dict[str, Hit] = {}
        for hit in self._window.messages.hits(chosen):
            words = _pressed_words(hit)
            if words and len(offered) < _MOST_PRESSED:
                offered.setdefault(words, hit)
        for words, hit in offered.items():
            menu.addAction(label(words)).triggered.connect(
                lambda _=False, hit=hit: self.pressed(hit, message)
            )

    def _ask_delete(self, server: Server, message: Message) -> None:
        where = server.model.current
        box = QMessageBox(self._window)
        box.setWindowTitle("Delete message")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("Delete this message for everybody?")
        box.setInformativeText(tip(clip(harmless(message.text))))
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.setProperty("look", "danger")
        box.addButton(QMessageBox.StandardButton.Cancel)

        def closed() -> None:
            if box.clickedButton() is delete:
                server.ask(lambda ref: r.Redact(ref, where, message.msgid))

        box.finished.connect(closed)
        box.open()

    def _react(self, sign: str) -> None:
        if self._about is not None:
            self._toggle(self._about, sign)
            self._window.composer.setFocus()

    def _toggle(self, message: Message, sign: str) -> None:
        """Put ``sign`` to ``message``, or take ours away."""
        server = self._window.server
        if server is None or not message.msgid:
            return
        message = server.current.message(message.msgid) or message  # as it is now
        nicks = message.tally.get(sign, [])
        mine = any(fold(nick) == fold(server.model.nick) for nick in nicks)
        where = server.model.current
        server.ask(lambda ref: r.React(ref, where, message.msgid, sign, adding=not mine))

    # -- what is pressed -------------------------------------------------------------------------------------------

    def pressed(self, hit: Hit, message: Message | None) -> None:
        """``hit`` was pressed, in ``message`` or in a line that is none."""
        server = self._window.server
        if server is None:
            return
        match hit.what:
            case "link":
                self.browse(hit.value)
            case "other-link":
                self._ask_open(f"Open {hit.value} with another program?", QUrl(hit.value))
            case "nick":
                if not server.model.is_me(hit.value):
                    self._window.menus.for_member(server, hit.value).popup(QCursor.pos())
            case "quote":
                if not self._window.messages.jump_to_message(hit.value):
                    server.view.info(
                        "What this answers is older than what is here. Scroll up, or search for it."
                    )
                    server.settle()
            case "reaction" if message is not None:
                self._toggle(message, hit.value)
            case "retry":
                server.retry(hit.value)
            case "discard":
                server.discard(hit.value)
            case "fetch" if message is not None and message.file is not None:
                file = message.file
                folder = self._window.app.settings.download_folder
                path = "" if folder == server.options.downloads else str(folder)
                server.ask(lambda ref: f.FetchFile(ref, file.id, path, file.name, file.size, file.sha256))
            case "open-file":
                self.open_file(hit.value)

    def browse(self, url: str) -> None:
        """Open a web link in the browser."""
        if url.casefold().startswith(("http://", "https://")):
            QDesktopServices.openUrl(QUrl(url))

    def open_file(self, path: str) -> None:
        """Open a file, once the person has said so: no list of kinds knows what this computer's programs do."""
        server = self._window.server
        if not Path(path).exists() and server is not None:
            server.view.error(
                0, "files", f"There is no file {harmless(path)} any more. It can be fetched again."
            )
            self._window.messages.pictures_changed()
            server.settle()
            return
        url = QUrl.fromLocalFile(path)
        self._ask_open(
            f"Open {harmless(Path(path).name)} with the program that this computer has for it?", url
        )

    def _ask_open(self, words: str, url: QUrl) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("Open")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words)
        go = box.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)

        def closed() -> None:
            if box.clickedButton() is go:
                QDesktopServices.openUrl(url)

        box.finished.connect(closed)
        box.open()


def _can(server: Server, message: Message, what: str) -> bool:
    """Whether that makes sense: only one's own messages can be changed, and a guest's not even by him."""
    if not message.msgid or message.redacted is not None:
        return False
    if what in ("edit", "delete"):
        return message.own and bool(server.model.account) and server.online
    return server.online


def _pressed_words(hit: Hit) -> str:
    """What pressing it does, as a line of a menu; ``""``: that is in the menu anyhow, or in no menu."""
    match hit.what:
        case "link" | "other-link":
            return f"Open {clip(hit.value)}"
        case "quote" | "fetch" | "open-file":
            return hit.tip
        case "retry" | "discard":
            return hit.what.capitalize()
    return ""


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
