"""Files in the window: what is offered and asked, how it stands, and what can be done, through a real server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from natterjack.client.address import parse_address
from natterjack.client.chatting.options import Options
from natterjack.client.model.items import Note
from natterjack.client.transfers.values import Direction, State, Transfer
from natterjack.desktop import offering
from natterjack.desktop.server import Server
from natterjack.desktop.transfers import Row, TransferDock, acts_for, state_words
from tests.desktop.stand_ins import StandInApp
from tests.support.process import ServerProcess, serving

PATIENCE = 15_000
UP = Transfer(1, 1, Direction.UP, State.RUNNING, "cat.png", "/home/kim/cat.png", "#frogs", size=12_000_000)
DOWN = Transfer(2, 2, Direction.DOWN, State.RUNNING, "dog.png", "/home/kim/dog.png", size=12_000_000)


def at(transfer: Transfer, state: State, **settings: Any) -> Transfer:
    from msgspec import structs

    return structs.replace(transfer, state=state, **settings)


@pytest.mark.parametrize(
    ("transfer", "words", "acts"),
    [
        (at(UP, State.RUNNING, done=3_100_000, speed=2_000_000.0, left=4.4),
         "3.0 MiB of 11 MiB  ·  1.9 MiB/s  ·  4 s left", ("Pause", "Cancel")),
        (at(UP, State.WAITING, text="the server is busy"), "Waits: the server is busy", ("Pause", "Cancel")),
        (at(UP, State.WAITING), "Waits for its turn", ("Pause", "Cancel")),
        (at(UP, State.CHECKING), "Looking at what is there already", ("Pause", "Cancel")),
        (at(UP, State.PAUSED, done=6_000_000), "Paused at 5.7 MiB of 11 MiB", ("Resume", "Cancel")),
        (at(UP, State.FAILED, text="No room on the server.", again=True), "No room on the server.",
         ("Resume", "Cancel")),
        (at(UP, State.FAILED, text="It is gone."), "It is gone.", ()),
        (at(UP, State.DONE), "Sent to #frogs  ·  11 MiB", ()),
        (at(DOWN, State.DONE), "Saved in /home/kim  ·  11 MiB", ("Open", "Folder")),
        (at(DOWN, State.CANCELLED), "Cancelled", ()),
    ],
)  # fmt: skip
def test_every_state_is_told_with_what_can_be_done(
    transfer: Transfer, words: str, acts: tuple[str, ...]
) -> None:
    assert (state_words(transfer), acts_for(transfer)) == (words, acts)


class Acts:
    def __init__(self) -> None:
        self.opened: list[str] = []

    def open_file(self, path: str) -> None:
        self.opened.append(path)


class Window(QMainWindow):
    def __init__(self, app: StandInApp) -> None:
        super().__init__()
        self.app = app
        self.acts = Acts()
        self.resize(900, 600)


class Desk:
    """Two people in #frogs, one of them before a window."""

    def __init__(self, qtbot: QtBot, directory: Path, process: ServerProcess) -> None:
        self.qtbot = qtbot
        self.directory = directory
        self.app = StandInApp(directory)
        self.window = Window(self.app)
        qtbot.addWidget(self.window)
        self.kim = self.come(process, "kim", "a")
        self.lee = self.come(process, "lee", "b")
        self.app.servers = [self.kim, self.lee]
        made: Any = self.window
        self.dock = TransferDock(made)
        self.window.show()

    def come(self, process: ServerProcess, nick: str, folder: str) -> Server:
        options = Options(
            nick,
            interactive=True,
            named=True,
            data_dir=self.directory / folder,
            downloads=self.directory / folder / "downloads",
            channels=("#frogs",),
            address=parse_address(f"127.0.0.1:{process.port}"),
        )
        server = Server(options)
        self.until(lambda: server.model.current == "#frogs")
        return server

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=PATIENCE)

    def notes(self) -> str:
        return "\n".join(item.text for item in self.kim.current.items if isinstance(item, Note))

    def offer(self, *paths: Path, sure: bool = False) -> Any:
        return offering.offer_files(
            self.app.themes, self.window, self.kim, "#frogs", [str(path) for path in paths], sure=sure
        )

    def press(self, words: str) -> None:
        """The button of the one row that has it."""
        (row,) = [row for row in self.dock.rows if words in acts_for(row.transfer)]
        row.press(words)

    def row(self, state: State) -> Any:
        self.until(lambda: any(row.transfer.state is state for row in self.dock.rows))
        return next(row for row in self.dock.rows if row.transfer.state is state)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, process: ServerProcess) -> Iterator[Desk]:
    made = Desk(qtbot, tmp_path, process)
    yield made
    made.kim.close()
    made.lee.close()


