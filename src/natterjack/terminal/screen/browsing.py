"""Opening a link by a program that gets nothing of our terminal: what it says would stand on the screen."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

_OPEN: Final = "import sys, webbrowser; webbrowser.open(sys.argv[1])"


def open_in_browser(url: str) -> None:
    """Open ``url``, which is http or https; back once that has been done."""
    nothing = subprocess.DEVNULL
    # a process of its own, since what webbrowser starts takes over what its parent has; -I: no module from this folder
    command = [sys.executable, "-I", "-c", _OPEN, url]
    subprocess.run(
        command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, check=False
    )
