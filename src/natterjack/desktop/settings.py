"""What a person chooses about the window, kept in a small file of its own, and told when it is something else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, structs
from PySide6.QtCore import QObject, Signal

from natterjack.client import files
from natterjack.client.places import download_directory
from natterjack.desktop.theme import ZOOMS, Choice
from natterjack.desktop.writing import Writer

FILE: Final = "window-settings.json"
#: Bytes; a larger one is not ours.
_MOST_BYTES: Final = 256 * 1024


class Settings(Struct, frozen=True):
    """``downloads`` ``""``: where this computer has them. ``to_tray``: closing the window leaves the program running.

    ``previews``: notifications show what was said. ``pictures``: those that were fetched are shown among the messages.
    """

    theme: Choice = Choice.SYSTEM
    zoom: float = 1.0
    seconds: bool = False
    twelve_hours: bool = False
    notifies: bool = True
    previews: bool = True
    to_tray: bool = False
    shows_typing: bool = True
    pictures: bool = True
    downloads: str = ""

    @property
    def download_folder(self) -> Path:
        return Path(self.downloads) if self.downloads else download_directory()

    @property
    def time_format(self) -> str:
        """For ``strftime``."""
        seconds = ":%S" if self.seconds else ""
        return f"%I:%M{seconds} %p" if self.twelve_hours else f"%H:%M{seconds}"


class Preferences(QObject):
    """The settings in force. :meth:`set` keeps them; ``problem`` says why that did not work, in words for a person.

    ``changed``: they are others now. ``failed``: there is a problem.
    """

    changed = Signal()
    failed = Signal()

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.path = directory / FILE
        self.problem = ""
        self.settings = self._read()
        self._writer = Writer(self.path, _MOST_BYTES)
        self._writer.failed.connect(self._failed)

    def set(self, settings: Settings) -> None:
        """Have these from now on, in later runs too."""
        if settings == self.settings:
            return
        self.settings = settings
        self.problem = ""
        self._writer.write(msgspec.json.encode(settings))
        self.changed.emit()

    def wait(self) -> None:
        """Until they are kept."""
        self._writer.wait()

    def _failed(self, why: str) -> None:
        self.problem = (
            f"Cannot write {self.path}: {why}. The settings are in force, and forgotten at the end."
        )
        self.failed.emit()

    def _read(self) -> Settings:
        try:
            data = files.read(self.path, _MOST_BYTES)
            return Settings() if data is None else _sound(msgspec.json.decode(data, type=Settings))
        except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            self.problem = f"Cannot read {self.path}: {why}. All settings are as at the beginning."
            return Settings()


def _sound(settings: Settings) -> Settings:
    """``settings`` as somebody wrote them by hand, with nothing that would make the window unusable."""
    zoom = settings.zoom if math.isfinite(settings.zoom) else 1.0
    return structs.replace(settings, zoom=min(max(zoom, ZOOMS[0]), ZOOMS[-1]))
