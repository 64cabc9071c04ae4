"""Where lines go."""

from __future__ import annotations

import sys
from typing import TextIO


class Current:
    """``sys.stdout`` or ``sys.stderr`` as it is at each moment: the screen puts something in its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _stream(self) -> TextIO | None:
        stream: TextIO | None = getattr(sys, self._name)
        return stream  # None: a program without a console, on Windows

    def write(self, text: str, /) -> None:
        stream = self._stream()
        if stream is not None:
            stream.write(text)

    def flush(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream.flush()
