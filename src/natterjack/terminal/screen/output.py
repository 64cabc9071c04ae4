"""The terminal below prompt_toolkit: links (OSC 8), notifications (OSC 9), the focus, and what it is given back as.

Links. Only cells that have changed are written, so a link cannot be one escape before its text and one behind: the one
behind might not be written. Each cell of a link carries its own: the letter is followed by a character without width
that no received text can hold (:mod:`natterjack.client.chatting.sanitise` takes it out), and :class:`Terminal` puts the
escapes around it. https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Final, TextIO

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output

_FIRST: Final = 0xE0000
_MOST: Final = 128
_MARKED: Final = re.compile("(.[^\U000e0000-\U000e007f]*)([\U000e0000-\U000e007f])", re.DOTALL)
#: Keys that no keyboard has: the window gets the focus, and loses it.
FOCUS_IN: Final = Keys.F23
FOCUS_OUT: Final = Keys.F24
#: Terminals that would show what they do not know.
_NO_ESCAPES: Final = ("linux", "vt")


class Links:
    """The links that may be on the screen, each with its mark; the oldest gives its mark to a new one."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self._marks: dict[str, str] = {}
        self._urls: dict[str, str] = {}
        self._next = 0

    def marked(self, text: str, url: str) -> str:
        """``text``, each letter of it leading to ``url``."""
        if not self.enabled or not url.isascii() or not url.isprintable():
            return text
        mark = self._marks.get(url)
        if mark is None:
            mark = chr(_FIRST + self._next)
            self._next = (self._next + 1) % _MOST
            self._marks.pop(self._urls.get(mark, ""), None)
            self._marks[url], self._urls[mark] = mark, url
        return "".join(f"{letter}{mark}" for letter in text)

    def escaped(self, text: str) -> str:
        """``text`` with escapes in place of marks."""

        def link(found: re.Match[str]) -> str:
            url = self._urls.get(found[2], "")
            number = ord(found[2]) - _FIRST
            return f"\x1b]8;id=n{number};{url}\x1b\\{found[1]}\x1b]8;;\x1b\\" if url else found[1]

        return _MARKED.sub(link, text)


class Terminal(Vt100_Output):
    """As prompt_toolkit's own, with links; and the terminal tells whether its window has the focus (DECSET 1004).

    https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h3-FocusIn_FocusOut
    """

    def __init__(
        self, stdout: TextIO, get_size: Callable[[], Size], term: str, depth: ColorDepth, links: Links
    ) -> None:
        super().__init__(stdout, get_size, term=term, default_color_depth=depth)
        self._links = links
        self._tells_focus = takes_escapes(term)

    def enable_bracketed_paste(self) -> None:
        super().enable_bracketed_paste()  # as it is drawn the first time, and after each return from the shell
        if self._tells_focus:
            self.write_raw("\x1b[?1004h")

    def disable_bracketed_paste(self) -> None:
        super().disable_bracketed_paste()  # whenever the terminal is given back
        if self._tells_focus:
            self.write_raw("\x1b[?1004l")

    def write(self, data: str) -> None:
        data = data.replace("\x1b", "?")
        last = ord(data[-1]) if data else 0
        self.write_raw(self._links.escaped(data) if _FIRST <= last < _FIRST + _MOST else data)


def open_terminal(links: Links, depth: ColorDepth) -> Output:
    """Standard output as the screen; without links where the system has another kind of terminal."""
    if sys.platform == "win32":
        links.enabled = False
        return create_output()

    def size() -> Size:
        try:
            columns, rows = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            columns, rows = 0, 0
        return Size(rows=rows or 24, columns=columns or 80)

    return Terminal(sys.stdout, size, os.environ.get("TERM", ""), depth, links)


def know_focus() -> None:
    """Make keys of what the terminal tells of the focus; before anything is read."""
    ANSI_SEQUENCES["\x1b[I"] = FOCUS_IN
    ANSI_SEQUENCES["\x1b[O"] = FOCUS_OUT


def takes_escapes(term: str) -> bool:
    """Whether a terminal passes over what it does not know."""
    return not term.startswith(_NO_ESCAPES)


def notify(output: Output, text: str, *, escapes: bool) -> None:
    """Ring the bell, and where the terminal may understand it, show ``text``, which is harmless."""
    if escapes:
        output.write_raw(f"\x1b]9;{text}\x07")
    output.write_raw("\x07")
    output.flush()
