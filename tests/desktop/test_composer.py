"""What one types, how it is completed, and what becomes of files and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.link import Phase
from natterjack.client.errors import HostNotFound
from natterjack.client.events import Named
from natterjack.client.model.items import Note
from natterjack.client.transfers.requests import SendFile
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#garden")
    people = tuple(Named(nick) for nick in ("me", "alice", "albert", "bob"))
    person.server.model.apply(e.NamesListed(0, "#pond", people))
    person.window.activateWindow()
    person.window.composer.field.setFocus()
    yield person
    person.close()


def typed(qtbot: QtBot, one: Person, text: str) -> None:
    qtbot.keyClicks(one.window.composer.field, text)


def press(qtbot: QtBot, one: Person, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for each in modifiers:
        held |= each
    qtbot.keyClick(one.window.composer.field, key, held)


def test_tab_completes_nicks_the_last_speaker_first(one: Person, qtbot: QtBot) -> None:
    composer = one.window.composer
    one.server.model.apply(message("albert", "hi"))
    typed(qtbot, one, "bo")
    press(qtbot, one, Qt.Key.Key_Tab)
    assert composer.text == "bob: "
    composer.set_text("well al")
    press(qtbot, one, Qt.Key.Key_Tab)
    assert [composer.completion.item(row).text() for row in range(2)] == ["albert", "alice"]
    press(qtbot, one, Qt.Key.Key_Down)
    press(qtbot, one, Qt.Key.Key_Tab)
    assert composer.text == "well alice "
    assert not composer.completion.isVisible()


def test_what_is_there_as_a_whole_is_not_completed_but_sent(one: Person, qtbot: QtBot) -> None:
    """Enter after "/join #pond" chose #pond from the list that had come up by itself, and nothing happened."""
    composer = one.window.composer
    one.server.model.apply(e.Joined(Source("me", "u", "h"), "#gardens", "", "", own=True, time=1.0))
    one.server.look_at("#pond")
    typed(qtbot, one, "see #garden")
    assert composer.completion.isVisible()
    press(qtbot, one, Qt.Key.Key_Return)
    assert one.server.desk.drafts.back("#pond", "") == "see #garden"
    composer.set_text("")
    typed(qtbot, one, "see #garden")
    press(qtbot, one, Qt.Key.Key_Down)
    press(qtbot, one, Qt.Key.Key_Return)
    assert composer.text == "see #gardens "


def test_tab_on_an_empty_field_goes_on_to_what_is_beside_it(one: Person, qtbot: QtBot) -> None:
    composer = one.window.composer
    one.until(composer.field.hasFocus)
    press(qtbot, one, Qt.Key.Key_Tab)
    found = QApplication.focusWidget()
    assert found is not None
    assert found.accessibleName() == "Send a file"


def test_what_is_picked_from_is_seen_as_a_whole(one: Person) -> None:
    picker = one.window.acts.picker
    screen = picker.screen().availableGeometry()
    for corner in (screen.topLeft(), screen.bottomRight()):
        picker.open_at(corner)
        assert screen.contains(picker.geometry())
        picker.hide()


def test_a_file_for_nowhere_is_told_of(one: Person) -> None:
    one.server.look_at("")
    assert one.server.model.current == ""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(__file__)])
    for send in (lambda: one.window.composer.take_dropped(data), one.window.attaching.attach):
        one.server.view.home.items.clear()
        send()
        told = [item.text for item in one.server.current.items if isinstance(item, Note)]
        assert told
        assert told[-1].startswith("Nothing was sent.")


def test_what_was_not_carried_out_stands_there_to_be_mended(one: Person, qtbot: QtBot) -> None:
    composer = one.window.composer
    typed(qtbot, one, "is anybody here?")
    press(qtbot, one, Qt.Key.Key_Return)
    assert (
        "You are not connected"
        in [item.text for item in one.server.current.items if isinstance(item, Note)][-1]
    )
    assert composer.text == "is anybody here?"
    typed(qtbot, one, "SNED again")
    assert composer.text == "SNED again"  # it was marked
    press(qtbot, one, Qt.Key.Key_Return)
    assert composer.text == "SNED again"
    composer.set_text("login kim hunter2")
    composer.enter()
    assert composer.text == ""  # a password is not for all to read
    one.server.type("/whois bob")  # by a menu
    assert composer.text == ""


