"""Carries files beside the chat: between driver and keeper, it takes what is asked about files, and starts workers.

Theory of operation. Everything here happens on the driver's thread. Workers report from their own, by way of the
driver's orders (:meth:`Porter.attach`). An :class:`_Entry` is one transfer of this run::

    asked, or left by an earlier run --> queued --a turn is free, we are online--> worker --> over
                                            ^                                        |
                                            +--resume-- paused, or failed (again) <--+

What can be resumed is in the ledger from the moment that there is something to resume, and leaves it when it is over.
As the outbox, it belongs to a server and to who we are there; a guest who logs in takes his own along.

One token serves all workers. It is asked for over the chat's connection when the first needs it, and when the server
does not take it any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import structs

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.keeping import Direct, Step
from natterjack.client.requests import Request
from natterjack.client.session.config import SessionConfig
from natterjack.client.session.state import FILES
from natterjack.client.transfers import worker as w
from natterjack.client.transfers.events import TokenGiven, TransferChanged
from natterjack.client.transfers.fetching import Fetching
from natterjack.client.transfers.ledger import Row, Whose
from natterjack.client.transfers.memory import Memory
from natterjack.client.transfers.requests import (
    AskToken,
    CancelTransfer,
    FetchFile,
    PauseTransfer,
    ResumeTransfer,
    SendFile,
    TransferRequest,
)
from natterjack.client.transfers.sending import Sending
from natterjack.client.transfers.sources import typed_path
from natterjack.client.transfers.tokens import Tokens
from natterjack.client.transfers.values import Direction, State, Transfer, is_count, is_id
from natterjack.client.transfers.words import Trouble
from natterjack.client.trust import Trust
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.session import Session

#: Transfers that move at the same time; the others wait for their turn.
MOST_MOVING: Final = 4
#: Transfers of one run that are remembered.
_MOST: Final = 1000
#: The number of our own requests: above those of the keeper.
_OWN: Final = 1 << 70
#: Seconds for all workers to end.
_GOODBYE: Final = 2.0
_TURN = "{} others are moving first"

Order = Callable[[Callable[[], Step]], None]


class _Entry:
    """One transfer. ``typed`` is the path that was typed for a download."""

    def __init__(self, transfer: Transfer, row: Row, whose: Whose, typed: str = "") -> None:
        self.transfer = transfer
        self.row = row
        self.whose = whose
        self.typed = typed
        self.worker: w.Worker | None = None
        self.wants_token = False
        self.stopping: State | None = None  # as what its worker was told to end
        self.again = False  # it was asked to go on meanwhile


class Porter(Direct):
    """See the module. ``downloads`` is where files go that are fetched without a path."""

    def __init__(self, keeper: Direct, directory: Path, trust: Trust, downloads: Path) -> None:
        self._keeper = keeper
        self._trust = trust
        self._downloads = downloads
        self._order: Order = lambda _: None
        self._memory = Memory(directory)
        self._address = Address()
        self._me: Whose | None = None  # who we are, while we are connected
        self._most = -1  # bytes of a file, -1: this server takes none
        self._entries: dict[int, _Entry] = {}
        self._queue: list[int] = []
        self._count = 0
        self._tokens = Tokens()

    # -- the keeper's face -----------------------------------------------------------------------------------------

    def attach(self, order: Order) -> None:
        self._order = order
        self._keeper.attach(order)

    def begin(self, address: Address, config: SessionConfig) -> tuple[SessionConfig, list[e.Event], bool]:
        self._address = address
        return self._keeper.begin(address, config)

    def submit(self, request: Request, session: Session | None, now: float) -> Step:
        if not isinstance(request, TransferRequest):
            return self._keeper.submit(request, session, now)
        match request:
            case SendFile() | FetchFile():
                return self._new(request)
            case PauseTransfer() | ResumeTransfer() | CancelTransfer():
                return self._change(request)
        raise AssertionError(f"nobody carries out {request}")

    def heard(self, events: list[e.Event], session: Session, now: float) -> Step:
        passed = [event for event in events if getattr(event, "ref", 0) != _OWN]
        step = self._keeper.heard(passed, session, now)
        told = list(step.events)
        for event in events:
            if isinstance(event, TokenGiven):
                self._tokens.given(event.token, event.seconds, now)
            elif isinstance(event, e.Refused | e.Unanswered) and event.ref == _OWN:
                self._no_token(event)
            elif isinstance(event, e.Ready) or (
                self._me is not None and isinstance(event, e.AccountChanged) and event.own
            ):
                told += self._arrive(session)
        return Step(step.requests + self._wanted(now), told)

    def lost(self, events: list[e.Event]) -> list[e.Event]:
        self._me = None
        self._tokens.forget()
        for entry in self._entries.values():
            if entry.worker is not None:
                entry.worker.link(False)
        told = self._keeper.lost([event for event in events if getattr(event, "ref", 0) != _OWN])
        return told + [self._wait(entry) for entry in map(self._entries.__getitem__, self._queue)]

    def deadline(self) -> float | None:
        return self._keeper.deadline()

    def tick(self, now: float) -> Step:
        return self._keeper.tick(now)

    def read(self, target: str, upto: float, session: Session | None, now: float) -> Step:
        return self._keeper.read(target, upto, session, now)

    def shown(self, number: int) -> list[e.Event]:
        return self._keeper.shown(number)

    def close(self) -> None:
        workers = [entry.worker for entry in self._entries.values() if entry.worker is not None]
        for worker in workers:
            worker.stop(State.PAUSED)  # nothing of that is written down: the next run goes on
        until = time.monotonic() + _GOODBYE
        for worker in workers:
            worker.join(max(until - time.monotonic(), 0.0))
        self._keeper.close()
        self._memory.close()

    # -- what is asked for -----------------------------------------------------------------------------------------

    def _new(self, request: SendFile | FetchFile) -> Step:
        command = "SENDFILE" if isinstance(request, SendFile) else "GET"
        why = self._why_not(request)
        if why:
            target = request.target if isinstance(request, SendFile) else request.file_id
            return Step([], [e.Refused(request.ref, command, target, *why)])
        assert self._me is not None
        made = self._sending(request) if isinstance(request, SendFile) else self._fetching(request)
        found = self._same(made)
        entry = found or made
        entry.transfer = structs.replace(entry.transfer, ref=request.ref)
        told: list[e.Event] = [e.Done(request.ref, command)]
        if found is None:
            self._entries[made.transfer.number] = made
            self._queue.append(made.transfer.number)
            told += [TransferChanged(made.transfer), *self._start()]
        elif found.transfer.active:
            told += [TransferChanged(found.transfer), *self._resume(found)]
        else:
            told += self._resume(found)
        return Step(self._wanted(time.monotonic()), told)

    def _why_not(self, request: SendFile | FetchFile) -> tuple[str, str] | None:
        if self._me is None:
            return "NOT_CONNECTED", "Not connected to a server."
        if self._most < 0:
            return "not_offered", "This server takes no files: nothing was sent."
        if isinstance(request, FetchFile) and not is_id(request.file_id):
            return "no_such_file", f"{request.file_id!r} is no file's id. FILES lists those that there are."
        if sum(not entry.transfer.over for entry in self._entries.values()) >= _MOST:
            return "TOO_MANY", f"There are {_MOST} transfers already: wait, or cancel some."
        return None

    def _sending(self, request: SendFile) -> _Entry:
        path = typed_path(request.path)
        row = Row(Direction.UP, path.name, os.fspath(path), request.target)
        return self._entry(row, request.ref)

    def _fetching(self, request: FetchFile) -> _Entry:
        row = Row(
            Direction.DOWN, request.name, "", "", request.file_id, size=request.size, sha256=request.sha256
        )
        return self._entry(row, request.ref, request.path)

    def _entry(self, row: Row, ref: int, typed: str = "") -> _Entry:
        assert self._me is not None
        self._count += 1
        transfer = Transfer(
            self._count,
            ref,
            row.direction,
            State.PAUSED if row.paused else State.WAITING,
            row.name or row.file_id,
            row.path,
            row.target,
            row.file_id,
            row.size,
            sha256=row.sha256,
        )
        return _Entry(transfer, row, self._me, typed)

    def _same(self, made: _Entry) -> _Entry | None:
        """The transfer that is asked for already, and not over."""
        for entry in self._entries.values():
            old, new = entry.row, made.row
            if entry.transfer.over or entry.whose != made.whose or old.direction is not new.direction:
                continue
            if old.direction is Direction.UP:
                same = old.path == new.path and fold(old.target) == fold(new.target)
            else:
                typed = not made.typed or made.typed == entry.typed or str(typed_path(made.typed)) == old.path
                same = old.file_id == new.file_id and typed
            if same:
                return entry
        return None

    def _change(self, request: PauseTransfer | ResumeTransfer | CancelTransfer) -> Step:
        command = type(request).__name__.removesuffix("Transfer").upper()
        entry = self._entries.get(request.number)
        if entry is None or entry.transfer.over:
            text = f"There is no transfer {request.number} under way."
            return Step([], [e.Refused(request.ref, command, "", "no_transfer", text)])
        if isinstance(request, ResumeTransfer):
            told = self._resume(entry)
        else:
            told = self._halt(entry, State.PAUSED if isinstance(request, PauseTransfer) else State.CANCELLED)
        return Step(self._wanted(time.monotonic()), [*told, e.Done(request.ref, command)])

    def _resume(self, entry: _Entry) -> list[e.Event]:
        if entry.worker is not None:
            entry.again = entry.stopping is State.PAUSED
            return []
        if entry.transfer.active:
            return []
        entry.row = structs.replace(entry.row, paused=False)
        told = self._write(entry) if entry.row.key else []
        self._queue.append(entry.transfer.number)
        why = "" if self._me == entry.whose else w.NO_CHAT
        return [*told, self._wait(entry, why), *self._start()]

    def _halt(self, entry: _Entry, state: State) -> list[e.Event]:
        number = entry.transfer.number
        entry.again = False
        paused = state is State.PAUSED
        entry.row = structs.replace(entry.row, paused=paused)
        told = self._write(entry) if entry.row.key and paused else []
        if number in self._queue:
            self._queue.remove(number)
        if entry.worker is not None:
            entry.stopping = state
            entry.worker.stop(state)
            return told
        if paused:
            return [*told, self._now(entry, State.PAUSED)]
        worker = self._begin(entry)  # one that does nothing but clear up
        worker.stop(state)
        worker.start()
        return told

    # -- workers ---------------------------------------------------------------------------------------------------

    def _start(self) -> list[e.Event]:
        """Give turns to those that wait for one."""
        moving = sum(entry.worker is not None for entry in self._entries.values())
        told: list[e.Event] = []
        for number in list(self._queue):
            entry = self._entries[number]
            if self._me != entry.whose:
                told.append(self._wait(entry))
            elif moving >= MOST_MOVING:
                told.append(self._wait(entry, _TURN.format(moving)))
            else:
                self._queue.remove(number)
                self._begin(entry).start()
                moving += 1
        return told

    def _begin(self, entry: _Entry) -> w.Worker:
        """A worker for it, to be started."""
        up = entry.row.direction is Direction.UP
        errand: w.Errand = Sending(self._most) if up else Fetching(entry.typed, self._downloads)
        number = entry.transfer.number

        def tell(worker: w.Worker, report: w.Report) -> None:
            self._order(lambda: self._reported(number, worker, report))

        worker = entry.worker = w.Worker(errand, entry.row, self._address, self._trust, tell)
        entry.wants_token = False
        token = self._tokens.current(time.monotonic())
        if token is not None:
            worker.give(token)
        return worker

    def _reported(self, number: int, worker: w.Worker, report: w.Report) -> Step:
        entry = self._entries.get(number)
        if entry is None or entry.worker is not worker:
            return Step([], [])
        now = time.monotonic()
        told: list[e.Event] = []
        match report:
            case w.Moved():
                entry.transfer = structs.replace(
                    entry.transfer, done=report.done, speed=report.speed, left=report.left
                )
                if entry.transfer.active and entry.transfer.state is not State.WAITING:
                    told.append(TransferChanged(entry.transfer))
            case w.Now():
                told.append(self._now(entry, report.state, text=report.text))
            case w.Keep():
                entry.row = structs.replace(report.row, key=entry.row.key, paused=entry.row.paused)
                told += self._write(entry)
                self._know(entry)
                worker.kept(entry.row)
                told.append(TransferChanged(entry.transfer))
            case w.NeedToken():
                self._tokens.refused(report.bad)
                entry.wants_token = True
            case w.Over():
                told += self._over(entry, report)
        return Step(self._wanted(now), told)

    def _know(self, entry: _Entry) -> None:
        """What the worker has found out."""
        row = entry.row
        entry.transfer = structs.replace(
            entry.transfer,
            name=row.name or entry.transfer.name,
            path=row.path,
            file_id=row.file_id,
            size=row.size,
            sha256=row.sha256,
        )

    def _over(self, entry: _Entry, over: w.Over) -> list[e.Event]:
        entry.worker = entry.stopping = None
        trouble = over.trouble or Trouble("", "")
        stays = over.state is State.PAUSED or (over.state is State.FAILED and trouble.again)
        transfer = structs.replace(
            entry.transfer,
            state=over.state,
            speed=0.0,
            left=None,
            done=over.done if over.state is not State.PAUSED else entry.transfer.done,
            code=trouble.code,
            text=trouble.text,
            again=stays and over.state is State.FAILED,
        )
        if over.state is State.DONE:
            transfer = structs.replace(transfer, path=over.path, sha256=over.sha256)
        entry.transfer = transfer
        told: list[e.Event] = []
        if not stays:
            told += self._memory.remove(entry.row)
            self._entries.pop(transfer.number, None)
        elif entry.again:
            entry.again = False
            told += self._resume(entry)
        return [*told, TransferChanged(entry.transfer), *self._start()]

    # -- tokens ----------------------------------------------------------------------------------------------------

    def _wanted(self, now: float) -> list[Request]:
        """Who needs a token gets the one that there is, else one is asked for."""
        wanting = [
            entry
            for entry in self._entries.values()
            if entry.wants_token and entry.worker is not None and entry.whose == self._me
        ]
        if not wanting:
            return []
        token = self._tokens.current(now)
        if token is not None:
            for entry in wanting:
                entry.wants_token = False
                assert entry.worker is not None
                entry.worker.give(token)
        elif not self._tokens.asking:
            self._tokens.asking = True
            return [AskToken(_OWN)]
        return []

    def _no_token(self, event: e.Refused | e.Unanswered) -> None:
        self._tokens.asking = False
        code = event.code if isinstance(event, e.Refused) else "no_answer"
        text = event.text.rstrip(".")
        trouble = Trouble(
            code, f"The server gives no right to move files: {text[:1].lower()}{text[1:]}.", True
        )
        for entry in self._entries.values():
            if entry.wants_token and entry.worker is not None:
                entry.wants_token = False
                entry.worker.refuse(trouble)

    # -- coming in -------------------------------------------------------------------------------------------------

    def _arrive(self, session: Session) -> list[e.Event]:
        """We are in, or somebody else now."""
        was, me = self._me, Whose(self._address.name, fold(session.account))
        support = session.server.settings.get(FILES)
        self._most = -1 if support is None else int(support) if is_count(support) else 0
        told: list[e.Event] = []
        if was is not None and was != me:
            self._tokens.forget()
            told += self._take_along(was, me)
        self._me = me
        if self._most < 0:
            return told
        told += self._left_behind()
        for entry in self._entries.values():
            if entry.worker is not None:
                entry.worker.link(entry.whose == me)
        return told + self._start()

    def _take_along(self, was: Whose, me: Whose) -> list[e.Event]:
        """A guest who logs in is still the same person."""
        told: list[e.Event] = []
        for entry in self._entries.values():
            if entry.whose == was and not was.identity:
                entry.whose = me
                if entry.row.key:
                    told += self._write(entry)
        return told

    def _left_behind(self) -> list[e.Event]:
        """What earlier runs have not finished goes on."""
        assert self._me is not None
        rows, told = self._memory.take_over(self._me)
        for row in rows:
            entry = self._entry(row, 0)
            self._entries[entry.transfer.number] = entry
            told.append(TransferChanged(entry.transfer))
            if not row.paused:
                self._queue.append(entry.transfer.number)
        return told

    # -- inside ----------------------------------------------------------------------------------------------------

    def _now(self, entry: _Entry, state: State, *, text: str = "") -> e.Event:
        quiet = state is not State.RUNNING
        entry.transfer = structs.replace(
            entry.transfer,
            state=state,
            text=text,
            code="",
            again=False,
            speed=0.0 if quiet else entry.transfer.speed,
            left=None if quiet else entry.transfer.left,
        )
        return TransferChanged(entry.transfer)

    def _wait(self, entry: _Entry, text: str = w.NO_CHAT) -> e.Event:
        return self._now(entry, State.WAITING, text=text)

    def _write(self, entry: _Entry) -> list[e.Event]:
        entry.row, told = self._memory.put(entry.whose, entry.row)
        return told
