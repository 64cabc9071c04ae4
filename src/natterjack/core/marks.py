"""Read markers: how far somebody has read each conversation, the same on all his devices.

An account's last; a guest's go with him. They only ever move forward. When somebody of an account was last here is
kept as its read marker of nothing: the *presence* mark, which may be set back, for the clock may have been.

Source: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from natterjack.core.delivery import Delivery, Gated
from natterjack.core.state import User
from natterjack.ports.records import MarkRecord
from natterjack.proto.casemap import fold

#: Markers of one reader: more conversations than anybody follows. The oldest goes first.
MOST = 1000
#: What the presence mark is a marker of: no channel or person is called so.
_NOTHING = ""


class Marks:
    """The owner of the markers. Times in milliseconds since 1970."""

    def __init__(self, records: Iterable[MarkRecord]) -> None:
        self._by_reader: dict[str | int, dict[str, int]] = {}
        for record in records:
            self._by_reader.setdefault(record.account, {})[record.target] = record.time

    def get(self, user: User, target: str) -> int:
        """How far ``user`` has read ``target``; 0 where that is not known."""
        return self._by_reader.get(_reader(user), {}).get(fold(target), 0)

    def advance(self, user: User, target: str, time: int) -> list[str] | None:
        """``user`` has read ``target`` up to ``time``: the targets whose markers go for it; None where it is no news.

        Where it is, :func:`store` has to be told.
        """
        marks = self._by_reader.setdefault(_reader(user), {})
        if time <= marks.get(fold(target), 0):
            return None
        gone: list[str] = []
        if len(marks) >= MOST and fold(target) not in marks:
            targets = (each for each in marks if each != _NOTHING)
            gone = sorted(targets, key=marks.__getitem__)[: len(marks) - MOST + 1]
            for each in gone:
                del marks[each]
        marks[fold(target)] = time
        return gone

    def presence(self, account: str) -> int:
        """When somebody of ``account`` was last here; 0 where that is not known."""
        return self._by_reader.get(fold(account), {}).get(_NOTHING, 0)

    def note_presence(self, delivery: Delivery, account: str, time: int) -> None:
        """That was at ``time``, or is."""
        if time == self.presence(account):
            return
        self._by_reader.setdefault(fold(account), {})[_NOTHING] = time
        delivery.store(MarkRecord(fold(account), _NOTHING, time), ())

    def move(self, old: str, new: str) -> None:
        """What was called ``old`` is ``new`` from now on; what had that name before is gone."""
        if fold(old) == fold(new):
            return
        for marks in self._by_reader.values():
            time = marks.pop(fold(old), 0)
            marks.pop(fold(new), None)
            if time:
                marks[fold(new)] = time

    def drop(self, target: str) -> None:
        """``target`` is gone."""
        for marks in self._by_reader.values():
            marks.pop(fold(target), None)

    def forget(self, user: User) -> None:
        """``user``, a guest, has gone."""
        self._by_reader.pop(user.uid, None)


def store(
    delivery: Delivery, user: User, target: str, time: int, gone: Iterable[str], owners: Collection[Gated]
) -> None:
    """What :meth:`Marks.advance` has said lasts, if ``user`` has an account; ``owners`` wait for that."""
    if user.account:
        account = fold(user.account)
        for each in gone:
            delivery.store(MarkRecord(account, each, 0), ())
        delivery.store(MarkRecord(account, fold(target), time), owners)


def _reader(user: User) -> str | int:
    return fold(user.account) if user.account else user.uid
