"""What the screen's loop is given: what has happened, and what the Tab key offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from natterjack.client.chatting.commands import COMMANDS
from natterjack.client.chatting.listing import listing
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Model
from natterjack.client.view.completing import completions
from natterjack.terminal.app import Item
from natterjack.terminal.screen.cells import shown


class Inbox(Mailbox[Item]):
    """Wakes the loop that empties it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake

    def put(self, item: Item, *, wait: bool = True) -> bool:
        taken = super().put(item, wait=wait)
        self._wake()
        return taken


class ScreenCompleter(Completer):
    """As :mod:`natterjack.client.view.completing` has it."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Any:
        cursor = document.cursor_position
        found = completions(self._model, document.text, cursor, tuple(COMMANDS), listing)
        for candidate in found.candidates:
            yield Completion(candidate, found.start - cursor, display=shown(candidate.strip()))
