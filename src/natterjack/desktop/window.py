"""The window: lists at the sides, the conversation in the middle, and what comes up above it.

It shows one server at a time of those in :class:`~natterjack.desktop.app.App`, and looks at the model again whenever
that server says that something may have changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Channel
from natterjack.desktop import going
from natterjack.desktop.above import Above
from natterjack.desktop.acts import Acts
from natterjack.desktop.attaching import Attaching
from natterjack.desktop.composer import Composer
from natterjack.desktop.field import files_in
from natterjack.desktop.header import Elided, Header
from natterjack.desktop.me import Me
from natterjack.desktop.members import Members
from natterjack.desktop.menus import Menus
from natterjack.desktop.messages.first_new import FirstNew
from natterjack.desktop.messages.view import Messages
from natterjack.desktop.panes import LIST, NARROW, PEOPLE, ROOMY, SEARCH, Panes, Wish, panes
from natterjack.desktop.pictures import Pictures
from natterjack.desktop.questions import Questions
from natterjack.desktop.searching import SearchPanel
from natterjack.desktop.server import Server
from natterjack.desktop.sidebar import Sidebar
from natterjack.desktop.status import status_words
from natterjack.desktop.switcher import Switcher
from natterjack.desktop.top import Top
from natterjack.desktop.transfers import TransferDock
from natterjack.desktop.welcome import Welcome

if TYPE_CHECKING:
    from natterjack.desktop.app import App


class Window(QMainWindow):
    """``server`` is the one shown, None where there is none. ``banners`` is the place above the messages."""

    server_changed = Signal()

    def __init__(self, app: App) -> None:
        super().__init__()
        self.app = app
        self.server: Server | None = None
        self._wish = Wish()
        self._zoom = 0.0  # that the panes' widths are for
        self.setObjectName("window")
        self.setWindowTitle("Natterjack")
        self.setAcceptDrops(True)
        self.resize(1100, 720)
        themes = app.themes
        self.sidebar = Sidebar(themes, self)
        self.top = Top(themes, self)
        self.me = Me(themes, self)
        self.header = Header(themes, self)
        self._pictures = Pictures(self, self.devicePixelRatioF())
        self.messages = Messages(themes, app.settings, self._thumbnail, self)
        self.first_new = FirstNew(self.messages, themes)
        self.composer = Composer(themes, self)
        self.members = Members(themes, self)
        self.search = SearchPanel(self)
        self.switcher = Switcher(themes, self)
        self.welcome = Welcome(self)
        self.status = Elided(self)
        self.status.setObjectName("status")
        self.status.setProperty("look", "dim")
        self._lay_out()
        self.acts = Acts(self)
        self.attaching = Attaching(self)
        self.questions = Questions(self)
        self.banners.addWidget(Above(self.questions, self.middle))
        self.transfers = TransferDock(self)
        self.menus = Menus(self)
        self._connect()
        self._ticking = QTimer(self)
        self._ticking.timeout.connect(self._tick)
        self._ticking.start(1000)
        self._restyle()
        self._show_panes()
        self.refresh()
        self.welcome.setFocus()

    # -- putting together ------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget(self)
        left.setObjectName("left")
        column = _column(left)
        column.addWidget(self.top)
        column.addWidget(self.sidebar, 1)
        column.addWidget(self.me)
        self.left = left
        middle = self.middle = QWidget(self)
        middle.setObjectName("middle")
        column = _column(middle)
        column.addWidget(self.header)
        self.banners = QVBoxLayout()
        self.banners.setSpacing(0)
        column.addLayout(self.banners)
        column.addWidget(self.messages, 1)
        below = QWidget(middle)
        self._below = _column(below)
        self._below.addWidget(self.composer)
        self._below.addWidget(self.status)
        column.addWidget(below)
        self.right = QStackedWidget(self)
        self.right.setObjectName("right")
        people = QWidget(self.right)
        column = _column(people)
        self._people_title = QLabel("People", people)
        self._people_title.setObjectName("people_title")
        column.addWidget(self._people_title)
        column.addWidget(self.members, 1)
        self.right.addWidget(people)
        self.right.addWidget(self.search)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setObjectName("panes")
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for place, (pane, share) in enumerate(((left, 0), (middle, 1), (self.right, 0))):
            self._splitter.addWidget(pane)
            self._splitter.setStretchFactor(place, share)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self._splitter)
        self.setCentralWidget(self.pages)

    def _connect(self) -> None:
        app = self.app
        self.sidebar.chosen.connect(self.go)
        self.sidebar.menu.connect(self._conversation_menu)
        self.members.chosen.connect(self._talk_to)
        self.members.menu.connect(self._member_menu)
        self.switcher.chosen.connect(self.go)
        self.header.pressed.connect(self._header_pressed)
        self.top.pressed.connect(self._top_pressed)
        self.messages.followed.connect(lambda _: self._watch())
        self.messages.left.connect(self._type)
        self.messages.near_top.connect(lambda: self.server.load_older() if self.server else None)
        self._pictures.changed.connect(lambda _: self.messages.pictures_changed())
        self.composer.sent.connect(self.messages.follow)
        self.me.settings.connect(self.open_settings)
        self.transfers.left.connect(self.composer.setFocus)
        self.welcome.connect_wanted.connect(self.connect_somewhere)
        app.themes.changed.connect(self._restyle)
        app.server_added.connect(self._added)
        app.server_removed.connect(self._removed)

    def _added(self, server: Server) -> None:
        server.changed.connect(lambda: self._changed(server))
        server.moved.connect(lambda: self._moved(server))
        server.asked.connect(self.composer.refresh)
        server.browse.connect(self.acts.browse)

    def _removed(self, server: Server) -> None:
        if server is self.server:
            others = self.app.servers
            self.show_server(others[0] if others else None)
        self._refresh_lists()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_server(self, server: Server | None) -> None:
        """Show ``server`` from now on."""
        if server is self.server:
            return
        if self.server is not None:
            self.server.watch(False)
        self.server = server
        self.messages.show_conversation(server)
        self.composer.show_conversation(server)
        self.search.show_server(server)
        self.server_changed.emit()
        self.refresh()
        (self.composer if server is not None else self.welcome).setFocus()

    def _moved(self, server: Server) -> None:
        if server is self.server:
            self.messages.show_conversation(server)
            self.composer.show_conversation(server)
            self.search.moved()
            self.members.refresh(server, at_once=True)
            self._show_panes()
            if not any(each.isAncestorOf(self.focusWidget()) for each in (self.search, self.questions)):
                self.composer.setFocus()  # whoever has come in can type at once

    def _changed(self, server: Server) -> None:
        if server is self.server:
            self.messages.refresh()
            self.members.refresh(server)
            self.composer.refresh()
            self._refresh_words()
            self._watch()
        self._refresh_lists()

    def refresh(self) -> None:
        """Everything may be otherwise now."""
        self.pages.setCurrentIndex(1 if self.server is not None else 0)
        self.messages.refresh()
        self.members.refresh(self.server, at_once=True)
        self._refresh_words()
        self._refresh_lists()
        self._show_panes()
        self._watch()

    def _refresh_lists(self) -> None:
        self.sidebar.refresh(self.app.servers, self.server)

    def _refresh_words(self) -> None:
        server = self.server
        self.header.refresh(server)
        self.me.refresh(server)
        self.status.set_whole(status_words(server) if server is not None else "")
        called = sum(each.mentions for one in self.app.servers for each in one.conversations)
        where = harmless(server.current.name or server.name) if server is not None else ""
        title = f"{where} – Natterjack" if where else "Natterjack"
        self.setWindowTitle(f"({called}) {title}" if called else title)
        is_channel = server is not None and isinstance(server.current, Channel)
        crowd = server.current.crowd if server is not None and isinstance(server.current, Channel) else 0
        self._people_title.setText(f"People  {crowd}" if crowd else "People")
        if is_channel != self.header.buttons["people"].isEnabled():
            self.header.buttons["people"].setEnabled(is_channel)
            self._show_panes()

    def _type(self, text: str) -> None:
        """What was typed elsewhere is meant for the composer, if one can type there."""
        if not self.composer.field.isEnabled():
            return
        self.composer.setFocus()
        if text:
            self.composer.field.insertPlainText(text)

    def _tick(self) -> None:
        """Once a second: what depends on the time. What is begun is kept, too: a crash costs a second of typing."""
        self.composer.keep()
        if self.server is not None and self.isVisible():
            self._refresh_words()

    def _watch(self) -> None:
        """Whether the person sees what comes, and what has come."""
        self.first_new.refresh()
        if self.server is not None:
            self.server.watch(self.isActiveWindow() and self.messages.follows)

    def settings_changed(self) -> None:
        """The person has chosen otherwise."""
        self.messages.set_settings(self.app.settings)

    def _thumbnail(self, path: str) -> QPixmap | None:
        return self._pictures.thumbnail(path) if self.app.settings.pictures else None

    # -- going -----------------------------------------------------------------------------------------------------

    def go(self, server: Server, name: str) -> None:
        """To that conversation; ``""``: to the server, wherever one was there."""
        self.show_server(server)
        if name:
            server.look_at(name)
        self.uncover()
        self.composer.setFocus()

    def go_next(self, step: int, *, unread: bool = False) -> None:
        """To the next conversation (1), or the one before (-1)."""
        self._go(going.beside(self.app.servers, self.server, step, unread=unread))

    def go_unread(self) -> None:
        """To where something is unread, here or on another server."""
        self._go(going.unread(self.app.servers, self.server))

    def go_to(self, number: int) -> None:
        """To the one listed as ``number``, from 1."""
        self._go(next(iter(going.listed(self.app.servers)[number - 1 : number]), None))

    def _go(self, place: going.Place | None) -> None:
        if place is not None:
            self.go(place[0], place[1].name)

    def leave_conversation(self) -> None:
        """Ctrl+W: out of the channel, or the talk with a person is put aside, as ``/close`` does."""
        if self.server is not None and self.server.model.current:
            self.server.leave(self.server.model.current)

    def switch(self) -> None:
        """Ctrl+K."""
        if self.app.servers:
            servers = [each for each in self.app.servers if each is not self.server]
            self.switcher.open_for([self.server, *servers] if self.server is not None else servers)

    def _talk_to(self, nick: str) -> None:
        if self.server is not None and not self.server.model.is_me(nick):
            self.server.look_at(nick)
            self.composer.setFocus()

    # -- what comes up ---------------------------------------------------------------------------------------------

    def connect_somewhere(self) -> None:
        """Ask where to go."""
        self.app.ask_where()

    def open_settings(self) -> None:
        from natterjack.desktop.settings_dialog import SettingsDialog

        SettingsDialog(self.app, self).open()

    def open_search(self) -> None:
        """Look for something said, here or on the server."""
        self.right.setCurrentIndex(1)
        self._wish = structs.replace(self._wish, last="right")
        self._show_panes()
        self.search.begin()

    def close_search(self) -> None:
        """The people are shown again."""
        self.right.setCurrentIndex(0)
        self.messages.search("")
        self._show_panes()
        self.composer.setFocus()

    def _header_pressed(self, name: str) -> None:
        match name:
            case "menu":
                self.menus.all().popup(self.header.mapToGlobal(QPoint(0, self.header.height())))
            case "search":
                self.close_search() if self.search.isVisible() else self.open_search()
            case "calendar":
                self.search.ask_date(self.header.buttons["calendar"])
            case "people":
                self.toggle_members()

    def _top_pressed(self, name: str) -> None:
        match name:
            case "menu":
                self.menus.all().popup(self.top.menu.mapToGlobal(QPoint(0, self.top.menu.height() + 4)))
            case "switch":
                self.switch()
            case "join":
                self.menus.join()

    def _conversation_menu(self, server: Server, name: str, at: QPoint) -> None:
        self.menus.for_conversation(server, name).popup(at)

    def _member_menu(self, nick: str, at: QPoint) -> None:
        if self.server is not None:
            self.menus.for_member(self.server, nick).popup(at)

    # -- panes -----------------------------------------------------------------------------------------------------

    def toggle_sidebar(self) -> None:
        shows = self.left.isHidden()
        if shows and self.search.isVisible() and not self._panes(Wish(True, None, "list")).right:
            self.close_search()
        self._wish = Wish(shows, self._wish.shows_people, "list")
        self._show_panes()

    def toggle_members(self) -> None:
        shows = self.right.isHidden() or self.right.currentIndex() == 1
        self.right.setCurrentIndex(0)
        self._wish = Wish(self._wish.shows_list, shows, "right")
        self._show_panes()

    def uncover(self) -> bool:
        """One has chosen: where there was no room for the messages, they are shown again. Whether that was so."""
        covered = self.middle.isHidden()
        if covered:
            self.right.setCurrentIndex(0)
            self._wish = Wish()
            self._show_panes()
            self.composer.setFocus()
        return covered

    def _panes(self, wish: Wish) -> Panes:
        in_channel = self.server is not None and isinstance(self.server.current, Channel)
        searching = self.right.currentIndex() == 1
        return panes(self.width() / self.app.themes.zoom, wish, searching=searching, has_people=in_channel)

    def _show_panes(self) -> None:
        found = self._panes(self._wish)
        searching = self.right.currentIndex() == 1
        px = self.app.themes.px
        self.right.setMinimumWidth(px(SEARCH if searching else PEOPLE))
        focused = self.focusWidget()
        for pane, shows in ((self.left, found.left), (self.middle, found.middle), (self.right, found.right)):
            pane.setVisible(shows)
            if not shows and found.middle and pane.isAncestorOf(focused):
                self.composer.setFocus()  # else what is typed next is lost in the pane beside it
        self.header.buttons["menu"].setVisible(not found.left)
        self.header.buttons["people"].setChecked(found.right and not searching)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before, zoom = event.oldSize().width(), self.app.themes.zoom
        if any((before < edge * zoom) != (self.width() < edge * zoom) for edge in (ROOMY, NARROW)):
            self._wish = Wish()
        self._show_panes()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and pictures may be dropped anywhere."""
        source = event.mimeData()
        if self.server is not None and (files_in(source) or source.hasImage()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.composer.take_dropped(event.mimeData())
        event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and hasattr(self, "messages"):
            self._watch()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        if self.app.settings.to_tray and self.app.notifying.has_tray:
            self.hide()
        else:
            self.app.quit()

    def keep(self) -> None:
        """What is begun is kept: the program is about to end."""
        self.composer.keep()
        self._pictures.close()

    def _restyle(self) -> None:
        px = self.app.themes.px
        self._people_title.setFont(self.app.themes.font(0.85, bold=True))
        self._people_title.setFixedHeight(px(58))
        self._people_title.setContentsMargins(px(16), 0, 0, 0)
        self._people_title.setProperty("look", "dim")
        self._below.setContentsMargins(px(20), px(4), px(20), px(4))
        self._below.setSpacing(px(3))
        self.status.setFont(self.app.themes.font(0.85))
        self.status.setFixedHeight(px(20))
        self.pages.setMinimumSize(px(340), px(240))  # less than all panes: those that have no room are hidden
        self.left.setMinimumWidth(px(LIST))
        if self._zoom != self.app.themes.zoom:
            self._zoom = self.app.themes.zoom
            self._splitter.setSizes([px(230), max(px(300), self.width() - px(430)), px(200)])
        self.messages.set_settings(self.app.settings)
        self._show_panes()


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column
