"""How fast messages are stored and found again. Needs natterjack itself, so it runs in the project's environment:

    .venv/bin/python -m bench.history write
    .venv/bin/python -m bench.history all --rows 10000000 --dir /tmp/history

`write` commits groups of 100 and of 1 with a sync each, while the main thread is busy in Python, and says what that
costs each thread. `all` makes a database of so many messages (200 conversations, the busiest of which has a fifth of
them; one line in ten is an event), builds the index, and measures: sizes, start, pages of 100 with the file in the
page cache and not, while 2,000 messages a second are being written, and searches. The database is deleted afterwards
unless `--keep` is given; with `--dir` on one that was kept, it is used again. `make` makes one that a server can be run
on, with its channels (#c1, #c2 ...), and keeps it: `python -m bench trial history --data DIR` asks that server.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from natterjack.ports.questions import Bound, Page, ReadHistory, ReadQuestion, Search
from natterjack.ports.records import ChannelRecord, CidRecord, LineRecord, Record, RunRecord
from natterjack.store.database import NAME, open_database
from natterjack.store.index import Index
from natterjack.store.messages import last_id
from natterjack.store.readers import Shelf
from natterjack.store.rows import write as write_record
from natterjack.store.writer import Store

CONVERSATIONS = 200
BASE = 1_700_000_000_000
"""Time of the first message, in milliseconds since 1970; one every 50 ms follows."""
PER_SECOND = 2000
_SYLLABLES = "ka to mi ren sol ta ver lin do pa che str in al or est un qui me ra be go th er ing ly".split()  # noqa: SIM905
_TEXTS = 50_000


def main(arguments: list[str] | None = None) -> int:
    """Print figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("write", "all", "make"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument(
        "--switch-ms", type=float, default=0.5, help="Python's switch interval; the server's is %(default)s"
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each measurement (%(default)s)")
    options = parser.parse_args(arguments)
    sys.setswitchinterval(options.switch_ms / 1000)
    directory = options.dir or Path(tempfile.mkdtemp(prefix="history-"))
    directory.mkdir(exist_ok=True)
    try:
        if options.what == "write":
            for size, cids in ((100, False), (100, True), (1, False), (1, True)):
                say(write(directory / f"{size}-{cids}", size, cids, options.seconds))
        elif options.what == "make":
            say(make(directory, options.rows))
            say(build(directory, quick=True))
            furnish(directory)
            options.keep = True
        else:
            for figures in measure(directory, options.rows, options.seconds):
                say(figures)
    finally:
        if not options.keep:
            shutil.rmtree(directory)
    return 0


def say(figures: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(figures), flush=True)


def measure(directory: Path, rows: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Everything but writing alone."""
    if not (directory / NAME).exists():
        yield make(directory, rows)
        yield build(directory)
    yield sizes(directory, rows)
    yield start(directory)
    for cold in (False, True):
        yield pages(directory, rows, seconds, cold)
    yield from searches(directory, rows)


# -- writing


class Writing:
    """A store that is written to; `under_way` groups are not committed yet."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self.store = Store(directory)
        self.submitted = self.committed = 0
        self.waits: list[float] = []
        self._since: dict[int, float] = {}
        self.store.start(self._committed, _never, _never)

    def submit(self, records: list[Record]) -> None:
        """One more group."""
        self.submitted += 1
        self._since[self.submitted] = time.perf_counter()
        self.store.submit(self.submitted, records)

    def _committed(self, batch: int) -> None:
        now = time.perf_counter()
        for number in range(self.committed + 1, batch + 1):
            self.waits.append(now - self._since.pop(number))
        self.committed = batch

    def writer_cpu(self) -> float:
        """Seconds of CPU time that the writer's thread has taken."""
        (thread,) = (each for each in threading.enumerate() if each.name == "store")
        assert thread.ident is not None
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


def _never(*args: object) -> None:
    raise AssertionError(args)


def messages(first: int, count: int, cids: bool) -> list[Record]:
    """`count` messages in random conversations."""
    records: list[Record] = []
    for number in range(first, first + count):
        body = (
            f":nickname!user@cloak.example PRIVMSG #channel :this is message number {number}, of some length"
        )
        place = random.randrange(CONVERSATIONS) + 1  # noqa: S311
        records.append(LineRecord(number, (place,), BASE + 50 * number, True, body, "account", ""))
        if cids:
            records.append(CidRecord("account", f"{random.getrandbits(128):x}", number, number))
    return records


def write(directory: Path, size: int, cids: bool, seconds: float) -> dict[str, Any]:
    """One group after the other while this thread is busy, and then the same while it is idle."""
    writing = Writing(directory)
    result: dict[str, Any] = {"write": "groups", "rows_a_group": size, "cids": cids}
    number = 1
    for name, spin in (("busy", True), ("idle", False)):
        writer, own, count = writing.writer_cpu(), 0.0, 0
        writing.waits.clear()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            group = messages(number, size, cids)
            number += size
            before = time.thread_time()
            writing.submit(group)
            own += time.thread_time() - before
            count += size
            while writing.committed < writing.submitted:
                if spin:
                    sum(range(50))
                else:
                    time.sleep(0.0001)
        result[name] = {
            "rows_per_second": round(count / seconds),
            "writer_cpu_us_per_row": round((writing.writer_cpu() - writer) / count * 1e6, 1),
            "main_cpu_us_per_row": round(own / count * 1e6, 2),
            **spread(writing.waits),
        }
    writing.store.close()
    return result


def spread(times: list[float]) -> dict[str, float]:
    """Median, 99th percentile and worst, in milliseconds."""
    times = sorted(times)
    at = {"p50": len(times) // 2, "p99": len(times) * 99 // 100, "max": len(times) - 1}
    return {f"{name}_ms": round(times[place] * 1000, 2) for name, place in at.items()}


# -- a large database


def make(directory: Path, rows: int) -> dict[str, Any]:
    """A database of `rows` messages, made in SQL."""
    began = time.perf_counter()
    connection = open_database(directory)
    connection.pragma("synchronous", "off")
    connection.pragma("cache_size", -262_144)
    connection.execute("CREATE TEMP TABLE texts (n INTEGER PRIMARY KEY, body, account)")
    connection.execute("CREATE TEMP TABLE places (n INTEGER PRIMARY KEY, conversation)")
    dice = random.Random(7)  # noqa: S311
    connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", _texts(dice))
    weights = [1 / (place + 1) for place in range(CONVERSATIONS)]
    drawn = dice.choices(range(1, CONVERSATIONS + 1), weights, k=4096)
    connection.executemany("INSERT INTO places VALUES (?, ?)", list(enumerate(drawn)))
    total = rows * 10 // 9
    for first in range(1, total + 1, 500_000):
        last = min(first + 499_999, total)
        for table, chosen in (("message", "n % 10 <> 3"), ("event", "n % 10 = 3")):
            connection.execute(_FILL.format(table, chosen), {"first": first, "last": last, "base": BASE})
    connection.close()
    return {"made": rows, "seconds": round(time.perf_counter() - began, 1)}


_FILL = """
    WITH RECURSIVE number (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n < :last)
    INSERT INTO {} SELECT
        conversation, number.n, :base + 50 * number.n,
        CASE WHEN number.n % 1000 = 0 THEN body || ' rare' || number.n ELSE body END, account, ''
    FROM number
    CROSS JOIN places ON places.n = number.n * 2654435761 % 4096
    CROSS JOIN texts ON texts.n = number.n * 7919 % 50000
    WHERE number.{}
"""


def _texts(dice: random.Random) -> Iterator[tuple[int, str, str]]:
    vocabulary = ["".join(dice.choices(_SYLLABLES, k=dice.choice((1, 2, 2, 3, 3, 4)))) for _ in range(50_000)]
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(vocabulary))))
    for n in range(_TEXTS):
        words = dice.choices(vocabulary, cum_weights=weights, k=dice.choice((2, 4, 6, 8, 10, 14, 20)))
        if n % 100 == 0:
            words.append("你好世界")
        account = f"user{n % 500}"
        yield n, f":{account}!u@cloak.example PRIVMSG #channel :{' '.join(words)}", account


def build(directory: Path, quick: bool = False) -> dict[str, Any]:
    """The index of all of it, in the writer's small steps; without a sync if it is to be there `quick`."""
    connection = open_database(directory)
    connection.pragma("synchronous", "off" if quick else "normal")
    connection.pragma("cache_size", -262_144 if quick else -32_768)
    connection.pragma("wal_autocheckpoint", 4000)
    index, last = Index(connection), last_id(connection)
    began, cpu, times = time.perf_counter(), time.thread_time(), []
    lines = index.behind(last)
    while index.is_due(last):
        before = time.perf_counter()
        index.step(last)
        times.append(time.perf_counter() - before)
    seconds = time.perf_counter() - began
    cpu = time.thread_time() - cpu
    connection.close()
    return {
        "index": lines,
        "seconds": round(seconds, 1),
        "cpu_us_per_line": round(cpu / lines * 1e6, 1),
        "step": spread(times),
    }


def furnish(directory: Path) -> None:
    """What a server needs besides, to show all that: a run that gave the lines their ids, and channels that last."""
    connection = open_database(directory)
    records: list[Record] = [RunRecord(1, "0123456789")]
    records += [
        ChannelRecord(f"#c{n}", 1.0, "nt", "", 0, 0, "", "", 0.0, n) for n in range(1, CONVERSATIONS + 1)
    ]
    with connection:
        for record in records:
            write_record(connection, record)
    connection.close()


def sizes(directory: Path, rows: int) -> dict[str, Any]:
    """Bytes on disk, over all and of each table and index, for each message."""
    connection = open_database(directory)
    found: Any = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    text = "SELECT avg(length(body)) FROM (SELECT body FROM message ORDER BY id DESC LIMIT 100000)"
    average: Any = connection.execute(text).fetchall()[0][0]
    connection.close()
    each = {name: round(size / rows, 1) for name, size in found if size / rows >= 0.1}
    whole = (directory / NAME).stat().st_size
    return {"bytes_per_message": round(whole / rows, 1), "of_line": round(average, 1), "parts": each}


def start(directory: Path) -> dict[str, Any]:
    """Until the store is there and its readers are."""
    times = []
    for cold in (False, True):
        if cold:
            forget_pages(directory)
        began = time.perf_counter()
        store = Store(directory)
        shelf = store.shelf()
        times.append(round((time.perf_counter() - began) * 1000, 1))
        shelf.close()
        store.close()
    return {"start": "ms", "warm": times[0], "cold": times[1]}


def forget_pages(directory: Path) -> None:
    """The system's page cache forgets the database."""
    with (directory / NAME).open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


# -- reading


@contextmanager
def written_to(directory: Path, per_second: int = PER_SECOND) -> Iterator[Writing]:
    """Meanwhile so many messages are written each second, twenty at a time."""
    writing = Writing(directory)
    done = threading.Event()

    def work() -> None:
        number = writing.store.snapshot.last_id + 1
        due = time.perf_counter()
        while not done.is_set():
            writing.submit(messages(number, 20, False))
            number += 20
            due += 20 / per_second
            time.sleep(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield writing
    finally:
        done.set()
        thread.join()
        writing.store.close()


def pages(directory: Path, rows: int, seconds: float, cold: bool) -> dict[str, Any]:
    """Pages of 100 from anywhere, by id and by time; each time with nothing in the page cache if `cold`."""
    dice = random.Random(3)  # noqa: S311
    times: dict[str, list[float]] = {"by_id": [], "by_time": [], "latest": []}
    os.sync()  # pages that are not written yet can't be forgotten
    with written_to(directory) as writing:
        shelf = writing.store.shelf()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for kind, question in _questions(dice, rows, shelf):
                if cold:
                    shelf.close()
                    forget_pages(directory)
                    shelf = writing.store.shelf()
                times[kind].append(_asked(shelf, question)[0])
        shelf.close()
        waits = spread(writing.waits)
    return {
        "pages": "cold" if cold else "warm",
        **{kind: spread(each) for kind, each in times.items()},
        "commits": waits,
    }


def _questions(dice: random.Random, rows: int, shelf: Shelf) -> Iterator[tuple[str, ReadQuestion]]:
    place = int(CONVERSATIONS ** dice.random())
    moment = Bound(time=BASE + 50 * dice.randrange(rows))
    near: Any = shelf.answer(ReadHistory(place, None, moment, False, 1, False), time.monotonic() + 9)
    if near.lines:
        yield "by_id", ReadHistory(place, None, Bound(id=near.lines[0].id), False, 100, False)
    moment = Bound(time=BASE + 50 * dice.randrange(rows))
    yield "by_time", ReadHistory(place, moment, None, True, 100, dice.random() < 0.5)
    yield "latest", ReadHistory(place, None, None, False, 100, True)


def _asked(shelf: Shelf, question: ReadQuestion) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = shelf.answer(question, time.monotonic() + 2)
    return time.perf_counter() - began, answer


def searches(directory: Path, rows: int) -> Iterator[dict[str, Any]]:
    """Words of all kinds, in one small, one busy and all conversations."""
    store = Store(directory)
    connection = apsw.Connection(str(directory / NAME))
    body: Any = connection.execute("SELECT body FROM message ORDER BY id DESC LIMIT 1").fetchall()[0][0]
    connection.close()
    common = max(body.partition(" :")[2].split(), key=len)
    asked = {
        "common": "ing", "word": common, "two words": f"{common} qui", "rare": f"rare{rows // 2 // 1000 * 1000}",
        "absent": "xyzzyx", "absent, of common parts": "thingingest", "two characters": "你好", "two letters": "ka",
        "two characters, absent": "ぬぬ",
    }  # fmt: skip
    for place, conversations in (
        ("small", (150,)),
        ("busy", (1,)),
        ("all", tuple(range(1, CONVERSATIONS + 1))),
    ):
        found: dict[str, Any] = {}
        for kind, text in asked.items():
            found[kind] = _searched(store.shelf, Search(conversations, text, 0, 0, "", 50))
        before = BASE + 50 * rows // 10
        found["common, long ago"] = _searched(store.shelf, Search(conversations, "ing", 0, before, "", 50))
        found["common, of one person"] = _searched(
            store.shelf, Search(conversations, "ing", 0, 0, "user78", 50)
        )
        yield {"search": place, "ms, hits, complete": found}
    store.close()


def _searched(open_shelf: Callable[[], Shelf], question: Search) -> list[Any]:
    shelf = open_shelf()
    timer = threading.Timer(2.0, shelf.interrupt)
    timer.start()
    seconds, answer = _asked(shelf, question)
    timer.cancel()
    shelf.close()
    assert isinstance(answer, Page)
    return [round(seconds * 1000, 1), len(answer.lines), answer.complete]


if __name__ == "__main__":
    raise SystemExit(main())
