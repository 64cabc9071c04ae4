"""How much work something is, without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import natterjack

SOURCE = str(Path(natterjack.__file__).parent)


def bytecode(play: Callable[[], object]) -> int:
    """Instructions of Python that ``play`` takes in ``src/natterjack``; unlike time, the same on every machine."""
    counted = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal counted
        if event == "call":
            if not frame.f_code.co_filename.startswith(SOURCE):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            counted += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        play()
    finally:
        sys.settrace(before)
    return counted
