"""``python defective.py DEFECT[,DEFECT …] serve …``: the program with defects put into it, to see that they are found.

Each is a function that changes the product in the memory of this process; the product itself knows nothing of it.
The first four are none: ``slow_disk`` makes each commit take as long as on a bad day, so that whatever does not wait
for it shows, and ``tardy_disk`` as on many a day; ``impatient`` saves time; ``unreadable`` is a defect of the disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection
from typing import Any

import apsw

import natterjack.store.database as stored
from natterjack.cli import main
from natterjack.core.cids import Cids
from natterjack.core.context import Context
from natterjack.core.delivery import Delivery, Gated, Line, Loss
from natterjack.core.state import Groups, Session
from natterjack.core.world import World
from natterjack.ports.effects import Send
from natterjack.ports.questions import FindCid
from natterjack.ports.records import LineRecord
from natterjack.store import chores, writer
from natterjack.store.readers import Shelf
from natterjack.store.writer import Store

_UNIQUE = "PRIMARY KEY (sender, cid)\n) STRICT, WITHOUT ROWID"
_NOT_UNIQUE = "UNIQUE (id)\n) STRICT"
_relay = Delivery.relay


def slow_disk() -> None:
    """A commit takes 150 ms: time to be killed in, between what must not be shown yet and its commit."""
    _commits_take(0.15)


def tardy_disk() -> None:
    """A commit takes 50 ms: time for what stands in the same packet to be handled."""
    _commits_take(0.05)


def _commits_take(seconds: float) -> None:
    """Those that have anything that anybody may be shown."""
    store = Store._store

    def slowly(self: Store, records: list[Any]) -> None:
        if any(isinstance(record, LineRecord) for record in records):
            time.sleep(seconds)
        store(self, records)

    Store._store = slowly  # type: ignore[method-assign]


def impatient() -> None:
    """Waits for a locked database for a moment only, so that a test need not."""
    writer.LOCK_PATIENCE = chores.LOCK_PATIENCE = 20


def unreadable() -> None:
    """Nothing is found out about client message ids."""
    answer = Shelf._answer

    def answer_without(self: Shelf, question: Any, until: float) -> Any:
        if isinstance(question, FindCid):
            raise apsw.IOError("the disk says no")
        return answer(self, question, until)

    Shelf._answer = answer_without  # type: ignore[method-assign]


def ack_before_commit() -> None:
    """The sender has his answer before his message is stored; all others wait."""

    def relay(
        self: Delivery,
        groups: Groups,
        line: Line,
        owners: Collection[Gated],
        but: Session | None = None,
        own: bytes = b"",
        loss: Loss | None = None,
        *speaker: int,
    ) -> None:
        if but is not None and own:
            self.tell(Send(but.sid, own))
        _relay(self, groups, line, owners, but, b"", loss, *speaker)

    Delivery.relay = relay  # type: ignore[method-assign]


def fan_out_before_commit() -> None:
    """The others are shown a message before it is stored; its sender waits."""

    def relay(
        self: Delivery,
        groups: Groups,
        line: Line,
        owners: Collection[Gated],
        but: Session | None = None,
        own: bytes = b"",
        loss: Loss | None = None,
        *speaker: int,
    ) -> None:
        _relay(self, groups, line, (), but, b"", None, *speaker)  # so there is nothing that it waits for
        if but is not None and own:
            self.send(but, but.sid, own)

    Delivery.relay = relay  # type: ignore[method-assign]


def no_unique_cid() -> None:
    """Nobody knows what was said under a client message id before."""
    Cids.get = lambda self, sender, cid: None  # type: ignore[method-assign]
    cid_lasts_a_run()


def cid_lasts_a_run() -> None:
    """Client message ids are known until the server ends."""
    answer = Shelf._answer

    def answer_without(self: Shelf, question: Any, until: float) -> Any:
        return None if isinstance(question, FindCid) else answer(self, question, until)

    Shelf._answer = answer_without  # type: ignore[method-assign]
    known = stored.migrations
    stored.migrations = lambda: [(number, text.replace(_UNIQUE, _NOT_UNIQUE)) for number, text in known()]


def whois_fails() -> None:
    """An error of ours in a handler that changes nothing."""
    Context.find_user = _fails  # type: ignore[method-assign]


def part_fails() -> None:
    """An error of ours in the middle of a change."""
    World.part = _fails  # type: ignore[method-assign]


def _fails(*_args: Any) -> Any:
    raise RuntimeError("nobody foresaw this")


DEFECTS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        slow_disk,
        tardy_disk,
        impatient,
        unreadable,
        ack_before_commit,
        fan_out_before_commit,
        no_unique_cid,
        cid_lasts_a_run,
        whois_fails,
        part_fails,
    )
}

if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        DEFECTS[name]()
    sys.exit(main(sys.argv[2:]))
