"""Whether Qt can work on this machine. PySide6 brings Qt, but not the system's own libraries that Qt stands on.

Qt itself ends the process with a core dump where one of them is missing; we look first, and say what to install.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path

#: What Debian and Ubuntu call the libraries: for Qt at all, and for a window under X11 (Wayland's come with Qt).
FOR_QT = "libegl1 libgl1 libglib2.0-0 libxkbcommon0 libdbus-1-3 libfontconfig1 libfreetype6"
FOR_X11 = (
    "libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 "
    "libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1"
)
#: The parts of Qt that the window is made of.
PARTS = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")


def qt_problem(parts: tuple[str, ...] = PARTS) -> str:
    """Why Qt cannot be loaded here, in words that say what to do; "" if it can."""
    try:
        for part in parts:
            importlib.import_module(part)
    except ModuleNotFoundError:
        return "Qt is not installed; python3 run.py gui brings it, and so does pip install 'natterjack[gui]'"
    except ImportError as error:
        return _lacks(str(error), FOR_QT)
    return ""


def window_problem() -> str:
    """Why no window can be opened here, in words that say what to do; "" if nothing is known to be in the way."""
    if problem := qt_problem():
        return problem
    if not sys.platform.startswith("linux"):
        return ""
    wanted, _, _ = os.environ.get("QT_QPA_PLATFORM", "").partition(":")  # what follows is for that platform
    if wanted not in ("", "xcb") or (not wanted and os.environ.get("WAYLAND_DISPLAY")):
        return ""
    if not os.environ.get("DISPLAY"):
        return (
            "there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can be opened; "
            "natterjack chat is the client for a terminal"
        )
    return _plugin_problem("libqxcb.so")


def _plugin_problem(name: str) -> str:
    """Why a part that Qt loads by itself, and dies without, would not load."""
    from PySide6.QtCore import QLibraryInfo

    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)
    try:
        ctypes.CDLL(str(Path(folder) / "platforms" / name))
    except OSError as error:
        return _lacks(str(error), f"{FOR_QT} {FOR_X11}")
    return ""


def _lacks(said: str, packages: str) -> str:
    """``said`` is the loader's: "libEGL.so.1: cannot open shared object file: No such file or directory"."""
    library, colon, _ = said.partition(": cannot open shared object")
    what = f"this machine has no {library}" if colon else f"Qt cannot be loaded ({said})"
    return f"{what}; on Debian and Ubuntu: apt install {packages}"
