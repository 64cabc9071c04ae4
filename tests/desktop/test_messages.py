"""The message view: what is painted of how much, where one stays, what can be pressed, selected and copied."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from natterjack.client import events as e
from natterjack.client.requests import Say
from natterjack.desktop.messages.blocks import Block, Picture, Text
from natterjack.proto.source import Source
from tests.desktop.people import Person, alone, message
from tests.desktop.rows import OLD, block_of, fill, in_sight


class Painted(QObject):
    """Counts how often ``widget`` was painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() is QEvent.Type.Paint
        return False


@pytest.fixture
def one(qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    person = alone(qtbot, tmp_path, "#pond", "#other")
    yield person
    person.close()


def test_the_end_is_shown_and_followed(one: Person) -> None:
    fill(one, 500)
    assert any("line 499" in words for words in in_sight(one))
    one.server.model.apply(message("carol", "the newest", "n1"))
    one.server.settle()
    assert "the newest" in in_sight(one)[-1]
    assert one.window.messages.follows


def test_little_is_laid_out_however_much_there_is(one: Person) -> None:
    fill(one, 3000)
    one.server.look_at("#other")
    one.server.look_at("#pond")
    messages = one.window.messages
    messages.viewport().grab()
    assert messages.laid_out < 60
    one.until(lambda: messages.complete)
    assert messages.laid_out < 60
    messages.to_beginning()
    assert any("line 0" in words for words in in_sight(one)[:3])


def test_that_something_older_comes_is_shown_no_longer_than_it_is_so(one: Person) -> None:
    """The server answered that there is nothing, and nothing else made the view paint itself anew."""
    server, messages = one.server, one.window.messages
    fill(one, 3)
    server.view.older.loading = "#pond"
    server.settle()
    painted = Painted(messages.viewport())
    one.until(lambda: painted.count)
    before = painted.count
    server.view.older.loading = ""
    server.settle()
    one.until(lambda: painted.count > before)
    messages.viewport().removeEventFilter(painted)


def test_a_few_emoji_are_large_flags_and_all_skins_too(one: Person) -> None:
    heights = []
    for number, text in enumerate(("🎉", "👍🏽👍🏽", "🇩🇪", "👩🏽‍💻", "x🎉")):
        one.server.model.apply(message("alice", "between", f"b{number}"))
        one.server.model.apply(message("alice", text, f"s{number}"))
        one.server.settle()
        heights.append(one.window.messages.in_sight()[-1][1].height)
    assert heights[:4] == [heights[0]] * 4
    assert heights[4] < heights[0]


def test_a_long_topic_has_its_sign_at_the_first_line_and_links_that_can_be_pressed(one: Person) -> None:
    def shown(topic: str) -> Block:
        one.server.model.apply(e.TopicChanged("#pond", topic, "bob", time.time()))
        one.server.settle()
        return one.window.messages.in_sight()[-1][1]

    def sign(block: Block) -> float:
        (y,) = [each.y for each in block.pieces if isinstance(each, Picture)]
        return y

    short, long = shown("x"), shown("see https://a.example/ " + "and more " * 60)
    assert long.height > 2 * short.height
    assert sign(long) == sign(short)
    assert [hit.value for hit in long.hits] == ["https://a.example/"]


def test_what_one_reads_stays_where_it_is(one: Person) -> None:
    fill(one, 300)
    messages = one.window.messages
    messages.scroll_by(2000)
    before = in_sight(one)
    one.server.model.apply(message("carol", "newer", "n1"))
    one.server.model.apply(message("carol", "newest", "n2"))
    one.server.settle()
    assert in_sight(one) == before
    assert messages.to_latest.isVisible()
    assert messages.to_latest.text() == "2 new"
    one.server.model.apply(message("carol", "very newest", "n3"))
    one.server.settle()
    assert messages.to_latest.text() == "3 new"
    for number in range(50):
        one.server.model.apply(message("dora", f"older {number}", f"o{number}", at=OLD - 9000 + number))
    one.server.settle()
    assert in_sight(one) == before
    messages.to_latest.click()
    assert "very newest" in in_sight(one)[-1]
    assert not messages.to_latest.isVisible()


def test_one_jumps_to_a_message_and_to_a_time(one: Person) -> None:
    fill(one, 2000)
    messages = one.window.messages
    assert messages.jump_to_message("#pond-20")
    one.until(lambda: any("line 20" in words for words in in_sight(one)))
    assert not messages.jump_to_message("nowhere")
    messages.jump_to_time(OLD + 60 * 1000)
    one.until(lambda: any("line 1000" in words for words in in_sight(one)))
    messages.jump_to_time(time.time())
    assert messages.follows


def test_the_day_stands_above_the_first_message(one: Person) -> None:
    fill(one, 100)
    one.window.messages.to_beginning()
    assert "2023" in in_sight(one)[0]
    assert "line 0" in in_sight(one)[1]


def test_what_is_new_further_up_is_a_button_away(one: Person) -> None:
    button, model = one.window.first_new, one.server.model
    one.window.activateWindow()
    fill(one, 10, "#other")
    assert not button.isVisible()
    for number in range(60):
        model.apply(message("alice", f"news {number}", f"n{number}", target="#other"))
    one.server.look_at("#other")
    assert button.isVisible()
    assert button.text().startswith("↑  60 new messages since ")
    assert "news 59" in in_sight(one)[-1]
    button.click()
    assert any("news 0" in words for words in in_sight(one))
    assert not button.isVisible()
    one.window.messages.follow()
    assert not button.isVisible()  # it was seen
    one.server.look_at("#pond")
    model.apply(message("alice", "one more", "m1", target="#other"))
    one.server.look_at("#other")
    assert not button.isVisible()
    assert any("one more" in words for words in in_sight(one))


def test_in_a_quotation_the_nick_stands_first(one: Person) -> None:
    """One of Hebrew letters stood behind what he had said."""
    one.server.model.apply(message("דני", "two", "q1"))
    one.server.model.apply(message("bob", "yes", "q2", reply_to="q1"))
    one.server.settle()
    _, block = block_of(one, "yes")
    layout = next(
        each.layout for each in block.pieces if isinstance(each, Text) and "two" in each.layout.text()
    )
    line, text = layout.lineAt(0), layout.text()
    assert line.cursorToX(text.index("דני"))[0] < line.cursorToX(text.index("two"))[0]
    (nick,) = layout.formats()
    assert text[nick.start : nick.start + nick.length] == "דני"


def test_reactions_are_chips_with_names(one: Person) -> None:
    one.server.model.apply(message("alice", "good news", "g1"))
    for nick in ("bob", "carol"):
        one.server.model.apply(
            e.Reacted(
                msgid="g1",
                by=f"r-{nick}",
                sender=Source(nick, "u", "h"),
                target="#pond",
                time=time.time(),
                own=False,
                reaction="🎉",
                adding=True,
            )
        )
    one.server.settle()
    _, block = block_of(one, "good news")
    chip = next(hit for hit in block.hits if hit.what == "reaction")
    assert (chip.value, chip.tip) == ("🎉", "bob, carol")


def test_deleted_and_changed_messages_say_so(one: Person) -> None:
    one.server.model.apply(message("alice", "fisrt", "e1"))
    one.server.model.apply(message("alice", "secret", "e2"))
    who = Source("alice", "u", "h")
    now = time.time()
    one.server.model.apply(
        e.Edited(
            msgid="e1",
            by="x1",
            sender=who,
            target="#pond",
            time=now,
            own=False,
            text="first",
        )
    )
    one.server.model.apply(
        e.Redacted(msgid="e2", by="x2", sender=who, target="#pond", time=now, own=False, reason="oops")
    )
    one.server.settle()
    words = " ".join(in_sight(one))
    assert "first, edited" in words
    assert "Message deleted: oops" in words
    assert "secret" not in words


def test_what_is_selected_is_copied(one: Person, qtbot: QtBot) -> None:
    one.server.model.apply(message("alice", "one 😀 two", "s1"))
    one.server.model.apply(message("bob", "three four", "s2"))
    one.server.settle()
    messages = one.window.messages
    port = messages.viewport()
    at, block = block_of(one, "one 😀 two")
    start = QPoint(round(block.body_at.x()) - 2, at.y() + round(block.body_at.y()) + 8)
    second, other = block_of(one, "three four")
    end = QPoint(port.width() - 40, second.y() + round(other.body_at.y()) + 8)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(port, QPoint(port.width() - 40, start.y()))
    messages.drag_to(QPoint(port.width() - 40, start.y()))
    assert messages.selected_text() == "one 😀 two"
    messages.drag_to(end)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)
    first, last = messages.selected_text().split("\n")
    assert first.endswith("] alice: one 😀 two")
    assert last.endswith("] bob: three four")
    messages.copy()
    assert QGuiApplication.clipboard().text() == f"{first}\n{last}"


