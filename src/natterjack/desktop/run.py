"""Runs the window's program, from its first window to the end."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from natterjack.client.chatting.options import Options
from natterjack.desktop import logo
from natterjack.desktop.app import App

#: Seconds that the driver's thread may hold up the window's, where both have much to do.
_TURN = 0.001
#: Milliseconds between two looks for signals: Qt's loop does not let Python see them by itself.
_LOOK = 250


def leave_alone() -> None:
    """Have the garbage collector look no more at what is there by now: modules and Qt's types, 50,000 objects.

    Each of its full looks would stop the window for 40 ms.
    """
    gc.collect()
    gc.freeze()


def run_window(options: Options, argv: Sequence[str]) -> int:
    """The exit code. SIGINT and SIGTERM end it as Quit does."""
    sys.setswitchinterval(_TURN)
    qt = QApplication(list(argv))
    qt.setApplicationName("Natterjack")
    qt.setApplicationDisplayName("Natterjack")
    qt.setDesktopFileName("natterjack")
    qt.setQuitOnLastWindowClosed(False)
    qt.setWindowIcon(logo.icon())
    app = App(qt, options)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.quit())
    looking = QTimer(app)
    looking.timeout.connect(lambda: None)
    looking.start(_LOOK)
    leave_alone()
    app.begin()
    code = qt.exec()
    app.end()
    return code
