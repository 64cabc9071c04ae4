"""The rows of files: which there are, how much of whose room they take, and whose bytes are not needed any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct, structs

from natterjack.core.policy import FILE_LEAST
from natterjack.ports.records import FileRecord
from natterjack.proto.casemap import fold

#: Whose a file is, or between whom: a folded account, or the uid of a guest.
Who = str | int
_Key = TypeVar("_Key", bound=Who)


class File(Struct, frozen=True):
    """``uid`` is the user who has uploaded it, if that was in this run of the server, else 0.

    ``between``: those who may have it, where one of them is a guest. Such a one is not stored, and goes with either;
    its record has no conversation. Empty: it is stored.
    """

    record: FileRecord
    uid: int = 0
    between: tuple[Who, ...] = ()

    @property
    def id(self) -> str:
        """Its own, and that of its upload."""
        return self.record.id

    @property
    def owner(self) -> Who:
        """Who has uploaded it."""
        return fold(self.record.account) if self.record.account else self.uid


class Files:
    """The owner of the rows.

    One that is *finishing* takes room already, and is not to be seen before :meth:`settle`. What is removed leaves its
    content in use until the batch that says so is stored; see :meth:`unkept`. One that is *withdrawn* goes if a batch
    is stored, and stays if that is refused: until then it takes room, and is not to be seen.
    """

    def __init__(self, records: Iterable[FileRecord]) -> None:
        self._files: dict[str, File] = {}  # the oldest first
        self._finishing: dict[str, list[int]] = {}  # id -> requests that wait for what comes of it
        self._used: dict[str, int] = {}  # payer -> bytes
        self._contents: dict[str, int] = {}  # hash -> how many have it
        self._places: dict[int, dict[str, None]] = {}  # conversation -> ids
        self._owners: dict[Who, dict[str, None]] = {}  # owner -> ids
        self._lines: dict[int, str] = {}  # line -> id
        self._passing: dict[Who, dict[str, None]] = {}  # between whom -> ids, of those that are not stored
        self._withdrawn: dict[str, int] = {}  # id -> the batch that decides whether it is gone
        self._going: dict[
            str, int
        ] = {}  # hash -> the batch by which the last row with it that was removed is gone
        self.bytes = 0  # of all contents, each counted once
        for record in records:
            self._put(File(record))

    def __len__(self) -> int:
        return len(self._files)

    # -- looking

    def get(self, number: str) -> File | None:
        """The file ``number``, if it may be seen."""
        return None if self._is_hidden(number) else self._files.get(number)

    def peek(self, number: str) -> File | None:
        """The same if it is finishing, or withdrawn, too."""
        return self._files.get(number)

    def ids(self) -> list[str]:
        """Those of all, the oldest first."""
        return list(self._files)

    def contents(self) -> tuple[tuple[str, str], ...]:
        """The id of each, and the hash of its content."""
        return tuple((number, file.record.sha256) for number, file in self._files.items())

    def used(self, payer: str) -> int:
        """How many bytes ``payer`` is charged for; see :func:`charged`."""
        return self._used.get(payer, 0)

    def in_place(self, conversation: int) -> list[File]:
        """All that were sent in ``conversation``, those that may not be seen too."""
        return [self._files[number] for number in self._places.get(conversation, ())]

    def of_owner(self, owner: Who) -> list[File]:
        """All that ``owner`` has uploaded, those that may not be seen too."""
        return [self._files[number] for number in self._owners.get(owner, ())]

    def passing(self, who: Who) -> list[File]:
        """All between ``who`` and anybody that are not stored."""
        return [self._files[number] for number in self._passing.get(who, ())]

    def listed(
        self, conversation: int = 0, owners: Iterable[Who] = (), pair: frozenset[Who] = frozenset()
    ) -> list[str]:
        """The ids of what was sent in ``conversation``, of what ``owners`` have uploaded, and of what passes between

        the ``pair`` (one, if it is for himself alone); the newest first, those that may not be seen too.
        """
        found = [self._places.get(conversation, {}) if conversation else {}]
        found += [self._owners.get(owner, {}) for owner in owners]
        passing = sorted((self._passing.get(who, {}) for who in pair), key=len)
        if passing:
            few, many = passing[0], passing[-1]
            found.append(
                {each: None for each in few if each in many and pair == {*self._files[each].between}}
            )
        ids = [number for index in found for number in index]
        if sum(map(bool, found)) > 1:
            ids.sort(key=lambda number: self._files[number].record.created)
        return ids[::-1]

    def of_line(self, line: int) -> File | None:
        """The file that the message ``line`` announces, if it is not withdrawn."""
        number = self._lines.get(line)
        return self._files[number] if number is not None and number not in self._withdrawn else None

    def __iter__(self) -> Iterator[File]:
        """All that may be seen, the oldest first."""
        return (file for number, file in self._files.items() if not self._is_hidden(number))

    # -- coming

    def begin(self, file: File) -> None:
        """``file``, which is new, is finishing."""
        self._finishing[file.id] = []
        self._put(file)

    def is_finishing(self, number: str) -> bool:
        """Whether it is, so that what comes of it is to be waited for."""
        return number in self._finishing

    def wait(self, number: str, request: int) -> None:
        """``request`` waits for what comes of the file ``number``, which is finishing."""
        self._finishing[number].append(request)

    def settle(self, number: str) -> list[int]:
        """It is not finishing any more: it can be seen, or was removed meanwhile. The requests that waited for it."""
        return self._finishing.pop(number)

    def drop(self, number: str) -> None:
        """``number``, which is finishing, could not be stored: it has not been."""
        if number in self._files:
            self._take(number)

    # -- changing, going

    def replace(self, file: File) -> None:
        """``file`` is how it is from now on: another key, or the line that announces it. Its place stays."""
        old = self._files[file.id]
        self._lines.pop(old.record.line, None)
        self._files[file.id] = file
        if file.record.line:
            self._lines[file.record.line] = file.id

    def remove(self, number: str, batch: int) -> None:
        """It is gone; ``batch`` says so to the store, 0: it was not stored."""
        content = self._take(number).record.sha256
        self._going[content] = max(batch, self._going.get(content, 0))

    def withdraw(self, number: str, batch: int) -> None:
        """It is gone if ``batch``, which says so, is stored; see :meth:`deferred` and :meth:`unkept`."""
        self._withdrawn[number] = batch

    def deferred(self, first: int, batch: int) -> None:
        """Nothing of the batches from ``first`` on is stored: what they said is gone will be said by ``batch``.

        What was withdrawn with them is there as before.
        """
        for content, number in self._going.items():
            if number >= first:
                self._going[content] = batch
        self._withdrawn = {number: said for number, said in self._withdrawn.items() if said < first}

    def unkept(self, stored: int) -> list[str]:
        """The contents that no row has any more, as is stored: all batches up to ``stored`` are. Each is told once."""
        for number in [number for number, batch in self._withdrawn.items() if batch <= stored]:
            self.remove(number, self._withdrawn[number])
        found = []
        for content, batch in list(self._going.items()):
            if batch > stored:
                continue
            if content not in self._contents:
                found.append(content)
            elif self._is_finishing_with(content):
                continue  # it may come to nothing
            del self._going[content]
        return found

    def _is_hidden(self, number: str) -> bool:
        return number in self._finishing or number in self._withdrawn

    def _is_finishing_with(self, content: str) -> bool:
        return any(
            number in self._files and self._files[number].record.sha256 == content
            for number in self._finishing
        )

    def _put(self, file: File) -> None:
        record = file.record
        self._files[file.id] = file
        self._used[record.payer] = self._used.get(record.payer, 0) + charged(record.size)
        if record.sha256 not in self._contents:
            self.bytes += record.size
        self._contents[record.sha256] = self._contents.get(record.sha256, 0) + 1
        self._places.setdefault(record.conversation, {})[file.id] = None
        self._owners.setdefault(file.owner, {})[file.id] = None
        if record.line:
            self._lines[record.line] = file.id
        for who in {*file.between}:
            self._passing.setdefault(who, {})[file.id] = None

    def _take(self, number: str) -> File:
        file = self._files.pop(number)
        record = file.record
        _less(self._used, record.payer, charged(record.size))
        _less(self._contents, record.sha256, 1)
        if record.sha256 not in self._contents:
            self.bytes -= record.size
        _without(self._places, record.conversation, number)
        _without(self._owners, file.owner, number)
        self._lines.pop(record.line, None)
        for who in {*file.between}:
            _without(self._passing, who, number)
        self._withdrawn.pop(number, None)
        return file


def charged(size: int) -> int:
    """What a file of ``size`` bytes takes of its payer's quota."""
    return max(size, FILE_LEAST)


def with_key(file: File, key: str) -> File:
    """``file`` with another key."""
    return structs.replace(file, record=structs.replace(file.record, key=key))


def with_line(file: File, line: int) -> File:
    """``file``, announced by the message ``line``."""
    return structs.replace(file, record=structs.replace(file.record, line=line))


def _less(counts: dict[str, int], key: str, amount: int) -> None:
    left = counts[key] - amount
    if left:
        counts[key] = left
    else:
        del counts[key]


def _without(index: dict[_Key, dict[str, None]], key: _Key, number: str) -> None:
    ids = index[key]
    del ids[number]
    if not ids:
        del index[key]
