"""The rows that a window shows of a conversation: filled, found and pressed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from natterjack.desktop.messages.blocks import Block, Hit
from tests.desktop.people import Person, message

OLD = 1_700_000_000.0


def fill(person: Person, count: int, target: str = "#pond") -> None:
    """With old messages, a minute apart."""
    for number in range(count):
        nick = ("alice", "bob")[number // 3 % 2]
        person.server.model.apply(
            message(nick, f"line {number}", f"{target}-{number}", target=target, at=OLD + 60 * number)
        )
    person.server.settle()


def in_sight(person: Person) -> list[str]:
    """The words of the rows in sight."""
    messages = person.window.messages
    return [block.words for _, block in messages.in_sight()]


def block_of(person: Person, text: str) -> tuple[QPoint, Block]:
    """Where the row with ``text`` is, and what it is made of."""
    for y, block in person.window.messages.in_sight():
        if text in block.words:
            return QPoint(0, round(y)), block
    raise AssertionError(f"{text!r} is not among {in_sight(person)}")


def press(qtbot: QtBot, person: Person, at: QPoint, hit: Hit) -> None:
    qtbot.mouseClick(
        person.window.messages.viewport(),
        Qt.MouseButton.LeftButton,
        pos=at + hit.rect.center().toPoint(),
    )
