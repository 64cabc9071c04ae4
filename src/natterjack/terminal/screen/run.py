"""Puts the full-screen client together, and gives the terminal back as it was, whatever happens."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import Final

from prompt_toolkit.application import Application

from natterjack.client.chatting.options import Options
from natterjack.terminal.screen.client import Screen
from natterjack.terminal.screen.keys import bindings
from natterjack.terminal.screen.layout import Places
from natterjack.terminal.screen.output import know_focus
from natterjack.terminal.screen.themes import theme_for

#: Seconds that the driver's thread may hold up a key for, where both have much to do.
_TURN: Final = 0.001
#: When Python's collector of cycles looks at what is new, and how seldom at all else: with thousands of lines that
#: takes 30 ms, in which no key is heard (`bench/typing_lag.py`).
_COLLECTOR: Final = (5_000, 20, 500)


def run_screen(
    options: Options, welcome: str, *, theme: str, seconds: bool, shows_typing: bool, parent: int
) -> int:
    """Chat at a terminal, on all of it. The exit code.

    ``parent`` is readable once who watches us is gone, -1 where nobody does: :mod:`.watch` mends what we cannot.
    """
    sys.setswitchinterval(_TURN)
    know_focus()
    held = io.StringIO()
    errors, sys.stderr = sys.stderr, held  # what libraries say would stand in the middle of the screen
    try:
        screen = Screen(options, theme_for(theme, os.environ), seconds=seconds, shows_typing=shows_typing)
        if options.address is None:
            screen.view.info(welcome)
        places = Places(screen)
        app: Application[None] = Application(
            layout=places.layout,
            key_bindings=bindings(screen, places),
            style=screen.theme.style,
            include_default_pygments_style=False,
            full_screen=True,
            output=screen.output,
            color_depth=screen.theme.depth,
            mouse_support=False,
        )
        gc.collect()
        gc.freeze()  # what is there by now stays
        gc.set_threshold(*_COLLECTOR)
        code = screen.run(app, parent)
    finally:
        sys.stderr = errors
        errors.write(held.getvalue())
    for text in screen.view.farewell:
        print(text)
    return code
