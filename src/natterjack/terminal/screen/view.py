"""What the full screen shows beside the rows: as notes, but for what a search finds and for what was pasted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from natterjack.client import events as e
from natterjack.client.chatting.noting import NotingView
from natterjack.client.chatting.older import Older
from natterjack.client.model import Model
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.transfers.events import TransferChanged
from natterjack.terminal.screen.pasting import Pastes

_ENOUGH: Final = "This is as far back as a screen goes. SEARCH finds what was said before."


class ScreenView(NotingView):
    """``undone`` is called with the number of a line that was not carried out, 0 for none.

    ``pastes`` are files made of what was pasted; the rest is as in :class:`NotingView`."""

    def __init__(
        self,
        ring: Callable[[e.MessageReceived], None],
        browse: Callable[[str], None],
        undone: Callable[[int], None],
        pastes: Pastes,
    ) -> None:
        super().__init__(ring, browse, Older(MOST_ITEMS, _ENOUGH))
        self._undone = undone
        self.searched = False  # a search has found something: that is shown where it was said, not told
        self._pastes = pastes

    def error(self, line: int, code: str, text: str) -> None:
        super().error(line, code, text)
        self._undone(line)

    def event(self, event: e.Event, model: Model) -> None:
        if isinstance(event, e.Found):
            return
        if isinstance(event, e.Done) and event.command == "SEARCH" and self.searched:
            self.searched = False
            return
        super().event(event, model)
        if isinstance(event, TransferChanged):
            kept = self._pastes.settle(event.transfer)
            if kept is not None:
                self.info(f"What you pasted is in {kept}.")
