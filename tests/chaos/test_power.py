"""G2: what was acknowledged survives a power cut; simulated, a disk that does not lie.

The store works on a disk that writes everything down, with so little room in its log that it makes checkpoints all the
time. Then the power goes, at any moment, again and again; each time the files are what may have been left, SQLite opens
them, and everything that had been acknowledged by then has to be there.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import apsw
import pytest

from natterjack.ports.records import (
    AccountRecord,
    CidRecord,
    ForgetRecord,
    KeepRecord,
    LineRecord,
    MarkRecord,
    PairRecord,
    Record,
    RedactRecord,
    RunRecord,
)
from natterjack.store import chores, index
from natterjack.store.database import NAME
from natterjack.store.writer import Store
from tests.chaos.disks import Acknowledged, Aftermath, Note, Recorder, Write
from tests.chaos.oracle import integrity
from tests.chaos.plan import Plan
from tests.support.history import message
from tests.support.process import PATIENCE

#: Conversations; the last one is thrown away now and then.
_PLACES = 5
_DOOMED = _PLACES


def batches(count: int, dice: random.Random) -> list[list[Record]]:
    """So many batches, with all that comes in batches; each has a message of its own."""
    made: list[list[Record]] = []
    number = 0
    for batch in range(1, count + 1):
        records: list[Record] = []
        for _ in range(dice.choice((1, 1, 1, 2, 30))):
            number += 1
            text = f"batch {batch} " + "word " * dice.choice((1, 10, 60))
            records += [
                message(number, text, conversation=dice.randrange(1, _PLACES)),
                CidRecord("alice", f"cid{number}", number, number),
            ]
        match dice.randrange(12):
            case 0:
                records.append(MarkRecord("alice", "#lobby", batch))
            case 1:
                records.append(AccountRecord(f"user{batch}", 1.0, 1, b"salt", b"key", b"key"))
            case 2:
                records.append(
                    RedactRecord(1, dice.randrange(1, number + 1), ":alice!u@host PRIVMSG #lobby :", "")
                )
            case 3:
                number += 1
                records.append(message(number, "elsewhere " * 20, conversation=_DOOMED))
                records.append(ForgetRecord(_DOOMED))
            case 4:
                records.append(PairRecord("alice", f"user{batch}", -batch))
            case 5:
                records.append(KeepRecord(1000 + batch, 0, 1000))  # of a conversation that there is not
        made.append(records)
    return made


class Recording:
    """What a store did to its disk while it took ``work``."""

    def __init__(self, folder: Path, work: list[list[Record]], power: bool) -> None:
        folder.mkdir()
        first = Store(folder, power)
        first.close()
        self.before = {NAME: (folder / NAME).read_bytes(), f"{NAME}-wal": b""}
        recorder = Recorder(folder)
        try:
            self.notes: list[Note] = recorder.notes
            self._done = threading.Condition()
            self._last = 0
            store = Store(folder, power)
            store.start(self._acknowledged, _never, _never)
            for number, records in enumerate(work, 1):
                store.submit(number, records)
                if number % 3 == 0:  # so that groups have one to three batches, and there is idle time
                    self._wait_for(number)
            self._wait_for(len(work))
            store.close()
        finally:
            recorder.unregister()

    def _acknowledged(self, batch: int) -> None:
        with self._done:
            self.notes.append(Acknowledged(batch))
            self._last = batch
            self._done.notify()

    def _wait_for(self, batch: int) -> None:
        with self._done:
            assert self._done.wait_for(lambda: self._last >= batch, PATIENCE)


def _never(*args: object) -> None:
    raise AssertionError(args)


@pytest.fixture
def busy_chores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints every few pages, readers sent away every few more, the index a few lines at a time."""
    for name, value in (("_CHECKPOINT_IDLE", 12), ("_CHECKPOINT_BUSY", 40), ("_LOG_LIMIT", 60)):
        monkeypatch.setattr(chores, name, value)
    monkeypatch.setattr(index, "STEP", 7)


