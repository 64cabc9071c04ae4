"""A front end that shows what it is told, with a keeper behind its driver, and a database on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import apsw

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.driver import Driver
from natterjack.client.keeper import Keeper
from natterjack.client.local_store import FILE
from natterjack.client.mailbox import Mailbox
from natterjack.client.session import SessionConfig
from tests.client.scripted import KEEPING, PATIENCE, Scripted

T = TypeVar("T", bound=e.Event)
KIM = SessionConfig("kim")
MARKING = f"{KEEPING} draft/event-playback draft/message-redaction draft/read-marker natterjack/edit"


class Front:
    """A front end that shows what it is told, and says so. ``texts`` are the messages shown."""

    def __init__(self, directory: Path) -> None:
        self.mailbox: Mailbox[list[e.Event]] = Mailbox()
        self.driver = Driver(self.mailbox.put, patience=0.2, keeper=Keeper(directory))
        self.texts: list[str] = []
        self.remembered = 0
        self._events: list[e.Event] = []

    def wait(self, kind: type[T]) -> T:
        """The next event of ``kind``; those before it are shown too."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, e.MessageReceived):
                    self.texts.append(event.text)
                elif isinstance(event, e.Mark):
                    self.driver.shown(event.number)
                elif isinstance(event, e.Remembered):
                    self.remembered += 1
                if isinstance(event, kind):
                    return event
            events = self.mailbox.get(PATIENCE)
            assert events, f"no {kind.__name__} came"
            self._events += events

    def connect(self, server: Scripted, config: SessionConfig = KIM) -> None:
        self.driver.connect(Address("127.0.0.1", server.port), config)

    def end(self) -> None:
        self.mailbox.close()
        self.driver.close()
        assert not self.driver._thread.is_alive()


def rows(directory: Path, query: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(directory / FILE))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
