"""Windows that talk through a real server: what one does in the one is seen in the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from natterjack.client.model.items import Message
from natterjack.desktop.messages.style import day_of
from natterjack.desktop.sending import State
from tests.desktop.people import Person
from tests.support.process import ServerProcess, serving


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path / "pond") as made:
        yield made


@pytest.fixture
def two(process: ServerProcess, qtbot: QtBot, tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    """Two people in #lobby."""
    people = [Person(qtbot, tmp_path / nick, nick, process.port) for nick in ("ada", "ben")]
    for each in people:
        each.arrive()
    yield people[0], people[1]
    for each in people:
        each.close()


def accounts(*people: Person) -> None:
    """Guests can change nothing that they have said: make them members."""
    for each in people:
        each.enter(f"REGISTER secret-of-{each.server.model.nick}")
        each.until(lambda each=each: each.server.model.account)


def test_two_windows_talk(two: tuple[Person, Person]) -> None:
    ada, ben = two
    ada.enter("good morning")
    assert ben.sees("good morning").nick == "ada"
    ben.enter("first line\nJOIN is a word here")
    ada.sees("first line\nJOIN is a word here")
    assert ada.window.composer.text == ""
    assert "#lobby" in ada.window.windowTitle()
    assert ada.window.header.title.whole == "#lobby"
    ada.until(lambda: "2 people" in ada.window.header.topic.whole)
    assert ada.window.me.findChild(type(ada.window.header.title), "connection_state").whole == "Connected"


def test_answers_reactions_changes_and_deletions(two: tuple[Person, Person], qtbot: QtBot) -> None:
    ada, ben = two
    accounts(ada, ben)
    ada.enter("tea or coffee?")
    asked = ben.sees("tea or coffee?")
    ben.window.acts.wanted("reply", asked)
    assert ben.window.composer.note.text() == "Reply to ada: tea or coffee?"
    ben.enter("tea")
    assert ada.sees("tea").reply_to == asked.msgid
    ben.window.acts.wanted("react", asked)
    ben.window.acts.picker.chosen.emit("🍵")
    ada.until(lambda: ada.sees("tea or coffee?").tally == {"🍵": ["ben"]})
    ada.window.composer.field.setFocus()
    qtbot.keyClick(ada.window.composer.field, Qt.Key.Key_Up)
    assert ada.window.composer.text == "tea or coffee?"
    ada.enter("tea, coffee or milk?")
    ben.until(lambda: ben.said("tea, coffee or milk?"))
    ben.window.acts.wanted("delete", ben.said("tea"))
    box = ben.window.findChild(QMessageBox)
    assert box is not None
    next(button for button in box.buttons() if button.text() == "Delete").click()
    ada.until(lambda: ada.said("tea") is None)
    menu = ada.window.acts.menu_for(ada.server, ada.sees("tea, coffee or milk?"))
    assert [action.text() for action in menu.actions() if action.isEnabled() and action.text()] == [
        "Reply",
        "React…",
        "Edit",
        "Delete…",
        "Copy text",
    ]


def test_unread_badges_the_switcher_and_the_next_unread(two: tuple[Person, Person], qtbot: QtBot) -> None:
    ada, ben = two
    for each in (ada, ben):
        each.enter("/join #pond")
        each.until(lambda each=each: each.server.model.current == "#pond")
    ada.server.look_at("#lobby")
    ada.window.activateWindow()
    ben.enter("ada: over here")
    ada.until(lambda: ada.server.model.find("#pond").mentions == 1)
    rows = {entry.name: entry for entry in ada.window.sidebar.entries(ada.server)}
    assert (rows["#pond"].unread, rows["#pond"].mentions, rows["#lobby"].is_current) == (1, 1, True)
    assert rows["#pond"].words == "#pond, 1 unread, 1 to you"
    assert ada.window.windowTitle().startswith("(1) ")
    ada.window.go_unread()
    assert ada.server.model.current == "#pond"
    ada.until(lambda: ada.server.model.find("#pond").unread == 0)
    ada.window.switch()
    qtbot.keyClicks(ada.window.switcher.field, "lob")
    qtbot.keyClick(ada.window.switcher, Qt.Key.Key_Return)
    assert ada.server.model.current == "#lobby"
    ada.window.go_to(2)
    assert ada.server.model.current == "#pond"
    ada.window.go_next(-1)
    assert ada.server.model.current == "#lobby"


