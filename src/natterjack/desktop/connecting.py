"""The dialog that asks where to go: a join link, an address, or a server used before; and as whom, if one cares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from natterjack.client.address import Address, parse_address
from natterjack.client.chatting.link import Phase
from natterjack.client.errors import BadAddress
from natterjack.client.secret import Credentials, Secret
from natterjack.desktop.recent import Recent
from natterjack.proto.joinlink import JoinLink
from natterjack.proto.names import check_nick, normalise_nick

if TYPE_CHECKING:
    from natterjack.desktop.app import App

_WIDTH: Final = 480
_CHOSEN: Final = "chosen for you where you leave this empty"
#: Servers used before that are seen without scrolling.
_ROWS: Final = 4


class ConnectDialog(QDialog):
    """Opens a server in ``app`` when it is accepted. ``address``: what stands in it to begin with."""

    def __init__(self, app: App, parent: QWidget | None = None, address: Address | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self.setWindowTitle("Connect")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        px = app.themes.px
        self.setMinimumWidth(px(_WIDTH))
        self._chosen: Recent | None = None

        self.where = self._line("Join link or address", "natterjack://…  or  chat.example.org")
        self.where.setText(_as_text(address))
        self.where.textEdited.connect(self._edited)
        self.wrong = self._label("", "wrong")
        self.before = self._list()
        self.name = self._line("Your name", _CHOSEN)
        self.has_account = QCheckBox("I &have an account there", self)
        self.has_account.toggled.connect(self._show_login)
        self.account, self.password = self._line("Account"), self._line("Password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._labels: dict[QLineEdit, QLabel] = {}
        self._lay_out()
        self._show_login(False)
        self._complain("")
        self.where.setFocus()
        if not self.where.text() and self.before.count():
            self.before.setCurrentRow(0)

    # -- how it looks ----------------------------------------------------------------------------------------------

    def _line(self, name: str, hint: str = "") -> QLineEdit:
        line = QLineEdit(self)
        line.setAccessibleName(name)
        line.setPlaceholderText(hint)
        line.textEdited.connect(lambda _: self._complain(""))
        return line

    def _label(self, text: str, look: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("look", look)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _lay_out(self) -> None:
        px = self._app.themes.px
        title = self._label("Where do you want to go?", "title")
        title.setFont(self._app.themes.font(1.3, bold=True))
        hint = self._label("If somebody gave you a join link, paste it: that is all.", "dim")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(24), px(20), px(24), px(20))
        whole.setSpacing(px(10))
        for widget in (title, hint, self.where, self.wrong):
            whole.addWidget(widget)
        if self.before.count():
            caption = self._label("Or one &used before", "dim")
            caption.setBuddy(self.before)
            whole.addWidget(caption)
            whole.addWidget(self.before)
        whole.addSpacing(px(4))
        whole.addLayout(self._grid())
        whole.addStretch(1)
        whole.addSpacing(px(8))
        whole.addWidget(self._buttons())

    def _grid(self) -> QGridLayout:
        px = self._app.themes.px
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(8))
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.has_account, 1, 1)
        for row, text, line in (
            (0, "&Name", self.name),
            (2, "&Account", self.account),
            (3, "&Password", self.password),
        ):
            label = QLabel(text, self)
            label.setBuddy(line)
            self._labels[line] = label
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
        return grid

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(self)
        self.connect_button = buttons.addButton("&Connect", QDialogButtonBox.ButtonRole.AcceptRole)
        self.connect_button.setDefault(True)
        cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setAutoDefault(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    # -- servers used before ---------------------------------------------------------------------------------------

    def _list(self) -> QListWidget:
        listed = QListWidget(self)
        listed.setProperty("look", "field")
        listed.setAccessibleName("Servers used before")
        for recent in self._app.recents.all:
            item = QListWidgetItem(_words(recent))
            item.setData(Qt.ItemDataRole.UserRole, recent)
            item.setToolTip("Enter connects, Delete takes it out of this list")
            listed.addItem(item)
        rows = min(_ROWS, max(1, listed.count()))
        listed.setFixedHeight(self._app.themes.px(8) + rows * (listed.sizeHintForRow(0) + 2))
        listed.setVisible(bool(listed.count()))
        listed.currentItemChanged.connect(lambda item, _: self._choose(item))
        listed.itemActivated.connect(lambda _: self.accept())
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), listed)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._forget)
        return listed

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        recent: Recent = item.data(Qt.ItemDataRole.UserRole)
        self._chosen = recent
        self.where.setText(str(recent.address))
        usual = recent.nick and not self._app.options.named
        self.name.setPlaceholderText(f"{recent.nick}, as the last time" if usual else _CHOSEN)
        self._complain("")

    def _forget(self) -> None:
        item = self.before.takeItem(self.before.currentRow())
        if item is not None:
            self._app.recents.forget(item.data(Qt.ItemDataRole.UserRole))

    def _edited(self, text: str) -> None:
        self._chosen = None
        self.name.setPlaceholderText(_CHOSEN)
        self.before.setCurrentItem(None)  # type: ignore[call-overload]  # None: nothing is current
        self._complain("")

    # -- what was entered ------------------------------------------------------------------------------------------

    def _show_login(self, shown: bool) -> None:
        for line in (self.account, self.password):
            line.setVisible(shown)
            self._labels[line].setVisible(shown)
        if shown:
            self.account.setFocus()
        self._complain("")

    def _complain(self, why: str, line: QLineEdit | None = None) -> None:
        self.wrong.setText(why)
        self.wrong.setVisible(bool(why))
        for each in (self.where, self.name, self.account, self.password):
            each.setProperty("wrong", "true" if each is line else "false")
            each.style().unpolish(each)
            each.style().polish(each)
        if line is not None:
            line.setFocus()
            line.selectAll()

    def accept(self) -> None:
        """Connect, or say what is wrong; then everything stays as it was entered."""
        text = self.where.text().strip()
        if not text:
            self._complain("Paste a join link, or type a server's address.", self.where)
            return
        try:
            address = parse_address(text)
        except BadAddress as error:
            self._complain(error.text, self.where)
            return
        if self._chosen is not None and self._chosen.address.name == address.name:
            address = self._chosen.address
        name = normalise_nick(self.name.text().strip())
        why = check_nick(name) if name else None
        if why is not None:
            self._complain(f"That cannot be a name: {why}.", self.name)
            return
        login = None
        if self.has_account.isChecked():
            account, password = self.account.text().strip(), self.password.text()
            if not account or not password:
                text = "It takes both, the account and its password."
                self._complain(text, self.password if account else self.account)
                return
            login = Credentials(account, Secret(password))
        super().accept()
        opened = self._app.open_server(address, nick=name, login=login)
        for server in list(self._app.servers):  # one that came to nothing is what this was about
            came_to_nothing = server.chat.link.phase is Phase.OFFLINE and not server.troubles.was_in
            if server is not opened and came_to_nothing:
                self._app.close_server(server)


def _words(recent: Recent) -> str:
    who = f", as {recent.nick}" if recent.nick else ""
    where = str(recent.address)
    return f"{recent.name}  –  {where}{who}" if recent.name else f"{where}{who}"


def _as_text(address: Address | None) -> str:
    """``address`` as one may type it: a link where it holds more than host and port."""
    if address is None:
        return ""
    if address.invite or address.pin:
        return JoinLink(address.host, address.port, address.pin, address.invite).render()
    return str(address)
