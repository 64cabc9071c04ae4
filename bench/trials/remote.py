"""Clients in a process of their own, which does what the trial asks for through a pipe.

The trial's side is a `Remote`; the process has a `Worker`, which drives a pool of connections turn by turn.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Protocol, Self

from bench import procinfo
from bench.swarm import LoadError

from .pool import Pool

PATIENCE: Final = 60.0
"""Seconds for what is asked for, after which the trial gives up."""

Awaited = Callable[[], Any]
"""Answers None until what the trial waits for is there, and then that."""


class Worker(Protocol):
    """What such a process does."""

    pool: Pool

    def step(self) -> float:
        """Do what is due; the seconds that the pool may wait for news."""

    def asked(self, verb: str, arguments: tuple[Any, ...]) -> Awaited:
        """The trial wants something."""


class Remote:
    """`make` makes the worker, in the process; it gets the descriptor that its pool has to watch."""

    def __init__(
        self, who: str, make: Callable[[int], Worker], cpus: frozenset[int] = frozenset(), niceness: int = 0
    ) -> None:
        context = multiprocessing.get_context("fork")
        self.who = who
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._pipe, make, cpus, niceness), daemon=True
        )
        self._process.start()
        theirs.close()

    def ready(self) -> None:
        """Overridden: what has to be done before the `with` begins."""

    def __enter__(self) -> Self:
        try:
            self.ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def ask(self, verb: str, *arguments: Any, patience: float = PATIENCE) -> Any:
        """Have something done, and wait for it. Raises LoadError."""
        try:
            self._pipe.send((verb, arguments))
            if not self._pipe.poll(patience):
                raise LoadError(f"{self.who}: {verb} took longer than {patience:g} s")
            outcome, value = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise LoadError(f"{self.who}: their process ended unexpectedly") from error
        if outcome == "failed":
            raise LoadError(f"{self.who}: {value}")
        return value

    def _end(self) -> None:
        self._pipe.close()
        self._process.join(2.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(
    pipe: Connection,
    other: Connection,
    make: Callable[[int], Worker],
    cpus: frozenset[int],
    niceness: int,
) -> None:
    """What the process does until the trial closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trial sees it and closes our pipe
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    other.close()  # or we would never see that the trial is gone
    procinfo.pin(cpus)
    os.nice(niceness)
    gc.disable()
    worker = make(pipe.fileno())
    awaited: Awaited | None = None
    try:
        while True:
            if worker.pool.turn(worker.step()):
                awaited = worker.asked(*pipe.recv())
            value = awaited() if awaited is not None else None
            if value is not None:
                awaited = None
                pipe.send(("done", value))
    except (EOFError, BrokenPipeError):
        pass
    except Exception as error:  # whatever it is, the trial must hear of it
        with contextlib.suppress(OSError):
            pipe.send(("failed", str(error) or type(error).__name__))
    finally:
        worker.pool.close_all()
