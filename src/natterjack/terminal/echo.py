"""What is typed as a password is not seen where the terminal itself shows each key: line by line, without a screen."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any


class Echo:
    """Of the terminal on the descriptor ``source``. A change is in force for what is typed from then on."""

    def __init__(self, source: int = 0) -> None:
        self._source = source
        self._before: list[Any] | None = None  # its settings, while it is hidden

    @property
    def can_hide(self) -> bool:
        """Whether it can be told: not where there is no terminal, and not on Windows."""
        return sys.platform != "win32" and os.isatty(self._source)

    def hide(self, *, hidden: bool) -> None:
        """Show what is typed, or do not; the ends of lines are seen always. Only where :attr:`can_hide`."""
        if sys.platform == "win32" or hidden == (self._before is not None):
            return
        import termios  # noqa: PLC0415  (there is none on Windows)

        if self._before is None:
            self._before = termios.tcgetattr(self._source)
            hiding = self._before.copy()
            hiding[3] = hiding[3] & ~termios.ECHO | termios.ECHONL
            termios.tcsetattr(self._source, termios.TCSADRAIN, hiding)
            return
        with suppress(termios.error):  # it is gone, and shows nothing any more
            termios.tcsetattr(self._source, termios.TCSADRAIN, self._before)
        self._before = None