def test_what_could_not_be_carried_out_later_stands_there_too(one: Person) -> None:
    composer = one.window.composer
    link = one.server.chat.link
    link.connect(Address("nowhere.test", 7667))
    composer.set_text("early bird")
    composer.enter()
    assert composer.text == ""
    assert one.window.status.whole.endswith("1 line waits for the connection")
    one.server.chat.happened(
        [e.ConnectFailed("nowhere.test:7667", HostNotFound("nowhere.test:7667", "nowhere.test"))]
    )
    assert composer.text == "early bird"
    one.server.settle()
    assert "waits" not in one.window.status.whole


def test_commands_channels_and_emoji_are_offered(one: Person, qtbot: QtBot) -> None:
    composer = one.window.composer
    typed(qtbot, one, "/trans")
    press(qtbot, one, Qt.Key.Key_Tab)
    assert composer.text == "/transfers "
    composer.set_text("")
    typed(qtbot, one, "see #gar")
    assert composer.completion.isVisible()
    press(qtbot, one, Qt.Key.Key_Return)
    assert composer.text == "see #garden "
    composer.set_text("😀 ")
    typed(qtbot, one, ":rocket")
    press(qtbot, one, Qt.Key.Key_Tab)
    assert composer.text == "😀 🚀 "
    typed(qtbot, one, ":hea")
    assert composer.completion.isVisible()
    press(qtbot, one, Qt.Key.Key_Escape)
    assert not composer.completion.isVisible()
    assert composer.text == "😀 🚀 :hea"


