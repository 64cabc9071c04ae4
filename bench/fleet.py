"""The worker processes, and the coordinator's side of them.

A worker does one phase after another: the coordinator sends the phase's name and arguments down its pipe,
watches the shared counters until the phase is complete, sends "stop", and gets the phase's result back.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Any, Final

from . import procinfo
from .counters import Counters, Word
from .layout import Layout
from .swarm import Latencies, LoadError, Swarm

STALL_SECONDS: Final = 10.0
"""No progress for so long, and a phase is given up."""

_LOOK_SECONDS: Final = 0.005
"""How often the coordinator looks at the counters: rarely enough to cost the generator nothing."""


class Fleet:
    """`layout.workers` processes that drive the clients of `layout` against the server at `address`."""

    def __init__(
        self,
        address: tuple[str, int],
        layout: Layout,
        wanted: str | frozenset[str],
        cpus: frozenset[int],
        tls: bool = False,
        kind: type[Swarm] = Swarm,
    ) -> None:
        self.layout = layout
        self.counters = Counters(layout.workers)
        self._pipes: list[Connection] = []
        self._processes: list[ForkProcess] = []
        context = multiprocessing.get_context("fork")
        for worker in range(layout.workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work,
                args=(theirs, [*self._pipes, ours], cpus),
                kwargs={
                    "address": address,
                    "layout": layout,
                    "worker": worker,
                    "wanted": wanted,
                    "counters": self.counters,
                    "tls": tls,
                    "kind": kind,
                },
                daemon=True,
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(2.0)
            if process.is_alive():
                process.kill()
                process.join()

    def connect(self, batch: int) -> frozenset[str]:
        """Connect and register all clients, `batch` at a time; the capabilities that they have."""
        share = max(1, batch // self.layout.workers)
        done = self._phase(
            "connect", (share,), lambda: self.counters.total(Word.READY) == self.layout.clients
        )
        sets: set[frozenset[str]] = set(done)
        if len(sets) != 1:
            raise LoadError("the server gave different capabilities to different clients")
        return sets.pop()

    def join(self, batch: int) -> None:
        """Join all clients to their channels, `batch` at a time (0: all at once), until everybody knows."""
        layout, counters = self.layout, self.counters
        expected = layout.join_lines
        share = max(1, batch // layout.workers) if batch else 0
        self._phase(
            "join",
            (share,),
            lambda: counters.total(Word.ENTERED) >= layout.clients and counters.total(Word.JOINS) >= expected,
        )
        if counters.total(Word.JOINS) != expected:
            raise LoadError(f"{counters.total(Word.JOINS)} JOIN lines came, not {expected}")

    def flood(
        self, seconds: float, window: int, text_bytes: int, copies: int, rate: float = 0.0
    ) -> Latencies:
        """Talk for `seconds` with `window` messages under way.

        With a `rate` no more than so many messages a second are sent.
        Returns when each message has reached its `copies` recipients. Raises LoadError if they do not come.
        """
        counters = self.counters
        counters.clear(Word.SENT, Word.RECEIVED, Word.FIRST, Word.LAST, Word.DONE)

        def complete() -> bool:
            all_sent = counters.total(Word.DONE) == self.layout.workers
            return all_sent and counters.total(Word.RECEIVED) >= counters.total(Word.SENT) * copies

        done = self._phase("flood", (seconds, window, text_bytes, rate), complete)
        sent, received = counters.total(Word.SENT), counters.total(Word.RECEIVED)
        if received != sent * copies:
            raise LoadError(f"{received} deliveries of {sent} messages came, not {sent * copies}")
        return Latencies(
            [each for part in done for each in part[0]], [each for part in done for each in part[1]]
        )

    def _phase(self, verb: str, arguments: tuple[Any, ...], complete: Callable[[], bool]) -> list[Any]:
        """Let all workers do one phase until `complete()`; their results."""
        for pipe in self._pipes:
            pipe.send((verb, arguments))
        self._wait(verb, complete)
        for pipe in self._pipes:
            pipe.send(("stop", ()))
        return [self._result(pipe) for pipe in self._pipes]

    def _wait(self, verb: str, complete: Callable[[], bool]) -> None:
        last_seen, since = "", time.monotonic()
        while not complete():
            for pipe in self._pipes:
                if pipe.poll():
                    self._result(pipe)
            time.sleep(_LOOK_SECONDS)
            progress = self._progress()
            if progress != last_seen:
                last_seen, since = progress, time.monotonic()
            elif time.monotonic() - since > STALL_SECONDS:
                raise LoadError(f"{verb}: no progress for {STALL_SECONDS:g} s; {progress}")

    def _progress(self) -> str:
        counted = (Word.READY, Word.ENTERED, Word.JOINS, Word.SENT, Word.RECEIVED)
        return ", ".join(f"{word.name.lower()} {self.counters.total(word)}" for word in counted)

    def _result(self, pipe: Connection) -> Any:
        """The next answer of one worker. Raises LoadError if it is a failure, or if the worker is gone."""
        try:
            outcome, value = pipe.recv()
        except (EOFError, OSError) as error:
            raise LoadError("a worker process ended unexpectedly") from error
        if outcome == "failed":
            raise LoadError(value)
        return value


def _work(
    pipe: Connection,
    others: list[Connection],
    cpus: frozenset[int],
    *,
    address: tuple[str, int],
    layout: Layout,
    worker: int,
    wanted: str | frozenset[str],
    counters: Counters,
    tls: bool,
    kind: type[Swarm],
) -> None:
    """What a worker process does: phases, until the coordinator closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator sees it and closes our pipe
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()  # the coordinator's ends, or we would never see that it is gone
    procinfo.pin(cpus)
    gc.disable()
    swarm = kind(address, layout, worker, wanted, counters=counters, pipe=pipe, tls=tls)
    phases: dict[str, Callable[..., Any]] = {
        "connect": swarm.connect,
        "join": swarm.join,
        "flood": swarm.flood,
    }
    try:
        while True:
            swarm.idle()
            verb, arguments = pipe.recv()
            value = phases[verb](*arguments)
            pipe.recv()  # the "stop" that ended it
            pipe.send(("done", value))
    except EOFError:
        pass
    except Exception as error:  # whatever it is, the coordinator must hear of it
        with contextlib.suppress(OSError):
            pipe.send(("failed", str(error) or type(error).__name__))
    finally:
        swarm.close()
