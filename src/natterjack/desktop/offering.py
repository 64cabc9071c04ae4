"""What is dropped, pasted or chosen to be sent: shown once more with where it goes, then sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.places import client_directory
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.events import TransferChanged
from natterjack.desktop.pictures import SIDE
from natterjack.desktop.theme import Themes
from natterjack.proto.sizes import in_words

if TYPE_CHECKING:
    from natterjack.desktop.server import Server

#: Files named in the question; the rest is a number.
_MOST_NAMED: Final = 8
#: Where pasted pictures are until they have been sent, and seconds after which one is not kept any more.
_FOLDER: Final = "pasted"
_OLD: Final = 14 * 86400


def offer_files(
    themes: Themes, parent: QWidget, server: Server, target: str, paths: Sequence[str], *, sure: bool = False
) -> QDialog | None:
    """Send ``paths`` to ``target``, after asking unless the person is ``sure``: he has just chosen them by hand."""
    files, folders = _sorted(paths)
    if not target:
        _say(server, "Nothing was sent. Go to a channel or a person first: files go to where you are.")
        return None
    if folders:
        _say(
            server,
            f"Folders cannot be sent: {', '.join(folders)}. Pack them into one file, or send what is inside.",
        )
    if not files:
        return None

    def send() -> None:
        for path in files:
            server.ask(lambda ref, path=path: f.SendFile(ref, target, str(path)))  # type: ignore[misc]

    if sure:
        send()
        return None
    lines = [f"{harmless(path.name)}   {in_words(_size(path))}" for path in files[:_MOST_NAMED]]
    if len(files) > _MOST_NAMED:
        lines.append(f"and {len(files) - _MOST_NAMED} more")
    what = "this file" if len(files) == 1 else f"these {len(files)} files"
    return _ask(themes, parent, f"Send {what} to {harmless(target)}?", "\n".join(lines), None, send)


def offer_image(
    themes: Themes, parent: QWidget, server: Server, target: str, image: QImage
) -> QDialog | None:
    """Send a pasted picture, which is in no file yet, after showing it."""
    if not target:
        _say(server, "Nothing was sent. Go to a channel or a person first: pictures go to where you are.")
        return None
    if image.isNull():
        return None
    words = f"{image.width()} × {image.height()} pixels, as a PNG file"
    send = partial(_save_and_send, server, target, image)
    return _ask(themes, parent, f"Send this picture to {harmless(target)}?", words, image, send)


class _Saver(QObject):
    """``saved`` tells on the window's thread what went wrong, ``""`` for nothing."""

    saved = Signal(str)


class _Saving(QRunnable):
    """Packing a picture takes longer than the window may stand still."""

    def __init__(self, image: QImage, path: Path, saved: Callable[[str], None]) -> None:
        super().__init__()
        self._image, self._path, self._saved = image, path, saved

    def run(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            forget_old(self._path.parent, time.time())
        except OSError as error:
            self._saved(f"Cannot write {self._path}: {error.strerror}.")
            return
        done = self._image.save(str(self._path), "PNG")  # type: ignore[call-overload]  # a name, not bytes
        self._saved("" if done else f"Cannot write {self._path}: see whether there is room on the disk.")


def _save_and_send(server: Server, target: str, image: QImage) -> None:
    folder = client_directory(server.options.data_dir) / _FOLDER
    path = _free(folder, time.strftime("picture-%Y-%m-%d-%H%M%S"))
    saver = _Saver(server)

    def saved(problem: str) -> None:
        saver.deleteLater()
        if problem:
            _say(server, f"{problem} The picture was not sent; it is still in the clipboard.")
        else:
            server.heard.connect(gone)
            server.ask(lambda ref: f.SendFile(ref, target, str(path)))

    def gone(event: object) -> None:
        """Once it has been sent, or never will be, it is not needed here any more."""
        if isinstance(event, TransferChanged) and event.transfer.path == str(path) and event.transfer.over:
            server.heard.disconnect(gone)
            path.unlink(missing_ok=True)

    saver.saved.connect(saved, Qt.ConnectionType.QueuedConnection)
    QThreadPool.globalInstance().start(_Saving(image, path, saver.saved.emit))


def forget_old(folder: Path, now: float) -> None:
    """Throw away pasted pictures that were never sent, and are not going to be."""
    for path in folder.glob("picture-*.png"):
        if now - path.stat().st_mtime > _OLD:
            path.unlink(missing_ok=True)


def _free(folder: Path, stem: str) -> Path:
    """A path in ``folder`` where nothing is yet."""
    path, number = folder / f"{stem}.png", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.png", number + 1
    return path


def _ask(
    themes: Themes, parent: QWidget, title: str, words: str, image: QImage | None, send: Callable[[], None]
) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle("Send")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    px = themes.px
    column.setContentsMargins(px(24), px(20), px(24), px(20))
    column.setSpacing(px(12))
    heading = QLabel(title, dialog)
    heading.setFont(themes.font(1.1, bold=True))
    column.addWidget(heading)
    if image is not None:
        column.addWidget(_preview(image, px(SIDE), dialog))
    text = QLabel(words, dialog)
    text.setProperty("look", "dim")
    for label in (heading, text):
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
    column.addWidget(text)
    buttons = QDialogButtonBox(dialog)
    buttons.addButton("&Send", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
    buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole).setAutoDefault(False)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    dialog.accepted.connect(send)
    column.addWidget(buttons)
    dialog.setMinimumWidth(px(360))
    dialog.open()
    return dialog


def _preview(image: QImage, side: int, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setAccessibleName("The picture")
    small = image
    if max(image.width(), image.height()) > side:
        fast = Qt.TransformationMode.FastTransformation
        smooth = Qt.TransformationMode.SmoothTransformation
        keep = Qt.AspectRatioMode.KeepAspectRatio
        small = image.scaled(2 * side, 2 * side, keep, fast).scaled(side, side, keep, smooth)
    label.setPixmap(QPixmap.fromImage(small))
    return label


def _sorted(paths: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files, and the names of the folders."""
    files, folders = [], []
    for path in map(Path, paths):
        if path.is_dir():
            folders.append(harmless(path.name))
        else:
            files.append(path)
    return files, folders


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # sending it will say what is wrong with it
        return 0


def _say(server: Server, text: str) -> None:
    server.view.error(0, "files", text)
    server.settle()