def test_several_lines_and_what_was_typed_before(one: Person, qtbot: QtBot) -> None:
    composer = one.window.composer
    height = composer.field.height()
    typed(qtbot, one, "one")
    press(qtbot, one, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    typed(qtbot, one, "two")
    assert composer.text == "one\ntwo"
    assert composer.field.height() > height
    for text in ("/away soon", "/back"):
        composer.set_text(text)
        press(qtbot, one, Qt.Key.Key_Return)
        composer.set_text("")  # without a connection neither is carried out
    press(qtbot, one, Qt.Key.Key_Up)
    assert composer.text == "/back"
    press(qtbot, one, Qt.Key.Key_Up)
    assert composer.text == "/away soon"
    press(qtbot, one, Qt.Key.Key_Down)
    press(qtbot, one, Qt.Key.Key_Down)
    assert composer.text == ""


def test_what_is_begun_is_kept_every_second(one: Person, qtbot: QtBot) -> None:
    typed(qtbot, one, "half a")
    one.until(lambda: one.server.desk.drafts.resume("#pond") == "half a")


def test_dropped_and_pasted_files_and_pictures_are_offered(one: Person, qtbot: QtBot, tmp_path: Path) -> None:
    composer = one.window.composer
    composer.files.disconnect()
    composer.image.disconnect()
    files: list[list[str]] = []
    images: list[QImage] = []
    composer.files.connect(files.append)
    composer.image.connect(images.append)
    path = tmp_path / "notes.txt"
    path.write_text("x")
    source = QMimeData()
    source.setUrls([QUrl.fromLocalFile(str(path)), QUrl("https://example.org/no-file")])
    composer.field.insertFromMimeData(source)
    drop = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        source,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    one.window.dropEvent(drop)
    assert files == [[str(path)], [str(path)]]
    picture = QMimeData()
    picture.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    composer.field.insertFromMimeData(picture)
    assert [each.width() for each in images] == [4]
    text = QMimeData()
    text.setText("a\r\nb")
    composer.field.insertFromMimeData(text)
    assert composer.text == "a\nb"


def test_lines_with_a_password_among_them_stay_to_be_mended(one: Person, qtbot: QtBot) -> None:
    composer, server = one.window.composer, one.server
    server.model.apply(message("alice", "question?", "q1"))
    asked = one.said("question?")
    assert asked is not None
    asking: list[r.Request] = []
    server.chat._connection.send = asking.append
    for begin in (lambda: None, lambda: composer.answer(asked), lambda: composer.change(asked)):
        begin()
        composer.set_text("so\nnickserv identify hunter2")
        press(qtbot, one, Qt.Key.Key_Return)
        assert composer.text == "so\nnickserv identify hunter2"
    composer.set_text("REGISTER hunter2")
    press(qtbot, one, Qt.Key.Key_Return)
    assert composer.text == "REGISTER hunter2"
    assert asking == []
    notes = [item.text for item in server.current.items if hasattr(item, "text")]
    assert [text for text in notes if text.startswith("Did you mean")]


def test_an_answer_is_taken_back_with_escape(one: Person, qtbot: QtBot) -> None:
    one.server.model.apply(message("alice", "question?", "q1"))
    asked = one.said("question?")
    assert asked is not None
    one.window.composer.answer(asked)
    assert one.window.composer.note.isVisible()
    press(qtbot, one, Qt.Key.Key_Escape)
    assert not one.window.composer.note.isVisible()


def test_letters_typed_among_the_messages_go_to_the_composer(one: Person, qtbot: QtBot) -> None:
    messages = one.window.messages
    messages.setFocus()
    qtbot.keyClick(messages, Qt.Key.Key_H)
    typed(qtbot, one, "i")
    assert one.window.composer.text == "hi"
    assert one.window.composer.field.hasFocus()


def test_keys_lead_from_one_conversation_to_the_next(one: Person, qtbot: QtBot) -> None:
    keys, control, alt = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    press(qtbot, one, keys.Key_Down, alt)
    assert one.server.model.current == "#garden"
    press(qtbot, one, keys.Key_1, control)
    assert one.server.model.current == "#pond"
    one.server.model.apply(message("bob", "news", target="#garden"))
    press(qtbot, one, keys.Key_A, alt)
    assert one.server.model.current == "#garden"
    press(qtbot, one, keys.Key_K, control)
    assert one.window.switcher.isVisible()
    one.window.switcher.hide()
    press(qtbot, one, keys.Key_F3)
    assert one.window.right.isHidden()
    zoom = one.app.themes.zoom
    press(qtbot, one, keys.Key_Plus, control)
    assert one.app.themes.zoom > zoom


def test_control_w_closes_the_talk_and_no_channel_without_a_connection(one: Person, qtbot: QtBot) -> None:
    keys, control = Qt.Key, Qt.KeyboardModifier.ControlModifier
    one.server.model.apply(message("bob", "hi", target="me"))
    one.server.look_at("bob")
    typed(qtbot, one, "half a line")
    press(qtbot, one, keys.Key_W, control)
    assert [each.name for each in one.server.conversations] == ["#pond", "#garden"]
    here = one.server.model.current
    press(qtbot, one, keys.Key_W, control)
    assert one.server.model.current == here
    assert one.said("hi") is None
    told = one.server.current.items[-1]
    assert isinstance(told, Note)
    assert told.text == "To leave a channel you have to be connected."
    one.server.look_at("bob")
    assert one.window.composer.text == "half a line"


def test_control_q_ends_the_program(one: Person, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(one.app, "end", lambda: ended.append(True))
    press(qtbot, one, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, one, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert ended  # asked twice, it does not wait for goodbyes


def test_several_lines_are_one_message(one: Person, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(one.server.chat, "ask", lambda request, then=None: asked.append(request))
    composer = one.window.composer
    one.server.model.apply(message("bob", "how?", "b1"))
    one.server.settle()
    asked_by = one.server.current.message("b1")
    assert asked_by is not None
    composer.answer(asked_by)
    composer.set_text("like this:\n  leap()\n")
    composer.enter()
    one.server.model.apply(message("me", "old", "m1"))
    own = one.server.current.message("m1")
    assert own is not None
    composer.change(own)
    composer.set_text("new\nand long")
    composer.enter()
    said, changed = asked
    assert isinstance(said, r.Say)
    assert (said.text, said.reply_to) == ("like this:\n  leap()", "b1")
    assert isinstance(changed, r.Edit)
    assert (changed.text, changed.msgid) == ("new\nand long", "m1")


@pytest.mark.parametrize("answer", [e.Refused, e.Unanswered])
def test_a_change_that_was_not_made_can_be_made_once_more(
    one: Person, monkeypatch: pytest.MonkeyPatch, answer: type[e.Refused | e.Unanswered]
) -> None:
    asked: list[r.Request] = []
    monkeypatch.setattr(one.server.chat._connection, "send", asked.append)
    composer, server = one.window.composer, one.server
    server.model.apply(message("me", "old", "m1"))
    own = server.current.message("m1")
    assert own is not None

    def change(text: str) -> e.Event:
        composer.change(own)
        composer.set_text(text)
        composer.enter()
        why = ("TOO_LONG", "One line.") if answer is e.Refused else ("No answer came.",)
        return answer(asked[-1].ref, "EDIT", "#pond", *why)

    composer.set_text("begun")
    server.chat.happened([change("new\nand long")])
    assert composer.text == "begun"
    assert composer.history_back() == "new\nand long"
    composer.set_text("")
    server.chat.happened([change("new\nand longer")])
    assert composer.text == "new\nand longer"
    composer.enter()
    assert isinstance(asked[-1], r.Edit)
    assert (asked[-1].msgid, asked[-1].text) == ("m1", "new\nand longer")
    server.chat.happened([e.Done(asked[-1].ref, "EDIT")])
    assert composer.text == ""
    refused = change("elsewhere")
    server.look_at("#garden")
    server.chat.happened([refused])
    assert composer.text == ""
    server.look_at("#pond")
    assert composer.history_back() == "elsewhere"


def test_what_one_types_goes_nowhere_else_when_one_is_put_out(
    one: Person, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window went to another channel, and there went the rest of the line, by Enter."""
    asked: list[r.Request] = []
    monkeypatch.setattr(one.server.chat._connection, "send", asked.append)
    monkeypatch.setattr(one.server.chat.link, "phase", Phase.ONLINE)
    composer, server = one.window.composer, one.server
    typed(qtbot, one, "between ")
    server.chat.happened([e.Kicked("me", "#pond", "alice", "", own=True, time=1.0)])
    server.settle()
    typed(qtbot, one, "us")
    press(qtbot, one, Qt.Key.Key_Return)
    (said,) = (each for each in asked if isinstance(each, r.Say))
    assert (said.target, said.text) == ("#pond", "between us")
    assert composer.field.accessibleName() == "You are not in #pond any more"
    menu = one.window.menus.for_conversation(server, "#pond")
    assert [each.text() for each in menu.actions()] == ["Mark as read", "Join #pond again", "Close"]
    press(qtbot, one, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert server.model.current == "#garden"
    assert [each.name for each in server.conversations] == ["#garden"]


def test_files_go_to_where_one_was_as_one_began_to_choose_them(
    one: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(one.server.chat, "ask", lambda request, then=None: asked.append(request))
    one.window.attaching.attach()
    dialog = one.window.findChild(QFileDialog)
    assert dialog is not None
    one.server.look_at("#garden")
    dialog.filesSelected.emit([__file__])
    dialog.close()
    assert [each.target for each in asked if isinstance(each, SendFile)] == ["#pond"]


def test_what_is_begun_goes_on_with_somebody_who_changes_his_nick(one: Person, qtbot: QtBot) -> None:
    """It was away, in the middle of a word."""
    composer, server = one.window.composer, one.server
    server.model.apply(message("bob", "hi", target="me"))
    server.look_at("bob")
    typed(qtbot, one, "half a ")
    server.chat.happened([e.NickChanged("bob", "robert", own=False, time=1.0)])
    server.settle()
    assert server.model.current == "robert"
    typed(qtbot, one, "line")
    assert composer.text == "half a line"
    server.look_at("#pond")
    assert composer.text == ""
    server.chat.happened([e.NickChanged("robert", "rob", own=False, time=2.0)])
    server.look_at("rob")
    assert composer.text == "half a line"


def test_what_is_begun_goes_on_in_a_channel_of_another_name(one: Person, qtbot: QtBot) -> None:
    composer, server = one.window.composer, one.server
    server.sending.asked(r.Say(7, "#pond", "lost"))
    server.view.event(e.Refused(7, "PRIVMSG", "#pond", "404", "You are muted"), server.model)
    typed(qtbot, one, "half a ")
    server.chat.happened([e.ChannelRenamed("#pond", "#lake", "alice", "", 1.0)])
    server.settle()
    assert server.model.current == "#lake"
    assert [each.text for each in server.sending.of(server.current)] == ["lost"]
    typed(qtbot, one, "line")
    assert composer.text == "half a line"
    assert composer.field.placeholderText() == "Message #lake"
    server.look_at("#garden")
    server.chat.happened([e.ChannelRenamed("#lake", "#sea", "alice", "", 2.0)])
    server.look_at("#sea")
    assert composer.text == "half a line"


def test_what_was_told_on_the_way_in_is_told_where_one_comes_to(
    one: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was in the lobby for a moment, and is then where he was the last time, never saw why he has another name."""
    server = one.server
    server.view.event(e.NickTaken("me", "me_", "in use"), server.model)
    server.view.event(e.Ready("me_", "irc.test", "Pond"), server.model)
    server.chat.here.look_at("#garden")
    server.settle()
    told = [item.text for item in server.current.items if isinstance(item, Note)]
    assert "The name me cannot be had (in use): you are me_." in told
    monkeypatch.setattr(server.chat.link, "phase", Phase.ONLINE)
    monkeypatch.setattr(server.chat._connection, "send", lambda request: None)
    one.enter("/join #reeds")  # he has seen it
    server.chat.here.look_at("#reeds")
    server.settle()
    assert [item for item in server.current.items if isinstance(item, Note) and not item.error] == []


def test_help_has_no_columns_where_letters_have_different_widths(one: Person) -> None:
    one.enter("/help")
    told = [item.text for item in one.server.current.items if isinstance(item, Note)]
    assert "WHO [#channel] – list the people of a channel" in told
    assert "SENDFILE nick-or-#channel path – send a file" in told


def test_a_password_that_one_types_above_is_not_said_where_one_comes_to(one: Person, qtbot: QtBot) -> None:
    """A guest comes back to where he was a moment after the lobby: that took the keyboard, and he said his password."""
    server, window = one.server, one.window
    server.chat.happened([e.LoginFailed("me", "904", "the password is wrong")])
    server.settle()
    field = window.questions.findChildren(QLineEdit)[-1]
    one.until(field.hasFocus)
    server.chat.here.look_at("#garden")
    server.settle()
    assert server.model.current == "#garden"
    assert field.hasFocus()
    window.go(server, "#pond")
    assert window.composer.field.hasFocus()


def test_what_was_not_sent_elsewhere_is_told_where_one_looks(one: Person) -> None:
    """What one said to somebody who is not there was shown in a conversation that there is not, so nowhere."""
    server = one.server
    for ref, target, text in ((901, "ghost", "ghost: No such nick"), (902, "#pond", "#pond: No")):
        server.sending.asked(r.Say(ref, target, "boo"))
        server.chat.happened([e.Refused(ref, "PRIVMSG", target, "401", text)])
    told = [item.text for item in server.current.items if isinstance(item, Note)]
    assert told == ["ghost: No such nick. It was not sent."]
