"""Above the messages: all that stands between the person and the server he looks at, each with what mends it.

What somebody has entered into a form stays as long as the window does, whatever becomes of the connection meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from natterjack.client import requests as r
from natterjack.client.address import Address, Security, parse_address
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.questions import NameQuestion, TrustQuestion
from natterjack.client.errors import BadAddress
from natterjack.client.secret import Credentials, Secret
from natterjack.desktop.banner import Banner
from natterjack.desktop.troubles import Act, Form, Trouble
from natterjack.proto.joinlink import PIN_PREFIX, BadLink, parse_pin

if TYPE_CHECKING:
    from natterjack.desktop.server import Server
    from natterjack.desktop.window import Window


#: What is typed next is meant for these, and for nobody else to see.
_AT_ONCE: Final = (Form.PASSWORD, Form.NEW_PASSWORD)


class Questions(QWidget):
    """Follows the window from server to server."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._server: Server | None = None
        self._banners: list[Banner] = []
        self._entered: dict[tuple[int, Form], list[str]] = {}  # by server
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(1)
        self.setAccessibleName("What needs your attention")
        window.server_changed.connect(self._follow)
        window.app.themes.changed.connect(self._anew)
        self._follow()

    @property
    def banners(self) -> list[Banner]:
        return list(self._banners)

    def _follow(self) -> None:
        """The window shows another server."""
        if self._server is self._window.server:
            return
        if self._server is not None:
            self._server.changed.disconnect(self.refresh)
            self._server.asked.disconnect(self.refresh)
        self._server = self._window.server
        if self._server is not None:
            self._server.changed.connect(self.refresh)
            self._server.asked.connect(self.refresh)
        self._anew()

    def _anew(self) -> None:
        self._show([])
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now; what is shown already stays as it is, with what was typed into it."""
        server = self._server
        if server is None:
            self._show([])
            return
        chat = server.chat
        offline = chat.link.phase is Phase.OFFLINE
        self._show(server.troubles.now(chat.question, chat.password, offline=offline))

    def _show(self, troubles: list[Trouble]) -> None:
        if troubles == [banner.trouble for banner in self._banners]:
            return
        standing = {id(banner): banner for banner in self._banners}
        banners = []
        for trouble in troubles:
            found = next((each for each in standing.values() if each.trouble == trouble), None)
            if found is not None:
                del standing[id(found)]
            banners.append(found or self._banner(trouble))
        focused = QApplication.focusWidget()
        answered = focused is not None and any(each.isAncestorOf(focused) for each in standing.values())
        for banner in standing.values():
            self._keep(banner)
            self._rows.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        fresh = [each for each in banners if each not in self._banners]
        self._banners = banners
        for place, banner in enumerate(banners):
            self._rows.insertWidget(place, banner)
            banner.show()
        self.setVisible(bool(banners))
        if fresh and fresh[0].form is not None and fresh[0].form.form in _AT_ONCE:
            fresh[0].begin()
        elif fresh and fresh[0].form is not None and (answered or not _is_typing()):
            # later: whoever shows another server puts the keyboard elsewhere after he has told us
            QTimer.singleShot(0, fresh[0], fresh[0].begin)
        elif answered:
            self._window.composer.setFocus()

    def _banner(self, trouble: Trouble) -> Banner:
        server = self._server
        assert server is not None
        return Banner(
            trouble,
            self._window.app.themes,
            lambda act: self._act(server, trouble, act),
            lambda form, values: self._send(server, trouble, form, values),
            lambda form: self._entered.get((id(server), form), []),
            self,
        )

    def _keep(self, banner: Banner) -> None:
        if banner.form is not None and any(banner.form.entered):
            self._entered[(id(self._server), banner.form.form)] = banner.form.entered

    # -- buttons ---------------------------------------------------------------------------------------------------

    def _act(self, server: Server, trouble: Trouble, act: Act) -> None:
        chat, question = server.chat, server.chat.question
        trying = chat.link.trying
        match act:
            case Act.AGAIN | Act.NOW | Act.CONNECT:
                chat.connect(trying)
            case Act.STOP:
                if chat.link.phase is not Phase.OFFLINE:
                    chat.disconnect("")
            case Act.PLAIN:
                chat.connect(Address(trying.host, trying.port, trying.invite, "", Security.PLAIN))
            case Act.TRUST | Act.DISTRUST:
                if isinstance(question, TrustQuestion):
                    question.decide(act is Act.TRUST)
            case Act.WITHDRAW:
                if chat.password is not None:
                    chat.password.withdraw()
            case Act.ELSEWHERE:
                self._window.app.ask_where(trying)
            case Act.CLOSE:
                server.troubles.close(trouble)
        server.settle()

    # -- forms -----------------------------------------------------------------------------------------------------

    def _send(self, server: Server, trouble: Trouble, form: Form, values: list[str]) -> str:
        """Use what was entered; what is wrong with it, as a sentence, ``""`` where nothing is."""
        for banner in self._banners:
            self._keep(banner)
        if form is Form.NAME:
            wrong = self._name(server, values[0])
        elif form is Form.LOGIN:
            wrong = self._login(server, values[0].strip(), Secret(values[1]))
        elif form in _AT_ONCE:
            wrong = self._password(server, values)
        else:
            wrong = self._link(server, trouble, values[0].strip())
        server.settle()
        return wrong

    def _name(self, server: Server, name: str) -> str:
        question = server.chat.question
        if not isinstance(question, NameQuestion):
            return "Nobody asks for a name any more."
        why = question.call(name)
        return f"That cannot be a name: {why}." if why else ""

    def _password(self, server: Server, values: list[str]) -> str:
        question = server.chat.password
        if question is None:
            return "Nobody asks for a password any more."
        if not values[0].strip():
            return "Type the password, or cancel."
        if values[0] != values[-1]:
            return "These are two passwords: type the same one twice."
        return question.give(values[0])

    def _login(self, server: Server, account: str, password: Secret) -> str:
        if not account or not password:
            return "It takes both, the account and its password."
        chat, question = server.chat, server.chat.question
        if isinstance(question, NameQuestion):
            question.log_in(account, password)
        elif server.online:
            server.ask(
                lambda ref: r.LogIn(ref, account, password),
                lambda: chat.remember_login(chat.model.account or account, password),
            )
        else:
            chat.link.arrivals.offer(chat.link.trying, Credentials(account, password))
            chat.connect(chat.link.trying)
        return ""

    def _link(self, server: Server, trouble: Trouble, text: str) -> str:
        trying = server.chat.link.trying
        try:
            if text[: len(PIN_PREFIX)].upper() == PIN_PREFIX:
                pin = parse_pin(text)
                if trouble.key and pin != trouble.key:
                    return "The server shows another key than that one: do not connect, and tell its owner."
                address = structs.replace(trying, pin=pin)
            elif not text:
                return "Paste a join link, as the server's owner, or somebody who is there, gives it to you."
            else:
                address = parse_address(text)
        except (BadAddress, BadLink) as error:
            return str(error)
        if trouble.key and not address.pin:
            return "This link says nothing of the key: ask for one with #pin= in it."
        if address.name == trying.name:
            server.chat.connect(address)
        else:
            self._window.app.open_server(address)
        return ""


def _is_typing() -> bool:
    """Whether the keyboard is where something has been typed: then it stays there."""
    focused = QApplication.focusWidget()
    if isinstance(focused, QLineEdit):
        return bool(focused.text())
    if isinstance(focused, QPlainTextEdit | QTextEdit):
        return bool(focused.toPlainText())
    return False
