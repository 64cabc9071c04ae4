"""Make the pictures of the window in docs/screenshots/. Started by `python3 run.py screenshots`.

A real server, the window, and three more people who talk to it by the same client; every picture is taken of widgets
that show what really came. Where the fonts are installed it takes those that most desktops have (Debian: fonts-inter,
fonts-noto-color-emoji).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from msgspec import structs
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.options import Options
from natterjack.client.model.items import Message
from natterjack.client.secret import Secret
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.values import State
from natterjack.client.trust import Trust
from natterjack.desktop.app import App
from natterjack.desktop.connecting import ConnectDialog
from natterjack.desktop.server import Server
from natterjack.desktop.settings_dialog import SettingsDialog
from natterjack.desktop.theme import Choice

ROOT = Path(__file__).resolve().parent.parent
FONTS = ("Inter", "Cantarell", "Noto Sans", "DejaVu Sans")
#: Bytes of a picture.
MOST = 150_000
PATIENCE = 20.0
POND = "#frog-pond"
OTHERS = ("#survey", "#photos")
TOPIC = "Amphibian survey 2026: who counts which pond, and what was found"


class Stage:
    """A server, a window, and people."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder, self.target = folder, target
        qt = QApplication(["natterjack"])
        family = next((name for name in FONTS if name in QFontDatabase.families()), "")
        qt.setFont(QFont(family, 10) if family else qt.font())
        self.qt = qt
        self.process = self._serve()
        first = json.loads(self.process.stdout.readline()) if self.process.stdout else {}
        self.address = Address("127.0.0.1", first["port"])
        self.pin: str = first["pin"]
        self.app = App(qt, self._options("kim", (POND, *OTHERS)))
        self.app.preferences.set(structs.replace(self.app.settings, theme=Choice.LIGHT))
        self.window = self.app.window
        self.window.resize(1100, 720)
        self.window.show()
        self.window.activateWindow()
        self.people: dict[str, Server] = {}

    def _serve(self, port: int = 0) -> subprocess.Popen[str]:
        words = [
            "-m",
            "natterjack",
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--json",
            "--no-limits",
        ]
        words += ["--data-dir", str(self.folder / "server"), "--name", "pond.example.org"]
        settings = {"NATTERJACK_SERVER__NETWORK": "Frog pond"}
        return subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
        )

    def _options(self, nick: str, channels: tuple[str, ...]) -> Options:
        own = self.folder / nick
        return Options(
            nick, interactive=True, named=True, data_dir=own, downloads=own / "downloads", channels=channels
        )

    # -- what people do --------------------------------------------------------------------------------------------

    def until(self, true: Callable[[], object]) -> None:
        """Let everything happen until that is so."""
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise TimeoutError("something that should have come long ago did not")
            self.qt.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float = 0.25) -> None:
        """Let what is drawn come to rest."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def come(self, nick: str, *channels: str) -> Server:
        """Somebody comes in, and has an account."""
        server = Server(structs.replace(self._options(nick, channels), address=self.address))
        self.people[nick] = server
        self.until(lambda: len(server.model.channels) >= len(channels))
        server.ask(lambda ref: r.Register(ref, Secret(f"{nick} has a long password")))
        self.until(lambda: server.model.account)
        return server

    def say(self, server: Server, where: str, text: str, reply_to: str = "") -> str:
        """Say it, and wait until it is there: its message id."""
        server.say(text, target=where, reply_to=reply_to)
        found: list[Message] = []

        def there() -> bool:
            conversation = server.model.find(where)
            items = conversation.items if conversation else ()
            found[:] = [
                each for each in items if isinstance(each, Message) and each.text == text and each.msgid
            ]
            return bool(found)

        self.until(there)
        return found[-1].msgid

    def react(self, server: Server, where: str, msgid: str, *signs: str) -> None:
        for sign in signs:
            server.ask(lambda ref, sign=sign: r.React(ref, where, msgid, sign))  # type: ignore[misc]

    def end(self) -> None:
        for server in [*self.people.values(), *self.app.servers]:
            server.close()
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)

    # -- taking pictures -------------------------------------------------------------------------------------------

    def take(self, name: str, dialog: QDialog | None = None) -> None:
        """The window as it is now, with ``dialog`` before it."""
        self.rest()
        picture = self.window.grab()
        if dialog is not None:
            picture = before(picture, dialog)
            dialog.close()
            self.rest(0.05)
        path = self.target / f"{name}.png"
        image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
        image.save(str(path), "PNG", 0)  # type: ignore[call-overload]  # 0: as small as it can be
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {size:,} bytes")
        if size > MOST:
            raise ValueError(f"{path} is larger than {MOST:,} bytes")


def before(picture: QPixmap, dialog: QWidget) -> QPixmap:
    """``dialog`` in the middle of ``picture``, which stands back."""
    front = dialog.grab()
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(picture.rect(), QColor(0, 0, 0, 70))
    place = QRect(QPoint(0, 0), front.size())
    place.moveCenter(picture.rect().center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 6))
    for spread in range(2, 26, 2):
        painter.drawRoundedRect(
            place.adjusted(-spread, 4 - spread, spread, spread + 4), spread + 8, spread + 8
        )
    shape = QPainterPath()
    shape.addRoundedRect(place, 8, 8)
    painter.setClipPath(shape)
    painter.drawPixmap(place.topLeft(), front)
    painter.end()
    return picture


def pond(path: Path) -> None:
    """A picture to send: a pond in the evening."""
    image = QImage(960, 600, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for top, bottom, first, last in ((0, 330, "#f7c59f", "#8fb8de"), (330, 600, "#4f7d8c", "#1f3d4a")):
        light = QLinearGradient(0, top, 0, bottom)
        light.setColorAt(0, QColor(last if top == 0 else first))
        light.setColorAt(1, QColor(first if top == 0 else last))
        painter.fillRect(QRect(0, top, 960, bottom - top), light)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ffe9b0"))
    painter.drawEllipse(QPoint(700, 250), 46, 46)
    painter.setBrush(QColor("#2f4a3a"))
    hills = QPainterPath()
    hills.moveTo(0, 332)
    hills.cubicTo(200, 230, 330, 300, 480, 310)
    hills.cubicTo(640, 320, 800, 240, 960, 300)
    hills.lineTo(960, 340)
    hills.lineTo(0, 340)
    painter.drawPath(hills)
    for x, y, wide in ((240, 470, 90), (380, 520, 70), (650, 480, 100), (770, 545, 80)):
        painter.setBrush(QColor("#5f8f4e"))
        painter.drawEllipse(QPoint(x, y), wide, wide // 4)
    painter.setBrush(QColor("#2f7d4d"))
    painter.drawEllipse(QPoint(650, 458), 34, 20)
    painter.drawEllipse(QPoint(634, 440), 9, 9)
    painter.drawEllipse(QPoint(662, 440), 9, 9)
    painter.end()
    image.save(str(path), "PNG")  # type: ignore[call-overload]


# -- the pictures, in the order in which they are taken --------------------------------------------------------------


def connect(stage: Stage) -> None:
    for host, name, nick in (
        ("chat.allotment.example", "Allotment", "kim"),
        ("pond.example.org", "Frog pond", "kim"),
    ):
        stage.app.recents.note(Address(host), name, nick)
    stage.window.resize(760, 560)
    stage.take("connect", opened(stage, ConnectDialog(stage.app, stage.window)))


def chat(stage: Stage) -> None:
    stage.window.resize(1100, 720)
    stage.window.activateWindow()
    stage.until(stage.window.isActiveWindow)
    server = stage.app.open_server(stage.address)
    stage.until(lambda: len(server.model.channels) >= 3)
    server.ask(lambda ref: r.Register(ref, Secret("kim has a long password")))
    server.ask(lambda ref: r.SetTopic(ref, POND, TOPIC))
    ada, ben, oda = (stage.come(nick, POND, *OTHERS) for nick in ("ada", "ben", "oda-l"))
    server.look_at(POND)
    for nick in ("ruth", "sven"):
        stage.come(nick, POND)
    stage.say(ada, POND, "Good morning! The toads are out: 41 at the east shore since six.")
    stage.say(ada, POND, "Most of them natterjacks, by the yellow line.")
    asked = stage.say(
        ben, POND, "That many? Last year we had 18 on the same day. Who has the sheet for the west shore?"
    )
    stage.say(server, POND, "I have it, and I am there from nine on.", reply_to=asked)
    stage.react(ada, POND, asked, "👍")
    stage.react(oda, POND, asked, "👍", "🐸")
    stage.say(
        oda,
        POND,
        "kim: please take the new form, https://pond.example.org/form (the old one has no column for spawn)",
    )
    photo = stage.folder / "east shore, 6 o'clock.png"
    pond(photo)
    ada.ask(lambda ref: f.SendFile(ref, POND, str(photo)))
    stage.until(lambda: server.model.files.find(photo.name))
    file = server.model.files.find(photo.name)
    assert file is not None
    server.ask(lambda ref: f.FetchFile(ref, file.file.id, "", photo.name, file.file.size, file.file.sha256))
    stage.until(lambda: any(each.state is State.DONE for each in server.model.transfers.all))
    said = stage.say(ben, POND, "What a ligth!")
    ben.ask(lambda ref: r.Edit(ref, POND, said, "What a light!"))
    stage.say(server, POND, "Lovely. Printing the form now.")
    stage.say(ben, "#survey", "Totals of the week are up.")
    stage.say(oda, "#survey", "kim: yours are missing")
    stage.say(oda, "#photos", "New album: spring")
    stage.say(ada, "kim", "Shall I bring the second net?")
    stage.until(lambda: server.model.find("ada"))
    stage.rest(0.8)
    stage.window.transfers.put_away()
    stage.take("chat-light")
    theme(stage, Choice.DARK)
    stage.take("chat-dark")
    theme(stage, Choice.LIGHT)


def narrow(stage: Stage) -> None:
    stage.window.resize(420, 720)
    stage.take("narrow")
    stage.window.resize(1100, 720)


def transfer(stage: Stage) -> None:
    server = stage.app.servers[0]
    for name, size in (
        ("survey 2026.ods", 240_000),
        ("pond at night.webm", 1_000_000_000),
        ("maps.zip", 640_000_000),
    ):
        path = stage.folder / name
        with path.open("wb") as file:
            file.truncate(size)
        server.ask(lambda ref, path=path: f.SendFile(ref, POND, str(path)))  # type: ignore[misc]
    stage.until(lambda: len(server.model.transfers.all) == 4)
    numbers = {each.name: each.number for each in server.model.transfers.all}
    stage.until(lambda: moved(server, "maps.zip", 0.1))
    server.ask(lambda ref: f.PauseTransfer(ref, numbers["maps.zip"]))
    stage.until(lambda: moved(server, "pond at night.webm", 0.35))
    stage.take("transfer")
    for name in ("maps.zip", "pond at night.webm"):
        server.ask(lambda ref, name=name: f.CancelTransfer(ref, numbers[name]))  # type: ignore[misc]
    stage.until(lambda: not server.model.transfers.active)
    stage.rest()
    stage.window.transfers.put_away()


def settings(stage: Stage) -> None:
    stage.app.preferences.set(structs.replace(stage.app.settings, downloads="/home/kim/Downloads"))
    stage.take("settings", opened(stage, SettingsDialog(stage.app, stage.window)))


def lost(stage: Stage) -> None:
    server = stage.app.servers[0]
    stage.process.kill()
    stage.process.wait()
    stage.until(lambda: not server.online)
    server.say("Nine o'clock, west shore: 12 so far", target=POND)
    stage.until(lambda: stage.window.questions.banners)
    stage.take("error")


def key(stage: Stage) -> None:
    """The server comes back with another key than this computer knows."""
    stage.process = stage._serve(stage.address.port)
    if stage.process.stdout:
        stage.process.stdout.readline()
    server = stage.app.servers[0]
    other = "SHA256:" + "vQ8m3T0cZ1rXkK2uYp5wJ7aLhD4eNfS9gBt6iVoWnEs"
    Trust(stage.app.directory)._keep(stage.address.name, other)
    server.chat.connect(structs.replace(stage.address, pin=other))
    stage.until(
        lambda: "has changed" in "".join(each.trouble.title for each in stage.window.questions.banners)
    )
    stage.take("key")


PICTURES = (connect, chat, narrow, transfer, settings, lost, key)


def opened(stage: Stage, dialog: QDialog) -> QDialog:
    dialog.show()
    stage.rest(0.05)
    return dialog


def moved(server: Server, name: str, share: float) -> bool:
    """Whether so much of it is there."""
    found = [each for each in server.model.transfers.all if each.name == name and each.size > 0]
    return bool(found) and found[-1].done >= share * found[-1].size


def theme(stage: Stage, choice: Choice) -> None:
    stage.app.preferences.set(structs.replace(stage.app.settings, theme=choice))


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="natterjack-screenshots-") as name:
        stage = Stage(Path(name), target)
        try:
            yield stage
        finally:
            stage.end()


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py screenshots", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "screenshots")
    target: Path = parser.parse_args().folder
    target.mkdir(parents=True, exist_ok=True)
    with staged(target) as stage:
        for picture in PICTURES:
            picture(stage)
    return 0


if __name__ == "__main__":
    sys.exit(main())