def cuts(folder: Path, plan: Plan, count: int, power: bool = True) -> list[str]:
    """What was wrong after one or another of ``count`` cuts."""
    work = batches(150 if not plan.long else 600, plan.dice)
    recording = Recording(folder / "recorded", work, power)
    aftermath = Aftermath(recording.before, recording.notes)
    complaints: list[str] = []
    left = folder / "left"
    left.mkdir()
    places = sorted(plan.dice.randrange(len(recording.notes) + 1) for _ in range(count))
    for number, place in enumerate(places):
        aftermath.advance(place)
        for name, data in aftermath.files(plan.dice).items():
            (left / name).write_bytes(data)
        (left / f"{NAME}-shm").unlink(missing_ok=True)
        found = list(_wrong(left, work, aftermath.acknowledged))
        if not found and number % 20 == 0:
            found = list(_wrong_for_us(left, work, aftermath.acknowledged))
        complaints += [f"cut {number} at {place} of {len(recording.notes)}: {each}" for each in found]
    kinds = Counter(type(note).__name__ for note in recording.notes)
    carried = sum(1 for note in recording.notes if isinstance(note, Write) and note.name == NAME)
    print(
        f"{count} cuts, {len(work)} batches, {kinds['Write']} writes ({carried} by checkpoints), {kinds['Sync']} syncs"
    )
    assert carried > len(work) / 2
    print(f"{len(complaints)} complaints", *complaints[:5], sep="\n")
    return complaints


def _wrong(left: Path, work: list[list[Record]], acknowledged: int) -> Iterable[str]:
    """With SQLite alone."""
    connection = apsw.Connection(str(left / NAME))
    try:
        yield from map(str, integrity(connection, strays=False))
        there = {number for (number,) in connection.execute("SELECT id FROM message")}
        cids = {number for (number,) in connection.execute("SELECT id FROM cid")}
        whole = 0
        for batch, records in enumerate(work, 1):
            lines = {
                line.id
                for line in records
                if isinstance(line, LineRecord) and _DOOMED not in line.conversations
            }
            if lines <= there and lines <= cids:
                if whole != batch - 1:
                    yield f"batch {batch} is there, and batch {whole + 1} is not"
                whole = batch
            elif lines & (there | cids):
                yield f"a part of batch {batch} is there"
        if whole < acknowledged:
            yield f"lost: batch {acknowledged} was acknowledged, {whole} is the last one that is there"
        for name, batch in connection.execute("SELECT target, time FROM mark"):
            if MarkRecord("alice", name, batch) not in work[batch - 1]:
                yield f"nobody has set the mark {batch}"
    except apsw.Error as error:
        yield f"can't be read: {error}"
    finally:
        connection.close()


def _wrong_for_us(left: Path, work: list[list[Record]], acknowledged: int) -> Iterable[str]:
    """With the product, which has to go on from there."""
    store = Store(left)
    last = store.snapshot.last_id
    done = threading.Event()
    store.start(lambda _: done.set(), _never, _never)
    store.submit(1, [RunRecord(last + 1, "0123456789"), message(last + 1)])
    if not done.wait(PATIENCE):
        yield "nothing more can be stored"
    store.close()
    needed = max(
        (line.id for records in work[:acknowledged] for line in records if isinstance(line, LineRecord)),
        default=0,
    )
    if last < needed:
        yield f"it would go on behind {last}, although {needed} is taken"


@pytest.mark.usefixtures("busy_chores")
def test_power_cuts_lose_nothing_that_was_acknowledged(tmp_path: Path, plan: Plan) -> None:
    complaints = cuts(tmp_path, plan, plan.rounds(100, 2000))
    assert not complaints, complaints[:10]


@pytest.mark.usefixtures("busy_chores")
def test_without_syncs_acknowledged_messages_are_lost(tmp_path: Path, plan: Plan) -> None:
    """``synchronous=NORMAL`` (durability process), which survives kills only: a test of the test."""
    complaints = cuts(tmp_path, plan, plan.rounds(100, 2000), power=False)
    assert any("lost" in complaint for complaint in complaints)
    assert not [complaint for complaint in complaints if "lost" not in complaint], complaints[:10]
