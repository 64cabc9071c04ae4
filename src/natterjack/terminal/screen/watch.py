"""A parent that does nothing but give the terminal back when the client cannot any more.

Theory of operation. The client runs in a child; its parent, which the shell waits for, sleeps in ``waitpid``. A client
that ends by itself has mended the terminal. One that was killed, or crashed, could not: the parent puts the settings
back as they were and leaves the other screen, and only then ends, so that the shell's prompt comes after that. Signals
that ask the parent to end are passed on. If it is the parent that is killed, the child sees its end of a pipe close,
and ends as after SIGTERM. Only who kills both at the same moment has to type ``reset``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

#: Those that ask a program to end: SIGINT comes from ``kill`` alone, since Ctrl+C is a key here.
ENDING: Final = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")
#: Long lines wrap; other screen, bracketed paste, focus, mouse, the cursor keys' mode off; cursor and colours as usual.
RESTORE: Final = b"".join(
    (
        b"\x1b[?7h\x1b[?1049l\x1b[?2004l\x1b[?1004l",
        b"\x1b[?1000l\x1b[?1006l\x1b[?1015l\x1b[?1l\x1b>\x1b[?25h\x1b[0 q\x1b[0m",
    )
)


def watched(run: Callable[[int], int], told: str) -> int:
    """What ``run`` answers in a child; it gets the end of a pipe that can be read once the parent is gone.

    128 and the number of the signal where that has killed it; then ``told`` is said. To be called before there is any
    thread. Where there are no such processes (Windows), ``run`` is called here, with -1.
    """
    if sys.platform == "win32":
        return run(-1)
    import termios  # noqa: PLC0415  (there is none on Windows)

    try:
        before = termios.tcgetattr(0)
    except termios.error:
        return run(-1)  # no terminal: there is nothing to give back
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(theirs)
        return run(ours)
    os.close(ours)
    for name in ENDING:
        signal.signal(getattr(signal, name), lambda number, _: _pass_on(child, number))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(theirs)
    if status >= 0:
        return status
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # it is ours to mend, whoever has the terminal now
    with suppress(OSError, termios.error):  # gone, with nothing to mend
        os.write(1, RESTORE)
        termios.tcsetattr(0, termios.TCSANOW, before)
        os.write(2, f"{told.format(signal.Signals(-status).name)}\n".encode())
    return 128 - status


def _pass_on(child: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, number)