def test_the_lines_of_a_message_stand_below_one_another(one: Person) -> None:
    text = "def leap():\n    return 😀\n\nleap() https://example.org/1"
    one.server.model.apply(message("alice", text, "s1"))
    one.server.sending.asked(Say(901, "#pond", "one\ntwo"))
    one.server.sending.heard(e.Refused(901, "PRIVMSG", "#pond", "404", "You may not speak here."))
    one.server.settle()
    at, block = block_of(one, "def leap()")
    assert block.body is not None
    assert block.body.lineCount() == 4
    link = next(hit for hit in block.hits if hit.what == "link")
    assert link.rect.top() > block.body_at.y() + block.body.lineAt(3).y() - 1
    _, pending = block_of(one, "one\ntwo")
    assert pending.body is not None
    assert pending.body.lineCount() == 2
    messages = one.window.messages
    start = QPoint(round(block.body_at.x()) - 2, at.y() + round(block.body_at.y()) + 8)
    messages._selection.begin(len(messages._rows.rows) - 1, 0)
    messages.drag_to(QPoint(messages.viewport().width() - 40, start.y() + round(block.body.lineAt(3).y())))
    assert messages.selected_text() == text


def test_what_is_read_by_coming_back_to_the_window_is_not_listed_as_unread(
    one: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of a guest said until something else happened that there was something."""
    server, window = one.server, one.window
    looks = False
    monkeypatch.setattr(window, "isActiveWindow", lambda: looks)
    server.model.apply(message("bob", "me: hi", "s1"))
    server.settle()
    assert [each.mentions for each in window.sidebar.entries(server) if each.name == "#pond"] == [1]
    looks = True
    window.changeEvent(QEvent(QEvent.Type.ActivationChange))
    one.until(lambda: not any(each.mentions for each in window.sidebar.entries(server)))


def test_what_others_write_is_never_taken_for_html(one: Person) -> None:
    html = "<img src='http://example.org/x'><b>bold</b>"
    one.server.model.apply(message("alice", html, "h1"))
    one.server.model.apply(e.TopicChanged("#pond", html, "alice", time.time()))
    one.server.settle()
    assert html in in_sight(one)[-2]
    from PySide6.QtGui import Qt as Gui

    for shown in (one.window.header.topic.toolTip(), one.window.windowTitle()):
        assert "<img" not in shown
    assert not Gui.mightBeRichText(one.window.header.topic.text()) or (
        one.window.header.topic.textFormat() is Qt.TextFormat.PlainText
    )
    item = one.said(html)
    assert item is not None
    assert one.window.acts.menu_for(one.server, item).actions()


def test_pictures_in_other_sizes_are_whole(one: Person) -> None:
    """Everything can be painted at 80 % and at 200 %, dark and light, wide and narrow."""

    from natterjack.desktop.theme import Choice

    fill(one, 20)
    one.server.model.apply(message("alice", "me: hello there 😀 مرحبا שלום", "x1", reply_to="#pond-1"))
    one.server.settle()
    for zoom in (0.8, 2.0):
        for theme in (Choice.DARK, Choice.LIGHT):
            one.app.preferences.set(structs.replace(one.app.settings, theme=theme, zoom=zoom))
            for width in (360, 1400):
                one.window.resize(width, 600)
                picture = one.window.messages.grab().toImage()
                assert picture.pixelColor(picture.width() // 2, 2).isValid()
                assert "hello there" in in_sight(one)[-1]
