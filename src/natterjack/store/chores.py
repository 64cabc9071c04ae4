"""What the writer does when nobody waits: checkpoints, the index, deleting.

One step at a time, each short, so that a batch that comes meanwhile waits some milliseconds at most. Nothing that is
done here was promised to anybody, so it is committed without a sync (``synchronous=NORMAL``): a power cut may take a
step back, and then it is made again. The next batch's sync covers it.

Where batches never cease, this gets a step between two of them as soon as it is far behind.

What was taken back, changed or deleted is overwritten in the database by SQLite itself (``secure_delete``). The log has
it still, until others' pages have come over it, which may be in months: so it is emptied some time after that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf

import apsw

from natterjack.ports.records import ForgetRecord, KeepRecord, Record, RedactRecord
from natterjack.store import retention
from natterjack.store.database import has_no_room
from natterjack.store.index import Index
from natterjack.store.retention import Keep
from natterjack.store.turnstile import Turnstile

#: Pages in the log that are worth a checkpoint, in an idle moment (16 MiB) and otherwise (32 MiB). Each takes 10 to
#: 20 ms, mostly for its sync; and a page that many batches changed is carried over once.
_CHECKPOINT_IDLE, _CHECKPOINT_BUSY = 4000, 8000
#: Pages in the log (64 MiB) at which readers have to stand back until it has begun anew.
_LOG_LIMIT = 16_000
#: Lines that may wait for the index before batches have to share the writer with it: in as many, a search in all
#: channels looks for half a second (docs/where-the-time-goes.md). And those that may wait for their zone.
_FAR_BEHIND, _ZONES_BEHIND = 500_000, 20_000
#: Seconds in which no batch is taken anyway that make a large step of the index fit.
_SPARE = 0.012
#: Seconds between two looks for what is not to be kept, and for which nothing is tried after a disk was full.
_SWEEP_EVERY = 600.0
_REST = 10.0
#: Seconds by which the clock may be set forward at once, and for which it is not believed where that was more.
_NUDGE, _DOUBT = 60.0, 86_400.0
#: Seconds between two attempts to make room for what people write.
_CALM = 1.0
#: Seconds after which what was deleted leaves the log, too: together with what is deleted meanwhile.
_LEAVE = 60.0
#: Milliseconds that the writer waits for another program that writes into the same database.
LOCK_PATIENCE = 5000
#: Seconds that a step waits for readers to be done.
_EMPTY = 0.005


class Chores:
    """``relaxed`` is whether batches are committed without a sync anyway. All methods raise :class:`apsw.Error`."""

    def __init__(
        self, connection: apsw.Connection, turnstile: Turnstile, default: Keep, relaxed: bool
    ) -> None:
        self._connection = connection
        self._turnstile = turnstile
        self._default = default
        self._relaxed = relaxed
        self._index = Index(connection)
        self._forgotten = retention.forgotten(connection)
        self._deleting: Iterator[None] | None = None
        self._sweep_at = 0.0  # monotonic
        self._epoch = time.time() - time.monotonic()  # what the monotonic clock's 0 is in seconds since 1970
        self._ahead_since = inf  # monotonic; the clock is further than that
        self._resting = False  # the disk was full
        self._rest_until = 0.0  # monotonic
        self._written = 0  # pages, when the last checkpoint was made
        self._draining = False
        self._empty_at = inf  # monotonic; when the log is to be emptied
        self._has_gone()  # as far as anybody knows, if the server was killed
        self._hurry = False
        self._calm_until = 0.0  # monotonic; until then room was looked for

    def heed(self, record: Record) -> None:
        """``record`` was stored: it may be work for here."""
        if isinstance(record, ForgetRecord):
            self._forgotten.append(record.conversation)
        elif isinstance(record, KeepRecord):
            self._sweep_at = 0.0
        elif isinstance(record, RedactRecord):
            self._has_gone()

    def make_room(self) -> None:
        """A batch did not fit: what is in the log may go into the database, and the log begin anew."""
        self._hurry = time.monotonic() >= self._calm_until

    @property
    def pause(self) -> float:
        """Seconds until there may be something to do again, once :meth:`step` has said that there is nothing."""
        now = time.monotonic()
        return max(0.05, (self._rest_until if self._resting else min(self._sweep_at, self._empty_at)) - now)

    def step(self, last: int, pressed: bool, spare: float = 0.0) -> bool:
        """Do something small; False if there is nothing to do.

        ``last`` is the greatest id that is stored, ``pressed`` whether batches wait: then only what is urgent is done.
        For ``spare`` seconds they would have to wait anyway.
        """
        if self._resting and time.monotonic() < self._rest_until and not self._hurry:
            return False
        self._resting = False
        try:
            return self._checkpoint(pressed) or self._write(last, pressed, spare >= _SPARE)
        except apsw.Error as error:
            if not isinstance(error, apsw.BusyError) and not has_no_room(self._connection, error):
                raise
            # Nothing was done, and it can wait: what people write may still fit.
            self._resting, self._hurry = True, False
            self._rest_until = time.monotonic() + _REST
            self._calm_until = time.monotonic() + _CALM
            self._deleting = None
            return False

    def _write(self, last: int, pressed: bool, large: bool) -> bool:
        if pressed and not self._is_urgent(last):
            return False
        deleting = not pressed and self._is_deleting()
        if not deleting and not self._index.is_due(last):
            return False
        if not self._relaxed:
            self._connection.pragma("synchronous", "normal")
        try:
            self._delete() if deleting else self._index.step(last, large=large)
            return True
        finally:
            if not self._relaxed:
                self._connection.pragma("synchronous", "full")

    def _is_urgent(self, last: int) -> bool:
        index = self._index
        return index.behind(last) >= _FAR_BEHIND or index.times_behind(last) >= _ZONES_BEHIND

    # -- deleting

    def _is_deleting(self) -> bool:
        if self._deleting is None:
            self._deleting = self._next_deletion()
        return self._deleting is not None

    def _delete(self) -> None:
        assert self._deleting is not None
        if next(self._deleting, self) is self:
            self._deleting = None
        self._has_gone()

    def _has_gone(self) -> None:
        """Something was deleted, which the log has still."""
        self._empty_at = min(self._empty_at, time.monotonic() + _LEAVE)

    def _next_deletion(self) -> Iterator[None] | None:
        if self._forgotten:
            return retention.forget(self._connection, self._forgotten.pop())
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_EVERY
            return retention.sweep(self._connection, self._default, self._today())
        return None

    def _today(self) -> float:
        """Seconds since 1970. A clock that was set forward is believed after a day: what goes does not come back.

        It may have been behind at the start, as where nothing keeps it without power.
        """
        wall, mono = time.time(), time.monotonic()
        if wall <= self._epoch + mono + _NUDGE:
            self._ahead_since = inf
            return wall
        self._ahead_since = min(self._ahead_since, mono)
        if mono - self._ahead_since >= _DOUBT:
            self._epoch, self._ahead_since = wall - mono, inf
        return self._epoch + mono

    # -- checkpoints

    def _checkpoint(self, pressed: bool) -> bool:
        """The log's pages go into the database; the next batch then begins a new log, if no reader stands in it."""
        if self._draining:
            return self._drain()
        written = self._connection.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)[0]
        many = written - self._written >= (_CHECKPOINT_BUSY if pressed else _CHECKPOINT_IDLE)
        leave = time.monotonic() >= self._empty_at
        if not many and not leave and not self._hurry:
            return False
        self._written = written
        self._hurry = False
        pages, _ = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if pages > _LOG_LIMIT or leave:
            self._draining = True
            self._turnstile.close()
        return True

    def _drain(self) -> bool:
        if self._turnstile.is_empty(_EMPTY):
            leave = time.monotonic() >= self._empty_at
            mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if leave else apsw.SQLITE_CHECKPOINT_RESTART
            self._connection.set_busy_timeout(0)  # another program that reads just now shall not hold us up
            try:
                self._connection.wal_checkpoint(mode=mode)
                if leave:
                    self._empty_at = inf
            except apsw.BusyError:
                if leave:
                    self._empty_at = time.monotonic() + _LEAVE
                # else at the next occasion
            finally:
                self._connection.set_busy_timeout(LOCK_PATIENCE)
                self._draining = False
                self._turnstile.open()
        return True
