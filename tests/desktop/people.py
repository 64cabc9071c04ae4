"""People before windows of their own, and one model filled by hand: for the tests of the window as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import shiboken6
from msgspec import structs
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.address import parse_address
from natterjack.client.chatting.options import Options
from natterjack.client.events import Kind
from natterjack.client.model.items import Message
from natterjack.desktop.app import App
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Choice
from natterjack.proto.source import Source

PATIENCE = 15_000


class Person:
    """Has a window, which is closed by :meth:`close`. ``port``: where to go at once, None: nowhere."""

    def __init__(self, qtbot: QtBot, directory: Path, nick: str, port: int | None = None) -> None:
        self.qtbot = qtbot
        qt = QApplication.instance()
        assert isinstance(qt, QApplication)
        address = parse_address(f"127.0.0.1:{port}") if port is not None else None
        options = Options(nick=nick, interactive=True, named=True, data_dir=directory, address=address)
        self.app = App(qt, options)
        self.app.preferences.set(structs.replace(self.app.settings, theme=Choice.LIGHT))
        self.window = self.app.window
        self.window.resize(1000, 700)
        self.window.show()
        if address is not None:
            self.app.open_server(address)

    @property
    def server(self) -> Server:
        assert self.window.server is not None
        return self.window.server

    def until(self, true: Callable[[], object]) -> None:
        """Wait for that, and no longer than it takes."""
        self.qtbot.waitUntil(lambda: bool(true()), timeout=PATIENCE)

    def arrive(self) -> None:
        """Until one is in #lobby."""
        self.until(lambda: self.server.online and self.server.model.current == "#lobby")

    def enter(self, text: str) -> None:
        """Type ``text`` and press Enter."""
        self.window.composer.set_text(text)
        self.window.composer.enter()

    def said(self, text: str) -> Message | None:
        """The last message that reads ``text``, where one looks."""
        found = (item for item in reversed(self.server.current.items) if isinstance(item, Message))
        return next((item for item in found if item.text == text), None)

    def sees(self, text: str) -> Message:
        """Wait for a message that reads ``text``."""
        self.until(lambda: self.said(text))
        found = self.said(text)
        assert found is not None
        return found

    def close(self) -> None:
        for server in self.app.servers:
            server.close()
        self.app.servers.clear()
        self.window.keep()
        shiboken6.delete(self.window)  # at once: what is left of it would be styled anew with each next one


def alone(qtbot: QtBot, directory: Path, *channels: str) -> Person:
    """One who is in ``channels``, without a server: what is said there comes by :func:`message`."""
    person = Person(qtbot, directory, "me")
    server = Server(person.app.options, person.app)
    person.app.servers.append(server)
    person.app.server_added.emit(server)
    server.model.apply(e.Welcomed("me", "irc.test"))
    for name in channels:
        server.model.apply(e.Joined(Source("me", "u", "h"), name, "", "", own=True, time=time.time()))
    server.model.apply(e.Ready("me", "irc.test", "Pond"))
    server.model.look_at(channels[0])
    person.window.show_server(server)
    return person


def message(
    nick: str, text: str, msgid: str = "", *, target: str = "#pond", at: float = 0.0, reply_to: str = ""
) -> e.MessageReceived:
    """``at`` 0: now."""
    source = Source(nick, "u", "h")
    moment = at or time.time()
    return e.MessageReceived(
        msgid,
        moment,
        source,
        target,
        text,
        Kind.MESSAGE,
        own=nick == "me",
        history=bool(at),
        reply_to=reply_to,
    )