def test_drafts_stay_with_their_conversation_and_passwords_nowhere(
    two: tuple[Person, Person], tmp_path: Path
) -> None:
    ada, _ = two
    ada.enter("/join #desk")
    ada.until(lambda: ada.server.model.current == "#desk")
    composer = ada.window.composer
    composer.set_text("half a thought")
    ada.server.look_at("#lobby")
    assert composer.text == ""
    composer.set_text("LOGIN ada secret-of-ada")
    ada.server.look_at("#desk")
    assert composer.text == "half a thought"
    ada.server.look_at("#lobby")
    assert composer.text == ""
    ada.window.composer.keep()
    ada.server.save()
    kept = next((tmp_path / "ada").glob("client/window-127*.json")).read_text()
    assert "half a thought" in kept
    assert "secret-of-ada" not in kept


def test_what_was_begun_is_soon_on_the_disk(two: tuple[Person, Person], qtbot: QtBot, tmp_path: Path) -> None:
    ada, _ = two
    qtbot.keyClicks(ada.window.composer.field, "a thought that began")
    file = ada.server.desk.path
    ada.until(lambda: file.exists() and "a thought that began" in file.read_text())
    assert file.stat().st_mode & 0o077 == 0


def test_searching_here_and_on_the_server(two: tuple[Person, Person], qtbot: QtBot) -> None:
    ada, ben = two
    ben.enter("the heron stands in the reeds")
    ada.sees("the heron stands in the reeds")
    panel = ada.window.search
    ada.window.open_search()
    panel.field.setText("heron")
    ada.until(lambda: panel.list.count() >= 1)
    assert "the heron stands" in panel.list.item(0).text()
    panel.server.click()
    there = len(ada.server.current.items)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    ada.until(lambda: panel.list.count() >= 1 and "#lobby" in panel.list.item(0).text())
    ada.until(lambda: panel.count.text() == "1 found. Enter goes from one to the next.")
    assert len(ada.server.current.items) == there  # it is not told among the messages too
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.list.currentRow() == 0
    assert panel.count.text() == "1 found. Enter goes from one to the next."
    panel.field.setText("stands")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)  # before the panel has looked at what was typed
    ada.until(lambda: panel.count.text() == "1 found. Enter goes from one to the next.")
    assert not panel._timer.isActive()  # that would empty the list once more
    panel.list.itemActivated.emit(panel.list.item(0))
    assert ada.server.model.current == "#lobby"
    panel.field.setText("no such bird")
    panel.here.click()
    ada.until(lambda: "Nothing" in panel.count.text())
    ada.window.close_search()
    assert not panel.isVisible()


def test_one_sees_who_types(two: tuple[Person, Person], qtbot: QtBot) -> None:
    ada, ben = two
    ben.window.composer.field.setFocus()
    qtbot.keyClicks(ben.window.composer.field, "well, I think")
    ada.until(lambda: ada.server.current.typing(time.time()))
    ada.until(lambda: "ben is typing" in ada.window.status.whole)


