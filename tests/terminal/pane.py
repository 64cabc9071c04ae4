"""A terminal of a given size with the real program on it: what it draws is kept by pyte, as a terminal would."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect  # type: ignore[import-untyped]
import pyte

#: Seconds; nothing here takes that long.
PATIENCE = 20.0
#: Seconds without anything new after which a screen counts as drawn.
_QUIET = 0.7
_LONG = 4.0
#: What a terminal must be given back as, and what undoes it: the cursor is shown, the other screen left, paste
#: unbracketed, the focus not told, and long lines wrap.
GIVEN_BACK = {
    "\x1b[?25h": "\x1b[?25l",
    "\x1b[?1049l": "\x1b[?1049h",
    "\x1b[?2004l": "\x1b[?2004h",
    "\x1b[?1004l": "\x1b[?1004h",
    "\x1b[?7h": "\x1b[?7l",
}

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "up": "\x1b[A",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f4": "\x1bOS",
    "alt-a": "\x1ba",
    "alt-1": "\x1b1",
    "ctrl-c": "\x03",
    "ctrl-d": "\x04",
    "ctrl-f": "\x06",
    "ctrl-k": "\x0b",
    "tab": "\t",
}


class Pane:
    """``natterjack chat`` with ``words``, in ``columns`` and ``rows``; or ``command`` in place of that."""

    def __init__(
        self,
        data_dir: Path,
        *words: str,
        size: tuple[int, int] = (80, 24),
        command: Sequence[str] = (),
        **env: str,
    ) -> None:
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self.raw = ""
        usual = [
            sys.executable,
            "-m",
            "natterjack",
            "chat",
            "--nick",
            "kim",
            "--data-dir",
            str(data_dir),
            *words,
        ]
        program, *args = command or usual
        settings = {"TERM": "xterm-256color", "TZ": "UTC", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": ""}
        self.program = pexpect.spawn(
            program,
            args,
            env={**os.environ, **settings, **env},
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.program.close(force=True)

    # -- doing -----------------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """A line, and Enter."""
        self.program.send(text + KEYS["enter"])

    def press(self, *keys: str) -> None:
        for key in keys:
            self.program.send(KEYS.get(key, key))

    def paste(self, text: str) -> None:
        """As a terminal pastes."""
        self.program.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self.program.setwinsize(rows, columns)

    def kill(self, number: signal.Signals) -> None:
        self.program.kill(number)

    # -- seeing ----------------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without what is blank at the ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def backgrounds(self) -> set[str]:
        """Of all cells."""
        columns, rows = self._screen.columns, self._screen.lines
        return {self._screen.buffer[row][column].bg for row in range(rows) for column in range(columns)}

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def read(self, seconds: float) -> bool:
        """Take in what the program draws within so many seconds. Whether it did."""
        try:
            data = self.program.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    def until(self, what: str | Callable[[], bool]) -> None:
        """Wait until that is on the screen, or true."""
        found: Callable[[], bool] = (lambda: what in self.text) if isinstance(what, str) else what
        end = time.monotonic() + PATIENCE
        while not found():
            left = end - time.monotonic()
            try:
                self.read(min(max(left, 0.0), 0.2))
            except pexpect.EOF as error:
                raise AssertionError(f"it ended before {what!r}:\n{self.text}") from error
            assert left > 0, f"{what!r} did not come:\n{self.text}"

    def quiet(self) -> None:
        """Wait until nothing is drawn any more, or not for long: what moves is never quiet."""
        end = time.monotonic() + _LONG
        while self.read(_QUIET) and time.monotonic() < end:
            continue

    def end(self) -> int:
        """Wait until the program ends: its exit code, or the signal that ended it as a negative number."""
        try:
            while True:
                self.read(PATIENCE)
        except pexpect.EOF:
            self.program.close()
        status: Any = self.program.exitstatus
        return int(status if status is not None else -(self.program.signalstatus or 0))
