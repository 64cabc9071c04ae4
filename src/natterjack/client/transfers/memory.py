"""The ledger for whoever can do without it: opened when it is needed, and told of once where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from natterjack.client.events import Event, KeepingFailed
from natterjack.client.transfers.ledger import FILE, Ledger, LocalStoreError, Row, Whose

T = TypeVar("T")


class Memory:
    """See :class:`~.ledger.Ledger`. With each answer comes what is to be told of it, if it failed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / FILE
        self._ledger: Ledger | None = None
        self._opened = self._troubled = False

    def put(self, whose: Whose, row: Row) -> tuple[Row, list[Event]]:
        """``row`` with its key, or as it was where it cannot be written down."""
        told = self._open()
        kept, failed = self._try(lambda ledger: ledger.put(whose, row), row)
        return kept, told + failed

    def remove(self, row: Row) -> list[Event]:
        return self._try(lambda ledger: ledger.remove(row), None)[1] if row.key else []

    def take_over(self, whose: Whose) -> tuple[list[Row], list[Event]]:
        told = self._open() if self._path.exists() else []  # where there is nothing, nothing is made
        none: list[Row] = []
        rows, failed = self._try(lambda ledger: ledger.take_over(whose), none)
        return rows, told + failed

    def close(self) -> None:
        self._try(lambda ledger: ledger.close(), None)
        self._ledger = None

    def _open(self) -> list[Event]:
        if self._opened:
            return []
        self._opened = True
        try:
            self._ledger = Ledger(self._directory)
        except LocalStoreError as error:
            return self._failed(error)
        return []

    def _try(self, action: Callable[[Ledger], T], otherwise: T) -> tuple[T, list[Event]]:
        if self._ledger is None:
            return otherwise, []
        try:
            return action(self._ledger), []
        except LocalStoreError as error:
            return otherwise, self._failed(error)

    def _failed(self, error: LocalStoreError) -> list[Event]:
        if self._troubled:
            return []
        self._troubled = True
        text = (
            f"Cannot use {self._path}: {error}. Files are sent and fetched all the same, but what is not finished when "
            "this program ends begins anew."
        )
        return [KeepingFailed(text)]
