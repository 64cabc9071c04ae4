"""The page behind F1: every key, and every command."""

from __future__ import annotations

from typing import Final

from natterjack.client.chatting.commands import ROWS
from natterjack.terminal.screen.cells import Line, wrap

KEYS: Final = (
    ("Enter", "send, or carry out a command"),
    ("Alt+Enter", "another line of the same message"),
    (
        "Tab, Shift+Tab",
        "complete a name, #channel, /command, :emoji: or path; the next, the one before; Esc: as it was",
    ),
    ("Up", "on an empty line: change your last message; again: what you typed before"),
    ("Ctrl+P, Ctrl+N", "what you typed before, and after that"),
    ("Ctrl+K", "go to a conversation by a few letters of it"),
    ("Alt+A", "go to the next unread one, first to those where you are spoken to"),
    ("Alt+Shift+Up, Down", "the unread one before, and the next"),
    ("Alt+U", "to the first line that is new here"),
    ("Alt+1 ... Alt+9", "go to the one of that number"),
    ("Alt+Up, Alt+Down", "the one before, and the next"),
    ("PgUp, PgDn", "read back (older lines are fetched), and forth"),
    ("Ctrl+Home, Ctrl+End", "as far back as it goes here, and to the end"),
    ("Ctrl+F", "find here; then n and N: the next above, the next below"),
    (
        "Alt+S",
        "go through what /search has found: n older, N newer; each is shown amid what was said around it",
    ),
    (
        "F4, Ctrl+Up",
        "choose a message (Up, Down), then: r reply, + react, e change, d take back, o link, g file",
    ),
    ("F2, F3", "list of conversations, list of people: show or hide"),
    ("Ctrl+L", "draw the screen anew"),
    ("Ctrl+Z", "to the shell for a while (fg comes back)"),
    ("Ctrl+C", "clear the line; on an empty one twice: quit"),
    ("Ctrl+D", "on an empty line: quit"),
    ("F1, Esc", "this page, and back"),
)


def page(columns: int) -> list[Line]:
    """Its lines, for so many columns."""
    lines: list[Line] = [[("bold", "Keys")]]
    lines += _table(KEYS, 21, columns)
    lines += [[], [("bold", "Commands (those in capitals go without a slash, too)")]]
    lines += _table([(row.usage, row.help) for row in ROWS], 32, columns)
    return [*lines, [], [("class:dim", "Esc goes back; Up, Down, PgUp, PgDn scroll.")]]


def _table(rows: tuple[tuple[str, str], ...] | list[tuple[str, str]], first: int, columns: int) -> list[Line]:
    lines: list[Line] = []
    for name, text in rows:
        if columns < first + 30:
            lines += [*wrap([("bold", name)], columns), *_indented(wrap([("", text)], columns - 4), 4)]
        else:
            wrapped = wrap([("", text)], columns - first)
            lines.append([("bold", name.ljust(first - 1)), ("", " "), *wrapped[0]])
            lines += _indented(wrapped[1:], first)
    return lines


def _indented(lines: list[Line], columns: int) -> list[Line]:
    return [[("", " " * columns), *line] for line in lines]
