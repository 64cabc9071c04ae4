"""The dialog that asks where to go, and the servers used before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.address import Address, Security
from natterjack.client.secret import Credentials, Secret
from natterjack.desktop.connecting import ConnectDialog
from natterjack.desktop.recent import FILE, Recent, Recents
from tests.desktop.people import alone
from tests.desktop.stand_ins import StandInApp

PIN = "SHA256:" + "A" * 43
LINK = f"natterjack://192.0.2.7:7667/#pin={PIN}&invite=one-two"


@pytest.fixture
def app(qapp: object, tmp_path: Path) -> StandInApp:
    return StandInApp(tmp_path)


def dialog(qtbot: QtBot, app: Any, address: Address | None = None) -> ConnectDialog:
    made = ConnectDialog(app, None, address)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_a_pasted_link_and_enter_are_all_it_takes(qtbot: QtBot, app: StandInApp) -> None:
    made = dialog(qtbot, app)
    assert made.where.hasFocus()
    qtbot.keyClicks(made.where, LINK)
    qtbot.keyClick(made.where, Qt.Key.Key_Return)
    assert app.opened == [(Address("192.0.2.7", 7667, "one-two", PIN), "", None)]
    assert not made.isVisible()


@pytest.mark.parametrize(
    ("where", "name", "says"),
    [
        ("", "", "Paste a join link"),
        ("chat.example.org:99999", "", "no port"),
        ("ftp://chat.example.org", "", "begins with natterjack://"),
        ("natterjack://host/#pin=SHA256:short", "", "no key pin"),
        ("chat.example.org", "two words", "cannot be a name"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_entered_is_lost(
    qtbot: QtBot, app: StandInApp, where: str, name: str, says: str
) -> None:
    made = dialog(qtbot, app)
    made.where.setText(where)
    made.name.setText(name)
    qtbot.mouseClick(made.connect_button, Qt.MouseButton.LeftButton)
    assert made.isVisible()
    assert made.wrong.isVisible()
    assert says in made.wrong.text()
    assert (made.where.text(), made.name.text()) == (where, name)
    assert app.opened == []
    qtbot.keyClicks(made.where, "x")
    assert not made.wrong.isVisible()


def test_an_account_is_asked_for_only_where_somebody_says_that_he_has_one(
    qtbot: QtBot, app: StandInApp
) -> None:
    made = dialog(qtbot, app)
    made.where.setText("chat.example.org")
    assert not made.password.isVisible()
    made.has_account.setChecked(True)
    assert made.account.hasFocus()
    qtbot.keyClicks(made.account, "alice")
    qtbot.keyClick(made.account, Qt.Key.Key_Return)
    assert "both" in made.wrong.text()
    assert made.password.hasFocus()
    qtbot.keyClicks(made.password, " correct horse ")
    qtbot.keyClick(made.password, Qt.Key.Key_Return)
    login = Credentials("alice", Secret(" correct horse "))
    assert app.opened == [(Address("chat.example.org"), "", login)]


def test_a_server_used_before_is_one_enter_away(qtbot: QtBot, app: StandInApp) -> None:
    app.recents.note(Address("a.example.org"), "A", "alice")
    app.recents.note(Address("b.example.org", security=Security.PLAIN), "B", "bob")
    made = dialog(qtbot, app)
    assert made.where.text() == "b.example.org:7667"
    assert made.before.item(0).text() == "B  –  b.example.org:7667, as bob"
    assert made.name.placeholderText() == "bob, as the last time"
    qtbot.keyClick(made.where, Qt.Key.Key_Return)
    assert app.opened == [(Address("b.example.org", security=Security.PLAIN), "", None)]


def test_what_is_typed_after_choosing_one_counts(qtbot: QtBot, app: StandInApp) -> None:
    app.recents.note(Address("a.example.org", security=Security.PLAIN), "A", "alice")
    made = dialog(qtbot, app)
    made.where.selectAll()
    qtbot.keyClicks(made.where, "a.example.org")
    assert made.before.currentItem() is None
    qtbot.keyClick(made.where, Qt.Key.Key_Return)
    assert app.opened == [(Address("a.example.org"), "", None)]


def test_one_comes_again_under_the_name_that_one_has_there(qtbot: QtBot, tmp_path: Path) -> None:
    """The list said it, and one came as a guest with another name."""
    one = alone(qtbot, tmp_path, "#pond")
    one.app.options = structs.replace(one.app.options, nick="guest-me", named=False)
    one.app.recents.follow(one.server)
    where = Address("127.0.0.1", 2)  # where nobody listens: the last lines of this do go there
    one.server.chat.link.connect(where)
    told = one.server.heard.emit
    told(e.NickTaken("ada", "ada_", "Nick belongs to an account"))
    told(e.NickTaken("ada_", "ada__", "in use"))
    told(e.Ready("ada__", "irc.test", "Pond"))
    assert one.app.recents.nick_at(where) == "ada"
    told(e.NickChanged("bob", "rob", own=False, time=1.0))
    told(e.NickChanged("ada__", "lovelace", own=True, time=1.0))
    assert one.app.recents.nick_at(where) == "lovelace"
    told(e.Ready("lovelace", "irc.test", "Pond"))
    assert one.app.open_server(where).options.nick == "lovelace"
    assert one.app.open_server(Address("127.0.0.1", 1)).options.nick == "guest-me"
    one.close()


def test_delete_takes_one_out_of_the_list(qtbot: QtBot, app: StandInApp, tmp_path: Path) -> None:
    app.recents.note(Address("a.example.org"), "A", "alice")
    app.recents.note(Address("b.example.org"), "B", "bob")
    made = dialog(qtbot, app)
    made.before.setFocus()
    qtbot.keyClick(made.before, Qt.Key.Key_Delete)
    app.recents.wait()
    assert [each.name for each in Recents(tmp_path).all] == ["A"]


def test_an_address_to_be_changed_stands_there_as_it_was(qtbot: QtBot, app: StandInApp) -> None:
    made = dialog(qtbot, app, Address("192.0.2.7", 7667, "one-two", PIN))
    assert made.where.text() == LINK


def test_servers_are_kept_newest_first_once_each_and_without_their_secrets(tmp_path: Path) -> None:
    recents = Recents(tmp_path / "client")
    recents.note(Address("localhost", 7667, "secret-invite", PIN), "Home", "kim")
    recents.note(Address("b.example.org"), "B", "kim")
    recents.note(Address("127.0.0.1", 7667), "Home", "alice")
    recents.wait()
    again = Recents(tmp_path / "client")
    assert again.all == [
        Recent("127.0.0.1", 7667, "Home", "alice"),
        Recent("b.example.org", 7667, "B", "kim"),
    ]
    assert "secret-invite" not in (tmp_path / "client" / FILE).read_text()


def test_a_damaged_list_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[{"host": 7}]')
    recents = Recents(tmp_path)
    assert recents.all == []
    assert "damaged" in recents.problem
    recents.note(Address("b.example.org"), "B", "kim")
    recents.wait()
    assert [each.name for each in Recents(tmp_path).all] == ["B"]
