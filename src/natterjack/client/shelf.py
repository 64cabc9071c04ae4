"""The local store where it can be used; where it cannot, that is told once, and everything goes on without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from natterjack.client import events as e
from natterjack.client.database import LocalStoreError
from natterjack.client.local_store import FILE, LocalStore

T = TypeVar("T")


class Shelf:
    """``store`` is None until it is opened, and where that has failed."""

    def __init__(self, directory: Path) -> None:
        self.store: LocalStore | None = None
        self._directory = directory
        self._opened = False
        self._troubles: set[str] = set()  # told already

    @property
    def exists(self) -> bool:
        """Whether there is a file already."""
        return (self._directory / FILE).exists()

    def open(self) -> list[e.Event]:
        """Open it, if that was not tried yet. What is to be told of that."""
        if self._opened:
            return []
        self._opened = True
        try:
            self.store = LocalStore(self._directory)
        except LocalStoreError as error:
            path = self._directory / FILE
            text = (
                f"Cannot use {path}: {error}. You can go on, but what you type is lost if this program ends before it "
                "is sent, and nothing is remembered of what was said. Mend that, or choose another --data-dir."
            )
            return [e.KeepingFailed(text)]
        return []

    def attempt(self, action: Callable[[LocalStore], T], otherwise: T) -> tuple[T, list[e.Event]]:
        """What ``action`` on the store answers; where it fails, ``otherwise``, and what is to be told of that."""
        if self.store is None:
            return otherwise, []
        try:
            return action(self.store), []
        except LocalStoreError as error:
            text = f"Cannot use {self.store.path}: {error}."
            if text in self._troubles:
                return otherwise, []
            self._troubles.add(text)
            more = " What is shown now may be shown again, and what is typed now may be lost, when this program ends."
            return otherwise, [e.KeepingFailed(text + more)]

    def close(self) -> None:
        if self.store is not None:
            self.attempt(lambda store: store.close(), None)
            self.store = None
