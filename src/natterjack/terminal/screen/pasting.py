"""What is pasted: many lines go nowhere before it is asked what is meant, and may go as a file.

Such a file is kept here until it has arrived.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from natterjack.client.chatting.link import Phase
from natterjack.client.transfers.values import Direction, State, Transfer

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: Ends of lines in what is pasted from which on it is asked.
_MANY: Final = 3
_FOLDER: Final = "pastes"
#: Seconds after which a paste that nobody got, and nobody has asked for, goes.
_OLDEST: Final = 30 * 24 * 3600.0


class Pastes:
    """In a folder of ``directory`` that only its owner can read."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / _FOLDER

    def keep(self, text: str) -> Path:
        """Write ``text`` down: the file, named for the time of day here. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tidy()
        name = time.strftime("paste-%Y-%m-%d-%H%M")
        path = self._folder / f"{name}.txt"
        count = 1
        while path.exists():
            count += 1
            path = self._folder / f"{name}-{count}.txt"
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text + "\n", "utf-8", newline="\n")
        return path

    def settle(self, transfer: Transfer) -> Path | None:
        """``transfer`` has got on. A paste that has arrived, or was given up, goes; one that cannot be sent is told."""
        path = Path(transfer.path)
        if (
            transfer.direction is not Direction.UP
            or not transfer.over
            or path.parent != self._folder.absolute()
        ):
            return None
        if transfer.state is State.FAILED:
            return path
        path.unlink(missing_ok=True)
        return None

    def _tidy(self) -> None:
        for path in self._folder.iterdir():
            if path.stat().st_mtime < time.time() - _OLDEST:
                path.unlink(missing_ok=True)


class Pasting:
    """``text`` is what it is asked about."""

    def __init__(self, screen: Screen, pastes: Pastes) -> None:
        self._screen = screen
        self.pastes = pastes
        self.text = ""
        self._problem = ""

    @property
    def hints(self) -> tuple[str, ...]:
        """What can be done with it, the longest words first."""
        if self._problem:
            return (f"{self._problem}. Enter sends, e edits, Esc drops it", f"{self._problem}.")
        lines = f"{self.text.count(chr(10)) + 1} lines"
        return (
            f"{lines}: Enter sends, u uploads as a text file, e edits, Esc drops them",
            f"{lines}: Enter, u file, e edit, Esc",
        )

    def paste(self, text: str) -> None:
        """A terminal's own line ends are those of the Enter key."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        whole = text.rstrip("\n")
        if whole.count("\n") >= _MANY:
            self.text, self._problem = whole, ""
            self._screen.mode = "paste"
        else:
            self._screen.input.insert_text(whole if "\n" in whole else text.replace("\n", ""))

    def goes(self, *, send: bool) -> None:
        """Into the input, and off where ``send``."""
        self._screen.input.insert_text(self.text)
        self._screen.mode = "chat"
        if send:
            self._screen.enter()

    def upload(self) -> None:
        """As a text file, the way SENDFILE goes; where that cannot be now, it still waits for an answer."""
        chat = self._screen.chat
        target = chat.model.current
        if not target or chat.link.phase is not Phase.ONLINE:
            self._problem = "No connection to upload it"
            return
        try:
            path = self.pastes.keep(self.text)
        except OSError as error:
            self._problem = f"Cannot keep it here: {error.strerror}"
            return
        self._screen.mode = "chat"
        self._screen.type(f"SENDFILE {target} {path}")
