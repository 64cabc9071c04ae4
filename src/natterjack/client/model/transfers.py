"""The transfers of this run, and the files that were seen here."""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.transfers.values import FileInfo, Transfer

#: Transfers that are over are kept so many, and files seen.
_MOST_OVER = 100
_MOST_FILES = 2000
#: Letters of an id's beginning that may stand for it.
_LEAST = 4


class KnownFile(Struct, frozen=True):
    """A file that was announced or listed: by whom, where, and when (seconds since 1970)."""

    file: FileInfo
    sender: str
    target: str
    time: float


class Transfers:
    """Changed by the model alone; front ends read."""

    def __init__(self) -> None:
        self._transfers: dict[int, Transfer] = {}

    @property
    def all(self) -> list[Transfer]:
        """In the order in which they came up."""
        return list(self._transfers.values())

    @property
    def active(self) -> list[Transfer]:
        """Those that get on by themselves."""
        return [each for each in self._transfers.values() if each.active]

    def find(self, number: int) -> Transfer | None:
        return self._transfers.get(number)

    def note(self, transfer: Transfer) -> None:
        self._transfers[transfer.number] = transfer
        over = [each.number for each in self._transfers.values() if each.over]
        for number in over[:-_MOST_OVER]:
            del self._transfers[number]


class Files:
    """Changed by the model alone; front ends read. ``listed`` counts the lines of lists that have come."""

    def __init__(self) -> None:
        self.listed = 0
        self._files: dict[str, KnownFile] = {}

    def note(self, known: KnownFile) -> None:
        self._files.pop(known.file.id, None)
        self._files[known.file.id] = known
        if len(self._files) > _MOST_FILES:
            del self._files[next(iter(self._files))]

    def find(self, word: str) -> KnownFile | None:
        """What ``word`` means: an id, the beginning of only one, or a name (then the last one of that name)."""
        if word in self._files:
            return self._files[word]
        named = [known for known in self._files.values() if known.file.name == word]
        if named:
            return named[-1]
        begun = [known for id, known in self._files.items() if id.startswith(word)]
        return begun[0] if len(begun) == 1 and len(word) >= _LEAST else None