def press(qtbot: QtBot, dialog: Any, words: str) -> None:
    (button,) = [
        each for each in dialog.findChild(QDialogButtonBox).buttons() if each.text().replace("&", "") == words
    ]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_dropped_file_is_asked_about_sent_and_fetched_by_the_other(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "pond survey.csv"
    path.write_bytes(os.urandom(300_000))
    assert not desk.dock.isVisible()
    dialog = desk.offer(path)
    assert any("pond survey.csv   293 KiB" in label.text() for label in dialog.findChildren(QLabel))
    press(desk.qtbot, dialog, "Send")
    row = desk.row(State.DONE)
    assert desk.dock.isVisible()
    assert row.accessibleName() == "pond survey.csv: Sent to #frogs  ·  293 KiB"

    desk.until(lambda: desk.lee.model.files.find("pond survey.csv"))
    desk.lee.type("GET pond survey.csv")
    desk.until(lambda: len([row for row in desk.dock.rows if row.transfer.state is State.DONE]) == 2)
    saved = tmp_path / "b" / "downloads" / "pond survey.csv"
    assert saved.read_bytes() == path.read_bytes()
    desk.press("Open")
    assert desk.window.acts.opened == [str(saved)]

    desk.dock.put_away()
    assert desk.dock.rows == []
    desk.dock.refresh(desk.kim)
    assert desk.dock.rows == [], "what was put away stays away"


def test_a_button_that_goes_does_not_leave_the_focus_to_cancel(desk: Desk, qtbot: QtBot) -> None:
    row = Row(desk.dock, desk.kim, at(UP, State.RUNNING), desk.app.themes)
    qtbot.addWidget(row)
    row.show()
    row.activateWindow()
    qtbot.waitUntil(row.isActiveWindow)

    def focused() -> list[str]:
        return [each.text() for each in row.findChildren(QPushButton) if each.hasFocus()]

    row.findChildren(QPushButton)[0].setFocus()
    assert focused() == ["Pause"]
    row.show_transfer(at(UP, State.PAUSED))
    assert focused() == ["Resume"]
    row.show_transfer(at(UP, State.RUNNING))
    assert focused() == ["Pause"]
    with qtbot.waitSignal(desk.dock.left):
        row.show_transfer(at(UP, State.DONE))


def test_cancel_in_the_question_sends_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("oops")
    press(desk.qtbot, desk.offer(tmp_path / "secret.txt"), "Cancel")
    desk.kim.settle()
    assert desk.kim.model.transfers.all == []


def test_folders_and_nowhere_are_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert desk.offer(tmp_path / "folder") is None
    assert "Folders cannot be sent: folder." in desk.notes()
    assert offering.offer_files(desk.app.themes, desk.window, desk.kim, "", ["x"]) is None
    assert "Go to a channel or a person first" in desk.notes()


def test_a_file_that_is_not_there_fails_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    desk.offer(tmp_path / "gone.txt", sure=True)
    desk.until(lambda: "gone.txt" in desk.notes())
    assert desk.kim.model.transfers.active == []


def test_a_pasted_picture_is_shown_sent_and_not_left_behind(desk: Desk, tmp_path: Path) -> None:
    image = QImage(1200, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("#8899aa"))
    dialog = offering.offer_image(desk.app.themes, desk.window, desk.kim, "#frogs", image)
    assert dialog is not None
    assert any(label.pixmap().width() == 360 for label in dialog.findChildren(QLabel) if label.pixmap())
    press(desk.qtbot, dialog, "Send")
    row = desk.row(State.DONE)
    assert row.transfer.name.startswith("picture-")
    desk.until(lambda: not list((tmp_path / "a" / "client" / "pasted").glob("*")))


def test_a_picture_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a" / "client" / "pasted").write_text("in the way")
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    dialog = offering.offer_image(desk.app.themes, desk.window, desk.kim, "#frogs", image)
    press(desk.qtbot, dialog, "Send")
    desk.until(lambda: "still in the clipboard" in desk.notes())


def test_old_pasted_pictures_go(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in ("picture-1.png", "picture-2.png", "other.png"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (1.0, 1.0))
    offering.forget_old(tmp_path, time.time())
    assert (old.exists(), new.exists(), other.exists()) == (False, True, True)


def test_a_transfer_is_paused_resumed_and_cancelled_by_its_buttons(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(400_000_000)
    desk.offer(path, sure=True)
    desk.until(lambda: any(row.transfer.active for row in desk.dock.rows))
    desk.press("Pause")
    desk.row(State.PAUSED)
    desk.press("Resume")
    desk.until(lambda: any(row.transfer.active for row in desk.dock.rows))
    desk.press("Cancel")
    desk.row(State.CANCELLED)