def test_control_w_leaves_the_channel(two: tuple[Person, Person], qtbot: QtBot) -> None:
    ada, _ = two
    ada.enter("/join #pond")
    ada.until(lambda: ada.server.model.current == "#pond")
    ada.window.activateWindow()
    ada.until(ada.window.isActiveWindow)
    qtbot.keyClick(ada.window.composer.field, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    ada.until(lambda: ada.server.model.current == "#lobby")
    assert [each.name for each in ada.server.conversations] == ["#lobby"]


def test_what_is_typed_on_the_way_somewhere_comes_along(
    two: tuple[Person, Person], process: ServerProcess, qtbot: QtBot, tmp_path: Path
) -> None:
    """It was torn in two when the channel came: what was typed before stayed where one had been, or nowhere."""
    ada, _ = two
    ada.enter("/join #pond")
    qtbot.keyClicks(ada.window.composer.field, "hello, po")
    ada.window.composer.keep()  # as it is each second
    ada.until(lambda: ada.server.model.current == "#pond")
    assert ada.window.composer.text == "hello, po"
    ada.server.look_at("#lobby")
    assert ada.window.composer.text == ""
    ada.server.look_at("#pond")
    assert ada.window.composer.text == "hello, po"
    early = Person(qtbot, tmp_path / "early", "eve", process.port)
    qtbot.keyClicks(early.window.composer.field, "here I am")
    early.arrive()
    assert early.window.composer.text == "here I am"
    early.close()


def test_a_wrong_command_is_told_and_loses_nothing(two: tuple[Person, Person]) -> None:
    ada, _ = two
    ada.enter("/jion #pond")
    notes = [item.text for item in ada.server.current.items if type(item).__name__ == "Note"]
    assert "Did you mean /join?" in notes[-1]
    ada.window.composer.field.setFocus()
    assert ada.window.composer.history_back() == "/jion #pond"


def test_two_servers_in_one_window(process: ServerProcess, qtbot: QtBot, tmp_path: Path) -> None:
    with serving(tmp_path / "second") as second:
        person = Person(qtbot, tmp_path / "me", "eva", process.port)
        person.arrive()
        first = person.server
        person.app.open_server(second_address(second))
        person.arrive()
        other = person.server
        assert other is not first
        person.enter("only here")
        person.sees("only here")
        person.window.go(first, "#lobby")
        assert person.said("only here") is None
        called = [person.window.sidebar.entries(each)[0].name for each in (first, other)]
        assert called == [f"Natterjack ({first.place})", f"Natterjack ({other.place})"]
        person.window.go_next(1)
        assert person.window.server is other
        person.window.go_next(1)
        assert person.window.server is first
        person.window.go_to(2)
        assert person.window.server is other
        person.window.go_to(3)
        assert person.window.server is other
        person.window.go_next(-1, unread=True)
        assert person.window.server is other
        person.app.close_server(other)
        person.until(lambda: person.app.servers == [first])
        assert first.online
        person.close()


def second_address(server: ServerProcess):  # type: ignore[no-untyped-def]
    from natterjack.client.address import parse_address

    return parse_address(f"127.0.0.1:{server.port}")


def test_what_is_said_without_a_connection_is_sent_later(qtbot: QtBot, tmp_path: Path) -> None:
    with serving(tmp_path / "server") as server:
        port = server.port
        person = Person(qtbot, tmp_path / "me", "fay", port)
        person.arrive()
    person.until(lambda: not person.server.online)
    person.enter("are you there?")
    person.until(
        lambda: [each.state for each in person.server.sending.of(person.server.current)] == [State.WAITING]
    )
    person.until(lambda: "to be sent" in person.window.status.whole)
    with serving(tmp_path / "server", "--port", str(port)):
        person.until(lambda: person.server.online)
        person.sees("are you there?")
        assert person.server.sending.of(person.server.current) == []
        person.close()


def test_older_lines_come_as_one_scrolls_up(process: ServerProcess, qtbot: QtBot, tmp_path: Path) -> None:
    with process.connect("gus") as gus:
        gus.send("JOIN #long", *(f"PRIVMSG #long :number {number}" for number in range(260)))
        gus.sync()
        person = Person(qtbot, tmp_path / "me", "hal", process.port)
        person.arrive()
        person.enter("/join #long")
        person.sees("number 259")
        assert person.said("number 0") is None

        def up_there() -> object:
            person.window.messages.to_beginning()
            return person.said("number 0")

        person.until(up_there)
        person.window.messages.to_beginning()
        person.until(lambda: person.server.view.older.has_ended(person.server.current))
        count = len(person.server.current.items)
        person.window.messages.to_beginning()
        qtbot.wait(100)
        assert len(person.server.current.items) == count  # nothing comes twice
        person.close()


def test_one_jumps_to_a_date_that_is_not_here_yet(
    process: ServerProcess, qtbot: QtBot, tmp_path: Path
) -> None:
    with process.connect("gus") as gus:
        gus.send("JOIN #long", *(f"PRIVMSG #long :number {number}" for number in range(400)))
        gus.sync()
    person = Person(qtbot, tmp_path / "me", "hal", process.port)
    person.arrive()
    person.enter("/join #long")
    person.sees("number 399")
    person.window.search.jump_to_day(day_of(time.time()) - timedelta(days=1))
    person.sees("number 0")
    person.until(lambda: any("number 0" in block.words for _, block in person.window.messages.in_sight()))
    numbers = [item.text for item in person.server.current.items if isinstance(item, Message)]
    assert numbers == [f"number {number}" for number in range(400)]  # and nothing between is left out
    person.close()
