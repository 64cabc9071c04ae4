"""Somebody who moves files: a driver with all that belongs to it, in this process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from natterjack.client import events as e
from natterjack.client.address import Address, Security
from natterjack.client.driver import Driver
from natterjack.client.keeper import Keeper
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Model
from natterjack.client.requests import Request
from natterjack.client.session import SessionConfig
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.events import TransferChanged
from natterjack.client.transfers.porter import Porter
from natterjack.client.transfers.values import State, Transfer
from natterjack.client.trust import Trust
from tests.client.fileserver import FileServer
from tests.client.scripted import PATIENCE

T = TypeVar("T", bound=e.Event)
#: What most files of these tests have in them, of a size at which pieces and cuts matter.
SIZE = 12_000_001
CONTENT = random.Random(6).randbytes(SIZE)
ENDS = (State.DONE, State.FAILED, State.CANCELLED, State.PAUSED)


class Person:
    """``home`` is where his client keeps things; ``downloads`` are beside it."""

    def __init__(self, home: Path, port: int, *, pin: str = "") -> None:
        self.downloads = home / "downloads"
        self.model = Model()
        self.events: list[e.Event] = []
        self.seen: list[Transfer] = []
        self._mailbox: Mailbox[list[e.Event]] = Mailbox()
        trust = Trust(home / "client")
        porter = Porter(Keeper(home / "client"), home / "client", trust, self.downloads)
        self.driver = Driver(self._mailbox.put, trust=trust, keeper=porter)
        security = Security.TLS if pin else Security.USUAL
        self.address = Address("127.0.0.1", port, pin=pin, security=security)
        self._refs = 0
        self.connect()
        self.wait(e.Ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mailbox.close()
        self.driver.close()
        assert not self.driver._thread.is_alive()

    def connect(self) -> None:
        self.driver.connect(self.address, SessionConfig("kim", channels=()))

    def ask(self, make: Callable[[int], Request]) -> int:
        """Ask for what ``make`` makes of a number: that number."""
        self._refs += 1
        self.driver.send(make(self._refs))
        return self._refs

    def send(self, path: Path | str, target: str = "#lobby") -> int:
        return self.ask(lambda ref: f.SendFile(ref, target, str(path)))

    def get(self, id: str, path: Path | str = "", **known: object) -> int:
        return self.ask(lambda ref: f.FetchFile(ref, id, str(path), **known))  # type: ignore[arg-type]

    def take(self) -> e.Event:
        deadline = time.monotonic() + PATIENCE * 3
        while not self.events:
            self.events += self._mailbox.get(deadline - time.monotonic()) or ()
            assert time.monotonic() < deadline, f"nothing came; transfers: {self.seen[-5:]}"
        event = self.events.pop(0)
        self.model.apply(event)
        if isinstance(event, TransferChanged):
            self.seen.append(event.transfer)
        if isinstance(event, e.Mark):
            self.driver.shown(event.number)
        assert not isinstance(event, e.DriverFailed), event.error
        return event

    def wait(self, kind: type[T]) -> T:
        while not isinstance(event := self.take(), kind):
            pass
        return event

    def until(self, test: Callable[[Transfer], bool]) -> Transfer:
        """The next transfer that is so."""
        while not (isinstance(event := self.take(), TransferChanged) and test(event.transfer)):
            pass
        return event.transfer

    def end(self, ref: int) -> Transfer:
        """What came of the transfer that was asked for as number ``ref``, or is an earlier run's (0)."""
        return self.until(lambda transfer: transfer.ref == ref and transfer.state in ENDS)

    def sent(self, path: Path | str, target: str = "#lobby") -> Transfer:
        return self.end(self.send(path, target))

    def got(self, id: str, path: Path | str = "", **known: object) -> Transfer:
        return self.end(self.get(id, path, **known))

    def through_a_restart(self, server: FileServer, ask: Callable[[], int]) -> Transfer:
        """What came of the transfer that ``ask`` asks for, where the server is started again in the middle of it."""
        server.hold(1_000_000)
        ref = ask()
        assert server.held.wait(PATIENCE)
        server.stop()
        server.let_go()
        self.until(lambda transfer: transfer.state is State.WAITING)
        server.start()
        self.connect()
        return self.end(ref)

    @property
    def saved(self) -> dict[str, bytes]:
        """What is in the download directory."""
        found = self.downloads.iterdir() if self.downloads.is_dir() else ()
        return {path.name: path.read_bytes() for path in found}
