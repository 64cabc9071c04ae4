"""Where lines go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from natterjack.exits import FAILED, CommandError


class Current:
    """``sys.stdout`` or ``sys.stderr`` as it is at each moment: the screen puts something in its place.

    Raises ``BrokenPipeError`` where nobody reads any more, and ``CommandError`` where else nothing can be written.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def _stream(self) -> TextIO | None:
        stream: TextIO | None = getattr(sys, self._name)
        return stream  # None: a program without a console, on Windows

    def write(self, text: str, /) -> None:
        stream = self._stream()
        if stream is not None:
            self._try(lambda: stream.write(text))

    def flush(self) -> None:
        stream = self._stream()
        if stream is not None:
            self._try(stream.flush)

    def _try(self, call: Callable[[], object]) -> None:
        try:
            call()
        except BrokenPipeError:
            raise
        except OSError as error:
            why = (error.strerror or "it failed").lower()
            raise CommandError(
                FAILED, f"cannot write to {self._name}: {why}. What was sent is kept."
            ) from error
