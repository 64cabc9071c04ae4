"""A typed command that lacks its password: a field for it, and what is typed then is seen and said nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from natterjack.client.model.items import Message, Note
from natterjack.desktop.banner import Banner
from natterjack.desktop.troubles import Act
from tests.desktop.people import Person
from tests.support.process import ServerProcess, serving

PASSWORD = "correct-horse"


@pytest.fixture
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
def me(qtbot: QtBot, tmp_path: Path, process: ServerProcess) -> Iterator[Person]:
    person = Person(qtbot, tmp_path, "me", process.port)
    person.arrive()
    person.window.activateWindow()
    person.window.composer.field.setFocus()
    yield person
    person.close()


def banner(me: Person) -> Banner:
    (found,) = me.window.questions.banners
    return found


def typed(me: Person, text: str) -> None:
    """Where the keyboard is, whatever that is."""
    focused = QApplication.focusWidget()
    assert focused is not None
    me.qtbot.keyClicks(focused, text)


def entered(me: Person, text: str) -> None:
    typed(me, text)
    focused = QApplication.focusWidget()
    assert focused is not None
    me.qtbot.keyClick(focused, Qt.Key.Key_Return)


def told(me: Person) -> str:
    return "\n".join(item.text for item in me.server.current.items if isinstance(item, Note | Message))


def kept(directory: Path) -> str:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def test_the_keyboard_is_in_the_field_at_once_and_back_where_it_was(me: Person, tmp_path: Path) -> None:
    entered(me, "REGISTER")
    assert banner(me).trouble.title == "Choose a password for me"
    form = banner(me).form
    assert form is not None
    assert all(line.echoMode() is QLineEdit.EchoMode.Password for line in form.fields)
    entered(me, PASSWORD)
    entered(me, "correct-hrose")
    assert "type the same one twice" in form.wrong
    form.fields[1].clear()
    entered(me, PASSWORD)
    me.until(lambda: me.server.model.account == "me")
    assert not me.window.questions.banners
    entered(me, "hello")  # into the composer
    me.sees("hello")
    me.server.save()
    assert PASSWORD not in kept(tmp_path) + told(me)


def test_a_wrong_one_and_none(me: Person, tmp_path: Path) -> None:
    entered(me, "LOGIN nobody")
    assert banner(me).trouble.title == "The password of nobody"
    composer = me.window.composer
    assert not composer.field.isEnabled()
    me.window._type("secret")  # typed where nothing takes it
    me.server.type("/whois me")  # a menu
    composer.enter()
    entered(me, PASSWORD)
    me.until(lambda: "Not logged in as nobody" in told(me))
    assert composer.field.isEnabled()
    entered(me, "LOGIN nobody")
    typed(me, "secret")
    me.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    me.until(lambda: not me.window.questions.banners)
    entered(me, "LOGIN nobody")
    me.qtbot.mouseClick(banner(me).buttons[Act.WITHDRAW], Qt.MouseButton.LeftButton)
    me.until(lambda: not me.window.questions.banners)
    assert told(me).count("No password was given: everything is as it was.") == 2
    assert "A password is asked for above: nothing was done." in told(me)
    assert composer.text == ""
    me.server.save()
    assert "secret" not in kept(tmp_path) + told(me)


def test_pasted_together_it_is_not_said(me: Person, tmp_path: Path) -> None:
    me.enter(f"LOGIN nobody\n{PASSWORD}")
    me.until(lambda: "Not logged in as nobody" in told(me))
    me.server.save()
    assert PASSWORD not in kept(tmp_path) + told(me)
