"""Where the window was, how large, and how its panes were laid out: kept for the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSplitter

from natterjack.client import files
from natterjack.desktop.writing import Writer

FILE: Final = "window-geometry.json"
#: Of what is kept: another layout of panes has another number, and is laid out anew.
_FORM: Final = 1
#: Bytes; a larger file is not ours.
MOST_BYTES: Final = 256 * 1024


class _Kept(Struct, frozen=True):
    """As Qt packs them; ``panes`` by the splitters' names."""

    geometry: bytes = b""
    state: bytes = b""
    panes: dict[str, bytes] = {}


def keep(window: QMainWindow, writer: Writer) -> None:
    """Have it written down, soon: ``writer`` is for :data:`FILE`."""
    kept = _Kept(
        bytes(window.saveGeometry().data()),
        bytes(window.saveState(_FORM).data()),
        {each.objectName(): bytes(each.saveState().data()) for each in _splitters(window)},
    )
    writer.write(msgspec.json.encode(kept))


def restore(window: QMainWindow, directory: Path) -> bool:
    """Have ``window`` as it was; whether it was anything. What cannot be read changes nothing, and nobody minds."""
    try:
        data = files.read(directory / FILE, MOST_BYTES)
        kept = msgspec.json.decode(data, type=_Kept) if data else _Kept()
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):  # it is only about a window's place
        return False
    restored = bool(kept.geometry) and window.restoreGeometry(QByteArray(kept.geometry))
    if kept.state:
        window.restoreState(QByteArray(kept.state), _FORM)
        for dock in window.findChildren(QDockWidget):
            dock.hide()  # it has its height again; it comes up by itself once there is something in it
    for splitter in _splitters(window):
        panes = kept.panes.get(splitter.objectName())
        if panes:
            splitter.restoreState(QByteArray(panes))
    return restored


def _splitters(window: QMainWindow) -> list[QSplitter]:
    return [each for each in window.findChildren(QSplitter) if each.objectName()]
