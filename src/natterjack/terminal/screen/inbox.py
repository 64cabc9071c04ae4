"""What the screen's loop is given: what has happened, what the Tab key offers, and lines that come back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from natterjack.client import events as e
from natterjack.client.chatting.commands import COMMANDS
from natterjack.client.chatting.parse import is_secret
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Model
from natterjack.client.view.completing import completions
from natterjack.terminal.app import Item
from natterjack.terminal.screen.cells import shown

#: Typed lines that come back where they are refused.
_MOST: Final = 100


class Inbox(Mailbox[Item]):
    """Wakes the loop that empties it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake

    def put(self, item: Item, *, wait: bool = True) -> bool:
        taken = super().put(item, wait=wait)
        self._wake()
        return taken


class TypedLines:
    """The last lines that were typed, for those that are refused. Lines with passwords are not kept."""

    def __init__(self) -> None:
        self._lines: dict[int, tuple[str, str]] = {}

    def note(self, number: int, here: str, line: str) -> None:
        """``line`` of that number was typed in the conversation ``here``."""
        if not is_secret(line):
            self._lines[number] = (here, line)
        self._lines.pop(number - _MOST, None)

    def take(self, event: e.Refused) -> tuple[str, str]:
        """Where what was refused was typed, and the line; ``""`` for what says nothing, or is not known."""
        found = self._lines.pop(event.ref, ("", ""))
        return found if event.command in ("PRIVMSG", "NOTICE", "EDIT") else ("", "")


class ScreenCompleter(Completer):
    """As :mod:`natterjack.client.view.completing` has it."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Any:
        cursor = document.cursor_position
        found = completions(self._model, document.text, cursor, tuple(COMMANDS), _listing)
        for candidate in found.candidates:
            yield Completion(candidate, found.start - cursor, display=shown(candidate.strip()))


def _listing(directory: str) -> list[str]:
    """What is in ``directory``, for completion."""
    try:
        with os.scandir(Path(directory or ".").expanduser()) as entries:
            return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    except OSError:
        return []  # then there is nothing to offer
